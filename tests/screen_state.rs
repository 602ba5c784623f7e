//! What keys and events make of the state, and what is to be done then.

mod screen;

use isolab::events::{self, Command, Event, Readiness, Status};
use isolab::grading::Outcome;
use isolab::lesson::catalog::BUILT_IN;
use isolab::model::{Fact, Leftover, Reading, Value};
use isolab::progress::{Done, Progress};
use isolab::tui::app::{App, End, Screen};
use isolab::tui::keys::{self, Action, Context};
use isolab::tui::message::{Effect, Message, Purpose};
use isolab::tui::overlay::Overlay;
use isolab::tui::overlay::state::{Refusal, Zoomed};
use isolab::tui::walkthrough::{PANES, Pane, Walkthrough};
use screen::stage::{Machine, Stage, key};
use std::collections::BTreeMap;

fn walk(stage: &Stage) -> &Walkthrough {
    stage.app.walk.as_ref().expect("a lesson is open")
}

fn notice(stage: &Stage) -> &str {
    stage.app.notice.as_deref().unwrap_or_default()
}

fn refusal(stage: &Stage) -> &Refusal {
    match &stage.app.overlay {
        Some(Overlay::Refusal(refusal)) => refusal,
        overlay => panic!("{overlay:?}"),
    }
}

fn number(n: i64) -> Reading {
    Reading::Fact(Fact::of(Value::Int(n)))
}

fn asks(effects: &[Effect]) -> Vec<&Command> {
    effects.iter().filter_map(|e| if let Effect::Ask(command) = e { Some(command) } else { None }).collect()
}

fn done(app: &App, lesson: &str, step: &str) -> Option<Done> {
    app.progress.lesson(lesson)?.steps.get(step).copied()
}

fn is_sampled(event: &Event) -> bool {
    matches!(event, Event::Sampled(_))
}

/// A stage whose keys go to this context.
fn at(context: Context) -> Stage {
    let mut stage = match context {
        Context::Home => Stage::new(80, 24).ready(),
        Context::WhatIf | Context::Running => Stage::lesson("cgroup-cpu", 120, 40),
        Context::Refusal => not_by_hand(),
        _ => Stage::lesson("uts", 120, 40),
    };
    match context {
        Context::Home | Context::Step => {}
        Context::Filter => {
            stage = Stage::new(80, 24).ready();
            stage.press("/");
        }
        Context::Running => {
            stage.press("Enter");
            stage.answer_until(|e| matches!(e, Event::Before(_)));
        }
        Context::Shell => {
            stage.play("shell");
            stage.run(2);
            stage.press("s Enter");
            stage.answer();
        }
        Context::Zoom => drop(stage.press("z")),
        Context::Search => drop(stage.press("z /")),
        Context::Map => drop(stage.press("m")),
        Context::Outline => drop(stage.press("o")),
        Context::Glossary => drop(stage.press("G")),
        Context::BoxChoice => {
            stage.run(1);
            stage.press("s");
        }
        Context::WhatIf => {
            stage.press("n n");
            stage.press("w");
        }
        Context::Summary => {
            stage.app.screen = Screen::Summary;
        }
        Context::Demo | Context::Chapters | Context::Notes => {
            stage = Stage::demo(80, 24);
            stage.press("Space");
            match context {
                Context::Chapters => drop(stage.press("g")),
                Context::Notes => drop(stage.press("n")),
                _ => {}
            }
        }
        Context::Question | Context::Refusal => drop(stage.press("t")),
        Context::Help => drop(stage.press("?")),
        Context::Small => drop(stage.send(Message::Resize(20, 5))),
        Context::NotesWindow => panic!("it is no screen of the lab"),
    }
    assert_eq!(stage.app.context(), context);
    stage
}

const ALL: [Context; 19] = [
    Context::Home,
    Context::Filter,
    Context::Step,
    Context::Running,
    Context::Shell,
    Context::Zoom,
    Context::Search,
    Context::Map,
    Context::Outline,
    Context::BoxChoice,
    Context::WhatIf,
    Context::Summary,
    Context::Demo,
    Context::Chapters,
    Context::Notes,
    Context::Refusal,
    Context::Question,
    Context::Glossary,
    Context::Help,
];

#[test]
fn every_key_of_every_context_is_taken_and_none_panics() {
    // The notes window is a program of its own (`tests/notes_view.rs`).
    for binding in keys::all().filter(|binding| binding.context != Context::NotesWindow) {
        for key_of in binding.keys {
            let mut stage = at(binding.context);
            let event = key(&key_of.name());
            assert_eq!(keys::action(binding.context, event), Some(binding.action), "{}", key_of.name());
            let effects = stage.send(Message::Key(event));
            let quits = stage.app.end == Some(End::Quit);
            assert_eq!(quits, binding.action == Action::Quit, "{:?} {}", binding.context, key_of.name());
            assert_eq!(effects.contains(&Effect::Suspend), binding.action == Action::Suspend);
            stage.text();
        }
    }
}

#[test]
fn every_context_can_be_left_by_its_key() {
    for context in ALL {
        let mut stage = at(context);
        let way_out = keys::of(context).find(|b| matches!(b.action, Action::Leave | Action::Cancel));
        let Some(way_out) = way_out else { panic!("{context:?} has no way out") };
        stage.press(&way_out.keys[0].name());
        stage.answer();
        let now = stage.app.context();
        match context {
            // There is nothing above it.
            Context::Home => assert_eq!(now, Context::Home),
            // Not by one key on a stage.
            Context::Demo => assert!(notice(&stage).contains("q ends the show")),
            // Until the engine has undone it.
            Context::Running => assert!(walk(&stage).running.as_ref().is_some_and(|r| r.cancelling)),
            _ => assert_ne!(now, context),
        }
    }
}

#[test]
fn help_opens_over_each_screen_and_closes_to_it() {
    for context in ALL {
        let Some(help) = keys::of(context).find(|b| b.action == Action::Help) else { continue };
        let mut stage = at(context);
        stage.press(&help.keys[0].name());
        assert_eq!(stage.app.context(), Context::Help, "{context:?}");
        let text = stage.text();
        let first = keys::of(context).next().map(|b| b.keys[0].name()).unwrap_or_default();
        assert!(text.contains(&first), "{context:?}:\n{text}");
        stage.press("Esc");
        assert_eq!(stage.app.context(), context);
    }
}

