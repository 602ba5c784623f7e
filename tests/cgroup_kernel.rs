//! The cgroup layer and the workloads on the real kernel, in directories of the test's own, which are removed even when it
//! fails. What this machine does not allow is skipped, and says why.

mod common;

use common::{skip, test};
use isolab::actor::cgroup::{directories, setting};
use isolab::kernel::cgroup;
use isolab::model::{Errno, Reading, Unit, Value};
use isolab::probe::cgroup::{
    Group, Hierarchies, Home, Layout, Names, Starter, V2, delegation, present_number,
};
use isolab::vocabulary::control::Knob;
use isolab::vocabulary::controller::Controller::{self, Cpu, Memory};
use isolab::vocabulary::verb::setting::Setting;
use isolab::vocabulary::{Val, Version};
use isolab::workload::{self, Announcement, Given, Spec, caps};
use rustix::fs::Access;
use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Who the boxes are, uid and gid: started by root numbers that no account has, else the user.
fn box_ids() -> (u32, u32) {
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    if uid.is_root() { (100_000, 100_000) } else { (uid.as_raw(), gid.as_raw()) }
}

const DEADLINE: Duration = Duration::from_secs(30);

/// The scope that this program was started in, emptied into its leaf `main`, as a guardian does.
fn scope(unified: &Home) -> PathBuf {
    static SCOPE: OnceLock<PathBuf> = OnceLock::new();
    let empty = || cgroup::move_to_main(&unified.own).map(|_| unified.own.clone()).expect("a leaf");
    SCOPE.get_or_init(empty).clone()
}

/// A run's directories, removed at the end of the test however it ends.
struct Run(Layout);

impl Run {
    fn new(controllers: &[Controller]) -> Option<Run> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let mut here = Hierarchies::detect(Path::new("/proc")).expect("/proc/self");
        // As if there were swap, so that its limits are set on every machine.
        here.swap = true;
        let base = match delegation(&here, controllers, &Starter::here(Path::new("/"))) {
            Ok(way) => match way.v2 {
                None => None,
                Some(V2::Direct { base, move_to_main: false }) => Some(base),
                Some(_) if std::env::var_os("ISOLAB_IN_SCOPE").is_some() => here.unified.as_ref().map(scope),
                Some(V2::Direct { base, .. }) => {
                    let from = base.display();
                    skip(
                        &test(),
                        &format!("to be run with ISOLAB_IN_SCOPE=1, and moves itself out of {from}"),
                    );
                    return None;
                }
                Some(V2::Systemd { argv }) => {
                    skip(&test(), &format!("to be run with ISOLAB_IN_SCOPE=1 behind {}", argv.join(" ")));
                    return None;
                }
            },
            Err(blocked) => {
                skip(&test(), &format!("{} ({})", blocked.reason, blocked.remedy));
                return None;
            }
        };
        let id = format!("isolab-test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let run = Run(Layout::new(&here, controllers, base.as_deref(), &id));
        let (uid, gid) = box_ids();
        cgroup::apply(&directories::prepare(&run.0, uid, gid)).expect("the run's directories");
        Some(run)
    }

    fn group(&self, path: &str, controllers: &[Controller]) -> Group {
        let group = self.0.group(Path::new(path), controllers, Some(false));
        cgroup::apply(&directories::create(&group)).expect("a group");
        group
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let failed = cgroup::remove_run(&self.0.directories());
        let left: Vec<PathBuf> = self.0.directories().into_iter().filter(|d| d.exists()).collect();
        let _ = cgroup::apply(&directories::restore(&self.0));
        if !std::thread::panicking() {
            assert!(failed.is_empty() && left.is_empty(), "{failed:?}, left: {left:?}");
        }
    }
}

