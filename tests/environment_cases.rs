//! Machines on which something is missing, made in namespaces of the test's own: what a lesson needs and does not get there blocks it before it
//! begins, with the true cause and a remedy that works when it is typed, and doctor says so too. Nothing is ever red.

mod common;

use common::{ISOLAB, NOBODY, Scratch, copy, is_root, skip, test, wait_for};
use isolab::events::{LessonRecord, Status, StepRecord};
use isolab::lesson::catalog::BUILT_IN;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A user that nobody else is: the limits on processes count a user's.
const FRESH: u32 = 61234;
/// One command of a case ends within this time, however busy the machine is: 5 minutes.
const DEADLINE: Duration = Duration::from_secs(300);
/// Where filesystems and files can be refused to a program by a rule.
const FILTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/environment/filter.py");
/// Starts a program in a container as Docker makes it.
const CONTAINER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/environment/container.py");
/// What ends the output of a command.
const MARK: &str = "--- ended";

/// A shell in surroundings of its own. It types what a person would.
struct Here {
    shell: Child,
    input: ChildStdin,
    output: Receiver<String>,
    scratch: Scratch,
    program: PathBuf,
    reports: u32,
}

impl Here {
    /// Starts the shell behind these words; nothing, with the reason, where this user may not make such surroundings.
    fn new(words: &[&str]) -> Option<Self> {
        let scratch = Scratch::new();
        let program = scratch.file("isolab");
        copy(Path::new(ISOLAB), &program);
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("chmod");
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).args(["sh"]).env_remove("ISOLAB_RUN").current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut shell = match command.spawn() {
            Ok(shell) => shell,
            Err(e) => {
                skip(&test(), &format!("{}: {e}", words[0]));
                return None;
            }
        };
        let input = shell.stdin.take().expect("a pipe");
        let lines = BufReader::new(shell.stdout.take().expect("a pipe")).lines();
        let (send, output) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).all(|line| send.send(line).is_ok()));
        let mut here = Here { shell, input, output, scratch, program, reports: 0 };
        if here.try_to("exec 2>&1; true").is_none() {
            let mut said = String::new();
            let _ = std::io::Read::read_to_string(&mut here.shell.stderr.take().expect("a pipe"), &mut said);
            skip(&test(), said.trim());
            return None;
        }
        Some(here)
    }

    /// As root, in a mount table of its own.
    fn as_root() -> Option<Self> {
        if !is_root() {
            skip(&test(), "only root can make such a machine");
            return None;
        }
        Here::new(&["unshare", "--mount", "--propagation", "private"])
    }

    /// Types a line; gives its exit code and what it printed, or nothing when the shell is gone.
    fn try_to(&mut self, line: &str) -> Option<(i32, String)> {
        writeln!(self.input, "{line}\necho \"{MARK} $?\"").ok()?;
        let mut printed = String::new();
        loop {
            let line = self.output.recv_timeout(DEADLINE).ok()?;
            match line.strip_prefix(MARK) {
                Some(code) => return Some((code.trim().parse().ok()?, printed)),
                None => printed.extend([&line, "\n"]),
            }
        }
    }

    fn run(&mut self, line: &str) -> (i32, String) {
        self.try_to(line).unwrap_or_else(|| panic!("the shell is gone: {line}"))
    }

    /// Types what makes or mends the surroundings.
    fn set(&mut self, line: &str) {
        let (code, printed) = self.run(line);
        assert_eq!(code, 0, "{line}\n{printed}");
    }

    /// The same where it may not be possible; then the case is skipped.
    fn may(&mut self, line: &str) -> bool {
        let (code, printed) = self.run(line);
        if code != 0 {
            skip(&test(), &format!("{line}: {}", printed.trim()));
        }
        code == 0
    }

    fn isolab(&mut self, words: &str) -> (i32, String) {
        let program = self.program.display().to_string();
        self.run(&format!("{program} {words}"))
    }

    /// Checks a lesson by its JSON report, and holds doctor against it.
    fn check(&mut self, words: &str) -> LessonRecord {
        self.reports += 1;
        // Standard output, because the file would be made with the surroundings' rights.
        let (_, doctor) = self.isolab("doctor");
        assert!(!doctor.contains("see isolab doctor"), "doctor names itself as a remedy:\n{doctor}");
        let (_, printed) = self.isolab(&format!("check {words} --format json"));
        let start =
            printed.find('{').unwrap_or_else(|| panic!("check {words} printed no report:\n{printed}"));
        let mut document: serde_json::Value =
            serde_json::from_str(&printed[start..]).unwrap_or_else(|e| panic!("{e}:\n{printed}"));
        let mut lessons: Vec<LessonRecord> =
            serde_json::from_value(document["lessons"].take()).expect("the lessons' records");
        let record = lessons.remove(0);
        assert_ne!(record.status, Status::Failed, "red:\n{}", common::troubles(&record));
        assert!(record.left.is_empty(), "{:?}", record.left);
        let line = doctor.lines().find(|l| l.starts_with(&format!("lesson {} ", record.id)));
        let line = line.unwrap_or_else(|| panic!("doctor has no line for {}:\n{doctor}", record.id));
        // Other work on the machine blocks verdicts, and not before the step.
        let stays_out = |s: &StepRecord| matches!(s.status, Status::Blocked { .. }) && s.verdicts.is_empty();
        let clean = line.contains("✓ yes");
        if record.steps.iter().any(stays_out) {
            assert!(!clean, "doctor is clean, the lesson is not: {line}");
        } else {
            let another = words.contains("--step") && line.contains("from step");
            assert!(clean || another, "doctor blocks what passes: {line}\n{doctor}");
        }
        record
    }

    fn passes(&mut self, words: &str) {
        let record = self.check(words);
        assert_eq!(record.status, Status::Passed, "{}", common::troubles(&record));
    }

    /// The lesson is blocked, for this cause and with this remedy (or a part of each). Gives the whole remedy.
    fn blocked(&mut self, words: &str, cause: &str, cure: &str) -> String {
        let record = self.check(words);
        let Status::Blocked { reason, remedy } = &record.status else {
            panic!("not blocked:\n{}", common::troubles(&record));
        };
        assert!(reason.contains(cause), "the cause is told as: {reason}");
        assert!(remedy.contains(cure), "for {reason}\nthe remedy is: {remedy}");
        remedy.clone()
    }

    /// [`Self::blocked`], and not any more when the remedy was typed.
    fn cured(&mut self, words: &str, cause: &str, cure: &str) {
        self.blocked(words, cause, cure);
        self.set(cure);
        self.passes(words);
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let _ = writeln!(self.input, "exit");
        let ended = wait_for(Duration::from_secs(10), || self.shell.try_wait().ok().flatten());
        if ended.is_none() {
            let _ = self.shell.kill();
        }
        let _ = self.shell.wait();
    }
}

