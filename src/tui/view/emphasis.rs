//! The readout or the system call to which a demo draws the room's attention.

use super::readouts::{self, ReadoutsView};
use super::styled::span;
use crate::demo::script::emphasis::Emphasis;
use crate::events::ReadoutRecord;
use crate::tui::app::App;
use crate::tui::screen::demo::player::DemoPlayer;
use crate::tui::theme::{Role, Theme};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use std::borrow::Cow;

/// What stands in front of each line with the emphasis.
const MARK: &str = "▌ ";

/// What the cue emphasises.
pub fn here(app: &App) -> Option<&Emphasis> {
    app.demo.as_ref().and_then(DemoPlayer::cue)?.emphasis.as_ref()
}

/// The readout that the cue emphasises, and the others.
pub fn emphasised<'r>(
    app: &App,
    records: &'r [ReadoutRecord],
) -> (Option<ReadoutRecord>, Cow<'r, [ReadoutRecord]>) {
    let wanted = match here(app) {
        Some(Emphasis::Readout { id, .. }) => Some(id),
        Some(Emphasis::Call(_)) | None => None,
    };
    match records.iter().position(|r| Some(&r.id) == wanted) {
        None => (None, Cow::Borrowed(records)),
        Some(at) => {
            let mut others = records.to_vec();
            let first = others.remove(at);
            (Some(first), Cow::Owned(others))
        }
    }
}

/// Readouts in bold with a mark in front of each line.
pub fn highlight(view: ReadoutsView, columns: u16, rows: usize, theme: Theme) -> Vec<Line<'static>> {
    let lines = readouts::lines(view, columns.saturating_sub(2), rows, theme);
    lines.into_iter().map(|line| marked(line, theme)).collect()
}

/// A line in bold with the mark in front of it, which takes two columns.
pub fn marked(line: Line<'static>, theme: Theme) -> Line<'static> {
    let mut spans = vec![span(MARK, theme, Role::Accent)];
    spans.extend(line.spans);
    Line::from(spans).patch_style(Style::new().add_modifier(Modifier::BOLD))
}

/// Whether a line has the mark.
pub fn is_marked(line: &Line) -> bool {
    line.spans.first().is_some_and(|span: &Span| span.content == MARK)
}