/// A workload in a process of its own, killed and reaped at the end of the test however it ends.
struct Worker {
    child: Child,
    said: Receiver<Announcement>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// This test program again, as one of its helpers below.
fn helper(name: &str) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args(["--ignored", "--exact", name, "--nocapture"]).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

impl Worker {
    fn start(spec: &Spec, group: Option<&Group>) -> Worker {
        let directories = group.map(Group::directories).unwrap_or_default();
        let mut command = helper("helper_workload");
        command.env("ISOLAB_SPEC", serde_json::to_string(spec).expect("json"));
        command.env("ISOLAB_JOIN", serde_json::to_string(&directories).expect("json"));
        let mut child = command.spawn().expect("the helper");
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let (sender, said) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                match serde_json::from_str(&line) {
                    Ok(announcement) => _ = sender.send(announcement),
                    Err(_) => eprintln!("helper: {line}"),
                }
            }
        });
        Worker { child, said }
    }

    fn ready(self) -> Worker {
        while self.said.recv_timeout(DEADLINE).expect("ready in time") != Announcement::Ready {}
        self
    }

    fn end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().expect("wait") {
                return status;
            }
            assert!(Instant::now() < deadline, "the helper does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What it said last of the bytes that it has; to be asked after its end.
    fn taken(&self) -> u64 {
        let taken = self.said.iter().filter_map(|a| match a {
            Announcement::Taken(n) => Some(n),
            Announcement::Ready | Announcement::Forked { .. } => None,
        });
        taken.last().unwrap_or(0)
    }
}

#[test]
#[ignore = "a helper that the tests start as a process of its own"]
fn helper_workload() {
    let json = |name: &str| std::env::var(name).expect("started by a test");
    let spec: Spec = serde_json::from_str(&json("ISOLAB_SPEC")).expect("a spec");
    let join: Vec<PathBuf> = serde_json::from_str(&json("ISOLAB_JOIN")).expect("directories");
    let wall = std::env::var("ISOLAB_WALL").map_or(60, |s| s.parse().expect("seconds"));
    caps::apply(&spec, caps::Caps { wall: Duration::from_secs(wall), ..caps::Caps::default() })
        .expect("caps");
    cgroup::join(&join, 0).expect("join");
    let given = Given { directory: Some(Path::new("/var/tmp")), listener: None };
    let worked = workload::run(&spec, given, &mut |a| {
        eprintln!("{}", serde_json::to_string(&a).expect("json"));
    });
    std::process::exit(i32::from(worked.is_err()));
}

fn named(knob: &str) -> Knob {
    Knob::find(knob).expect(knob)
}

fn set(group: &Group, knob: &str, value: &str) -> isolab::kernel::Result<()> {
    let setting = Setting { value: Val::parse(value).expect("a value"), period: None };
    let changes = setting::changes(group, &named(knob), &setting, &present_number);
    cgroup::apply(&changes.expect("a setting of this machine"))
}

fn read(group: &Group, knob: &str) -> Reading {
    let reading = group.read(&named(knob), Path::new("/proc"), &Names::new());
    let shown = group.knob(&named(knob)).map(|k| k.shown()).unwrap_or_default();
    eprintln!("{knob}: {reading}   [{shown}]");
    reading
}

fn int(group: &Group, knob: &str) -> i64 {
    match read(group, knob).value() {
        Some(Value::Int(n)) => *n,
        other => panic!("{knob}: {other:?}"),
    }
}

fn bytes(n: f64) -> Value {
    Value::Quantity(n, Unit::Bytes)
}

fn max() -> Value {
    Value::Text("max".to_owned())
}

#[test]
fn a_quota_holds_and_is_read_back() {
    let Some(run) = Run::new(&[Cpu]) else { return };
    let group = run.group("burner", &[Cpu]);
    assert_eq!(read(&group, "cpu.max").value(), Some(&max()));
    set(&group, "cpu.max", "20%").expect("cpu.max");
    set(&group, "cpu.weight", "4x").expect("cpu.weight");
    assert_eq!(read(&group, "cpu.max").value(), Some(&Value::Quantity(20.0, Unit::Percent)));
    assert_eq!(read(&group, "cpu.weight").value(), Some(&Value::Quantity(4.0, Unit::Times)));
    let worker = Worker::start(&Spec::Busyloop { threads: 2, cpus: None }, Some(&group)).ready();
    let names = Names::from([(worker.child.id() as i32, "loop".to_owned())]);
    let members = group.read(&named("cgroup.procs"), Path::new("/proc"), &names);
    let Some(Value::Table(rows)) = members.value() else { panic!("{members:?}") };
    assert_eq!(rows[0].get("name"), Some("loop"));
    assert_eq!(rows.len(), 1);

    std::thread::sleep(Duration::from_millis(300));
    let (began, before) = (Instant::now(), group.usage_usec().expect("usage"));
    let throttled = int(&group, "cpu.stat/nr_throttled");
    std::thread::sleep(Duration::from_secs(1));
    let used = group.usage_usec().expect("usage") - before;
    let share = used as f64 / began.elapsed().as_micros() as f64 * 100.0;
    eprintln!("share: {share:.1} % of one CPU");
    assert!(share < 40.0, "{share}");
    assert!(int(&group, "cpu.stat/nr_throttled") > throttled);

    let room = run.group("burner/room", &[Cpu]);
    assert_eq!(read(&room, "cpu.max").value(), Some(&max()), "values are not inherited");
}

