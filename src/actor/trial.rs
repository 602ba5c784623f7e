//! Trials: they find out what this kernel lets this user do, by doing it in a process that ends right after. Only a trial decides that something is
//! *blocked*; an error in the middle of a step is a failed step. So a trial makes the same calls as the lessons, by the same functions, and in the same
//! place: in a box of a run's user namespace, on the filesystem of the workspaces.

mod calls;
mod cause;
mod confined;
mod links;
mod mounts;
mod namespaces;
mod overlay;
mod page_cache;
mod processes;
mod refusal;
mod stage;
mod surroundings;
mod user;

pub use refusal::{Answer, Refusal};
pub use surroundings::Surroundings;

use super::frame;
use crate::kernel::process;
use crate::kernel::raw::{self, Forked};
use crate::model::Errno;
use crate::probe::cgroup::Blocked;
use crate::vocabulary::Ability;
use calls::Calls;
use nix::sched::CloneFlags;
use refusal::DEADLINE;
use std::fmt;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

/// The hidden sub-command that makes one trial.
pub const TRIAL: &str = "__trial";
/// The longest answer, of a line or two, in bytes.
const MOST_ANSWER: usize = 4096;

/// What can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trial {
    /// The calls of an ability.
    Of(Ability),
    /// This many processes at once.
    Processes(u32),
}

/// The word of [`Trial::Processes`], before the number.
const PROCESSES: &str = "processes:";

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Trial::Of(ability) => f.write_str(ability.word()),
            Trial::Processes(amount) => write!(f, "{PROCESSES}{amount}"),
        }
    }
}

impl Trial {
    /// The trial that its [`Display`](fmt::Display) form names.
    fn named(text: &str) -> Option<Self> {
        match text.strip_prefix(PROCESSES) {
            Some(amount) => amount.parse().ok().map(Trial::Processes),
            None => Ability::ALL.iter().find(|a| a.word() == text).map(|a| Trial::Of(*a)),
        }
    }

    /// Whether the success of this trial is also that of the other one: room for more processes is room for fewer, and a UTS namespace is made in a user
    /// namespace.
    pub fn covers(self, other: Trial) -> bool {
        match (self, other) {
            (Trial::Processes(more), Trial::Processes(fewer)) => more >= fewer,
            (Trial::Of(Ability::Uts), Trial::Of(Ability::User)) => true,
            (Trial::Of(_), _) | (_, Trial::Of(_)) => self == other,
        }
    }

    /// Makes the trial in a separate process. `id` is the host's id of a run's root, if root starts it.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn make(self, id: u32) -> Result<(), Refusal> {
        let refusal = |operation: &str, object: &str, answer: Answer| Refusal {
            operation: operation.to_owned(),
            object: object.to_owned(),
            answer,
        };
        let failed =
            |(what, e): (&str, std::io::Error)| refusal(what, "a process", Answer::Errno(Errno::of(&e)));
        let Heard { text, status, late } = hear(&[self], id).map_err(failed)?;
        // The first line is from the process that met the refusal.
        let mut words = text.lines().next().unwrap_or_default().split('\t');
        match (words.next(), words.next(), words.next().map(str::parse::<i32>)) {
            (Some(stage::WELL), _, _) => Ok(()),
            (Some(operation), Some(object), Some(Ok(number))) => {
                let answer = if number < 0 { Answer::Killed(-number) } else { Answer::Errno(Errno(number)) };
                Err(refusal(operation, object, answer))
            }
            _ => {
                let answer = status.signal().filter(|_| !late).map_or(Answer::Late, Answer::Killed);
                Err(refusal("try", &self.to_string(), answer))
            }
        }
    }

    /// Makes the trial in this process, and prints the result behind `prefix`. Gives the exit status.
    fn make_here(self, id: u32, prefix: &str) -> i32 {
        if self.leaves_files() {
            // Nothing else would stop it if the lab is killed.
            nix::unistd::alarm::set(u32::try_from(DEADLINE.as_secs()).unwrap_or(u32::MAX) + 1);
        } else {
            process::die_with_parent();
        }
        // The trial must be able to open what it makes, whatever the starter's umask.
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
        let line = format!("{prefix}{}", stage::line(&self.attempt(id)));
        // The process that asked may have been killed meanwhile.
        i32::from(std::io::stdout().write_all(line.as_bytes()).is_err())
    }

    /// The line of this trial's success among several.
    fn well(self) -> String {
        format!("{self}\t{}", stage::WELL)
    }

    /// Whether it makes files in the directory of the workspaces. Then it outlives the lab for the moment that it takes to remove them.
    fn leaves_files(self) -> bool {
        match self {
            Trial::Of(ability) => calls(ability).leaves_files,
            Trial::Processes(_) => false,
        }
    }

    fn attempt(self, id: u32) -> stage::Result {
        match self {
            Trial::Of(ability) => (calls(ability).make)(id),
            Trial::Processes(amount) => processes::make(id, amount),
        }
    }

    /// The cause of a refusal that no other trial has.
    fn own_cause(self, here: &Surroundings, refusal: &Refusal) -> Option<Blocked> {
        match self {
            Trial::Of(ability) => (calls(ability).cause)(here, refusal),
            Trial::Processes(_) => None,
        }
    }
}

