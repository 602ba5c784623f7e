//! A step: the text, before and after next to each other, the calls, the checks. Where there is no room for all of it, panes become tabs.

use super::kernel::KernelPane;
use super::panes::{lines, read_lines};
use super::room::roomy;
use super::text;
use crate::events::Status;
use crate::present::plain::escape;
use crate::tui::app::App;
use crate::tui::theme::Role;
use crate::tui::view::curves::curves;
use crate::tui::view::emphasis;
use crate::tui::view::scroll::{Panel, inside, title};
use crate::tui::view::verdicts;
use crate::tui::walkthrough::{PANES, Pane, Walkthrough};
use ratatui::Frame;
use ratatui::layout::{Rect, Size};
use ratatui::text::{Line, Span};

/// The text is shown below everything else when it has so many rows at least.
const LEAST_TEXT: u16 = 4;
/// Values are shown below the question when they have so many rows at least.
const LEAST_VALUES: u16 = 5;
/// A curve with its name takes so many rows at least.
const LEAST_CURVE: u16 = 5;

/// Draws the step that is open. Says whether it has a drawing, where that was found out for it.
pub fn draw(frame: &mut Frame, app: &App, walk: &Walkthrough, area: Rect) -> Option<bool> {
    if !roomy(area) {
        tabs(frame, app, walk, Rect { height: 1, ..area });
    }
    let drawn = places(app, walk, area).into_iter().map(|place| pane(frame, app, walk, place));
    drawn.fold(None, Option::or)
}

/// A pane that is shown, and where.
struct Place<'a> {
    pane: Pane,
    area: Rect,
    known: Known<'a>,
}

/// What is known of a pane, because its place depends on it. It is laid out once for a frame.
enum Known<'a> {
    Nothing,
    Lines(Vec<Line<'static>>),
    Read(Read<'a>),
}

impl<'a> Place<'a> {
    fn new(pane: Pane, area: Rect) -> Self {
        Place { pane, area, known: Known::Nothing }
    }

    /// What *before and after* has.
    fn read(self, app: &'a App, walk: &'a Walkthrough) -> Read<'a> {
        let size = Size { width: inside(self.area), height: self.area.height.saturating_sub(2) };
        match self.known {
            Known::Read(read) => read,
            Known::Nothing | Known::Lines(_) => Read::of(app, walk, size),
        }
    }

    /// What the pane says.
    fn lines(self, app: &App, walk: &Walkthrough) -> Vec<Line<'static>> {
        let size = Size { width: inside(self.area), height: self.area.height.saturating_sub(2) };
        match self.known {
            Known::Lines(lines) => lines,
            Known::Read(read) => read.lines,
            Known::Nothing => lines(app, walk, self.pane, size),
        }
    }
}

/// *Before and after*, laid out: what was read, and the curves above it.
struct Read<'a> {
    pane: KernelPane<'a>,
    lines: Vec<Line<'static>>,
    /// How many curves are shown, and the rows of each.
    curves: (usize, u16),
}

impl<'a> Read<'a> {
    /// In so many columns and rows. Where not all curves have room, the first ones have it.
    fn of(app: &'a App, walk: &'a Walkthrough, Size { width, height: rows }: Size) -> Self {
        let count = curves(walk).len();
        // What was read is on the screen as well, as far as a curve can be low.
        let left = rows.saturating_sub(LEAST_CURVE * count as u16);
        let pane = KernelPane::new(app, walk, Size { width, height: left });
        let lines = read_lines(app, walk, &pane, width);
        if count == 0 {
            return Read { pane, lines, curves: (0, 0) };
        }
        let most = if rows >= 24 { rows / 2 } else { rows.saturating_sub(6).max(rows / 2) };
        let most = most.min(rows.saturating_sub(lines.len() as u16)).max(LEAST_CURVE.min(rows));
        let shown = count.min(usize::from(most / LEAST_CURVE).max(1));
        let each = (most / shown as u16).clamp(LEAST_CURVE, 12).min(rows);
        Read { pane, lines, curves: (shown, each) }
    }

    /// The rows that are left for what was read, of so many.
    fn below(&self, rows: u16) -> u16 {
        let (shown, each) = self.curves;
        rows.saturating_sub(each * shown as u16)
    }
}

/// The largest number of lines that can be scrolled out of the pane that the keys go to.
pub fn max_scroll(app: &App, walk: &Walkthrough, area: Rect) -> usize {
    let Some(place) = find(places(app, walk, area), walk.focus) else { return 0 };
    let rows = place.area.height.saturating_sub(2);
    let (lines, rows) = match place.pane {
        Pane::Kernel => {
            let read = place.read(app, walk);
            (read.lines.len(), read.below(rows))
        }
        Pane::Text | Pane::Calls | Pane::Checks => (place.lines(app, walk).len(), rows),
    };
    lines.saturating_sub(usize::from(rows))
}

