//! Questions: asked before anything answers them, answered whole, and never without the explanation.

mod screen;

use isolab::events::{Command, Event, Judged, Status, Verdict};
use isolab::tui::keys::Context;
use isolab::tui::message::{Effect, Purpose};
use isolab::tui::walkthrough::{Pane, Walkthrough};
use screen::stage::Stage;
use std::time::Duration;

fn walk(stage: &Stage) -> &Walkthrough {
    stage.app.walk.as_ref().expect("a lesson is open")
}

/// A stage whose lesson is at the step with this number, which has not been run.
fn before(lesson: &str, index: usize, columns: u16, rows: u16) -> Stage {
    let mut stage = Stage::lesson(lesson, columns, rows);
    for _ in 1..index {
        stage.press("n");
    }
    assert_eq!(walk(&stage).index, index);
    stage
}

fn opens_a_try(effects: &[Effect]) -> bool {
    effects.iter().any(|e| matches!(e, Effect::OpenShell { purpose: Purpose::Try(_), .. }))
}

#[test]
fn several_answers_are_marked_and_compared_as_a_set() {
    let guess = |keys: &str| {
        let mut stage = before("mount", 7, 120, 40);
        stage.press(keys);
        stage
    };
    let mut stage = guess("1 2 6 6 4");
    assert_eq!(
        walk(&stage).page().answer,
        ["shared-i", "shared-o", "slave-o"],
        "a second press takes it back"
    );
    assert_eq!(stage.text().matches("[x]").count(), 3, "{}", stage.text());
    stage.press("Enter");
    stage.answer();
    assert_eq!(walk(&stage).right(7, &stage.app.environment.variant), Some(true));
    assert!(stage.app.progress.lesson("mount").is_some_and(|l| l.predictions["grid"].right));
    for (keys, told) in [
        ("1", "1 of the 3"),
        ("1 2 3", "2 of the 3, and 1 that is not"),
        ("3 5", "0 of the 3, and 2 that are not"),
    ] {
        let mut stage = guess(keys);
        stage.press("Enter");
        stage.answer();
        stage.press("Shift-Tab g");
        let text = stage.text();
        assert!(text.contains(&format!("✗ You said: {told}")), "{text}");
        assert!(text.contains("outer's below slave – missed"), "the whole answer is shown:\n{text}");
        assert_eq!(text.contains("twin's below slave – wrong"), keys.contains('3'), "{text}");
        assert!(stage.app.progress.lesson("mount").is_some_and(|l| !l.predictions["grid"].right));
    }
}

#[test]
fn every_option_that_is_shown_has_a_key_that_works() {
    let stage = Stage::new(80, 24);
    let ids: Vec<String> = stage.app.entries.iter().map(|e| e.id.clone()).collect();
    for id in ids {
        let steps = Stage::lesson(&id, 80, 24).app.walk.expect("a lesson is open").lesson.steps.clone();
        for (at, step) in steps.iter().enumerate() {
            // A step for another kind of machine asks nothing.
            let Some(predict) = step.predict.as_ref().filter(|_| stage.app.environment.has(step)) else {
                continue;
            };
            for (option, name) in predict.options.keys().enumerate() {
                let mut stage = before(&id, at + 1, 80, 24);
                stage.press(&(option + 1).to_string());
                assert_eq!(walk(&stage).page().answer, std::slice::from_ref(name), "{id}:{}", step.id);
            }
        }
    }
}

#[test]
fn the_explanation_is_shown_before_the_next_step_whatever_pane_has_the_keys() {
    for keys in ["", "Tab", "Tab Tab", "m Esc", "z Esc"] {
        let mut stage = before("pid", 1, 80, 24);
        stage.press("Enter");
        stage.answer();
        if !keys.is_empty() {
            stage.press(keys);
        }
        assert!(!walk(&stage).page().explained, "{keys}");
        assert!(stage.text().contains("Enter next: why"), "{keys}\n{}", stage.text());
        stage.press("Enter");
        assert_eq!((walk(&stage).index, walk(&stage).focus), (1, Pane::Text), "{keys}");
        stage.press("Enter");
        assert_eq!(walk(&stage).index, 2, "{keys}");
    }
    // Whoever has looked at it is not sent there a second time.
    let mut stage = before("pid", 1, 80, 24);
    stage.press("Enter");
    stage.answer();
    stage.press("Shift-Tab Tab Enter");
    assert_eq!(walk(&stage).index, 2);
}

