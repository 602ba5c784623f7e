//! Every built-in lesson on this machine: it passes, verdict by verdict, or says before it begins why it cannot be run here. Nothing is left.

mod common;

use common::{Program, Report, User, built_in, is_root, leftover, note, skip, troubles, uses_cgroups};
use isolab::events::{LessonRecord, Status};
use isolab::vocabulary::Lesson;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is wrong with a run of one lesson, a line each; a lesson that is blocked as a whole is said and not wrong.
fn faults(lesson: &Lesson, report: &Report, who: &str) -> Vec<String> {
    let record = report.lesson(&lesson.id);
    let mut faults = Vec::new();
    let code = match &record.status {
        Status::Passed => {
            // Whatever the word of the whole says: every step, every verdict.
            faults.extend(record.steps.iter().flat_map(|s| {
                let bad = |status: &Status| !matches!(status, Status::Passed | Status::NotHere);
                let verdicts = s.verdicts.iter().filter(move |v| bad(&v.status));
                let verdicts =
                    verdicts.map(|v| format!("{}: {:?}", isolab::present::verdict::claim(v), v.status));
                let step = bad(&s.status).then(|| format!("step {}: {:?}", s.id, s.status));
                verdicts.chain(step).collect::<Vec<_>>()
            }));
            if record.steps.len() != lesson.steps.len() + 1 {
                faults.push(format!(
                    "{} records for {} steps and setup",
                    record.steps.len(),
                    lesson.steps.len()
                ));
            }
            0
        }
        Status::Blocked { reason, remedy } if blocked_as_it_may_be(lesson, record) => {
            skip(&format!("lesson {} {who}", lesson.id), reason);
            if reason.is_empty() || remedy.is_empty() {
                faults.push("blocked without a reason or a remedy".to_owned());
            }
            3
        }
        _ => {
            faults.push(troubles(record));
            1
        }
    };
    if report.code != Some(code) {
        faults.push(format!("exit code {:?} for {:?}", report.code, record.status));
    }
    faults.extend(record.left.iter().map(|l| format!("left: {l:?}")));
    faults.extend(leftover::of(report.pid).iter().map(|l| format!("left: {l:?}")));
    if !report.complaints.is_empty() {
        faults.push(format!("complained: {}", report.complaints));
    }
    faults.into_iter().map(|f| format!("{} {who}: {f}", lesson.id)).collect()
}

/// Blocked as a whole before anything was made; or in the middle by other work on the machine, which only measurements can be.
fn blocked_as_it_may_be(lesson: &Lesson, record: &LessonRecord) -> bool {
    let nothing_made = record.steps.iter().all(|s| s.actions.is_empty());
    nothing_made || (uses_cgroups(lesson) && record.steps.iter().all(|s| s.status != Status::Failed))
}

/// One test at a time: what one of them does is other work to the measurements of another.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run_all(program: &Program, who: &str) {
    let _alone = alone();
    let (mut faulty, mut passed) = (Vec::new(), 0);
    for lesson in built_in() {
        let report = program.check(&[&lesson.id]);
        passed += usize::from(report.lesson(&lesson.id).status == Status::Passed);
        faulty.extend(faults(&lesson, &report, who));
    }
    assert!(faulty.is_empty(), "{}", faulty.join("\n"));
    note(&format!("  {passed} lessons passed {who}"));
}

#[test]
fn lessons_pass_for_whoever_runs_the_tests() {
    run_all(&Program::built(), if is_root() { "as root" } else { "as this user" });
}

#[test]
fn lessons_pass_for_an_ordinary_user() {
    if !is_root() {
        return skip(
            "lessons as another user",
            "only root can become one; this user's run is the other test's",
        );
    }
    let program = Program::for_nobody();
    assert_eq!(program.user, User::Nobody);
    run_all(&program, "as an ordinary user");
}

/// All lessons in one start: one lab, one world after the other.
#[test]
fn short_lessons_pass_in_one_run() {
    let _alone = alone();
    let program = Program::built();
    let ids: Vec<String> = built_in().into_iter().filter(|l| !uses_cgroups(l)).map(|l| l.id).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let report = program.check(&ids);
    let bad = report.lessons.iter().filter(|l| !matches!(l.status, Status::Passed | Status::Blocked { .. }));
    let bad: String = bad.map(troubles).collect();
    assert!(bad.is_empty(), "{bad}");
    assert_eq!(report.lessons.len(), ids.len(), "every lesson has a record");
    let left = leftover::of(report.pid);
    assert!(left.is_empty(), "left\n  {}", left.join("\n  "));
}
