//! Lessons from somebody who means harm: whatever they try, it is refused as they are read, refused by the guard, refused by the kernel, or it
//! stays within the run. Each is a file in `tests/hostile/` that says what it tries and which canary would show it; after each, all canaries are
//! looked at: files of who starts the lab, of root and of another run, IPC, `/dev/shm`, the terminal, servers on loopback and Unix sockets,
//! processes, cgroups, sysctls, keys, mounts, the clock, the host name.
//!
//! The machine of these trials is made of namespaces of the test's own, so that what gets through harms nobody.

mod common;

use common::{Program, Scratch, is_root, leftover, note, skip, test, wait_for};
use isolab::events::{LessonRecord, Status};
use nix::fcntl::OFlag;
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// Nobody else has this id.
const ORDINARY: u32 = 51_235;
/// A hostile lesson ends within this time, by itself or by the lab's hand.
const DEADLINE: Duration = Duration::from_secs(120);
/// What is behind when the lab has ended goes within this time.
const SETTLE: Duration = Duration::from_secs(10);

/// Namespaces around everything: `/tmp`, `/var/tmp` and `/dev/shm` of their own, mounts that travel as systemd's do, a loopback that works.
const AROUND: &str = r#"
mount --make-rshared / &&
for d in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o mode=1777,size=1G tmpfs $d || exit 1; done &&
hostname canary && ip link set lo up && "$0" "$@"
"#;

/// How a hostile lesson ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// `lint` refuses it, and so it is not run.
    Lint,
    /// It does not pass: the guard, the kernel or a limit has refused something.
    Refused,
    /// It passes, and has done no harm.
    Contained,
    /// One of the two: of a program's end the lesson knows only what the program says.
    Held,
    /// It is not run here.
    Blocked,
}
use End::{Blocked, Contained, Held, Lint, Refused};

/// These meet a limit of time or of memory, so they take long: root's are slow tests.
const LONG: [&str; 7] = [
    "run-sleep",
    "run-flood",
    "run-trace",
    "run-eat-memory",
    "run-eat-disk",
    "run-forks",
    "run-terminal-read",
];

include!("hostile/table.rs");

fn around(scenario: &str) {
    if !is_root() {
        return skip(&test(), "only root can make a machine to be harmed");
    }
    if let Some(program) =
        ["unshare", "ip", "setsid", "setpriv", "perl"].iter().find(|p| which::which(p).is_err())
    {
        return skip(&test(), &format!("{program} is not installed"));
    }
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc", "--mount", "--uts", "--ipc", "--net"]);
    command
        .args(["--propagation", "private", "sh", "-c", AROUND])
        .arg(std::env::current_exe().expect("own path"));
    let status = command.args(["--ignored", "--exact", scenario, "--nocapture"]).status().expect("unshare");
    assert!(status.success(), "{scenario}: {status}");
}

#[test]
fn hostile_lessons_of_root() {
    around("scenario_root");
}

#[test]
fn hostile_lessons_of_an_ordinary_user() {
    around("scenario_ordinary");
}

#[test]
#[ignore = "a scenario: run by its parent in namespaces of its own"]
fn scenario_root() {
    all(0);
}

#[test]
#[ignore = "a scenario: run by its parent in namespaces of its own"]
fn scenario_ordinary() {
    all(ORDINARY);
}

#[test]
fn every_lesson_says_what_it_tries_and_is_in_the_table() {
    let mut names = BTreeSet::new();
    for file in files() {
        let text = std::fs::read_to_string(&file).expect("a lesson");
        let mut lines = text.lines();
        assert!(lines.next().is_some_and(|l| l.starts_with("# Tries: ")), "{}", file.display());
        assert!(lines.next().is_some_and(|l| l.starts_with("# Canary: ")), "{}", file.display());
        names.insert(file.file_stem().expect("a name").to_string_lossy().into_owned());
    }
    let table: BTreeSet<String> = TABLE.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(names, table);
    assert!(names.len() >= 60, "{}", names.len());
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile"))
        .expect("tests/hostile");
    let mut files: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "yaml"));
    files.sort();
    files
}

/// A terminal as a person has one, without an echo.
struct Terminal {
    master: PtyMaster,
    slave: File,
}

const TYPED: &str = "typed by a person\n";

