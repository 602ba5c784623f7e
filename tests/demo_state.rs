//! A live demo as data: what keys, time and the engine make of it.

mod screen;

use isolab::demo::script::emphasis::Emphasis;
use isolab::events::{Command, Event, Readiness, Refusal, Status, StepRecord};
use isolab::tui::app::End;
use isolab::tui::keys::Context;
use isolab::tui::message::{Effect, Message, Purpose};
use isolab::tui::overlay::Overlay;
use isolab::tui::screen::demo::player::{DemoPlayer, Phase, PlanPosition};
use isolab::tui::walkthrough::Pane;
use screen::stage::Stage;
use std::time::Duration;

fn demo(stage: &Stage) -> &DemoPlayer {
    stage.app.demo.as_ref().expect("a demo is played")
}

fn at(stage: &Stage) -> (usize, &Phase) {
    (demo(stage).place.at, &demo(stage).phase)
}

fn asks(effects: &[Effect]) -> Vec<&Command> {
    effects.iter().filter_map(|e| if let Effect::Ask(command) = e { Some(command) } else { None }).collect()
}

fn notice(stage: &Stage) -> &str {
    stage.app.notice.as_deref().unwrap_or_default()
}

/// Space, and everything that the engine then says.
fn space(stage: &mut Stage) {
    stage.press("Space");
    stage.answer();
}

/// The cue with this number, staged; everything before it was played.
fn staged(number: usize) -> Stage {
    let mut stage = Stage::demo(80, 24);
    while demo(&stage).place.at < number {
        stage.play(if demo(&stage).place.at == 3 { "cgroup-cpu" } else { "uts" });
        space(&mut stage);
    }
    stage
}

#[test]
fn nothing_is_run_before_it_was_staged_and_space_was_pressed() {
    let mut stage = Stage::demo(80, 24);
    assert_eq!(at(&stage), (0, &Phase::Card));
    let effects = stage.press("Space");
    assert_eq!((at(&stage), asks(&effects).len()), ((1, &Phase::Staged), 0));
    assert!(stage.text().contains("What do you expect?"));
    let effects = stage.press("Space");
    let asked = asks(&effects);
    assert!(matches!(asked[..], [Command::Open { .. }, Command::Run(1)]), "{asked:?}");
    assert_eq!(at(&stage), (1, &Phase::Running));
    stage.answer();
    assert_eq!(at(&stage), (1, &Phase::Shown));
    assert_eq!(demo(&stage).outcomes.get(&demo(&stage).place), Some(&Status::Passed));
}

#[test]
fn a_lesson_stays_open_from_one_entry_to_the_next() {
    let mut stage = staged(2);
    assert_eq!(at(&stage), (2, &Phase::Staged));
    let effects = stage.press("Space");
    assert_eq!(asks(&effects), [&Command::Run(2)]);
}

/// What is typed into the shell by these effects.
fn typed(effects: &[Effect]) -> String {
    let bytes = effects.iter().filter_map(|e| if let Effect::Type(bytes) = e { Some(bytes) } else { None });
    bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
}

/// At the step that is typed, with its shell there.
fn typing() -> Stage {
    let mut stage = staged(2);
    stage.types();
    stage.play("try");
    let effects = stage.press("Space");
    assert!(
        matches!(&effects[..], [Effect::OpenShell { purpose: Purpose::Try(2), .. }]),
        "the lab does not make the calls: {effects:?}"
    );
    assert!(stage.pass(Duration::from_secs(9)).is_empty(), "nothing is typed before there is a shell");
    stage.answer();
    stage
}

#[test]
fn commands_are_typed_into_a_shell_and_no_calls_are_made() {
    let mut stage = typing();
    assert_eq!(stage.app.context(), Context::Demo, "the keys are the show's");
    assert_eq!(typed(&stage.pass(Duration::from_millis(60))), "h");
    // What time has passed unnoticed is made up for, and the line is ended by itself.
    let mut all = typed(&stage.pass(Duration::from_millis(300)));
    assert!((4..=6).contains(&all.len()), "{all}");
    for _ in 0..10 {
        all += &typed(&stage.pass(Duration::from_secs(1)));
    }
    assert_eq!(all, "ostname bird\r");
    assert!(stage.text().contains("you are box"), "the room sees the shell: {}", stage.text());
    let later = stage.says(&Command::Snapshot(vec!["later".to_owned()]));
    stage.tell_all(&later);
    assert!(stage.text().contains("✓"), "and the checks: {}", stage.text());
    stage.pass(Duration::from_secs(60));
    assert!(demo(&stage).types(), "it is looked at until the instructor goes on");
    let effects = stage.press("Space");
    assert!(asks(&effects).contains(&&Command::EndShell), "{effects:?}");
    assert_eq!(at(&stage), (2, &Phase::Shown));
    assert_eq!(demo(&stage).outcomes.get(&demo(&stage).place), Some(&Status::Passed));
    stage.answer();
    // Again is typed again.
    let effects = stage.press("r");
    assert!(effects.iter().any(|e| matches!(e, Effect::OpenShell { .. })), "{effects:?}");
}

