//! Every block of commands in the lessons, typed as printed: what appears on the terminal must be what the lesson says (`prints`), and nothing may
//! be left behind.
//!
//! The blocks of a lesson go into one shell, in the order of the steps, as they do for a person: by root and by an ordinary user, line by line or
//! pasted, into `bash` and into `sh`. Around the shell are namespaces that protect this machine and change no block's meaning: PIDs (so that
//! everything ends with the first process), mounts (of the machine's own kind of propagation), host name, IPC and network, with a `/tmp` and a
//! `/dev/shm` of its own. Cgroups are the machine's.
//!
//! `ISOLAB_BY_HAND=uts` takes one lesson and `ISOLAB_BY_HAND=/path/own.yaml` that file; both show everything. `ISOLAB_SLOW=1` takes every way of
//! typing. What a terminal showed is printed with every failure.

mod common;

#[path = "by_hand/terminal.rs"]
mod terminal;

use common::{built_in, is_root, leftover, note, skip, test, wait_for};
use isolab::lesson::{load_file, text};
use isolab::probe::cgroup::Hierarchies;
use isolab::vocabulary::when::Rights;
use isolab::vocabulary::{Lesson, Need, Per, Step, Variant, Version, printed};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use terminal::{Session, Way};

/// Nobody has this id, and nobody's processes or files are in the way.
const ORDINARY: u32 = 51_234;
/// The first ordinary user of a machine, who has a manager of systemd's where somebody is logged in or lingers.
const MANAGED: u32 = 1000;
/// What a block has started may go on for so long by itself: `sleep 60` is in many. In seconds.
const LINGERING: u64 = 75;
/// What ends with the shell has ended after this time.
const SETTLE: Duration = Duration::from_secs(5);
/// Programs that are not on every machine. What a block that names one prints is not judged where it is missing.
const PROGRAMS: [&str; 9] =
    ["sudo", "curl", "python3", "xz", "ping", "top", "systemd-run", "nft", "iptables"];

/// The first process around a shell. It says when the shell has ended and waits until somebody has looked at what is left.
const AROUND: &str = r#"
set -e
place=$1 shared=$2; shift 2
[ "$shared" = no ] || mount --make-rshared /
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
[ ! -d /run/netns ] || mount -t tmpfs tmpfs /run/netns
# Debian's sets a prompt of its own.
[ ! -e /etc/bash.bashrc ] || mount --bind /dev/null /etc/bash.bashrc
ip link set lo up 2>/dev/null || true
# Some programs look their own number up in an older /proc: on a machine, low numbers are there.
n=0
while [ $n -lt 40 ]; do tail -f /dev/null & n=$((n + 1)); done
cd "$place/home"
# A program that should meet a group's limit takes all memory where the group was not made.
ulimit -v 4194304
set +e
setsid --ctty --wait "$@"
: >"$place/ended"
tries=0
while [ ! -e "$place/seen" ] && [ $tries -lt 1200 ]; do sleep 0.1; tries=$((tries + 1)); done
"#;

/// Who types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Root,
    Ordinary,
}

impl Who {
    fn name(self) -> &'static str {
        match self {
            Who::Root => "root",
            Who::Ordinary => "an ordinary user",
        }
    }
}

/// What a machine has.
struct Machine {
    version: Version,
    missing: BTreeSet<&'static str>,
}

impl Machine {
    fn here() -> Self {
        let missing = PROGRAMS.into_iter().filter(|p| !there(p)).collect();
        let version = Hierarchies::detect(Path::new("/proc")).map_or(Version::V2, |h| h.version());
        Machine { version, missing }
    }

    fn variant(&self, who: Who) -> Variant {
        Variant::new(self.version, if who == Who::Root { Rights::Root } else { Rights::Rootless })
    }
}

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

fn there(program: &str) -> bool {
    PATH.split(':').any(|directory| Path::new(directory).join(program).exists())
}

fn here<'p, T>(per: Option<&'p Per<T>>, machine: &Machine, who: Who) -> Option<&'p T> {
    per.and_then(|p| p.here(&machine.variant(who)))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).filter(|w| !w.is_empty())
}

