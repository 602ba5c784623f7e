//! The window as cells. At 80 columns and 24 rows everything that matters is there without a key; notes are what may be scrolled.

use super::parts;
use super::state::{Link, NotesState};
use crate::demo::NotesPage;
use crate::present::plain::{escape, fold, one_line, pad, width as columns_of};
use crate::tui::app::SMALLEST;
use crate::tui::keys::{self, Action, Binding, Context};
use crate::tui::theme::Role;
use crate::tui::view::bar::named_by;
use crate::tui::view::scroll::{Panel, inside, title};
use crate::tui::view::styled::{cut, span, spans_width};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};

/// Of what was said, so many lines are shown.
const SAID: usize = 3;
/// Calls and expectations have so many rows where there are few, below their headings.
const BELOW: u16 = 5;
/// Notes beside something else can be read in so much: columns and rows.
const LEAST: (u16, u16) = (20, 4);
/// Between calls and expectations.
const GAP: u16 = 2;

/// Draws everything.
pub fn draw(frame: &mut Frame, state: &NotesState) {
    let area = frame.area();
    let theme = state.theme;
    if is_small((area.width, area.height)) {
        if let Some(lines) = small(state, (area.width, area.height)) {
            let top = state.top.min(lines.len().saturating_sub(area.height.into()));
            let shown: Vec<Line> = lines.into_iter().skip(top).take(area.height.into()).collect();
            return frame.render_widget(Text::from(shown), area);
        }
        let (columns, rows) = if state.page().is_some() { LEAST } else { SMALLEST };
        let text = format!("{}x{} is too small: isolab needs {columns}x{rows}", area.width, area.height);
        let lines = fold(&text, area.width.max(4).into()).into_iter().map(Line::from).collect::<Vec<_>>();
        return frame.render_widget(Text::from(lines), area);
    }
    let Some(page) = state.page() else {
        header(frame, state, None, Rect { height: 1, ..area });
        frame.render_widget(
            Text::from(empty(state, area.width - 4)),
            Rect { x: 2, y: 2, width: area.width - 4, height: area.height - 3 },
        );
        return footer(frame, state, false, area);
    };
    let plan = Layout::new(state, &page, area);
    header(frame, state, Some(&page), Rect { height: 1, ..area });
    frame.render_widget(Text::from(plan.above), plan.above_area);
    let scrolls = plan.notes.len() > usize::from(plan.notes_area.height.saturating_sub(2));
    Panel { title: title(theme, "notes"), focused: true, top: state.top }.draw(
        frame,
        theme,
        plan.notes_area,
        &plan.notes,
    );
    for (at, lines) in plan.below {
        frame.render_widget(Text::from(lines), at);
    }
    footer(frame, state, scrolls, area);
}

fn is_small((width, height): (u16, u16)) -> bool {
    width < SMALLEST.0 || height < SMALLEST.1
}

/// The page where there is no room for parts side by side: one column of it, all of which is scrolled.
fn small(state: &NotesState, (width, height): (u16, u16)) -> Option<Vec<Line<'static>>> {
    let page = state.page().filter(|_| width >= LEAST.0 && height >= LEAST.1)?;
    let mut lines = banner(state, &page, width);
    lines.push(parts::place(&page, state.theme, width));
    lines.extend(parts::lines(&page, state.theme, width));
    Some(lines)
}

/// Rows of the notes, and by how many lines they can be scrolled.
pub fn notes_room(state: &NotesState) -> (usize, usize) {
    let (width, height) = state.size;
    if is_small(state.size) {
        let lines = small(state, state.size).map_or(0, |lines| lines.len());
        return (height.into(), lines.saturating_sub(height.into()));
    }
    let Some(page) = state.page() else { return (0, 0) };
    let plan = Layout::new(state, &page, Rect::new(0, 0, width, height));
    let rows = usize::from(plan.notes_area.height.saturating_sub(2));
    (rows, plan.notes.len().saturating_sub(rows))
}

