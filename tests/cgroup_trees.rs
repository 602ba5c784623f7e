//! Detection, naming and delegation of cgroups, on sample trees: a machine with pure v2 and systemd, Debian's hybrid layout with
//! `cpu,cpuacct` together, v1 controllers mounted one by one, and a container whose cgroups are read-only.

use isolab::actor::cgroup::{directories, setting};
use isolab::model::Change;
use isolab::probe::cgroup::{
    Delegation, Hierarchies, Layout, Manager, Starter, V2, delegation, present_number,
};
use isolab::vocabulary::control::Knob;
use isolab::vocabulary::controller::Controller::{self, Cpu, Cpuset, Freezer, Io, Memory, Pids};
use isolab::vocabulary::verb::setting::Setting;
use isolab::vocabulary::{Val, Version};
use std::path::{Path, PathBuf};

fn tree(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trees").join(name)
}

fn detect(name: &str) -> Hierarchies {
    Hierarchies::detect(&tree(name).join("proc")).expect("the sample tree")
}

fn starter(uid: u32, systemd: bool) -> Starter {
    let systemd_run = systemd.then(|| "/usr/bin/systemd-run".into());
    let manager = systemd.then(|| Manager { runtime: format!("/run/user/{uid}").into(), told: true });
    Starter { uid, systemd, systemd_run, manager, mounts: uid == 0, lab: vec![1] }
}

/// The lab's own directory for a controller, from the tree's top.
fn own(here: &Hierarchies, name: &str, controller: Controller) -> Option<(Version, String)> {
    let home = here.home(controller)?;
    let below = home.own.strip_prefix(tree(name)).expect("below the tree");
    Some((home.version, format!("/{}", below.display())))
}

/// Changes in few words, paths from the tree's top.
fn words(changes: &[Change], name: &str) -> Vec<String> {
    let short = |p: &Path| p.strip_prefix(tree(name)).unwrap_or(p).display().to_string();
    let word = |c: &Change| match c {
        Change::Mkdir(p) => format!("mkdir {}", short(p)),
        Change::Write { file, text } => format!("{} = {text}", short(file)),
        Change::WriteIfThere { file, text } => format!("{} ?= {text}", short(file)),
        Change::Copy { from, to } => format!("{} = <{}", short(to), short(from)),
        Change::Chown { path, uid, gid } => format!("chown {uid}:{gid} {}", short(path)),
    };
    changes.iter().map(word).collect()
}

#[test]
fn on_v2_a_controller_lives_there_even_if_the_session_is_not_offered_it() {
    let here = detect("v2");
    let scope = "/sys/fs/cgroup/user.slice/user-1000.slice/session-4.scope";
    for controller in [Cpu, Memory, Pids, Cpuset, Io, Freezer] {
        assert_eq!(own(&here, "v2", controller), Some((Version::V2, scope.to_owned())), "{controller:?}");
    }
    assert_eq!(here.offered.iter().copied().collect::<Vec<_>>(), [Memory, Pids]);
    assert_eq!(here.cpuacct, None);
    assert_eq!(here.version(), Version::V2);
}

#[test]
fn debian_hybrid_has_cpu_and_cpuacct_in_one_place() {
    let here = detect("hybrid");
    let cpu = Some((Version::V1, "/sys/fs/cgroup/cpu,cpuacct/user.slice".to_owned()));
    assert_eq!(own(&here, "hybrid", Cpu), cpu);
    assert_eq!(here.cpuacct.as_ref(), here.home(Cpu));
    let io = Some((Version::V1, "/sys/fs/cgroup/blkio/user.slice".to_owned()));
    assert_eq!(own(&here, "hybrid", Io), io);
    assert_eq!(here.version(), Version::V1);
    let layout = Layout::new(&here, &[Cpu], None, "isolab-1-1");
    assert_eq!(layout.places.len(), 1);
    assert!(layout.places[0].cpu_time);
}

