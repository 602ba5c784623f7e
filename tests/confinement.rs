//! What a program of a lesson can reach, tried by programs that try to. Each lesson is run by the built program, as whoever runs the tests and,
//! when that is root, as an ordinary user, too.

mod common;

use common::{NOBODY, Program, User, is_root, skip, test};
use isolab::events::{LessonRecord, Status};
use isolab::model::Outcome;
use isolab::present::verdict;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// The covers are not to help the tests: what is to be harmed lies in a directory that has no other cover than that it is somebody's home.
struct Home(PathBuf);

const SECRET: &str = "only for its owner";

impl Home {
    fn new(user: User) -> Self {
        let name = format!(
            "home-{}-{}",
            test().replace("::", "-"),
            if user == User::Nobody { "nobody" } else { "same" }
        );
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a home");
        std::fs::write(path.join("precious"), SECRET).expect("a file");
        // Nothing but the walls is to protect it.
        for (path, mode) in [(path.clone(), 0o777), (path.join("precious"), 0o666)] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
        }
        if user == User::Nobody {
            std::os::unix::fs::chown(path.join("precious"), Some(NOBODY), Some(NOBODY)).expect("chown");
            std::os::unix::fs::chown(&path, Some(NOBODY), Some(NOBODY)).expect("chown");
        }
        Home(path)
    }

    fn is_untouched(&self) {
        let names: Vec<_> =
            std::fs::read_dir(&self.0).expect("the home").flatten().map(|e| e.file_name()).collect();
        assert_eq!(names, ["precious"], "{}", self.0.display());
        assert_eq!(std::fs::read_to_string(self.0.join("precious")).expect("a file"), SECRET);
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// One lesson of one step.
struct Lesson<'a> {
    boxes: &'a str,
    /// Actions before the program.
    given: &'a str,
    /// The box that runs it.
    by: &'a str,
    argv: Vec<String>,
    fails: Option<&'a str>,
}

impl Lesson<'_> {
    /// A shell script in a box that shares everything with the machine but the user namespace.
    fn script(text: &str) -> Self {
        Lesson {
            boxes: "{ box: {} }",
            given: "[]",
            by: "box",
            argv: ["sh", "-c", text].map(str::to_owned).to_vec(),
            fails: None,
        }
    }

    fn program(argv: &[&str]) -> Self {
        Lesson { argv: argv.iter().map(|&word| word.to_owned()).collect(), ..Self::script("") }
    }

    fn text(&self) -> String {
        let argv = serde_json::to_string(&self.argv).expect("JSON is YAML");
        let (by, fails) = (self.by, self.fails.map_or_else(String::new, |f| format!(", fails: {f}")));
        let mut text = String::new();
        let _ = write!(
            text,
            "format: 1\nid: confined\ntitle: A title\nsummary: One sentence.\nminutes: 5\nboxes: {}\nreadouts:\n  said: {{ host: {{ output: {by} }} }}\n  \
             status: {{ host: {{ exit_status: {by} }} }}\nsteps:\n  - id: one\n    title: A title\n    text: Some text.\n    given: {}\n    do: \
             [{{ {by}: {{ run: {argv} }}{fails} }}]\n    show: [said]\n    expect: [{{ status: {{ is_not: 250 }} }}]\n",
            self.boxes, self.given
        );
        text
    }
}

/// What a program came to.
struct Ran {
    lesson: LessonRecord,
    output: String,
}

impl Ran {
    fn status(&self) -> &Status {
        &self.lesson.status
    }

    /// What was said of the call that failed.
    fn trouble(&self) -> String {
        let verdicts = self.lesson.steps.iter().flat_map(|s| &s.verdicts);
        verdicts.filter(|v| v.is_of_action()).map(verdict::actual).collect()
    }

    fn passed(&self) -> &str {
        assert_eq!(*self.status(), Status::Passed, "{}\n{}", self.output, common::troubles(&self.lesson));
        assert!(self.lesson.left.is_empty(), "{:?}", self.lesson.left);
        &self.output
    }
}

