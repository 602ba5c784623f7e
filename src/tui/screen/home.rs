//! The list of lessons, and what there is to know about the selected one.

use crate::events::{Command, Readiness};
use crate::present::plain::{escape, fold, pad, width};
use crate::tui::app::{App, CatalogEntry, Screen};
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::movement::moved;
use crate::tui::theme::Role;
use crate::tui::view::markdown;
use crate::tui::view::scroll::{Panel, inside, title};
use crate::tui::view::styled::{self, fold_text};
use crate::tui::view::verdicts::done_sign;
use crate::tui::walkthrough::Walkthrough;
use crate::vocabulary::whole::Level;
use crate::vocabulary::{Lesson, Val};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::collections::BTreeMap;

/// What will happen and what will not; at the first start.
const FIRST_START: [&str; 3] = [
    "Each step makes real system calls, in processes of the lab's own, and shows what the kernel said before and after.",
    "Nothing on this machine is changed: whatever a lesson makes is undone when you leave it, however you leave it.",
    "Read, guess, press Enter, look. There is no clock, and a wrong guess is the best way to remember.",
];

/// Beside title and id a line has marks, what is done of how much, minutes, and whether it can be run.
const BESIDE_TITLE: usize = 4 + 2 + 16 + 10;

/// One of its keys.
pub fn act(app: &mut App, action: Action) -> Vec<Effect> {
    let shown = app.filtered();
    match action {
        Action::Move(by) => app.home.cursor = moved(app.home.cursor, shown.len(), by),
        Action::Filter => app.home.typing = true,
        Action::Leave => {
            app.home.filter.clear();
            app.home.typing = false;
            app.home.cursor = 0;
        }
        Action::Erase => {
            app.home.filter.pop();
            app.home.cursor = 0;
        }
        Action::Enter if app.home.typing => app.home.typing = false,
        Action::Enter => {
            if let Some(index) = shown.get(app.home.cursor) {
                let id = app.entries[*index].id.clone();
                let at = app.progress.lesson(&id).and_then(|l| l.last_step.clone());
                return open(app, &id, at.as_deref(), BTreeMap::new());
            }
        }
        _ => {}
    }
    Vec::new()
}

/// A character of the filter.
pub fn typed(app: &mut App, c: char) {
    app.home.filter.push(c);
    app.home.cursor = 0;
}

/// Opens a lesson at a step, or else at its beginning.
pub fn open(app: &mut App, id: &str, step: Option<&str>, set: BTreeMap<String, String>) -> Vec<Effect> {
    let loaded = match (app.entry(id).map(|e| &e.lesson), set.is_empty()) {
        (Some(Ok(lesson)), true) => Ok(lesson.clone()),
        (Some(Err(what)), true) => Err(what.clone()),
        _ => (app.environment.load)(id, &set).map(std::sync::Arc::new),
    };
    let lesson = match loaded {
        Ok(lesson) => lesson,
        Err(what) => {
            app.notice =
                Some(format!("{id} has a mistake, see: isolab lint ({})", what.lines().next().unwrap_or("")));
            return Vec::new();
        }
    };
    let index = step.and_then(|s| lesson.steps.iter().position(|x| x.id == s)).map_or(1, |i| i + 1);
    let mut walk = Walkthrough::new(lesson, set.clone(), index, app.now);
    walk.params = depends(app, &walk.lesson);
    app.progress.opened(id, &walk.step().id);
    app.walk = Some(walk);
    app.screen = Screen::Step;
    app.overlay = None;
    vec![Effect::Ask(Command::Open { lesson: id.to_owned(), set }), Effect::Save]
}