#[test]
fn enter_runs_and_then_goes_on_and_passes_over_deeper_steps() {
    let mut stage = Stage::lesson("uts", 120, 40);
    for index in 1..=3 {
        assert_eq!(walk(&stage).index, index);
        assert_eq!(walk(&stage).focus, Pane::Text);
        let effects = stage.press("Enter");
        assert_eq!(asks(&effects), [&Command::Run(index)]);
        assert!(walk(&stage).running.is_some());
        stage.answer();
        assert!(walk(&stage).running.is_none());
        assert_eq!(walk(&stage).focus, Pane::Kernel);
        assert_eq!(walk(&stage).page().record.as_ref().map(|r| &r.status), Some(&Status::Passed));
        let effects = stage.press("Enter");
        assert!(asks(&effects).is_empty(), "going on asks nothing of the engine");
    }
    // Steps 4 and 5 are deeper.
    assert_eq!(stage.app.screen, Screen::Summary);
    assert!(stage.app.progress.lesson("uts").is_some_and(|l| l.finished_at.is_some()));
    // By the outline one gets into the deeper ones, and stays among them.
    stage.press("b o ↓ Enter");
    assert_eq!((stage.app.screen, walk(&stage).index), (Screen::Step, 4));
    stage.press("Enter");
    stage.answer();
    stage.press("Enter");
    assert_eq!(walk(&stage).index, 5, "a deeper step goes on deep");
}

#[test]
fn an_unfinished_lesson_is_not_finished_by_its_summary() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.run(3);
    stage.press("Enter");
    assert_eq!(stage.app.screen, Screen::Summary);
    assert!(stage.app.progress.lesson("uts").is_some_and(|l| l.finished_at.is_none()));
}

#[test]
fn a_prediction_never_blocks_and_is_frozen_when_the_kernel_has_spoken() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.press("1");
    assert_eq!(walk(&stage).page().answer, ["none"]);
    stage.press("3");
    assert_eq!(walk(&stage).page().answer, ["host"], "until it runs one may think again");
    stage.press("4");
    assert_eq!(walk(&stage).page().answer, ["host"], "there is no fourth option");
    stage.press("Enter");
    stage.answer();
    stage.press("1");
    assert_eq!(walk(&stage).page().answer, ["host"], "too late");
    let told = &stage.app.progress.lesson("uts").expect("begun").predictions["copy"];
    assert!(told.right && told.chosen == ["host"]);
    // A wrong one.
    stage.press("Enter 1 Enter");
    stage.answer();
    let told = &stage.app.progress.lesson("uts").expect("begun").predictions["rename"];
    assert!(!told.right && told.chosen == ["both"]);
    // None at all.
    stage.press("Enter Enter");
    stage.answer();
    let lesson = stage.app.progress.lesson("uts").expect("begun");
    assert!(!lesson.predictions.contains_key("join") && lesson.steps.contains_key("join"));
}

#[test]
fn a_failed_step_judges_no_prediction_and_is_not_done() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.play("failed");
    stage.run(1);
    stage.press("Enter 3 Enter");
    stage.answer();
    assert_eq!(walk(&stage).page().record.as_ref().map(|r| &r.status), Some(&Status::Failed));
    let lesson = stage.app.progress.lesson("uts").expect("begun");
    assert!(!lesson.predictions.contains_key("rename") && !lesson.steps.contains_key("rename"));
    assert!(stage.text().contains("✗"));
}

#[test]
fn back_shows_the_record_and_asks_nothing() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.run(1);
    stage.press("Enter");
    stage.effects.clear();
    stage.press("b");
    assert_eq!(walk(&stage).index, 1);
    assert!(walk(&stage).page().record.is_some() && stage.asked.is_empty());
    stage.press("b b ←");
    assert_eq!(walk(&stage).index, 1, "before the first one there is none");
    stage.press("n n n n n n");
    assert_eq!(walk(&stage).index, 5, "after the last one neither");
    assert!(asks(&stage.effects).is_empty());
}

#[test]
fn again_runs_the_same_step_and_restart_begins_anew() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.run(1);
    stage.run(2);
    let effects = stage.press("r");
    assert_eq!(asks(&effects), [&Command::Run(2)]);
    stage.answer();
    assert_eq!(walk(&stage).index, 2);
    let effects = stage.press("R");
    assert_eq!(asks(&effects), [&Command::Restart]);
    assert_eq!(walk(&stage).index, 1);
    assert!(walk(&stage).pages.iter().all(|p| p.record.is_none() && p.answer.is_empty()));
    assert_eq!(done(&stage.app, "uts", "rename"), Some(Done::Watched), "what was done stays done");
}

#[test]
fn escape_cancels_once_and_says_so_afterwards() {
    let mut stage = Stage::lesson("cgroup-cpu", 120, 40);
    stage.play("cancelled");
    stage.press("n n");
    stage.press("Enter");
    let rest = stage.answer_until(is_sampled);
    assert_eq!(stage.app.context(), Context::Running);
    assert_eq!(stage.press("Esc"), [Effect::Cancel]);
    assert!(stage.text().contains("cancelling"));
    let again = stage.press("Esc");
    assert!(again.is_empty(), "once is enough: {again:?}");
    stage.tell_all(&rest);
    assert!(notice(&stage).contains("cancelled"), "{}", notice(&stage));
    assert!(walk(&stage).running.is_none() && walk(&stage).page().record.is_none());
    assert_eq!(stage.app.context(), Context::Step);
    // The next key takes the notice away, and everything can be run again.
    assert_eq!(asks(&stage.press("Enter")), [&Command::Run(3)]);
}

#[test]
fn while_something_runs_no_key_asks_for_more() {
    let mut stage = at(Context::Running);
    for name in ["Enter", "r", "R", "s", "t", "w", "o", "b", "n", "1", "z"] {
        assert!(stage.press(name).is_empty(), "{name}");
    }
    assert_eq!(stage.app.context(), Context::Running);
    stage.press("m");
    assert_eq!(stage.app.context(), Context::Map);
    assert!(stage.press("r").is_empty(), "the map is not read again meanwhile");
}

#[test]
fn what_if_keeps_both_results() {
    let mut stage = at(Context::Step);
    stage.press("w");
    assert!(notice(&stage).contains("nothing that may be set"), "{}", notice(&stage));
    let mut stage = Stage::lesson("cgroup-cpu", 120, 40);
    stage.press("w");
    assert!(notice(&stage).contains("step 3 has"), "{}", notice(&stage));
    stage.run(3);
    let first = walk(&stage).page().record.clone().expect("a record");
    stage.press("w →");
    let Some(Overlay::WhatIf(what_if)) = &stage.app.overlay else { panic!("what if") };
    assert_eq!(what_if.values, [("quota".to_owned(), "25%".to_owned())]);
    let effects = stage.press("Enter");
    let set = BTreeMap::from([("quota".to_owned(), "25%".to_owned())]);
    assert_eq!(
        asks(&effects),
        [&Command::Open { lesson: "cgroup-cpu".to_owned(), set: set.clone(), seed: None }, &Command::Run(3)]
    );
    assert_eq!(stage.app.overlay, None);
    stage.answer();
    let page = walk(&stage).page();
    let (label, other) = page.other.as_ref().expect("the first result");
    assert!(label.contains("quota=20%"), "{label}");
    assert_eq!(other, &first);
    assert!(page.record.is_some());
    assert_eq!(walk(&stage).set, set);
    // Back to the default: then nothing is set.
    stage.press("w ←");
    let effects = stage.press("Enter");
    assert_eq!(
        asks(&effects)[0],
        &Command::Open { lesson: "cgroup-cpu".to_owned(), set: BTreeMap::new(), seed: None }
    );
}