fn run_in(program: &Program, lesson: &Lesson, home: Option<&Home>) -> Option<Ran> {
    let file = program.scratch.file("confined.yaml");
    std::fs::write(&file, lesson.text()).expect("a lesson");
    let report = program.scratch.file("report.json");
    let complaints = program.scratch.file("complaints");
    let mut command = program.command();
    if let Some(home) = home {
        command.env("HOME", &home.0);
    }
    command.arg("check").arg(&file).args(["--allow-blocked", "--format", "json", "--output"]).arg(&report);
    command.stderr(std::fs::File::create(&complaints).expect("a file"));
    let mut lab = common::Lab::start(&mut command);
    let code = lab.wait();
    let said = std::fs::read_to_string(&complaints).unwrap_or_default();
    let lesson = common::lessons_of(&report).pop().unwrap_or_else(|| panic!("exit {code:?}: {said}"));
    if let Status::Blocked { reason, .. } = &lesson.status {
        skip(&test(), reason);
        return None;
    }
    let actions = lesson.steps.iter().flat_map(|s| &s.actions);
    let output = actions.filter_map(|a| a.output.clone()).next_back().unwrap_or_default();
    Some(Ran { lesson, output })
}

/// Runs a lesson as everybody who can be had, and looks at each.
fn everybody(look: impl Fn(&Program)) {
    look(&Program::built());
    if is_root() {
        look(&Program::for_nobody());
    } else {
        skip(&test(), "only root can become another user");
    }
}

fn each(lesson: &Lesson, look: impl Fn(&Ran, User)) {
    everybody(|program| {
        if let Some(ran) = run_in(program, lesson, None) {
            look(&ran, program.user);
        }
    });
}

#[test]
fn the_starters_home_is_neither_read_nor_written() {
    everybody(|program| {
        let home = Home::new(program.user);
        let at = home.0.display();
        let script =
            format!("ls -A {at}; cat {at}/precious; rm -f {at}/precious; echo x >{at}/new; echo end");
        let Some(ran) = run_in(program, &Lesson::script(&script), Some(&home)) else { return };
        assert!(ran.passed().contains("end") && !ran.output.contains(SECRET), "{}", ran.output);
        home.is_untouched();
        // Nor by a name that leads there from a namespace of its own.
        let script = format!(
            "unshare --user --map-root-user sh -c 'umount -l {at}; cat {at}/precious'; \
             unshare --user --map-root-user --mount sh -c 'umount -l {at}; mount --bind / /mnt; cat {at}/precious /mnt{at}/precious'; \
             cat /proc/1/root{at}/precious /proc/self/root{at}/precious; echo end"
        );
        let Some(ran) = run_in(program, &Lesson::script(&script), Some(&home)) else { return };
        assert!(ran.passed().contains("end") && !ran.output.contains(SECRET), "{}", ran.output);
        home.is_untouched();
    });
}

/// A lesson cannot show a program by another name what is covered at its own.
#[test]
fn what_is_covered_is_covered_wherever_it_shows() {
    everybody(|program| {
        let home = Home::new(program.user);
        let at = home.0.display();
        let given = format!(
            "[{{ box: [{{ unshare: [mount] }}, {{ propagation: {{ private: / }} }}, {{ mkdir: [all, in, dev, proc] }}, \
             {{ mount: {{ bind: {{ from: /, at: all, recursive: true }} }} }}, {{ mount: {{ bind: {{ from: {at}, at: in }} }} }}, \
             {{ mount: {{ bind: {{ from: /dev, at: dev, recursive: true }} }} }}, {{ mount: {{ bind: {{ from: /proc, at: proc, recursive: true }} }} }}] }}]"
        );
        let script = format!(
            "cd /var/tmp/isolab-*; ls -A in dev proc all/home all/root all/run all/tmp; cat in/precious all{at}/precious; echo x >in/new; \
             echo x >all/etc/new; rm -f all{at}/precious; echo end"
        );
        let lesson = Lesson { given: &given, ..Lesson::script(&script) };
        let Some(ran) = run_in(program, &lesson, Some(&home)) else { return };
        assert!(ran.passed().contains("end") && !ran.output.contains(SECRET), "{}", ran.output);
        assert!(!ran.output.contains("null") && !ran.output.contains("self"), "{}", ran.output);
        home.is_untouched();
    });
}