#[test]
fn v1_one_by_one_needs_two_directories_for_cpu() {
    let here = detect("separate");
    let memory = Some((Version::V1, "/sys/fs/cgroup/memory/service/15a0".to_owned()));
    assert_eq!(own(&here, "separate", Memory), memory);
    assert_eq!(own(&here, "separate", Freezer), Some((Version::V1, "/sys/fs/cgroup/freezer".to_owned())));
    assert!(here.unified.is_some(), "a v2 mount without controllers is still found");
    let layout = Layout::new(&here, &[Cpu, Cpuset], None, "isolab-1-1");
    assert_eq!(
        words(&directories::prepare(&layout, 100_000, 100_001), "separate"),
        [
            "mkdir sys/fs/cgroup/cpu/isolab-1-1",
            "chown 100000:100001 sys/fs/cgroup/cpu/isolab-1-1",
            "chown 100000:100001 sys/fs/cgroup/cpu/isolab-1-1/cgroup.procs",
            "chown 100000:100001 sys/fs/cgroup/cpu/isolab-1-1/tasks",
            "mkdir sys/fs/cgroup/cpuacct/isolab-1-1",
            "chown 100000:100001 sys/fs/cgroup/cpuacct/isolab-1-1",
            "chown 100000:100001 sys/fs/cgroup/cpuacct/isolab-1-1/cgroup.procs",
            "chown 100000:100001 sys/fs/cgroup/cpuacct/isolab-1-1/tasks",
            "mkdir sys/fs/cgroup/cpuset/isolab-1-1",
            "sys/fs/cgroup/cpuset/isolab-1-1/cpuset.cpus = <sys/fs/cgroup/cpuset/cpuset.cpus",
            "sys/fs/cgroup/cpuset/isolab-1-1/cpuset.mems = <sys/fs/cgroup/cpuset/cpuset.mems",
            "sys/fs/cgroup/cpuset/isolab-1-1/cgroup.clone_children = 1",
            "chown 100000:100001 sys/fs/cgroup/cpuset/isolab-1-1",
            "chown 100000:100001 sys/fs/cgroup/cpuset/isolab-1-1/cgroup.procs",
            "chown 100000:100001 sys/fs/cgroup/cpuset/isolab-1-1/tasks",
        ]
    );
    let group = layout.group(Path::new("burner"), &[Cpu], None);
    assert_eq!(
        words(&directories::create(&group), "separate"),
        ["mkdir sys/fs/cgroup/cpu/isolab-1-1/burner", "mkdir sys/fs/cgroup/cpuacct/isolab-1-1/burner"]
    );
}

#[test]
fn on_v2_the_run_has_a_leaf_and_hands_controllers_on() {
    let here = detect("v2");
    let scope = tree("v2").join("sys/fs/cgroup");
    let layout = Layout::new(&here, &[Cpu, Memory, Freezer], Some(&scope), "run");
    let prepared = words(&directories::prepare(&layout, 1000, 1000), "v2");
    assert_eq!(
        prepared[..4],
        [
            "sys/fs/cgroup/cgroup.subtree_control = +cpu",
            "mkdir sys/fs/cgroup/run",
            "sys/fs/cgroup/run/cgroup.subtree_control = +cpu +memory",
            "mkdir sys/fs/cgroup/run/boxes",
        ]
    );
    assert!(prepared.contains(&"chown 1000:1000 sys/fs/cgroup/run/cgroup.procs".to_owned()));
    assert_eq!(words(&directories::restore(&layout), "v2"), ["sys/fs/cgroup/cgroup.subtree_control = -cpu"]);
    assert_eq!(layout.directories(), [scope.join("run"), scope.join("run/boxes")]);
    let room = layout.group(Path::new("roof/room"), &[Cpu, Memory], Some(false));
    assert_eq!(
        words(&directories::create(&room), "v2"),
        [
            "sys/fs/cgroup/run/roof/cgroup.subtree_control = +cpu +memory",
            "mkdir sys/fs/cgroup/run/roof/room",
            "sys/fs/cgroup/run/roof/room/memory.swap.max ?= 0",
        ]
    );
}

fn set(name: &str, knob: &str, value: &str, period: Option<&str>) -> Result<Vec<String>, String> {
    let val = |s: &str| s.parse().map_or_else(|_| Val::parse(s).expect("a value"), Val::Num);
    let layout = Layout::new(&detect(name), &[Cpu, Memory, Cpuset, Pids, Freezer], None, "r");
    let group = layout.group(Path::new("g"), &[Cpu, Memory, Cpuset, Pids, Freezer], Some(false));
    let knob = Knob::find(knob).expect(knob);
    let setting = Setting { value: val(value), period: period.map(val) };
    let changes = setting::changes(&group, &knob, &setting, &present_number)?;
    let last = |line: String| line.rsplit_once("/g/").map_or(line.clone(), |(_, l)| l.to_owned());
    Ok(words(&changes, name).into_iter().map(last).collect())
}

