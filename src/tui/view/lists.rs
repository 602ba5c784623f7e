//! Small lists over a lesson: the outline, the boxes, the parameters.

use super::scroll::{Panel, middle, title};
use super::styled::fold_text;
use super::verdicts;
use crate::present::plain::{escape, fold, pad, width};
use crate::progress::Done;
use crate::tui::app::{App, WhatIf};
use crate::tui::theme::Role;
use crate::vocabulary::whole::Level;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// How a step was done, as a sign.
pub fn done_sign(how: Option<&Done>) -> (&'static str, Role) {
    match how {
        Some(Done::ByHand) => ("★", Role::Good),
        Some(Done::Watched) => ("●", Role::Good),
        None => ("○", Role::Dim),
    }
}

fn select(line: Line<'static>, selected: bool, app: &App) -> Line<'static> {
    if selected { line.patch_style(app.theme.style(Role::Selected)) } else { line }
}

/// The steps of the lesson.
pub fn outline(frame: &mut Frame, app: &App, cursor: usize, area: Rect) {
    let Some(walk) = &app.walk else { return };
    let theme = app.theme;
    let done = app.progress.lesson(&walk.lesson.id);
    let widest = walk.lesson.steps.iter().map(|s| width(&s.title)).max().unwrap_or(20);
    let room = (widest + 32).min(usize::from(area.width.saturating_sub(6)));
    let rows: Vec<Line> = walk
        .lesson
        .steps
        .iter()
        .enumerate()
        .map(|(i, step)| {
            let (sign, role) = done_sign(done.and_then(|d| d.steps.get(&step.id)));
            let mut spans = vec![
                Span::raw(if i == cursor { "▸ " } else { "  " }),
                Span::styled(format!("{sign} "), theme.style(role)),
                Span::raw(pad(&format!("{:>2}  {}", i + 1, escape(&step.title)), room.saturating_sub(28))),
                Span::styled(
                    if step.level == Some(Level::Deeper) { " (deeper) " } else { "          " },
                    theme.style(Role::Dim),
                ),
            ];
            if let Some(record) = &walk.pages[i].record {
                let (sign, word, role) = verdicts::status(&record.status);
                spans.push(Span::styled(format!("{sign} {word}"), theme.style(role)));
            }
            select(Line::from(spans), i == cursor, app)
        })
        .collect();
    let height = (rows.len() as u16 + 4).min(area.height);
    let place = middle(area, room as u16 + 6, height);
    let mut lines = rows;
    lines.push(Line::default());
    lines.push(Line::styled("● watched   ★ done by hand   ○ to come", theme.style(Role::Dim)));
    let top = (cursor + 2).saturating_sub(usize::from(height) - 3);
    Panel { title: title(theme, "steps"), focused: true, top }.draw(frame, theme, place, &lines);
}

/// The boxes that may have a shell.
pub fn boxes(frame: &mut Frame, app: &App, boxes: &[String], cursor: usize, area: Rect) {
    let rows: Vec<Line> = boxes
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let mark = if i == cursor { "▸ " } else { "  " };
            select(Line::raw(pad(&format!("{mark}{name}"), 30)), i == cursor, app)
        })
        .collect();
    let place = middle(area, 36, rows.len() as u16 + 2);
    Panel { title: title(app.theme, "a shell in which box?"), focused: true, top: 0 }
        .draw(frame, app.theme, place, &rows);
}

/// The parameters of the lesson.
pub fn what_if(frame: &mut Frame, app: &App, what_if: &WhatIf, area: Rect) {
    let Some(walk) = &app.walk else { return };
    let theme = app.theme;
    let columns = usize::from(area.width.saturating_sub(10)).min(70);
    let mut lines = Vec::new();
    for (i, (name, value)) in what_if.values.iter().enumerate() {
        let Some(param) = walk.lesson.params.get(name) else { continue };
        lines.extend(fold(&escape(&param.ask), columns).into_iter().map(Line::raw));
        let mark = if i == what_if.cursor { "▸ " } else { "  " };
        lines.push(Line::from(vec![
            Span::raw(format!("{mark}{name} = ")),
            Span::styled(format!("{}▏", escape(value)), theme.style(Role::Accent)),
            Span::styled(
                format!("   from {} to {}, now {}", param.min, param.max, param.value()),
                theme.style(Role::Dim),
            ),
        ]));
        lines.push(Line::default());
    }
    let text = "The step runs again with it, after the earlier ones; both results stay to be compared.";
    lines.extend(fold_text(text, Role::Dim, columns, theme));
    if let Some(complaint) = &what_if.complaint {
        for line in complaint.lines() {
            lines.extend(fold_text(line, Role::Bad, columns, theme));
        }
    }
    let place = middle(area, columns as u16 + 4, lines.len() as u16 + 2);
    Panel { title: title(theme, "what if"), focused: true, top: 0 }.draw(frame, theme, place, &lines);
}