/// The trial of each ability.
fn calls(ability: Ability) -> &'static Calls {
    match ability {
        Ability::User => &user::USER,
        Ability::OrdinaryUser => &user::ORDINARY_USER,
        Ability::Uts => &namespaces::UTS,
        Ability::Pid => &namespaces::PID,
        Ability::Mount => &mounts::MOUNT,
        Ability::Net => &namespaces::NET,
        Ability::Ipc => &namespaces::IPC,
        Ability::Cgroup => &namespaces::CGROUP,
        Ability::Time => &namespaces::TIME,
        Ability::PageCache => &page_cache::PAGE_CACHE,
        Ability::PivotRoot => &mounts::PIVOT_ROOT,
        Ability::Veth => &links::VETH,
        Ability::Bridge => &links::BRIDGE,
        Ability::Vxlan => &links::VXLAN,
        Ability::Nat => &links::NAT,
        Ability::Sysctl => &links::SYSCTL,
        Ability::Overlay => &overlay::OVERLAY,
        Ability::Confinement => &confined::CONFINEMENT,
    }
}

/// Makes trials side by side, and gives those that succeeded. One that is not among them says nothing yet: among others it may have found less room than
/// alone.
pub fn succeeding(trials: &[Trial], id: u32) -> Vec<Trial> {
    let Ok(heard) = hear(trials, id) else { return Vec::new() };
    let well = |trial: &&Trial| heard.text.lines().any(|line| line == trial.well());
    trials.iter().filter(well).copied().collect()
}

/// What the process of some trials has printed, and how it ended.
struct Heard {
    text: String,
    status: ExitStatus,
    /// It was killed because it took too long.
    late: bool,
}

/// Starts the program as the process of these trials, and hears it out. An error comes with the operation that failed.
fn hear(trials: &[Trial], id: u32) -> Result<Heard, (&'static str, std::io::Error)> {
    // This connection shows the trial which process started it. The answer comes over standard output, which the trial's own children have, too.
    let (_mine, theirs) = frame::pair().map_err(|e| ("connect", e))?;
    let mut child = Command::new("/proc/self/exe")
        .args([TRIAL, &id.to_string()])
        .args(trials.iter().map(Trial::to_string))
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| ("start", e))?;
    let Some(output) = child.stdout.take() else {
        return Err(("start", std::io::ErrorKind::BrokenPipe.into()));
    };
    let text = frame::read_to_end_by(&output, MOST_ANSWER, Instant::now() + DEADLINE);
    let late = text.is_err();
    if late {
        let _ = child.kill();
    }
    let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    let status = child.wait().map_err(|e| ("wait for", e))?;
    Ok(Heard { text, status, late })
}

/// The main function of the hidden sub-command. Of one trial it prints success, or the operation that failed and its error; of several, which succeeded.
pub fn main(_asker: OwnedFd, id: &str, names: &[&str]) -> i32 {
    let trials: Option<Vec<Trial>> = names.iter().map(|name| Trial::named(name)).collect();
    match (trials.as_deref(), id.parse()) {
        (Some([trial]), Ok(id)) => trial.make_here(id, ""),
        (Some(trials), Ok(id)) => side_by_side(trials, id),
        _ => 2,
    }
}

fn side_by_side(trials: &[Trial], id: u32) -> i32 {
    process::die_with_parent();
    for trial in trials {
        match process::fork(CloneFlags::empty()) {
            Ok(Forked::Child) => raw::exit_now(trial.make_here(id, &format!("{trial}\t"))),
            Ok(Forked::Parent(pid)) => {
                // It needs all the room there is.
                if let Trial::Processes(_) = trial {
                    let _ = nix::sys::wait::waitpid(pid, None);
                }
            }
            Err(_) => {}
        }
    }
    while nix::sys::wait::wait().is_ok() {}
    0
}