#[test]
fn a_setting_is_translated_for_the_hierarchy_that_carries_it() {
    let both = |knob, value, period, v1: &[&str], v2: &[&str]| {
        assert_eq!(set("separate", knob, value, period).expect(knob), v1, "{knob} on v1");
        assert_eq!(set("v2", knob, value, period).expect(knob), v2, "{knob} on v2");
    };
    both(
        "cpu.max",
        "20%",
        None,
        &["cpu.cfs_period_us = 100000", "cpu.cfs_quota_us = 20000"],
        &["cpu.max = 20000 100000"],
    );
    both(
        "cpu.max",
        "5ms",
        Some("25ms"),
        &["cpu.cfs_period_us = 25000", "cpu.cfs_quota_us = 5000"],
        &["cpu.max = 5000 25000"],
    );
    both("cpu.max", "max", None, &["cpu.cfs_quota_us = -1"], &["cpu.max = max"]);
    both("cpu.weight", "4x", None, &["cpu.shares = 4096"], &["cpu.weight = 400"]);
    both("cpu.weight", "50", None, &["cpu.shares = 512"], &["cpu.weight = 50"]);
    both("memory.max", "20M", None, &["memory.limit_in_bytes = 20971520"], &["memory.max = 20971520"]);
    both("memory.max", "max", None, &["memory.limit_in_bytes = -1"], &["memory.max = max"]);
    both("pids.max", "10", None, &["pids.max = 10"], &["pids.max = 10"]);
    both("cpuset.cpus", "0-1", None, &["cpuset.cpus = 0-1"], &["cpuset.cpus = 0-1"]);
    both("cgroup.freeze", "1", None, &["freezer.state = FROZEN"], &["cgroup.freeze = 1"]);
    assert_eq!(set("v2", "cgroup.procs", "77", None).expect("join"), ["cgroup.procs = 77"]);
    assert_eq!(set("separate", "tasks", "77", None).expect("join").len(), 6, "every hierarchy is joined");
    assert!(set("v2", "tasks", "77", None).is_err(), "v2 has no tasks");
    assert!(set("separate", "memory.high", "10M", None).is_err(), "v1 has no memory.high");
    assert!(set("separate", "cgroup.subtree_control", "+cpu", None).is_err());
    assert!(set("v2", "memory.max", "20%", None).is_err(), "a share of nothing");
}

#[test]
fn where_v1_can_swap_its_two_limits_are_moved_in_order() {
    let set = |value| set("hybrid", "memory.max", value, None).expect("memory.max");
    let (limit, both) = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes");
    assert_eq!(set("10M"), [format!("{limit} = 10485760"), format!("{both} = 10551296")], "down");
    assert_eq!(set("64M"), [format!("{both} = 67174400"), format!("{limit} = 67108864")], "up");
    assert_eq!(set("max"), [format!("{both} = -1"), format!("{limit} = -1")], "off");
}

#[test]
fn an_ordinary_user_is_told_what_lifts_the_block() {
    let here = detect("v2");
    let cpu =
        delegation(&here, &[Cpu, Memory], &starter(1000, true)).expect_err("cpu is not handed to users");
    assert!(cpu.reason.ends_with("here: cpu"), "{}", cpu.reason);
    assert!(cpu.remedy.contains("Delegate=cpu"), "{}", cpu.remedy);
    let memory = delegation(&here, &[Memory], &starter(1000, true)).expect("memory is");
    let argv = [
        "/usr/bin/systemd-run",
        "--user",
        "--scope",
        "--quiet",
        "--collect",
        "--property=Delegate=yes",
        "--",
    ];
    let argv = argv.map(str::to_owned).to_vec();
    assert_eq!(memory, Delegation { v1: false, v2: Some(V2::Systemd { argv }) });
    let no_bus = Starter { manager: None, ..starter(1000, true) };
    assert!(delegation(&here, &[Memory], &no_bus).expect_err("no bus").remedy.contains("enable-linger 1000"));
    let missing = Starter { systemd_run: None, ..starter(0, true) };
    assert!(
        delegation(&here, &[Memory], &missing).expect_err("no systemd-run").reason.contains("systemd-run")
    );
}

