//! One pane on the whole screen, and the namespace map.

use super::curves::{Curve, curves};
use super::scroll::{Panel, inside, title};
use super::{map as namespaces, readouts, step};
use crate::tui::app::{App, Overlay, Zoom, Zoomed};
use crate::tui::theme::Role;
use crate::tui::walk::{Pane, Walk};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Text};

/// What is zoomed.
pub fn draw(frame: &mut Frame, app: &App, walk: &Walk, zoom: &Zoom, area: Rect) {
    let mut lines = lines(app, walk, zoom, inside(area));
    if !zoom.search.is_empty() {
        for line in &mut lines {
            if found(line, &zoom.search) {
                *line = std::mem::take(line).patch_style(app.theme.style(Role::Match));
            }
        }
    }
    let name = match zoom.what {
        Zoomed::Readout(i) => {
            walk.readouts().0.get(i).map_or("before and after".to_owned(), |r| r.id.clone())
        }
        Zoomed::Calls => Pane::Calls.title().to_owned(),
        Zoomed::Checks => Pane::Checks.title().to_owned(),
        Zoomed::Text => walk.step().title.clone(),
    };
    let panel = Panel { title: title(app.theme, name), focused: true, top: zoom.top };
    let Some(curve) = curve(walk, zoom) else { return panel.draw(frame, app.theme, area, &lines) };
    // The curve above, and what was read below it.
    let (rows, chart) = (area.height.saturating_sub(2), chart(area));
    let below = usize::from(rows - chart);
    let top = zoom.top.min(lines.len().saturating_sub(below));
    let inner = panel.frame(frame, app.theme, area, (top, below, lines.len()));
    curve.draw(frame, app, walk, Rect { height: chart, ..inner });
    let rest = Rect { y: inner.y + chart, height: inner.height - chart, ..inner };
    let shown: Vec<Line> = lines.into_iter().skip(top).take(below).collect();
    frame.render_widget(Text::from(shown), rest);
}

/// The curve of the readout that is zoomed, when it has one.
fn curve(walk: &Walk, zoom: &Zoom) -> Option<Curve> {
    let Zoomed::Readout(i) = zoom.what else { return None };
    let id = &walk.readouts().0.get(i)?.id;
    curves(walk).into_iter().find(|curve| curve.is_of(id))
}

/// The rows that a curve takes of what is zoomed.
fn chart(area: Rect) -> u16 {
    area.height.saturating_sub(2) * 3 / 5
}

/// The largest number of lines that can be scrolled out of what is zoomed.
pub fn max_scroll(app: &App, walk: &Walk, zoom: &Zoom, area: Rect) -> usize {
    let above = if curve(walk, zoom).is_some() { chart(area) } else { 0 };
    let rows = area.height.saturating_sub(2 + above);
    lines(app, walk, zoom, inside(area)).len().saturating_sub(usize::from(rows))
}

/// What it says.
pub fn lines(app: &App, walk: &Walk, zoom: &Zoom, width: u16) -> Vec<Line<'static>> {
    let (records, after) = walk.readouts();
    match zoom.what {
        Zoomed::Readout(i) => match records.get(i) {
            Some(record) => readouts::one(record, after, width, app.theme),
            None => step::lines(app, walk, Pane::Kernel, width),
        },
        Zoomed::Calls => step::lines(app, walk, Pane::Calls, width),
        Zoomed::Checks => step::lines(app, walk, Pane::Checks, width),
        Zoomed::Text => step::lines(app, walk, Pane::Text, width),
    }
}

fn found(line: &Line, search: &str) -> bool {
    let text: String = line.spans.iter().map(|s| s.content.as_ref()).collect();
    text.to_lowercase().contains(&search.to_lowercase())
}

/// The next line below the first one shown in which the search is found, from the beginning again after the end.
pub fn next_match(app: &App) -> Option<usize> {
    let (Some(Overlay::Zoom(zoom)), Some(walk)) = (&app.overlay, &app.walk) else { return None };
    if zoom.search.is_empty() {
        return None;
    }
    let area = Rect::new(0, 0, app.size.0, app.size.1);
    let lines = lines(app, walk, zoom, inside(area));
    let matches = |i: &usize| found(&lines[*i], &zoom.search);
    (zoom.top.min(lines.len()) + 1..lines.len()).find(matches).or_else(|| (0..lines.len()).find(matches))
}

/// Who shares which namespace with whom.
pub fn map(frame: &mut Frame, app: &App, walk: &Walk, top: usize, area: Rect) {
    let lines = map_lines(app, walk, inside(area));
    Panel { title: title(app.theme, "who is in which namespace"), focused: true, top }
        .draw(frame, app.theme, area, &lines);
}

/// The map, or that it is still to come.
pub fn map_lines(app: &App, walk: &Walk, width: u16) -> Vec<Line<'static>> {
    match &walk.map_now {
        Some(now) => namespaces::lines(now, walk.map_before.as_ref(), width, app.theme),
        None => vec![Line::styled("reading…", app.theme.style(Role::Dim))],
    }
}