/// `35` is `35%` where the default is `20%`; and only the steps that the value touches are run with it.
#[test]
fn a_tried_value_stays_in_the_steps_that_it_touches() {
    let mut stage = Stage::lesson("cgroup-cpu", 120, 40);
    stage.run(2);
    stage.press("Enter");
    stage.run(3);
    let first = walk(&stage).page().record.clone().expect("a record");
    stage.press("w");
    stage.type_in("25");
    let effects = stage.press("Enter");
    let tried = BTreeMap::from([("quota".to_owned(), "25%".to_owned())]);
    assert_eq!(asks(&effects)[0], &Command::Open { lesson: "cgroup-cpu".to_owned(), set: tried, seed: None });
    stage.answer();
    assert!(walk(&stage).pages[1].record.is_some(), "the step before it is as it was");
    let second = walk(&stage).page().record.clone().expect("a record");
    stage.press("n");
    let effects = stage.press("Enter");
    let opened = Command::Open { lesson: "cgroup-cpu".to_owned(), set: BTreeMap::new(), seed: None };
    assert_eq!(asks(&effects), [&opened, &Command::Run(4)]);
    assert!(walk(&stage).set.is_empty());
    let page = &walk(&stage).pages[2];
    assert_eq!(page.record.as_ref(), Some(&first), "its own result again");
    assert_eq!(page.other.as_ref(), Some(&("quota=25%".to_owned(), second)), "and the other one beside it");
}

/// A counter has counted since its group was made; what a step is about is by how much it grew.
#[test]
fn counters_are_compared_by_their_growth() {
    let mut stage = Stage::lesson("cgroup-cpu", 160, 50);
    stage.run(3);
    let throttled = |stage: &mut Stage, before: i64, after: i64| {
        let record = stage.app.walk.as_mut().and_then(|w| w.page_mut().record.as_mut()).expect("a record");
        let counter = record.readouts.iter_mut().find(|r| r.id == "throttled").expect("a counter");
        (counter.before, counter.after) = (number(before), number(after));
    };
    throttled(&mut stage, 1000, 1021);
    stage.press("w");
    stage.type_in("25");
    stage.press("Enter");
    stage.answer();
    throttled(&mut stage, 3, 15);
    let text = stage.text();
    let row = text.lines().find(|line| line.contains("throttled") && line.contains("+21"));
    assert!(row.is_some_and(|row| row.contains("+12")), "{text}");
}

#[test]
fn what_if_refuses_what_the_loader_refuses() {
    let mut stage = at(Context::WhatIf);
    stage.press("Backspace Backspace Backspace");
    stage.type_in("500%");
    assert!(stage.press("Enter").is_empty());
    let Some(Overlay::WhatIf(what_if)) = &stage.app.overlay else { panic!("still open") };
    let complaint = what_if.complaint.clone().unwrap_or_default();
    assert!(complaint.contains("quota") && complaint.contains("500%"), "{complaint}");
    assert!(walk(&stage).running.is_none() && walk(&stage).set.is_empty());
    // Typing on takes the complaint away.
    stage.press("Backspace");
    let Some(Overlay::WhatIf(what_if)) = &stage.app.overlay else { panic!("still open") };
    assert_eq!(what_if.complaint, None);
    stage.press("Esc");
    assert_eq!(stage.app.context(), Context::Step);
}

#[test]
fn a_step_on_the_way_that_fails_is_shown() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.play("failed-on-the-way");
    stage.press("o ↓ ↓ Enter Enter");
    assert_eq!(walk(&stage).index, 3);
    stage.answer();
    assert_eq!(walk(&stage).index, 2, "that is where it failed");
    assert!(walk(&stage).running.is_none());
    assert!(notice(&stage).contains("earlier step"), "{}", notice(&stage));
    assert_eq!(walk(&stage).page().record.as_ref().map(|r| &r.status), Some(&Status::Failed));
    assert!(walk(&stage).pages[2].record.is_none());
}

#[test]
fn what_is_refused_does_not_wait_any_longer() {
    let mut stage = Stage::new(80, 24).ready();
    stage.open("cgroup-memory");
    stage.play("refused");
    let events =
        stage.says(&Command::Open { lesson: "cgroup-memory".to_owned(), set: BTreeMap::new(), seed: None });
    stage.tell_all(&events[..1]);
    assert!(notice(&stage).contains("what helps: systemd-run"), "{}", notice(&stage));
    stage.press("Enter");
    assert!(walk(&stage).running.is_some());
    stage.answer();
    assert!(walk(&stage).running.is_none(), "refused, so nothing runs");
    assert_eq!(stage.app.context(), Context::Step);
    assert!(notice(&stage).contains("no lesson is open"), "{}", notice(&stage));
}

#[test]
fn a_refused_shell_is_closed() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.run(1);
    stage.press("s");
    let effects = stage.press("Enter");
    assert!(matches!(&effects[..], [Effect::OpenShell { purpose: Purpose::Look(of), .. }] if of == "box"));
    assert_eq!(stage.app.context(), Context::Shell);
    stage.asked.clear();
    let effects = stage.tell(Event::Refused(events::Refusal::Engine("no shell in box".to_owned())));
    stage.tell(Event::Idle);
    assert_eq!(effects, [Effect::CloseShell(1)]);
    assert_eq!(refusal(&stage).why, "no shell in box");
    assert_eq!(stage.app.context(), Context::Refusal);
    stage.press("Esc");
    assert_eq!(stage.app.context(), Context::Step);
}