/// The parameters that each step depends on: those with which it is another one at the smallest value than at the largest. A loaded lesson does not
/// tell any more where a value came from.
fn depends(app: &App, lesson: &Lesson) -> Vec<Vec<String>> {
    let mut of_steps = vec![Vec::new(); lesson.steps.len()];
    for (name, param) in &lesson.params {
        let at = |value: &Val| {
            (app.environment.load)(&lesson.id, &BTreeMap::from([(name.clone(), value.to_string())]))
        };
        let (Ok(least), Ok(most)) = (at(&param.min), at(&param.max)) else { continue };
        for (i, (a, b)) in least.steps.iter().zip(&most.steps).enumerate().take(of_steps.len()) {
            if a != b {
                of_steps[i].push(name.clone());
            }
        }
        // A workload that depends on it is not found in the step that starts it.
        if least.workloads != most.workloads || of_steps.iter().all(|s| !s.contains(name)) {
            of_steps.iter_mut().filter(|s| !s.contains(name)).for_each(|s| s.push(name.clone()));
        }
    }
    of_steps
}

/// The list, and what is to be known of the lesson under the cursor.
pub fn draw(frame: &mut Frame, app: &App, area: Rect) {
    let theme = app.theme;
    let mut y = area.y;
    if app.first_start {
        for text in FIRST_START {
            for part in fold(text, usize::from(area.width.saturating_sub(4))) {
                frame.render_widget(
                    Line::styled(format!("  {part}"), theme.style(Role::Plain)),
                    Rect { y, height: 1, ..area },
                );
                y += 1;
            }
        }
        y += 1;
    }
    let rest = Rect { y, height: area.bottom().saturating_sub(y), ..area };
    let shown = app.filtered();
    let wide = rest.width >= 120;
    let (list, detail) = if wide {
        // As wide as the longest title needs, as long as the rest can be read.
        let titles =
            app.entries.iter().filter_map(|e| e.lesson.as_ref().ok()).map(|l| width(&escape(&l.title)));
        let needed = titles.max().unwrap_or(0) + BESIDE_TITLE + ids_width(app) + 6;
        let left = (rest.width * 3 / 5).max((needed as u16).min(rest.width * 2 / 3));
        (Rect { width: left, ..rest }, Rect { x: rest.x + left, width: rest.width - left, ..rest })
    } else {
        // The list has what it needs; what is left tells of one lesson.
        let high = (shown.len() as u16 + 2).clamp(5, rest.height.saturating_sub(5).max(5));
        (Rect { height: high, ..rest }, Rect { y: rest.y + high, height: rest.height - high, ..rest })
    };
    let room = usize::from(inside(list));
    let mut lines: Vec<Line> = shown
        .iter()
        .enumerate()
        .map(|(i, at)| row(app, &app.entries[*at], i == app.home.cursor, room))
        .collect();
    if lines.is_empty() {
        lines.push(Line::styled("no lesson fits the filter; Esc clears it", theme.style(Role::Dim)));
    }
    let rows = usize::from(list.height.saturating_sub(2));
    let top = (app.home.cursor + 1).saturating_sub(rows);
    let name = if app.home.filter.is_empty() {
        "lessons".to_owned()
    } else {
        format!("lessons with “{}”", escape(&app.home.filter))
    };
    Panel { title: title(theme, name), focused: true, top }.draw(frame, theme, list, &lines);
    if let Some(entry) = shown.get(app.home.cursor).map(|at| &app.entries[*at]) {
        let lines = about(app, entry, inside(detail));
        Panel { title: title(theme, entry.id.clone()), focused: false, top: 0 }
            .draw(frame, theme, detail, &lines);
    }
}

/// Steps done, all that are basic, and whether the lesson was finished.
fn progress(app: &App, entry: &CatalogEntry) -> (usize, usize) {
    let Ok(lesson) = &entry.lesson else { return (0, 0) };
    let done = app.progress.lesson(&entry.id);
    let is_done = |id: &String| done.is_some_and(|d| d.steps.contains_key(id));
    (lesson.steps.iter().filter(|s| is_done(&s.id)).count(), lesson.steps.len())
}