/// Why a step's block is not typed here.
fn excuse(lesson: &Lesson, step: &Step, block: &str, machine: &Machine, who: Who) -> Option<String> {
    let rootless = who == Who::Ordinary;
    if !machine.variant(who).meets(step.when.as_ref()) {
        return Some("the step is not for this machine".to_owned());
    }
    let needs: Vec<&Need> = lesson.needs.iter().chain(&step.needs).collect();
    // What its cgroups need, no lesson has to say.
    if !lesson.cgroups.is_empty() && rootless && machine.version == Version::V1 {
        return Some("on cgroup v1 an ordinary user makes no groups".to_owned());
    }
    if rootless && asks_systemd(block) && !Path::new(&format!("/run/user/{MANAGED}/bus")).exists() {
        return Some("there is no user manager to ask for a scope".to_owned());
    }
    if rootless && needs.contains(&&Need::IdRange) {
        return Some("an ordinary user has no range of ids here".to_owned());
    }
    // Root's sudo is the program itself, and a stand-in is in the PATH where it is missing.
    (rootless && words(block).any(|w| w == "sudo")).then(|| "it begins as root".to_owned())
}

/// A program that a block names and this machine lacks: what it prints then says nothing, but later blocks may need what else it does.
fn lacking(block: &str, machine: &Machine) -> Option<&'static str> {
    words(block).find_map(|w| machine.missing.get(w).copied().filter(|p| *p != "sudo"))
}

/// Whether blocks ask systemd for a scope: it must know the caller's number, so there is no PID namespace around them.
fn asks_systemd(texts: &str) -> bool {
    Path::new("/run/systemd/system").exists() && words(texts).any(|w| w == "systemd-run")
}

/// What a session came to.
#[derive(Default)]
struct Report {
    typed: usize,
    claims: usize,
    unmet: Vec<String>,
    left: Vec<String>,
    skipped: Vec<String>,
}

/// What is there that a block can leave.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Inventory(BTreeSet<String>);

impl Inventory {
    /// Around the first process of a session, whose blocks have these texts.
    fn take(first: i32, home: &Path, texts: &str) -> Self {
        let mut found = BTreeSet::new();
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{first}/{name}")).unwrap_or_default();
        for line in read("mountinfo").lines() {
            let at = line.split(' ').nth(4).unwrap_or_default();
            // `ip netns` makes its directory a mount of its own.
            if at != "/run/netns" {
                found.insert(format!("mount {at}"));
            }
        }
        found.extend(
            read("net/dev").lines().filter_map(|l| l.split_once(':')).map(|l| format!("link {}", l.0.trim())),
        );
        let ipc = Command::new("nsenter")
            .args([
                "--ipc",
                "--target",
                &first.to_string(),
                "cat",
                "/proc/sysvipc/shm",
                "/proc/sysvipc/sem",
                "/proc/sysvipc/msg",
            ])
            .output();
        let ipc = ipc.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
        let objects =
            ipc.lines().filter(|l| l.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '-'));
        found.extend(objects.map(|l| format!("ipc {l}")));
        for place in ["tmp", "dev/shm", "run/netns"] {
            let entries =
                std::fs::read_dir(format!("/proc/{first}/root/{place}")).into_iter().flatten().flatten();
            found.extend(entries.map(|e| format!("file /{place}/{}", e.file_name().to_string_lossy())));
        }
        let entries = std::fs::read_dir(home).into_iter().flatten().flatten();
        found.extend(entries.map(|e| format!("file ~/{}", e.file_name().to_string_lossy())));
        // The machine's own places: others use them meanwhile, so only names that a block has.
        let named: BTreeSet<&str> = words(texts).collect();
        for top in leftover::cgroup_mounts() {
            let groups = leftover::directories_below(&top).into_iter();
            let groups =
                groups.filter(|g| g.file_name().is_some_and(|n| named.contains(&*n.to_string_lossy())));
            // Other tests run lessons meanwhile, whose groups have names of their own.
            let of_a_run = |path: &Path| {
                path.components().any(|c| c.as_os_str().as_encoded_bytes().starts_with(b"isolab-"))
            };
            found.extend(groups.filter(|g| !of_a_run(g)).map(|g| format!("cgroup {}", g.display())));
        }
        let entries = std::fs::read_dir("/var/tmp").into_iter().flatten().flatten();
        let files = entries
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .filter(|n| named.contains(n.as_str()));
        found.extend(files.map(|n| format!("file /var/tmp/{n}")));
        Inventory(found)
    }

    fn since(&self, before: &Inventory) -> Vec<String> {
        self.0.difference(&before.0).cloned().collect()
    }
}

