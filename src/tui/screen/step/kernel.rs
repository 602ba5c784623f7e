//! What the kernel said, in the pane *before and after*: readouts, the drawing made from them, or both.

use super::room::roomy;
use crate::present::focus::Foci;
use crate::tui::app::App;
use crate::tui::look::Look;
use crate::tui::picture::{Picture, picture};
use crate::tui::theme::Role;
use crate::tui::view::emphasis;
use crate::tui::view::readouts::{self, ReadoutsView};
use crate::tui::view::styled::{blank, span, spans_width};
use crate::tui::walkthrough::Walkthrough;
use ratatui::layout::Size;
use ratatui::text::Line;

/// Side by side, a drawing and the readouts have so many columns at least.
const LEAST_DRAWING: u16 = 48;
const LEAST_READOUTS: u16 = 42;
/// Between a drawing and the readouts.
const GAP: u16 = 3;

/// How drawing and readouts share the pane.
enum Arrangement {
    Readouts,
    Drawing(Picture),
    Beside(Picture),
    Above(Picture),
}

impl Arrangement {
    fn of(app: &App, walk: &Walkthrough, look: Look, size: Size) -> Self {
        let draw = |width| picture(&walk.picture_input(), width, size.height, app.theme);
        let Some(drawn) = draw(size.width) else { return Arrangement::Readouts };
        match look {
            Look::Readouts => Arrangement::Readouts,
            Look::Drawing => Arrangement::Drawing(drawn),
            Look::AsFits if drawn.whole => Arrangement::Above(drawn),
            Look::AsFits if size.width >= LEAST_DRAWING + GAP + LEAST_READOUTS => {
                draw(size.width - GAP - LEAST_READOUTS).map_or(Arrangement::Readouts, Arrangement::Beside)
            }
            Look::AsFits if !roomy(app.body()) => Arrangement::Readouts,
            Look::AsFits => {
                let read = readings(app, walk, size).len();
                let fits = drawn.height() + 1 + read <= size.height.into();
                if fits { Arrangement::Above(drawn) } else { Arrangement::Readouts }
            }
        }
    }

    fn has(&self) -> (bool, bool) {
        match self {
            Arrangement::Readouts => (false, true),
            Arrangement::Drawing(_) => (true, false),
            Arrangement::Beside(_) | Arrangement::Above(_) => (true, true),
        }
    }
}

/// Whether the drawing and the readouts are shown.
fn shown(app: &App, walk: &Walkthrough, size: Size) -> (bool, bool) {
    Arrangement::of(app, walk, app.look, size).has()
}

/// What the pane shows after the key that switches; nothing where there is no drawing.
pub fn next_look(app: &App, walk: &Walkthrough, size: Size) -> Option<Look> {
    let has = |look| Arrangement::of(app, walk, look, size).has();
    let now = has(app.look);
    let mut look = app.look;
    for _ in 0..Look::COUNT {
        look = look.next();
        if has(look) != now {
            return Some(look);
        }
    }
    None
}

/// What the key that switches will show.
fn next_name(app: &App, walk: &Walkthrough, size: Size) -> Option<&'static str> {
    let look = next_look(app, walk, size)?;
    Some(match Arrangement::of(app, walk, look, size).has() {
        (true, true) => "both",
        (true, false) => "drawing",
        (false, _) => "readouts",
    })
}

/// The pane's title: what is shown, and what the key shows instead.
pub fn title(app: &App, walk: &Walkthrough, size: Size, readouts: &str) -> String {
    let Some(next) = next_name(app, walk, size) else { return readouts.to_owned() };
    let shown = match shown(app, walk, size) {
        (true, false) => "drawing",
        (_, _) => readouts,
    };
    // A room sees no keys; who has them has the footer.
    if app.demo.is_some() { shown.to_owned() } else { format!("{shown} · d {next}") }
}

/// What was read, as the person wishes to see it.
pub fn lines(app: &App, walk: &Walkthrough, size: Size) -> Vec<Line<'static>> {
    match Arrangement::of(app, walk, app.look, size) {
        Arrangement::Readouts => readings(app, walk, size),
        Arrangement::Drawing(drawn) => drawn.lines,
        Arrangement::Above(drawn) => {
            let mut out = drawn.lines;
            out.push(Line::default());
            let left = size.height.saturating_sub(out.len() as u16);
            out.extend(readings(app, walk, Size { height: left, ..size }));
            out
        }
        Arrangement::Beside(drawn) => {
            let left = drawn.width();
            let right = usize::from(size.width).saturating_sub(left + usize::from(GAP)) as u16;
            beside(app, drawn.lines, left, readings(app, walk, Size { width: right, ..size }))
        }
    }
}

/// Two columns of lines with a line between.
fn beside(
    app: &App,
    left: Vec<Line<'static>>,
    columns: usize,
    right: Vec<Line<'static>>,
) -> Vec<Line<'static>> {
    let rows = left.len().max(right.len());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    let row = |_| {
        let mut spans = left.next().unwrap_or_default().spans;
        spans.push(blank(columns.saturating_sub(spans_width(&spans))));
        spans.push(span(" │ ", app.theme, Role::Border));
        spans.extend(right.next().unwrap_or_default().spans);
        Line::from(spans)
    };
    (0..rows).map(row).collect()
}

/// The readouts, that with the emphasis first, in about so many rows.
fn readings(app: &App, walk: &Walkthrough, size: Size) -> Vec<Line<'static>> {
    let (records, after) = walk.readouts();
    let (first, others) = emphasis::emphasised(app, records);
    let foci = Foci::of_step(&walk.lesson, walk.step(), &app.environment.variant);
    let view = |records| ReadoutsView { records, foci: &foci, after };
    let rows = usize::from(size.height);
    let Some(first) = first else {
        return readouts::lines(view(&others), size.width, rows, app.theme);
    };
    let mut out = emphasis::highlight(view(std::slice::from_ref(&first)), size.width, rows, app.theme);
    out.push(Line::default());
    let rest = rows.saturating_sub(out.len());
    out.extend(readouts::lines(view(&others), size.width, rest, app.theme));
    out
}