/// What one was about to type into the shell: as keys of the step it would run, skip and open things.
#[test]
fn what_is_typed_into_a_refused_shell_goes_nowhere() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.run(1);
    stage.press("s Enter");
    stage.asked.clear();
    stage.tell(Event::Refused(events::Refusal::Blocked {
        reason: "no shell in box".to_owned(),
        remedy: "a newer kernel".to_owned(),
    }));
    stage.tell(Event::Idle);
    let mut effects = stage.type_in("hostname bird");
    effects.extend(stage.press("Enter"));
    effects.extend(stage.send(Message::Paste("nsenter --uts\n".to_owned())));
    effects.extend(stage.press("Enter n r Tab F1 Enter"));
    assert_eq!(effects, []);
    assert_eq!(walk(&stage).index, 1);
    assert!(stage.text().contains("What helps: a newer kernel"), "{}", stage.text());
    assert!(stage.text().contains("went nowhere"), "{}", stage.text());
    stage.press("Enter");
    assert_eq!(stage.app.context(), Context::Step, "an Enter of its own closes it");
}

#[test]
fn the_end_of_an_earlier_command_does_not_end_a_later_run() {
    let mut stage = Stage::lesson("uts", 120, 40);
    // The map is asked for, and before the answer comes, the step is run.
    stage.press("m Esc Enter");
    assert_eq!(stage.asked, [Command::Namespaces, Command::Run(1)]);
    stage.asked.pop_front();
    stage.tell(Event::Idle);
    assert!(walk(&stage).running.is_some(), "that was the map's");
    stage.answer();
    assert!(walk(&stage).running.is_none() && walk(&stage).page().record.is_some());
    assert_eq!(stage.app.pending, 0);
}

#[test]
fn keys_go_to_the_shell_and_the_key_that_leaves_leaves() {
    let mut stage = at(Context::Shell);
    assert_eq!(stage.effects.iter().filter(|e| matches!(e, Effect::OpenShell { .. })).count(), 1);
    let watches =
        |e: &&Command| matches!(e, Command::Watch { ids, .. } if ids.contains(&"box-name".to_owned()));
    assert!(asks(&stage.effects).iter().any(watches), "readouts are read beside it");
    assert_eq!(stage.press("q"), [Effect::Type(b"q".to_vec())]);
    assert_eq!(stage.press("Esc"), [Effect::Type(b"\x1b".to_vec())]);
    assert_eq!(stage.press("Ctrl-c"), [Effect::Type(b"\x03".to_vec())]);
    assert_eq!(stage.press("Ctrl-z"), [Effect::Type(b"\x1a".to_vec())]);
    assert_eq!(stage.press("?"), [Effect::Type(b"?".to_vec())]);
    let pasted = stage.send(Message::Paste("hostname owl\n".to_owned()));
    assert_eq!(pasted, [Effect::Type(b"hostname owl\r".to_vec())]);
    stage.send(Message::ShellOutput(1, b"# hostname owl\r\n".to_vec()));
    assert!(stage.text().contains("# hostname owl"));
    let later = stage.says(&Command::Snapshot(vec!["later".to_owned()]));
    stage.tell_all(&later);
    assert!(stage.text().contains("owl"), "{}", stage.text());
    stage.press("Ctrl-]");
    assert_eq!(stage.app.context(), Context::Step);
    assert!(
        stage.effects.contains(&Effect::Ask(Command::EndShell))
            && stage.effects.contains(&Effect::CloseShell(1))
    );
    stage.answer();
    assert_eq!((stage.app.context(), stage.app.pending), (Context::Step, 0));
}

#[test]
fn the_shell_says_what_it_has_and_where_to_type_what() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.play("try");
    stage.press("n 3 t");
    stage.answer();
    let variables = [("box", "4211"), ("workspace", "/var/tmp/isolab-4200-1")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    stage.tell(Event::ShellStarted { of: "box".to_owned(), pid: 4220, notice: Vec::new(), variables });
    let text = stage.text();
    for row in ["$box        4211", "$workspace  /var/tmp/isolab-4200-1"] {
        assert!(text.contains(row), "{row}:\n{text}");
    }
    assert!(text.contains("this shell takes the place of box"), "{text}");
    assert!(text.contains("for a root shell of this machine, not for this one"), "{text}");
    for key in ["F1 hint", "F2 solution", "F3/F4 panel", "F7 full", "F8/F9 output"] {
        stage.app.size = (80, 24);
        assert!(stage.text().contains(key), "{key}:\n{}", stage.text());
    }
}

#[test]
fn what_the_shell_has_printed_can_be_looked_at_again() {
    let mut stage = at(Context::Shell);
    for i in 0..200 {
        stage.send(Message::ShellOutput(1, format!("line {i}.\r\n").into_bytes()));
    }
    assert!(stage.text().contains("line 199.") && !stage.text().contains("line 150."));
    for keys in ["F8", "Shift-PgUp"] {
        assert!(stage.press(&[keys; 5].join(" ")).is_empty());
    }
    assert!(stage.text().contains("line 100."), "{}", stage.text());
    assert!(stage.text().contains(" lines back"), "{}", stage.text());
    stage.press("F9");
    assert!(stage.text().contains(" lines back"));
    // What is typed is seen.
    assert_eq!(stage.press("l"), [Effect::Type(b"l".to_vec())]);
    assert!(stage.text().contains("line 199."));
    assert_eq!(stage.press("PgUp"), [Effect::Type(b"\x1b[5~".to_vec())], "programs have it");
}

#[test]
fn the_shell_can_have_the_whole_screen() {
    let mut stage = at(Context::Shell);
    assert!(stage.text().contains("as it is now"));
    assert_eq!(stage.press("F7"), [Effect::ResizeShell(1, 118, 36)]);
    assert!(!stage.text().contains("as it is now"));
    let (columns, rows) = isolab::tui::screen::shell::size((120, 40), false);
    assert_eq!(stage.press("F7"), [Effect::ResizeShell(1, columns, rows)]);
    assert!(stage.text().contains("as it is now"));
}

#[test]
fn a_shell_that_ends_by_itself_closes_its_pane() {
    let mut stage = at(Context::Shell);
    let effects = stage.tell(Event::ShellEnded { of: "box".into() });
    assert!(effects.contains(&Effect::CloseShell(1)));
    assert_eq!(stage.app.context(), Context::Step);
    // The terminal's end, which comes as well, finds nothing any more.
    assert!(stage.send(Message::ShellClosed(1)).is_empty());
}

/// An attempt at a step in which two boxes act, in the shell of the first.
fn two_act(columns: u16, rows: u16) -> Stage {
    let mut stage = Stage::lesson("uts", columns, rows);
    stage.play("try");
    stage.press("n 3 t");
    stage.answer();
    stage.tell(Event::Trying { index: 2, boxes: vec!["box".to_owned(), "guest".to_owned()] });
    stage
}

fn second_starts(stage: &mut Stage) {
    let variables = [("box".to_owned(), "4211".to_owned())].into();
    let (of, pid) = ("guest".to_owned(), 4230);
    stage.tell(Event::ShellStarted { of, pid, notice: Vec::new(), variables });
    stage.tell(Event::Idle);
    stage.asked.clear();
}

