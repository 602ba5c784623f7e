//! The lab on a terminal, with a home of its own, by root or an ordinary user; and what must be so when it has ended.

use crate::common::{ISOLAB, NOBODY, Scratch, User, leftover, wait_for};
use crate::pty::{DEADLINE, Pty, text};
use isolab::progress::Progress;
use nix::sys::signal::Signal;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tui_term::vt100;

/// The size that everything works at.
pub const SMALL: (u16, u16) = (80, 24);
/// A size at which all panes are seen at once.
pub const ROOMY: (u16, u16) = (120, 40);
/// What a killed lab has made is gone so long after: 40 s, more than the guardian's own deadlines together.
pub const GONE: Duration = Duration::from_secs(40);

/// The program that was built beside this one, or another: in a guest this one is alone (tests/environments.py).
fn program_under_test() -> PathBuf {
    std::env::var_os("ISOLAB_TEST_PROGRAM").map_or_else(|| ISOLAB.into(), PathBuf::from)
}

/// A place to keep progress in, and who starts the program.
pub struct Home {
    pub scratch: Scratch,
    user: User,
    program: PathBuf,
}

impl Home {
    pub fn new(user: User) -> Self {
        let scratch = Scratch::new();
        let program = match user {
            User::Same => program_under_test(),
            User::Nobody => {
                let copy = scratch.file("isolab");
                // A link where that is possible: a copy of a program for development has hundreds of megabytes.
                if std::fs::hard_link(ISOLAB, &copy).is_err() {
                    crate::common::copy(ISOLAB.as_ref(), &copy);
                }
                std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).expect("chmod");
                copy
            }
        };
        Home { scratch, user, program }
    }

    /// What is to be executed, and its first arguments.
    pub fn line(&self) -> Vec<String> {
        let mut line: Vec<String> = Vec::new();
        if self.user == User::Nobody {
            let id = NOBODY.to_string();
            line.extend(
                ["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups", "--"].map(str::to_owned),
            );
        }
        line.push(self.program.display().to_string());
        line
    }

    fn surroundings(&self, command: &mut Command) {
        command.current_dir("/").env("XDG_STATE_HOME", self.state()).env("HOME", "/").env("TZ", "UTC");
        for name in ["ISOLAB_THEME", "ISOLAB_RUN", "SUDO_UID", "SUDO_GID"] {
            command.env_remove(name);
        }
    }

    /// Starts the lab on a terminal.
    pub fn start(&self, size: (u16, u16), arguments: &[&str]) -> Screen {
        self.start_with(size, arguments, |_| {})
    }

    /// The same with something more to be said about the command.
    pub fn start_with(
        &self,
        size: (u16, u16),
        arguments: &[&str],
        with: impl FnOnce(&mut Command),
    ) -> Screen {
        let line = self.line();
        self.start_program(size, &line[0], |command| {
            command.args(&line[1..]).args(arguments);
            with(command);
        })
    }

    /// Starts something that becomes the lab.
    pub fn start_program(&self, size: (u16, u16), program: &str, with: impl FnOnce(&mut Command)) -> Screen {
        let pty = Pty::start(size, program, |command| {
            self.surroundings(command);
            with(command);
        });
        Screen(Some(pty))
    }

    /// An interactive shell on a terminal, which finds the program as `$ISOLAB`.
    pub fn bash(&self, size: (u16, u16)) -> Screen {
        let pty = Pty::start_leader(size, "bash", |command| {
            command.args(["--noprofile", "--norc", "-i"]);
            self.surroundings(command);
            command.env("ISOLAB", self.line().join(" ")).env("PS1", "prompt> ").env("HISTFILE", "/dev/null");
        });
        Screen(Some(pty))
    }

    /// Runs a command to its end without a terminal: exit code, output, complaints.
    pub fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(&self.program);
        if self.user == User::Nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        self.surroundings(&mut command);
        let output = command.args(arguments).stdin(Stdio::null()).output().expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    pub fn state(&self) -> PathBuf {
        self.scratch.file("state")
    }

    /// Where the progress is kept.
    pub fn file(&self) -> PathBuf {
        self.state().join("isolab/progress.json")
    }

    pub fn progress(&self) -> Progress {
        let text = std::fs::read_to_string(self.file()).expect("there is progress");
        serde_json::from_str(&text).expect("it can be read")
    }

    /// Waits until this is kept: the lab writes beside what it shows, and not before it.
    pub fn wait_progress(&self, what: &str, kept: impl Fn(&Progress) -> bool) {
        let read = || std::fs::read_to_string(self.file()).unwrap_or_default();
        let there = || serde_json::from_str(&read()).ok().filter(&kept);
        assert!(wait_for(DEADLINE, there).is_some(), "{what} is not kept: {}", read());
    }

    /// Why a lesson cannot be run here, if it cannot.
    pub fn blocked(&self, lesson: &str) -> Option<String> {
        let (_, list, _) = self.run(&["list"]);
        let mut lines = list.lines().skip_while(|l| l.split(' ').next() != Some(lesson));
        let row = lines.next().unwrap_or_else(|| panic!("no {lesson} in {list}"));
        row.contains("blocked").then(|| lines.next().unwrap_or_default().trim().to_owned())
    }
}