impl Terminal {
    fn open() -> Self {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)
            .expect("a terminal");
        grantpt(&master).expect("grantpt");
        unlockpt(&master).expect("unlockpt");
        let path = ptsname_r(&master).expect("a name");
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NOCTTY | libc::O_NONBLOCK)
            .open(path);
        let slave = slave.expect("the terminal's other end");
        let mut modes = rustix::termios::tcgetattr(&slave).expect("modes");
        modes.local_modes.remove(rustix::termios::LocalModes::ECHO);
        rustix::termios::tcsetattr(&slave, rustix::termios::OptionalActions::Now, &modes).expect("modes");
        (&master).write_all(TYPED.as_bytes()).expect("type");
        Terminal { master, slave }
    }

    /// What it got, and what is still to be read of what was typed.
    fn seen(&mut self) -> (String, String) {
        (everything(&mut self.master), everything(&mut self.slave))
    }
}

/// The machine of a trial: who starts labs, and everything that must stay as it is.
struct Machine {
    uid: u32,
    program: Program,
    scratch: Scratch,
    victim: Child,
    other: Child,
    other_run: PathBuf,
    tcp: TcpListener,
    udp: UdpSocket,
    unix: UnixListener,
    named: UnixListener,
    visits: u32,
    began: (SystemTime, Instant),
}

const OTHER: &str = r"
format: 1
id: other
title: Another run
summary: It lives while hostile lessons are run beside it.
minutes: 1
boxes: { box: {} }
readouts: { life: { host: { state: box } }, name: { box: hostname } }
setup: [{ box: { write: { kept: mine } } }, { box: { unshare: uts } }]
steps:
";

impl Machine {
    fn make(uid: u32) -> Self {
        let scratch = Scratch::new();
        let program = if uid == 0 { Program::built() } else { Program::for_nobody() };
        let home = scratch.file("home");
        std::fs::create_dir(&home).expect("a home");
        for (name, text) in [("precious", "SECRET-OF-HOME\n"), (".profile", "# mine\n")] {
            std::fs::write(home.join(name), text).expect("a file");
            std::fs::set_permissions(home.join(name), PermissionsExt::from_mode(0o600)).expect("chmod");
            std::os::unix::fs::chown(home.join(name), Some(uid), Some(uid)).expect("chown");
        }
        std::os::unix::fs::chown(&home, Some(uid), Some(uid)).expect("chown");
        std::fs::write(scratch.file("secret"), "SECRET-OF-ROOT\n").expect("a file");
        std::fs::set_permissions(scratch.file("secret"), PermissionsExt::from_mode(0o600)).expect("chmod");
        common::copy(&which::which("sleep").expect("sleep"), &scratch.file("isolab-victim"));
        let mut victim = Command::new(scratch.file("isolab-victim"));
        let victim = victim.arg("100000").uid(uid).gid(uid).spawn().expect("a victim");
        let mut lesson = OTHER.to_owned();
        for n in 0..60 {
            let _ = write!(
                lesson,
                "  - id: live-{n}\n    title: Live\n    text: It lives.\n    do: [{{ box: {{ sethostname: bird-{n} }} }}]\n    \
                 expect: [{{ name: {{ is: bird-{n} }} }}, {{ life: alive, for: 60s }}]\n"
            );
        }
        std::fs::write(scratch.file("other.yaml"), lesson).expect("a lesson");
        let other = command(&program, uid, &home)
            .arg("check")
            .arg(scratch.file("other.yaml"))
            .spawn()
            .expect("another run");
        let kept = || {
            let runs = std::fs::read_dir("/var/tmp").ok()?.flatten().map(|e| e.path());
            runs.into_iter().find(|r| r.join("kept").exists())
        };
        let other_run = wait_for(Duration::from_secs(30), kept).expect("the other run's workspace");
        let named = UnixListener::bind(scratch.file("socket")).expect("a socket");
        std::fs::set_permissions(scratch.file("socket"), PermissionsExt::from_mode(0o777)).expect("chmod");
        let abstract_name = SocketAddr::from_abstract_name("isolab-canary").expect("a name");
        let unix = UnixListener::bind_addr(&abstract_name).expect("a socket");
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a server");
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        tcp.set_nonblocking(true).expect("a mode");
        udp.set_nonblocking(true).expect("a mode");
        unix.set_nonblocking(true).expect("a mode");
        named.set_nonblocking(true).expect("a mode");
        let began = (SystemTime::now(), Instant::now());
        Machine { uid, program, scratch, victim, other, other_run, tcp, udp, unix, named, visits: 0, began }
    }

    fn home(&self) -> PathBuf {
        self.scratch.file("home")
    }