#[test]
fn a_hog_is_killed_at_its_limit() {
    let Some(run) = Run::new(&[Memory]) else { return };
    let group = run.group("small", &[Memory]);
    assert_eq!(read(&group, "memory.max").value(), Some(&max()));
    set(&group, "memory.max", "10000000B").expect("memory.max");
    assert_eq!(read(&group, "memory.max").value(), Some(&bytes(9_998_336.0)), "whole pages");
    set(&group, "memory.max", "20M").expect("up");
    let limit = 20 << 20;
    let spec = Spec::Memhog { take: 64 << 20, step: 1 << 20, every: Some(Duration::from_millis(10)) };
    let (at_limit, kills) = (int(&group, "memory.events/max"), int(&group, "memory.events/oom_kill"));
    let mut worker = Worker::start(&spec, Some(&group)).ready();
    assert_eq!(worker.end().signal(), Some(libc::SIGKILL));
    let taken = worker.taken();
    assert!((limit - (3 << 20)..=limit).contains(&taken), "{taken}");
    assert!(int(&group, "memory.events/max") > at_limit);
    assert_eq!(int(&group, "memory.events/oom_kill"), kills + 1);
    match read(&group, "memory.peak") {
        Reading::NotMeasured => {}
        peak => assert_eq!(peak.value(), Some(&bytes(limit as f64))),
    }
    read(&group, "memory.swap.max");
    read(&group, "memory.current");
}

#[test]
fn lowering_a_limit_below_what_is_used() {
    let Some(run) = Run::new(&[Memory]) else { return };
    let group = run.group("small", &[Memory]);
    set(&group, "memory.max", "64M").expect("memory.max");
    let spec = Spec::Memhog { take: 30 << 20, step: 30 << 20, every: None };
    let mut worker = Worker::start(&spec, Some(&group)).ready();
    let lowered = set(&group, "memory.max", "10M");
    if group.places[0].version == Version::V1 {
        assert_eq!(lowered.expect_err("v1 refuses").errno, Errno::named("EBUSY").expect("a name"));
        assert_eq!(read(&group, "memory.max").value(), Some(&bytes(f64::from(64 << 20))));
        assert!(worker.child.try_wait().expect("wait").is_none(), "it lives");
        set(&group, "memory.max", "max").expect("both limits up");
        assert_eq!(read(&group, "memory.max").value(), Some(&max()));
    } else {
        lowered.expect("v2 accepts");
        assert_eq!(worker.end().signal(), Some(libc::SIGKILL));
    }
}

#[test]
fn page_cache_at_the_limit_kills_nobody() {
    let Some(run) = Run::new(&[Memory]) else { return };
    let group = run.group("small", &[Memory]);
    set(&group, "memory.max", "10M").expect("memory.max");
    let mut worker = Worker::start(&Spec::Filereader { size: 60 << 20 }, Some(&group)).ready();
    assert_eq!(worker.end().code(), Some(0));
    assert!(int(&group, "memory.events/max") > 0);
    assert_eq!(int(&group, "memory.events/oom_kill"), 0);
}