/// A directory at the top that no standard names: a file that only the starter may read, and a pipe into which a read-only mount lets everybody write.
#[test]
fn directories_at_the_top_are_covered() {
    if !is_root() {
        return skip("directories_at_the_top_are_covered", "only root can make a directory at the top");
    }
    everybody(|program| {
        let at = PathBuf::from(
            format!("/test-of-isolab-{}-{:?}", std::process::id(), program.user).to_lowercase(),
        );
        std::fs::create_dir(&at).expect("a directory at the top");
        std::fs::write(at.join("secret"), SECRET).expect("a file");
        for (path, mode) in [(at.clone(), 0o777), (at.join("secret"), 0o666)] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
        }
        let script = format!("cat {0}/secret; ls {0}; echo end", at.display());
        let ran = run_in(program, &Lesson::script(&script), None);
        std::fs::remove_dir_all(&at).expect("the directory can be removed");
        let Some(ran) = ran else { return };
        assert!(ran.passed().contains("end") && !ran.output.contains(SECRET), "{}", ran.output);
        assert!(!ran.output.contains("secret\n"), "{}", ran.output);
    });
}

/// The host's `/proc` in a PID namespace of the box's own: its files are those of everybody with the same id.
#[test]
fn other_processes_files_in_proc_are_not_written() {
    let given = "[{ outer: [{ unshare: [mount, pid] }, { fork: box }] }]";
    everybody(|program| {
        let mut victim = std::process::Command::new("sleep");
        victim.arg("60");
        if program.user == User::Nobody {
            std::os::unix::process::CommandExt::uid(&mut victim, NOBODY);
        }
        let mut victim = victim.spawn().expect("sleep");
        let own = format!("/proc/{}/oom_score_adj", victim.id());
        let script = format!("[ -e {own} ] && echo there; (echo 900 >{own}) 2>/dev/null; echo end");
        let lesson = Lesson { boxes: OWN_PIDS.0, given, ..Lesson::script(&script) };
        let ran = run_in(program, &lesson, None);
        let value = std::fs::read_to_string(&own).expect("a number");
        let _ = victim.kill();
        let _ = victim.wait();
        let Some(ran) = ran else { return };
        assert!(ran.passed().contains("end"), "{}", ran.output);
        assert_ne!(value.trim(), "900");
    });
}

#[test]
fn what_is_nobodys_business_is_empty() {
    let script = "for d in /home /root /run /mnt /media /srv /tmp /dev/shm /dev/pts; do ls -A $d 2>/dev/null; done; \
                  echo var:; ls -A /var; ls -A /var/tmp; echo dev:; ls /dev";
    each(&Lesson::script(script), |ran, _| {
        let (empty, rest) = ran.passed().split_once("var:\n").expect("three parts");
        let (var, dev) = rest.split_once("dev:\n").expect("three parts");
        assert_eq!(empty, "");
        let var: Vec<&str> = var.lines().collect();
        assert!(matches!(var.as_slice(), ["tmp", workspace] if workspace.starts_with("isolab-")), "{var:?}");
        let known = [
            "fd", "full", "null", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom",
            "zero",
        ];
        assert!(dev.lines().all(|name| known.contains(&name)), "{dev}");
    });
}

#[test]
fn only_the_runs_own_is_writable() {
    let script = "cd /var/tmp/isolab-* && echo 1 >mine && mkdir d && mv mine d/ && ln d/mine other && echo workspace; \
                  echo 1 >/tmp/x && echo tmp; echo 1 >/dev/shm/x && echo shm; \
                  for d in / /usr /etc /var /var/tmp /home /root /run /sys /opt /dev; do (echo 1 >$d/x) 2>/dev/null && echo $d; done; echo end";
    let mark = |place: &str| Path::new(place).join("x").exists();
    each(&Lesson::script(script), |ran, _| {
        assert_eq!(ran.passed(), "workspace\ntmp\nshm\nend\n");
        assert!(!mark("/tmp") && !mark("/dev/shm"));
    });
}

