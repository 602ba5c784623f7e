//! The lab's own programs that use the resources to be measured. Each runs in a process with one thread, a fork of a box or the
//! command of a person, after it has joined its cgroup, and always under [`caps`], whatever limit the lesson sets.

mod busyloop;
pub mod caps;
pub mod command;
mod filereader;
mod forker;
mod memhog;
mod server;
mod spec;

pub use spec::{Announcement, Spec};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Resources that the caller prepares for a workload.
#[derive(Debug, Default)]
pub struct Given<'a> {
    /// Where a file reader puts its file, which nobody else ever sees.
    pub directory: Option<&'a Path>,
    /// The socket on which a server accepts.
    pub listener: Option<OwnedFd>,
}

/// Does the work. Most workloads end by a signal instead of coming back.
/// Call it in a process of its own that has joined its cgroup and called [`caps::apply`].
///
/// # Errors
/// What the kernel refused: threads, memory, the file, the port. That a fork is refused for now (`EAGAIN`) is what a forker reports, and no error.
pub fn run(spec: &Spec, given: Given, announce: &mut dyn FnMut(Announcement)) -> io::Result<()> {
    match spec {
        Spec::Busyloop { threads, cpus } => busyloop::run(*threads, *cpus, announce),
        Spec::Memhog { take, step, every } => memhog::run(*take, *step, *every, announce),
        Spec::Filereader { size } => {
            filereader::run(*size, given.directory.unwrap_or(Path::new(".")), announce)
        }
        Spec::Forker { forks, every } => forker::run(*forks, *every, announce),
        Spec::TcpServer { port, says } => server::tcp(*port, says, given.listener, announce),
        Spec::UnixListener { at, says } => server::unix(at, says, given.listener, announce),
    }
}
