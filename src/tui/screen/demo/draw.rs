//! A live demo on the room's screen: cards, what is staged, what is typed.

use super::super::drawn::Drawn;
use super::super::shell;
use super::super::step::{self, text};
use super::votes;
use crate::demo::plan::{CueContent, with_reason};
use crate::events::Status;
use crate::model::millis;
use crate::present::action::Ends;
use crate::present::plain::{escape, fold, one_line, took, width};
use crate::tui::app::App;
use crate::tui::keys::Action;
use crate::tui::movement::hidden;
use crate::tui::overlay::state::Overlay;
use crate::tui::screen::demo::player::{DemoPlayer, Phase, PlanPosition};
use crate::tui::theme::Role;
use crate::tui::view::scroll::{Panel, inside, middle, title};
use crate::tui::view::styled::{cut, span};
use crate::tui::view::{markdown, planned, verdicts};
use crate::tui::walkthrough::Walkthrough;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::Clear;

/// A card is no wider than what people read in one glance, in columns.
const CARD: u16 = 72;

/// Draws what the show is at.
pub fn draw(frame: &mut Frame, app: &App, demo: &DemoPlayer, area: Rect) -> Drawn {
    let mut drawing = None;
    let area = stuck(frame, app, demo, area);
    let area = votes::strip(frame, app, demo, area);
    match (&demo.phase, &app.walk) {
        (Phase::Card, _) => card(frame, app, demo, area),
        (Phase::Over, _) => in_the_middle(frame, &over_lines(app, demo), area),
        (Phase::Typing(_), Some(Walkthrough { shell: Some(open), .. })) => {
            if let Some(walk) = &app.walk {
                shell::draw(frame, app, walk, open, area);
            }
        }
        (Phase::Staged | Phase::Typing(_), Some(walk)) => {
            let lines = staged(app, demo, walk, area);
            let name = title(app.theme, escape(&walk.step().title));
            Panel { title: name, focused: true, top: walk.page().top[0] }
                .draw(frame, app.theme, area, &lines);
        }
        (Phase::Running | Phase::Shown | Phase::Awaiting(_) | Phase::Stuck(_), Some(walk)) => {
            drawing = step::draw::draw(frame, app, walk, area);
        }
        (_, None) => {}
    }
    Drawn { rest: area, drawing }
}

/// The largest number of lines that can be scrolled out of what the keys scroll.
pub fn max_scroll(app: &App) -> usize {
    let (Some(demo), Some(walk), body) = (&app.demo, &app.walk, app.body()) else { return 0 };
    match &demo.phase {
        Phase::Card | Phase::Over | Phase::Typing(_) => 0,
        Phase::Staged => hidden(staged(app, demo, walk, body).len(), body.height),
        Phase::Running | Phase::Shown | Phase::Awaiting(_) | Phase::Stuck(_) => {
            let rows = votes::rows(demo);
            step::draw::max_scroll(app, walk, Rect { y: body.y + rows, height: body.height - rows, ..body })
        }
    }
}

/// What went wrong and what can be done about it, below everything else; gives what is left above.
fn stuck(frame: &mut Frame, app: &App, demo: &DemoPlayer, area: Rect) -> Rect {
    let Phase::Stuck(why) = &demo.phase else { return area };
    let theme = app.theme;
    let (sign, word, role) = match demo.outcomes.get(&demo.place) {
        Some(status) => verdicts::status(status),
        None => verdicts::status(&Status::Blocked { reason: String::new(), remedy: String::new() }),
    };
    let room = usize::from(area.width.saturating_sub(4));
    let mut lines: Vec<Line> = fold(&format!("{sign} {word}: {}", one_line(why)), room)
        .into_iter()
        .take(usize::from(area.height / 3).max(1))
        .map(|line| Line::from(span(format!("  {line}"), theme, role)))
        .collect();
    let ways = fold(&ways_out(demo), room);
    lines.extend(ways.into_iter().map(|line| Line::from(span(format!("  {line}"), theme, Role::Strong))));
    let height = (lines.len() as u16).min(area.height.saturating_sub(4));
    let below = Rect { y: area.bottom() - height, height, ..area };
    frame.render_widget(Text::from(lines), below);
    Rect { height: area.height - height, ..area }
}