#[test]
fn kill_empties_a_group_and_the_ones_in_it() {
    let Some(run) = Run::new(&[Cpu]) else { return };
    let (roof, inner) = (run.group("roof", &[Cpu]), run.group("roof/room", &[Cpu]));
    let mut worker = Worker::start(&Spec::Busyloop { threads: 2, cpus: Some(1) }, Some(&inner)).ready();
    assert_eq!(int(&roof, "cgroup.events/populated"), 1);
    cgroup::kill(&roof.directories()).expect("kill");
    assert_eq!(worker.end().signal(), Some(libc::SIGKILL));
    assert_eq!(int(&roof, "cgroup.events/populated"), 0);
    cgroup::remove(&inner.directories()).expect("rmdir room");
    cgroup::remove(&roof.directories()).expect("rmdir roof");
    assert!(
        matches!(read(&roof, "cpu.max"), Reading::Unread { errno, .. } if Some(errno) == Errno::named("ENOENT"))
    );
}

#[test]
fn the_boxes_uid_may_make_groups_in_the_run_and_nowhere_else() {
    let Some(run) = Run::new(&[Cpu]) else { return };
    let mut command = helper("helper_box");
    let (uid, gid) = box_ids();
    command.env("ISOLAB_LAYOUT", serde_json::to_string(&run.0).expect("json")).uid(uid).gid(gid);
    if !rustix::process::geteuid().is_root() {
        skip(&test(), "an ordinary user's boxes are the user, and may do what the user may");
        return;
    }
    if run.0.leaf().is_some() {
        eprintln!("the helper moves from the leaf, where the hand has put it");
        command.env("ISOLAB_WAIT", "1").stdin(Stdio::piped());
    }
    let mut child = command.spawn().expect("the helper");
    if let Some(leaf) = run.0.leaf() {
        cgroup::join(&[leaf], child.id() as i32).expect("into the leaf");
    }
    drop(child.stdin.take());
    let output = child.wait_with_output().expect("wait");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "a helper that the tests start as a process of its own"]
fn helper_box() {
    let layout: Layout =
        serde_json::from_str(&std::env::var("ISOLAB_LAYOUT").expect("started by a test")).expect("json");
    if std::env::var_os("ISOLAB_WAIT").is_some() {
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).expect("until the parent closes it");
    }
    let group = layout.group(Path::new("mine"), &[Cpu], None);
    cgroup::apply(&directories::create(&group)).expect("mkdir in the run's directory");
    set(&group, "cpu.max", "50%").expect("a limit on an own group");
    cgroup::join(&group.directories(), 0).expect("join");
    let base = layout.places[0].directory.parent().expect("a base");
    let refused = cgroup::join(&[base.to_owned()], 0).expect_err("the lab's own cgroup");
    assert_eq!(refused.errno, Errno::named("EACCES").expect("a name"));
    let outside = cgroup::apply(&[isolab::model::Change::Mkdir(base.join("isolab-test-outside"))]);
    assert_eq!(outside.expect_err("outside the run").errno, Errno::named("EACCES").expect("a name"));
}

#[test]
fn v2_kills_with_one_write_and_no_controller() {
    let here = Hierarchies::detect(Path::new("/proc")).expect("/proc/self");
    let Some(unified) = here.unified.filter(|u| rustix::fs::access(&u.own, Access::WRITE_OK).is_ok()) else {
        skip(&test(), "no writable cgroup2 mount");
        return;
    };
    let directory = unified.own.join(format!("isolab-test-{}-unified", std::process::id()));
    let group = [directory.clone()];
    cgroup::apply(&[isolab::model::Change::Mkdir(directory.clone())]).expect("mkdir");
    let spec = Spec::Busyloop { threads: 1, cpus: None };
    let mut worker = Worker::start(&spec, None).ready();
    let joined = cgroup::join(&group, worker.child.id() as i32);
    let killed = cgroup::kill(&group);
    let end = joined.is_ok().then(|| worker.end());
    let failed = cgroup::remove_run(&group);
    joined.expect("join");
    killed.expect("kill");
    assert_eq!(end.and_then(|e| e.signal()), Some(libc::SIGKILL));
    assert!(failed.is_empty() && !directory.exists(), "{failed:?}");
}

#[test]
fn a_workload_ends_by_itself() {
    let mut command = helper("helper_workload");
    let spec = Spec::Busyloop { threads: 1, cpus: Some(1) };
    command.env("ISOLAB_SPEC", serde_json::to_string(&spec).expect("json"));
    command.env("ISOLAB_JOIN", "[]").env("ISOLAB_WALL", "1");
    let status = command.status().expect("the helper");
    assert_eq!(status.signal(), Some(libc::SIGALRM));
}

