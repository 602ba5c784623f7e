//! How the list of lessons is drawn.

use crate::events::Readiness;
use crate::present::plain::{escape, fold, pad, width};
use crate::tui::app::{App, CatalogEntry};
use crate::tui::movement::hidden;
use crate::tui::theme::Role;
use crate::tui::view::markdown;
use crate::tui::view::scroll::{Panel, inside, title};
use crate::tui::view::styled::{self, fold_text};
use crate::tui::view::verdicts::done_sign;
use crate::vocabulary::whole::Level;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// What will happen and what will not; at the first start.
const FIRST_START: [&str; 3] = [
    "Each step makes real system calls and shows the kernel before and after.",
    "Nothing on this machine is changed: all is undone when you leave a lesson.",
    "Read, guess, press Enter, look. A wrong guess is the best way to remember.",
];

/// Beside title and id a line has marks, what is done of how much, minutes, and whether it can be run.
const BESIDE_TITLE: usize = 4 + 2 + COUNT;

/// What is done of how much, and what is behind it in the line of a lesson.
const COUNT: usize = 16 + 10;

/// From this width on, list and panel are side by side.
const WIDE: u16 = 120;
/// Where they are not, the panel has at least this many rows.
const PANEL_ROWS: u16 = 8;
/// The list has at least this many rows.
const LIST_ROWS: u16 = 5;

/// A row of the list.
enum Row<'a> {
    /// The name of a part of the course, and the lessons in it that the filter lets through.
    Part(&'a str, Vec<&'a CatalogEntry>),
    /// A lesson, and its place among those that the cursor goes to.
    Lesson(usize, &'a CatalogEntry),
}

/// Lessons below the names of their parts; without names where there is only one part.
fn rows(app: &App) -> Vec<Row<'_>> {
    let shown: Vec<&CatalogEntry> = app.filtered().into_iter().map(|at| &app.entries[at]).collect();
    let one_part = app.entries.iter().all(|entry| entry.part() == app.entries[0].part());
    let mut rows = Vec::new();
    for (place, entry) in shown.iter().enumerate() {
        let begins = place == 0 || shown[place - 1].part() != entry.part();
        if begins && !one_part {
            let of_part = shown.iter().copied().filter(|other| other.part() == entry.part()).collect();
            rows.push(Row::Part(entry.part(), of_part));
        }
        rows.push(Row::Lesson(place, entry));
    }
    rows
}

/// Where things are.
struct Layout {
    first_start: Vec<String>,
    list: Rect,
    panel: Rect,
}

fn layout(app: &App, area: Rect, rows: usize) -> Layout {
    let mut first_start = Vec::new();
    if app.first_start {
        let room = usize::from(area.width.saturating_sub(4));
        first_start = FIRST_START.iter().flat_map(|text| fold(text, room)).collect();
        first_start.push(String::new());
    }
    let y = area.y + (first_start.len() as u16).min(area.height);
    let rest = Rect { y, height: area.bottom().saturating_sub(y), ..area };
    let (list, panel) = if rest.width >= WIDE {
        // As wide as the longest title needs, as long as the rest can be read.
        let titles =
            app.entries.iter().filter_map(|e| e.lesson.as_ref().ok()).map(|l| width(&escape(&l.title)));
        let needed = titles.max().unwrap_or(0) + BESIDE_TITLE + ids_width(app) + 6;
        let left = (rest.width * 3 / 5).max((needed as u16).min(rest.width * 2 / 3));
        (Rect { width: left, ..rest }, Rect { x: rest.x + left, width: rest.width - left, ..rest })
    } else {
        // The list has what it needs, and what is left tells of one lesson; where that is too little, each has a half.
        let needed = (rows as u16 + 2).max(LIST_ROWS);
        let most = rest.height.saturating_sub(PANEL_ROWS);
        let most = if needed > most { most.min(rest.height / 2) } else { most };
        let high = needed.min(most.max(LIST_ROWS)).min(rest.height);
        (Rect { height: high, ..rest }, Rect { y: rest.y + high, height: rest.height - high, ..rest })
    };
    Layout { first_start, list, panel }
}