/// Typing follows `--speed`. What the commands do takes the time that the kernel takes.
#[test]
fn typing_is_as_fast_as_the_show_and_the_kernel_is_not() {
    let mut stage = staged(2);
    stage.types();
    stage.app.demo.as_mut().expect("a demo is played").speed = 8.0;
    stage.play("try");
    stage.press("Space");
    stage.answer();
    assert_eq!(typed(&stage.pass(Duration::from_millis(56))), "hostname", "at the speed 1, this is one");
    stage.pass(Duration::from_secs(1));
    assert!(matches!(&demo(&stage).phase, Phase::Typing(typing) if typing.is_typed()));
    stage.pass(Duration::from_secs(19));
    assert!(demo(&stage).types(), "the checks have all of their 20 seconds");
    stage.pass(Duration::from_secs(2));
    assert!(matches!(demo(&stage).phase, Phase::Stuck(_)), "{:?}", at(&stage));
}

/// What the script waits for after the commands has all of its time, too.
#[test]
fn what_is_awaited_after_typing_has_all_of_its_time() {
    let mut stage = staged(2);
    stage.types();
    stage.paces("when: { box-name: { is: robin }, within: 30s }");
    stage.app.demo.as_mut().expect("a demo is played").speed = 8.0;
    stage.play("try");
    stage.press("Space");
    stage.answer();
    for _ in 0..2 {
        stage.pass(Duration::from_secs(1));
    }
    let later = stage.says(&Command::Snapshot(vec!["later".to_owned()]));
    stage.tell_all(&later);
    assert!(matches!(&demo(&stage).phase, Phase::Typing(typing) if typing.done), "{:?}", at(&stage));
    stage.pass(Duration::from_secs(29));
    assert!(demo(&stage).types(), "{:?}", at(&stage));
    stage.pass(Duration::from_secs(2));
    assert!(matches!(demo(&stage).phase, Phase::Stuck(_)), "{:?}", at(&stage));
}

/// A step can go on in another way than the rest of its entry.
#[test]
fn a_pace_of_one_step_is_for_that_step_alone() {
    let text = include_str!("demos/names.yaml");
    let own = "steps: [copy, rename]\n        pace_of: { rename: { after: 3s } }\n";
    let text = text.replacen("steps: copy\n", own, 1);
    assert!(text.contains("pace_of"));
    let mut stage = Stage::demo_of(&text, 80, 24);
    space(&mut stage);
    stage.pass(Duration::from_secs(60));
    assert_eq!(at(&stage), (1, &Phase::Staged), "the first step waits for the instructor");
    space(&mut stage);
    space(&mut stage);
    assert_eq!(at(&stage), (2, &Phase::Staged));
    stage.pass(Duration::from_secs(2));
    assert_eq!(at(&stage), (2, &Phase::Staged));
    stage.pass(Duration::from_secs(2));
    assert_eq!(at(&stage), (2, &Phase::Running), "the second one goes on by itself");
}

#[test]
fn space_types_the_rest_of_the_line_and_escape_closes_the_shell() {
    let mut stage = typing();
    assert_eq!(typed(&stage.press("Space")), "hostname bird\r");
    let effects = stage.press("Esc");
    assert!(asks(&effects).contains(&&Command::EndShell) && effects.contains(&Effect::CloseShell(1)));
    stage.answer();
    assert_eq!(at(&stage), (2, &Phase::Staged));
}

#[test]
fn what_is_typed_and_does_not_come_true_has_failed() {
    let mut stage = typing();
    stage.press("Space");
    let effects = stage.pass(Duration::from_secs(21));
    assert!(effects.contains(&Effect::CloseShell(1)), "{effects:?}");
    let Phase::Stuck(why) = &demo(&stage).phase else { panic!("{:?}", at(&stage)) };
    assert!(why.contains("did not come true"), "{why}");
    assert_eq!(demo(&stage).outcomes.get(&demo(&stage).place), Some(&Status::Failed));
}

/// Nobody may be there to close a dialog.
#[test]
fn a_refused_or_lost_shell_is_a_failure_of_the_step() {
    let mut stage = staged(2);
    stage.types();
    stage.press("Space");
    stage.asked.clear();
    stage.tell(Event::Refused(Refusal::Engine("no shell in box".into())));
    stage.tell(Event::Idle);
    assert_eq!(at(&stage), (2, &Phase::Stuck("no shell in box".into())));
    assert_eq!(stage.app.overlay, None);
    let mut stage = typing();
    stage.tell(Event::ShellEnded { of: "box".into() });
    assert!(matches!(&demo(&stage).phase, Phase::Stuck(why) if why.contains("ended too early")));
}