#[test]
fn every_namespace_that_the_box_shares_is_private() {
    let own = |kind: &str| {
        std::fs::read_link(format!("/proc/self/ns/{kind}")).expect("a link").display().to_string()
    };
    let script = "for n in mnt ipc net pid; do readlink /proc/self/ns/$n; done; ip -o link 2>/dev/null | wc -l; ipcmk -M 4096 >/dev/null 2>&1; ls /proc | grep -c '^[0-9]'";
    each(&Lesson::script(script), |ran, _| {
        let lines: Vec<&str> = ran.passed().lines().collect();
        for (kind, link) in ["mnt", "ipc", "net", "pid"].into_iter().zip(&lines) {
            assert!(link.starts_with(kind) && *link != own(kind), "{kind}: {link}");
        }
        assert!(lines[5].parse::<u32>().expect("a number") < 8, "processes of others: {lines:?}");
    });
}

#[test]
fn nobody_is_reached_by_sockets_or_signals() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let directory = common::Scratch::new();
    // Like Docker's: whoever reaches the path may connect.
    let path = directory.file("docker.sock");
    let _unix = UnixListener::bind(&path).expect("a socket");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("chmod");
    let victim = std::process::id();
    let script = format!(
        "command -v bash >/dev/null && bash -c 'echo >/dev/tcp/127.0.0.1/{port}' && echo tcp; [ -e {} ] && echo unix; \
         kill -0 {victim} && echo signal; [ -e /proc/{victim} ] && [ {victim} -gt 50 ] && echo process; \
         echo ${{SSH_AUTH_SOCK-}}${{DBUS_SESSION_BUS_ADDRESS-}}${{XDG_RUNTIME_DIR-}}end",
        path.display()
    );
    each(&Lesson::script(&script), |ran, _| {
        let said: Vec<&str> = ran.passed().lines().filter(|l| !l.is_empty() && !l.contains("sh: ")).collect();
        assert_eq!(said, ["end"], "{}", ran.output);
    });
}

#[test]
fn environment_and_descriptors_are_a_short_list() {
    let script = "env | cut -d= -f1 | sort; for f in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$f ] && echo $f; done; tty; cat";
    each(&Lesson::script(script), |ran, _| {
        let said: Vec<&str> = ran.passed().lines().collect();
        assert_eq!(said, ["HOME", "ISOLAB_RUN", "LANG", "PATH", "PWD", "TERM", "0", "1", "2", "not a tty"]);
    });
}

#[test]
fn no_program_has_what_takes_covers_off() {
    const SYS_PTRACE: u64 = 1 << 19;
    const SYS_ADMIN: u64 = 1 << 21;
    const IDS: u64 = 0b11 << 6;
    let lesson =
        Lesson::program(&["grep", "-E", "^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs):", "/proc/self/status"]);
    each(&lesson, |ran, user| {
        let values: Vec<(&str, u64)> = ran
            .passed()
            .lines()
            .filter_map(|l| l.split_once(':'))
            .map(|(name, n)| (name, u64::from_str_radix(n.trim(), 16).expect("hexadecimal")))
            .collect();
        assert_eq!(values.len(), 6, "{values:?}");
        for (name, value) in &values[..5] {
            assert_eq!(value & (SYS_ADMIN | SYS_PTRACE), 0, "{name}");
            // With several ids, each would have a limit of processes of its own.
            assert!(user == User::Nobody || value & IDS == 0, "{name}");
        }
        assert_eq!(values[5], ("NoNewPrivs", 1));
        assert_ne!(values[1].1, 0, "what a box may do otherwise, its program may, too");
    });
}

/// A box in a PID namespace of its own, with its own `/proc`, and without capabilities.
const OWN_PIDS: (&str, &str) = (
    "{ outer: {}, box: { forked_by: outer } }",
    "[{ outer: [{ unshare: [mount, pid] }, { propagation: { private: / } }, { fork: box }] }, { box: [{ mount: { proc: /proc } }, { drop_capabilities: all }] }]",
);