/// A copied mount table lists mounts on mounts earlier than the original does.
#[test]
fn var_is_a_mount_and_another_one_follows() {
    let Some(mut here) = Here::as_root() else { return };
    here.set("mount --bind /var /var && mount -t tmpfs t /mnt");
    here.passes("mount");
}

#[test]
fn var_tmp_is_missing() {
    let Some(mut here) = Here::as_root() else { return };
    here.set("mount -t tmpfs t /var");
    here.cured("uts", "no file can be made in /var/tmp: ENOENT", "mkdir -p -m 1777 /var/tmp");
}

#[test]
fn var_tmp_is_read_only() {
    let Some(mut here) = Here::as_root() else { return };
    here.set("mount -t tmpfs -o ro t /var/tmp");
    here.cured("uts", "no file can be made in /var/tmp: EROFS", "mount -t tmpfs -o mode=1777 tmpfs /var/tmp");
}

#[test]
fn var_tmp_is_closed() {
    if !is_root() {
        return skip(&test(), "only root can make such a machine");
    }
    let user = format!("--reuid={NOBODY}");
    let group = format!("--regid={NOBODY}");
    let script = "mount -t tmpfs -o mode=755 t /var/tmp && exec setpriv \"$@\"";
    let words = [
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        script,
        "sh",
        &user,
        &group,
        "--clear-groups",
    ];
    let Some(mut here) = Here::new(&words) else { return };
    here.blocked("uts", "no file can be made in /var/tmp: EACCES", "sudo chmod 1777 /var/tmp");
}

