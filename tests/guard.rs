//! Hostile lessons: whatever a lesson writes down, it must not reach the host.
//!
//! Each trial is made twice over: by the program as a person starts it, which may refuse the lesson as it is read; and by the engine without
//! anybody having checked the lesson, so that the guard in the box and the kernel stand alone. And each once as it is, and once saying that the
//! kernel will refuse it, which must not talk the guard into letting go what the kernel allows.
//!
//! The "host" of these trials is made of namespaces of the test's own, so that a guard that fails here harms nothing: a UTS, mount, network and
//! IPC namespace with a shared mount table as systemd makes it, and a directory that everybody may write to, so that no file mode helps the guard.

use isolab::actor::trial::Trial;
use isolab::engine::{self, machine::Machine};
use isolab::events::{LessonRecord, Status};
use isolab::model::{Fact, Reading, Value};
use isolab::present::verdict;
use isolab::probe::{View, mountinfo};
use isolab::vocabulary::{Ability, Lesson, Reader};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `HOST` stands for a directory of the host to which everybody may write, with the files `f`, `dir/f` and directories `up`, `work` in it; `PORT` for a TCP
/// port on which the host listens, `PID` for a process of the host's.
struct Hostile {
    /// What it tries.
    what: &'static str,
    /// The box that acts, as declared.
    declared: &'static str,
    /// What it does first, and may do.
    before: &'static str,
    /// What must not happen.
    evil: &'static str,
}

const fn by(declared: &'static str, what: &'static str, before: &'static str, evil: &'static str) -> Hostile {
    Hostile { what, declared, before, evil }
}

const fn hostile(what: &'static str, before: &'static str, evil: &'static str) -> Hostile {
    by("{}", what, before, evil)
}

