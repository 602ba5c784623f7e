//! Frames around lines, one in another.

use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{blank, cut_line, span, spans_width};
use ratatui::text::{Line, Span};

/// What a frame looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    /// It is there.
    Solid,
    /// It is not there yet.
    Dashed,
}

impl Stroke {
    /// Top left, horizontal, top right, vertical, bottom left, bottom right.
    fn cells(self) -> [&'static str; 6] {
        match self {
            Stroke::Solid => ["┌", "─", "┐", "│", "└", "┘"],
            Stroke::Dashed => ["┌", "╌", "┐", "╎", "└", "┘"],
        }
    }
}

/// The columns that a frame adds to what is in it.
pub const AROUND: usize = 4;

/// Lines in a frame with a title in its upper edge. It is as wide as what is in it, and no wider than the columns.
pub fn framed(
    title: &[Span<'static>],
    body: &[Line<'static>],
    columns: usize,
    (stroke, role): (Stroke, Role),
    theme: Theme,
) -> Vec<Line<'static>> {
    let [left, across, right, down, below, corner] = stroke.cells();
    let edge = |text: String| span(text, theme, role);
    let widest = body.iter().map(|line| spans_width(&line.spans)).max().unwrap_or(0);
    let inner = widest.max(spans_width(title) + 1).min(columns.saturating_sub(AROUND));
    let title = cut_line(title, inner.saturating_sub(1));
    let rest = (inner + 1).saturating_sub(spans_width(&title.spans) + 1);
    let mut top = vec![edge(format!("{left} "))];
    top.extend(title.spans);
    top.push(edge(format!(" {}{right}", across.repeat(rest))));
    let mut out = vec![cut_line(&top, columns)];
    for line in body {
        let line = cut_line(&line.spans, inner);
        let fill = inner.saturating_sub(spans_width(&line.spans));
        let mut row = vec![edge(format!("{down} "))];
        row.extend(line.spans);
        row.extend([blank(fill), edge(format!(" {down}"))]);
        out.push(cut_line(&row, columns));
    }
    out.push(cut_line(&[edge(format!("{below}{}{corner}", across.repeat(inner + 2)))], columns));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::view::styled::test;

    #[test]
    fn a_frame_is_as_wide_as_what_is_in_it() {
        let theme = Theme::default();
        let body = [Line::from("box 4213"), Line::from("guest")];
        let title = [span("uts", theme, Role::Title)];
        let shown = framed(&title, &body, 40, (Stroke::Solid, Role::Border), theme);
        assert_eq!(test::text(&shown), "┌ uts ─────┐\n│ box 4213 │\n│ guest    │\n└──────────┘");
        let outer = framed(&title, &shown, 40, (Stroke::Dashed, Role::Border), theme);
        assert_eq!(test::text(&outer[..1]), "┌ uts ╌╌╌╌╌╌╌╌╌┐");
        for hostile in test::HOSTILE {
            let text = crate::present::plain::one_line(hostile);
            for width in test::WIDTHS {
                let body = [Line::from(text.clone())];
                let title = [Span::raw(text.clone())];
                let shown = framed(&title, &body, width.into(), (Stroke::Solid, Role::Border), theme);
                test::fits(&shown, width);
                assert_eq!(shown.len(), 3);
            }
        }
    }
}
