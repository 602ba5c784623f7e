//! Commands that are typed for real: into a shell in the box's place, at the speed of a person.

use super::super::shell;
use crate::lesson::by_hand;
use crate::tui::app::App;
use crate::tui::message::Effect;
use crate::tui::screen::demo::player::{DemoPlayer, Phase, Typing};
use std::time::Instant;

/// The commands of the step that is shown, where the script wants them typed and they can be. Comments are for readers.
pub fn commands(app: &App) -> Option<String> {
    let (demo, walk) = (app.demo.as_ref()?, app.walk.as_ref()?);
    demo.cue().filter(|cue| cue.typed)?;
    by_hand::can(&walk.lesson, walk.step(), &app.environment.variant).ok()?;
    let commands = app.environment.here(walk.step().solution.as_ref()?)?;
    let filled = app.environment.fill(&walk.lesson, commands);
    let lines = filled.lines().map(|line| line.split_once(" # ").map_or(line, |(command, _)| command).trim());
    Some(lines.filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect())
}

/// Types on, at most so many characters.
pub fn type_on(demo: &mut DemoPlayer, most: usize, now: Instant) -> Vec<Effect> {
    let Phase::Typing(typing) = &demo.phase else { return Vec::new() };
    let mut typing = typing.clone();
    let text = typing.take(most).replace('\n', "\r");
    demo.turn(Phase::Typing(typing), 0, now);
    vec![Effect::Type(text.into_bytes())]
}

/// The shell is there: typing begins.
pub fn began(demo: &mut DemoPlayer, now: Instant) {
    if let Phase::Typing(typing) = &demo.phase {
        let typing = Typing { lives: true, ..typing.clone() };
        demo.turn(Phase::Typing(typing), 0, now);
    }
}

/// The show leaves the shell that it types into.
pub fn end(app: &mut App) -> Vec<Effect> {
    let Some(demo) = app.demo.as_mut().filter(|demo| demo.types()) else { return Vec::new() };
    demo.awaited = None;
    shell::leave(app)
}
