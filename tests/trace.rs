//! The tracer on the real kernel, driven by a loop as the guardian's.
//!
//! A `main` of its own: tracer and tracees must be single-threaded, and `waitpid(-1)` takes every child of the process.
//! With `tracee NAME` as arguments this program is the traced process; else it runs all tests, or those whose name contains
//! the first argument.

#[path = "trace/driver.rs"]
mod driver;
#[path = "trace/tracee.rs"]
mod tracee;

use driver::{Driver, End, Tracee, assert_lines, state, tracer_of};
use isolab::actor::trace::Trace;
use isolab::calls::decode::decode;
use isolab::model::{Call, Outcome};
use nix::sys::signal::Signal;
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [role, name, rest @ ..] = args.as_slice()
        && role == "tracee"
    {
        tracee::run(name, rest);
        return ExitCode::SUCCESS;
    }
    // The orphans of killed tracees come to this process, so that it sees all of them end.
    nix::sys::prctl::set_child_subreaper(true).expect("prctl");
    let wanted = args.iter().find(|a| !a.starts_with('-')).map_or("", String::as_str);
    let mut failed = 0;
    for (name, test) in TESTS.iter().filter(|(name, _)| name.contains(wanted)) {
        let passed = catch_unwind(test).is_ok();
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failed += usize::from(!passed);
    }
    ExitCode::from(u8::from(failed > 0))
}

const TESTS: &[(&str, fn())] = &[
    ("calls_are_decoded", calls_are_decoded),
    ("messages_and_addresses_are_decoded", messages_and_addresses_are_decoded),
    ("a_box_tells_its_calls_as_the_tracer_does", a_box_tells_its_calls_as_the_tracer_does),
    ("a_forked_child_is_followed", a_forked_child_is_followed),
    ("a_spawned_program_is_let_go_at_exec", a_spawned_program_is_let_go_at_exec),
    ("a_child_that_outlives_the_action_is_let_go", a_child_that_outlives_the_action_is_let_go),
    ("a_child_is_let_go_at_its_own_mark", a_child_is_let_go_at_its_own_mark),
    ("children_in_a_pid_namespace_have_host_numbers", children_in_a_pid_namespace_have_host_numbers),
    ("a_killed_box_gives_what_there_is", a_killed_box_gives_what_there_is),
    ("a_killed_pid_1_takes_its_traced_children_along", a_killed_pid_1_takes_its_traced_children_along),
    ("a_frozen_box_is_let_go_when_thawed", a_frozen_box_is_let_go_when_thawed),
    ("a_box_killed_by_a_real_time_signal", a_box_killed_by_a_real_time_signal),
    ("a_traced_process_is_refused", a_traced_process_is_refused),
    ("a_process_that_is_gone_is_refused", a_process_that_is_gone_is_refused),
    ("a_stopped_box_stays_stopped_until_continued", a_stopped_box_stays_stopped_until_continued),
    ("a_stopped_box_can_be_abandoned", a_stopped_box_can_be_abandoned),
    ("a_restarted_call_is_noted_once", a_restarted_call_is_noted_once),
    ("an_abandoned_box_is_let_go_and_lives", an_abandoned_box_is_let_go_and_lives),
    ("an_abandoned_box_can_be_traced_at_once", an_abandoned_box_can_be_traced_at_once),
    ("a_box_can_be_traced_again", a_box_can_be_traced_again),
    ("kills_at_any_moment_leave_nothing", kills_at_any_moment_leave_nothing),
    ("too_many_calls_are_counted", too_many_calls_are_counted),
];

/// The lines of a trace as a learner sees them.
fn lines(trace: &Trace) -> Vec<String> {
    trace.calls.iter().filter_map(decode).map(|call| call.to_string()).collect()
}