#[test]
fn the_strip_below_the_readouts_has_the_answer() {
    let mut stage = before("uts", 1, 80, 24);
    stage.press("1 Enter");
    stage.answer();
    assert_eq!(walk(&stage).focus, Pane::Kernel);
    let text = stage.text();
    assert!(text.contains("You said: Nothing") && text.contains("Answer: The same as the host"), "{text}");
}

#[test]
fn what_could_not_be_measured_is_answered_all_the_same() {
    let mut stage = before("cgroup-cpu", 1, 120, 40);
    stage.press("1 Enter");
    // As on a machine that has other work.
    let mut events = stage.says(&Command::Run(1));
    stage.asked.clear();
    for event in &mut events {
        if let Event::StepEnded(record) = event
            && record.id == "free"
        {
            let reason = "other work used 95 % of a CPU in the window".to_owned();
            let blocked = Status::Blocked { reason, remedy: String::new() };
            let of_share =
                |v: &&mut Verdict| matches!(&v.judged, Judged::Expectation(e) if e.claim.readout == "share");
            record.verdicts.iter_mut().find(of_share).expect("a verdict on the share").status =
                blocked.clone();
            record.status = blocked;
        }
    }
    stage.tell_all(&events);
    stage.press("Shift-Tab g");
    let text = stage.text();
    for said in ["✗ You said: 50 %", "→ Answer: 200 %", "Not measured here, because other work used", "Why"]
    {
        assert!(text.contains(said), "{said} in\n{text}");
    }
    let lesson = stage.app.progress.lesson("cgroup-cpu").expect("progress");
    assert!(!lesson.predictions["free"].right && lesson.steps.is_empty(), "guessed, and not done");
}

#[test]
fn a_shell_to_try_in_asks_for_the_guess_first() {
    for key in ["3", "Enter"] {
        let mut stage = before("uts", 1, 80, 24);
        let effects = stage.press("t");
        assert!(!opens_a_try(&effects) && stage.app.context() == Context::Question, "{effects:?}");
        assert!(stage.text().contains("What is the box called"), "{}", stage.text());
        assert!(opens_a_try(&stage.press(key)), "{key}");
        assert_eq!(walk(&stage).page().answer.is_empty(), key == "Enter");
    }
    let mut stage = before("uts", 1, 80, 24);
    stage.press("t Esc");
    assert!(stage.app.context() == Context::Step && walk(&stage).shell.is_none());
    stage.press("3");
    assert!(opens_a_try(&stage.press("t")), "it is not asked twice");
    // What is done has nothing to hide.
    let mut stage = before("uts", 1, 80, 24);
    stage.press("Enter");
    stage.answer();
    assert!(opens_a_try(&stage.press("t")));
    assert!(stage.asked.iter().any(|c| matches!(c, Command::Try { .. })));
}

#[test]
fn what_deeper_means_is_said_until_somebody_has_done_such_a_step() {
    let mut stage = before("uts", 4, 80, 24);
    assert!(
        stage.text().contains("Deeper: this step goes further than the lesson needs."),
        "{}",
        stage.text()
    );
    stage.run(4);
    stage.press("n");
    assert_eq!(walk(&stage).index, 5);
    assert!(!stage.text().contains("Deeper:"), "{}", stage.text());
}

#[test]
fn a_step_that_does_nothing_is_read_only_after_the_guess() {
    let mut stage = before("pid", 3, 120, 40);
    stage.pass(Duration::from_secs(5));
    stage.answer();
    assert!(walk(&stage).preparation_here().is_some_and(|p| p.ready && !p.run.before.is_empty()));
    assert!(walk(&stage).readouts().0.is_empty(), "it would answer the question");
    assert!(stage.text().contains("What this step reads:"), "{}", stage.text());
}