#[test]
fn var_tmp_is_an_overlay() {
    let Some(mut here) = Here::as_root() else { return };
    here.set("mount -t tmpfs t /mnt && mkdir /mnt/l /mnt/u /mnt/w && mount -t overlay o -o lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w /var/tmp && chmod 1777 /var/tmp");
    here.passes("uts");
    here.blocked("overlay", "/var/tmp is on overlay, which", "mount -t tmpfs -o mode=1777 tmpfs /var/tmp");
    here.set("mount -t tmpfs -o mode=1777 tmpfs /var/tmp");
    let record = here.check("overlay");
    match &record.status {
        Status::Blocked { reason, .. } => assert!(reason.contains("before Linux 6.6"), "{reason}"),
        status => assert_eq!(*status, Status::Passed),
    }
}

/// The pages of a file there cannot leave memory, so the step about the page cache is blocked, and no other one.
#[test]
fn var_tmp_is_in_memory() {
    for make in [
        "mount -t tmpfs -o mode=1777 t /var/tmp",
        "mount -t tmpfs t /mnt && mkdir /mnt/l /mnt/u /mnt/w && mount -t overlay o -o lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w /var/tmp && chmod 1777 /var/tmp",
    ] {
        let Some(mut here) = Here::as_root() else { return };
        here.set(make);
        let (_, listed) = here.isolab("list");
        if listed.contains("cgroup-memory")
            && listed
                .split("cgroup-memory")
                .nth(1)
                .is_some_and(|l| l.lines().next().is_some_and(|l| l.contains("blocked")))
        {
            return skip(&test(), "cgroups cannot be made here");
        }
        here.blocked(
            "cgroup-memory --step cache",
            "are in memory and not on a disk",
            "mount --bind DIRECTORY /var/tmp",
        );
        here.passes("cgroup-memory --step page");
    }
}

#[test]
fn var_tmp_is_almost_full() {
    let Some(mut here) = Here::as_root() else { return };
    here.set("mount -t tmpfs -o size=16k,mode=1777 t /var/tmp");
    here.blocked("overlay", "not enough room in /var/tmp: ENOSPC", "make room on the disk of /var/tmp");
    here.set("umount /var/tmp && mount -t tmpfs -o nr_inodes=20,mode=1777 t /var/tmp");
    here.blocked("overlay", "not enough room in /var/tmp: ENOSPC", "df -i /var/tmp");
}

#[test]
fn nobody_has_an_id() {
    let Some(mut here) = Here::new(&["unshare", "--user"]) else { return };
    for lesson in ["uts", "overlay", "net"] {
        here.blocked(lesson, "this user namespace maps no ids", "start isolab outside of `unshare --user`");
    }
}

#[test]
fn cgroups_are_not_mounted() {
    let Some(mut here) = Here::as_root() else { return };
    here.set("umount -l /sys/fs/cgroup && mount -t tmpfs t /run");
    let mut remedies = Vec::new();
    // v1's hierarchies are mounted one by one: cpu, and cpuacct where it is another.
    for _ in 0..3 {
        let record = here.check("cgroup-cpu --step free");
        let Status::Blocked { reason, remedy } = &record.status else { break };
        if !reason.contains("mounted") {
            break;
        }
        assert!(!remedies.contains(remedy), "typed already: {remedy}");
        here.set(remedy);
        remedies.push(remedy.clone());
    }
    assert!(!remedies.is_empty(), "not blocked");
    let record = here.check("cgroup-cpu --step free");
    if let Status::Blocked { reason, .. } = &record.status {
        assert!(!reason.contains("mounted"), "{reason}");
    }
}

