//! The parts of a page as lines. Whatever a script or the kernel says is escaped here.

use super::clock;
use crate::demo::NotesPage;
use crate::present::plain::{escape, one_line, width as columns_of};
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{blank, cut_line, fold, span, spans_width};
use crate::tui::view::{markdown, planned};
use ratatui::text::{Line, Span};

/// All of a page, for where there is one column of it: what it does now, the clock, what was said, the notes, what comes next, calls and
/// expectations.
pub fn lines(page: &NotesPage, theme: Theme, width: u16) -> Vec<Line<'static>> {
    let mut out = now(page, theme, width);
    out.extend(clock(page, theme, width));
    out.extend(said(page, theme, width, usize::MAX));
    let blocks = [
        ("notes", notes(page, theme, width)),
        ("next", next(page, theme, width)),
        ("calls", calls(page, theme, width)),
        ("expected", expected(page, theme, width)),
    ];
    for (head, lines) in blocks {
        if !lines.is_empty() {
            out.extend([Line::default(), Line::styled(head, theme.style(Role::Accent))]);
            out.extend(lines);
        }
    }
    out
}

/// The chapter and what is shown of it.
pub fn place(page: &NotesPage, theme: Theme, width: u16) -> Line<'static> {
    let mut spans = vec![span(one_line(&page.chapter), theme, Role::Plain)];
    if !page.chapter.is_empty() && !page.title.is_empty() {
        spans.push(span(" › ", theme, Role::Dim));
    }
    spans.push(span(one_line(&page.title), theme, Role::Strong));
    cut_line(&spans, width.into())
}

/// Numbers of chapter and cue.
pub fn numbers(page: &NotesPage) -> String {
    let ((chapter, chapters), (cue, cues)) = (page.chapters, page.cues);
    format!("chapter {chapter}/{chapters} · cue {cue}/{cues}")
}

/// What the show waits for, and how fast it goes.
pub fn now(page: &NotesPage, theme: Theme, width: u16) -> Vec<Line<'static>> {
    if page.now.is_empty() || page.over {
        return Vec::new();
    }
    let mut spans = vec![span(one_line(&page.now), theme, Role::Accent)];
    if !page.speed.is_empty() && page.speed != "1x" {
        spans.push(span(format!("   {}", one_line(&page.speed)), theme, Role::Changed));
    }
    fold(&spans, &[span("▸ ", theme, Role::Accent)], &[blank(2)], width.into())
}

/// The clock, on a line or on two.
pub fn clock(page: &NotesPage, theme: Theme, width: u16) -> Vec<Line<'static>> {
    let columns = usize::from(width);
    let mut lines: Vec<Vec<Span<'static>>> = Vec::new();
    for (text, role) in clock::parts(page) {
        match lines.last_mut() {
            Some(line) if spans_width(line) + columns_of(&text) + 3 <= columns => {
                line.extend([span(" · ", theme, Role::Dim), span(text, theme, role)]);
            }
            _ => lines.push(vec![span(text, theme, role)]),
        }
    }
    lines.iter().map(|line| cut_line(line, columns)).collect()
}

/// What happened, the newest last; where there is no room for all, the oldest are left out.
pub fn said(page: &NotesPage, theme: Theme, width: u16, most: usize) -> Vec<Line<'static>> {
    let line = |text: &String| {
        let text = [span(one_line(text), theme, Role::Strong)];
        fold(&text, &[span("! ", theme, Role::Warn)], &[blank(2)], width.into())
    };
    let all: Vec<Line> = page.said.iter().flat_map(line).collect();
    let from = all.len().saturating_sub(most);
    all.into_iter().skip(from).collect()
}

/// The notes: each a block of its own.
pub fn notes(page: &NotesPage, theme: Theme, width: u16) -> Vec<Line<'static>> {
    let mut out: Vec<Line> = Vec::new();
    for text in &page.notes {
        if !out.is_empty() {
            out.push(Line::default());
        }
        out.extend(markdown::render(&escape(text), width, theme));
    }
    out
}

/// What comes next.
pub fn next(page: &NotesPage, theme: Theme, width: u16) -> Vec<Line<'static>> {
    let next = page.next.as_deref().map(one_line);
    next.map_or_else(Vec::new, |next| fold(&[span(next, theme, Role::Plain)], &[], &[blank(2)], width.into()))
}

/// Calls, each with who makes it.
pub fn calls(page: &NotesPage, theme: Theme, width: u16) -> Vec<Line<'static>> {
    planned::lines(&page.calls, width, theme)
}

/// Expectations with their signs.
pub fn expected(page: &NotesPage, theme: Theme, width: u16) -> Vec<Line<'static>> {
    let line = |(sign, claim): &(String, String)| {
        let role = match sign.as_str() {
            "✓" => Role::Good,
            "✗" => Role::Bad,
            "⊘" | "!" => Role::Warn,
            _ => Role::Dim,
        };
        let first = [span(format!("{} ", one_line(sign)), theme, role)];
        fold(&[span(one_line(claim), theme, Role::Plain)], &first, &[blank(2)], width.into())
    };
    page.expected.iter().flat_map(line).collect()
}

/// In so many rows, if that can be: folded, else a line each, else only the first of them.
pub fn within(
    rows: usize,
    columns: u16,
    theme: Theme,
    lines: impl Fn(u16) -> Vec<Line<'static>>,
) -> Vec<Line<'static>> {
    let folded = lines(columns);
    if folded.len() <= rows {
        return folded;
    }
    let each = lines(u16::MAX).iter().map(|line| cut_line(&line.spans, columns.into())).collect();
    at_most(each, rows, theme)
}

/// So many lines at most; the last one says how many more there are.
pub fn at_most(mut lines: Vec<Line<'static>>, most: usize, theme: Theme) -> Vec<Line<'static>> {
    if lines.len() > most {
        let more = lines.len() + 1 - most;
        lines.truncate(most.saturating_sub(1));
        lines.push(Line::styled(format!("… {more} more"), theme.style(Role::Dim)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::present::action::Planned;
    use crate::tui::view::styled::test;

    #[test]
    fn everything_fits() {
        for text in test::HOSTILE.map(str::to_owned) {
            let page = NotesPage {
                script: text.clone(),
                chapter: text.clone(),
                title: text.clone(),
                now: text.clone(),
                notes: vec![text.clone(), format!("# {text}\n\n- {text}")],
                next: Some(text.clone()),
                calls: vec![Planned { actor: text.clone(), what: text.clone() }],
                expected: vec![("○".to_owned(), text.clone()), (text.clone(), text.clone())],
                said: vec![text.clone()],
                speed: text.clone(),
                planned_ms: u64::MAX,
                cue_ms: 1,
                ..NotesPage::default()
            };
            for width in test::WIDTHS {
                test::fits(&lines(&page, Theme::default(), width), width);
                test::fits(&[place(&page, Theme::default(), width)], width);
            }
        }
    }

    #[test]
    fn of_what_was_said_the_newest_stays() {
        let page =
            NotesPage { said: ["one", "two", "three"].map(str::to_owned).to_vec(), ..NotesPage::default() };
        assert_eq!(test::text(&said(&page, Theme::default(), 40, 2)), "! two\n! three");
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let lines: Vec<Line> = ["a", "b", "c", "d"].map(Line::from).to_vec();
        assert_eq!(test::text(&at_most(lines.clone(), 3, Theme::default())), "a\nb\n… 2 more");
        assert_eq!(test::text(&at_most(lines, 4, Theme::default())), "a\nb\nc\nd");
    }
}