/// A lab on a terminal. When a test fails it is ended so that it can undo what it has made.
pub struct Screen(Option<Pty>);

impl Deref for Screen {
    type Target = Pty;

    fn deref(&self) -> &Pty {
        self.0.as_ref().expect("until it is dropped")
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(Pty::end);
    }
}

impl Screen {
    pub fn pty_mut(&mut self) -> &mut Pty {
        self.0.as_mut().expect("until it is dropped")
    }

    /// The last line: keys, or what matters more.
    pub fn footer(&self) -> String {
        self.look(last_line)
    }

    /// Waits until the last line has one of these; gives its index.
    pub fn wait_footer(&self, any: &[&str]) -> usize {
        let mut found = 0;
        self.wait_until(&format!("one of {any:?} in the last line"), |screen| {
            let line = last_line(screen);
            let at = any.iter().position(|w| line.contains(w));
            found = at.unwrap_or(found);
            at.is_some()
        });
        found
    }

    /// Waits until the first line says that this step is open.
    pub fn wait_step(&self, index: usize) {
        let wanted = format!("step {index}/");
        self.wait_until(&format!("{wanted} in the first line"), |screen| {
            first_line(screen).contains(&wanted)
        });
    }

    /// Waits until the engine has said which lessons can be run: no lesson has `…` there any more.
    pub fn wait_home(&self) {
        self.wait_until("the lessons and whether they can be run", |screen| {
            let all = text(screen);
            let mut rows = all.lines().filter(|l| l.contains(" min ")).peekable();
            rows.peek().is_some()
                && rows.all(|l| ["✓ r", "⊘ blocked", "✗ mistake"].iter().any(|s| l.contains(s)))
        });
    }

    /// Runs the step that is shown, and waits for its record.
    pub fn run_step(&self) {
        self.wait_footer(&["Enter run it"]);
        self.keys("<enter>");
        self.wait_footer(&["Enter next", "Enter summary"]);
    }

    /// Goes on from a step that has run: past why it is so, where that stands on another tab.
    pub fn go_on(&self) {
        if self.footer().contains("next: why") {
            self.keys("<enter>");
            self.wait_until("why it is so", |screen| !last_line(screen).contains("next: why"));
        }
        self.keys("<enter>");
    }

    /// Waits for the program's end, and fails unless it ended so, the terminal is as it was, and nothing of its runs is left.
    pub fn ends_with(&self, code: i32, what: &str) {
        let pid = self.pid();
        assert_eq!(self.wait_exit(), code, "{what}: exit code; on the screen was\n{}", self.screen());
        self.assert_restored();
        let left = leftover::of(pid);
        assert!(left.is_empty(), "{what}: left\n  {}", left.join("\n  "));
    }

    /// `q`, and then what must be so at every end.
    pub fn quit(&self) {
        self.keys("q");
        self.ends_with(0, "q");
    }

    pub fn signal_ends(&self, signal: Signal, what: &str) {
        self.signal(signal);
        self.ends_with(128 + signal as i32, &format!("{signal} in {what}"));
    }
}

/// Fails unless everything of a lab's runs is gone soon, and its processes with it.
pub fn gone(lab: i32, what: &str) {
    let mut left = Vec::new();
    let lives = || leftover::process(lab).is_some_and(|p| p.state != 'Z');
    let gone = wait_for(GONE, || {
        left = leftover::of(lab);
        (left.is_empty() && !lives()).then_some(())
    });
    assert!(
        gone.is_some(),
        "{what}: after {GONE:?}, lab {lab} lives: {}; left\n  {}",
        lives(),
        left.join("\n  ")
    );
}

pub fn first_line(screen: &vt100::Screen) -> String {
    line(screen, 0)
}

/// The keys, and before them what matters now: one line, however many it takes on the screen.
pub fn last_line(screen: &vt100::Screen) -> String {
    let text = text(screen);
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.len().saturating_sub(1);
    let from = lines.iter().rposition(|l| l.starts_with(" ! ")).unwrap_or(last);
    // Rows of a text that was folded; its first has the sign.
    let rows = lines[from.min(last)..].iter().enumerate();
    rows.map(|(i, l)| if i == 0 { l.trim_end() } else { l.trim() }).collect::<Vec<_>>().join(" ")
}

fn line(screen: &vt100::Screen, at: usize) -> String {
    let (_, columns) = screen.size();
    screen.rows(0, columns).nth(at).unwrap_or_default()
}

/// A lesson of the tests' own.
pub fn own(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lessons").join(name).display().to_string()
}
