//! The readout to which a demo draws the room's attention.

use super::readouts::{self, ReadoutsView};
use super::styled::span;
use crate::events::ReadoutRecord;
use crate::tui::app::App;
use crate::tui::demo_player::DemoPlayer;
use crate::tui::theme::{Role, Theme};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use std::borrow::Cow;

/// The readout that the cue emphasises, and the others.
pub fn emphasised<'r>(
    app: &App,
    records: &'r [ReadoutRecord],
) -> (Option<ReadoutRecord>, Cow<'r, [ReadoutRecord]>) {
    let cue = app.demo.as_ref().and_then(DemoPlayer::cue);
    let wanted = cue.and_then(|cue| cue.emphasis.as_ref()).map(|e| &e.readout);
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
    let mark = |line: Line<'static>| {
        let mut spans = vec![span("▌ ", theme, Role::Accent)];
        spans.extend(line.spans);
        Line::from(spans).patch_style(Style::new().add_modifier(Modifier::BOLD))
    };
    lines.into_iter().map(mark).collect()
}