/// What must be refused, by whomever.
const REFUSED: &[Hostile] = &[
    // files, straight
    hostile("write a file", "", "write: { HOST/f: evil }"),
    hostile("make a file", "", "write: { HOST/new: evil }"),
    hostile("append to a file", "", "append: { HOST/f: evil }"),
    hostile("remove a file", "", "remove: HOST/f"),
    hostile("remove a directory", "", "remove: HOST/dir"),
    hostile("rename a file", "", "rename: { HOST/f: HOST/g }"),
    hostile("take a file in", "", "rename: { HOST/f: taken }"),
    hostile("put a file out", "{ write: { mine: evil } }", "rename: { mine: HOST/new }"),
    hostile("make a directory", "", "mkdir: [HOST/new]"),
    hostile("change a mode", "", "chmod: { HOST/f: \"0000\" }"),
    hostile("change an owner", "", "chown: { HOST/f: \"1:1\" }"),
    hostile("make a link", "", "symlink: { HOST/new: evil }"),
    hostile("make a device", "", "mknod: { HOST/new: c 1 3 }"),
    hostile("write a file of root's", "", "write: { /etc/hostname: evil }"),
    hostile("write by ..", "", "write: { ./../../../../../../HOST/f: evil }"),
    // files, by other names
    hostile("write from within", "{ chdir: HOST }", "write: { ./f: evil }"),
    hostile("write below chroot", "{ chroot: HOST }, { chdir: / }", "write: { /f: evil }"),
    hostile("remove below chroot", "{ chroot: HOST }", "remove: /dir"),
    hostile(
        "write after leaving chroot",
        "{ mkdir: [jail, jail/x] }, { chroot: jail }, { chroot: /x }, { chdir: ../../../../../../../../.. }",
        "write: { ./HOST/f: evil }",
    ),
    hostile(
        "write after leaving chroot with the host's root",
        "{ mkdir: [jail, jail/x] }, { chroot: jail }, { chroot: /x }, { chdir: ../../../../../../../../.. }, { chroot: . }",
        "write: { HOST/f: evil }",
    ),
    hostile(
        "write through a bind mount",
        "{ unshare: [mount] }, { mkdir: [in] }, { mount: { bind: { from: HOST/dir, at: in } } }",
        "write: { in/f: evil }",
    ),
    hostile(
        "write through a bind mount of the file",
        "{ unshare: [mount] }, { write: { in: \"\" } }, { mount: { bind: { from: HOST/f, at: in } } }",
        "write: { in: evil }",
    ),
    hostile(
        "remove through a bind mount",
        "{ unshare: [mount] }, { mkdir: [a, a/in] }, { mount: { bind: { from: HOST/dir, at: a/in } } }",
        "remove: a",
    ),
    hostile(
        "remove through a bind mount below chroot",
        "{ unshare: [mount] }, { mkdir: [a, a/in] }, { mount: { bind: { from: HOST/dir, at: a/in } } }, { chroot: a }",
        "remove: /in/f",
    ),
    hostile(
        "write after pivot_root",
        "{ unshare: [mount] }, { propagation: { private: / } }, { mount: { bind: { from: HOST/dir, at: HOST/dir } } }, { chdir: HOST/dir }, \
         { pivot_root: { new: ., old: . } }, { umount: { at: ., detach: true } }",
        "write: { /f: evil }",
    ),
    hostile(
        "let overlayfs write",
        "{ unshare: [mount] }, { mkdir: [low, all] }",
        "mount: { overlay: { lower: low, upper: HOST/up, work: HOST/work, at: all } }",
    ),
    hostile(
        "show a directory by overlayfs",
        "{ unshare: [mount] }, { mkdir: [up, work, all] }",
        "mount: { overlay: { lower: HOST/dir, upper: up, work: work, at: all } }",
    ),
    hostile(
        "smuggle an option into overlayfs",
        "{ unshare: [mount] }, { mkdir: [low, all] }",
        "mount: { overlay: { lower: \"low,upperdir=HOST/up,workdir=HOST/work\", at: all } }",
    ),
    hostile("write through a link of procfs", "", "write: { /proc/self/root/HOST/f: evil }"),
    hostile(
        "write through a link",
        "{ mkdir: [d] }, { chdir: d }, { run: [ln, -s, HOST/f, l] }",
        "write: { d/l: evil }",
    ),
    hostile(
        "write through a link on the way",
        "{ mkdir: [d] }, { chdir: d }, { run: [ln, -s, HOST, l] }",
        "write: { d/l/f: evil }",
    ),
    hostile("write through a link of its own", "{ symlink: { l: HOST/f } }", "write: { l: evil }"),
    hostile("write through a link of its own on the way", "{ symlink: { l: HOST } }", "write: { l/f: evil }"),
    hostile("make a link through a link", "{ symlink: { l: HOST } }", "symlink: { l/new: evil }"),
    hostile(
        "remove through a link and a bind mount",
        "{ unshare: [mount] }, { mkdir: [a, a/b, a/b/in] }, { mount: { bind: { from: HOST/dir, at: a/b/in } } }, { symlink: { l: a } }",
        "remove: l/b",
    ),
    // copies
    hostile("copy a file in", "", "copy: { HOST/f: mine }"),
    hostile("copy a tree in", "", "copy: { HOST/dir: mine }"),
    hostile("copy a file of root's", "", "copy: { /etc/hostname: mine }"),
    hostile("copy a file of procfs", "", "copy: { /proc/self/environ: mine }"),
    hostile(
        "copy a file of procfs below a bind mount",
        "{ unshare: [mount] }, { mkdir: [p] }, { mount: { bind: { from: /proc, at: p, recursive: true } } }",
        "copy: { p/self/environ: mine }",
    ),
    hostile("copy a device", "{ mknod: { w: c 0 0 } }", "copy: { w: mine }"),
    hostile("copy a FIFO", "{ mkdir: [d] }, { chdir: d }, { run: [mkfifo, p] }", "copy: { d: mine }"),
    hostile(
        "copy too much in all",
        "{ mkdir: [d] }, { chdir: d }, { run: [truncate, -s, 9M, f] }, { copy: { d/f: first } }",
        "copy: { d/f: second }",
    ),
    hostile(
        "copy a tree that is too deep",
        "{ mkdir: [d] }, { chdir: d }, { run: [mkdir, -p, a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z/a/b/c/d/e/f/g] }",
        "copy: { d: mine }",
    ),
    hostile("copy a file out", "{ write: { mine: evil } }", "copy: { mine: HOST/new }"),
    hostile("copy over a file", "{ write: { mine: evil } }", "copy: { mine: HOST/f }"),
    hostile("copy through a link on the way", "{ symlink: { l: HOST } }", "copy: { l/f: mine }"),
    hostile(
        "copy through a link out",
        "{ symlink: { l: HOST } }, { write: { mine: evil } }",
        "copy: { mine: l/new }",
    ),
    hostile("copy over a link", "{ symlink: { l: HOST/f } }, { write: { mine: evil } }", "copy: { mine: l }"),
    hostile(
        "copy a bind mount",
        "{ unshare: [mount] }, { mkdir: [in] }, { mount: { bind: { from: HOST/dir, at: in } } }",
        "copy: { in: mine }",
    ),
    hostile(
        "copy a tree with a bind mount in it",
        "{ unshare: [mount] }, { mkdir: [a, a/in] }, { mount: { bind: { from: HOST/dir, at: a/in } } }",
        "copy: { a: mine }",
    ),
    hostile(
        "copy a tree with a bind mount of a file in it",
        "{ unshare: [mount] }, { mkdir: [a] }, { write: { a/f: \"\" } }, { mount: { bind: { from: HOST/f, at: a/f } } }",
        "copy: { a: mine }",
    ),
    hostile("copy a directory into itself", "{ mkdir: [a, a/b] }", "copy: { a: a/b/c }"),
    // mounts
    hostile("mount", "", "mount: { tmpfs: HOST }"),
    hostile("bind", "", "mount: { bind: { from: /etc, at: HOST } }"),
    hostile("remount", "", "remount: { read_only: / }"),
    hostile("remount without devices", "", "remount: { nodev: / }"),
    hostile("umount", "", "umount: { at: HOST/mounted, detach: true }"),
    hostile("change propagation", "", "propagation: { private: / }"),
    hostile("umount what was inherited", "{ unshare: [mount] }", "umount: HOST/mounted"),
    // names and sysctls
    hostile("sethostname", "", "sethostname: evil"),
    hostile("setdomainname", "", "setdomainname: evil"),
    hostile("write the host name's sysctl", "", "write: { /proc/sys/kernel/hostname: evil }"),
    hostile("write core_pattern", "", "write: { /proc/sys/kernel/core_pattern: evil }"),
    hostile("write a sysctl of the network", "", "write: { /proc/sys/net/ipv4/ip_forward: \"1\" }"),
    hostile("write a limit of IPC", "", "write: { /proc/sys/kernel/msgmni: \"7\" }"),
    hostile(
        "write core_pattern below a bind mount",
        "{ unshare: [mount] }, { mkdir: [p] }, { mount: { bind: { from: /proc, at: p, recursive: true } } }",
        "write: { p/sys/kernel/core_pattern: evil }",
    ),
    hostile("write another process's file", "", "write: { /proc/PID/oom_score_adj: \"500\" }"),
    // cgroups
    hostile("make a cgroup", "", "mkdir: [CGROUP/evil]"),
    hostile("join a cgroup", "", "write: { CGROUP/cgroup.procs: \"0\" }"),
    // network
    hostile("switch an interface", "", "link_down: lo"),
    hostile("make a bridge", "", "bridge: evil0"),
    hostile("make a port of a bridge", "", "master: { lo: lo }"),
    hostile("take a port out of its bridge", "", "nomaster: lo"),
    hostile("move an interface", "", "move_link: { lo: box }"),
    hostile("change a hardware address", "", "mac: { lo: \"02:00:00:00:00:01\" }"),
    hostile("change an MTU", "", "mtu: { lo: 1500 }"),
    hostile("make a tunnel", "", "vxlan: { name: evil0, id: 1, local: 127.0.0.1 }"),
    hostile("add to a forwarding table", "", "fdb: { dev: lo, mac: \"02:00:00:00:00:01\", to: 127.0.0.1 }"),
    hostile("masquerade", "", "nat: lo"),
    hostile("publish a port", "", "publish: { port: 47113, to: 127.0.0.1:47114 }"),
    hostile("set a sysctl of the machine", "", "sysctl: { kernel.core_pattern: evil }"),
    hostile("set a sysctl of the network", "", "sysctl: { net.ipv4.ip_forward: 7 }"),
    hostile("give an address", "", "address: { lo: 10.99.99.99/32 }"),
    hostile("connect", "", "connect: \"127.0.0.1:PORT\""),
    hostile("send", "", "send: { to: \"127.0.0.1:PORT\", text: evil }"),
    hostile("ping", "", "ping: 127.0.0.1"),
    hostile("ping without fragments", "", "ping: { to: 127.0.0.1, size: 1472, dont_fragment: true }"),
    hostile("listen", "", "listen: 47111"),
    hostile("serve", "", "start: server"),
    hostile("serve under an abstract name", "", "start: named"),
    hostile("serve at a path", "", "start: at-path"),
    // IPC
    hostile("make shared memory", "", "shmget: { key: 47113, size: 4096 }"),
    hostile("find shared memory", "", "shmget: 47113"),
    hostile("make semaphores", "", "semget: { key: 47113, count: 1 }"),
    hostile("make a message queue", "", "msgget: { key: 47113, create: true }"),
    hostile("send to a message queue", "", "msgsnd: { key: 47113, text: evil }"),
    hostile("take a message", "", "msgrcv: 47113"),
    hostile("make a POSIX message queue", "", "mq_open: { name: /isolab-evil, create: true }"),
    // who acts
    hostile("join the lab's hand", "", "setns: { uts: host }"),
    hostile("map the hand's ids", "", "uid_map: { map: \"0 0 1\", of: host }"),
    by("{ user: host }", "run a program in the host's user namespace", "", "run: [\"true\"]"),
    by("{ user: host }", "write as an ordinary user", "", "write: { HOST/f: evil }"),
    by(
        "{ user: host }",
        "write below chroot, as root of a further namespace",
        "{ unshare: [user] }, { chroot: HOST }",
        "write: { /f: evil }",
    ),
    by("{ user: host }", "run a program there", "{ unshare: [user] }", "run: [\"true\"]"),
    by("{ user: host }", "mount", "", "mount: { tmpfs: HOST }"),
];

