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
use std::cell::OnceCell;

/// Side by side, a drawing and the readouts have so many columns at least.
const LEAST_DRAWING: u16 = 48;
const LEAST_READOUTS: u16 = 42;
/// Between a drawing and the readouts.
const GAP: u16 = 3;

/// How drawing and readouts share the pane.
#[derive(Clone, Copy)]
enum Arrangement<'p> {
    Readouts,
    Drawing(&'p Picture),
    Beside(&'p Picture),
    Above(&'p Picture),
}

/// The pane at a size. Title, lines and what the key would show are decided by the same drawings, and each is made only once.
pub struct KernelPane<'a> {
    app: &'a App,
    walk: &'a Walkthrough,
    size: Size,
    /// In the whole width.
    drawing: OnceCell<Option<Picture>>,
    /// With room for the readouts at its side.
    narrow: OnceCell<Option<Picture>>,
    /// The readouts in the whole size.
    readings: OnceCell<Vec<Line<'static>>>,
}

impl<'a> KernelPane<'a> {
    /// In so many columns and rows.
    pub fn new(app: &'a App, walk: &'a Walkthrough, size: Size) -> Self {
        let (drawing, narrow, readings) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        KernelPane { app, walk, size, drawing, narrow, readings }
    }

    fn draw(&self, width: u16) -> Option<Picture> {
        picture(&self.walk.picture_input(), width, self.size.height, self.app.theme)
    }

    fn readings(&self) -> &[Line<'static>] {
        self.readings.get_or_init(|| readings(self.app, self.walk, &[], self.size))
    }

    /// Whether the drawing and the readouts are shown.
    fn has(&self, arrangement: Arrangement) -> (bool, bool) {
        let untold = |told: &[String]| self.walk.readouts().0.iter().any(|read| !told.contains(&read.id));
        match arrangement {
            Arrangement::Readouts => (false, true),
            Arrangement::Drawing(_) => (true, false),
            Arrangement::Beside(drawn) | Arrangement::Above(drawn) => (true, untold(&drawn.tells)),
        }
    }

    /// Whether a drawing is shown now.
    pub fn shows_drawing(&self) -> bool {
        self.has(self.arranged(self.app.look)).0
    }

    fn arranged(&self, look: Look) -> Arrangement<'_> {
        let Size { width, height } = self.size;
        let Some(drawn) = self.drawing.get_or_init(|| self.draw(width)) else {
            return Arrangement::Readouts;
        };
        match look {
            Look::Readouts => Arrangement::Readouts,
            Look::Drawing => Arrangement::Drawing(drawn),
            Look::AsFits if !drawn.tells.is_empty() => Arrangement::Above(drawn),
            Look::AsFits if width >= LEAST_DRAWING + GAP + LEAST_READOUTS => {
                let narrow = self.narrow.get_or_init(|| self.draw(width - GAP - LEAST_READOUTS));
                narrow.as_ref().map_or(Arrangement::Readouts, Arrangement::Beside)
            }
            Look::AsFits if !roomy(self.app.body()) => Arrangement::Readouts,
            Look::AsFits => {
                let fits = drawn.height() + 1 + self.readings().len() <= height.into();
                if fits { Arrangement::Above(drawn) } else { Arrangement::Readouts }
            }
        }
    }

    /// Whether there is a drawing, shown or not.
    pub fn has_drawing(&self) -> bool {
        self.drawing.get_or_init(|| self.draw(self.size.width)).is_some()
    }

    /// What the pane shows after the key that switches; nothing where there is no drawing.
    pub fn next_look(&self) -> Option<Look> {
        let now = self.has(self.arranged(self.app.look));
        let mut look = self.app.look;
        for _ in 0..Look::COUNT {
            look = look.next();
            if self.has(self.arranged(look)) != now {
                return Some(look);
            }
        }
        None
    }

    /// The pane's title: what is shown, and what the key shows instead.
    pub fn title(&self, readouts: &str) -> String {
        let Some(next) = self.next_look() else { return readouts.to_owned() };
        let next = match self.has(self.arranged(next)) {
            (true, true) => "both",
            (true, false) => "drawing",
            (false, _) => "readouts",
        };
        let shown = match self.has(self.arranged(self.app.look)) {
            (true, false) => "drawing",
            (_, _) => readouts,
        };
        // A room sees no keys; who has them has the footer.
        if self.app.demo.is_some() { shown.to_owned() } else { format!("{shown} · d {next}") }
    }

    /// What was read, as the person wishes to see it.
    pub fn lines(&self) -> Vec<Line<'static>> {
        let (app, walk, size) = (self.app, self.walk, self.size);
        match self.arranged(app.look) {
            Arrangement::Readouts => self.readings().to_vec(),
            Arrangement::Drawing(drawn) => drawn.lines.clone(),
            Arrangement::Above(drawn) => {
                let mut out = drawn.lines.clone();
                if self.has(Arrangement::Above(drawn)).1 {
                    out.push(Line::default());
                    let left = size.height.saturating_sub(out.len() as u16);
                    out.extend(readings(app, walk, &drawn.tells, Size { height: left, ..size }));
                }
                out
            }
            Arrangement::Beside(drawn) => {
                let left = drawn.width();
                let right = usize::from(size.width).saturating_sub(left + usize::from(GAP)) as u16;
                let read = readings(app, walk, &drawn.tells, Size { width: right, ..size });
                beside(app, drawn.lines.clone(), left, read)
            }
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

/// The readouts, that with the emphasis first, in about so many rows. What a drawing tells is left out.
fn readings(app: &App, walk: &Walkthrough, told: &[String], size: Size) -> Vec<Line<'static>> {
    let (records, after) = walk.readouts();
    let (first, mut others) = emphasis::emphasised(app, records);
    if !told.is_empty() {
        others.to_mut().retain(|record| !told.contains(&record.id));
    }
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