/// The room's votes are counted while the question is open, seen as bars, and kept through the answer.
#[test]
fn the_room_votes() {
    let mut stage = staged(2);
    let question = stage.text();
    assert!(
        question.contains("What do you expect?") && !question.contains("What will be called"),
        "{question}"
    );
    stage.press("1 1 1 4 2 2");
    stage.press("Backspace");
    let votes = [3, 1, 0];
    let counted = demo(&stage).votes_here();
    assert_eq!(&counted[..3], votes, "{counted:?}");
    assert!(stage.text().contains("█ 3"), "{}", stage.text());
    space(&mut stage);
    assert_eq!(at(&stage), (2, &Phase::Shown));
    let text = stage.text();
    let strip = text.lines().find(|line| line.contains("the room")).expect("a strip");
    assert!(strip.contains('✓') && strip.contains("█ 3"), "{strip}");
    stage.press("1");
    assert!(notice(&stage).contains("while a question is open"), "{}", notice(&stage));
    stage.press("b Space");
    assert_eq!(&demo(&stage).votes_here()[..3], votes, "they belong to the place");
}

#[test]
fn another_value_is_tried_on_stage_and_stays_there() {
    let mut stage = staged(3);
    stage.play("cgroup-cpu");
    space(&mut stage);
    stage.press("z w");
    assert!(matches!(stage.app.overlay, Some(Overlay::WhatIf(_))), "{:?}", stage.app.overlay);
    stage.type_in("25");
    let effects = stage.press("Enter");
    assert!(
        matches!(asks(&effects)[..], [Command::Open { set, .. }, Command::Run(3)] if set["quota"] == "25%"),
        "{effects:?}"
    );
    assert_eq!(demo(&stage).phase, Phase::Running);
    stage.answer();
    assert_eq!(at(&stage), (3, &Phase::Shown));
    stage.press("Space b");
    let walk = stage.app.walk.as_ref().expect("a lesson");
    assert!(walk.set.is_empty() && walk.page().record.is_some() && walk.page().other.is_some());
}

/// A second run that goes well takes the failure of the first one out of the notes.
#[test]
fn what_was_mended_is_not_told_any_more() {
    let mut stage = staged(2);
    stage.play("failed");
    space(&mut stage);
    assert!(demo(&stage).said.iter().any(|line| line.starts_with("failed: ")), "{:?}", demo(&stage).said);
    stage.play("uts");
    stage.press("r");
    stage.answer();
    assert_eq!(at(&stage), (2, &Phase::Shown));
    assert!(!demo(&stage).said.iter().any(|line| line.starts_with("failed: ")), "{:?}", demo(&stage).said);
}

#[test]
fn what_was_played_is_shown_again_and_not_run_again() {
    let mut stage = staged(2);
    let effects = stage.press("b");
    assert_eq!((at(&stage), asks(&effects).len()), ((1, &Phase::Shown), 0));
    stage.press("b");
    assert_eq!(at(&stage), (0, &Phase::Card));
    stage.press("b");
    assert!(notice(&stage).contains("beginning"));
    stage.press("Space Space");
    assert_eq!(at(&stage), (2, &Phase::Staged));
    // Again is again.
    stage.press("b");
    let effects = stage.press("r");
    assert_eq!(asks(&effects), [&Command::Run(1)]);
}

#[test]
fn going_back_into_another_lesson_opens_it_only_when_it_is_run() {
    let mut stage = staged(3);
    assert_eq!(at(&stage), (3, &Phase::Staged));
    stage.play("cgroup-cpu");
    space(&mut stage);
    assert_eq!(at(&stage), (3, &Phase::Shown));
    assert_eq!(stage.app.walk.as_ref().map(|w| w.lesson.id.as_str()), Some("cgroup-cpu"));
    let effects = stage.press("b");
    assert_eq!((at(&stage), asks(&effects).len()), ((2, &Phase::Shown), 0));
    assert_eq!(stage.app.walk.as_ref().map(|w| w.lesson.id.as_str()), Some("uts"));
    assert!(stage.text().contains("bird"), "the record is still there:\n{}", stage.text());
    let effects = stage.press("r");
    assert!(matches!(asks(&effects)[..], [Command::Open { .. }, Command::Run(2)]));
}

#[test]
fn the_readout_that_the_room_shall_look_at_is_marked_or_fills_the_screen() {
    let mut stage = staged(2);
    stage.press("Space");
    stage.answer();
    let text = stage.text();
    assert!(text.contains("▌"), "{text}");
    space(&mut stage);
    stage.play("cgroup-cpu");
    space(&mut stage);
    assert!(matches!(stage.app.overlay, Some(Overlay::Zoom(_))), "{:?}", stage.app.overlay);
    assert!(stage.text().contains("share · read by host"), "{}", stage.text());
    assert_eq!(stage.app.context(), Context::Demo, "Space goes on from there");
    stage.press("z");
    assert_eq!(stage.app.overlay, None);
}

/// The first step of `uts` when it was run, with the emphasis on a call.
fn with_call(columns: u16, rows: u16, call: &str) -> Stage {
    let mut stage = Stage::demo(columns, rows);
    stage.emphasises(&Emphasis::Call(call.to_owned()));
    stage.press("Space");
    stage.press("Space");
    stage.answer();
    assert_eq!(at(&stage), (1, &Phase::Shown));
    stage
}