/// What can be done when something did not go as it should.
pub fn ways_out(demo: &DemoPlayer) -> String {
    match demo.instead() {
        Some(place) => format!("Space plays instead: {} · r again · x the next entry", demo.title_at(place)),
        None => "Space skips it · r again · x the next entry · g a chapter".to_owned(),
    }
}

fn card(frame: &mut Frame, app: &App, demo: &DemoPlayer, area: Rect) {
    let Some(CueContent::Card(text)) = demo.cue().map(|cue| &cue.what) else { return };
    let columns = CARD.min(area.width.saturating_sub(4));
    let text = with_reason(text, demo.why_instead());
    in_the_middle(frame, &markdown::render(&escape(&text), columns, app.theme), area);
}

/// Lines in the middle of the screen, with a frame around nothing.
fn in_the_middle(frame: &mut Frame, lines: &[Line<'static>], area: Rect) {
    let widest = lines.iter().map(Line::width).max().unwrap_or(0) as u16;
    let place = middle(area, widest.min(area.width), (lines.len() as u16).min(area.height));
    frame.render_widget(Text::from(lines.to_vec()), place);
}

/// A question has the screen to itself, with the room's votes; below it, out of sight, is the rest. Without a question, what will be called comes
/// first.
fn staged(app: &App, demo: &DemoPlayer, walk: &Walkthrough, area: Rect) -> Vec<Line<'static>> {
    let theme = app.theme;
    let columns = inside(area);
    let mut out = Vec::new();
    if walk.step().predict.is_some() {
        text::question(app, walk, columns, &mut out);
        if !demo.votes_here().is_empty() {
            out.push(Line::default());
            out.extend(votes::lines(app, demo, columns));
        }
        let rows = usize::from(area.height.saturating_sub(2));
        out.resize(out.len().max(rows), Line::default());
    }
    let plans = |actions| text::plans(app, actions, Ends::Hidden);
    let (given, made) = (plans(&walk.step().given), plans(&walk.step().actions));
    if !made.is_empty() {
        text::heading(theme, "What will be called", &mut out);
        out.extend(planned::lines(&made, columns, theme));
    }
    if let Some(text) = app.environment.here(&walk.step().text) {
        text::rule(theme, columns, &mut out);
        out.extend(markdown::render(&app.environment.fill(&walk.lesson, text), columns, theme));
    }
    if !given.is_empty() {
        text::heading(theme, "Prepared beforehand", &mut out);
        out.extend(planned::lines(&given, columns, theme));
    }
    out
}

/// What became of it all.
fn over_lines(app: &App, demo: &DemoPlayer) -> Vec<Line<'static>> {
    let theme = app.theme;
    let mut out = vec![Line::from(span(escape(&demo.plan.title), theme, Role::Title)), Line::default()];
    let steps = |wanted: fn(&Status) -> bool| {
        let on_step = |place: &PlanPosition| {
            matches!(demo.cue_at(*place).map(|c| &c.what), Some(CueContent::Step { .. }))
        };
        demo.outcomes.iter().filter(|(place, status)| on_step(place) && wanted(status)).count()
    };
    let counts = [
        (Status::Passed, steps(|s| *s == Status::Passed)),
        (Status::Failed, steps(|s| *s == Status::Failed)),
        (
            Status::Blocked { reason: String::new(), remedy: String::new() },
            steps(|s| matches!(s, Status::Blocked { .. })),
        ),
    ];
    for (status, count) in counts.iter().filter(|(status, count)| *count > 0 || *status == Status::Passed) {
        let (sign, word, role) = verdicts::status(status);
        let count = crate::present::plain::count(*count, "step");
        out.push(Line::from(span(format!("{sign} {count} {word}"), theme, role)));
    }
    let spent = millis(demo.since.saturating_duration_since(demo.began));
    out.push(Line::default());
    out.push(Line::from(span(
        format!("{} · everything is undone at the end", took(spent)),
        theme,
        Role::Dim,
    )));
    out
}

