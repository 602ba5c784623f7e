//! Whatever boxes, programs and people do to it, the guardian goes on; when its lab is dead, everything is undone; and what was stopped in the middle of
//! that, `isolab clean` ends.
//!
//! The test program is lab, guardian and box itself, so that boxes can be made that do not keep to the protocol (`evil.rs`).
//! `ISOLAB_SLOW=1` repeats the kills ten times as often, and waits for an alarm.

#[path = "hang/cases.rs"]
mod cases;
mod common;
#[path = "hang/evil.rs"]
mod evil;

use cases::{CASES, IDLE, STORM, WAITS};
use common::{Lab, Scratch, leftover, note, skip, wait_for};
use isolab::actor::trial::Trial;
use isolab::vocabulary::Ability;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// The word with which this program is the lab of a case.
const LAB: &str = "__lab";
/// The variable with which its guardian is one that is stuck.
const STUCK: &str = "ISOLAB_TEST_STUCK";
/// Everything must be gone so long after a kill: 40 s.
const GONE: Duration = Duration::from_secs(40);
/// What is waited for comes within this time, however busy the machine is.
const SOON: Duration = Duration::from_secs(60);

/// A test, and its name.
const TESTS: &[(&str, fn())] = &[
    ("kills_among_hostile_boxes_leave_nothing", kills),
    ("clean_ends_a_stopped_guardian_whose_lab_is_dead", clean_stopped),
    ("the_next_start_ends_a_stopped_guardian_whose_lab_is_dead", start_stopped),
    ("an_alarm_ends_a_guardian_that_waits_in_a_call", alarm),
    ("clean_ends_a_stuck_guardian_whose_lab_is_dead", clean_stuck),
    ("clean_leaves_a_stopped_guardian_whose_lab_lives", clean_living),
    ("hidden_words_take_orders_from_nobody_else", hidden_words),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [_, "__guardian", ledger] if std::env::var_os(STUCK).is_some() => stuck(Path::new(ledger)),
        _ => {}
    }
    if let Some(status) = isolab::actor::hidden_with(&words, live) {
        return ExitCode::from(u8::try_from(status).unwrap_or(1));
    }
    match words.as_slice() {
        [_, LAB, IDLE, ready] => cases::idle(ready),
        [_, LAB, WAITS, directory] => cases::waits(Path::new(directory)),
        [_, LAB, STORM, seed] => cases::storm(seed.parse().expect("a number")),
        [_, LAB, name] => CASES.iter().find(|(n, _)| n == name).expect("a case").1(),
        [_, .., "--list"] => names().for_each(|name| println!("{name}: test")),
        [_, rest @ ..] => return tests(rest),
        [] => {}
    }
    ExitCode::SUCCESS
}

/// As a box of this program's guardian.
fn live(socket: OwnedFd, name: &str) -> i32 {
    match name.strip_prefix(evil::EVIL) {
        Some(kind) => evil::live(socket, kind),
        None => isolab::actor::boxed::main(socket, name),
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    CASES.iter().chain(TESTS).map(|(name, _)| *name)
}

fn tests(filters: &[&str]) -> ExitCode {
    let filters: Vec<&&str> = filters.iter().filter(|f| !f.starts_with('-')).collect();
    let wanted = |name: &&'static str| filters.is_empty() || filters.iter().any(|f| name.contains(**f));
    if let Err(refusal) = Trial::Of(Ability::User).make(0) {
        skip("all of hang", &format!("no user namespaces here: {refusal}"));
        return ExitCode::SUCCESS;
    }
    // Whatever loses its lab comes here, marked or not.
    nix::sys::prctl::set_child_subreaper(true).expect("PR_SET_CHILD_SUBREAPER");
    let mut good = true;
    let mut said = |name: &str, passed: bool| {
        note(&format!("test {name} ... {}", if passed { "ok" } else { "FAILED" }));
        good &= passed;
    };
    // Each lab undoes its own run, so these can be made at the same time; most of them wait.
    let labs: Vec<(&str, Lab)> =
        CASES.iter().map(|(n, _)| *n).filter(wanted).map(|name| (name, lab(&[name]))).collect();
    for (name, mut lab) in labs {
        let code = lab.wait();
        let left = leftover::of(lab.pid);
        if !left.is_empty() {
            note(&format!("{name}: left\n  {}", left.join("\n  ")));
        }
        said(name, code == Some(0) && left.is_empty());
    }
    for (name, test) in TESTS.iter().filter(|(n, _)| wanted(n)) {
        said(name, std::panic::catch_unwind(test).is_ok());
    }
    ExitCode::from(u8::from(!good))
}

fn is_slow() -> bool {
    std::env::var_os("ISOLAB_SLOW").is_some()
}

/// This program as a lab.
fn command(words: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("own path"));
    command.arg(LAB).args(words).stdin(Stdio::null()).process_group(0).env_remove("ISOLAB_RUN");
    command
}

fn lab(words: &[&str]) -> Lab {
    Lab::start(&mut command(words))
}

fn end(pid: i32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid), signal);
}