fn calls_are_decoded() {
    if !user_namespaces("calls_are_decoded") {
        return;
    }
    let dir = driver::Scratch::new();
    let mut driver = Driver::new();
    let tracee = Tracee::start("files", &[dir.path()]);
    let trace = driver.action(&tracee);
    let path = dir.path();
    assert_lines(
        &lines(&trace),
        &[
            "unshare(CLONE_NEWUTS|CLONE_NEWUSER) = 0",
            "sethostname(\"bird\", 4) = 0",
            &format!("mkdir*\"{path}/nest\", 0o755) = 0"),
            &format!("openat(AT_FDCWD, \"{path}/nest/egg\", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0o644) = 3"),
            &format!("write(3<{path}/nest/egg>, \"speckled\", 8) = 8"),
            &format!(
                "rmdir(\"{path}/nest\") = -1 ENOTEMPTY||unlinkat(AT_FDCWD, \"{path}/nest\", AT_REMOVEDIR) = -1 ENOTEMPTY"
            ),
            &format!("unlink*\"{path}/nest/egg\"*) = 0"),
            &format!("rmdir(\"{path}/nest\") = 0||unlinkat(AT_FDCWD, \"{path}/nest\", AT_REMOVEDIR) = 0"),
        ],
    );
    assert!(trace.calls.iter().all(|call| call.pid == tracee.pid()));
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}

fn messages_and_addresses_are_decoded() {
    if !user_namespaces("messages_and_addresses_are_decoded") {
        return;
    }
    let mut driver = Driver::new();
    let tracee = Tracee::start("network", &[]);
    let trace = driver.action(&tracee);
    let order = "[{nlmsg_len=40, nlmsg_type=RTM_NEWLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK}, \
        {ifi_index=0, ifi_flags=IFF_UP, ifi_change=IFF_UP}, IFLA_IFNAME=\"lo\"]";
    let here = "{sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr(\"127.0.0.1\")}, 16";
    assert_lines(
        &lines(&trace),
        &[
            "unshare(CLONE_NEWUSER|CLONE_NEWNET) = 0",
            "socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3",
            &format!("sendto(3<NETLINK:[*]>, {order}, 40, 0, NULL, 0) = 40"),
            "recvfrom(3<NETLINK:[*]>, [{nlmsg_len=36, nlmsg_type=NLMSG_ERROR, *}, {error=0}], 4096, 0, *) = 36",
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3",
            "setsockopt(3<TCP:[*]>, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0",
            &format!("bind(3<TCP:[*]>, {here}) = 0"),
            "listen(3<TCP:[*]>, *) = 0",
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 4",
            &format!("connect(4<TCP:[*]>, {here}) = 0"),
        ],
    );
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}

/// The box's own record is shown in place of the trace where tracing is refused, so the two must not differ.
fn a_box_tells_its_calls_as_the_tracer_does() {
    if !user_namespaces("a_box_tells_its_calls_as_the_tracer_does") {
        return;
    }
    let dir = driver::Scratch::new();
    let mut driver = Driver::new();
    let tracee = Tracee::start("recorded", &[dir.path()]);
    let trace = driver.action(&tracee);
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
    // What its child did, nobody else has seen.
    let seen: Vec<Call> =
        trace.calls.iter().filter(|c| c.pid == tracee_of(&trace)).filter_map(decode).collect();
    let text = std::fs::read(format!("{}/record", dir.path())).expect("the record");
    let told: Vec<Call> = serde_json::from_slice(&text).expect("calls");
    let lines = |calls: &[Call]| calls.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(lines(&told), lines(&seen));
    assert_eq!(told, seen);
    assert_eq!(told.last().map(|c| c.name.as_str()), Some("capset"), "the whole scenario");
}

/// The process that began a trace.
fn tracee_of(trace: &Trace) -> i32 {
    trace.calls.first().expect("a call").pid
}

/// Whether a user namespace can be made here; says so where it cannot.
fn user_namespaces(test: &str) -> bool {
    let mut driver = Driver::new();
    let allowed = Tracee::start("probe", &[]).finish(&mut driver) == End::Exited(0);
    if !allowed {
        println!("skipped: {test}: this machine does not let this user make a user namespace");
    }
    allowed
}