#[test]
fn the_call_that_the_room_shall_look_at_is_marked_and_in_view() {
    for (columns, rows) in [(80, 24), (110, 34), (160, 50)] {
        let stage = with_call(columns, rows, "unshare");
        let text = stage.text();
        let marked = text.lines().any(|line| line.contains("▌") && line.contains("unshare("));
        assert!(marked, "{columns}x{rows}:\n{text}");
    }
}

#[test]
fn a_call_far_down_is_scrolled_to() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let mut stage = with_call(columns, rows, "unshare");
        let walk = stage.app.walk.as_mut().expect("a lesson is open");
        let actions = &mut walk.page_mut().record.as_mut().expect("it was run").actions;
        let mut other = actions.iter().find(|a| !a.preparation).expect("the step's own").clone();
        other.calls.iter_mut().for_each(|call| "getpid".clone_into(&mut call.name));
        actions.splice(0..0, vec![other; 60]);
        stage.press("Space");
        stage.press("b");
        assert_eq!(at(&stage), (1, &Phase::Shown));
        let text = stage.text();
        let marked = text.lines().any(|line| line.contains("▌") && line.contains("unshare("));
        assert!(marked, "{columns}x{rows}:\n{text}");
    }
}

#[test]
fn a_call_that_was_not_made_changes_nothing() {
    let with = with_call(80, 24, "pivot_root");
    assert!(!with.text().contains("▌"), "{}", with.text());
    let walk = with.app.walk.as_ref().expect("a lesson is open");
    assert_ne!(walk.focus, Pane::Calls);
}

#[test]
fn a_blocked_step_offers_what_the_script_has_in_its_place() {
    let mut stage = staged(3);
    without_cgroups(&mut stage);
    let effects = stage.press("Space");
    assert!(asks(&effects).is_empty());
    assert!(matches!(&demo(&stage).phase, Phase::Stuck(why) if why.contains("ask root")));
    let text = stage.text();
    for wanted in ["⊘ blocked: no cpu controller", "Space plays instead: No cgroups here", "r again"] {
        assert!(text.contains(wanted), "{wanted}:\n{text}");
    }
    stage.press("Space");
    assert_eq!(demo(&stage).place, PlanPosition { at: 3, aside: Some((0, 0)) });
    let text = stage.text();
    assert!(text.contains("No cgroups here.") && text.contains("Because: no cpu controller"), "{text}");
    assert!(!text.contains("{why}"), "{text}");
    stage.press("b");
    assert_eq!(at(&stage), (2, &Phase::Shown));
    stage.press("Space");
    assert!(matches!(demo(&stage).phase, Phase::Stuck(_)), "known before: not staged first {:?}", at(&stage));
    stage.press("Space Space");
    assert_eq!(at(&stage), (4, &Phase::Staged));
    assert_eq!(demo(&stage).verdict(), Status::Passed, "what was played instead did not go wrong");
}

#[test]
fn a_failed_step_is_run_again_or_skipped() {
    let mut stage = staged(2);
    stage.play("failed");
    stage.press("Space");
    stage.answer();
    assert!(matches!(demo(&stage).phase, Phase::Stuck(_)), "{:?}", at(&stage));
    let text = stage.text();
    assert!(text.contains("✗ failed: ") && text.contains("Space skips it"), "{text}");
    assert!(demo(&stage).said.iter().any(|line| line.contains("failed")), "{:?}", demo(&stage).said);
    assert_eq!(demo(&stage).verdict(), Status::Failed);
    stage.play("uts");
    stage.press("r");
    stage.answer();
    assert_eq!(at(&stage), (2, &Phase::Shown));
    assert_eq!(demo(&stage).verdict(), Status::Passed, "the second attempt counts");
    stage.press("Space");
    assert_eq!(at(&stage), (3, &Phase::Staged));
}

#[test]
fn what_the_engine_refuses_is_told_with_its_reason() {
    // The guardian is killed: there is no record.
    let mut stage = staged(2);
    stage.press("Space");
    stage.asked.clear();
    stage.tell(Event::Refused(Refusal::Engine("the guardian is gone".into())));
    assert_eq!(at(&stage), (2, &Phase::Running));
    stage.tell(Event::Idle);
    assert_eq!(at(&stage), (2, &Phase::Stuck("the guardian is gone".into())));
    let effects = stage.press("r");
    assert!(matches!(asks(&effects)[..], [Command::Open { .. }, Command::Run(2)]), "{effects:?}");
}