/// By how many lines a page of the panel is scrolled, and how far it can be.
pub fn panel(app: &App, area: Rect) -> (usize, usize) {
    let area = layout(app, area, rows(app).len()).panel;
    let selected = app.filtered().get(app.home.cursor).map(|at| &app.entries[*at]);
    let lines = selected.map_or(0, |entry| about(app, entry, inside(area)).len());
    (usize::from(area.height.saturating_sub(3).max(1)), hidden(lines, area.height))
}

/// The list, and what is to be known of the lesson under the cursor.
pub fn draw(frame: &mut Frame, app: &App, area: Rect) {
    let theme = app.theme;
    let rows = rows(app);
    let Layout { first_start, list, panel } = layout(app, area, rows.len());
    for (y, text) in (area.y..area.bottom()).zip(first_start) {
        frame.render_widget(
            Line::styled(format!("  {text}"), theme.style(Role::Plain)),
            Rect { y, height: 1, ..area },
        );
    }
    let room = usize::from(inside(list));
    let mut at = 0;
    let mut lines: Vec<Line> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        lines.push(match row {
            Row::Part(name, entries) => part(app, name, entries, room),
            Row::Lesson(place, entry) => {
                let selected = *place == app.home.cursor;
                at = if selected { index } else { at };
                lesson(app, entry, selected, room)
            }
        });
    }
    if lines.is_empty() {
        lines.push(Line::styled("no lesson fits the filter; Esc clears it", theme.style(Role::Dim)));
    }
    let seen = usize::from(list.height.saturating_sub(2));
    // With the line below the cursor, where there is one.
    let top = (at + 2).min(lines.len()).saturating_sub(seen);
    let name = if app.home.filter.is_empty() {
        let (done, all) = steps(app, app.entries.iter());
        format!("lessons: {done} of {all} steps done")
    } else {
        format!("lessons with “{}”", escape(&app.home.filter))
    };
    Panel { title: title(theme, name), focused: true, top }.draw(frame, theme, list, &lines);
    if let Some(entry) = app.filtered().get(app.home.cursor).map(|at| &app.entries[*at]) {
        let lines = about(app, entry, inside(panel));
        Panel { title: title(theme, entry.id.clone()), focused: false, top: app.home.top }
            .draw(frame, theme, panel, &lines);
    }
}

/// The name of a part, and how much of it is done.
fn part(app: &App, name: &str, entries: &[&CatalogEntry], room: usize) -> Line<'static> {
    let (done, all) = steps(app, entries.iter().copied());
    let name = styled::fit(&escape(name), room.saturating_sub(COUNT + 1));
    Line::from(vec![
        Span::styled(name, app.theme.style(Role::Accent)),
        Span::styled(format!("{done:>3}/{all:<3}"), app.theme.style(Role::Dim)),
    ])
}

/// How many steps of these lessons are done, and how many there are.
fn steps<'e>(app: &App, entries: impl Iterator<Item = &'e CatalogEntry>) -> (usize, usize) {
    entries.map(|entry| progress(app, entry)).fold((0, 0), |(a, b), (done, all)| (a + done, b + all))
}

/// How many steps of a lesson are done, and how many it has here.
fn progress(app: &App, entry: &CatalogEntry) -> (usize, usize) {
    let Ok(lesson) = &entry.lesson else { return (0, 0) };
    let done = app.progress.lesson(&entry.id);
    let is_done = |id: &String| done.is_some_and(|d| d.steps.contains_key(id));
    let here = || lesson.steps.iter().filter(|s| app.environment.variant.meets(s.when.as_ref()));
    (here().filter(|s| is_done(&s.id)).count(), here().count())
}

fn ids_width(app: &App) -> usize {
    app.entries.iter().map(|e| width(&e.id)).max().unwrap_or(8)
}

fn lesson(app: &App, entry: &CatalogEntry, selected: bool, room: usize) -> Line<'static> {
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