fn a_forked_child_is_followed() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("fork", &[]);
    let trace = driver.action(&tracee);
    let child = driver::child_of(&trace);
    let of = |pid: i32| -> Vec<String> {
        lines(&Trace { calls: trace.calls.iter().filter(|c| c.pid == pid).cloned().collect(), lost: 0 })
    };
    assert_lines(&of(child), &["chdir(\"/\") = 0", "exit_group(7) = ?"]);
    let own = of(tracee.pid());
    assert!(own[0].starts_with("clone(") && own[0].ends_with(&format!("SIGCHLD) = {child}")), "{own:?}");
    assert_eq!(
        own[1],
        format!("wait4({child}, [{{WIFEXITED(s) && WEXITSTATUS(s) == 7}}], 0, NULL) = {child}")
    );
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}

fn a_spawned_program_is_let_go_at_exec() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("spawn", &[]);
    let trace = driver.action(&tracee);
    let child = driver::child_of(&trace);
    let of_child: Vec<String> =
        trace.calls.iter().filter(|c| c.pid == child).filter_map(decode).map(|c| c.to_string()).collect();
    let exec = of_child.last().map(String::as_str).unwrap_or_default();
    assert!(driver::matches(exec, "execve(\"/bin/true\", [\"/bin/true\"], 0x*) = 0"), "{of_child:?}");
    let text = lines(&trace).join("\n");
    assert!(text.contains("CLONE_VFORK"), "{text}");
    assert!(text.contains(&format!("= {child}")), "{text}");
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}

fn a_child_that_outlives_the_action_is_let_go() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("outlive", &[]);
    let trace = driver.action(&tracee);
    let child = driver::child_of(&trace);
    assert_eq!(tracer_of(child), Some(0));
    assert_eq!(tracer_of(tracee.pid()), Some(0));
    assert_eq!(driver.tracer.holds().count(), 0);
    // Both block in a read of the same pipe, which ends when the tracee is finished.
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
    assert_eq!(driver.end_of(child), End::Exited(5));
}

fn a_child_is_let_go_at_its_own_mark() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("child-mark", &[]);
    let trace = driver.action(&tracee);
    let text = lines(&trace).join("\n");
    assert!(text.contains("chdir(\"/proc\") = 0"), "{text}");
    assert!(text.contains("chdir(\"/sys\") = 0"), "{text}");
    assert!(!text.contains("chdir(\"/dev\")"), "{text}");
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}

fn children_in_a_pid_namespace_have_host_numbers() {
    if !user_namespaces("children_in_a_pid_namespace_have_host_numbers") {
        return;
    }
    let mut driver = Driver::new();
    let tracee = Tracee::start("pid-namespace", &[]);
    let trace = driver.action(&tracee);
    let child = driver::child_of(&trace);
    // The box reads this number itself: in its own PID namespace nothing has changed.
    assert!(trace.calls.iter().any(|c| c.pid == child), "{:?}", lines(&trace));
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}

fn a_killed_box_gives_what_there_is() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("block", &[]);
    driver.begin(&tracee);
    driver.until(|d| d.tracer.holds().count() == 2, "two tracees");
    driver.until(|_| state(tracee.pid()) == Some('S'), "the box blocks");
    tracee.signal(Signal::SIGKILL);
    let trace = driver.died(&tracee);
    let all = lines(&trace);
    assert_eq!(all[0], "chdir(\"/\") = 0");
    assert!(all.last().is_some_and(|l| l.starts_with("read(0<pipe:[") && l.ends_with("= ?")), "{all:?}");
    assert_eq!(driver.end_of(tracee.pid()), End::Killed(libc::SIGKILL));
    let child = driver::child_of(&trace);
    // The child is let go, alive, and ends with its pipe.
    driver.until(|d| d.tracer.holds().count() == 0, "the child is let go");
    assert_eq!(tracer_of(child), Some(0));
    drop(tracee);
    assert_eq!(driver.end_of(child), End::Exited(5));
}