/// What may go well, because it stays in the box.
const CONTAINED: &[Hostile] = &[
    // The slash and the dot go, and then it is the link that is meant.
    hostile("remove what a link leads to", "{ symlink: { l: HOST/dir } }", "remove: l/"),
    hostile("remove what a link leads to, by a dot", "{ symlink: { l: HOST/dir } }", "remove: l/."),
    hostile("copy what a link leads to", "{ symlink: { l: HOST/dir } }", "copy: { l/: mine }"),
    hostile("copy what a link leads to, by a dot", "{ symlink: { l: HOST/dir } }", "copy: { l/.: mine }"),
    hostile("mount over a directory", "{ unshare: [mount] }", "mount: { tmpfs: HOST }"),
    hostile("remount what was inherited", "{ unshare: [mount] }", "remount: { read_only: HOST/mounted }"),
    hostile(
        "make the table shared",
        "{ unshare: [mount] }, { propagation: { shared: / } }",
        "mount: { tmpfs: HOST }",
    ),
    hostile("rename the box", "{ unshare: [uts] }", "sethostname: evil"),
    hostile(
        "write the box's sysctl",
        "{ unshare: [net] }",
        "write: { /proc/sys/net/ipv4/ip_forward: \"1\" }",
    ),
    hostile("write in the workspace", "", "write: { mine: evil }"),
    hostile("make a link in the workspace", "", "symlink: { l: HOST/f }"),
    hostile("remove a link and not its target", "{ symlink: { l: HOST/dir } }", "remove: l"),
    hostile("copy a link and not its target", "{ symlink: { l: HOST/dir } }", "copy: { l: m }"),
    hostile("copy a tree of its own", "{ mkdir: [a, a/b] }, { write: { a/b/f: mine } }", "copy: { a: c }"),
    hostile("read a file", "", "open: HOST/f"),
];

