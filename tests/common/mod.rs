//! What the tests of the built program share: starting it, reading its report, and finding what it left.

// Each test program uses a part of this.
#![allow(dead_code)]

pub mod leftover;
pub mod random;

use isolab::events::{LessonRecord, Status, StepRecord};
use isolab::lesson::Catalog;
use isolab::present::verdict;
use isolab::vocabulary::Lesson;
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The program under test.
pub const ISOLAB: &str = env!("CARGO_BIN_EXE_isolab");
/// An ordinary user without a name, a home or groups.
pub const NOBODY: u32 = 65534;
/// One start of the program ends within this time, however busy the machine is: 5 minutes.
const DEADLINE: Duration = Duration::from_secs(300);
/// How often something that is waited for is looked at.
const TICK: Duration = Duration::from_millis(2);

/// Says that a test, or a part of it, does not run here. The harness keeps what a passing test prints to itself, except for what is
/// written to the stream directly.
pub fn skip(what: &str, reason: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}: {reason}");
}

/// The name of the test that asks: the harness gives it to the thread.
pub fn test() -> String {
    std::thread::current().name().unwrap_or("a test").to_owned()
}

/// A line about what was done, likewise.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Looks again and again until something is there, at most so long.
pub fn wait_for<T>(at_most: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let until = Instant::now() + at_most;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() > until {
            return None;
        }
        std::thread::sleep(TICK);
    }
}

/// A directory that everybody may read and write, gone when the test ends.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("test-of-isolab-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).expect("a directory for the test");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).expect("chmod");
        Scratch(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Who starts the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    /// Whoever runs the tests.
    Same,
    /// [`NOBODY`]; only root can become one.
    Nobody,
}

/// The first word of a program that [`as_everybody`] has started as an ordinary user.
const AS_NOBODY: &str = "__as_nobody";

/// What a test program without a harness runs: its tests as whoever has started it, and when that is root, in a copy of the program also as
/// [`NOBODY`]. `tests` gets a name for who runs them and the other words, and gives whether all went well.
pub fn as_everybody(words: &[&str], tests: fn(&str, &[&str]) -> bool) -> bool {
    if let [AS_NOBODY, words @ ..] = words {
        return tests("ordinary user", words);
    }
    let own = tests("who runs the tests", words);
    if !is_root() {
        skip("as an ordinary user besides", "only root can become one");
        return own;
    }
    let scratch = Scratch::new();
    let program = scratch.file("tests");
    copy(&std::env::current_exe().expect("own path"), &program);
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("chmod");
    let mut command = Command::new(&program);
    command.arg(AS_NOBODY).args(words).uid(NOBODY).gid(NOBODY).env("HOME", "/").current_dir("/");
    command.status().expect("start as an ordinary user").success() && own
}

/// The program, startable by anybody.
pub struct Program {
    pub scratch: Scratch,
    pub user: User,
    path: PathBuf,
}

/// The program for everybody who can start it here: who runs the tests, and when that is root, also an ordinary user.
pub fn programs() -> Vec<Program> {
    if is_root() {
        return vec![Program::built(), Program::for_nobody()];
    }
    skip(&format!("{}, as an ordinary user besides", test()), "only root can become one");
    vec![Program::built()]
}

/// Copies a program. By another process: while this one had the copy open for writing, another thread's child could inherit that, and then the copy
/// cannot be executed (ETXTBSY in `execve(2)`).
pub fn copy(program: &Path, to: &Path) {
    let status = Command::new("cp").arg("--").arg(program).arg(to).status().expect("cp");
    assert!(status.success(), "cp {} {}: {status}", program.display(), to.display());
}

impl Program {
    /// The built program as it stands.
    pub fn built() -> Self {
        Program { scratch: Scratch::new(), user: User::Same, path: ISOLAB.into() }
    }

    /// A copy of it that an ordinary user can reach and read.
    pub fn for_nobody() -> Self {
        let scratch = Scratch::new();
        let path = scratch.file("isolab");
        copy(ISOLAB.as_ref(), &path);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("chmod");
        Program { scratch, user: User::Nobody, path }
    }

    /// A file of the tests where whoever starts the program can read it.
    pub fn reachable(&self, file: &str) -> PathBuf {
        let there = self.scratch.file(Path::new(file).file_name().and_then(|n| n.to_str()).unwrap_or("file"));
        std::fs::copy(file, &there).expect("a copy");
        std::fs::set_permissions(&there, std::fs::Permissions::from_mode(0o644)).expect("chmod");
        there
    }

    /// A command that starts it. It has a process group of its own, so that a signal to the group reaches nobody else.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.process_group(0).env_remove("ISOLAB_RUN").env_remove("SUDO_UID");
        if self.user == User::Nobody {
            // Without supplementary groups: std gives them up when root sets a uid.
            command.uid(NOBODY).gid(NOBODY).env("HOME", "/");
        }
        command
    }

    /// Runs `isolab check` with a JSON report and waits for its end.
    pub fn check(&self, arguments: &[&str]) -> Report {
        let name = format!("report-{}.json", NAMES.fetch_add(1, Ordering::Relaxed));
        let file = self.scratch.file(&name);
        let complaints = self.scratch.file(&format!("{name}.err"));
        let mut command = self.command();
        command.arg("check").args(arguments).args(["--format", "json", "--output"]).arg(&file);
        command.stderr(std::fs::File::create(&complaints).expect("a file"));
        let lab = Lab::start(&mut command);
        lab.report(&file, &complaints)
    }
}

