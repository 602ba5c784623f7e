//! A shell for a person in all the namespaces of a box. The process that the guardian starts stays outside as its keeper: it opens the terminal,
//! enters the run's user namespace like every box, joins what the box is in, and forks the shell (a PID namespace takes only children in).

use super::birth;
use super::confinement::opened::Opened;
use super::confinement::{SCRATCH, Table, hidden};
use super::execute::Failure;
use super::frame;
use super::place::read_at;
use super::protocol::{Birth, ShellSpec};
use super::role::MARK;
use super::shell_commands::Executable;
use crate::kernel::raw::{self, Forked};
use crate::kernel::{Error, file, identity, mount, namespace, process};
use crate::model::{Errno, NoWorkloads, Ns, ShellNotice};
use crate::probe::{mountinfo, release};
use crate::vocabulary::need::KernelVersion;
use crate::workload::command::NAMES;
use nix::mount::MsFlags;
use rustix::fs::{Mode, OFlags};
use rustix::thread::CapabilitySet;
use std::collections::BTreeMap;
use std::io::Write;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A shell is started within this time: 20 s.
const DEADLINE: Duration = Duration::from_secs(20);
/// What the child says before it is a shell, in bytes: its variables, and why there is no shell.
const MOST_SAID: usize = 1 << 20;
/// So many processes may there be in the run once a shell lives.
const PROCESSES: u64 = 512;
/// Where the shells are looked for that edit their line.
const BASH: [&str; 2] = ["/bin/bash", "/usr/bin/bash"];
const SH: &str = "/bin/sh";
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// The variable with the run's directory.
const WORKSPACE: &str = "workspace";

/// A shell that lives.
pub struct Started {
    /// Its number in the PID namespace of its keeper, which is the host's.
    pub pid: i32,
    /// What a person should know about it, the most important first.
    pub notice: Vec<ShellNotice>,
    /// Those of its variables that speak of the run, with their values.
    pub variables: BTreeMap<String, String>,
}

/// What is there for a person.
struct Programs {
    /// The shell that edits its line, if there is one.
    bash: Option<&'static str>,
    /// The directory with the lab's workloads.
    commands: Option<PathBuf>,
}

/// Starts the shell as a child of the caller.
///
/// # Errors
/// What is missing, or what the kernel answers.
pub fn start(spec: &ShellSpec, proc: BorrowedFd) -> Result<Started, Failure> {
    // Before anything else, with the rights of the owner of the terminal.
    let tty = file::open(&spec.tty, OFlags::RDWR | OFlags::NOCTTY, 0)?;
    let table = mountinfo::read(Path::new("/proc/self"))
        .map_err(|e| Error::new("read", "/proc/self/mountinfo", Errno::of(&e)))?;
    let hidden = hidden(&table, &spec.walls.homes)?;
    let opened = Opened::of(proc, spec.pid)?;
    if !opened.has(SH) {
        return Err(Failure::Refused(format!("the root directory of {} has no {SH}", spec.of)));
    }
    let bash = BASH.into_iter().find(|b| opened.has(b));
    let executable = Executable::open(proc);
    birth::enter(&Birth { user_of: spec.user_of, id: Some(0), ..Birth::default() })?;
    opened.join_others()?;
    let copied = opened.mount.is_none();
    // Also on the way into another table: only in a copy of its own can an ordinary user's program be mounted.
    namespace::unshare(nix::sched::CloneFlags::CLONE_NEWNS)?;
    mount::mount(None, Path::new("/"), None, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None)?;
    let program = executable.and_then(|executable| executable.of_the_run(proc));
    opened.join_mount()?;
    let root = &opened.root_path;
    Table { walls: &spec.walls, hidden: &hidden, proc, root, person: true, copied }.close_off()?;
    let commands = match program {
        _ if *root != Path::new("/") => Err(NoWorkloads::OtherRoot),
        Ok(program) => program.attach(proc, &spec.walls.foreign),
        Err(e) => Err(NoWorkloads::Refused { cause: e.to_string() }),
    };
    let mut notice = walls(spec, copied);
    notice.push(match &commands {
        Ok(_) => ShellNotice::Workloads { names: NAMES.map(str::to_owned).to_vec() },
        Err(why) => ShellNotice::NoWorkloads { why: why.clone() },
    });
    if !opened.has_own(Ns::Ipc) {
        // What is made there outlives who made it (sysvipc(7), mq_overview(7)).
        namespace::unshare(nix::sched::CloneFlags::CLONE_NEWIPC)?;
        notice.push(ShellNotice::OwnIpc);
    }
    if !opened.has_own(Ns::Net) {
        // Servers of this machine that listen only on the loopback address, or on abstract sockets, trust every process that can reach them.
        namespace::unshare(nix::sched::CloneFlags::CLONE_NEWNET)?;
    }
    // Drops the keys of the user who started the lab; a kernel without keyrings has none to drop.
    let _ = raw::join_new_session_keyring();
    opened.enter_directories()?;
    // Where a box has gone within the workspace, its shell may not get by itself: the box may be another user by now.
    if !opened.working_path.starts_with(&spec.walls.workspace) {
        let _ = mount::chdir(&spec.walls.workspace);
    }
    opened.join_user_as_root(proc)?;
    take_capabilities_of(spec.pid, proc)?;
    notice.push(ShellNotice::RootOfRun);
    let (pid, variables) = fork_shell(spec, proc, &tty, &Programs { bash, commands: commands.ok() })?;
    Ok(Started { pid, notice, variables })
}

