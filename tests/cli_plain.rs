//! `isolab learn --plain`: a lesson as lines, with what a person types on standard input.

mod common;

use common::{Lab, NOBODY, Program, User, is_root, leftover, skip, wait_for};
use isolab::progress::{Done, Progress};
use nix::sys::signal::Signal;
use std::fs::{File, read_to_string};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Nothing takes longer, however busy the machine is.
const DEADLINE: Duration = Duration::from_secs(60);

/// Somebody at a terminal that has only lines.
struct Person {
    program: Program,
    lab: Option<Lab>,
}

impl Person {
    fn new(user: User) -> Self {
        let program = match user {
            User::Same => Program::built(),
            User::Nobody => Program::for_nobody(),
        };
        let state = program.scratch.file("state");
        std::fs::create_dir(&state).expect("mkdir");
        if user == User::Nobody {
            chown(&state, Some(NOBODY), Some(NOBODY)).expect("chown");
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(program.scratch.path(), mode).expect("chmod");
        }
        Person { program, lab: None }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.program.command();
        command.args(words).env("XDG_STATE_HOME", self.program.scratch.file("state"));
        command.env_remove("COLUMNS").env("TERM", "xterm").stdin(Stdio::piped());
        command.stdout(File::create(self.file("out")).expect("a file"));
        command.stderr(File::create(self.file("err")).expect("a file"));
        command
    }

    fn file(&self, name: &str) -> PathBuf {
        self.program.scratch.file(name)
    }

    fn out(&self) -> String {
        read_to_string(self.file("out")).expect("the output")
    }

    fn err(&self) -> String {
        read_to_string(self.file("err")).expect("the complaints")
    }

    fn start(&mut self, words: &[&str]) -> &mut Lab {
        let mut command = self.command(words);
        self.lab.insert(Lab::start(&mut command))
    }

    /// Runs it with these lines as its whole input; gives the exit code.
    fn run(&self, words: &[&str], input: &str) -> Option<i32> {
        let file = self.file("in");
        std::fs::write(&file, input).expect("write");
        let mut command = self.command(words);
        let mut lab = Lab::start(command.stdin(File::open(&file).expect("open")));
        let code = lab.wait();
        let left = leftover::of(lab.pid);
        assert!(left.is_empty(), "left\n  {}", left.join("\n  "));
        code
    }

    fn progress(&self) -> Progress {
        let text = read_to_string(self.file("state/isolab/progress.json")).expect("there is progress");
        serde_json::from_str(&text).expect("it can be read")
    }
}

/// What a screen reader would spell out or stumble over, and lines that do not fit.
fn is_plain(text: &str) {
    for line in text.lines() {
        assert!(!line.chars().any(char::is_control), "{line:?}");
        assert!(!line.chars().any(|c| ('\u{2500}'..='\u{259f}').contains(&c)), "{line:?}");
    }
    let mut by_hand = false;
    for line in text.lines() {
        by_hand = line == "By hand:" || (by_hand && !line.is_empty());
        assert!(by_hand || line.chars().count() <= 76, "{line:?}");
    }
}

fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("no {part:?} (in this order) in\n{text}"));
        rest = &rest[at + part.len()..];
    }
}