/// A step that is not staged is run before it is known what can be run here.
#[test]
fn a_lesson_that_cannot_be_opened_is_blocked_and_not_failed() {
    let mut stage = staged(3);
    stage.press("Space");
    stage.asked.clear();
    without_cgroups(&mut stage);
    for why in ["no cpu controller", "no lesson is open"] {
        stage.tell(Event::Refused(Refusal::Engine(why.into())));
        stage.tell(Event::Idle);
    }
    assert!(
        matches!(&demo(&stage).phase, Phase::Stuck(why) if why.contains("no cpu controller")),
        "{:?}",
        at(&stage)
    );
    assert!(demo(&stage).instead().is_some() && demo(&stage).verdict() == Status::Passed);
}

#[test]
fn a_skipped_failure_stays_one() {
    let mut stage = staged(2);
    stage.play("failed");
    stage.press("Space");
    stage.answer();
    stage.press("Space");
    assert_eq!(at(&stage), (3, &Phase::Staged));
    assert_eq!(demo(&stage).verdict(), Status::Failed);
    stage.press("b");
    assert!(matches!(demo(&stage).phase, Phase::Stuck(_)), "{:?}", at(&stage));
}

#[test]
fn a_cancelled_run_is_staged_again() {
    let mut stage = staged(1);
    stage.press("Space");
    let effects = stage.press("Esc");
    assert!(effects.contains(&Effect::Cancel));
    stage.asked.clear();
    stage.tell_all(&[Event::Undone { left: Vec::new() }, Event::Cancelled, Event::Idle]);
    stage.tell(Event::Idle);
    assert_eq!(at(&stage), (1, &Phase::Staged));
    assert!(!demo(&stage).paused, "nothing here goes on by itself anyway");
    space(&mut stage);
    assert_eq!(at(&stage), (1, &Phase::Shown));
}

#[test]
fn while_a_step_runs_nothing_else_is_begun() {
    let mut stage = staged(2);
    stage.press("Space");
    for key in ["Space", "b", "x", "r", "s"] {
        let effects = stage.press(key);
        assert_eq!((at(&stage), asks(&effects).len()), ((2, &Phase::Running), 0), "{key}");
        assert!(notice(&stage).contains("Esc cancels"), "{key}");
    }
    stage.press("g Enter");
    assert_eq!(at(&stage), (2, &Phase::Running));
    // A look at the notes is always possible.
    stage.press("n");
    assert!(stage.text().contains("Ask the room"));
}

#[test]
fn chapters_are_gone_to_and_the_rest_of_a_part_is_skipped() {
    let mut stage = Stage::demo(80, 24);
    stage.press("g");
    let text = stage.text();
    for wanted in ["Two names", "A limit", "The end"] {
        assert!(text.contains(wanted), "{text}");
    }
    stage.press("↓ Enter");
    assert_eq!(at(&stage), (3, &Phase::Staged));
    stage.press("x");
    assert_eq!(at(&stage), (4, &Phase::Staged));
    stage.press("x");
    assert_eq!(at(&stage), (5, &Phase::Card));
    stage.press("x");
    assert_eq!(demo(&stage).phase, Phase::Over);
    stage.press("b");
    assert_eq!(at(&stage), (5, &Phase::Card));
}

#[test]
fn a_blank_screen_shows_nothing_and_the_next_key_only_ends_that() {
    let mut stage = staged(1);
    stage.press(".");
    assert_eq!(stage.text().trim(), "");
    let effects = stage.press("Space");
    assert_eq!((at(&stage), asks(&effects).len()), ((1, &Phase::Staged), 0));
    assert!(stage.text().contains("What do you expect?"));
}

#[test]
fn what_goes_on_by_itself_can_be_held_and_hastened() {
    let mut stage = staged(4);
    stage.press("Space");
    stage.answer();
    stage.press("Space");
    assert_eq!(at(&stage), (5, &Phase::Card));
    let hold = demo(&stage).lasts.expect("it goes on by itself");
    stage.press("p");
    stage.pass(Duration::from_secs(3600));
    assert_eq!(at(&stage), (5, &Phase::Card));
    assert!(stage.text().contains("‖ paused"));
    stage.press("p +");
    assert!(stage.text().contains("2x"), "{}", stage.text());
    stage.pass(hold / 4);
    assert_eq!(at(&stage), (5, &Phase::Card));
    stage.pass(hold / 3);
    assert_eq!(demo(&stage).phase, Phase::Over);
}

/// A card that goes on by itself, and something over it: nothing is taken away from under somebody who looks at something else.
#[test]
fn nothing_goes_on_behind_what_lies_over_it() {
    for (over, back) in [("g", "Esc"), ("n", "Esc"), ("?", "Esc"), (".", "p")] {
        let mut stage = staged(4);
        stage.press("Space");
        stage.answer();
        stage.press("Space");
        let lasts = demo(&stage).lasts.expect("it goes on by itself");
        stage.press(over);
        stage.pass(Duration::from_secs(3600));
        assert_eq!(at(&stage), (5, &Phase::Card), "{over}");
        stage.press(back);
        stage.pass(lasts / 2);
        assert_eq!(at(&stage), (5, &Phase::Card), "{over}: it has all of its time again");
        stage.pass(lasts);
        assert_eq!(demo(&stage).phase, Phase::Over, "{over}");
    }
}