/// After a lab has ended: everybody it has left to this process ends, and by then everything is undone.
fn nothing_left(lab: i32, what: &str) {
    let me = i32::try_from(std::process::id()).expect("a number");
    let mut last = String::new();
    let gone = wait_for(GONE, || {
        let orphans = leftover::children(me);
        for orphan in &orphans {
            let _ = waitpid(Pid::from_raw(orphan.pid), Some(WaitPidFlag::WNOHANG));
        }
        last = format!("{orphans:#?}");
        orphans.is_empty().then_some(())
    });
    assert!(gone.is_some(), "{what}: still there after {} s: {last}", GONE.as_secs());
    let left = leftover::of(lab);
    assert!(left.is_empty(), "{what}: left\n  {}", left.join("\n  "));
}

fn clean() -> String {
    let mut command = Command::new(common::ISOLAB);
    let output = command.arg("clean").stdin(Stdio::null()).output().expect("isolab clean");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

// ---------------------------------------------------------------- kills

/// Kills the lab, its guardian, or both, at moments that are spread over the life of a run with hostile boxes.
fn kills() {
    let number = if is_slow() { 600 } else { 60 };
    let start = std::env::var("ISOLAB_SEED").ok().and_then(|s| s.parse::<usize>().ok());
    let seed = start.unwrap_or_else(|| std::process::id() as usize);
    note(&format!("  ISOLAB_SEED={seed}"));
    let (mut guarded, mut swept) = (0, 0);
    for round in 0..number {
        let mut lab = lab(&[STORM, &(seed + round).to_string()]);
        // Two steps that have no common divisor spread the moments evenly over 1.2 seconds.
        let at = Duration::from_millis((round as u64 * 397 + seed as u64) % 1200);
        std::thread::sleep(at);
        let guardian = leftover::guardian_of(lab.pid);
        guarded += usize::from(guardian.is_some());
        let what = format!("kill {round}, {} ms after the start", at.as_millis());
        match (round % 4, guardian) {
            (2, Some(guardian)) => {
                end(guardian, Signal::SIGKILL);
                // The lab goes on with the next run; what was of this one is undone by then, or when that is.
                std::thread::sleep(Duration::from_millis(50));
                lab.signal(Signal::SIGKILL);
                lab.wait();
            }
            (3, Some(guardian)) => {
                lab.signal(Signal::SIGKILL);
                end(guardian, Signal::SIGKILL);
                lab.wait();
            }
            _ => {
                lab.signal(Signal::SIGKILL);
                lab.wait();
                nothing_left(lab.pid, &what);
                continue;
            }
        }
        let dead = wait_for(GONE, || leftover::guardian_anywhere(lab.pid).is_none().then_some(()));
        assert!(dead.is_some(), "{what}: a guardian of lab {} does not die", lab.pid);
        swept += usize::from(!leftover::of(lab.pid).is_empty());
        clean();
        nothing_left(lab.pid, &what);
    }
    note(&format!(
        "  {number} kills, {guarded} of them while a guardian lived; {swept} were undone by clean"
    ));
    assert!(guarded * 3 >= number, "most kills hit no run at all: the moments are not those that matter");
}

// ---------------------------------------------------------------- clean

/// A run with a guardian, and a lab that waits.
struct Run {
    lab: Lab,
    guardian: i32,
    _scratch: Scratch,
}

impl Drop for Run {
    fn drop(&mut self) {
        // One that stays stopped would undo nothing.
        end(self.guardian, Signal::SIGCONT);
    }
}

fn run(stuck: bool) -> Run {
    let scratch = Scratch::new();
    let ready = scratch.file("ready");
    let mut command = command(&[IDLE, ready.to_str().expect("a path")]);
    if stuck {
        command.env(STUCK, "1");
    }
    let lab = Lab::start(&mut command);
    let guardian = wait_for(SOON, || {
        let guardian = leftover::guardian_of(lab.pid)?;
        let ledger = leftover::of(lab.pid).iter().any(|l| l.ends_with(".ledger"));
        (ledger && (stuck || ready.exists())).then_some(guardian)
    });
    Run { lab, guardian: guardian.expect("a guardian"), _scratch: scratch }
}

fn clean_stopped() {
    let mut run = run(false);
    end(run.guardian, Signal::SIGSTOP);
    run.lab.signal(Signal::SIGKILL);
    run.lab.wait();
    let text = clean();
    assert!(text.contains(&format!("isolab-{}-1: undone", run.lab.pid)), "{text}");
    nothing_left(run.lab.pid, "a stopped guardian");
}

fn start_stopped() {
    let mut run = run(false);
    end(run.guardian, Signal::SIGSTOP);
    run.lab.signal(Signal::SIGKILL);
    run.lab.wait();
    let mut next = Lab::start(common::Program::built().command().args(["check", "uts"]));
    assert!(matches!(next.wait(), Some(0 | 3)));
    nothing_left(run.lab.pid, "a stopped guardian");
}

/// A call that does not come back, which nobody has thought of: here opening a pipe that nobody reads.
fn alarm() {
    if !is_slow() {
        return skip(
            "an_alarm_ends_a_guardian_that_waits_in_a_call",
            "it takes minutes; ISOLAB_SLOW=1 takes it in",
        );
    }
    let scratch = Scratch::new();
    nix::unistd::mkfifo(&scratch.file("cgroup.procs"), nix::sys::stat::Mode::S_IRWXU).expect("mkfifo");
    let mut lab = lab(&[WAITS, scratch.path().to_str().expect("a path")]);
    // The call that a process is in (`proc_pid_syscall(5)`): it stays in this one.
    let in_open = |pid: i32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
        text.split(' ').next().and_then(|n| n.parse().ok()) == Some(libc::SYS_openat)
    };
    let waits = |pid: i32| leftover::process(pid).is_some_and(|p| p.state == 'S') && in_open(pid);
    let guardian = wait_for(SOON, || leftover::guardian_of(lab.pid).filter(|g| waits(*g)));
    assert!(guardian.is_some(), "no guardian that waits");
    lab.signal(Signal::SIGKILL);
    lab.wait();
    let dead = wait_for(2 * SOON, || leftover::guardian_anywhere(lab.pid).is_none().then_some(()));
    assert!(dead.is_some(), "the guardian of lab {} does not die", lab.pid);
    clean();
    nothing_left(lab.pid, "a guardian that waited");
}