/// The processes of a session but for its first two and what has ended.
fn processes(session: i32, first: i32) -> Vec<leftover::Process> {
    let all = leftover::descendants(session).into_iter();
    all.filter(|p| {
        let around = p.parent == first
            && (p.arguments == ["sleep", "0.1"]
                || p.arguments == ["tail", "-f", "/dev/null"]
                // One of the two that is about to be executed.
                || p.arguments.get(3).is_some_and(|a| a == "around"));
        // Without arguments it has no memory any more: it is about to be a zombie.
        p.pid != first && p.state != 'Z' && !p.arguments.is_empty() && !around
    })
    .collect()
}

/// A directory for a session, gone afterwards. Not in `/tmp`, which the session covers.
struct Place(PathBuf);

impl Place {
    fn make() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!("/var/tmp/test-of-isolab-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).expect("a directory for the test");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("chmod");
        Place(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `sleep 60` is in many blocks, and over soon.
fn ends_by_itself(process: &leftover::Process) -> bool {
    let seconds = process.arguments.get(1).and_then(|s| s.parse::<u64>().ok());
    process.name == "sleep" && seconds.is_some_and(|s| s <= LINGERING)
}

struct Surroundings {
    place: Place,
    outer: Child,
    first: i32,
    before: Inventory,
}

impl Surroundings {
    fn start(who: Who, way: Way, lesson: &str, manager: bool, slave: &std::fs::File) -> Self {
        let place = Place::make();
        let home = place.file("home");
        std::fs::create_dir(&home).expect("a home");
        let programs = place.file("bin");
        std::fs::create_dir(&programs).expect("a directory");
        if !there("sudo") && who == Who::Root {
            std::fs::write(programs.join("sudo"), "#!/bin/sh\nexec \"$@\"\n").expect("a program");
            std::fs::set_permissions(programs.join("sudo"), PermissionsExt::from_mode(0o755)).expect("chmod");
        }
        let id = match who {
            Who::Root => 0,
            // Only a user who is known to systemd has a manager.
            Who::Ordinary if manager => MANAGED,
            Who::Ordinary => ORDINARY,
        };
        std::os::unix::fs::chown(&home, Some(id), Some(id)).expect("chown");
        let shared = std::fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
        let shared = shared.lines().any(|l| l.split(' ').nth(4) == Some("/") && l.contains(" shared:"));
        let mut command = Command::new("unshare");
        // The mount namespace of a machine is shared or private; what is done in here reaches it in neither case.
        if !manager {
            command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
        }
        command.args(["--mount", "--propagation", "private", "--uts", "--ipc", "--net"]);
        command.args(["sh", "-c", AROUND, "around"]);
        command.arg(&place.0).arg(if shared { "yes" } else { "no" });
        if who == Who::Ordinary {
            let id = id.to_string();
            command.args(["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"]);
        }
        command.args(way.shell());
        command.env_clear().env("HOME", &home).env("PATH", format!("{PATH}:{}", programs.display()));
        if manager && who == Who::Ordinary {
            command.env("XDG_RUNTIME_DIR", format!("/run/user/{MANAGED}"));
        }
        command
            .env("HISTFILE", "/dev/null")
            .env("TERM", "xterm")
            .env("LANG", "C.UTF-8")
            .env("SHELL", "/bin/bash");
        command.env("PS1", terminal::PROMPT).env("PS2", terminal::MORE);
        let end = || Stdio::from(slave.try_clone().expect("a descriptor"));
        command.stdin(end()).stdout(end()).stderr(end());
        let outer = command.spawn().expect("unshare");
        let session = i32::try_from(outer.id()).expect("a process number");
        let first = if manager {
            Some(session)
        } else {
            wait_for(Duration::from_secs(20), || leftover::children(session).first().map(|p| p.pid))
        };
        let first = first.unwrap_or_else(|| panic!("{lesson}: no shell as {}", who.name()));
        Surroundings { first, place, outer, before: Inventory::default() }
    }

    fn home(&self) -> PathBuf {
        self.place.file("home")
    }

    fn session(&self) -> i32 {
        i32::try_from(self.outer.id()).expect("a process number")
    }

    fn look(&self, texts: &str) -> Inventory {
        Inventory::take(self.first, &self.home(), texts)
    }

    /// Processes that do not end by themselves, and everything else that is new.
    fn left(&self, texts: &str) -> Vec<String> {
        let look = || processes(self.session(), self.first);
        wait_for(SETTLE, || look().is_empty().then_some(()));
        wait_for(Duration::from_secs(LINGERING), || (!look().iter().any(ends_by_itself)).then_some(()));
        let mut left: Vec<String> = look().iter().map(|p| format!("process {:?}", p.arguments)).collect();
        left.extend(self.look(texts).since(&self.before));
        left
    }
}

impl Drop for Surroundings {
    fn drop(&mut self) {
        // Without a PID namespace these are all that there are.
        for process in leftover::descendants(self.session()) {
            let _ = nix::sys::signal::kill(
                nix::unistd::Pid::from_raw(process.pid),
                nix::sys::signal::Signal::SIGKILL,
            );
        }
        // `--kill-child` ends the first process with it, and that one's end everything in its PID namespace.
        let _ = self.outer.kill();
        let _ = self.outer.wait();
    }
}

/// Cgroups that a session has made, and that its end did not take away.
fn remove_groups(left: &[String]) {
    let mut groups: Vec<&str> = left.iter().filter_map(|l| l.strip_prefix("cgroup ")).collect();
    groups.sort_by_key(|g| std::cmp::Reverse(g.len()));
    for group in groups {
        let gone = wait_for(Duration::from_secs(5), || {
            (!Path::new(group).exists() || std::fs::remove_dir(group).is_ok()).then_some(())
        });
        if gone.is_none() {
            note(&format!("by_hand: {group} cannot be removed"));
        }
    }
    for file in left.iter().filter_map(|l| l.strip_prefix("file /var/tmp/")) {
        let path = Path::new("/var/tmp").join(file);
        let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path));
    }
}

/// Types all blocks of a lesson.
fn type_lesson(lesson: &Lesson, machine: &Machine, who: Who, way: Way) -> Report {
    let mut report = Report::default();
    let mut blocks = Vec::new();
    for step in &lesson.steps {
        let Some(block) = here(step.by_hand.as_ref(), machine, who) else { continue };
        let block = text::fill(block, &lesson.params, &machine.variant(who));
        match excuse(lesson, step, &block, machine, who) {
            Some(why) => report.skipped.push(format!("{}: {why}", step.id)),
            None => blocks.push((step, block)),
        }
    }
    if blocks.is_empty() {
        return report;
    }
    let texts: String = blocks.iter().map(|(_, b)| b.as_str()).collect();
    let (mut session, slave) = Session::open(way);
    let mut around = Surroundings::start(who, way, &lesson.id, asks_systemd(&texts), &slave);
    drop(slave);
    if let Err(seen) = session.wait_for_prompt() {
        report.unmet.push(format!("no prompt; the terminal showed:\n{seen}"));
        return report;
    }
    around.before = around.look(&texts);
    for (step, block) in &blocks {
        let place = format!("{}/{} as {}, {}", lesson.id, step.id, who.name(), way.name());
        let (output, ended) = session.enter(block);
        report.typed += 1;
        let stated = here(step.prints.as_ref(), machine, who).map(|m| m.0.as_slice()).unwrap_or_default();
        let stated = match lacking(block, machine) {
            Some(program) if !stated.is_empty() => {
                report.skipped.push(format!("{}, what it prints: {program} is not installed", step.id));
                &[]
            }
            _ => stated,
        };
        report.claims += stated.len();
        let unmet = printed::unmet(stated, &output);
        if std::env::var_os("ISOLAB_BY_HAND").is_some() {
            note(&format!("── {place}\n{output}"));
        }
        let mut wrong: Vec<String> = unmet.iter().map(ToString::to_string).collect();
        if !ended {
            wrong.push("does not come back to its prompt".to_owned());
        }
        if !wrong.is_empty() {
            let mut text = format!("{place}\n");
            for claim in &wrong {
                let _ = writeln!(text, "    not so: {claim}");
            }
            for line in output.lines() {
                let _ = writeln!(text, "    | {line}");
            }
            report.unmet.push(text);
        }
        if !ended {
            break;
        }
    }
    session.leave(&around.place.file("ended"));
    report.left = around.left(&texts);
    std::fs::write(around.place.file("seen"), "").expect("a file");
    drop(around);
    remove_groups(&report.left);
    report
}

/// What the blocks of the lessons leave today, by lesson and by the start of what is said of it. Only lines may be taken away here.
const KNOWN_TO_STAY: &[(&str, &str)] = &include!("by_hand/known.rs");

fn ways() -> Vec<(Who, Way)> {
    if std::env::var_os("ISOLAB_SLOW").is_some() {
        let both = |way: &Way| [(Who::Root, *way), (Who::Ordinary, *way)];
        return Way::ALL.iter().flat_map(both).collect();
    }
    skip(&format!("{}: the other ways of typing", test()), "slow: set ISOLAB_SLOW=1");
    vec![(Who::Root, Way::PastedIntoBash), (Who::Ordinary, Way::TypedIntoSh)]
}

/// The lessons that were asked for.
/// The tests among which the lessons are dealt out; they run side by side.
const HANDS: usize = 4;

/// Every lesson of a hand, in the order of the catalog.
fn hold(hand: usize) {
    let only = std::env::var("ISOLAB_BY_HAND").ok().filter(|o| !o.is_empty() && o != "all");
    let dealt =
        built_in().into_iter().enumerate().filter(|(i, _)| i % HANDS == hand).map(|(_, lesson)| lesson);
    let wanted = dealt.filter(|lesson| only.as_ref().is_none_or(|only| *only == lesson.id));
    hold_lessons(&wanted.collect::<Vec<_>>());
}

fn hold_lessons(lessons: &[Lesson]) {
    if !is_root() {
        return skip(&test(), "only root can protect the machine from what is typed");
    }
    if let Some(program) = ["unshare", "nsenter", "setsid", "setpriv", "ip"].into_iter().find(|p| !there(p)) {
        return skip(&test(), &format!("{program} is not installed"));
    }
    let machine = Machine::here();
    let mut wrong = String::new();
    for lesson in lessons {
        for (who, way) in ways() {
            let report = type_lesson(lesson, &machine, who, way);
            let place = format!("{} as {}, {}", lesson.id, who.name(), way.name());
            note(&format!(
                "by_hand: {place}: {} blocks, {} statements, {} wrong, {} left",
                report.typed,
                report.claims,
                report.unmet.len(),
                report.left.len()
            ));
            for why in &report.skipped {
                skip(&format!("by_hand: {}/{why}", lesson.id), who.name());
            }
            wrong.extend(report.unmet.iter().map(|u| format!("{u}\n")));
            let known =
                |left: &str| KNOWN_TO_STAY.iter().any(|(l, what)| *l == lesson.id && left.starts_with(what));
            for left in report.left.iter().filter(|l| !known(l)) {
                let _ = writeln!(wrong, "{place}: leaves {left}");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// An author's own lesson.
#[test]
fn a_lesson_file() {
    let file = std::env::var_os("ISOLAB_BY_HAND").map(PathBuf::from).filter(|f| f.extension().is_some());
    let Some(file) = file else { return skip(&test(), "ISOLAB_BY_HAND names no file") };
    let lesson = load_file(&file, &BTreeMap::new());
    hold_lessons(&[
        lesson.unwrap_or_else(|d| panic!("{}", d.iter().map(ToString::to_string).collect::<String>()))
    ]);
}

#[test]
fn every_fourth_lesson_from_the_first() {
    hold(0);
}

#[test]
fn every_fourth_lesson_from_the_second() {
    hold(1);
}

#[test]
fn every_fourth_lesson_from_the_third() {
    hold(2);
}

#[test]
fn every_fourth_lesson_from_the_fourth() {
    hold(3);
}

/// The test itself: it sees what is printed, what is not, and what stays.
#[test]
fn what_is_wrong_is_seen() {
    if !is_root() {
        return skip(&test(), "only root can protect the machine from what is typed");
    }
    let text = include_str!("by_hand/wrong.yaml");
    let lesson =
        isolab::lesson::load("wrong.yaml", text, &BTreeMap::new()).unwrap_or_else(|d| panic!("{}", d[0]));
    let machine = Machine::here();
    for way in Way::ALL {
        let report = type_lesson(&lesson, &machine, Who::Ordinary, way);
        assert_eq!((report.typed, report.claims), (3, 8), "{way:?}");
        assert_eq!(report.unmet.len(), 1, "{way:?}: {:#?}", report.unmet);
        assert!(report.unmet[0].contains("not so: prints `three`"), "{way:?}: {}", report.unmet[0]);
        assert!(report.unmet[0].contains("not so: lacks `two`"), "{way:?}: {}", report.unmet[0]);
        assert_eq!(report.left, [r#"process ["sleep", "1001"]"#, "file /tmp/forgotten"], "{way:?}");
    }
}