#[test]
fn unattended_it_plays_to_its_end_and_ends() {
    let mut stage = Stage::demo(120, 40);
    stage.app.demo.as_mut().expect("a demo").auto = true;
    stage.pass(Duration::ZERO);
    // The first cue was begun by hand.
    stage.press("Space");
    for _ in 0..200 {
        if stage.app.end.is_some() {
            break;
        }
        stage.play(if demo(&stage).place.at == 3 { "cgroup-cpu" } else { "uts" });
        stage.pass(Duration::from_secs(5));
        stage.answer();
    }
    assert_eq!(stage.app.end, Some(End::Quit));
    let all: Vec<&Status> = demo(&stage).outcomes.values().collect();
    assert_eq!(all, [&Status::Passed; 6]);
}

#[test]
fn one_key_does_not_end_a_show() {
    let mut stage = staged(1);
    stage.press("q");
    assert_eq!(stage.app.end, None);
    let effects = stage.press("Space");
    assert_eq!((at(&stage), asks(&effects).len()), ((1, &Phase::Staged), 0), "any other key stays");
    stage.press("q");
    assert_eq!(stage.app.end, None, "it is asked again");
    // One that means nothing here is another key, too.
    stage.press("y q");
    assert_eq!(stage.app.end, None, "and again");
    stage.press("q");
    assert_eq!(stage.app.end, Some(End::Quit));
}

#[test]
fn a_detour_into_a_shell_comes_back_to_the_same_place() {
    let mut stage = staged(1);
    space(&mut stage);
    let effects = stage.press("s");
    assert!(effects.iter().any(|e| matches!(e, Effect::OpenShell { .. })) || stage.app.overlay.is_some());
    if stage.app.overlay.is_some() {
        stage.press("Enter");
    }
    stage.play("shell");
    stage.answer();
    assert_eq!(stage.app.context(), Context::Shell);
    // Keys go to the shell, and time does not go on with the show.
    stage.press("Space b q");
    stage.pass(Duration::from_secs(600));
    assert_eq!(at(&stage), (1, &Phase::Shown));
    stage.press("Ctrl-]");
    assert_eq!((stage.app.context(), at(&stage)), (Context::Demo, (1, &Phase::Shown)));
}

#[test]
fn the_instructor_is_told_what_the_room_is_not() {
    let mut stage = staged(2);
    let page = demo(&stage).page.clone().expect("a page");
    assert_eq!((page.chapters, page.cues, page.title.as_str()), ((1, 3), (3, 6), "uts · Rename the box"));
    assert!(page.notes[0].contains("*Ask* the room"), "{:?}", page.notes);
    assert!(page.calls.iter().any(|c| c.what.contains("sethostname")), "{:?}", page.calls);
    assert!(page.expected.iter().all(|(sign, _)| sign == "○"), "{:?}", page.expected);
    assert!(page.next.expect("something").contains("cgroup-cpu"));
    assert_eq!((page.due_ms, page.cue_ms, page.planned_ms), (30_000, 40_000, 160_000));
    assert!(!stage.text().contains("Ask the room"), "{}", stage.text());
    stage.send(Message::Windows(1));
    stage.send(Message::Told("the recording has ended: write x.cast: ENOSPC".into()));
    assert!(!stage.text().contains("ENOSPC"), "a window is there to say it");
    assert!(demo(&stage).page.as_ref().is_some_and(|p| p.said.iter().any(|l| l.contains("ENOSPC"))));
    stage.send(Message::Windows(0));
    stage.send(Message::Told("again: ENOSPC".into()));
    assert!(stage.text().contains("again: ENOSPC"));
}

/// The second cue goes on when the box has the name that the third gives it.
fn awaiting() -> Stage {
    let mut stage = Stage::demo(80, 24);
    let mut plan = (*demo(&stage).plan).clone();
    let yaml = "demo: 1\nid: x\ntitle: x\nsummary: x\nchapters:\n  - title: x\n    entries:\n      - { lesson: uts, steps: copy, takes: 99s, pace: { when: { box-name: { is: bird }, within: 30s } } }\n";
    let script = isolab::demo::script::load::load("x.yaml", yaml, &isolab::lesson::Catalog::built_in());
    plan.cues[1].pace =
        script.unwrap_or_else(|found| panic!("{}", found[0])).chapters[0].entries[0].pace.clone();
    stage.app.demo.as_mut().expect("a demo").plan = std::sync::Arc::new(plan);
    space(&mut stage);
    stage.press("Space");
    let asked = stage.asked.clone();
    stage.answer();
    assert!(matches!(demo(&stage).phase, Phase::Awaiting(_)), "{asked:?} {:?}", at(&stage));
    stage
}

fn name(text: &str) -> Event {
    let fact = isolab::model::Fact::of(isolab::model::Value::Text(text.to_owned()));
    Event::Snapshot(vec![("box-name".to_owned(), isolab::model::Reading::Fact(fact))])
}