    /// A hostile lesson with this machine's names in it.
    fn fill(&self, text: &str) -> String {
        let path = |p: &Path| p.display().to_string();
        let port = |a: std::io::Result<std::net::SocketAddr>| a.expect("an address").port().to_string();
        text.replace("HOME_DIR", &path(&self.home()))
            .replace("ROOT_SECRET", &path(&self.scratch.file("secret")))
            .replace("OTHER_RUN", &path(&self.other_run))
            .replace("UNIX_SOCKET", &path(&self.scratch.file("socket")))
            .replace("ABSTRACT_SOCKET", "isolab-canary")
            .replace("TCP_PORT", &port(self.tcp.local_addr()))
            .replace("UDP_PORT", &port(self.udp.local_addr()))
            .replace("VICTIM_PID", &self.victim.id().to_string())
    }

    /// What the keyrings of the starter have of a hostile lesson: that user looks, since each has its own.
    fn keys(&self) -> String {
        // keyctl(KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING and KEY_SPEC_USER_SESSION_KEYRING, …); perl passes texts, and wants them in variables.
        let script = r#"for my $ring (-4, -5) { my ($t, $d) = ("user", "isolab-hostile");
            print "found " if syscall(250, 10, $ring, $t, $d, 0) > 0 }"#;
        if cfg!(not(target_arch = "x86_64")) {
            return String::new();
        }
        let id = self.uid.to_string();
        let output = Command::new("setpriv")
            .args(["--reuid", &id, "--regid", &id, "--clear-groups", "perl", "-e", script])
            .output()
            .expect("perl");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn visits(&mut self) -> u32 {
        self.visits += u32::from(self.tcp.accept().is_ok());
        self.visits += u32::from(self.udp.recv(&mut [0; 64]).is_ok());
        self.visits += u32::from(self.unix.accept().is_ok());
        self.visits += u32::from(self.named.accept().is_ok());
        self.visits
    }

    /// Everything that no lesson may change.
    fn look(&mut self) -> BTreeMap<String, String> {
        let mut seen = BTreeMap::new();
        for directory in [
            self.home(),
            self.other_run.clone(),
            "/tmp".into(),
            "/dev/shm".into(),
            "/var/spool/cron/crontabs".into(),
        ] {
            for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
                let Ok(about) = entry.path().symlink_metadata() else { continue };
                let text = std::fs::read(entry.path()).unwrap_or_default();
                let text = String::from_utf8_lossy(&text[..text.len().min(200)]).into_owned();
                let text = if about.is_file() && about.len() < 10_000 { text } else { String::new() };
                let what = format!("{:o} {}:{} {text}", about.mode(), about.uid(), about.gid());
                seen.insert(format!("file {}", entry.path().display()), what);
            }
        }
        let secret = std::fs::read_to_string(self.scratch.file("secret")).unwrap_or_default();
        seen.insert("file of root".to_owned(), secret);
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        for name in [
            "kernel/hostname",
            "kernel/domainname",
            "kernel/core_pattern",
            "kernel/msgmni",
            "net/ipv4/ip_forward",
            "vm/swappiness",
        ] {
            seen.insert(format!("sysctl {name}"), read(&format!("/proc/sys/{name}")));
        }
        for name in ["shm", "sem", "msg"] {
            seen.insert(
                format!("ipc {name}"),
                read(&format!("/proc/sysvipc/{name}")).lines().count().to_string(),
            );
        }
        for line in read("/proc/self/mountinfo").lines().filter(|l| !l.contains("/isolab-")) {
            // Without the numbers, which later mounts take again.
            seen.insert(
                format!("mount {}", line.split(' ').skip(3).collect::<Vec<_>>().join(" ")),
                String::new(),
            );
        }
        let addresses = Command::new("ip").args(["-o", "addr"]).output().expect("ip");
        seen.insert("addresses".to_owned(), String::from_utf8_lossy(&addresses.stdout).into_owned());
        let links = Command::new("ip").args(["-br", "link"]).output().expect("ip");
        seen.insert("links".to_owned(), String::from_utf8_lossy(&links.stdout).into_owned());
        let listening =
            read("/proc/net/tcp").lines().filter(|l| l.split_whitespace().nth(3) == Some("0A")).count();
        seen.insert("listening".to_owned(), listening.to_string());
        let name = read("/proc/net/unix").contains("@isolab-evil");
        seen.insert("abstract name".to_owned(), name.to_string());
        seen.insert("visits".to_owned(), self.visits().to_string());
        let victim = i32::try_from(self.victim.id()).expect("a process number");
        let found = leftover::process(victim).map(|p| (p.started, p.state == 'S'));
        seen.insert("victim".to_owned(), format!("{found:?}"));
        seen.insert("victim's oom_score_adj".to_owned(), read(&format!("/proc/{victim}/oom_score_adj")));
        let status = read(&format!("/proc/{victim}/status"));
        let mask = status.lines().find(|l| l.starts_with("Cpus_allowed_list")).unwrap_or_default().to_owned();
        seen.insert("victim's CPUs".to_owned(), mask);
        let stat = read(&format!("/proc/{victim}/stat"));
        let nice =
            stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(16).map(str::to_owned));
        seen.insert("victim's nice".to_owned(), nice.unwrap_or_default());
        seen.insert(
            "the other run".to_owned(),
            format!("{:?}", self.other.try_wait().expect("wait").map(|s| s.code())),
        );
        seen.insert("keys".to_owned(), self.keys());
        let tops = leftover::cgroup_mounts();
        let named = tops
            .iter()
            .flat_map(|top| leftover::directories_below(top))
            .filter(|g| g.ends_with("isolab-hostile"));
        seen.insert("cgroups".to_owned(), named.map(|g| g.display().to_string()).collect::<String>());
        let clock = SystemTime::now().duration_since(self.began.0).unwrap_or_default();
        let drift = clock.abs_diff(self.began.1.elapsed());
        seen.insert("clock".to_owned(), (drift < Duration::from_secs(5)).to_string());
        seen
    }
}