/// The first line of the screen: the demo, its chapter, how far it is.
pub fn header(frame: &mut Frame, app: &App, demo: &DemoPlayer, area: Rect) {
    let theme = app.theme;
    let chapter = demo.chapter_index();
    let name = demo.plan.chapters.get(chapter).map(|(name, _)| escape(name)).unwrap_or_default();
    let speed = crate::demo::notes_page::speed(demo.speed);
    let cues = demo.plan.cues.len();
    let parts = [
        demo.paused.then(|| "‖ paused".to_owned()),
        ((demo.speed - 1.0).abs() > f64::EPSILON && !demo.auto).then_some(speed),
        // Something was said that nobody has seen in a notes window.
        (demo.windows == 0 && !demo.auto && !demo.said.is_empty()).then(|| "! n".to_owned()),
        Some(format!("{}/{cues} ", (demo.place.at + 1).min(cues))),
    ];
    let right = parts.into_iter().flatten().collect::<Vec<_>>().join("  ");
    let room = usize::from(area.width).saturating_sub(width(&right) + 1);
    let left = cut(&format!(" {} · {}", escape(&demo.plan.title), name), room);
    let gap = room.saturating_sub(width(&left)) + 1;
    frame.render_widget(
        Line::from(vec![
            span(left, theme, Role::Strong),
            Span::raw(" ".repeat(gap)),
            span(right, theme, Role::Accent),
        ]),
        area,
    );
}

/// The room sees nothing.
pub fn blank(frame: &mut Frame, area: Rect) {
    frame.render_widget(Clear, area);
}

/// What a key does now, where that depends on what the show is at.
pub fn label(app: &App, action: Action) -> Option<&'static str> {
    let zoomed = matches!(app.overlay, Some(Overlay::Zoom(_)));
    match action {
        Action::Enter => app.demo.as_ref().map(space),
        Action::Zoom if zoomed => Some("back from the zoom"),
        Action::NextPane if zoomed => Some("next one"),
        Action::PreviousPane if zoomed => Some("previous one"),
        _ => None,
    }
}

/// What Space does now.
fn space(demo: &DemoPlayer) -> &'static str {
    match &demo.phase {
        Phase::Card | Phase::Shown => "next",
        Phase::Awaiting(_) => "do not wait",
        Phase::Staged if demo.cue().is_some_and(|cue| cue.typed) => "type it",
        Phase::Staged => "run it",
        Phase::Typing(typing) if typing.done => "next",
        Phase::Typing(typing) if typing.lives && !typing.is_typed() => "skip typing",
        Phase::Typing(_) | Phase::Running => "…",
        Phase::Stuck(_) if demo.instead().is_some() => "play instead",
        Phase::Stuck(_) => "skip it",
        Phase::Over => "that was all",
    }
}

/// Whether the step's panes are shown.
pub fn on_its_panes(demo: &DemoPlayer) -> bool {
    match demo.phase {
        Phase::Card | Phase::Over | Phase::Staged | Phase::Typing(..) => false,
        Phase::Running | Phase::Shown | Phase::Awaiting(_) | Phase::Stuck(_) => true,
    }
}

/// Whether a key does anything now: what does nothing is not offered.
pub fn offered(demo: &DemoPlayer, action: Action, drawn: impl FnOnce() -> bool) -> bool {
    let running = demo.phase == Phase::Running;
    match action {
        Action::Drawing => on_its_panes(demo) && drawn(),
        Action::Enter | Action::Rest => !running && demo.phase != Phase::Over,
        Action::Cancel => running || demo.types(),
        Action::Back => !running && (demo.previous().is_some() || demo.phase == Phase::Over),
        Action::Again => matches!(demo.phase, Phase::Shown | Phase::Stuck(_) | Phase::Awaiting(_)),
        Action::Zoom | Action::Map => !demo.is_ahead() && !running,
        Action::WhatIf => matches!(demo.phase, Phase::Staged | Phase::Shown | Phase::Stuck(_)),
        Action::Shell => !running && !matches!(demo.phase, Phase::Card | Phase::Over | Phase::Typing(_)),
        _ => true,
    }
}
