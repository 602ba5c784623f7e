//! One pane on the whole screen.

use super::layer::{After, Layer};
use super::state::{Zoom, Zoomed};
use crate::present::focus::Foci;
use crate::tui::app::App;
use crate::tui::key::{
    Action as A, BOTTOM, Binding, Context as C, DOWN, ENTER, ESC, PAGE_DOWN, PAGE_UP, TOP, UP, bind, c, ctrl,
    k,
};
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::movement::scrolled;
use crate::tui::picture::{Picture, picture};
use crate::tui::screen::step::panes;
use crate::tui::theme::Role;
use crate::tui::view::curves::{Curve, curves};
use crate::tui::view::readouts;
use crate::tui::view::scroll::{Panel, inside, title};
use crate::tui::walkthrough::{Pane, Walkthrough};
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::{Rect, Size};
use ratatui::text::{Line, Text};

/// Its keys.
pub const KEYS: &[Binding] = &[
    bind(C::Zoom, &[ESC, c('z'), c('q'), ENTER], A::Leave, "back", Some(0)),
    bind(C::Zoom, &[k(KeyCode::Right), k(KeyCode::Tab)], A::NextOne, "next one", Some(1)),
    bind(C::Zoom, &[k(KeyCode::Left), k(KeyCode::BackTab)], A::PreviousOne, "previous one", Some(2)),
    bind(C::Zoom, &[c('/')], A::Search, "search", Some(3)),
    bind(C::Zoom, &[c('n')], A::SearchNext, "next match", Some(4)),
    bind(C::Zoom, UP, A::UP, "up", None),
    bind(C::Zoom, DOWN, A::DOWN, "down", None),
    bind(C::Zoom, PAGE_UP, A::PAGE_UP, "page up", None),
    bind(C::Zoom, PAGE_DOWN, A::PAGE_DOWN, "page down", Some(5)),
    bind(C::Zoom, TOP, A::TOP, "to the beginning", None),
    bind(C::Zoom, BOTTOM, A::BOTTOM, "to the end", None),
    bind(C::Zoom, &[c('?'), k(KeyCode::F(1))], A::Help, "help", Some(1)),
    bind(C::Zoom, &[ctrl('c')], A::Quit, "quit", Some(9)),
    bind(C::Search, &[ENTER], A::Enter, "search", Some(0)),
    bind(C::Search, &[ESC], A::Leave, "never mind", Some(1)),
    bind(C::Search, &[k(KeyCode::Backspace)], A::Erase, "erase", None),
    bind(C::Search, &[ctrl('c')], A::Quit, "quit", None),
];

impl Layer for Zoom {
    fn act(&mut self, app: &mut App, action: Action) -> (After, Vec<Effect>) {
        let Some(walk) = &app.walk else { return (After::Close, Vec::new()) };
        match (self.typing, action) {
            (true, Action::Leave) => {
                self.typing = false;
                self.search.clear();
            }
            (true, Action::Erase) => drop(self.search.pop()),
            (true, Action::Enter) => {
                self.typing = false;
                self.top = next_match(app, walk, self).unwrap_or(self.top);
            }
            (_, Action::Search) => {
                self.typing = true;
                self.search.clear();
            }
            (_, Action::SearchNext) => self.top = next_match(app, walk, self).unwrap_or(self.top),
            (_, Action::NextOne | Action::PreviousOne) => {
                let drawn = drawing(app, walk).is_some();
                self.what = beside(self.what, drawn, walk.readouts().0.len(), action == Action::NextOne);
                self.top = 0;
            }
            (_, Action::Move(by)) => {
                let max_scroll = max_scroll(app, walk, self, app.body());
                self.top = scrolled(self.top, app.overlay_page(), max_scroll, by);
            }
            (_, Action::Leave) => return (After::Close, Vec::new()),
            _ => {}
        }
        (After::Stay, Vec::new())
    }

    fn typed(&mut self, c: char) {
        self.search.push(c);
    }

    fn covers_screen(&self) -> bool {
        true
    }

    fn draw(&self, frame: &mut Frame, app: &App, area: Rect) {
        let Some(walk) = &app.walk else { return };
        let mut lines = lines(app, walk, self, inside(area));
        if !self.search.is_empty() {
            for line in &mut lines {
                if found(line, &self.search) {
                    *line = std::mem::take(line).patch_style(app.theme.style(Role::Match));
                }
            }
        }
        let name = match self.what {
            Zoomed::Readout(i) => {
                walk.readouts().0.get(i).map_or("before and after".to_owned(), |r| r.id.clone())
            }
            Zoomed::Drawing => "drawing".to_owned(),
            Zoomed::Calls => Pane::Calls.title().to_owned(),
            Zoomed::Checks => Pane::Checks.title().to_owned(),
            Zoomed::Text => walk.step().title.clone(),
        };
        let panel = Panel { title: title(app.theme, name), focused: true, top: self.top };
        let Some(curve) = curve(walk, self) else { return panel.draw(frame, app.theme, area, &lines) };
        // The curve above, and what was read below it.
        let (rows, chart) = (area.height.saturating_sub(2), chart(area));
        let below = usize::from(rows - chart);
        let top = self.top.min(lines.len().saturating_sub(below));
        let inner = panel.frame(frame, app.theme, area, (top, below, lines.len()));
        curve.draw(frame, app, walk, Rect { height: chart, ..inner });
        let rest = Rect { y: inner.y + chart, height: inner.height - chart, ..inner };
        let shown: Vec<Line> = lines.into_iter().skip(top).take(below).collect();
        frame.render_widget(Text::from(shown), rest);
    }
}