/// What stands where.
struct Layout {
    above: Vec<Line<'static>>,
    above_area: Rect,
    notes: Vec<Line<'static>>,
    notes_area: Rect,
    below: Vec<(Rect, Vec<Line<'static>>)>,
}

impl Layout {
    fn new(state: &NotesState, page: &NotesPage, area: Rect) -> Layout {
        let theme = state.theme;
        let x = area.x + 1;
        let width = area.width.saturating_sub(2);
        let mut above = banner(state, page, width);
        above.push(parts::place(page, theme, width));
        above.extend(parts::at_most(parts::now(page, theme, width), 2, theme));
        above.extend(parts::clock(page, theme, width));
        above.extend(parts::said(page, theme, width, SAID));
        let above_area = Rect { x, y: area.y + 1, width, height: above.len() as u16 };

        let half = (width - GAP) / 2;
        let calls = |columns| parts::calls(page, theme, columns);
        let expected = |columns| parts::expected(page, theme, columns);
        let most = calls(half).len().max(expected(half).len()) as u16;
        let rows = most.min(BELOW.max(area.height / 4));
        // A heading, the rows, and what comes next; between them and the notes nothing, because the notes have a frame.
        let columns = [
            ("calls", parts::within(rows.into(), half, theme, calls)),
            ("expected", parts::within(rows.into(), half, theme, expected)),
        ];
        let next = parts::at_most(parts::next(page, theme, width.saturating_sub(6)), 1, theme);
        let height = if rows > 0 { rows + 1 } else { 0 } + 1;
        let footer = area.bottom() - 1;
        let mut below = Vec::new();
        for ((head, lines), at) in columns.into_iter().zip([x, x + half + GAP]) {
            if rows > 0 {
                let mut text = vec![Line::styled(head, theme.style(Role::Title))];
                text.extend(lines);
                below.push((Rect { x: at, y: footer - height, width: half, height: rows + 1 }, text));
            }
        }
        let text = match next.into_iter().next() {
            Some(line) => line.spans,
            None => vec![span("nothing: this is the last", theme, Role::Dim)],
        };
        let spans = std::iter::once(span("next  ", theme, Role::Title)).chain(text);
        below.push((Rect { x, y: footer - 1, width, height: 1 }, vec![spans.collect()]));

        let top = above_area.bottom();
        let notes_area = Rect { y: top, height: (footer - height).saturating_sub(top), ..area };
        let mut notes = parts::notes(page, theme, inside(notes_area));
        if notes.is_empty() {
            notes.push(Line::styled("no notes to this one", theme.style(Role::Dim)));
        }
        Layout { above, above_area, notes, notes_area, below }
    }
}

/// What is not as usual, over the whole width, so that it is seen from the corner of an eye.
fn banner(state: &NotesState, page: &NotesPage, width: u16) -> Vec<Line<'static>> {
    let mut texts = Vec::new();
    match &state.link {
        Link::Lost(why) => texts.push(format!("! {}; this window waits for another", escape(why))),
        _ if page.over => texts.push("■ the show is over; this window waits for another".to_owned()),
        _ if page.blank => texts.push("▒ blank: the room sees nothing".to_owned()),
        _ => {}
    }
    if page.paused && !page.over {
        texts.push("‖ paused: nothing goes on by itself".to_owned());
    }
    texts.extend(choice(state));
    let line = |text: String| {
        Line::styled(pad(&cut(&text, width.into()), width.into()), state.theme.style(Role::Selected))
    };
    texts.into_iter().map(line).collect()
}

/// The demos that could be shown, when it is not clear which.
fn choice(state: &NotesState) -> Vec<String> {
    if state.there.len() < 2 {
        return Vec::new();
    }
    state.there.iter().map(|demo| one_line(&demo.line())).collect()
}

/// What the window says before there is a page.
fn empty(state: &NotesState, width: u16) -> Vec<Line<'static>> {
    let theme = state.theme;
    let several = choice(state);
    let (head, rest) = match &state.link {
        Link::Attached(pid) => {
            (format!("attached to demo {pid}"), vec!["It has not given a page yet.".to_owned()])
        }
        Link::Lost(why) => (escape(why), vec!["This window waits for another.".to_owned()]),
        Link::Over => ("the show is over".to_owned(), vec!["This window waits for another.".to_owned()]),
        Link::Waiting if !several.is_empty() => {
            ("you have several demos running".to_owned(), vec!["Choose one:".to_owned()])
        }
        Link::Waiting => (
            "you have no demo running".to_owned(),
            vec![
                "This window waits for one: `isolab demo SCRIPT` in another terminal.".to_owned(),
                "The notes to a demo that sudo started are shown by `sudo isolab notes`.".to_owned(),
            ],
        ),
    };
    let mut lines: Vec<Line> =
        fold(&head, width.into()).into_iter().map(|l| Line::from(span(l, theme, Role::Strong))).collect();
    lines.push(Line::default());
    let rest = rest.into_iter().chain(several);
    lines.extend(rest.flat_map(|text| fold(&text, width.into())).map(Line::from));
    lines
}

fn header(frame: &mut Frame, state: &NotesState, page: Option<&NotesPage>, area: Rect) {
    let theme = state.theme;
    let numbers = page.map(parts::numbers).unwrap_or_default();
    let right = span(format!("{numbers} "), theme, Role::Strong);
    let name = span(" isolab notes  ", theme, Role::Accent);
    let room =
        usize::from(area.width).saturating_sub(columns_of(&name.content) + columns_of(&right.content) + 1);
    let script = page.map(|page| cut(&escape(&page.script), room)).unwrap_or_default();
    let left = vec![name, span(script, theme, Role::Plain)];
    let gap = usize::from(area.width).saturating_sub(spans_width(&left) + columns_of(&right.content));
    let spans = left.into_iter().chain([Span::raw(" ".repeat(gap)), right]);
    frame.render_widget(spans.collect::<Line>(), area);
}

fn footer(frame: &mut Frame, state: &NotesState, scrolls: bool, area: Rect) {
    let theme = state.theme;
    let mut spans = vec![Span::raw(" ")];
    let of_use = |b: &&Binding| b.footer.is_some() && (scrolls || !matches!(b.action, Action::Move(_)));
    let shown: Vec<&Binding> = keys::of(Context::NotesWindow).filter(of_use).collect();
    for (key, label) in named_by(&shown, |b| b.short) {
        spans.extend([span(key, theme, Role::Key), Span::raw(format!(" {label}   "))]);
    }
    frame.render_widget(Line::from(spans), Rect { y: area.bottom() - 1, height: 1, ..area });
}