/// In the kernel such a process waits for all others of its namespace to be reaped, the traced ones too.
fn a_killed_pid_1_takes_its_traced_children_along() {
    if !user_namespaces("a_killed_pid_1_takes_its_traced_children_along") {
        return;
    }
    let mut driver = Driver::new();
    let tracee = Tracee::start("init", &[]);
    driver.begin(&tracee);
    driver.until(|d| d.tracer.holds().count() == 3, "three tracees");
    let held: Vec<i32> = driver.tracer.holds().collect();
    let init = held.into_iter().find(|pid| driver::parent_of(*pid) == Some(tracee.pid())).expect("PID 1");
    driver.until(|_| state(init) == Some('S'), "PID 1 blocks");
    driver::send(init, libc::SIGKILL);
    let trace = driver.finished(&tracee);
    let all = lines(&trace);
    let waited = format!("wait4({init}, [{{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}}], 0, NULL) = {init}");
    assert!(all.contains(&waited), "{all:?}");
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}

fn a_frozen_box_is_let_go_when_thawed() {
    let tracee = Tracee::start("read", &[]);
    let freezer = match driver::Freezer::around(tracee.pid()) {
        Ok(freezer) => freezer,
        Err(reason) => return println!("skipped: a_frozen_box_is_let_go_when_thawed: {reason}"),
    };
    let mut driver = Driver::new();
    driver.begin(&tracee);
    driver.until(|_| state(tracee.pid()) == Some('S'), "the box blocks");
    freezer.freeze(true);
    assert_eq!(driver.tracer.abandon(tracee.pid()).calls.len(), 1);
    driver.idle();
    freezer.freeze(false);
    driver.until(|d| d.tracer.holds().count() == 0, "it is let go");
    assert_eq!(tracer_of(tracee.pid()), Some(0));
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}

fn a_box_killed_by_a_real_time_signal() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("read", &[]);
    driver.begin(&tracee);
    driver::send(tracee.pid(), 40);
    driver.died(&tracee);
    assert_eq!(driver.end_of(tracee.pid()), End::Killed(40));
}

fn a_traced_process_is_refused() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("read", &[]);
    // A second tracer: another process, which says when it has seized the first, and lets go when its input ends.
    let other = Tracee::start("seize", &[&tracee.pid().to_string()]);
    driver.until(|_| tracer_of(tracee.pid()) == Some(other.pid()), "the other tracer");
    assert_eq!(driver.tracer.seize(tracee.pid()).map_err(|e| e.to_string()), Err("EPERM".to_owned()));
    assert_eq!(driver.tracer.holds().count(), 0);
    other.signal(Signal::SIGKILL);
    assert_eq!(driver.end_of(other.pid()), End::Killed(libc::SIGKILL));
    // It had asked for its tracees to be killed with it.
    assert_eq!(driver.end_of(tracee.pid()), End::Killed(libc::SIGKILL));
}

fn a_process_that_is_gone_is_refused() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("read", &[]);
    let pid = tracee.pid();
    tracee.signal(Signal::SIGKILL);
    assert_eq!(driver.end_of(pid), End::Killed(libc::SIGKILL));
    assert_eq!(driver.tracer.seize(pid).map_err(|e| e.to_string()), Err("ESRCH".to_owned()));
}

fn a_stopped_box_stays_stopped_until_continued() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("read", &[]);
    driver.begin(&tracee);
    driver.until(|_| state(tracee.pid()) == Some('S'), "the box blocks");
    tracee.signal(Signal::SIGSTOP);
    driver.until(|_| state(tracee.pid()).is_some_and(|s| "tT".contains(s)), "the box stops");
    tracee.send_line();
    tracee.signal(Signal::SIGCONT);
    let all = lines(&driver.finished(&tracee));
    assert!(all[0].starts_with("read(0<pipe:[") && all[0].ends_with("]>, \"\\n\", 1) = 1"), "{all:?}");
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}

