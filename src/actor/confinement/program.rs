//! Runs a lesson's program: builds its walls, watches it, and ends it with everything that it has started.
//!
//! Three processes take part. The *keeper* is in the host's PID namespace: it builds the walls and reads the output. Its child, the *init*, is in the
//! program's PID namespace, where it adopts orphans; if that namespace is the program's own, the end of the init ends every process in it. The program is
//! the init's child.

use super::credentials::Credentials;
use super::limits;
use super::opened::Opened;
use super::{Hidden, Table, hidden};
use crate::actor::birth;
use crate::actor::execute::Failure;
use crate::actor::frame;
use crate::actor::place::read_at;
use crate::actor::protocol::{Birth, ProgramSpec, Ran};
use crate::actor::role::MARK;
use crate::kernel::raw::{self, Forked};
use crate::kernel::{Error, file, marker, mount, namespace, process};
use crate::model::{Errno, Ns, Process};
use crate::probe::mountinfo;
use nix::mount::MsFlags;
use nix::sched::CloneFlags;
use rustix::fs::{Access, AtFlags, CWD, OFlags};
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The search path for programs, which is also in their environment.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How long processes that a program has left are given to die: 2 s. The caller that asked for the program kills those that remain.
const END: Duration = Duration::from_secs(2);
/// How long remaining output is read after the program has ended, at most: 1 s. It is in the pipe by then.
const REST: Duration = Duration::from_secs(1);

/// A message from the init.
#[derive(Debug, Serialize, Deserialize)]
enum Word {
    /// The kernel refused something before the program was started.
    Failed { operation: String, object: String, errno: Errno },
    /// There is no such program.
    Refused(String),
    /// The program has ended.
    Ended { status: Process, left_processes: bool },
}

impl From<Failure> for Word {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Kernel(e) => Word::Failed { operation: e.operation, object: e.object, errno: e.errno },
            Failure::Refused(why) => Word::Refused(why),
        }
    }
}

fn io_failed(operation: &str, e: &std::io::Error) -> Failure {
    Error::new(operation, "", Errno::of(e)).into()
}

/// Runs a program as a grandchild of the caller, a helper that does nothing else afterwards.
///
/// # Errors
/// Why it could not be started.
pub fn run(spec: &ProgramSpec, proc: BorrowedFd) -> Result<Ran, Failure> {
    // From here on the tracer follows children, but records only the program's own start.
    marker::watch();
    marker::pause();
    let ran = walled_in(spec, proc);
    marker::end();
    ran
}

fn walled_in(spec: &ProgramSpec, proc: BorrowedFd) -> Result<Ran, Failure> {
    // The host's /dev/null, because the box may have none.
    let nothing = file::open(Path::new("/dev/null"), OFlags::RDONLY, 0)?;
    let table = mountinfo::read(Path::new("/proc/self"))
        .map_err(|e| Error::new("read", "/proc/self/mountinfo", Errno::of(&e)))?;
    let hidden = hidden(&table, &spec.walls.homes)?;
    let opened = Opened::for_children_of(proc, spec.pid)?;
    let who = Credentials::of(proc, spec.pid)?;
    let (output, printed) = std::io::pipe().map_err(|e| io_failed("pipe", &e))?;
    // Only this end: the program's own writes still wait for a reader.
    rustix::io::ioctl_fionbio(&output, true).map_err(|e| Error::new("ioctl", "FIONBIO", e))?;
    let (words, say) = std::io::pipe().map_err(|e| io_failed("pipe", &e))?;
    birth::enter(&Birth { user_of: spec.user_of, id: Some(0), ..Birth::default() })?;
    let confinement = Confinement { spec, proc, opened: &opened, own_pids: opened.has_own(Ns::Pid) };
    confinement.enter()?;
    confinement.close_off(&hidden)?;
    if !confinement.own_pids {
        namespace::unshare(CloneFlags::CLONE_NEWPID)?;
    }
    let init = match process::fork(CloneFlags::empty())? {
        Forked::Parent(pid) => pid.as_raw(),
        Forked::Child => {
            drop((output, words));
            confinement.init(&who, &nothing, printed, say)
        }
    };
    drop((printed, say));
    Keeper { init, output, words, name: spec.argv.first().map_or("", String::as_str) }.watch()
}

struct Confinement<'a> {
    spec: &'a ProgramSpec,
    proc: BorrowedFd<'a>,
    opened: &'a Opened,
    /// Whether the box is in a PID namespace of its own, which the program joins.
    own_pids: bool,
}