#[test]
fn the_shell_of_another_box_is_chosen_and_both_keep_what_they_have_printed() {
    let mut stage = two_act(120, 40);
    stage.send(Message::ShellOutput(1, b"first of all".to_vec()));
    assert!(stage.text().contains("guest acts, too: F5 goes to its shell"), "{}", stage.text());
    assert!(stage.text().contains("F5 box") && !stage.text().contains("F6"), "{}", stage.text());
    assert_eq!(stage.press("F5"), []);
    assert_eq!(stage.app.context(), Context::BoxChoice);
    assert!(stage.text().contains("guest         acts in this step"), "{}", stage.text());
    assert!(stage.text().contains("you are here"), "{}", stage.text());
    // Another box is proposed; F5 goes on to the next, and round.
    stage.press("F5 F5 F5");
    assert!(
        matches!(&stage.app.overlay, Some(Overlay::BoxChoice(b)) if b.boxes[b.cursor] == "guest"),
        "{:?}",
        stage.app.overlay
    );
    let effects = stage.press("Enter");
    let [Effect::OpenShell { terminal: 2, purpose: Purpose::Look(of), size }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((of.as_str(), *size), ("guest", isolab::tui::screen::shell::size((120, 40), false)));
    assert_eq!(stage.asked.len(), 1);
    assert!(stage.text().contains("a shell is being started"), "{}", stage.text());
    second_starts(&mut stage);
    assert!(stage.text().contains("you are guest, process 4230"), "{}", stage.text());
    assert!(stage.text().contains("box acts, too"), "{}", stage.text());
    stage.send(Message::ShellOutput(2, b"second".to_vec()));
    stage.send(Message::ShellOutput(1, b" and late".to_vec()));
    assert!(stage.text().contains("second") && !stage.text().contains("and late"), "{}", stage.text());
    assert_eq!(stage.press("x"), [Effect::Type(b"x".to_vec())]);
    assert_eq!(stage.press("F5 Enter"), [], "it is open already");
    assert!(stage.text().contains("first of all and late"), "{}", stage.text());
    assert!(stage.text().contains("you are box"), "{}", stage.text());
    stage.press("F5 Esc");
    assert!(stage.text().contains("you are box"), "{}", stage.text());
    // Leaving ends both.
    let effects = stage.press("Ctrl-]");
    assert!(
        effects.contains(&Effect::CloseShell(1)) && effects.contains(&Effect::CloseShell(2)),
        "{effects:?}"
    );
    assert_eq!(asks(&effects).iter().filter(|c| ***c == Command::EndShell).count(), 1);
}

#[test]
fn two_shells_are_side_by_side_where_there_is_room_or_on_a_key() {
    let mut stage = two_act(160, 50);
    stage.press("F5 Enter");
    second_starts(&mut stage);
    let (left, right) = ("you are box", "you are guest");
    let both = |stage: &Stage| stage.text().contains(left) && stage.text().contains(right);
    assert!(both(&stage), "{}", stage.text());
    assert_eq!(stage.press("F6").len(), 1, "the one that is left gets the room");
    assert!(!stage.text().contains(left) && stage.text().contains(right), "{}", stage.text());
    assert_eq!(stage.press("F6").len(), 1);
    stage.send(Message::Resize(80, 24));
    assert!(both(&stage), "wished for: {}", stage.text());
    stage.press("F6");
    assert!(!both(&stage), "{}", stage.text());
    // Without a wish it depends on the room.
    let mut stage = two_act(80, 24);
    stage.press("F5 Enter");
    second_starts(&mut stage);
    assert!(!both(&stage), "{}", stage.text());
    let effects = stage.send(Message::Resize(160, 50));
    assert_eq!(effects.iter().filter(|e| matches!(e, Effect::ResizeShell(..))).count(), 2, "{effects:?}");
    assert!(both(&stage), "{}", stage.text());
}

#[test]
fn a_shell_that_ends_or_is_refused_leaves_the_others() {
    let mut stage = two_act(120, 40);
    stage.press("F5 Enter");
    stage.asked.clear();
    let effects = stage.tell(Event::Refused(events::Refusal::NotRunning { of: "guest".to_owned() }));
    assert_eq!(effects, [Effect::CloseShell(2)]);
    assert_eq!(stage.app.context(), Context::Refusal);
    stage.press("Esc");
    assert_eq!(stage.app.context(), Context::Shell);
    assert!(stage.text().contains("you are box"), "{}", stage.text());
    stage.press("F5 Enter");
    second_starts(&mut stage);
    assert_eq!(stage.tell(Event::ShellEnded { of: "guest".to_owned() }), [Effect::CloseShell(3)]);
    assert!(stage.text().contains("you are box"), "{}", stage.text());
    assert_eq!(stage.tell(Event::ShellEnded { of: "guest".to_owned() }), [], "late");
    stage.press("F5 Enter");
    second_starts(&mut stage);
    // Its terminal can be the first to know.
    assert_eq!(stage.send(Message::ShellClosed(1)), [Effect::CloseShell(1)]);
    assert_eq!(stage.tell(Event::ShellEnded { of: "box".to_owned() }), []);
    assert!(stage.text().contains("you are guest"), "{}", stage.text());
    assert_eq!(stage.tell(Event::ShellEnded { of: "guest".to_owned() }), [Effect::CloseShell(4)]);
    assert_eq!(stage.app.context(), Context::Step);
}

#[test]
fn an_attempt_ticks_and_counts_as_done_by_hand() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.play("try");
    stage.press("n");
    let effects = stage.press("3 t");
    assert!(matches!(&effects[..], [Effect::OpenShell { purpose: Purpose::Try(2), .. }]), "{effects:?}");
    stage.answer();
    let shell = walk(&stage).shell.as_ref().expect("a shell");
    assert_eq!((shell.now().of.as_str(), shell.now().pid, shell.done), ("box", Some(4220), false));
    let passed = shell.verdicts.iter().filter(|v| v.status == Status::Passed).count();
    assert_eq!((passed, shell.verdicts.len()), (2, 3));
    assert_eq!(done(&stage.app, "uts", "rename"), None);
    // Hints one after the other; then the solution.
    stage.press("F1 F1 F2");
    let shell = walk(&stage).shell.as_ref().expect("a shell");
    assert!(shell.hints == 2 && shell.solution && walk(&stage).page().solution);
    let later = stage.says(&Command::Snapshot(vec!["later".to_owned()]));
    stage.tell_all(&later);
    assert!(walk(&stage).shell.as_ref().is_some_and(|s| s.done));
    assert_eq!(done(&stage.app, "uts", "rename"), Some(Done::ByHand));
    assert_eq!(stage.app.context(), Context::Shell, "one stays as long as one likes");
    stage.press("F10");
    stage.answer();
    assert_eq!(stage.app.context(), Context::Step);
    assert!(walk(&stage).page().record.as_ref().is_some_and(|r| r.by_hand));
    assert_eq!(walk(&stage).focus, Pane::Kernel, "what was reached is looked at");
}

