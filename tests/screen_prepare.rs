//! Steps that are prepared while they are looked at: time, keys and events in, state out.

mod screen;

use isolab::events::{Command, Event, Refusal, Status};
use isolab::lesson::catalog::BUILT_IN;
use isolab::model::Reading;
use isolab::tui::message::Effect;
use isolab::tui::walkthrough::{Pane, Walkthrough};
use screen::stage::Stage;
use std::time::Duration;

/// Less than a person looks at what is to be prepared, and more.
const GLANCE: Duration = Duration::from_millis(250);
const LOOK: Duration = Duration::from_millis(310);

fn walk(stage: &Stage) -> &Walkthrough {
    stage.app.walk.as_ref().expect("a lesson is open")
}

fn asks(effects: &[Effect]) -> Vec<&Command> {
    effects.iter().filter_map(|e| if let Effect::Ask(command) = e { Some(command) } else { None }).collect()
}

fn notice(stage: &Stage) -> &str {
    stage.app.notice.as_deref().unwrap_or_default()
}

/// A lesson whose first step is prepared.
fn prepared(lesson: &str, columns: u16, rows: u16) -> Stage {
    let mut stage = Stage::lesson(lesson, columns, rows);
    assert_eq!(asks(&stage.pass(LOOK)), [&Command::Prepare(1)]);
    stage.answer();
    assert!(walk(&stage).preparation.as_ref().is_some_and(|p| p.ready));
    stage
}

#[test]
fn a_step_is_prepared_when_it_has_been_looked_at_for_a_moment() {
    let mut stage = Stage::lesson("uts", 110, 34);
    for _ in 0..3 {
        assert!(asks(&stage.pass(GLANCE)).is_empty(), "who pages through prepares nothing");
        stage.press("n");
    }
    assert!(asks(&stage.pass(GLANCE)).is_empty());
    assert_eq!(asks(&stage.pass(LOOK)), [&Command::Prepare(4)]);
    assert!(asks(&stage.pass(LOOK)).is_empty(), "once");
    stage.answer();
    assert!(asks(&stage.pass(LOOK)).is_empty(), "and not again");
    assert_eq!(stage.app.pending, 0);
}

#[test]
fn what_is_there_before_is_on_the_screen_before_enter() {
    let mut stage = prepared("uts", 110, 34);
    let (rows, after) = walk(&stage).readouts();
    assert!(!rows.is_empty() && !after);
    let read = rows.iter().find(|r| r.id == "box-name").expect("it is read");
    assert!(matches!(read.before, Reading::Fact(_)), "{read:?}");
    let name = read.before.to_string();
    for (columns, rows) in [(80, 24), (110, 34), (160, 50)] {
        stage.resize(columns, rows);
        if columns < 100 {
            // The text has the screen; the tab beside it says that there is something.
            assert!(stage.text().contains("before: "), "{}", stage.text());
            stage.press("Tab");
        }
        let text = stage.text();
        assert!(text.contains("box-name") && text.contains(&name), "{columns}x{rows}:\n{text}");
        assert!(!text.contains("Enter reads"), "{text}");
    }
    assert!(walk(&stage).map_before.is_some());
    assert!(walk(&stage).picture_input().before.is_some());
}

#[test]
fn on_a_small_screen_the_values_are_below_the_question() {
    let mut stage = Stage::lesson("pid", 80, 24);
    stage.press("n n");
    stage.pass(LOOK);
    stage.answer();
    assert_eq!(walk(&stage).focus, Pane::Text);
    let text = stage.text();
    let question = text.find("What do you expect?").expect("the question");
    let last = text.find("Enter right away").expect("the end of the question");
    let value = text.find("init-self").expect("what is read");
    assert!(question < last && last < value, "{text}");
    // After the run the pane with the focus has it all.
    stage.press("Enter");
    stage.answer();
    assert_eq!(walk(&stage).focus, Pane::Kernel);
}

/// Where values are shown below the question, they leave it all of its room.
#[test]
fn values_never_hide_an_answer() {
    let (mut looked_at, mut hidden) = (0, Vec::new());
    for (lesson, _) in BUILT_IN {
        let mut stage = Stage::lesson(lesson, 80, 24);
        for index in 1..=walk(&stage).lesson.steps.len() {
            stage.turn(index);
            stage.pass(Duration::ZERO);
            stage.pass(LOOK);
            stage.answer();
            let text = stage.text();
            let Some(predict) = &walk(&stage).step().predict else { continue };
            if !text.contains("┌ before") {
                continue;
            }
            looked_at += 1;
            let last = predict.options.len();
            if ![format!(" {last} ○"), format!(" {last} [ ]")].iter().any(|sign| text.contains(sign)) {
                hidden.push(format!("{lesson}, step {index}:\n{text}"));
            }
        }
    }
    assert!(looked_at > 5, "only {looked_at} steps have values below their question");
    assert!(hidden.is_empty(), "{}", hidden.join("\n"));
}