#[test]
fn a_box_with_equal_rights_is_not_looked_into() {
    let home = Home::new(User::Same);
    let at = home.0.display();
    let script = format!(
        "readlink /proc/1/root; cat /proc/1/fd/3; cat /proc/1/environ; cat /proc/1/root{at}/precious; (echo x >/proc/1/root{at}/new); \
         (echo x >/proc/1/cwd/new); readlink /proc/1/ns/pid; echo end; ps ax -o pid= | head -1"
    );
    let (boxes, given) = OWN_PIDS;
    everybody(|program| {
        let home = Home::new(program.user);
        let lesson = Lesson {
            boxes,
            given,
            ..Lesson::script(&script.replace(&at.to_string(), &home.0.display().to_string()))
        };
        let Some(ran) = run_in(program, &lesson, Some(&home)) else { return };
        let refused = ran.passed().lines().filter(|l| l.contains("ermission denied")).count();
        assert!(refused >= 5, "{}", ran.output);
        assert!(!ran.output.contains(SECRET) && !ran.output.contains("pid:["), "{}", ran.output);
        assert!(ran.output.contains("end"), "{}", ran.output);
        home.is_untouched();
    });
}

#[test]
fn limits_end_a_program_and_say_so() {
    each(&Lesson::program(&["yes"]), |ran, _| {
        assert_eq!(*ran.status(), Status::Failed);
        assert!(ran.trouble().contains("yes printed more than 64 KiB"), "{}", ran.trouble());
    });
    let file = "cd /var/tmp/isolab-*; head -c 100000000 /dev/zero >big; s=$?; [ $(stat -c %s big) = 16777216 ] && echo small; exit $s";
    let big = Lesson { fails: Some("{ exited: 153 }"), ..Lesson::script(file) };
    each(&big, |ran, _| assert!(ran.passed().contains("small"), "{}", ran.output));
    let memory = "head -c 2000000000 /dev/zero | tail -n 1 >/dev/null || echo refused";
    each(&Lesson::script(memory), |ran, _| assert!(ran.passed().contains("refused"), "{}", ran.output));
    let open = "ulimit -n; ulimit -c";
    each(&Lesson::script(open), |ran, _| assert_eq!(ran.passed(), "256\n0\n"));
}

#[test]
fn a_fork_bomb_ends_with_its_program() {
    let script = "i=0; while [ $i -lt 200 ]; do sleep 300 & i=$((i+1)); done; echo all";
    let lesson = Lesson { fails: Some("{ exited: 2 }"), ..Lesson::script(script) };
    each(&lesson, |ran, _| assert!(!ran.passed().contains("all"), "{}", ran.output));
    let bomb = "b() { b | b & b; }; b";
    each(&Lesson::script(bomb), |ran, _| assert!(ran.lesson.left.is_empty(), "{:?}", ran.lesson.left));
    // Where the program joins the box's PID namespace nothing ends with it by itself.
    let (boxes, given) = OWN_PIDS;
    for script in [bomb, "setsid sleep 300 & echo started"] {
        let lesson = Lesson { boxes, given, ..Lesson::script(script) };
        each(&lesson, |ran, _| assert!(ran.lesson.left.is_empty(), "{:?}", ran.lesson.left));
    }
}

#[test]
fn what_is_left_in_the_background_is_ended_and_told() {
    let lesson = Lesson::script("env -i setsid sleep 302 & echo ok");
    each(&lesson, |ran, _| {
        assert!(ran.passed().starts_with("ok\n["), "{}", ran.output);
        assert!(ran.output.contains("left in the background were ended"), "{}", ran.output);
    });
}

/// Its output is a pipe, which it can open for reading: then the keeper is told of bytes that are gone when it reads.
#[test]
fn a_program_that_takes_its_own_output_holds_nobody_up() {
    let thief = "cat /proc/self/fd/1 >/dev/null & i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done; \
                 kill $!; wait; echo end";
    each(&Lesson::script(thief), |ran, _| assert!(ran.passed().contains("end"), "{}", ran.output));
}

