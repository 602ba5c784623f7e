//! The room's votes, as bars.

use crate::present::plain::pad;
use crate::tui::app::App;
use crate::tui::screen::demo::player::{DemoPlayer, Phase};
use crate::tui::theme::Role;
use crate::tui::view::styled::span;
use crate::tui::walkthrough::Walkthrough;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The longest bar takes so many columns while the question is open.
const WIDEST: usize = 40;
/// And so many beside each other, once it is answered.
const SHORT: usize = 8;

/// A bar for each option of the question that is open.
pub fn lines(app: &App, demo: &DemoPlayer, columns: u16) -> Vec<Line<'static>> {
    let votes = demo.votes_here();
    let most = votes.iter().max().copied().unwrap_or(0);
    let room = usize::from(columns.saturating_sub(10)).min(WIDEST);
    let row = |(i, count): (usize, &usize)| {
        Line::from(vec![
            span(format!(" {} ", i + 1), app.theme, Role::Key),
            span(bar(*count, most, room), app.theme, Role::Curve),
            span(format!(" {count}"), app.theme, Role::Strong),
        ])
    };
    votes.iter().enumerate().map(row).collect()
}

/// What the room thought, above what came of it; gives what is left below.
pub fn strip(frame: &mut Frame, app: &App, demo: &DemoPlayer, area: Rect) -> Rect {
    let votes = demo.votes_here();
    let Some(walk) = app.walk.as_ref().filter(|_| shows(demo) && !votes.is_empty()) else { return area };
    let most = votes.iter().max().copied().unwrap_or(0);
    let mut spans = vec![Span::raw(" the room  ")];
    for (i, count) in votes.iter().enumerate() {
        let sign = if is_right(app, walk, i) { "✓" } else { " " };
        spans.push(span(format!("{}", i + 1), app.theme, Role::Key));
        spans.push(span(format!(" {sign} "), app.theme, Role::Good));
        spans.push(span(bar(*count, most, SHORT), app.theme, Role::Curve));
        spans.push(span(pad(&format!(" {count}"), 6), app.theme, Role::Strong));
    }
    frame.render_widget(Line::from(spans), Rect { height: 1, ..area });
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// By how many rows it is lower what is drawn below the votes.
pub fn rows(demo: &DemoPlayer) -> u16 {
    u16::from(shows(demo) && !demo.votes_here().is_empty())
}

fn shows(demo: &DemoPlayer) -> bool {
    matches!(demo.phase, Phase::Running | Phase::Shown | Phase::Awaiting(_))
}

/// Whether the kernel has said that the option is the answer, or one of several.
fn is_right(app: &App, walk: &Walkthrough, option: usize) -> bool {
    let answered = walk.page().record.is_some() && walk.running.is_none();
    let predict = walk.step().predict.as_ref().filter(|_| answered);
    let found = predict.and_then(|p| Some((p.options.keys().nth(option)?, app.environment.here(&p.answer)?)));
    found.is_some_and(|(id, answer)| answer.0.contains(id))
}

/// Each vote that there is can be seen.
fn bar(count: usize, most: usize, room: usize) -> String {
    let full = (count * room).checked_div(most).unwrap_or(0).max(usize::from(count > 0));
    pad(&"█".repeat(full), room)
}