#[test]
fn root_gets_all_that_v2_carries() {
    let here = detect("v2");
    match delegation(&here, &[Cpu, Memory, Freezer], &starter(0, true)).expect("root").v2 {
        Some(V2::Systemd { argv }) => assert!(!argv.contains(&"--user".to_owned())),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_read_only_mount_blocks() {
    let here = detect("container");
    let blocked = delegation(&here, &[Cpu], &starter(0, false)).expect_err("read-only");
    assert!(blocked.reason.ends_with("/sys/fs/cgroup is mounted read-only"), "{}", blocked.reason);
}

/// A tree for one test, gone when it ends.
struct Made(PathBuf);

impl Made {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let top = std::env::temp_dir().join(format!("trees-of-isolab-{}-{name}", std::process::id()));
        for (path, text) in files {
            let path = top.join(path);
            std::fs::create_dir_all(path.parent().expect("below the top")).expect("a directory");
            std::fs::write(path, text).expect("a file");
        }
        Made(top)
    }

    fn blocked(&self, controller: Controller, uid: u32) -> (String, String) {
        let here = Hierarchies::detect(&self.0.join("proc")).expect("the tree");
        let found = delegation(&here, &[controller], &starter(uid, false)).expect_err("nothing carries it");
        (found.reason, found.remedy)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const KNOWN: &str = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t3\t1\t1\ncpuacct\t3\t1\t1\nmemory\t0\t1\t0\npids\t0\t1\t1\n";

#[test]
fn a_controller_that_is_not_there_is_missed_for_its_own_reason() {
    let unmounted = [
        ("proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/vda1 rw\n"),
        ("proc/self/cgroup", "3:cpu,cpuacct:/\n0::/\n"),
        ("proc/cgroups", KNOWN),
    ];
    let tree = Made::new("unmounted", &unmounted);
    let (reason, remedy) = tree.blocked(Cpu, 0);
    assert!(reason.contains("v1 hierarchy with the cpu controller is not mounted"), "{reason}");
    let mount = "mkdir -p /run/isolab-cgroup/cpu,cpuacct && mount -t cgroup -o cpu,cpuacct cgroup /run/isolab-cgroup/cpu,cpuacct";
    assert_eq!(remedy, mount, "all that are together in it");
    assert_eq!(tree.blocked(Cpu, 1000).1, format!("sudo sh -c '{mount}'"));
    let (reason, remedy) = tree.blocked(Memory, 0);
    assert!(reason.contains("the memory controller was switched off"), "{reason}");
    assert!(remedy.contains("cgroup_enable=memory"), "{remedy}");
    let (reason, remedy) = tree.blocked(Pids, 0);
    assert_eq!(
        (reason.as_str(), remedy.as_str()),
        ("cgroup v2 is not mounted", "mount -t cgroup2 cgroup2 /sys/fs/cgroup")
    );
    let (reason, _) = tree.blocked(Cpuset, 0);
    assert_eq!(reason, "this kernel has no cpuset controller");
}

#[test]
fn a_containers_root_is_not_told_to_mount() {
    let files =
        [("proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/vda1 rw\n"), ("proc/self/cgroup", "0::/\n")];
    let tree = Made::new("container", &files);
    let here = Hierarchies::detect(&tree.0.join("proc")).expect("the tree");
    let who = Starter { mounts: false, ..starter(0, false) };
    let found = delegation(&here, &[Memory], &who).expect_err("not mounted");
    assert!(found.remedy.ends_with("start the container with --privileged"), "{}", found.remedy);
}

#[test]
fn without_v1_the_kernel_tells_no_controllers() {
    let files =
        [("proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/vda1 rw\n"), ("proc/self/cgroup", "0::/\n")];
    let (reason, remedy) = Made::new("v2-only", &files).blocked(Memory, 1000);
    assert_eq!(reason, "cgroup v2 is not mounted");
    assert_eq!(remedy, "sudo sh -c 'mount -t cgroup2 cgroup2 /sys/fs/cgroup'");
}

/// After `sudo -u student` nothing tells where the user's own systemd is; where it runs all the same it is asked.
#[test]
fn a_user_manager_is_found_without_the_environment() {
    let tree = Made::new("manager", &[("run/user/1000/bus", ""), ("run/user/0/bus", "")]);
    let own = tree.0.join("run/user/1000");
    let found = |uid, told: Option<PathBuf>| Manager::find(&tree.0, uid, told);
    assert_eq!(found(1000, None), Some(Manager { runtime: own.clone(), told: false }));
    assert_eq!(found(1000, Some(own.clone())), Some(Manager { runtime: own.clone(), told: true }));
    let stale = Some(tree.0.join("run/user/77"));
    assert_eq!(
        found(1000, stale),
        Some(Manager { runtime: own.clone(), told: false }),
        "a session that is over"
    );
    assert_eq!(found(1001, None), None);

    let who = Starter { manager: found(1000, None), ..starter(1000, true) };
    match delegation(&detect("v2"), &[Memory], &who).expect("memory").v2 {
        Some(V2::Systemd { argv }) => {
            let runtime = format!("XDG_RUNTIME_DIR={}", own.display());
            assert_eq!(
                argv[..4],
                ["env", "--unset=DBUS_SESSION_BUS_ADDRESS", &runtime, "/usr/bin/systemd-run"]
            );
        }
        other => panic!("{other:?}"),
    }
}