#[test]
fn what_is_awaited_goes_on_by_itself_when_it_is_so() {
    let mut stage = awaiting();
    stage.tell(name("crow"));
    assert!(matches!(demo(&stage).phase, Phase::Awaiting(_)));
    assert!(stage.text().contains("crow"), "it is seen to change:\n{}", stage.text());
    stage.press("n");
    stage.tell(name("bird"));
    assert!(matches!(demo(&stage).phase, Phase::Awaiting(_)), "not behind the notes");
    stage.press("Esc");
    let effects = stage.tell(name("bird"));
    assert!(matches!(asks(&effects)[..], [Command::Watch { ids, .. }] if ids.is_empty()), "{effects:?}");
    assert_eq!(at(&stage), (2, &Phase::Staged));
}

#[test]
fn what_is_awaited_in_vain_is_a_failure_that_is_told() {
    let mut stage = awaiting();
    stage.pass(Duration::from_secs(29));
    assert!(matches!(demo(&stage).phase, Phase::Awaiting(_)));
    stage.pass(Duration::from_secs(2));
    assert!(
        matches!(&demo(&stage).phase, Phase::Stuck(why) if why.contains("box-name is bird")),
        "{:?}",
        at(&stage)
    );
    assert_eq!(demo(&stage).verdict(), Status::Failed);
    stage.press("Space");
    assert_eq!(at(&stage), (2, &Phase::Staged));
}

#[test]
fn no_size_of_the_screen_ends_a_show() {
    for phase in ["", "Space", "Space Space", "n", "g", "Space z", "Space ?"] {
        let mut stage = Stage::demo(80, 24);
        if !phase.is_empty() {
            stage.press(phase);
        }
        let before = demo(&stage).phase.clone();
        for (columns, rows) in [(20, 5), (1, 1), (60, 3), (200, 2), (59, 15), (80, 24)] {
            stage.resize(columns, rows);
            stage.text();
            stage.press("↓");
        }
        assert_eq!(demo(&stage).phase, before, "{phase}");
    }
}

/// The lesson of the fourth cue is blocked here.
fn without_cgroups(stage: &mut Stage) {
    let readiness = |id: &str| match id {
        "cgroup-cpu" => Readiness::Blocked { reason: "no cpu controller".into(), remedy: "ask root".into() },
        _ => Readiness::Ready,
    };
    let all = stage.app.entries.iter().map(|e| (e.id.clone(), readiness(&e.id))).collect();
    stage.tell(Event::Readiness(all));
}

#[test]
fn back_shows_what_was_played_instead() {
    let mut stage = staged(3);
    without_cgroups(&mut stage);
    stage.press("Space Space");
    let aside = PlanPosition { at: 3, aside: Some((0, 0)) };
    assert_eq!(demo(&stage).place, aside);
    stage.press("Space");
    assert_eq!(at(&stage), (4, &Phase::Staged));
    stage.press("b");
    assert_eq!((demo(&stage).place, &demo(&stage).phase), (aside, &Phase::Card));
    stage.press("b");
    assert_eq!(at(&stage), (2, &Phase::Shown));
    stage.press("Space Space");
    let blocked = |line: &&String| line.contains("no cpu controller");
    assert_eq!(demo(&stage).said.iter().filter(blocked).count(), 1, "{:?}", demo(&stage).said);
}

#[test]
fn notes_and_cards_have_the_names_that_files_have_here() {
    let stage = staged(3);
    let page = demo(&stage).page.as_ref().expect("a page");
    assert_eq!(page.notes[0], "The number stands in cpu.cfs_quota_us and cpu.cfs_period_us.");
}

#[test]
fn the_clock_has_the_time_of_what_is_played_instead() {
    let mut stage = staged(3);
    let times = |stage: &Stage| {
        let page = demo(stage).page.as_ref().expect("a page");
        (page.due_ms, page.cue_ms, page.planned_ms)
    };
    assert_eq!(times(&stage), (70_000, 60_000, 160_000));
    // From readiness, before it is reached.
    let mut known = staged(2);
    without_cgroups(&mut known);
    assert_eq!(times(&known), (30_000, 40_000, 110_000));
    // Once it has happened, also of the load of the moment, which no readiness tells.
    stage.play("cgroup-cpu");
    stage.press("Space");
    let refused = Event::StepEnded(Box::new(blocked_by_load(&stage)));
    stage.asked.clear();
    stage.tell(refused);
    stage.tell(Event::Idle);
    stage.tell(Event::Idle);
    assert!(matches!(demo(&stage).phase, Phase::Stuck(_)), "{:?}", at(&stage));
    assert_eq!(times(&stage), (70_000, 10_000, 110_000));
    stage.press("Space");
    assert_eq!(times(&stage), (70_000, 10_000, 110_000));
    stage.press("Space");
    assert_eq!(times(&stage), (80_000, 20_000, 110_000));
    // It can be run after all.
    stage.press("b b Space");
    space(&mut stage);
    assert_eq!((at(&stage), times(&stage)), ((3, &Phase::Shown), (70_000, 60_000, 160_000)));
}