/// The curve of the readout that is zoomed, when it has one.
fn curve(walk: &Walkthrough, zoom: &Zoom) -> Option<Curve> {
    let Zoomed::Readout(i) = zoom.what else { return None };
    let id = &walk.readouts().0.get(i)?.id;
    curves(walk).into_iter().find(|curve| curve.is_of(id))
}

/// The rows that a curve takes of what is zoomed.
fn chart(area: Rect) -> u16 {
    area.height.saturating_sub(2) * 3 / 5
}

/// The largest number of lines that can be scrolled out of what is zoomed.
fn max_scroll(app: &App, walk: &Walkthrough, zoom: &Zoom, area: Rect) -> usize {
    let above = if curve(walk, zoom).is_some() { chart(area) } else { 0 };
    let rows = area.height.saturating_sub(2 + above);
    lines(app, walk, zoom, inside(area)).len().saturating_sub(usize::from(rows))
}

/// What it says.
fn lines(app: &App, walk: &Walkthrough, zoom: &Zoom, width: u16) -> Vec<Line<'static>> {
    let (records, after) = walk.readouts();
    let size = Size { width, height: u16::MAX };
    match zoom.what {
        Zoomed::Readout(i) => match records.get(i) {
            Some(record) => {
                let foci = Foci::of_step(&walk.lesson, walk.step(), &app.environment.variant);
                readouts::one(record, foci.in_readout(&record.id), after, width, app.theme)
            }
            None => panes::lines(app, walk, Pane::Kernel, size),
        },
        Zoomed::Drawing => match drawing(app, walk) {
            Some(drawn) => drawn.lines,
            None => panes::lines(app, walk, Pane::Kernel, size),
        },
        Zoomed::Calls if !walk.actions().is_empty() => panes::all_calls(app, walk, size.width),
        Zoomed::Calls => panes::lines(app, walk, Pane::Calls, size),
        Zoomed::Checks => panes::lines(app, walk, Pane::Checks, size),
        Zoomed::Text => panes::lines(app, walk, Pane::Text, size),
    }
}

/// The drawing of the step, where it has one.
fn drawing(app: &App, walk: &Walkthrough) -> Option<Picture> {
    let body = app.body();
    picture(&walk.picture_input(), inside(body), body.height.saturating_sub(2), app.theme)
}

fn found(line: &Line, search: &str) -> bool {
    let text: String = line.spans.iter().map(|s| s.content.as_ref()).collect();
    text.to_lowercase().contains(&search.to_lowercase())
}

/// The next line below the first one shown in which the search is found, from the beginning again after the end.
fn next_match(app: &App, walk: &Walkthrough, zoom: &Zoom) -> Option<usize> {
    if zoom.search.is_empty() {
        return None;
    }
    let lines = lines(app, walk, zoom, inside(app.body()));
    let matches = |i: &usize| found(&lines[*i], &zoom.search);
    (zoom.top.min(lines.len()) + 1..lines.len()).find(matches).or_else(|| (0..lines.len()).find(matches))
}

/// What comes after or before in: text, the drawing, every readout, calls, checks.
fn beside(what: Zoomed, drawn: bool, readouts: usize, forward: bool) -> Zoomed {
    let all: Vec<Zoomed> = std::iter::once(Zoomed::Text)
        .chain(drawn.then_some(Zoomed::Drawing))
        .chain((0..readouts).map(Zoomed::Readout))
        .chain([Zoomed::Calls, Zoomed::Checks])
        .collect();
    let at = all.iter().position(|w| *w == what).unwrap_or(0);
    all[(at + if forward { 1 } else { all.len() - 1 }) % all.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zoom_goes_round() {
        let mut what = Zoomed::Text;
        for _ in 0..5 {
            what = beside(what, false, 2, true);
        }
        assert_eq!(what, Zoomed::Text);
        assert_eq!(beside(Zoomed::Text, false, 2, false), Zoomed::Checks);
        assert_eq!(beside(Zoomed::Text, true, 2, true), Zoomed::Drawing);
        assert_eq!(beside(Zoomed::Drawing, true, 2, true), Zoomed::Readout(0));
    }
}