/// Lessons that are wrong as a whole: the world is not even built.
const UNBUILT: &[(&str, &str, &str)] = &[
    ("act as the hand", "box: {}", "host: { sethostname: evil }"),
    ("act as the run's holder", "box: {}", "run: { sethostname: evil }"),
    ("be the hand", "{ box: {}, host: {} }", "host: { sethostname: evil }"),
    ("be forked by the hand", "{ box: {}, child: { forked_by: host } }", "host: { fork: child }"),
    ("fork what starts by itself", "{ box: { user: host }, child: {} }", "box: { fork: child }"),
    ("name a directory by ..", "{ box: {}, ../../evil: {} }", "box: { sethostname: evil }"),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let Some(status) = isolab::actor::hidden(&words) {
        return ExitCode::from(u8::try_from(status).unwrap_or(1));
    }
    let status = match words.as_slice() {
        [_, .., "--list"] => {
            println!("hostile_lessons: test");
            0
        }
        _ => i32::from(!test()),
    };
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}

fn test() -> bool {
    if let Err(refusal) = Trial::Of(Ability::User).make(0) {
        println!("skipped: no user namespaces here: {refusal}");
        return true;
    }
    let host = Host::make();
    let machine = Machine::read().expect("read the machine");
    let mut failures = Vec::new();
    let mut count = 0;
    let mut quiet = host.looks();
    let lessons = host.directory.join("lessons");
    std::fs::create_dir(&lessons).expect("mkdir");
    for (all, must_fail) in [(REFUSED, true), (CONTAINED, false)] {
        for trial in all {
            for declared in [false, true] {
                let yaml = host.lesson(trial, declared);
                for by_program in [false, true] {
                    let end = if by_program { program(&lessons, &yaml) } else { unchecked(&yaml, &machine) };
                    count += 1;
                    let mut note = |what: &str| {
                        let by = if by_program { "program" } else { "engine" };
                        failures.push(format!(
                            "{}{}: {what} ({by})\n    {end:?}",
                            trial.what,
                            if declared { ", declared to fail" } else { "" }
                        ));
                    };
                    match &end {
                        End::Made if must_fail => note("was let go"),
                        End::Unprepared(_) => note("was not even tried"),
                        _ => {}
                    }
                    let now = host.looks();
                    if now != quiet {
                        note(&format!("the host has changed: {}", difference(&quiet, &now)));
                        quiet = now;
                    }
                }
            }
        }
    }
    for (what, boxes, evil) in UNBUILT {
        let yaml = host.text(&format!("boxes: {}\n", braced(boxes)), "", evil, false);
        for end in [unchecked(&yaml, &machine), program(&lessons, &yaml)] {
            count += 1;
            if matches!(end, End::Made) {
                failures.push(format!("{what}: was let go"));
            }
        }
        let now = host.looks();
        if now != quiet {
            failures.push(format!("{what}: the host has changed: {}", difference(&quiet, &now)));
            quiet = now;
        }
    }
    match host.adopts(&machine) {
        Adopts::Refused => count += 1,
        Adopts::Blocked(why) => println!("skipped: take a process into a cgroup: {why}"),
        Adopts::Made => failures.push("take a process into a cgroup: was let go".to_owned()),
    }
    count += 1;
    failures.extend(host.captures(&machine).err());
    for f in &failures {
        println!("FAILED {f}");
    }
    println!("{count} trials, {} failures", failures.len());
    failures.is_empty()
}