/// Whether the explanation is on the screen: in a pane of its own, or whole in what the readouts leave.
pub fn explains(app: &App, walk: &Walkthrough, area: Rect) -> bool {
    if roomy(area) || walk.focus == Pane::Text {
        return true;
    }
    find(places(app, walk, area), Pane::Text).is_some_and(|Place { area, .. }| {
        let seen = walk.page().top[Pane::Text as usize] == 0;
        seen && text::told(app, walk, inside(area)).len() <= usize::from(area.height.saturating_sub(2))
    })
}

/// The panes that the keys can go to: those that [`places`] shows, or all where they are tabs.
pub fn reachable(walk: &Walkthrough, area: Rect) -> Vec<Pane> {
    match roomy(area) && is_before_the_calls(walk) {
        true if walk.actions().is_empty() => vec![Pane::Text, Pane::Kernel],
        true => vec![Pane::Text, Pane::Kernel, Pane::Calls],
        false => PANES.to_vec(),
    }
}

/// Whether the step's own calls are still to come.
fn is_before_the_calls(walk: &Walkthrough) -> bool {
    walk.page().record.is_none() && walk.running.is_none()
}

/// The pane *before and after*, where it is shown.
pub fn kernel<'a>(app: &'a App, walk: &'a Walkthrough, area: Rect) -> Option<KernelPane<'a>> {
    Some(find(places(app, walk, area), Pane::Kernel)?.read(app, walk).pane)
}

/// Whether the pane *before and after* shows a drawing.
pub fn shows_drawing(app: &App, walk: &Walkthrough, area: Rect) -> bool {
    kernel(app, walk, area).is_some_and(|pane| pane.shows_drawing())
}

/// The scroll of the calls that has the one with the emphasis on the screen, where they are shown and it was made.
pub fn to_the_emphasis(app: &App, walk: &Walkthrough, area: Rect) -> Option<usize> {
    let place = find(places(app, walk, area), Pane::Calls)?;
    let rows = usize::from(place.area.height.saturating_sub(2));
    let lines = place.lines(app, walk);
    let first = lines.iter().position(emphasis::is_marked)?;
    let end = first + lines[first..].iter().take_while(|line| emphasis::is_marked(line)).count();
    // As little as is needed, with the beginning where not all of it has room.
    Some(end.saturating_sub(rows).min(first))
}

/// What a pane has when it is the only one.
pub fn alone(area: Rect) -> Size {
    Size { width: inside(area), height: area.height.saturating_sub(3) }
}

fn find(places: Vec<Place<'_>>, pane: Pane) -> Option<Place<'_>> {
    places.into_iter().find(|place| place.pane == pane)
}

/// The panes that are shown, and where.
fn places<'a>(app: &'a App, walk: &'a Walkthrough, area: Rect) -> Vec<Place<'a>> {
    if !roomy(area) {
        return tabbed(app, walk, Rect { y: area.y + 1, height: area.height - 1, ..area });
    }
    if is_before_the_calls(walk) {
        return before_the_calls(app, walk, area);
    }
    let wide = area.width >= 150;
    let left = if wide { area.width * 2 / 5 } else { area.width * 9 / 20 };
    let (text, right) =
        (Rect { width: left, ..area }, Rect { x: area.x + left, width: area.width - left, ..area });
    // Where it is wide, calls and checks stand below the readouts, and the text has the whole height.
    let (below, most) = if wide { (right, area.height / 2) } else { (area, area.height * 2 / 5) };
    let mut outcome = Outcome::new(app, walk, inside(below));
    let (calls, checks) = outcome.heights(most);
    let above = area.height - calls - checks;
    let trace = Rect { y: area.y + above, height: calls, ..below };
    vec![
        Place::new(Pane::Text, if wide { text } else { Rect { height: above, ..text } }),
        Place::new(Pane::Kernel, Rect { height: above, ..right }),
        outcome.place(Pane::Calls, trace),
        outcome.place(Pane::Checks, Rect { y: trace.bottom(), height: checks, ..below }),
    ]
}

/// The step's own calls are still to come, and nothing is checked: what there is to read has the room.
fn before_the_calls<'a>(app: &'a App, walk: &'a Walkthrough, area: Rect) -> Vec<Place<'a>> {
    let left = area.width / 2;
    let right = Rect { x: area.x + left, width: area.width - left, ..area };
    let text = Place::new(Pane::Text, Rect { width: left, ..area });
    if walk.actions().is_empty() {
        return vec![text, Place::new(Pane::Kernel, right)];
    }
    let size = Size { width: inside(right), height: right.height };
    let lines = lines(app, walk, Pane::Calls, size);
    let given = (lines.len() as u16 + 2).min(right.height / 2);
    let kernel = Rect { height: right.height - given, ..right };
    let calls = Rect { y: kernel.bottom(), height: given, ..right };
    let calls = Place { pane: Pane::Calls, area: calls, known: Known::Lines(lines) };
    vec![text, Place::new(Pane::Kernel, kernel), calls]
}

/// Calls and checks in so many columns.
struct Outcome {
    calls: Vec<Line<'static>>,
    checks: Vec<Line<'static>>,
}

impl Outcome {
    fn new(app: &App, walk: &Walkthrough, width: u16) -> Self {
        // Neither depends on the rows.
        let of = |pane| lines(app, walk, pane, Size { width, height: u16::MAX });
        Outcome { calls: of(Pane::Calls), checks: of(Pane::Checks) }
    }

    /// Their heights: what they need, and when that is more than `most`, each at least a half of it if it needs that.
    fn heights(&self, most: u16) -> (u16, u16) {
        let need = |lines: &[Line]| (lines.len() as u16).saturating_add(2).max(3);
        let (calls, checks) = (need(&self.calls), need(&self.checks));
        if calls.saturating_add(checks) <= most {
            return (calls, checks);
        }
        let checks = checks.min(most - calls.min(most / 2));
        (most - checks, checks)
    }

    /// A place with its lines, which are taken out.
    fn place(&mut self, pane: Pane, area: Rect) -> Place<'static> {
        let known = match pane {
            Pane::Calls => Known::Lines(std::mem::take(&mut self.calls)),
            Pane::Checks => Known::Lines(std::mem::take(&mut self.checks)),
            Pane::Text | Pane::Kernel => Known::Nothing,
        };
        Place { pane, area, known }
    }
}