fn a_stopped_box_can_be_abandoned() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("read", &[]);
    driver.begin(&tracee);
    driver.until(|_| state(tracee.pid()) == Some('S'), "the box blocks");
    tracee.signal(Signal::SIGSTOP);
    driver.until(|_| state(tracee.pid()).is_some_and(|s| "tT".contains(s)), "the box stops");
    driver.idle();
    driver.tracer.abandon(tracee.pid());
    driver.until(|d| d.tracer.holds().count() == 0, "it is let go");
    driver.until(|_| state(tracee.pid()) == Some('T'), "it is still stopped");
    tracee.signal(Signal::SIGCONT);
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}

fn a_restarted_call_is_noted_once() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("read", &[]);
    driver.begin(&tracee);
    for _ in 0..3 {
        driver.until(|_| state(tracee.pid()) == Some('S'), "the box blocks");
        // Ignored by default, but a tracee stops for it.
        tracee.signal(Signal::SIGWINCH);
        driver.idle();
    }
    tracee.send_line();
    assert_eq!(lines(&driver.finished(&tracee)).len(), 1);
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}

fn an_abandoned_box_is_let_go_and_lives() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("block", &[]);
    driver.begin(&tracee);
    driver.until(|d| d.tracer.holds().count() == 2, "two tracees");
    driver.until(|_| state(tracee.pid()) == Some('S'), "the box blocks");
    let trace = driver.tracer.abandon(tracee.pid());
    assert_eq!(trace.calls.last().map(|c| c.outcome), Some(Outcome::Unfinished));
    driver.until(|d| d.tracer.holds().count() == 0, "all are let go");
    assert_eq!(tracer_of(tracee.pid()), Some(0));
    assert_eq!(driver.tracer.abandon(tracee.pid()), Trace::default());
    let child = driver::child_of(&trace);
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
    assert_eq!(driver.end_of(child), End::Exited(5));
}

fn an_abandoned_box_can_be_traced_at_once() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("twice", &[]);
    driver.begin_untold(&tracee);
    assert_eq!(driver.tracer.abandon(tracee.pid()), Trace::default());
    assert_eq!(driver.tracer.holds().collect::<Vec<_>>(), [tracee.pid()]);
    assert_eq!(lines(&driver.action(&tracee)), ["chdir(\"/proc\") = 0"]);
    assert_eq!(tracer_of(tracee.pid()), Some(0));
    assert_eq!(lines(&driver.action(&tracee)), ["chdir(\"/sys\") = 0"]);
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}

fn a_box_can_be_traced_again() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("twice", &[]);
    assert_eq!(lines(&driver.action(&tracee)), ["chdir(\"/proc\") = 0"]);
    assert_eq!(lines(&driver.action(&tracee)), ["chdir(\"/sys\") = 0"]);
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}

/// A box that forks children without end is killed after more and more wait statuses.
fn kills_at_any_moment_leave_nothing() {
    for moment in 0..150 {
        let mut driver = Driver::new();
        let tracee = Tracee::start("storm", &[]);
        driver.begin(&tracee);
        driver.until(|d| d.tracer.holds().count() == 2, "the first child");
        driver.steps(moment % 50);
        // Statuses pile up unread: a child may have stopped before its parent, which now cannot report it.
        std::thread::sleep(Duration::from_micros(moment as u64 * 7 % 100));
        tracee.signal(Signal::SIGKILL);
        driver.died(&tracee);
        driver.until(|d| d.tracer.holds().count() == 0, "nothing is held");
        driver.until_childless();
    }
}

fn too_many_calls_are_counted() {
    let mut driver = Driver::new();
    let tracee = Tracee::start("many", &[]);
    let trace = driver.action(&tracee);
    assert_eq!((trace.calls.len(), trace.lost), (4096, 904));
    assert_eq!(tracee.finish(&mut driver), End::Exited(0));
}