/// Processes that were not there before the first lesson. What a program has started ends with its run.
fn strangers(known: &BTreeSet<i32>) -> Vec<String> {
    let all = leftover::processes().into_iter().filter(|p| p.state != 'Z' && !known.contains(&p.pid));
    let own = std::process::id().cast_signed();
    all.filter(|p| p.parent != own || p.arguments.first().is_some_and(|a| a == "setsid"))
        .map(|p| format!("process {} {:?}", p.pid, p.arguments))
        .collect()
}

impl Drop for Machine {
    fn drop(&mut self) {
        let other = i32::try_from(self.other.id()).expect("a process number");
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(other), nix::sys::signal::Signal::SIGTERM);
        let _ = self.other.wait();
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}

fn runs() -> BTreeSet<PathBuf> {
    std::fs::read_dir("/var/tmp").into_iter().flatten().flatten().map(|e| e.path()).collect()
}

/// Takes away what hostile lessons have left.
fn clean() {
    for directory in ["/tmp", "/var/tmp", "/dev/shm"] {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("isolab-") {
                let _ = std::fs::remove_file(entry.path()).or_else(|_| std::fs::remove_dir_all(entry.path()));
            }
        }
    }
    let _ = Command::new("ipcrm").arg("--all").status();
}

/// The program as this user starts it, with an environment that gives much away.
fn command(program: &Program, uid: u32, home: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if uid == 0 {
        command.arg("--");
    } else {
        let id = uid.to_string();
        command.args(["--reuid", &id, "--regid", &id, "--clear-groups", "--"]);
    }
    command.arg(program.command().get_program()).env_remove("ISOLAB_RUN").current_dir("/");
    command.env("HOME", home).env("SSH_AUTH_SOCK", "/tmp/SECRET-OF-ENVIRONMENT");
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/tmp/SECRET-OF-ENVIRONMENT");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// What a hostile lesson came to.
struct Outcome {
    end: End,
    harm: Vec<String>,
    said: String,
}

fn run(machine: &mut Machine, name: &str, text: &str, known: &BTreeSet<i32>) -> Outcome {
    let file = machine.scratch.file(&format!("{name}.yaml"));
    std::fs::write(&file, machine.fill(text)).expect("a lesson");
    let home = machine.home();
    let lint = command(&machine.program, machine.uid, &home).arg("lint").arg(&file).output().expect("lint");
    let report = machine.scratch.file(&format!("{name}.json"));
    let (before, others) = (machine.look(), runs());
    let mut terminal = Terminal::open();
    let lab = command(&machine.program, machine.uid, &home);
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait"]).arg(lab.get_program()).args(lab.get_args());
    command.args(["check", "--format", "json", "--output"]).arg(&report).arg(&file);
    for (key, value) in lab.get_envs() {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    let end = || Stdio::from(terminal.slave.try_clone().expect("a descriptor"));
    let mut child =
        command.current_dir("/").stdin(end()).stdout(end()).stderr(end()).spawn().expect("the lab");
    let (mut shown, mut harm) = (String::new(), Vec::new());
    let until = Instant::now() + DEADLINE;
    let code = loop {
        // A full terminal would hold the lab up.
        shown += &everything(&mut terminal.master);
        if let Some(status) = child.try_wait().expect("wait") {
            break status.code();
        }
        if Instant::now() > until {
            harm.push("the lab does not end".to_owned());
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let (got, typed) = terminal.seen();
    shown += &got;
    if shown.contains("EVIL") || shown.contains("\x1b]") {
        harm.push(format!("the terminal got {shown:?}"));
    }
    if typed != TYPED {
        harm.push(format!("of what was typed there is {typed:?}"));
    }
    let strangers = || strangers(known);
    wait_for(SETTLE, || strangers().is_empty().then_some(()));
    harm.extend(strangers());
    for stranger in leftover::processes().into_iter().filter(|p| !known.contains(&p.pid) && p.parent == 1) {
        // What got away must not be taken for the next lesson's.
        let _ = nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(stranger.pid),
            nix::sys::signal::Signal::SIGKILL,
        );
    }
    let written = std::fs::read_to_string(&report).unwrap_or_default();
    let _ = std::fs::remove_file(&report);
    let _ = std::fs::remove_file(&file);
    for secret in ["SECRET-OF-HOME", "SECRET-OF-ROOT", "SECRET-OF-ENVIRONMENT"] {
        if written.contains(secret) || shown.contains(secret) {
            harm.push(format!("the report has {secret}"));
        }
    }
    let after = machine.look();
    for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        if before.get(key) != after.get(key) && !key.contains(&format!("/{name}.")) {
            harm.push(format!("{key}: {:?} → {:?}", before.get(key), after.get(key)));
        }
    }
    harm.extend(runs().difference(&others).map(|r| format!("left: {}", r.display())));
    let lessons: Vec<LessonRecord> = serde_json::from_str::<serde_json::Value>(&written)
        .ok()
        .and_then(|mut d| serde_json::from_value(d["lessons"].take()).ok())
        .unwrap_or_default();
    harm.extend(lessons.iter().flat_map(|l| &l.left).map(|l| format!("left: {l:?}")));
    let (end, said) = match lessons.first().map(|l| (&l.status, common::troubles(l))) {
        _ if !lint.status.success() => (Lint, String::from_utf8_lossy(&lint.stderr).into_owned()),
        Some((Status::Passed, _)) => (Contained, String::new()),
        Some((Status::Blocked { .. }, said)) => (Blocked, said),
        Some((_, said)) => (Refused, said),
        None => (Refused, format!("exit {code:?}: {shown}")),
    };
    if !lint.status.success() && code == Some(0) {
        harm.push("it was run although lint refuses it".to_owned());
    }
    Outcome { end, harm, said }
}

/// All that can be read now.
fn everything(from: &mut dyn Read) -> String {
    let (mut text, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(n) = from.read(&mut part) {
        if n == 0 {
            break;
        }
        text.extend_from_slice(&part[..n]);
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn all(uid: u32) {
    assert!(
        is_root() && std::fs::read_to_string("/proc/sys/kernel/hostname").is_ok_and(|n| n == "canary\n"),
        "not inside"
    );
    let mut machine = Machine::make(uid);
    let mut known: BTreeSet<i32> = leftover::processes().iter().map(|p| p.pid).collect();
    let only = std::env::var("ISOLAB_HOSTILE").ok();
    let (mut wrong, mut counts) = (String::new(), BTreeMap::<String, u32>::new());
    for file in files() {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        if only.as_deref().is_some_and(|o| !name.starts_with(o)) {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a lesson");
        let expected = TABLE
            .iter()
            .find(|(n, ..)| *n == name)
            .map(|(_, root, user)| if uid == 0 { *root } else { *user });
        if uid == 0 && LONG.contains(&name.as_str()) && std::env::var_os("ISOLAB_SLOW").is_none() {
            skip(&format!("hostile lesson {name} of root"), "slow: set ISOLAB_SLOW=1");
            continue;
        }
        let outcome = run(&mut machine, &name, &text, &known);
        *counts.entry(format!("{:?}", outcome.end)).or_default() += 1;
        if only.is_some() || std::env::var_os("ISOLAB_HOSTILE_TABLE").is_some() {
            note(&format!("{name} {uid}: {:?} {:?}\n{}", outcome.end, outcome.harm, outcome.said));
        }
        for harm in &outcome.harm {
            let _ = writeln!(wrong, "{name}: {harm}");
        }
        if !outcome.harm.is_empty() {
            // The canaries of the next one are alive again.
            drop(machine);
            clean();
            machine = Machine::make(uid);
            known = leftover::processes().iter().map(|p| p.pid).collect();
        }
        let held = expected == Some(Held) && matches!(outcome.end, Refused | Contained);
        if expected != Some(outcome.end) && !held {
            let _ = writeln!(wrong, "{name}: {:?}, expected {expected:?}: {}", outcome.end, outcome.said);
        }
    }
    note(&format!("hostile lessons as uid {uid}: {counts:?}"));
    assert!(wrong.is_empty(), "as uid {uid}:\n{wrong}");
}