fn tabs(frame: &mut Frame, app: &App, walk: &Walkthrough, area: Rect) {
    let theme = app.theme;
    let mut spans = vec![Span::raw(" ")];
    for each in PANES {
        let name = format!(" {} ", pane_name(walk, each));
        let role = if each == walk.focus { Role::Selected } else { Role::Dim };
        // Brackets for terminals without colours.
        let name = if each == walk.focus { format!("[{}]", name.trim()) } else { name };
        spans.push(Span::styled(name, theme.style(role)));
        spans.push(Span::raw(" "));
    }
    frame.render_widget(Line::from(spans), area);
}

/// The pane whose tab is chosen. What happened belongs together: where the readouts leave room, calls and checks stand below them.
fn tabbed<'a>(app: &'a App, walk: &'a Walkthrough, rest: Rect) -> Vec<Place<'a>> {
    if walk.focus == Pane::Text
        && let Some(both) = question_and_values(app, walk, rest)
    {
        return both;
    }
    if walk.focus != Pane::Kernel {
        return vec![Place::new(walk.focus, rest)];
    }
    let mut outcome = Outcome::new(app, walk, inside(rest));
    let (calls, checks) = outcome.heights(u16::MAX);
    let read = Read::of(app, walk, Size { width: inside(rest), height: rest.height.saturating_sub(2) });
    let kernel = (read.lines.len() as u16).saturating_add(2).max(5);
    let kernel = if read.curves.0 == 0 { kernel } else { rest.height };
    let free = rest.height.saturating_sub(kernel);
    let checks = if checks <= free { checks } else { 0 };
    let left = free - checks;
    // The answer to a guess comes before the calls, which have a tab of their own.
    let answers = walk.page().record.is_some() && walk.step().predict.is_some() && left >= LEAST_TEXT;
    let calls = if calls + if answers { LEAST_TEXT } else { 0 } <= left { calls } else { 0 };
    // What is still free tells why; else it is the readouts'.
    let text = left - calls;
    let text = if text >= LEAST_TEXT { text } else { 0 };
    let kernel = rest.height - calls - checks - text;
    // What was laid out in all of the height fits in its own.
    let mut places =
        vec![Place { pane: Pane::Kernel, area: Rect { height: kernel, ..rest }, known: Known::Read(read) }];
    let mut y = rest.y + kernel;
    for (each, height) in [(Pane::Calls, calls), (Pane::Checks, checks), (Pane::Text, text)] {
        if height > 0 {
            places.push(outcome.place(each, Rect { y, height, ..rest }));
        }
        y += height;
    }
    places
}