#[test]
fn what_is_typed_in_an_attempt_is_kept_for_a_receipt() {
    let tried = |stage: &Stage| {
        let kept = stage.effects.iter().filter_map(|effect| match effect {
            Effect::KeepTried(tried) => Some((**tried).clone()),
            _ => None,
        });
        kept.collect::<Vec<_>>()
    };
    let attempt = |receipts: bool| {
        let mut stage = Stage::lesson("uts", 120, 40);
        stage.app.receipts = receipts;
        stage.play("try");
        stage.press("n 3 t");
        stage.answer();
        stage.effects.clear();
        let all: String = stage.text().split_whitespace().collect();
        assert_eq!(all.contains("Whatyoutypeiskeptinareceipt"), receipts, "{}", stage.text());
        stage.press("F1");
        stage.type_in("ls");
        stage.press("Enter x Ctrl-c");
        stage.send(Message::Paste("hostname bird\n".to_owned()));
        stage
    };
    let mut stage = attempt(true);
    let later = stage.says(&Command::Snapshot(vec!["later".to_owned()]));
    stage.tell_all(&later);
    let [earned] = &tried(&stage)[..] else { panic!("{:?}", tried(&stage)) };
    let lines: Vec<&str> = earned.typed.iter().map(|typed| typed.line.as_str()).collect();
    assert_eq!(lines, ["ls", "x\u{3}", "hostname bird"]);
    assert_eq!((earned.step.as_str(), &earned.outcome, earned.hints), ("rename", &Outcome::Earned, 1));
    assert!(earned.guess.as_ref().is_some_and(|guess| !guess.chosen.is_empty()));
    stage.press("Ctrl-]");
    assert_eq!(tried(&stage).len(), 1, "what was earned is not left");
    let mut stage = attempt(true);
    stage.press("Ctrl-]");
    let [left] = &tried(&stage)[..] else { panic!("{:?}", tried(&stage)) };
    assert!(matches!(left.outcome, Outcome::NotEarned { .. }), "{left:?}");
    let mut stage = attempt(false);
    stage.press("Ctrl-]");
    assert!(tried(&stage).is_empty());
    // A shell to look around is nobody's receipt.
    let mut stage = at(Context::Shell);
    stage.app.receipts = true;
    stage.press("l Enter Ctrl-]");
    assert!(tried(&stage).is_empty());
}

/// At a step in which no shell can be in the place of the box that acts.
fn not_by_hand() -> Stage {
    let mut stage = Stage::lesson("mount", 120, 40);
    stage.turn(5);
    stage
}

#[test]
fn a_step_that_nobody_can_do_by_hand_says_why() {
    let mut stage = not_by_hand();
    assert!(stage.press("t").is_empty());
    assert!(stage.text().contains(" not by hand "), "{}", stage.text());
    assert!(!refusal(&stage).why.is_empty());
    stage.press("Esc");
    assert_eq!(stage.app.context(), Context::Step);
}

#[test]
fn a_resize_reaches_shell_and_screen() {
    let mut stage = at(Context::Shell);
    let effects = stage.send(Message::Resize(160, 50));
    let size = isolab::tui::screen::shell::size((160, 50), false);
    assert_eq!(effects, [Effect::ResizeShell(1, size.0, size.1)]);
    let screen = walk(&stage).shell.as_ref().map(|s| s.now().parser.screen().size());
    assert_eq!(screen, Some((size.1, size.0)));
    assert_eq!(stage.app.size, (160, 50));
    let mut stage = at(Context::Step);
    assert!(stage.send(Message::Resize(40, 10)).is_empty());
    assert!(stage.text().contains("too small"));
}

/// Nobody sees there what a key does: Enter would run a step, a character would go to a shell.
#[test]
fn a_terminal_that_is_too_small_takes_no_key_but_quit() {
    for context in ALL {
        let mut stage = at(context);
        stage.send(Message::Resize(20, 5));
        let before = stage.app.walk.as_ref().map(|w| (w.index, w.running.is_some(), w.shell.is_some()));
        for pressed in ["Enter", "Space", "t", "x", "Esc", "r", "R", "s"] {
            assert_eq!(stage.press(pressed), [], "{context:?} {pressed}");
        }
        assert_eq!(stage.send(Message::Paste("exit".to_owned())), [], "{context:?}");
        let after = stage.app.walk.as_ref().map(|w| (w.index, w.running.is_some(), w.shell.is_some()));
        assert_eq!(before, after, "{context:?}");
        assert!(stage.text().contains("too small"), "{context:?}");
        stage.send(Message::Resize(120, 40));
        assert_eq!(stage.app.context(), context, "everything is as it was");
        stage.send(Message::Resize(60, 15));
        stage.press("q");
        assert_eq!(stage.app.end, Some(End::Quit), "{context:?}");
    }
}

#[test]
fn the_filter_narrows_and_is_cleared() {
    let mut stage = Stage::new(80, 24).ready();
    stage.press("↓ ↓ /");
    stage.type_in("cgroup");
    let of_cgroups = BUILT_IN.iter().filter(|(id, _)| id.starts_with("cgroup")).count();
    assert_eq!(stage.app.filtered().len(), of_cgroups);
    assert_eq!(stage.app.home.cursor, 0);
    stage.press("Enter ↓ Enter");
    assert_eq!(walk(&stage).lesson.id, "cgroup-memory");
    stage.press("Esc");
    assert_eq!(stage.app.screen, Screen::Home);
    assert_eq!(stage.app.filtered().len(), of_cgroups, "the filter stays");
    stage.press("Esc");
    assert_eq!(stage.app.filtered().len(), BUILT_IN.len());
    stage.press("/");
    stage.type_in("xyz");
    assert!(stage.text().contains("no lesson fits"));
    stage.press("Enter");
    assert!(stage.press("Enter").is_empty(), "there is nothing to open");
    assert_eq!(stage.app.screen, Screen::Home);
}