#[test]
fn what_was_given_takes_one_line_among_the_calls() {
    let mut stage = Stage::lesson("mount", 110, 34);
    let with_given = walk(&stage).lesson.steps.iter().position(|s| s.given.len() > 1).expect("one");
    (0..with_given).for_each(|_| drop(stage.press("n")));
    stage.pass(LOOK);
    stage.answer();
    let given: usize = walk(&stage).actions().iter().map(|a| a.calls.len()).sum();
    let line = format!("given: {given} calls");
    assert!(given > 1 && stage.text().contains(&line), "{}", stage.text());
    stage.press("Enter");
    stage.answer();
    assert!(stage.text().contains(&line), "{}", stage.text());
    let own = walk(&stage).actions().iter().find(|a| !a.preparation).expect("the step's own");
    let call = own.calls.first().expect("a call").to_string();
    let name = call.split('(').next().expect("a name").to_owned() + "(";
    let text = stage.text();
    let below = text.split_once(&line).expect("it is there").1;
    assert!(below.lines().nth(1).is_some_and(|l| l.contains(&name)), "{name} right below:\n{text}");
    // Zoom shows them all.
    let given = walk(&stage).actions().iter().find(|a| a.preparation).expect("given").calls[0].to_string();
    let given = given.split('(').next().expect("a name").to_owned() + "(";
    stage.app.walk.as_mut().expect("open").focus = Pane::Calls;
    stage.press("z");
    assert!(stage.text().contains(&given) && !stage.text().contains(&line), "{}", stage.text());
}

#[test]
fn enter_goes_on_from_what_is_prepared() {
    let mut stage = prepared("uts", 110, 34);
    let before = walk(&stage).readouts().0.to_vec();
    assert_eq!(asks(&stage.press("Enter")), [&Command::Run(1)]);
    assert_eq!(walk(&stage).readouts(), (before.as_slice(), false), "nothing flickers");
    assert_eq!(walk(&stage).focus, Pane::Kernel);
    stage.answer();
    assert_eq!(walk(&stage).page().record.as_ref().map(|r| &r.status), Some(&Status::Passed));
    assert!(walk(&stage).preparation.is_none());
    assert!(asks(&stage.pass(LOOK)).is_empty(), "what has been run is not prepared");
    stage.press("Enter");
    assert_eq!(asks(&stage.pass(LOOK)), [&Command::Prepare(2)]);
}

#[test]
fn keys_work_while_a_step_is_being_prepared() {
    let mut stage = Stage::lesson("uts", 110, 34);
    stage.pass(LOOK);
    stage.answer_until(|e| matches!(e, Event::StepStarted { index: 1, .. }));
    assert!(walk(&stage).is_preparing());
    stage.press("1");
    assert_eq!(walk(&stage).page().answer.len(), 1);
    assert_eq!(asks(&stage.press("Enter")), [&Command::Run(1)], "it comes next");
    // The rest of the preparation, and then the run.
    let rest = stage.says(&Command::Prepare(1));
    let at = rest.iter().position(|e| matches!(e, Event::StepStarted { index: 1, .. })).expect("a start");
    stage.tell_all(&rest[at + 1..]);
    assert!(walk(&stage).running.is_some(), "the run is still to come");
    stage.answer();
    assert!(walk(&stage).running.is_none() && walk(&stage).preparation.is_none());
    assert_eq!(walk(&stage).page().record.as_ref().map(|r| &r.status), Some(&Status::Passed));
    assert_eq!(stage.app.pending, 0);
}

#[test]
fn what_has_ended_meanwhile_is_said_to_be_made_anew() {
    let mut stage = prepared("uts", 110, 34);
    stage.press("Enter");
    let mut events = vec![Event::Undone { left: Vec::new() }];
    events.extend(stage.says(&Command::Run(1)));
    stage.asked.clear();
    stage.tell_all(&events);
    assert!(notice(&stage).contains("prepared again"), "{}", notice(&stage));
    assert_eq!(walk(&stage).page().record.as_ref().map(|r| &r.status), Some(&Status::Passed));
    // A step that was not prepared has nothing that could have ended.
    let mut stage = Stage::lesson("uts", 110, 34);
    stage.press("Enter");
    stage.tell(Event::Undone { left: Vec::new() });
    assert_eq!(notice(&stage), "");
}

#[test]
fn what_cannot_be_prepared_is_not_tried_again_and_again() {
    let mut stage = Stage::lesson("uts", 110, 34);
    stage.pass(LOOK);
    stage.asked.clear();
    stage.tell_all(&[Event::Refused(Refusal::Engine("no".into())), Event::Idle]);
    assert_eq!(notice(&stage), "no");
    assert!(!walk(&stage).is_preparing());
    assert!(asks(&stage.pass(LOOK)).is_empty());
    assert_eq!(asks(&stage.press("Enter")), [&Command::Run(1)], "by Enter it is");
    stage.answer();
    stage.press("n");
    assert_eq!(asks(&stage.pass(LOOK)), [&Command::Prepare(2)], "and so is another step");
}