/// Ten processes are too few for a lesson with boxes, and many for a trial of one namespace.
#[test]
fn a_user_has_too_few_processes() {
    if !is_root() {
        return skip(&test(), "only root can become a user that has no other processes");
    }
    let (user, group) = (format!("--reuid={FRESH}"), format!("--regid={FRESH}"));
    let Some(mut here) = Here::new(&["setpriv", &user, &group, "--clear-groups"]) else { return };
    here.set("prlimit --pid $$ --nproc=10:3000");
    here.cured("pid", "RLIMIT_NPROC is 10", "prlimit --pid $$ --nproc=3000:");
    here.set("prlimit --pid $$ --nproc=10:10");
    here.blocked("pid", "RLIMIT_NPROC is 10", "sudo prlimit --pid $$ --nproc=4096:4096");
    here.set("prlimit --pid $$ --nproc=3:3");
    let (code, printed) = here.isolab("check uts");
    // The program itself may need more threads than that.
    assert!([2, 3].contains(&code) && !printed.contains("panicked"), "{code} {printed}");
}

#[test]
fn a_user_has_too_few_descriptors() {
    let Some(mut here) = Here::new(&["env"]) else { return };
    here.set("prlimit --pid $$ --nofile=24:2000");
    here.cured("uts", "RLIMIT_NOFILE is 24", "prlimit --pid $$ --nofile=2000:");
}

#[test]
fn a_users_files_are_too_small() {
    let Some(mut here) = Here::new(&["env"]) else { return };
    here.set("prlimit --pid $$ --fsize=0:");
    here.cured("uts", "RLIMIT_FSIZE is 0", "prlimit --pid $$ --fsize=unlimited:");
}

/// A user namespace in which root is root, and whose limits are its own.
fn with_limits() -> Option<Here> {
    if !is_root() {
        skip(&test(), "only root can map a range of ids");
        return None;
    }
    let mut here = Here::new(&["unshare", "--user", "--mount", "--propagation", "private", "--keep-caps"])?;
    let pid = here.shell.id();
    for map in ["uid_map", "gid_map"] {
        let path = format!("/proc/{pid}/{map}");
        if let Err(e) = std::fs::write(&path, "0 0 1\n1 300000 65536\n") {
            skip(&test(), &format!("write {path}: {e}"));
            return None;
        }
    }
    // With the ids that it has now, it gets its capabilities again.
    here.set("true");
    here.may("[ \"$(id -u)\" = 0 ] && echo 9 > /proc/sys/user/max_net_namespaces").then_some(here)
}

#[test]
fn a_limit_on_namespaces_is_none() {
    for (kind, lesson) in [("net", "net"), ("mnt", "mount"), ("uts", "uts"), ("pid", "pid"), ("user", "uts")]
    {
        let Some(mut here) = with_limits() else { return };
        here.set(&format!("echo 0 > /proc/sys/user/max_{kind}_namespaces"));
        let limit = format!("user.max_{kind}_namespaces");
        here.blocked(lesson, &format!("{limit}=0"), &format!("sysctl {limit}=15000"));
        if here.may("command -v sysctl") {
            here.set(&format!("sysctl {limit}=15000"));
            here.passes(lesson);
        }
    }
}

#[test]
fn a_limit_on_namespaces_is_reached() {
    let Some(mut here) = with_limits() else { return };
    here.set("echo 1 > /proc/sys/user/max_uts_namespaces; exec 9<&1; unshare --uts sleep 300 & sleep=$!; for i in 1 2 3 4 5 6 7 8 9 10; do [ \"$(readlink /proc/$sleep/ns/uts)\" != \"$(readlink /proc/$$/ns/uts)\" ] && break; sleep 0.3; done");
    here.blocked(
        "uts",
        "the limit user.max_uts_namespaces=1 is reached",
        "sysctl user.max_uts_namespaces=15000",
    );
    here.set("kill $sleep; wait $sleep; true");
}

/// In a shell under a seccomp filter.
fn filtered(answer: &str, calls: &[&str]) -> Option<Here> {
    let mut words = vec![FILTER, answer];
    words.extend(calls);
    words.push("--");
    Here::new(&words)
}

#[test]
fn a_filter_refuses_what_boxes_do() {
    for (answer, call) in [("EPERM", "unshare"), ("ENOSYS", "unshare"), ("EPERM", "setns"), ("KILL", "setns")]
    {
        let Some(mut here) = filtered(answer, &[call]) else { return };
        here.blocked("uts", "a seccomp filter", "start the container with --privileged");
    }
}