/// A box without capabilities has a shell without them. A shell that is not root there keeps what a program would lose.
fn take_capabilities_of(pid: i32, proc: BorrowedFd) -> Result<(), Failure> {
    let path = format!("{pid}/status");
    let status =
        read_at(proc, &path).map_err(|e| Error::new("read", format!("/proc/{path}"), Errno::of(&e)))?;
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:")).map_or("", str::trim);
    let none = !effective.is_empty() && effective.bytes().all(|digit| digit == b'0');
    if none {
        identity::give_up_root(CapabilitySet::empty())?;
    } else if !rustix::process::geteuid().is_root() {
        identity::pass_capabilities_on()?;
    } else {
        return Ok(());
    }
    process::stay_readable();
    process::die_with_parent();
    Ok(())
}

/// The walls to describe to the person. The furthest-reaching come first: not all of the text may be visible.
fn walls(spec: &ShellSpec, copied: bool) -> Vec<ShellNotice> {
    let mut all = Vec::new();
    if spec.hosts_processes {
        all.push(ShellNotice::ReachesProcessesOf { uid: spec.uid });
    }
    if spec.hosts_network {
        all.push(ShellNotice::OwnNetwork);
    }
    all.extend([
        ShellNotice::Writable {
            workspace: spec.walls.workspace.clone(),
            cgroups: !spec.walls.cgroups.is_empty(),
            scratch: SCRATCH.to_owned(),
        },
        ShellNotice::ReadOnly,
        ShellNotice::AgainstMistakes,
        ShellNotice::MountTable { copied },
    ]);
    all
}

/// The shell's number, and those of its variables that speak of the run. Only the child can tell their values: they depend on its `/proc`.
fn fork_shell(
    spec: &ShellSpec,
    proc: BorrowedFd,
    tty: &OwnedFd,
    programs: &Programs,
) -> Result<(i32, BTreeMap<String, String>), Failure> {
    let failed = |e: std::io::Error| Failure::Kernel(Error::new("pipe", "", Errno::of(&e)));
    let (said, mut tell) = std::io::pipe().map_err(failed)?;
    let pid = match process::fork(nix::sched::CloneFlags::empty())? {
        Forked::Parent(pid) => pid.as_raw(),
        Forked::Child => {
            drop(said);
            // It returns only when there is no shell.
            let why = become_shell(spec, proc, tty, programs, &mut tell);
            let _ = tell.write_all(why.to_string().as_bytes());
            raw::exit_now(127)
        }
    };
    drop(tell);
    let Ok(said) = frame::read_to_end_by(&said, MOST_SAID, Instant::now() + DEADLINE) else {
        let _ = process::kill(pid, libc::SIGKILL);
        return Err(Error::new("exec", SH, Errno(libc::ETIMEDOUT)).into());
    };
    let said = String::from_utf8_lossy(&said);
    let (variables, why) = said.split_once('\n').unwrap_or(("", &said));
    // Nothing more, and the end of file: the shell runs, and exec closed the pipe.
    if why.is_empty() {
        Ok((pid, serde_json::from_str(variables).unwrap_or_default()))
    } else {
        Err(Failure::Refused(why.to_owned()))
    }
}