#[test]
fn the_summary_leads_to_the_next_lesson_and_the_last_one_home() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.run(3);
    stage.press("Enter");
    let effects = stage.press("Enter");
    assert_eq!(
        asks(&effects),
        [&Command::Open { lesson: "pid".to_owned(), set: BTreeMap::new(), seed: None }]
    );
    assert_eq!((stage.app.screen, walk(&stage).lesson.id.as_str()), (Screen::Step, "pid"));
    let (last, _) = BUILT_IN.last().expect("lessons");
    let mut stage = Stage::lesson(last, 120, 40);
    stage.app.screen = Screen::Summary;
    let effects = stage.press("Enter");
    assert_eq!(asks(&effects), [&Command::Close]);
    assert_eq!(stage.app.screen, Screen::Home);
}

#[test]
fn progress_is_kept_when_something_has_changed() {
    let mut stage = Stage::new(120, 40).ready();
    stage.play("uts");
    assert!(stage.press("Enter").contains(&Effect::Save), "where one is");
    stage.answer();
    stage.effects.clear();
    stage.press("Enter");
    assert!(!stage.effects.contains(&Effect::Save), "nothing is done yet");
    stage.answer();
    assert_eq!(stage.effects.iter().filter(|e| **e == Effect::Save).count(), 1, "a step was done");
    assert!(stage.press("Enter").contains(&Effect::Save), "where one is");
    assert_eq!(stage.app.progress.last.as_deref(), Some("uts"));
    assert_eq!(stage.app.progress.lesson("uts").and_then(|l| l.last_step.as_deref()), Some("rename"));
    assert!(stage.press("q").contains(&Effect::Save));
    // The next time it begins there.
    let progress = stage.app.progress.clone();
    let mut stage = Stage::with(progress, 80, 24).ready();
    assert!(!stage.app.first_start);
    stage.press("Enter");
    assert_eq!(walk(&stage).step().id, "rename");
}

#[test]
fn a_run_that_is_left_for_home_is_still_counted() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.press("Enter");
    let rest = stage.answer_until(|e| matches!(e, Event::Before(_)));
    assert!(stage.app.context() == Context::Running && stage.press("h").is_empty(), "first it is cancelled");
    stage.tell_all(&rest);
    assert_eq!(done(&stage.app, "uts", "copy"), Some(Done::Watched));
}

#[test]
fn quitting_in_the_middle_cancels_and_keeps() {
    for name in ["q", "Ctrl-c"] {
        let mut stage = at(Context::Running);
        assert_eq!(stage.press(name), [Effect::Cancel, Effect::Save]);
        assert_eq!(stage.app.end, Some(End::Quit));
    }
    let mut stage = at(Context::Running);
    let effects = stage.send(Message::Signal(signal_hook::consts::SIGTERM));
    assert_eq!(effects, [Effect::Cancel, Effect::Save]);
    assert_eq!(stage.app.end, Some(End::Signal(signal_hook::consts::SIGTERM)));
}

#[test]
fn a_stop_undoes_first() {
    let mut stage = at(Context::Running);
    let effects = stage.press("Ctrl-z");
    assert_eq!(effects, [Effect::Cancel, Effect::Ask(Command::Restart), Effect::Suspend]);
    let mut stage = at(Context::Home);
    assert_eq!(stage.press("Ctrl-z"), [Effect::Suspend]);
}

#[test]
fn panes_take_turns_and_scroll_each_for_itself() {
    let mut stage = Stage::lesson("mount", 120, 40);
    stage.run(1);
    let start = PANES.iter().position(|p| *p == walk(&stage).focus).unwrap_or(0);
    for i in 1..=PANES.len() {
        stage.press("Tab");
        assert_eq!(walk(&stage).focus, PANES[(start + i) % PANES.len()]);
    }
    stage.press("Shift-Tab");
    assert_eq!(walk(&stage).focus, Pane::Text);
    stage.press("↓ ↓");
    assert_eq!(walk(&stage).page().top[Pane::Text as usize], 2);
    stage.press("Tab");
    assert_eq!(walk(&stage).page().top[walk(&stage).focus as usize], 0);
}

#[test]
fn keys_go_only_to_panes_that_are_shown() {
    let mut stage = Stage::lesson("mount", 120, 40);
    for pane in [Pane::Kernel, Pane::Text, Pane::Kernel] {
        stage.press("Tab");
        assert_eq!(walk(&stage).focus, pane, "before the run there are two");
    }
    stage.run(1);
    for pane in [Pane::Calls, Pane::Checks, Pane::Text, Pane::Kernel] {
        stage.press("Tab");
        assert_eq!(walk(&stage).focus, pane);
    }
}

#[test]
fn why_comes_before_the_next_step_where_it_is_on_another_tab() {
    let mut stage = Stage::lesson("uts", 80, 24);
    stage.run(1);
    assert_eq!((walk(&stage).index, walk(&stage).focus), (1, Pane::Kernel));
    assert!(stage.text().contains("Enter next: why"), "{}", stage.text());
    assert!(stage.press("Enter").is_empty());
    assert_eq!((walk(&stage).index, walk(&stage).focus), (1, Pane::Text));
    assert!(stage.text().contains("Answer:"), "{}", stage.text());
    stage.press("Enter");
    assert_eq!((walk(&stage).index, walk(&stage).focus), (2, Pane::Text));
}

#[test]
fn scrolling_back_from_the_end_moves_at_once() {
    let mut stage = Stage::lesson("mount", 80, 24);
    stage.run(1);
    stage.press("Tab Tab Tab End");
    let end = stage.text();
    stage.press("↑");
    assert_ne!(stage.text(), end, "one key up shows one line more above");
    stage.press("z G");
    let end = stage.text();
    stage.press("↑");
    assert_ne!(stage.text(), end);
}

#[test]
fn nothing_is_scrolled_away() {
    for (mut stage, keys) in [
        (at(Context::Help), "G ↑"),
        (at(Context::Zoom), "G ↑"),
        (at(Context::Summary), "End ↑"),
        (at(Context::Map), "G ↑"),
    ] {
        stage.resize(60, 16);
        stage.answer();
        stage.press("g");
        let start = stage.text();
        stage.press(keys);
        let near_the_end = stage.text();
        stage.press("End");
        let end = stage.text();
        if end != start {
            assert_ne!(near_the_end, end, "one key up from the end shows one line more above");
        }
        stage.press("Space PgDn Space ↓");
        assert_eq!(stage.text(), end, "there is nothing further down");
    }
}

#[test]
fn what_is_told_is_shown_until_the_next_key() {
    let mut stage = at(Context::Home);
    stage.send(Message::Told("your progress was not saved".to_owned()));
    assert!(stage.text().contains("! your progress was not saved"));
    stage.press("↓");
    assert!(!stage.text().contains("not kept"));
}