#[test]
fn a_programs_end_is_a_fact() {
    each(&Lesson::script("exit 3"), |ran, _| {
        assert_eq!(*ran.status(), Status::Failed);
        assert!(ran.trouble().contains('3'), "{}", ran.trouble());
    });
    each(&Lesson { fails: Some("{ exited: 3 }"), ..Lesson::script("exit 3") }, |ran, _| {
        assert!(ran.passed().is_empty(), "{}", ran.output);
    });
    each(&Lesson { fails: Some("{ exited: 4 }"), ..Lesson::script("exit 3") }, |ran, _| {
        assert_eq!(*ran.status(), Status::Failed);
    });
    each(&Lesson { fails: Some("{ exited: 3 }"), ..Lesson::script("exit 0") }, |ran, _| {
        assert_eq!(*ran.status(), Status::Failed);
    });
    let killed = Lesson {
        fails: Some("[{ killed_by: TERM }, { exited: 143 }]"),
        ..Lesson::script("kill -TERM $$; sleep 9")
    };
    each(&killed, |ran, _| assert!(ran.trouble().contains("TERM"), "{}", ran.trouble()));
    each(&Lesson { fails: Some("ENOENT"), ..Lesson::program(&["no-such-program"]) }, |ran, _| {
        assert!(
            ran.trouble().contains("no-such-program: no such program in /usr/local/sbin"),
            "{}",
            ran.trouble()
        );
    });
}

#[test]
fn what_is_missing_is_named() {
    let jail = "[{ box: [{ mkdir: [jail, jail/bin] }, { chroot: jail }] }]";
    let no_shell = Lesson { given: jail, fails: Some("ENOENT"), ..Lesson::script("true") };
    each(&no_shell, |ran, _| assert!(ran.trouble().contains("sh: no such program"), "{}", ran.trouble()));
    let script = "[{ box: [{ write: { prog: \"#!/no/such/interpreter\\n\" } }, { chmod: { prog: \"0755\" } }, { chdir: . }] }]";
    let workspace = Lesson { given: script, ..Lesson::script("cd /var/tmp/isolab-* && ./prog") };
    each(&workspace, |ran, _| assert_eq!(*ran.status(), Status::Failed));
}

#[test]
fn ordinary_programs_work() {
    let net =
        Lesson { boxes: "{ box: { new: [net] } }", ..Lesson::program(&["ip", "link", "set", "lo", "up"]) };
    each(&net, |ran, _| assert!(ran.passed().is_empty(), "{}", ran.output));
    let (boxes, given) = OWN_PIDS;
    let ps = Lesson { boxes, given, ..Lesson::program(&["ps", "ax", "-o", "comm="]) };
    each(&ps, |ran, _| {
        let names: Vec<&str> = ran.passed().lines().collect();
        assert!(names.contains(&"box") && names.contains(&"ps") && names.len() < 5, "{names:?}");
    });
    // As another user of the run, in a nested user namespace, and after a root directory of the box's own.
    let caps = Lesson {
        given: "[{ box: { drop_capabilities: [net_admin] } }]",
        ..Lesson::program(&["grep", "CapEff", "/proc/self/status"])
    };
    each(&caps, |ran, _| {
        let value =
            ran.passed().split_once(':').map(|(_, v)| u64::from_str_radix(v.trim(), 16).expect("a number"));
        assert_eq!(value.expect("a line") & (1 << 12), 0, "what the box has given up stays given up");
    });
    let nested =
        "[{ box: [{ unshare: [user] }, { setgroups: deny }, { gid_map: 0 own 1 }, { uid_map: 0 own 1 }] }]";
    each(&Lesson { given: nested, ..Lesson::program(&["id", "-u"]) }, |ran, _| {
        assert_eq!(ran.passed(), "0\n");
    });
    if is_root() {
        let other = Lesson {
            given: "[{ box: [{ setgid: 7 }, { setuid: 1000 }] }]",
            ..Lesson::script("id -u; id -g; id -G")
        };
        if let Some(ran) = run_in(&Program::built(), &other, None) {
            assert_eq!(ran.passed(), "1000\n7\n7\n");
        }
    }
    let pivot = "[{ box: [{ unshare: [mount] }, { propagation: { private: / } }, { mkdir: [new, new/old] }, \
                 { mount: { bind: { from: /, at: new, recursive: true } } }, { chdir: new }, { pivot_root: { new: ., old: . } }, { umount: { at: ., detach: true } }, { chdir: / }] }]";
    let lesson = Lesson {
        given: pivot,
        ..Lesson::script("ls -A /home /root /run; (echo 1 >/etc/x) 2>/dev/null || echo refused")
    };
    each(&lesson, |ran, _| assert!(ran.passed().ends_with("refused\n"), "{}", ran.output));
}