#[test]
fn a_filter_refuses_what_one_step_does() {
    for answer in ["EPERM", "ENOSYS"] {
        let Some(mut here) = filtered(answer, &["pivot_root"]) else { return };
        let record = here.check("mount");
        let Status::Blocked { reason, .. } = &record.status else { panic!("{}", common::troubles(&record)) };
        if reason.contains("pivot_root") {
            let before = record.steps.iter().take_while(|s| s.id != "pivot");
            assert!(before.into_iter().all(|s| s.status == Status::Passed), "{}", common::troubles(&record));
        } else {
            skip(&test(), reason);
        }
    }
}

/// Without tracing the boxes tell themselves what they called.
#[test]
fn a_filter_refuses_ptrace() {
    let Some(mut here) = filtered("EPERM", &["ptrace"]) else { return };
    for lesson in ["uts", "pid", "overlay"] {
        here.check(lesson);
    }
    if is_root() {
        here.passes("uts");
    }
}

#[test]
fn proc_shows_only_processes() {
    let Some(mut here) = Here::as_root() else { return };
    if !here.may("mount -t proc -o subset=pid proc /proc") {
        return;
    }
    let again = "unshare --mount sh -c 'mount -t proc proc /proc && exec isolab'";
    here.blocked("uts", "/proc shows processes and nothing else", again);
    let program = here.program.display().to_string();
    let typed = again.replace("isolab'", &format!("{program} check uts'"));
    let (code, printed) = here.run(&typed);
    assert_eq!(code, 0, "{printed}");
}

#[test]
fn proc_is_read_only() {
    let Some(mut here) = Here::as_root() else { return };
    here.set("mount --bind /proc /proc && mount -o remount,bind,ro /proc");
    here.cured("uts", "/proc is mounted read-only", "mount -o remount,bind,rw /proc");
}

#[test]
fn parts_of_proc_are_covered() {
    let Some(mut here) = Here::as_root() else { return };
    if here.check("pid").status != Status::Passed {
        return skip(&test(), "parts of /proc are covered here anyway");
    }
    here.set("mount --bind /dev/null /proc/version");
    here.passes("uts");
    here.cured("pid", "parts of /proc are covered by other mounts (/proc/version)", "umount /proc/version");
}

/// The start of the program itself is the same for all lessons: one says how it is.
#[test]
fn the_program_may_be_started_but_not_read() {
    if !is_root() {
        return skip(&test(), "only root can own a program that this user may not read");
    }
    let (user, group) = (format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"));
    let Some(mut here) = Here::new(&["setpriv", &user, &group, "--clear-groups"]) else { return };
    let program = here.program.clone();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o711)).expect("chmod");
    let record = here.check("uts");
    if let Status::Blocked { reason, remedy } = &record.status {
        assert!(reason.contains("may start the program but not read it"), "{reason}");
        assert!(remedy.contains(&format!("sudo chmod a+r {}", program.display())), "{remedy}");
    }
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("chmod");
    assert!(here.scratch.path().is_dir());
    here.check("uts");
}

#[test]
fn a_chroot_is_named() {
    let Some(mut here) = Here::as_root() else { return };
    // A plain directory with all that is in the root.
    here.set("mkdir -p /mnt/x 2>/dev/null; mount -t tmpfs t /mnt && mkdir /mnt/root && cd / && for d in bin dev etc lib lib64 proc sbin sys tmp usr var; do [ -e $d ] && mkdir -p /mnt/root/$d && mount --rbind $d /mnt/root/$d; done; true");
    let program = here.program.display().to_string();
    let (code, printed) = here.run(&format!("chroot /mnt/root {program} check uts"));
    assert_eq!(code, 3, "{printed}");
    assert!(printed.contains("isolab runs in a chroot(2)"), "{printed}");
}