#[test]
fn zoom_searches_and_goes_from_one_to_the_next() {
    let mut stage = Stage::lesson("mount", 120, 40);
    stage.run(1);
    // What is shown is zoomed; there is no room for the drawing beside the readouts.
    stage.press("d z");
    assert!(matches!(&stage.app.overlay, Some(Overlay::Zoom(z)) if z.what == Zoomed::Drawing));
    stage.press("→ → →");
    assert!(matches!(&stage.app.overlay, Some(Overlay::Zoom(z)) if z.what == Zoomed::Readout(2)));
    stage.press("/");
    stage.type_in("devpts");
    stage.press("Enter");
    let Some(Overlay::Zoom(zoom)) = &stage.app.overlay else { panic!("zoom") };
    let found = zoom.top;
    assert!(found > 0 && stage.text().contains("devpts"));
    stage.press("Esc");
    assert_eq!(stage.app.overlay, None);
}

/// What the keys see is what they zoom.
#[test]
fn a_drawing_is_zoomed_where_it_is_shown() {
    let zoomed = |stage: &Stage| match &stage.app.overlay {
        Some(Overlay::Zoom(zoom)) => zoom.what,
        other => panic!("no zoom: {other:?}"),
    };
    let mut stage = Stage::lesson("overlay", 80, 24);
    stage.run(2);
    stage.press("z");
    assert_eq!(zoomed(&stage), Zoomed::Drawing);
    let text = stage.text();
    assert!(text.contains("drawing") && text.contains("⇡ covers the one below"), "{text}");
    stage.press("→");
    assert_eq!(zoomed(&stage), Zoomed::Readout(0), "the readouts come behind it");
    stage.press("← ←");
    assert_eq!(zoomed(&stage), Zoomed::Text);
    stage.press("Esc d d z");
    assert_eq!(zoomed(&stage), Zoomed::Readout(0), "{}", stage.text());
}

/// A step for another kind of machine is told as that: it asks nothing, and Enter goes on.
#[test]
fn a_step_for_other_machines_asks_nothing() {
    let mut stage = Stage::lesson_on(Machine::V2User, "cgroup-cpu", 120, 40);
    let lesson = walk(&stage).lesson.clone();
    let at = lesson.steps.iter().position(|step| !stage.app.environment.has(step));
    let index = at.expect("a step for another kind of machine") + 1;
    assert!(lesson.steps[index - 1].predict.is_some(), "it would ask something");
    stage.turn(index);
    let text = stage.text();
    assert!(text.contains("not here: this step is for another kind of machine"), "{text}");
    assert!(!text.contains("What do you expect?"), "{text}");
    assert!(!stage.press("1").iter().any(|e| matches!(e, Effect::Ask(_))));
    assert!(walk(&stage).page().answer.is_empty());
    let effects = stage.press("Enter");
    assert!(asks(&effects).is_empty(), "nothing is run: {effects:?}");
    assert!(walk(&stage).index != index || stage.app.screen == Screen::Summary);
}

/// Enter passes over what is not for this machine, and a lesson without it can be finished.
#[test]
fn what_is_not_here_is_not_missing() {
    let mut stage = Stage::lesson_on(Machine::V2User, "cgroup-cpu", 120, 40);
    let lesson = walk(&stage).lesson.clone();
    let here: Vec<bool> = lesson.steps.iter().map(|step| stage.app.environment.has(step)).collect();
    for step in lesson.steps.iter().zip(&here).filter(|(_, here)| **here).map(|(step, _)| step) {
        stage.app.progress.done("cgroup-cpu", &step.id, Done::Watched);
    }
    let last_here = here.iter().rposition(|here| *here).expect("a step that is here") + 1;
    stage.run(last_here);
    stage.press("Enter");
    if stage.app.screen == Screen::Step {
        // The first one has shown why.
        stage.press("Enter");
    }
    assert_eq!(stage.app.screen, Screen::Summary);
    let finished = stage.app.progress.lesson("cgroup-cpu").and_then(|l| l.finished_at);
    assert!(finished.is_some());
}

/// Where not every key has room, those stay that matter in this step.
#[test]
fn the_footer_keeps_what_matters() {
    let mut stage = Stage::lesson("cgroup-cpu", 80, 24);
    stage.run(3);
    let text = stage.text();
    let footer = text.lines().last().unwrap_or_default();
    for key in ["Enter next", "t try it", "d drawing", "w what if", "? help"] {
        assert!(footer.contains(key), "no {key} in {footer}");
    }
}

#[test]
fn the_map_remembers_what_was_before_the_step() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.run(1);
    let (before, now) = (walk(&stage).map_before.clone(), walk(&stage).map_now.clone());
    let uts = |map: &Option<isolab::model::NamespaceMap>| {
        let map = map.as_ref().expect("a map");
        map.members.iter().find(|m| m.name == "box").expect("the box").links["uts"].clone()
    };
    assert_ne!(uts(&before), uts(&now), "unshare(CLONE_NEWUTS) gives another one");
}

#[test]
fn what_blocks_a_lesson_is_told_before_it_is_opened() {
    let mut stage = Stage::new(80, 24).ready();
    let blocked = Readiness::Blocked { reason: "no such cgroup".to_owned(), remedy: "mount it".to_owned() };
    stage.tell(Event::Readiness(vec![("uts".to_owned(), blocked)]));
    let text = stage.text();
    assert!(text.contains("⊘ blocked") && text.contains("no such cgroup"), "{text}");
}

#[test]
fn what_cannot_be_undone_is_said() {
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.run(1);
    stage.tell(Event::Undone { left: vec![Leftover::Process { pid: 4221 }] });
    assert!(notice(&stage).contains("kill 4221: still there") && notice(&stage).contains("isolab clean"));
}

#[test]
fn a_notice_goes_with_the_next_key() {
    let mut stage = at(Context::Step);
    stage.press("w");
    assert!(!notice(&stage).is_empty());
    stage.press("Tab");
    assert!(notice(&stage).is_empty());
}

#[test]
fn released_keys_and_unknown_ones_do_nothing() {
    let mut stage = at(Context::Step);
    let mut event = key("q");
    event.kind = crossterm::event::KeyEventKind::Release;
    assert!(stage.send(Message::Key(event)).is_empty());
    assert!(stage.press("F9 x X %").is_empty());
    assert_eq!(stage.app.end, None);
}

#[test]
fn a_person_who_knows_the_lab_is_not_greeted() {
    let progress = Progress { first_start: true, ..Progress::default() };
    assert!(!Stage::with(progress, 80, 24).text().contains("Nothing on this machine is changed"));
    let greeted = Stage::new(80, 24).ready().text();
    assert!(greeted.contains("Nothing on this machine is changed"));
    let panel = greeted.lines().skip_while(|line| !line.starts_with("┌ uts")).count() - 1;
    assert!(panel >= 9, "{panel} rows tell of the lesson:\n{greeted}");
}