fn ids_width(app: &App) -> usize {
    app.entries.iter().map(|e| width(&e.id)).max().unwrap_or(8)
}

fn row(app: &App, entry: &CatalogEntry, selected: bool, room: usize) -> Line<'static> {
    let theme = app.theme;
    let (done, all) = progress(app, entry);
    let finished = app.progress.lesson(&entry.id).is_some_and(|l| l.finished_at.is_some());
    let (sign, role) = match (done, finished) {
        (_, true) => ("●", Role::Good),
        (0, _) => ("○", Role::Dim),
        _ => ("◐", Role::Accent),
    };
    let (here, here_role) = readiness(entry);
    let name = match &entry.lesson {
        Ok(lesson) => escape(&lesson.title),
        Err(_) => "a mistake in the lesson".to_owned(),
    };
    let minutes = entry.lesson.as_ref().map_or(0, |l| l.minutes);
    let tail = format!("{done:>2}/{all:<2} {minutes:>3} min  ");
    let ids = ids_width(app);
    let name = styled::fit(&name, room.saturating_sub(BESIDE_TITLE + ids));
    let mark = if selected { "▸" } else { " " };
    let mut line = Line::from(vec![
        Span::raw(format!("{mark} ")),
        Span::styled(format!("{sign} "), theme.style(role)),
        Span::styled(pad(&entry.id, ids + 2), theme.style(Role::Strong)),
        Span::raw(name),
        Span::styled(tail, theme.style(Role::Dim)),
        Span::styled(pad(here, 10), theme.style(here_role)),
    ]);
    if selected {
        line = line.patch_style(theme.style(Role::Selected));
    }
    line
}

fn readiness(entry: &CatalogEntry) -> (&'static str, Role) {
    match (&entry.lesson, &entry.readiness) {
        (Err(_), _) => ("✗ mistake", Role::Bad),
        (_, None) => ("…", Role::Dim),
        (_, Some(Readiness::Ready)) => ("✓ ready", Role::Good),
        (_, Some(Readiness::Rootless)) => ("✓ rootless", Role::Good),
        (_, Some(Readiness::Blocked { .. })) => ("⊘ blocked", Role::Warn),
    }
}

fn about(app: &App, entry: &CatalogEntry, width: u16) -> Vec<Line<'static>> {
    let theme = app.theme;
    let columns = usize::from(width);
    let folded = |text: &str, role: Role| fold_text(text, role, columns, theme);
    let lesson = match &entry.lesson {
        Ok(lesson) => lesson,
        Err(what) => return what.lines().flat_map(|l| folded(l, Role::Bad)).collect(),
    };
    let mut lines = Vec::new();
    if let Some((reason, remedy)) = entry.blocked() {
        lines.extend(folded(&format!("⊘ blocked: {reason}"), Role::Warn));
        if !remedy.is_empty() {
            lines.extend(folded(&format!("  what helps: {remedy}"), Role::Strong));
        }
    }
    lines.extend(folded(&lesson.title, Role::Title));
    lines.extend(markdown::render(&lesson.summary, width, theme));
    let deeper = lesson.steps.iter().filter(|s| s.level == Some(Level::Deeper)).count();
    let steps =
        format!("{} steps, {deeper} of them deeper; about {} minutes", lesson.steps.len(), lesson.minutes);
    lines.push(Line::default());
    lines.extend(folded(&steps, Role::Dim));
    let done = app.progress.lesson(&entry.id);
    for step in &lesson.steps {
        let how = done.and_then(|d| d.steps.get(&step.id));
        let (sign, role) = done_sign(how);
        let level = if step.level == Some(Level::Deeper) { "  (deeper)" } else { "" };
        let first = [Span::styled(format!("{sign} "), theme.style(role))];
        let text = [Span::raw(escape(&step.title)), Span::styled(level, theme.style(Role::Dim))];
        lines.extend(styled::fold(&text, &first, &[Span::raw("  ")], columns));
    }
    lines
}