#[test]
fn the_programs_start_is_in_the_trace() {
    let program = Program::built();
    let Some(ran) = run_in(&program, &Lesson::program(&["true"]), None) else { return };
    ran.passed();
    let action = ran.lesson.steps.iter().flat_map(|s| &s.actions).next_back().expect("an action");
    let names: Vec<&str> = action.calls.iter().map(|c| c.name.as_str()).collect();
    if action.calls.is_empty() {
        return skip(&test(), "ptrace(2) is refused here");
    }
    assert_eq!((names.first(), names.last()), (Some(&"clone"), Some(&"execve")), "{names:?}");
    assert!(
        !names.iter().any(|n| n.contains("mount") || n.contains("setns")),
        "the walls are the lab's: {names:?}"
    );
    assert_eq!(action.calls.last().map(|c| c.outcome), Some(Outcome::Returned(0)));
}

/// A run's program is nobody's: whatever it does to the machine's objects it does as an id of the run.
#[test]
fn ids_of_others_are_out_of_reach() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("of-root");
    std::fs::write(&file, "x").expect("a file");
    let owner = std::fs::metadata(&file).expect("stat").uid();
    let script = format!(
        "chown 1:1 {0} 2>/dev/null && echo changed; chmod 777 {0} 2>/dev/null && echo changed; echo end",
        file.display()
    );
    each(&Lesson::script(&script), |ran, _| assert_eq!(ran.passed(), "end\n"));
    assert_eq!(std::fs::metadata(&file).expect("stat").uid(), owner);
    let _ = std::fs::remove_file(file);
}

/// Keys are found by number, whatever keyring one has; a filesystem need not be attached to be written; vsock knows no network namespace.
#[test]
fn keys_detached_filesystems_and_hypervisors_are_out_of_reach() {
    // add_key, keyctl, fsopen and fsmount by their numbers on x86-64; the last two are the same everywhere.
    let [add, control] = if cfg!(target_arch = "aarch64") { [217, 219] } else { [248, 250] };
    let script = format!(
        r#"
        sub call {{ my ($name, @all) = @_; my $r = syscall(shift @all, @all); print "$name ", ($r < 0 ? $!{{EPERM}} ? "EPERM" : $! : "done"), "\n"; }}
        my ($type, $key, $value, $fs) = ("user", "isolab-confined", "evil", "cgroup2");
        call("add_key", {add}, $type, $key, $value, 4, -4);
        if (open(my $keys, "<", "/proc/keys")) {{
            while (<$keys>) {{ call("link", {control}, 8, hex($1), -3) if /^([0-9a-f]+) .*_uid\./; }}
        }}
        call("unshare", {unshare}, 0x12020000);
        call("fsopen", 430, $fs, 0);
        print "vsock ", (socket(my $s, 40, 1, 0) ? "done" : "refused"), "\n";
        print "unix ", (socket(my $u, 1, 1, 0) ? "done" : "refused"), "\n";
        "#,
        unshare = if cfg!(target_arch = "aarch64") { 97 } else { 272 },
    );
    each(&Lesson::program(&["perl", "-e", &script]), |ran, _| {
        let said = ran.passed();
        for word in ["add_key EPERM", "unshare done", "fsopen EPERM", "vsock refused", "unix done"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(!said.contains("link done"), "{said}");
    });
}
