//! What the lessons say of Docker, held against Docker itself. It runs in namespaces of the test's own and leaves nothing on the host. The claims
//! are in `docker/claims`.
//!
//! Only with `ISOLAB_SLOW=1`, as root, where dockerd is installed (Debian: docker.io) and busybox is static.

mod common;

use common::{is_root, leftover, note, skip, test, wait_for};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const CLAIMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docker/claims");
/// Seconds for all claims together; they take about six.
const LIMIT: &str = "300";
/// For the end of what was killed: processes, and after them their cgroups.
const DEADLINE: Duration = Duration::from_secs(30);
/// Where Docker and containerd put files by default.
const PLACES: &[&str] = &[
    "/etc/docker/key.json",
    "/opt/containerd",
    "/run/containerd",
    "/run/docker",
    "/run/docker.sock",
    "/var/lib/containerd",
    "/var/lib/docker",
];

/// Why Docker cannot be tried here.
fn obstacle() -> Option<String> {
    if std::env::var_os("ISOLAB_SLOW").is_none() {
        return Some("slow: set ISOLAB_SLOW=1".to_owned());
    }
    if !is_root() {
        return Some("only root can start dockerd".to_owned());
    }
    let programs = ["dockerd", "docker", "busybox", "iptables-save", "ip", "bridge", "ss", "curl", "setpriv"];
    if let Some(missing) = programs.iter().find(|p| which::which(p).is_err()) {
        return Some(format!("{missing} is not installed"));
    }
    let linked = Command::new("ldd").arg(which::which("busybox").ok()?).output();
    linked.map_or(true, |o| o.status.success()).then(|| "busybox is not static".to_owned())
}

/// What Docker changes on its host: a line each.
fn host() -> BTreeSet<String> {
    let mut found: BTreeSet<String> =
        PLACES.iter().filter(|p| Path::new(p).exists()).map(|p| format!("file {p}")).collect();
    let links = std::fs::read_dir("/sys/class/net").expect("the links");
    found.extend(links.flatten().map(|l| format!("link {}", l.file_name().display())));
    let rules = Command::new("iptables-save").output().expect("iptables-save");
    let rules = String::from_utf8_lossy(&rules.stdout).into_owned();
    found.extend(rules.lines().filter(|l| l.starts_with('-')).map(|l| format!("rule {l}")));
    let forward = std::fs::read_to_string("/proc/sys/net/ipv4/ip_forward").expect("a sysctl");
    found.insert(format!("ip_forward {}", forward.trim()));
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("the mounts");
    let of_docker = |l: &&str| l.contains("docker") || l.contains("containerd");
    found.extend(mounts.lines().filter(of_docker).map(|l| format!("mount {l}")));
    found
}

/// The cgroups of this name, at the top of each hierarchy, and those below, which come first.
fn cgroups(name: &str) -> Vec<PathBuf> {
    let tops = leftover::cgroup_mounts().into_iter().map(|m| m.join(name)).filter(|top| top.exists());
    let mut all: Vec<PathBuf> =
        tops.flat_map(|top| leftover::directories_below(&top).into_iter().chain([top])).collect();
    all.sort_by(|a, b| b.cmp(a));
    all
}

#[test]
fn what_lessons_say_of_docker_is_true() {
    if let Some(reason) = obstacle() {
        return skip(&test(), &reason);
    }
    let before = host();
    let name = format!("docker-of-test-{}", std::process::id());
    let words = ["--signal=KILL", LIMIT, "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"];
    let mut command = Command::new("timeout");
    command
        .args(words)
        .args(["--mount-proc", "--propagation", "private", CLAIMS, &name])
        .stdin(Stdio::null());
    let output = command.output().expect("timeout(1)");
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let Some(namespaces) = printed.lines().find_map(|l| l.strip_prefix("namespaces: ")) else {
        assert_eq!(printed, "");
        return skip(&test(), errors.trim());
    };

    let inside = |pid: i32| {
        let of = |link| leftover::namespace(pid, link).is_some_and(|n| namespaces.split(' ').any(|o| o == n));
        of("pid") || of("net")
    };
    let ended = wait_for(DEADLINE, || (!leftover::processes().iter().any(|p| inside(p.pid))).then_some(()));
    let removed = wait_for(DEADLINE, || {
        // Those of containers that ended a moment ago are busy still.
        for cgroup in cgroups(&name) {
            let _ = std::fs::remove_dir(cgroup);
        }
        cgroups(&name).is_empty().then_some(())
    });
    note(&printed);
    assert!(output.status.success(), "{}\n{printed}\n{errors}", output.status);
    assert!(ended.is_some(), "processes are left");
    assert!(removed.is_some(), "{:?} are left", cgroups(&name));
    let after = host();
    assert_eq!(before, after);
}