/// A right guess, a wrong one, something that is not an answer, none; the deeper steps are passed over.
fn uts(user: User) {
    let person = Person::new(user);
    let code = person.run(&["uts", "--plain"], "3\n\n1\n\nseven\n4\n\n\n\n\n");
    let out = person.out();
    assert_eq!((code, person.err().as_str()), (Some(0), ""), "{out}");
    is_plain(&out);
    in_order(
        &out,
        &[
            "Lesson uts: A hostname of one's own",
            "Step 1 of 5: ",
            "Before:\n  /proc/sys/kernel/hostname, read by host: ",
            "Question: What is the box called right after unshare(CLONE_NEWUTS)?\n",
            "  3. The same as the host\n",
            "Your guess (a number from 1 to 3; Enter runs the step): 3\n",
            "unshare(CLONE_NEWUTS) = 0\n",
            "/proc/self/ns/uts, read by box: changed from uts:[",
            "passed: box-uts differs from host-uts",
            "Result: passed",
            "You said: The same as the host (right)",
            "Why:\nA new UTS namespace begins as a copy",
            "Step 2 of 5: ",
            "/proc/sys/kernel/hostname, read by box: changed from ",
            " to bird\n",
            "You said: bird, and a kernel of its own (not right)",
            "Answer: Its old name, and the same kernel",
            "With Docker: docker run --hostname bird alpine",
            "Step 3 of 5: ",
            "This is not a number from 1 to 3.",
            "This is not a number from 1 to 3.",
            "Answer: guest and box",
            "It goes deeper.",
            "It goes deeper.",
            "The end of the lesson uts: 3 of 5 steps done. 1 of 2 guesses right.",
            "Everything that the lesson made is undone.",
        ],
    );
    assert!(!out.contains("read by box: changed from wren"), "a deeper step is run only when it is wanted");
    let progress = person.progress();
    let uts = progress.lesson("uts").expect("uts was begun");
    let done: Vec<(&str, Done)> = uts.steps.iter().map(|(id, how)| (id.as_str(), *how)).collect();
    assert_eq!(done, [("copy", Done::Watched), ("join", Done::Watched), ("rename", Done::Watched)]);
    assert_eq!((uts.guesses(), uts.finished_at.is_some()), ((1, 2), true));
}

#[test]
fn a_lesson_is_told_as_lines() {
    uts(User::Same);
}

#[test]
fn a_lesson_is_told_to_an_ordinary_user() {
    if !is_root() {
        return skip("a_lesson_is_told_to_an_ordinary_user", "only root can become one");
    }
    uts(User::Nobody);
}

#[test]
fn it_begins_where_it_is_told_and_ends_with_the_input() {
    let person = Person::new(User::Same);
    assert_eq!(person.run(&["learn", "--plain", "uts", "--from", "join"], "2\n"), Some(0));
    let out = person.out();
    in_order(
        &out,
        &[
            "Step 3 of 5",
            "First, step 2 is run: Rename the box\n",
            "read by guest: changed from",
            "is undone.\n",
        ],
    );
    assert!(!out.contains("Step 1 of 5") && !out.contains("Step 4 of 5"), "{out}");
    assert_eq!(person.progress().lesson("uts").map(|uts| uts.steps.len()), Some(1));
    // From then on, it goes on with what is not done.
    assert_eq!(person.run(&["learn", "--plain", "uts"], ""), Some(0));
    assert!(person.out().contains("Step 4 of 5"), "{}", person.out());
    assert_eq!(person.run(&["learn", "--plain", "uts:rename"], "q\n"), Some(0));
    assert!(person.out().contains("Step 2 of 5"), "{}", person.out());
    assert_eq!(person.run(&["learn", "--plain", "uts", "--from", "joni"], ""), Some(2));
    assert!(person.err().contains("did you mean `join`?"), "{}", person.err());
}

#[test]
fn a_question_with_several_answers_takes_several() {
    let person = Person::new(User::Same);
    let code = person.run(&["learn", "--plain", "mount:grid"], "1, 2 4\nq\n");
    let out = person.out();
    assert_eq!(code, Some(0), "{out}");
    in_order(&out, &["Your guess (numbers from 1 to 6", "You said: ", "; ", "; ", "(right)"]);
    is_plain(&out);
}

#[test]
fn a_signal_at_a_prompt_undoes_everything() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let mut person = Person::new(User::Same);
        let lab = person.start(&["learn", "--plain", "uts"]);
        lab.say("3\n");
        let pid = lab.pid;
        let at_prompt = || person.out().contains("Enter goes on, q ends the lesson:").then_some(());
        assert!(wait_for(DEADLINE, at_prompt).is_some(), "{}", person.out());
        let lab = person.lab.as_mut().expect("a lab");
        lab.signal(signal);
        assert_eq!(lab.wait(), Some(code), "{signal}");
        let left = leftover::of(pid);
        assert!(left.is_empty(), "{signal}: left\n  {}", left.join("\n  "));
        assert!(person.out().ends_with("Everything that the lesson made is undone.\n"), "{}", person.out());
    }
}

#[test]
fn where_nobody_reads_it_ends() {
    let person = Person::new(User::Same);
    let mut command = person.command(&["learn", "--plain", "uts"]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut lab = Lab::start(command.stdout(writer));
    drop(command);
    assert_eq!(lab.wait(), Some(0), "{}", person.err());
    assert!(leftover::of(lab.pid).is_empty());
}