fn become_shell(
    spec: &ShellSpec,
    proc: BorrowedFd,
    tty: &OwnedFd,
    programs: &Programs,
    tell: &mut impl Write,
) -> Error {
    let bash = programs.bash;
    let mut prepare = || -> Result<std::process::Command, Error> {
        let failed = |operation: &str, e: rustix::io::Errno| Error::new(operation, spec.tty.display(), e);
        process::die_with_parent();
        process::reset_signals();
        rustix::process::setsid().map_err(|e| failed("setsid", e))?;
        rustix::process::ioctl_tiocsctty(tty).map_err(|e| failed("ioctl TIOCSCTTY", e))?;
        limit(rustix::process::Resource::Nproc, processes());
        limit(rustix::process::Resource::Core, 0);
        rustix::process::umask(Mode::from_raw_mode(0o022));
        // Everything of the lab's own is closed at exec already; this is for what it may itself have inherited.
        let _ = raw::close_at_exec(3);
        if spec.hosts_processes {
            // One slip, and an ordinary user's whole session would be gone. Without seccomp the notice alone must do.
            let _ = raw::refuse_kill_of_all();
        }
        let mut command = std::process::Command::new(bash.unwrap_or(SH));
        match bash {
            Some(_) => command.args(["--norc", "--noprofile", "-i"]),
            None => command.arg("-i"),
        };
        let environment = environment(spec, proc, programs);
        let _ = writeln!(tell, "{}", serde_json::json!(of_the_run(spec, &environment)));
        command.env_clear().envs(environment);
        let end = || tty.try_clone().map_err(|e| Error::new("dup", spec.tty.display(), Errno::of(&e)));
        command.stdin(end()?).stdout(end()?).stderr(end()?);
        Ok(command)
    };
    match prepare() {
        Ok(mut command) => Error::new("exec", SH, Errno::of(&command.exec())),
        Err(e) => e,
    }
}

fn limit(what: rustix::process::Resource, most: u64) {
    let both = rustix::process::Rlimit { current: Some(most), maximum: Some(most) };
    // One that is lower already stays.
    let _ = rustix::process::setrlimit(what, both);
}

/// Before Linux 5.14 the limit counts all processes of the user on the machine, not only those in its user namespace.
fn processes() -> u64 {
    if release::version(Path::new("/proc")) >= KernelVersion::new(5, 14) {
        return PROCESSES;
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let all = load.split(['/', ' ']).nth(4).and_then(|n| n.parse::<u64>().ok());
    PROCESSES + all.unwrap_or(0)
}

/// The variables that speak of the run: its directory, its members and its cgroups.
fn of_the_run<'e>(spec: &ShellSpec, environment: &'e BTreeMap<String, String>) -> BTreeMap<&'e str, &'e str> {
    let is_of_it = |name: &str| {
        name == WORKSPACE || spec.variables.contains_key(name) || spec.numbers.contains_key(name)
    };
    environment.iter().filter(|(name, _)| is_of_it(name)).map(|(n, v)| (n.as_str(), v.as_str())).collect()
}

/// A clean one. Names of the lesson come first, so that none of them can be `PATH`.
fn environment(spec: &ShellSpec, proc: BorrowedFd, programs: &Programs) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = spec.variables.clone();
    let numbers = |text: &str| -> Vec<i32> {
        let line = text.lines().find_map(|l| l.strip_prefix("NSpid:")).unwrap_or("");
        line.split_ascii_whitespace().filter_map(|n| n.parse().ok()).collect()
    };
    // The shell's own /proc begins with the numbers of the PID namespace that it was mounted in; the host's has one more for each level above.
    let outer = numbers(&read_at(proc, "self/status").unwrap_or_default()).len();
    let inner = numbers(&std::fs::read_to_string("/proc/self/status").unwrap_or_default()).len();
    if inner > 0 {
        let level = outer.saturating_sub(inner);
        let shown = |(name, all): (&String, &Vec<i32>)| Some((name.clone(), all.get(level)?.to_string()));
        all.extend(spec.numbers.iter().filter_map(shown));
    }
    // The lab's own come first: other programs have such names, too (numactl's memhog).
    let own_first = programs.commands.as_ref().map(|directory| format!("{}:", directory.display()));
    let own = [
        ("TERM", "xterm-256color".to_owned()),
        ("PATH", format!("{}{PATH}", own_first.unwrap_or_default())),
        ("HOME", "/".to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("PS1", format!("{}# ", spec.of)),
        // Nothing is kept of what is typed.
        ("HISTFILE", String::new()),
        // What `unshare` and `nsenter` start.
        ("SHELL", programs.bash.unwrap_or(SH).to_owned()),
        (WORKSPACE, spec.walls.workspace.display().to_string()),
    ];
    all.extend(own.map(|(name, value)| (name.to_owned(), value)));
    // What outlives lab and guardian is found by it.
    all.extend(std::env::var(MARK).ok().map(|run| (MARK.to_owned(), run)));
    all
}