fn braced(text: &str) -> String {
    if text.starts_with('{') { text.to_owned() } else { format!("{{ {text} }}") }
}

/// What became of the hostile action.
#[derive(Debug)]
enum End {
    /// It was made.
    Made,
    /// The loader, the engine, the guard or the kernel refused it.
    Refused(#[allow(dead_code)] String),
    /// An action before it was refused, so that it says nothing.
    Unprepared(#[allow(dead_code)] String),
}

/// Judges a record: the hostile step's verdicts on calls.
fn end(record: &LessonRecord) -> End {
    let Some(step) = record.steps.iter().find(|s| s.id == "evil") else {
        return match record.steps.iter().flat_map(|s| &s.verdicts).next() {
            Some(v) if record.steps.len() == 1 => End::Refused(verdict::actual(v)),
            v => End::Unprepared(format!("{v:?}")),
        };
    };
    if step.status == Status::NotRun {
        let why: Vec<_> = record
            .steps
            .iter()
            .flat_map(|s| &s.verdicts)
            .map(|v| format!("{}: {}", verdict::claim(v), verdict::actual(v)))
            .collect();
        let built = record.steps.iter().any(|s| s.id == "setup");
        return if built { End::Unprepared(why.join("; ")) } else { End::Refused(why.join("; ")) };
    }
    match step.verdicts.iter().find(|v| v.is_of_action()) {
        Some(v) if verdict::actual(v) != "it returned 0" => End::Refused(verdict::actual(v)),
        _ => End::Made,
    }
}

/// The engine, with a lesson that nobody has checked.
fn unchecked(yaml: &str, machine: &Machine) -> End {
    let lesson = parse(yaml);
    let cancel = std::sync::Arc::default();
    let record = engine::run(&lesson, machine, &engine::Options::default(), &cancel, &mut |_| {});
    assert!(record.left.is_empty(), "left: {:?}", record.left);
    end(&record)
}

fn parse(yaml: &str) -> Lesson {
    serde_yaml::with::singleton_map_recursive::deserialize(serde_yaml::Deserializer::from_str(yaml))
        .unwrap_or_else(|e| panic!("{e}\n{yaml}"))
}

/// The program, as a person starts it.
fn program(lessons: &Path, yaml: &str) -> End {
    std::fs::write(lessons.join("evil.yaml"), yaml).expect("write the lesson");
    // A guest in which this test is run has the program elsewhere.
    let isolab = std::env::var_os("ISOLAB").unwrap_or_else(|| env!("CARGO_BIN_EXE_isolab").into());
    let output = std::process::Command::new(isolab)
        .args(["check", "evil", "--format", "json", "--lessons"])
        .arg(lessons)
        .output()
        .expect("start isolab");
    if output.status.code() == Some(2) {
        return End::Refused(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let mut report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!("{e}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    });
    end(&serde_json::from_value(report["lessons"][0].take()).expect("a lesson's record"))
}

/// Namespaces that play the host, and a directory in them.
struct Host {
    directory: PathBuf,
    port: TcpListener,
    datagrams: UdpSocket,
    cgroup: Option<PathBuf>,
}

impl Host {
    fn make() -> Self {
        let (uid, gid) = (nix::unistd::getuid(), nix::unistd::getgid());
        if !uid.is_root() {
            unshare(CloneFlags::CLONE_NEWUSER).expect("unshare the user namespace");
            std::fs::write("/proc/self/setgroups", "deny").expect("write setgroups");
            std::fs::write("/proc/self/uid_map", format!("{uid} {uid} 1")).expect("write uid_map");
            std::fs::write("/proc/self/gid_map", format!("{gid} {gid} 1")).expect("write gid_map");
        }
        unshare(
            CloneFlags::CLONE_NEWNS
                | CloneFlags::CLONE_NEWUTS
                | CloneFlags::CLONE_NEWNET
                | CloneFlags::CLONE_NEWIPC,
        )
        .expect("unshare");
        for flag in [MsFlags::MS_PRIVATE, MsFlags::MS_SHARED] {
            mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | flag, None::<&str>)
                .expect("propagation");
        }
        isolab::kernel::link::set_up("lo").expect("lo up");
        // On the filesystem on which the workspaces lie, so that only the place within it tells the two apart.
        let directory = PathBuf::from(format!("/var/tmp/guard-test-{}", std::process::id()));
        for name in ["", "dir", "up", "work", "mounted"] {
            let path = directory.join(name);
            std::fs::create_dir(&path).expect("mkdir");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).expect("chmod");
        }
        for name in ["f", "dir/f"] {
            let path = directory.join(name);
            std::fs::write(&path, "the host's\n").expect("write");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("chmod");
        }
        let mounted = directory.join("mounted");
        mount(Some("tmpfs"), &mounted, Some("tmpfs"), MsFlags::empty(), Some("size=64k,mode=777"))
            .expect("mount");
        let port = TcpListener::bind("127.0.0.1:0").expect("listen");
        port.set_nonblocking(true).expect("nonblocking");
        let datagrams = UdpSocket::bind(port.local_addr().expect("address")).expect("bind");
        datagrams.set_nonblocking(true).expect("nonblocking");
        let table = mountinfo::read(Path::new("/proc/self")).expect("mountinfo");
        let cgroup = table.iter().find(|m| m.fstype.starts_with("cgroup")).map(|m| m.at.clone());
        Host { directory, port, datagrams, cgroup }
    }

    /// A lesson of one step.
    fn lesson(&self, trial: &Hostile, declared: bool) -> String {
        let mut head = format!("boxes: {{ box: {} }}\n", trial.declared);
        if trial.evil.contains("server") {
            head += "workloads: { server: { tcp_server: { port: 47112, says: evil } } }\n";
        }
        if trial.evil == "start: named" {
            head += "workloads: { named: { unix_listener: { at: \"@isolab-evil\", says: evil } } }\n";
        }
        if trial.evil == "start: at-path" {
            head += "workloads: { at-path: { unix_listener: { at: HOST/evil, says: evil } } }\n";
        }
        self.text(&head, trial.before, &format!("box: {{ {} }}", trial.evil), declared)
    }

    fn text(&self, head: &str, before: &str, evil: &str, declared: bool) -> String {
        let mut text =
            String::from("format: 1\nid: evil\ntitle: Evil\nsummary: Tries to reach the host.\nminutes: 1\n");
        text += head;
        if !before.is_empty() {
            let _ = writeln!(text, "setup: [ {{ box: [ {before} ] }} ]");
        }
        text += "readouts: { name: { box: hostname } }\n";
        text += "steps:\n  - id: evil\n    title: Evil\n    text: Tries.\n";
        let fails = if declared { ", fails: [EPERM, EACCES]" } else { "" };
        let _ = writeln!(text, "    do: [ {{ {evil}{fails} }} ]\n    expect: [ {{ name: changed }} ]");
        let port = self.port.local_addr().expect("address").port();
        let cgroup = self.cgroup.as_deref().unwrap_or(Path::new("/sys/fs/cgroup"));
        text.replace("HOST", &self.directory.display().to_string())
            .replace("PORT", &port.to_string())
            .replace("PID", &std::process::id().to_string())
            .replace("CGROUP", &cgroup.display().to_string())
    }

    /// Everything that a trial could have changed.
    fn looks(&self) -> BTreeMap<String, String> {
        let mut seen = BTreeMap::new();
        for file in [
            "/proc/sys/kernel/hostname",
            "/proc/sys/kernel/domainname",
            "/proc/sys/kernel/core_pattern",
            "/proc/sys/kernel/msgmni",
            "/proc/sys/net/ipv4/ip_forward",
            "/proc/sysvipc/shm",
            "/proc/sysvipc/sem",
            "/proc/sysvipc/msg",
            "/proc/self/mountinfo",
            "/proc/self/oom_score_adj",
            "/proc/self/cgroup",
            "/etc/hostname",
        ] {
            seen.insert(file.to_owned(), std::fs::read_to_string(file).unwrap_or_else(|e| e.to_string()));
        }
        seen.insert("interfaces".into(), interfaces());
        seen.insert("packet rules".into(), packet_rules());
        seen.insert("a connection".into(), self.port.accept().is_ok().to_string());
        seen.insert("a datagram".into(), self.datagrams.recv(&mut [0; 16]).is_ok().to_string());
        for port in [47111, 47112] {
            let listens = std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
            seen.insert(format!("port {port}"), listens.to_string());
        }
        let sockets = std::fs::read_to_string("/proc/net/unix").unwrap_or_default();
        seen.insert("an abstract name".into(), sockets.contains("@isolab-evil").to_string());
        if let Some(cgroup) = &self.cgroup {
            seen.insert("a cgroup".into(), cgroup.join("evil").exists().to_string());
        }
        self.walk(&self.directory, &mut seen);
        seen
    }

    /// Whether a lesson can move a process of the host's into a cgroup of its own.
    fn adopts(&self, machine: &Machine) -> Adopts {
        let head = "boxes: { box: {} }\ncgroups: { group: { controllers: [cpu] } }\n";
        let before = "{ create_cgroup: group }";
        let evil = "box: { set: { group/cgroup.procs: PID } }";
        let yaml = self.text(head, before, evil, false);
        let lesson = parse(&yaml);
        let record = engine::run(
            &lesson,
            machine,
            &engine::Options::default(),
            &std::sync::Arc::default(),
            &mut |_| {},
        );
        match (&record.status, end(&record)) {
            (Status::Blocked { reason, .. }, _) => Adopts::Blocked(reason.clone()),
            (_, End::Refused(_)) => Adopts::Refused,
            _ => Adopts::Made,
        }
    }

    /// Frames of the host's network are read by nobody, not even by a lesson that was not checked. The same box can read those of its own network.
    fn captures(&self, machine: &Machine) -> Result<(), String> {
        let read = |before: &str| {
            let head = "boxes: { box: {} }\nreadouts: { name: { box: hostname }, frames: { box: { frames: lo } } }\n";
            let yaml = self.text(head, before, "box: { write: { mine: text } }", false);
            // One map of readouts, the one with the frames, and the step shows it.
            let yaml = yaml.replacen("readouts: { name: { box: hostname } }\n", "", 1);
            let yaml = yaml.replace("    text: Tries.\n", "    text: Tries.\n    show: [frames]\n");
            let lesson = parse(&yaml);
            let options = engine::Options::default();
            let record = engine::run(&lesson, machine, &options, &std::sync::Arc::default(), &mut |_| {});
            let step = record.steps.iter().find(|step| step.id == "evil");
            let readout = step.and_then(|step| step.readouts.iter().find(|readout| readout.id == "frames"));
            readout.map(|readout| readout.after.clone())
        };
        match (read(""), read("{ unshare: [net] }")) {
            (Some(Reading::Unread { errno, .. }), Some(Reading::Fact(_))) if errno.to_string() == "EPERM" => {
                Ok(())
            }
            (hosts, own) => {
                Err(format!("read frames: of the host's network {hosts:?}, of the box's own {own:?}"))
            }
        }
    }

    fn walk(&self, directory: &Path, seen: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(directory).expect("list") {
            let path = entry.expect("entry").path();
            if path == self.directory.join("lessons") {
                continue;
            }
            let found = path.symlink_metadata().expect("stat");
            let text = if found.is_file() {
                std::fs::read_to_string(&path).unwrap_or_default()
            } else {
                String::new()
            };
            let (mode, uid, gid) = (found.mode(), found.uid(), found.gid());
            seen.insert(path.display().to_string(), format!("{mode:o} {uid}:{gid} {text:?}"));
            if found.is_dir() {
                self.walk(&path, seen);
            }
        }
    }
}

enum Adopts {
    Refused,
    Made,
    Blocked(String),
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = nix::mount::umount(&self.directory.join("mounted"));
        if let Err(e) = std::fs::remove_dir_all(&self.directory) {
            println!("left: {}: {e}", self.directory.display());
        }
    }
}

fn difference(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> String {
    let keys: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed = keys.into_iter().filter(|k| before.get(*k) != after.get(*k));
    changed.map(|k| format!("{k}: {:?} → {:?}", before.get(k), after.get(k))).collect::<Vec<_>>().join("; ")
}

/// Names, states, MTUs and addresses. The counters go: looking at the ports moves those of `lo`, and anybody's traffic those of the rest.
fn interfaces() -> String {
    let fact = match isolab::probe::net::interfaces() {
        Ok(fact) => fact,
        Err(e) => return e.to_string(),
    };
    let without_counters = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let is_counter = |word: &str| word.ends_with("_packets") || word.ends_with("_bytes");
        let keep = |at: &usize| !is_counter(words[*at]) && (*at == 0 || !is_counter(words[at - 1]));
        (0..words.len()).filter(keep).map(|at| words[at]).collect::<Vec<_>>().join(" ")
    };
    fact.raw.lines().map(without_counters).collect::<Vec<_>>().join("\n")
}

/// Rules of nftables, without what they have counted; the errno where they cannot be listed.
fn packet_rules() -> String {
    match isolab::probe::read_as_host(&Reader::NftRules, &View::default()) {
        Reading::Fact(Fact { value: Value::Table(rows), .. }) => {
            rows.iter().filter_map(|row| row.get("rule")).collect::<Vec<_>>().join("\n")
        }
        other => format!("{other:?}"),
    }
}