#[test]
fn what_was_cancelled_stays_undone() {
    let mut stage = prepared("uts", 110, 34);
    stage.press("Enter");
    stage.press("Esc");
    stage.asked.clear();
    stage.tell_all(&[Event::Undone { left: Vec::new() }, Event::Cancelled, Event::Idle]);
    assert!(notice(&stage).contains("cancelled"), "{}", notice(&stage));
    assert!(asks(&stage.pass(LOOK)).is_empty());
    assert_eq!(asks(&stage.press("Enter")), [&Command::Run(1)]);
}

#[test]
fn other_values_begin_without_what_was_prepared() {
    let mut stage = Stage::lesson("cgroup-cpu", 110, 34);
    stage.press("n n");
    stage.pass(LOOK);
    stage.answer();
    assert!(walk(&stage).preparation.is_some());
    stage.press("w → Enter");
    assert!(walk(&stage).running.as_ref().is_some_and(|r| !r.prepared && r.before.is_empty()));
    stage.tell(Event::Undone { left: Vec::new() });
    assert_eq!(notice(&stage), "", "the world before had other values");
}

#[test]
fn what_cannot_be_run_here_is_not_prepared() {
    let mut stage = Stage::new(110, 34);
    stage.open("uts");
    assert!(asks(&stage.pass(LOOK)).is_empty(), "it is not known yet whether it can be run");
    stage.play("refused");
    let blocked = isolab::events::Readiness::Blocked { reason: "no".into(), remedy: String::new() };
    stage.tell(Event::Readiness(vec![("uts".to_owned(), blocked)]));
    assert!(asks(&stage.pass(LOOK)).is_empty());
}

#[test]
fn a_failure_on_the_way_leaves_the_step_to_enter() {
    let mut stage = Stage::lesson("uts", 110, 34);
    stage.press("n n");
    stage.pass(LOOK);
    stage.asked.clear();
    let run = stage.says(&Command::Run(2));
    let record = run.iter().find_map(|e| match e {
        Event::StepEnded(record) if record.id != "setup" => Some(record.clone()),
        _ => None,
    });
    let record = isolab::events::StepRecord { status: Status::Failed, ..*record.expect("a record") };
    stage.tell_all(&[Event::StepEnded(Box::new(record)), Event::Idle]);
    assert_eq!(walk(&stage).index, 3, "nobody is taken elsewhere");
    assert!(notice(&stage).contains("could not be prepared"), "{}", notice(&stage));
    assert!(walk(&stage).pages.iter().all(|p| p.record.is_none()));
    assert!(asks(&stage.pass(LOOK)).is_empty());
}

#[test]
fn leaving_ends_what_is_being_prepared() {
    let mut stage = Stage::lesson("uts", 110, 34);
    stage.pass(LOOK);
    let effects = stage.press("Esc");
    assert_eq!(effects.first(), Some(&Effect::Cancel), "{effects:?}");
    assert!(asks(&effects).contains(&&Command::Close), "{effects:?}");
    stage.tell(Event::Cancelled);
    assert_eq!(notice(&stage), "", "who has left need not know");
    // What waits is ended by closing alone.
    let mut stage = prepared("uts", 110, 34);
    let effects = stage.press("Esc");
    assert!(!effects.contains(&Effect::Cancel), "{effects:?}");
}

#[test]
fn steps_that_were_passed_over_are_said_to_be_made() {
    let mut stage = Stage::lesson("uts", 110, 34);
    stage.run(3);
    stage.press("n n");
    assert_eq!(walk(&stage).index, 5);
    stage.pass(LOOK);
    stage.asked.clear();
    let of_four = Event::StepStarted { index: 4, id: "four".into(), title: "Four".into() };
    stage.tell(of_four);
    let events = stage.says(&Command::Prepare(5));
    stage.tell_all(&events);
    assert_eq!(walk(&stage).passed_over(), 4..5);
    assert!(stage.text().contains("step 4 was passed over, and run on the way"), "{}", stage.text());
    stage.press("o");
    assert!(stage.text().contains("run on the way"), "{}", stage.text());
    stage.press("Esc");
    // When the world ends, so does what was made in it.
    stage.tell(Event::Undone { left: Vec::new() });
    assert_eq!(walk(&stage).passed_over().len(), 0);
    assert!(walk(&stage).preparation.is_none());
}

#[test]
fn a_staged_step_of_a_demo_is_prepared() {
    let mut stage = Stage::demo(110, 34);
    stage.press("Space");
    let asked = stage.pass(LOOK);
    let asked = asks(&asked);
    assert!(matches!(asked[..], [Command::Open { .. }, Command::Prepare(_)]), "{asked:?}");
    stage.answer();
    assert!(walk(&stage).preparation.as_ref().is_some_and(|p| p.ready));
    let asked = stage.press("Space");
    let asked = asks(&asked);
    assert!(matches!(asked[..], [Command::Run(_)]), "it is open already: {asked:?}");
    stage.answer();
    assert!(walk(&stage).page().record.is_some());
}