/// What the engine says of the step that is shown when other work uses the CPUs.
fn blocked_by_load(stage: &Stage) -> StepRecord {
    let recorded = stage.says(&Command::Run(3));
    let record = recorded.into_iter().find_map(|e| match e {
        Event::StepEnded(record) if record.id == "quota" => Some(*record),
        _ => None,
    });
    let status = Status::Blocked { reason: "other work".into(), remedy: String::new() };
    StepRecord { status, ..record.expect("the recording has the step") }
}

#[test]
fn what_can_be_run_after_all_is_shown_again_and_not_what_stood_for_it() {
    let mut stage = staged(3);
    without_cgroups(&mut stage);
    stage.press("Space b");
    let all = stage.app.entries.iter().map(|e| (e.id.clone(), Readiness::Ready)).collect();
    stage.tell(Event::Readiness(all));
    stage.play("cgroup-cpu");
    stage.press("Space");
    space(&mut stage);
    assert_eq!(at(&stage), (3, &Phase::Shown));
    stage.press("Space b");
    assert_eq!((at(&stage), demo(&stage).place.aside), ((3, &Phase::Shown), None));
}

#[test]
fn why_it_failed_is_still_said_when_one_comes_back() {
    let mut stage = staged(2);
    stage.play("failed");
    stage.press("Space");
    stage.answer();
    let Phase::Stuck(why) = demo(&stage).phase.clone() else { panic!("{:?}", at(&stage)) };
    stage.press("Space b");
    assert_eq!(at(&stage), (2, &Phase::Stuck(why.clone())));
    assert_eq!(demo(&stage).reasons.get(&demo(&stage).place), Some(&why));
}

#[test]
fn a_shell_and_the_map_are_of_the_lesson_that_is_shown() {
    let mut stage = staged(3);
    stage.play("cgroup-cpu");
    space(&mut stage);
    stage.press("b");
    assert_eq!(stage.app.walk.as_ref().map(|w| w.lesson.id.as_str()), Some("uts"));
    assert!(stage.press("s").is_empty(), "the engine has another lesson open");
    assert!(notice(&stage).contains("r makes them again"), "{}", notice(&stage));
    // The map is the one of then.
    assert!(asks(&stage.press("m")).is_empty());
    assert!(
        matches!(stage.app.overlay, Some(Overlay::Map(_))) && stage.text().contains("box"),
        "{}",
        stage.text()
    );
    assert!(asks(&stage.press("r")).is_empty());
    stage.press("m");
    stage.play("uts");
    stage.press("r");
    stage.answer();
    let effects = stage.press("s Enter");
    assert!(effects.iter().any(|e| matches!(e, Effect::OpenShell { .. })), "{effects:?}");
}

#[test]
fn a_shell_before_the_first_step_opens_the_lesson() {
    let mut stage = staged(1);
    stage.press("m");
    assert!(stage.app.overlay.is_none() && notice(&stage).contains("before its first step"));
    let effects = stage.press("s Enter");
    let opened = asks(&effects);
    assert!(matches!(opened[..], [Command::Open { lesson, .. }] if lesson == "uts"), "{effects:?}");
    assert!(effects.iter().any(|e| matches!(e, Effect::OpenShell { .. })), "{effects:?}");
    stage.press("Ctrl-]");
    stage.answer();
    assert_eq!(asks(&stage.press("Space")), [&Command::Run(1)], "it is open already");
}

#[test]
fn the_notes_say_who_has_the_keys_and_a_peek_shows_notes_first() {
    let mut stage = staged(2);
    stage.press("s Enter");
    let now = |stage: &Stage| demo(stage).page.as_ref().map(|p| p.now.clone()).unwrap_or_default();
    assert!(now(&stage).contains("Ctrl-] comes back"), "{}", now(&stage));
    stage.press("Ctrl-]");
    stage.answer();
    assert!(now(&stage).contains("Space runs it"), "{}", now(&stage));
    (0..20).for_each(|n| drop(stage.send(Message::Told(format!("line {n}")))));
    stage.press("n");
    let text = stage.text();
    assert!(
        text.contains("! line 19") && !text.contains("line 17") && text.contains("Ask the room"),
        "{text}"
    );
}

#[test]
fn the_zoom_begins_with_what_the_room_shall_look_at_and_goes_on_to_the_others() {
    let mut stage = staged(2);
    stage.press("Space");
    stage.answer();
    let title = |stage: &Stage| stage.text().lines().nth(1).unwrap_or_default().to_owned();
    stage.press("z");
    assert!(title(&stage).contains("box-name"), "{}", stage.text());
    stage.press("Tab");
    assert!(!title(&stage).contains("box-name"), "{}", stage.text());
    stage.press("Shift-Tab");
    assert!(title(&stage).contains("box-name"), "{}", stage.text());
    stage.press("z");
    assert_eq!((at(&stage), &stage.app.overlay), ((2, &Phase::Shown), &None));
}
