//! Answers that students hand in: all the right ones get full marks, wrong ones and those that cheat get none, and nothing is left of any.
//!
//! `tests/grade/{right,wrong,cheating}/LESSON/STEP/*.sh` are answers, written from the lesson's text and not from its `try`. Those of the step `any` are
//! put wherever there is room.

mod common;

use common::{Lab, Program, User, leftover, note, skip};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

/// Seconds for a step whose answer is right or merely wrong.
const PATIENT: &str = "120";
/// Seconds for one that would never end.
const STRICT: &str = "8";
/// Answers that are put wherever there is room.
const ANY: &str = "any";
/// So many rounds are graded at a time, as they mostly wait.
const AT_A_TIME: usize = 6;
/// The lesson whose rounds measure shares of CPU time: one at a time.
const MEASURES: &str = "cgroup-cpu";
/// Held alone by what measures shares of CPU time.
static CPUS: RwLock<()> = RwLock::new(());

fn directory(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grade").join(kind)
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_stem().expect("a name").to_string_lossy().into_owned()
}

/// What is handed in at once: a file for each step.
type Round = BTreeMap<String, PathBuf>;

/// All answers of a kind for a lesson, in as few rounds as there can be.
fn rounds(kind: &str, lesson: &str) -> Vec<Round> {
    let mut rounds: Vec<Round> = Vec::new();
    let mut put = |step: &str, file: &Path| {
        let free = rounds.iter().position(|round| !round.contains_key(step));
        let at = free.unwrap_or_else(|| {
            rounds.push(Round::new());
            rounds.len() - 1
        });
        rounds[at].insert(step.to_owned(), file.to_owned());
    };
    let of = directory(kind).join(lesson);
    for step in entries(&of).iter().filter(|step| name(step) != ANY) {
        for file in &entries(step) {
            put(&name(step), file);
        }
    }
    let steps: Vec<String> =
        entries(&directory("right").join(lesson)).iter().map(|step| name(step)).collect();
    for (at, file) in entries(&of.join(ANY)).iter().enumerate() {
        put(&steps[at % steps.len()], file);
    }
    rounds
}

/// Lays a round out as a student hands it in.
fn hand_in(place: &Path, lesson: &str, round: &Round) {
    let of = place.join(lesson);
    std::fs::create_dir_all(&of).expect("a directory");
    for (step, file) in round {
        std::fs::copy(file, of.join(format!("{step}.sh"))).expect("a copy");
    }
}

/// Grades, and gives the exit code and the report; no report when the program was ended.
fn grade(program: &Program, arguments: &[&str]) -> (i32, Option<i32>, Option<Value>) {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    let file = program.scratch.file(&format!("grade-{number}.json"));
    let complaints = program.scratch.file(&format!("grade-{number}.err"));
    let mut command = program.command();
    command.arg("grade").args(arguments).args(["--format", "json", "--output"]).arg(&file);
    command.stderr(std::fs::File::create(&complaints).expect("a file"));
    let mut lab = Lab::start(&mut command);
    let (pid, code) = (lab.pid, lab.wait());
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    if let Some(code) = code {
        assert!(
            !text.is_empty(),
            "exit {code}: {}",
            std::fs::read_to_string(&complaints).unwrap_or_default()
        );
    }
    (pid, code, serde_json::from_str(&text).ok())
}

fn steps(report: &Value) -> &[Value] {
    report["lessons"][0]["steps"].as_array().expect("steps")
}

/// Whether it has to be graded elsewhere; a machine that can grade nothing shows nothing.
fn not_gradable(step: &Value) -> Option<String> {
    let elsewhere = ["not_gradable", "not_counted"].iter().any(|why| step["outcome"][*why].is_object());
    elsewhere.then(|| step["message"].to_string())
}

fn nothing_is_left(lab: i32, round: &Round) {
    let left =
        common::wait_for(std::time::Duration::from_secs(20), || leftover::of(lab).is_empty().then_some(()));
    assert!(left.is_some(), "left by {round:?}:\n{}", leftover::of(lab).join("\n"));
}

fn everybody(test: impl Fn(&Program)) {
    test(&Program::built());
    if common::is_root() {
        test(&Program::for_nobody());
    } else {
        skip(&common::test(), "as an ordinary user besides: only root can become one");
    }
}

fn who(program: &Program) -> &'static str {
    if program.user == User::Nobody { "ordinary user" } else { "who runs the tests" }
}

/// Each answer of a kind, and what has to become of it.
fn each(kind: &str, lesson: &str, deadline: &str, judge: fn(&Value) -> bool) {
    let all = rounds(kind, lesson);
    assert!(!all.is_empty(), "no answers in {}", directory(kind).join(lesson).display());
    everybody(|program| {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..if lesson == MEASURES { 1 } else { AT_A_TIME } {
                scope.spawn(|| {
                    while let Some(round) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                        one(program, kind, lesson, round, deadline, judge);
                    }
                });
            }
        });
    });
}