fn clean_stuck() {
    let mut run = run(true);
    run.lab.signal(Signal::SIGKILL);
    run.lab.wait();
    let text = clean();
    assert!(text.contains(&format!("isolab-{}-1: undone", run.lab.pid)), "{text}");
    nothing_left(run.lab.pid, "a stuck guardian");
}

fn clean_living() {
    let mut run = run(false);
    end(run.guardian, Signal::SIGSTOP);
    let text = clean();
    assert!(!text.contains(&run.lab.pid.to_string()), "{text}");
    assert!(leftover::process(run.guardian).is_some_and(|p| p.state == 'T'), "the guardian of a living lab");
    end(run.guardian, Signal::SIGCONT);
    run.lab.signal(Signal::SIGKILL);
    run.lab.wait();
    nothing_left(run.lab.pid, "a guardian that was stopped for a while");
}

/// A guardian that has a ledger, and then does nothing whatever happens to its lab.
fn stuck(ledger: &Path) -> ! {
    let lab = isolab::actor::own::enter().expect("the lab has started this");
    // Only the leader of a session is taken for a guardian.
    nix::unistd::setsid().expect("setsid");
    isolab::kernel::process::set_name("isolab-guardian");
    let _ledger = isolab::actor::ledger::Ledger::create(ledger).expect("a ledger");
    let end = Instant::now() + Duration::from_secs(600);
    while Instant::now() < end {
        std::thread::sleep(Duration::from_secs(1));
    }
    drop(lab);
    std::process::exit(0)
}

// ---------------------------------------------------------------- hidden words

/// How a hidden word of the built program ends that this test, which is another program, has started.
fn refused(words: &[&str], stdin: Stdio, uid: Option<u32>) -> String {
    let mut command = Command::new(common::ISOLAB);
    command.args(words).stdin(stdin).current_dir("/");
    if let Some(uid) = uid {
        command.uid(uid).gid(uid);
    }
    let output = command.output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(isolab::actor::own::REFUSED), "{words:?}: {text}");
    assert!(output.stdout.is_empty(), "{words:?}");
    assert!(text.starts_with(&format!("isolab {}: ", words[0])), "{words:?}: {text}");
    text
}

fn hidden_words() {
    let ledger = "/var/tmp/isolab-0-0.ledger";
    for words in [&["__guardian", ledger][..], &["__trial", "0", "user"]] {
        let text = refused(words, Stdio::null(), None);
        assert!(text.contains("socket pair"), "{text}");
        // What a person can make who wants to give orders: a pair, and everything that can be said over it, said already.
        let (mine, theirs) = isolab::actor::frame::pair().expect("socketpair");
        let text = refused(words, Stdio::from(theirs), None);
        assert!(text.contains("another program"), "{text}");
        drop(mine);
        // Between the two there is a shell: as sudo would be.
        let (mine, theirs) = isolab::actor::frame::pair().expect("socketpair");
        let mut sh = Command::new("sh");
        sh.args(["-c", r#""$@"; exit $?"#, "sh", common::ISOLAB]).args(words).stdin(Stdio::from(theirs));
        let output = sh.output().expect("sh");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(isolab::actor::own::REFUSED), "{words:?}: {text}");
        assert!(text.contains("not its parent"), "{text}");
        drop(mine);
    }
    assert!(!Path::new(ledger).exists(), "a ledger was made");
    if !common::is_root() {
        return skip("a hidden word with another user's socket", "only root can start it as another user");
    }
    let program = common::Program::for_nobody();
    let (_mine, theirs) = isolab::actor::frame::pair().expect("socketpair");
    let output = program
        .command()
        .args(["__guardian", ledger])
        .stdin(Stdio::from(theirs))
        .stderr(Stdio::piped())
        .output();
    let output = output.expect("the program starts");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(isolab::actor::own::REFUSED), "{text}");
    assert!(text.contains("a process of user 0"), "{text}");
}