/// While one guesses, the values before are below the question, where they have room.
fn question_and_values<'a>(app: &'a App, walk: &'a Walkthrough, rest: Rect) -> Option<Vec<Place<'a>>> {
    walk.preparation_here().filter(|p| p.ready)?;
    let question = text::to_the_question(app, walk, inside(rest)).len() as u16 + 2;
    let read = Read::of(app, walk, alone(rest));
    let needed = read.lines.len() as u16 + 2;
    let below = rest.height.saturating_sub(question).min(needed);
    if below < LEAST_VALUES {
        return None;
    }
    let above = Rect { height: rest.height - below, ..rest };
    let values = Rect { y: above.bottom(), height: below, ..rest };
    // Where there is less room than all of it takes, it is laid out for that.
    let known = if below == needed { Known::Read(read) } else { Known::Nothing };
    Some(vec![Place::new(Pane::Text, above), Place { pane: Pane::Kernel, area: values, known }])
}

/// The tab's name, with what one would like to know of a pane that is not shown.
fn pane_name(walk: &Walkthrough, pane: Pane) -> String {
    let name = pane.title();
    match pane {
        Pane::Kernel if walk.preparation_here().is_some_and(|p| p.ready) => {
            format!("before: {} read", walk.readouts().0.len())
        }
        Pane::Calls if !walk.actions().is_empty() => {
            format!("{name} {}", walk.actions().iter().map(|a| a.calls.len()).sum::<usize>())
        }
        Pane::Checks if !walk.verdicts().is_empty() => {
            // What belongs to another kind of machine does not count.
            let here = walk.verdicts().iter().filter(|v| v.status != Status::NotHere).count();
            let passed = walk.verdicts().iter().filter(|v| v.status == Status::Passed).count();
            let failed = walk.verdicts().iter().any(|v| v.status == Status::Failed);
            let sign = match passed == here {
                true => "✓",
                false if failed => "✗",
                false => "⊘",
            };
            format!("{name} {sign} {passed}/{here}")
        }
        _ => name.to_owned(),
    }
}

/// One pane in its frame. Says what is known of a drawing.
fn pane(frame: &mut Frame, app: &App, walk: &Walkthrough, place: Place) -> Option<bool> {
    let theme = app.theme;
    let (pane, area) = (place.pane, place.area);
    let name = match pane {
        Pane::Text => escape(&walk.step().title),
        Pane::Checks => match walk.page().record.as_ref().filter(|_| walk.running_here().is_none()) {
            Some(record) => {
                let (sign, word, _) = verdicts::status(&record.status);
                format!("checks: {sign} {word}")
            }
            None => "checks".to_owned(),
        },
        Pane::Kernel => {
            let read = place.read(app, walk);
            before_and_after(frame, app, walk, area, &read);
            return Some(read.pane.has_drawing());
        }
        Pane::Calls => pane.title().to_owned(),
    };
    let top = walk.page().top[pane as usize];
    let panel = Panel { title: title(theme, name), focused: walk.focus == pane, top };
    panel.draw(frame, theme, area, &place.lines(app, walk));
    None
}

/// What was read, with the curves above it; both in one frame.
fn before_and_after(frame: &mut Frame, app: &App, walk: &Walkthrough, area: Rect, read: &Read) {
    let theme = app.theme;
    let panel = Panel {
        title: title(theme, heading(walk, &read.pane)),
        focused: walk.focus == Pane::Kernel,
        top: walk.page().top[Pane::Kernel as usize],
    };
    let (lines, (shown, each)) = (&read.lines, read.curves);
    if shown == 0 {
        return panel.draw(frame, theme, area, lines);
    }
    let below = usize::from(read.below(area.height.saturating_sub(2)));
    let top = panel.top.min(lines.len().saturating_sub(below));
    let inner = panel.frame(frame, theme, area, (top, below, lines.len()));
    let mut y = inner.y;
    for curve in curves(walk).iter().take(shown) {
        let place = Rect { y, height: each.min(inner.bottom().saturating_sub(y)), ..inner };
        curve.draw(frame, app, walk, place);
        y += each;
    }
    // A blank line below the curves, where there is one to spare.
    y += u16::from(lines.len() < below);
    let rest = Rect { y: y.min(inner.bottom()), height: inner.bottom().saturating_sub(y), ..inner };
    let visible: Vec<Line> = lines.iter().skip(top).take(below).cloned().collect();
    frame.render_widget(ratatui::text::Text::from(visible), rest);
}

fn heading(walk: &Walkthrough, read: &KernelPane) -> String {
    let before = walk.running_here().is_some() || walk.preparation_here().is_some();
    let what = read.title(if before { "before" } else { "before and after" });
    let set: Vec<String> = walk.set.iter().map(|(n, v)| format!("{n}={v}")).collect();
    if set.is_empty() { what } else { format!("{what}, {}", set.join(" ")) }
}