#[test]
fn the_time_for_which_a_workload_is_stopped_does_not_count() {
    use nix::sys::signal::{Signal, kill};
    let mut command = helper("helper_workload");
    let spec = Spec::Busyloop { threads: 1, cpus: Some(1) };
    command.env("ISOLAB_SPEC", serde_json::to_string(&spec).expect("json"));
    command.env("ISOLAB_JOIN", "[]").env("ISOLAB_WALL", "5");
    let mut worker = command.spawn().expect("the helper");
    let pid = nix::unistd::Pid::from_raw(worker.id().try_into().expect("a number"));
    // It catches the signal once it has its limits.
    let limited = || std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let alarm = |status: &str| {
        let caught = status.lines().find_map(|l| l.strip_prefix("SigCgt:"));
        caught.and_then(|c| u64::from_str_radix(c.trim(), 16).ok()).is_some_and(|c| c & 1 << 13 != 0)
    };
    while !alarm(&limited()) {
        assert!(worker.try_wait().expect("wait").is_none(), "it ended at once");
        std::thread::sleep(Duration::from_millis(5));
    }
    kill(pid, Signal::SIGSTOP).expect("stop");
    std::thread::sleep(Duration::from_secs(6));
    kill(pid, Signal::SIGCONT).expect("continue");
    // By the clock on the wall its time is long over: an alarm would end it right now.
    std::thread::sleep(Duration::from_millis(200));
    let early = worker.try_wait().expect("wait");
    let status = worker.wait().expect("it ends");
    assert_eq!((early, status.signal()), (None, Some(libc::SIGALRM)));
}

#[test]
fn a_workload_limits_itself_before_it_begins() {
    let size = 1 << 20;
    let worker = Worker::start(&Spec::Filereader { size }, None).ready();
    let path = format!("/proc/{}/limits", worker.child.id());
    let limits = std::fs::read_to_string(&path).expect("limits");
    let hard = |name: &str| -> u64 {
        let line =
            limits.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_else(|| panic!("{name} in {limits}"));
        line.split_whitespace().nth(1).and_then(|w| w.parse().ok()).unwrap_or(u64::MAX)
    };
    let caps = caps::Caps::default();
    assert_eq!(hard("Max cpu time"), caps.cpu.as_secs());
    assert_eq!(hard("Max file size"), size);
    assert_eq!(hard("Max core file size"), 0);
    let space = hard("Max address space");
    assert!(space > caps.memory && space < u64::MAX, "{space}");
}

#[test]
fn a_forker_stops_at_its_own_limit_and_its_children_end_with_it() {
    let refused = Command::new(env!("CARGO_BIN_EXE_isolab"))
        .arg0("forker")
        .args(["--forks", "65"])
        .output()
        .expect("the program");
    assert_eq!(refused.status.code(), Some(2));
    let mut forker = Command::new(env!("CARGO_BIN_EXE_isolab"))
        .arg0("forker")
        .args(["--forks", "64"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut said = String::new();
    BufReader::new(forker.stdout.take().expect("a pipe")).read_line(&mut said).expect("a line");
    assert_eq!(said, "forker: fork made 64 children and failed 0 times (EAGAIN)\n");
    let pid = forker.id();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("children");
    let children: Vec<&str> = children.split_whitespace().collect();
    assert_eq!(children.len(), 64);
    let lives = |child: &&str| {
        let status = std::fs::read_to_string(format!("/proc/{child}/status")).unwrap_or_default();
        status.lines().any(|l| l.starts_with("State:") && !l.contains('Z') && !l.contains('X'))
    };
    let deadline = Instant::now() + DEADLINE;
    forker.kill().expect("kill");
    forker.wait().expect("it ends");
    while children.iter().any(lives) {
        assert!(Instant::now() < deadline, "children live on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn only_a_run_of_the_lab_is_removed() {
    let directory = std::env::temp_dir().join(format!("test-of-isolab-{}", std::process::id()));
    std::fs::create_dir(&directory).expect("mkdir");
    let failed = cgroup::remove_run(std::slice::from_ref(&directory));
    std::fs::remove_dir(&directory).expect("still there");
    assert_eq!(failed.first().map(|e| e.errno), Errno::named("EPERM"));
}