static NAMES: AtomicU32 = AtomicU32::new(0);

/// A started lab. It is killed when the test ends otherwise than it should.
pub struct Lab {
    child: Child,
    pub pid: i32,
}

impl Lab {
    pub fn start(command: &mut Command) -> Self {
        let child = command.spawn().expect("the program starts");
        let pid = i32::try_from(child.id()).expect("a process number");
        Lab { child, pid }
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.pid), signal);
    }

    /// To its whole process group, as a terminal does.
    pub fn signal_group(&self, signal: nix::sys::signal::Signal) {
        let _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(self.pid), signal);
    }

    /// Writes to its standard input, which must be a pipe.
    pub fn say(&mut self, text: &str) {
        let input = self.child.stdin.as_mut().expect("a pipe");
        input.write_all(text.as_bytes()).expect("write");
    }

    /// Closes the pipe that its standard output goes into: nobody reads it any more.
    pub fn close_output(&mut self) {
        drop(self.child.stdout.take());
    }

    /// The exit code, or nothing when a signal ended it. Fails the test when it does not end.
    pub fn wait(&mut self) -> Option<i32> {
        let status = wait_for(DEADLINE, || self.child.try_wait().expect("wait"));
        status.unwrap_or_else(|| panic!("isolab {} did not end in {} s", self.pid, DEADLINE.as_secs())).code()
    }

    /// Whether it has ended.
    pub fn ended(&mut self) -> bool {
        self.child.try_wait().expect("wait").is_some()
    }

    fn report(mut self, file: &Path, complaints: &Path) -> Report {
        let pid = self.pid;
        let code = self.wait();
        let complaints = std::fs::read_to_string(complaints).unwrap_or_default();
        Report { pid, code, lessons: lessons_of(file), complaints }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The records of a JSON report; none when it was never written.
pub fn lessons_of(file: &Path) -> Vec<LessonRecord> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let Ok(mut document) = serde_json::from_str::<serde_json::Value>(&text) else { return Vec::new() };
    serde_json::from_value(document["lessons"].take()).expect("the report has the records of the lessons")
}

/// What a start of `isolab check` came to.
pub struct Report {
    /// Of the lab.
    pub pid: i32,
    /// Its exit code; nothing when a signal ended it.
    pub code: Option<i32>,
    pub lessons: Vec<LessonRecord>,
    /// What it said on standard error.
    pub complaints: String,
}

impl Report {
    pub fn lesson(&self, id: &str) -> &LessonRecord {
        let found = self.lessons.iter().find(|l| l.id == id);
        found.unwrap_or_else(|| panic!("no record of {id}; exit {:?}; {}", self.code, self.complaints))
    }
}

/// A lesson's verdicts that did not pass, a line each, for the message of a test.
pub fn troubles(lesson: &LessonRecord) -> String {
    let mut lines = vec![format!("lesson {}: {:?}", lesson.id, lesson.status)];
    for step in lesson.steps.iter().filter(|s| s.status != Status::Passed) {
        lines.push(format!("  step {}: {:?}", step.id, step.status));
        lines.extend(verdicts(step));
    }
    lines.extend(lesson.left.iter().map(|l| format!("  left: {l:?}")));
    lines.join("\n") + "\n"
}

fn verdicts(step: &StepRecord) -> impl Iterator<Item = String> {
    let bad = step.verdicts.iter().filter(|v| v.status != Status::Passed);
    bad.map(|v| {
        let [claim, expected, actual, source] =
            [verdict::claim(v), verdict::expected(v), verdict::actual(v), verdict::source(v)];
        format!("    {:?}: {claim}; expected {expected}, was {actual} ({source})", v.status)
    })
}

/// The built-in lessons, in their order.
pub fn built_in() -> Vec<Lesson> {
    let load = |s: &isolab::lesson::catalog::Source| match s.load(&BTreeMap::new()) {
        Ok(lesson) => lesson,
        Err(found) => panic!("{}: {}", s.id, found.iter().map(ToString::to_string).collect::<String>()),
    };
    Catalog::built_in().sources().iter().map(load).collect()
}

/// Whether a lesson makes cgroups, which not every machine lets everybody do.
pub fn uses_cgroups(lesson: &Lesson) -> bool {
    !lesson.cgroups.is_empty()
}

/// A JSON Schema, made strict: in a document of this version there is no key that the schema does not name.
pub fn strict(schema: &str) -> serde_json::Value {
    use serde_json::Value;
    fn close(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.values_mut().for_each(close);
                if map.contains_key("properties") && !map.contains_key("additionalProperties") {
                    map.insert("additionalProperties".into(), Value::Bool(false));
                }
            }
            Value::Array(list) => list.iter_mut().for_each(close),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut schema = serde_json::from_str(schema).expect("JSON");
    assert!(jsonschema::draft7::meta::is_valid(&schema));
    close(&mut schema);
    schema
}
