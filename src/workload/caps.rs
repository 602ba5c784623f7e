//! The limits under which every workload runs: CPU time, memory, file size and wall clock (`getrlimit(2)`, `setitimer(2)`). The
//! workload sets them on itself, so they hold even where no cgroup limits it.
//!
//! The number of processes has no such cap: `RLIMIT_NPROC` counts all processes of the user, and the boxes share one. A workload
//! starts only threads, or in a forker children that sleep, and its [`Spec`] bounds their number.

use super::spec::Spec;
use crate::kernel::{process, raw};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::time::Duration;

/// No workload has less wall-clock time than this, nor more.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(3600);

/// The limits of one workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// CPU time of all its threads together, in seconds; beyond it comes SIGKILL, since the soft limit equals the hard one (`getrlimit(2)`).
    pub cpu: Duration,
    /// Wall-clock time; then SIGALRM. The time for which the workload is stopped does not count: a prepared step can wait for long.
    pub wall: Duration,
    /// Bytes beyond what it has and what the lesson has it take; beyond that, allocation fails.
    pub memory: u64,
    /// The size of a file that it writes besides its work, in bytes; beyond that comes SIGXFSZ.
    pub output: u64,
}

impl Default for Caps {
    fn default() -> Self {
        // A loop that is started in a lesson's first step must still spin in its last, however long somebody reads and talks in between:
        // twice the time of a long lesson, and as much CPU time as two unlimited threads use in it.
        let wall = Duration::from_secs(30 * 60);
        Caps { cpu: 2 * wall, wall, memory: 512 << 20, output: 0 }
    }
}

/// The address space that the process has now, in bytes: its program, and what a fork copied.
fn present() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let size = status.lines().find_map(|l| l.strip_prefix("VmSize:"));
    let kibibytes = size.and_then(|s| s.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    // Unknown without a procfs (after pivot_root); a child of a box is far smaller than this.
    kibibytes.map_or(512 << 20, |k| k * 1024)
}

/// Sets the limits for the calling process, before [`super::run`]. A hard limit that is lower already stays.
///
/// # Errors
/// The kernel refuses a limit.
pub fn apply(spec: &Spec, caps: Caps) -> rustix::io::Result<()> {
    let (memory, file) = match spec {
        Spec::Memhog { take, .. } => (*take, 0),
        Spec::Filereader { size } => (0, *size),
        Spec::Busyloop { .. } | Spec::Forker { .. } | Spec::TcpServer { .. } | Spec::UnixListener { .. } => {
            (0, 0)
        }
    };
    process::reset_signals();
    raw::limit_running_time(caps.wall.clamp(SHORTEST, LONGEST))
        .map_err(|e| rustix::io::Errno::from_raw_os_error(e as i32))?;
    limit(Resource::Core, 0)?;
    limit(Resource::Cpu, caps.cpu.as_secs().max(1))?;
    limit(Resource::As, present() + memory + caps.memory)?;
    limit(Resource::Fsize, file.max(caps.output))
}

fn limit(resource: Resource, most: u64) -> rustix::io::Result<()> {
    let hard = rustix::process::getrlimit(resource).maximum;
    let most = hard.map_or(most, |hard| hard.min(most));
    setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
}