/// runc from `PATH`, or else unpacked from Debian's package.
fn runc() -> Result<PathBuf, String> {
    if let Ok(installed) = which::which("runc") {
        return Ok(installed);
    }
    let at = Path::new(env!("CARGO_TARGET_TMPDIR")).join("runc");
    let unpacked = at.join("usr/sbin/runc");
    if !unpacked.exists() {
        std::fs::create_dir_all(&at).map_err(|e| format!("mkdir {}: {e}", at.display()))?;
        let script = "rm -f runc_*.deb; timeout 120 apt-get -q download runc && dpkg -x runc_*.deb .";
        let made = Command::new("sh").args(["-c", script]).current_dir(&at).stdin(Stdio::null()).output();
        let made = made.map_err(|e| format!("sh: {e}"))?;
        if !made.status.success() {
            return Err(format!("runc: {}", String::from_utf8_lossy(&made.stderr).trim()));
        }
    }
    Ok(unpacked)
}

fn container(mode: &str) -> Option<Here> {
    if !is_root() {
        skip(&test(), "only root starts containers");
        return None;
    }
    match runc() {
        Ok(runc) => Here::new(&[CONTAINER, &runc.display().to_string(), mode]),
        Err(why) => {
            skip(&test(), &why);
            None
        }
    }
}

#[test]
fn docker_as_it_is() {
    let Some(mut here) = container("default") else { return };
    for (lesson, _) in BUILT_IN {
        here.blocked(lesson, "a seccomp filter is on", "start the container with --privileged");
    }
}

#[test]
fn docker_without_its_filter() {
    let Some(mut here) = container("unfiltered") else { return };
    for (lesson, _) in BUILT_IN {
        here.check(lesson);
    }
    here.blocked("overlay", "refused", "start the container with --privileged");
}

#[test]
fn docker_without_its_filter_and_apparmor() {
    let Some(mut here) = container("unconfined") else { return };
    for (lesson, _) in BUILT_IN {
        here.check(lesson);
    }
    here.blocked("pid", "parts of /proc are covered", "--security-opt systempaths=unconfined");
    here.blocked("overlay", "/var/tmp is on overlay, which", "start it with --volume /var/tmp");
}

#[test]
fn docker_privileged() {
    let Some(mut here) = container("privileged") else { return };
    for lesson in common::built_in().iter().filter(|lesson| !common::uses_cgroups(lesson)) {
        here.passes(&lesson.id);
    }
}

/// Reading a long mount table takes as long as it is: 0.13 s for 20,000 mounts. So the lab reads it again only when something was mounted, and a
/// box once an action.
#[test]
fn a_mount_table_is_read_no_more_often_than_it_must() {
    if which::which("strace").is_err() {
        return skip(&test(), "strace is not in PATH");
    }
    let scratch = Scratch::new();
    let (trace, report) = (scratch.file("trace"), scratch.file("report"));
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "trace=openat", "-o"]).arg(&trace).arg(ISOLAB);
    strace.args(["check", "mount", "--format", "json", "--output"]).arg(&report);
    let ran = strace.env_remove("ISOLAB_RUN").stdin(Stdio::null()).output().expect("strace");
    let lessons = common::lessons_of(&report);
    let Some(record) = lessons.first().filter(|l| l.status == Status::Passed) else {
        return skip(&test(), &format!("the lesson did not pass under strace: {:?}", ran.status));
    };
    let text = std::fs::read_to_string(&trace).expect("the trace");
    let of = |line: &&str| line.contains("mountinfo");
    let lab = text.split_whitespace().next().expect("a process").to_owned();
    let own = text
        .lines()
        .filter(of)
        .filter(|l| l.starts_with(&lab))
        .filter(|l| l.contains("/proc/self/mountinfo"));
    let own = own.count();
    // The machine is read, then watched and read once more; the rest is for what other work on the machine mounts meanwhile.
    let actions: usize = record.steps.iter().map(|s| s.actions.len()).sum();
    assert!(own < 5 + actions / 3, "the lab read its table {own} times for {actions} actions");
    let all = text.lines().filter(of).filter(|l| l.contains("\"self/mountinfo\""));
    let boxes = all.count();
    // A root that was changed is looked at once more.
    assert!(boxes <= actions + 20, "the boxes read theirs {boxes} times for {actions} actions");
}