impl Confinement<'_> {
    /// Joins the box's namespaces, and makes private what the box shares with the host.
    fn enter(&self) -> Result<(), Failure> {
        self.opened.join_others()?;
        self.opened.join_mount()?;
        let mut private = CloneFlags::CLONE_NEWNS;
        private.set(CloneFlags::CLONE_NEWIPC, !self.opened.has_own(Ns::Ipc));
        private.set(CloneFlags::CLONE_NEWNET, !self.opened.has_own(Ns::Net));
        namespace::unshare(private)?;
        mount::mount(None, Path::new("/"), None, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None)?;
        Ok(())
    }

    fn close_off(&self, hidden: &[Hidden]) -> Result<(), Failure> {
        let walls = &self.spec.walls;
        let table = Table {
            walls,
            hidden,
            proc: self.proc,
            root: &self.opened.root_path,
            person: false,
            copied: true,
        };
        table.close_off()
    }

    /// The places at which the program sees the host's `/proc`.
    fn procs(&self) -> Result<Vec<PathBuf>, Failure> {
        let text = read_at(self.proc, "self/mountinfo")
            .map_err(|e| Error::new("read", "/proc/self/mountinfo", Errno::of(&e)))?;
        let (table, root) = (mountinfo::parse(&text), &self.opened.root_path);
        let places = [PathBuf::from("/proc"), root.join("proc")];
        let foreign = |p: &PathBuf| {
            let there = table.iter().rfind(|m| m.at == *p);
            there.is_some_and(|m| m.fstype == "proc" && self.spec.walls.foreign.contains(&m.device))
        };
        let mut found: Vec<PathBuf> = places.into_iter().filter(foreign).collect();
        found.dedup();
        Ok(found)
    }

    /// The main function of the init.
    fn init(&self, who: &Credentials, nothing: &OwnedFd, printed: PipeWriter, mut say: PipeWriter) -> ! {
        process::die_with_parent();
        process::reset_signals();
        process::set_name("program");
        let word = match self.start(who, nothing, printed, &say) {
            Ok(Some(program)) => await_end(program),
            // The child has said why the program did not start.
            Ok(None) => raw::exit_now(0),
            Err(e) => e.into(),
        };
        if let Word::Ended { left_processes: true, .. } = word {
            self.end_the_rest();
        }
        let _ = say.write_all(&serde_json::to_vec(&word).unwrap_or_default());
        raw::exit_now(0)
    }

    /// Starts the program; returns its number in the init's PID namespace.
    fn start(
        &self,
        who: &Credentials,
        nothing: &OwnedFd,
        printed: PipeWriter,
        say: &PipeWriter,
    ) -> Result<Option<i32>, Failure> {
        if self.own_pids {
            process::adopt_orphans();
        } else {
            let strict = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
            for at in self.procs()? {
                mount::mount(Some("proc"), &at, Some("proc"), strict, None)?;
            }
        }
        let (mut trouble, tell) = std::io::pipe().map_err(|e| io_failed("pipe", &e))?;
        marker::begin();
        let forked = process::fork(CloneFlags::empty());
        match forked {
            Ok(Forked::Child) => {
                marker::pause();
                drop(trouble);
                // It returns only if the program could not be started.
                let why = Word::from(self.become_program(who, nothing, printed));
                let _ = (&tell).write_all(&serde_json::to_vec(&why).unwrap_or_default());
                raw::exit_now(127)
            }
            Ok(Forked::Parent(pid)) => {
                marker::end();
                drop((tell, printed));
                let mut why = Vec::new();
                // End of file: the program runs, and exec closed the pipe.
                let _ = trouble.read_to_end(&mut why);
                if why.is_empty() {
                    return Ok(Some(pid.as_raw()));
                }
                let mut say = say;
                let _ = say.write_all(&why);
                Ok(None)
            }
            Err(e) => {
                marker::end();
                Err(e.into())
            }
        }
    }

    fn become_program(&self, who: &Credentials, nothing: &OwnedFd, printed: PipeWriter) -> Failure {
        let prepare = || -> Result<Command, Failure> {
            rustix::process::setsid().map_err(|e| Error::new("setsid", "", e))?;
            // When memory runs short, the kernel should kill the program before anything that the machine is there for.
            let _ = self.write_own("oom_score_adj", "1000");
            // With the rights of the run's root, by which the box has entered them.
            self.opened.enter_directories()?;
            self.opened.join_user(self.proc)?;
            limits::privileges()?;
            who.take_over()?;
            limits::resources(self.spec.processes + limits::PROCESSES)?;
            let program = find(&self.spec.argv)?;
            // The lab's own descriptors are already closed at exec; this is for those that the lab may itself have inherited.
            let _ = raw::close_at_exec(3);
            let mut command = Command::new(program);
            command.args(&self.spec.argv[1..]).env_clear().envs(environment());
            if let Some(name) = self.spec.argv.first() {
                command.arg0(name);
            }
            let failed = |e: std::io::Error| io_failed("dup", &e);
            let copy = printed.try_clone().map_err(failed)?;
            command.stdin(Stdio::from(nothing.try_clone().map_err(failed)?)).stdout(printed).stderr(copy);
            Ok(command)
        };
        let mut command = match prepare() {
            Ok(command) => command,
            Err(why) => return why,
        };
        marker::begin();
        let errno = Errno::of(&command.exec());
        let name = self.spec.argv.first().map_or("", String::as_str);
        if errno.0 == libc::ENOENT {
            // The file existed a moment ago.
            let path = Path::new(command.get_program()).display();
            return Failure::Refused(format!(
                "exec {name}: ENOENT: {path} is there, but not the interpreter or loader that it names"
            ));
        }
        Error::new("exec", name, errno).into()
    }

    fn write_own(&self, name: &str, text: &str) -> rustix::io::Result<()> {
        let path = format!("self/{name}");
        let fd =
            rustix::fs::openat(self.proc, path, OFlags::WRONLY | OFlags::CLOEXEC, rustix::fs::Mode::empty())?;
        rustix::io::write(&fd, text.as_bytes()).map(drop)
    }

    /// A process's number in each PID namespace, outermost first.
    fn numbers(&self, pid: &str) -> Vec<i32> {
        let status = read_at(self.proc, &format!("{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("NSpid:")).unwrap_or("");
        line.split_ascii_whitespace().filter_map(|n| n.parse().ok()).collect()
    }

    /// Ends what the program has left. If the program has its own PID namespace, the end of the init does that.
    fn end_the_rest(&self) {
        let until = Instant::now() + END;
        while self.own_pids && Instant::now() < until {
            let own = rustix::fs::readlinkat(self.proc, "self", Vec::new());
            let own = own.map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            // Without a list of children (CONFIG_PROC_CHILDREN) the caller that asked for the program ends them.
            let Ok(children) = read_at(self.proc, &format!("{own}/task/{own}/children")) else { return };
            // Their numbers in this PID namespace, not in a nested one.
            let depth = self.numbers(&own).len().saturating_sub(1);
            for pid in children.split_ascii_whitespace() {
                if let Some(number) = self.numbers(pid).get(depth) {
                    let _ = process::kill(*number, libc::SIGKILL);
                }
            }
            let _ = process::reap();
            match nix::sys::wait::waitpid(None, Some(nix::sys::wait::WaitPidFlag::WNOHANG)) {
                Err(nix::errno::Errno::ECHILD) => return,
                _ => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }
}

/// Waits for the program, and for orphans meanwhile.
fn await_end(program: i32) -> Word {
    use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
    loop {
        let (pid, status) = match nix::sys::wait::wait() {
            Ok(WaitStatus::Exited(pid, status)) => (pid, Process::Exited(status)),
            Ok(WaitStatus::Signaled(pid, signal, _)) => {
                (pid, Process::KilledBy(signal.as_str()[3..].to_owned()))
            }
            Ok(_) | Err(nix::errno::Errno::EINTR) => continue,
            Err(e) => return Word::from(Failure::from(Error::new("wait", "", e))),
        };
        if pid.as_raw() == program {
            // Processes that have ended by now have not outlived the program.
            while matches!(waitpid(None, Some(WaitPidFlag::WNOHANG)), Ok(s) if s != WaitStatus::StillAlive) {}
            let left = !matches!(waitpid(None, Some(WaitPidFlag::WNOHANG)), Err(nix::errno::Errno::ECHILD));
            return Word::Ended { status, left_processes: left };
        }
    }
}

/// The program's path in its own root directory, resolved as `execvp(3)` does.
fn find(argv: &[String]) -> Result<PathBuf, Failure> {
    let name =
        argv.first().filter(|n| !n.is_empty()).ok_or_else(|| Failure::Refused("no program".to_owned()))?;
    if name.contains('/') {
        return Ok(PathBuf::from(name));
    }
    let runnable = |path: &PathBuf| {
        path.is_file() && rustix::fs::accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).is_ok()
    };
    let found = PATH.split(':').map(|directory| Path::new(directory).join(name)).find(runnable);
    found.ok_or_else(|| {
        Failure::Kernel(Error::new(
            "exec",
            format!("{name}: no such program in {PATH} of this box"),
            Errno(libc::ENOENT),
        ))
    })
}

fn environment() -> Vec<(String, String)> {
    let own = [("PATH", PATH), ("HOME", "/"), ("LANG", "C.UTF-8"), ("TERM", "dumb")];
    // A process that outlives lab and guardian is found by the mark.
    let mark = std::env::var(MARK).ok().map(|run| (MARK.to_owned(), run));
    own.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().chain(mark).collect()
}

/// The process that watches a program from outside.
struct Keeper<'a> {
    init: i32,
    output: PipeReader,
    words: PipeReader,
    name: &'a str,
}

impl Keeper<'_> {
    /// Reads the program's output until the program has ended, or was ended at a limit.
    fn watch(mut self) -> Result<Ran, Failure> {
        let until = Instant::now() + limits::TIME;
        let (mut text, mut said) = (Vec::new(), Vec::new());
        let limit = loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break Some(format!(
                    "{} ran longer than {} s and was ended",
                    self.name,
                    limits::TIME.as_secs()
                ));
            }
            let [printed, word] = ready([self.output.as_fd(), self.words.as_fd()], left);
            if printed && self.take(&mut text) == Taken::Closed && !word {
                // The program has closed its output, so only its end is left to wait for.
                let _ = frame::readable(&self.words, left);
            }
            if text.len() > limits::OUTPUT {
                break Some(format!(
                    "{} printed more than {} KiB and was ended",
                    self.name,
                    limits::OUTPUT >> 10
                ));
            }
            if word {
                let _ = self.words.read_to_end(&mut said);
                break None;
            }
        };
        let word = serde_json::from_slice::<Word>(&said).ok();
        if word.is_none() {
            let _ = process::kill(self.init, libc::SIGKILL);
        }
        // The program's output is in the pipe by now. Processes that it has left may hold the other end.
        let rest = Instant::now() + REST;
        while text.len() <= limits::OUTPUT
            && Instant::now() < rest
            && ready([self.output.as_fd(); 2], Duration::ZERO)[0]
            && self.take(&mut text) == Taken::Bytes
        {}
        text.truncate(limits::OUTPUT);
        let output = String::from_utf8_lossy(&text).into_owned();
        match word {
            Some(Word::Ended { status, left_processes }) => {
                Ok(Ran { output, status, limit: None, left_processes })
            }
            Some(Word::Failed { operation, object, errno }) => {
                Err(Error::new(&operation, object, errno).into())
            }
            Some(Word::Refused(why)) => Err(Failure::Refused(why)),
            None => {
                let limit =
                    limit.unwrap_or_else(|| format!("{}: the process that started it was killed", self.name));
                let status = Process::KilledBy("KILL".to_owned());
                Ok(Ran { output, status, limit: Some(limit), left_processes: false })
            }
        }
    }

    /// Reads what is in the pipe.
    fn take(&mut self, text: &mut Vec<u8>) -> Taken {
        let mut part = [0u8; 4096];
        match self.output.read(&mut part) {
            Ok(0) => Taken::Closed,
            Ok(n) => {
                text.extend_from_slice(&part[..n]);
                Taken::Bytes
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Taken::Nothing,
            Err(_) => Taken::Closed,
        }
    }
}

/// What a read from a program's output gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Bytes,
    /// The pipe was emptied between poll and read: the program can open its own output by `/proc/self/fd` and read it.
    Nothing,
    Closed,
}

/// Which of two descriptors is readable or has hung up, after waiting at most this long.
fn ready(fds: [BorrowedFd; 2], at_most: Duration) -> [bool; 2] {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let mut fds = fds.map(|fd| PollFd::new(fd, PollFlags::POLLIN));
    let timeout = PollTimeout::try_from(at_most.max(Duration::from_millis(1))).unwrap_or(PollTimeout::MAX);
    let _ = poll(&mut fds, timeout);
    fds.map(|fd| fd.any().unwrap_or(false))
}