/// Grades a round.
fn one(
    program: &Program,
    kind: &str,
    lesson: &str,
    round: &Round,
    deadline: &str,
    judge: fn(&Value) -> bool,
) {
    let answers = common::Scratch::new();
    hand_in(answers.path(), lesson, round);
    let path = answers.path().to_str().expect("UTF-8");
    let (lab, _, report) = grade(program, &[lesson, "--answers", path, "--deadline", deadline]);
    nothing_is_left(lab, round);
    // An ordinary user's shell can end that user's processes, the grader among them: no report, and no points.
    let Some(report) = report else {
        assert!(kind == "cheating" && program.user == User::Nobody, "no report on {round:?}");
        return;
    };
    for (id, file) in round {
        let step = steps(&report).iter().find(|step| step["id"] == **id);
        let step = step.unwrap_or_else(|| panic!("{lesson} has no step {id}: {}", file.display()));
        let way = format!("{} ({})", file.display(), who(program));
        match not_gradable(step) {
            Some(why) => skip(&way, &why),
            None => assert!(judge(step), "{way}: {step:#}"),
        }
        note(&format!("  {way}: {}", step["message"]));
    }
}

fn earned(step: &Value) -> bool {
    step["outcome"] == "earned"
}

fn not_earned(step: &Value) -> bool {
    step["outcome"]["not_earned"].is_object()
}

/// Waits until nothing of these tests is in the way of what a lesson measures.
fn with_room<T>(lesson: &str, test: impl FnOnce() -> T) -> T {
    let (_alone, _beside) = match lesson {
        MEASURES => (Some(CPUS.write().unwrap_or_else(PoisonError::into_inner)), None),
        _ => (None, Some(CPUS.read().unwrap_or_else(PoisonError::into_inner))),
    };
    test()
}

fn right_and_wrong(lesson: &str) {
    with_room(lesson, || {
        each("right", lesson, PATIENT, earned);
        each("wrong", lesson, PATIENT, not_earned);
    });
}

fn cheating(lesson: &str) {
    with_room(lesson, || each("cheating", lesson, STRICT, not_earned));
}

/// Tests for each lesson.
macro_rules! lessons {
    ($($module:ident: $lesson:literal,)*) => {
        const LESSONS: &[&str] = &[$($lesson),*];

        $(mod $module {
            #[test]
            fn right_and_wrong_answers() {
                super::right_and_wrong($lesson);
            }

            #[test]
            fn cheating_answers() {
                super::cheating($lesson);
            }
        })*
    };
}

lessons! {
    uts: "uts",
    pid: "pid",
    mount: "mount",
    user: "user",
    net: "net",
    overlay: "overlay",
    devices: "devices",
    bridge: "bridge",
    nat: "nat",
    net_modes: "net-modes",
    vxlan: "vxlan",
    ipc: "ipc",
    time: "time",
    cgroup_cpu: "cgroup-cpu",
    cgroup_memory: "cgroup-memory",
    cgroup_pids: "cgroup-pids",
    cgroup_freezer: "cgroup-freezer",
    cgroup_tree: "cgroup-tree",
}

#[test]
fn all_answers_are_graded() {
    for of in ["right", "wrong", "cheating"].iter().flat_map(|kind| entries(&directory(kind))) {
        assert!(LESSONS.contains(&name(&of).as_str()), "no test for {}", of.display());
    }
}

/// What is handed in for two steps of uts, the first of them wrong.
fn half(program: &Program) -> String {
    let file = program.scratch.file("half.txt");
    std::fs::write(&file, "# step: copy\nunshare --ipc\n# step: rename\nhostname bird\n").expect("a file");
    file.to_str().expect("UTF-8").to_owned()
}

#[test]
fn after_a_missed_step_a_strict_grading_counts_no_other() {
    let program = Program::built();
    let answers = half(&program);
    let of = |report: &Value, step: &str| {
        let found = steps(report).iter().find(|s| s["id"] == step).expect("the step").clone();
        not_gradable(&found).is_none().then(|| found["outcome"].clone())
    };
    let (_, code, report) = grade(&program, &["uts", "--answers", &answers]);
    let report = report.expect("a report");
    let Some(outcome) = of(&report, "rename") else { return skip("uts", "it cannot be graded here") };
    assert_eq!((code, &outcome), (Some(1), &Value::from("earned")));
    let (lab, code, report) = grade(&program, &["uts", "--answers", &answers, "--strict"]);
    let report = report.expect("a report");
    assert_eq!(code, Some(1));
    assert_eq!(of(&report, "copy").expect("graded")["not_earned"]["why"], "unmet");
    let rename = of(&report, "rename").expect("graded");
    assert_eq!(rename["not_earned"]["why"]["after_failure"]["step"], "copy");
    assert_eq!(report["earned"], 0);
    nothing_is_left(lab, &Round::new());
}

#[test]
fn a_mistake_in_answers_is_shown_where_it_is_and_nothing_runs() {
    let program = Program::built();
    let file = program.scratch.file("mistakes.txt");
    let text = "# step: rename\nhostname bird\n# step: renmae\nhostname wren\n# step: rename\n";
    std::fs::write(&file, text).expect("a file");
    let mut command = program.command();
    command.arg("grade").args(["uts", "--answers"]).arg(&file).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().expect("runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    for part in [
        "uts has no step `renmae`",
        "mistakes.txt:3:9",
        "help: did you mean `rename`?",
        "a second section for uts/rename",
        "mistakes.txt:5:9",
    ] {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
}
