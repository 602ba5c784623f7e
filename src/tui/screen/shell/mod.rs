//! A shell in a box: to look around, or to do the step by hand. Beside it is what the kernel says meanwhile.

mod beside;
mod draw;
mod encode;
pub mod keys;
mod places;
pub mod receipt;
pub mod state;

pub use draw::draw;

use crate::events::{Command, ReadoutRecord};
use crate::grading::typed::Typed;
use crate::lesson::readouts::readouts_of;
use crate::model::{Reading, ShellNotice};
use crate::tui::app::App;
use crate::tui::keys::Action;
use crate::tui::message::{Effect, Purpose};
use crate::tui::movement::scrolled;
use crate::tui::overlay::state::{BoxChoice, Overlay};
use crate::tui::screen::shell::places::{Places, inside, places, shown};
use crate::tui::screen::shell::state::{BoxShell, Shell};
use crate::tui::walkthrough::Walkthrough;
use crate::vocabulary::whole::UserOf;
use crate::vocabulary::{Lesson, Reader};
use crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use std::collections::BTreeMap;
use std::time::Instant;
use tui_term::vt100;

/// Readouts beside a shell are read this often: every 250 ms.
const EVERY_MS: u64 = 250;
/// So many lines that have scrolled out can still be looked at.
const SCROLLBACK: usize = 5000;

/// A shell that is being started, on the next terminal.
fn starting(app: &mut App, of: String, (columns, rows): (u16, u16)) -> BoxShell {
    app.terminals += 1;
    BoxShell {
        terminal: app.terminals,
        of,
        pid: None,
        notice: Vec::new(),
        variables: BTreeMap::new(),
        parser: vt100::Parser::new(rows, columns, SCROLLBACK),
    }
}

/// Opens a shell in a box; earlier steps may have to be made first.
pub fn open(app: &mut App, purpose: Purpose) -> Vec<Effect> {
    if app.walk.is_none() {
        return Vec::new();
    }
    let size = size(app.size, false);
    let of = match &purpose {
        Purpose::Look(of) => of.clone(),
        Purpose::Try(_) => String::new(),
    };
    let first = starting(app, of, size);
    let terminal = first.terminal;
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let readouts = walk.readouts().0.to_vec();
    walk.shell = Some(Shell {
        purpose: purpose.clone(),
        open: vec![first],
        current: 0,
        last: None,
        acting: Vec::new(),
        readouts,
        verdicts: Vec::new(),
        began: None,
        typed: Typed::default(),
        used: false,
        hints: 0,
        solution: false,
        top: 0,
        whole: false,
        pair: None,
        done: false,
    });
    if let Purpose::Try(index) = purpose {
        walk.begin(index, app.now);
    }
    app.overlay = None;
    vec![Effect::OpenShell { terminal, purpose, size }]
}

/// The boxes of which a person who tries a step can have the shell, those that act first.
pub fn choices(walk: &Walkthrough) -> Vec<String> {
    let Some(shell) = walk.shell.as_ref().filter(|shell| shell.is_attempt()) else { return Vec::new() };
    let is_hosts = |of: &String| walk.lesson.boxes.get(of).is_some_and(|b| b.user == Some(UserOf::Host));
    let others = walk.living().into_iter().filter(|of| !is_hosts(of) && !shell.acting.contains(of));
    let open = shell.open.iter().map(|s| s.of.clone()).filter(|of| !of.is_empty());
    let mut all = shell.acting.clone();
    for of in open.chain(others) {
        if !all.contains(&of) {
            all.push(of);
        }
    }
    all
}

/// Offers the shells of other boxes; the first one offered is the one that one came from, or else one that acts and has none yet.
fn choose(app: &mut App) {
    let Some(walk) = &app.walk else { return };
    let (boxes, Some(shell)) = (choices(walk), &walk.shell) else { return };
    if boxes.len() < 2 {
        return;
    }
    let last = shell.last.and_then(|i| Some(&shell.open.get(i)?.of));
    let opened = |of: &&String| shell.open.iter().any(|s| s.of == **of);
    let next = last.or_else(|| boxes.iter().find(|of| !opened(of)));
    let next = next.or_else(|| boxes.iter().find(|of| **of != shell.now().of));
    let cursor = next.and_then(|next| boxes.iter().position(|of| of == next)).unwrap_or(0);
    app.overlay = Some(Overlay::BoxChoice(BoxChoice { boxes, cursor }));
}

/// The box's shell gets the keys; it is opened if there is none yet.
pub fn show(app: &mut App, of: &str) -> Vec<Effect> {
    let is_open = |shell: &Shell| shell.open.iter().position(|s| s.of == of);
    let found = app.walk.as_ref().and_then(|walk| walk.shell.as_ref()).and_then(is_open);
    let mut effects = Vec::new();
    let index = if let Some(index) = found {
        index
    } else {
        let size = size(app.size, false);
        let another = starting(app, of.to_owned(), size);
        let purpose = Purpose::Look(of.to_owned());
        effects.push(Effect::OpenShell { terminal: another.terminal, purpose, size });
        let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) else { return Vec::new() };
        shell.open.push(another);
        shell.open.len() - 1
    };
    if let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) {
        shell.turn_to(index);
    }
    effects.extend(fit(app));
    effects
}

/// A shell lives: what it is. Beside one that is only for looking around, the step's readouts are read again and again; an attempt reads them itself.
pub fn started(
    walk: &mut Walkthrough,
    now: Instant,
    of: String,
    pid: i32,
    notice: Vec<ShellNotice>,
    variables: BTreeMap<String, String>,
) -> Vec<Effect> {
    let Some(shell) = &mut walk.shell else { return Vec::new() };
    let awaited = |s: &&mut BoxShell| s.of == of || (s.pid.is_none() && s.of.is_empty());
    if let Some(new) = shell.open.iter_mut().find(awaited) {
        (new.of, new.pid, new.notice, new.variables) = (of, Some(pid), notice, variables);
    }
    shell.began.get_or_insert(now);
    walk.running = None;
    match &walk.shell {
        Some(Shell { purpose: Purpose::Look(_), .. }) => {
            let ids = readouts_of(&walk.lesson, walk.step()).into_iter().map(str::to_owned).collect();
            vec![Effect::Ask(Command::Watch { ids, every_ms: EVERY_MS })]
        }
        _ => Vec::new(),
    }
}

/// A person is about to try a step in which these boxes act.
pub fn trying(walk: &mut Walkthrough, boxes: Vec<String>) {
    let Some(shell) = &mut walk.shell else { return };
    if let (Some(first), [only]) = (boxes.first(), &mut shell.open[..])
        && only.of.is_empty()
    {
        only.of.clone_from(first);
    }
    shell.acting = boxes;
}

/// The engine's word that a box's shell is gone; with the last one, what they were for ends.
///
/// One that has not begun yet is another: the word of the one before it comes late.
pub fn ended(app: &mut App, of: &str) -> Vec<Effect> {
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let Some(shell) = &mut walk.shell else { return Vec::new() };
    let Some(index) = shell.open.iter().position(|s| s.of == of && s.pid.is_some()) else {
        return Vec::new();
    };
    if shell.open.len() > 1 {
        let gone = shell.take_out(index);
        let mut effects = vec![Effect::CloseShell(gone.terminal)];
        effects.extend(fit(app));
        return effects;
    }
    let terminal = shell.open[index].terminal;
    let kept = receipt::left(app);
    let Some(walk) = &mut app.walk else { return Vec::new() };
    walk.shell = None;
    walk.running = None;
    walk.turn(walk.index);
    std::iter::once(Effect::CloseShell(terminal)).chain(kept).collect()
}

/// A shell could not be had: the one that was asked for last, or all, when nothing can be done any more.
pub fn refused(app: &mut App, all: bool) -> Option<Vec<Effect>> {
    let walk = app.walk.as_mut()?;
    let shell = walk.shell.as_mut()?;
    let awaited = shell.open.iter().position(|s| s.pid.is_none());
    if let (Some(index), true, false) = (awaited, shell.open.len() > 1, all) {
        let gone = shell.take_out(index);
        let mut effects = vec![Effect::CloseShell(gone.terminal)];
        effects.extend(fit(app));
        return Some(effects);
    }
    let gone = walk.shell.take()?;
    Some(gone.open.iter().map(|s| Effect::CloseShell(s.terminal)).collect())
}

/// A shell has printed something.
pub fn output(app: &mut App, terminal: u32, bytes: &[u8]) -> Vec<Effect> {
    let shell = app.walk.as_mut().and_then(|w| w.shell.as_mut()?.on(terminal));
    if let Some(shell) = shell {
        shell.parser.process(bytes);
    }
    Vec::new()
}

/// The last process has let the terminal go.
pub fn closed(app: &mut App, terminal: u32) -> Vec<Effect> {
    let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) else { return Vec::new() };
    match shell.open.iter().position(|s| s.terminal == terminal) {
        None => Vec::new(),
        Some(index) if shell.open.len() > 1 => {
            shell.take_out(index);
            let mut effects = vec![Effect::CloseShell(terminal)];
            effects.extend(fit(app));
            effects
        }
        Some(_) => leave(app),
    }
}

/// The terminal has another size, and so have the shells.
pub fn resized(app: &mut App) -> Vec<Effect> {
    fit(app)
}

/// Every shell that is shown gets the size of its place.
fn fit(app: &mut App) -> Vec<Effect> {
    let (columns, body) = (app.size.0, app.body());
    let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) else { return Vec::new() };
    let shown = shown(shell, columns);
    let mut effects = Vec::new();
    for (index, place) in shown.iter().zip(places(body, shell.whole, shown.len()).shells) {
        let (columns, rows) = inside(place);
        let shell = &mut shell.open[*index];
        if shell.parser.screen().size() != (rows, columns) {
            shell.parser.screen_mut().set_size(rows, columns);
            effects.push(Effect::ResizeShell(shell.terminal, columns, rows));
        }
    }
    effects
}

/// Where the shells are now, and the readouts.
fn places_now(app: &App, shell: &Shell) -> Places {
    places(app.body(), shell.whole, shown(shell, app.size.0).len())
}

/// A key: one of the few that are the screen's own, or one to be typed into the shell.
pub fn key(app: &mut App, event: KeyEvent, action: Option<Action>) -> Vec<Effect> {
    let trying = app.walk.as_ref().and_then(|w| w.shell.as_ref()).is_some_and(Shell::is_attempt);
    match action {
        Some(Action::Leave) => return leave(app),
        Some(Action::Move(by)) => {
            let walk = app.walk.as_ref().and_then(|walk| Some((walk, walk.shell.as_ref()?)));
            let max_scroll = walk.map_or(0, |(walk, shell)| {
                beside::max_scroll(app, walk, shell, places_now(app, shell).beside)
            });
            if let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) {
                shell.top = scrolled(shell.top, 4, max_scroll, by);
            }
            return Vec::new();
        }
        Some(Action::Hint) if trying => {
            if let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) {
                shell.hints += 1;
                shell.top = 0;
            }
            return beside_again(app);
        }
        Some(Action::Solution) if trying => {
            if let Some(walk) = &mut app.walk {
                walk.page_mut().solution = true;
                if let Some(shell) = &mut walk.shell {
                    shell.solution = !shell.solution;
                    shell.top = 0;
                }
            }
            return beside_again(app);
        }
        Some(Action::Whole) => return turn_whole(app),
        Some(Action::OtherBox) if trying => {
            choose(app);
            return Vec::new();
        }
        Some(Action::Pair) if trying => return turn_pair(app),
        Some(action @ (Action::Earlier | Action::Later)) => {
            if let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) {
                look_back(&mut shell.now_mut().parser, action == Action::Earlier);
            }
            return Vec::new();
        }
        _ => {}
    }
    let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) else { return Vec::new() };
    shell.used = true;
    let parser = &mut shell.now_mut().parser;
    // Who types wants to see it.
    parser.screen_mut().set_scrollback(0);
    let bytes = encode::encode(event, parser.screen().application_cursor());
    receipt::typed(app, &bytes);
    if bytes.is_empty() { Vec::new() } else { vec![Effect::Type(bytes)] }
}

/// Half a screen back in what the shell has printed, or forth.
fn look_back(parser: &mut vt100::Parser, earlier: bool) {
    let screen = parser.screen_mut();
    let half = usize::from(screen.size().0 / 2).max(1);
    let now = screen.scrollback();
    // The screen itself goes no further back than there are lines.
    screen.set_scrollback(if earlier { now + half } else { now.saturating_sub(half) });
}

/// The shell takes the whole screen, or gives back what it took.
fn turn_whole(app: &mut App) -> Vec<Effect> {
    if let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) {
        shell.whole = !shell.whole;
    }
    fit(app)
}

/// Two shells side by side, or one.
fn turn_pair(app: &mut App) -> Vec<Effect> {
    let columns = app.size.0;
    if let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()).filter(|s| s.open.len() > 1) {
        shell.pair = Some(!is_pair(shell, columns));
    }
    fit(app)
}

/// Whether two shells are side by side on a screen of this width.
pub fn is_pair(shell: &Shell, columns: u16) -> bool {
    shown(shell, columns).len() > 1
}

/// What was asked for is shown beside the shell.
fn beside_again(app: &mut App) -> Vec<Effect> {
    let whole = app.walk.as_ref().and_then(|w| w.shell.as_ref()).is_some_and(|shell| shell.whole);
    if whole { turn_whole(app) } else { Vec::new() }
}

/// A text to be typed into the shell.
pub fn paste(app: &mut App, text: &str) -> Vec<Effect> {
    let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) else { return Vec::new() };
    shell.used = true;
    let parser = &mut shell.now_mut().parser;
    parser.screen_mut().set_scrollback(0);
    let text = text.replace("\r\n", "\r").replace('\n', "\r");
    let bytes = if parser.screen().bracketed_paste() {
        format!("\x1b[200~{text}\x1b[201~").into_bytes()
    } else {
        text.into_bytes()
    };
    receipt::typed(app, &bytes);
    vec![Effect::Type(bytes)]
}

/// The screen leaves the shell, which is ended.
pub fn leave(app: &mut App) -> Vec<Effect> {
    let kept = receipt::left(app);
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let Some(shell) = walk.shell.take() else { return Vec::new() };
    // One that does not live yet may wait for earlier steps of the lesson to be made.
    let starting = walk.running.take().is_some();
    walk.turn(walk.index);
    let mut effects = if starting { vec![Effect::Cancel] } else { Vec::new() };
    effects.extend([
        Effect::Ask(Command::Watch { ids: Vec::new(), every_ms: 0 }),
        Effect::Ask(Command::EndShell),
    ]);
    effects.extend(shell.open.iter().map(|s| Effect::CloseShell(s.terminal)));
    effects.extend(kept);
    effects
}

/// Readouts beside the shell: what is read now is after, what was read before the shell stays.
pub fn snapshot(lesson: &Lesson, shell: &mut Shell, read: Vec<(String, Reading)>) {
    for (id, reading) in read {
        if let Some(record) = shell.readouts.iter_mut().find(|r| r.id == id) {
            record.after = reading;
        } else {
            let readout = lesson.readouts.get(&id);
            let reader = readout.and_then(|readout| readout.verbs.first());
            let viewpoint = readout.map(|r| r.subject.clone()).unwrap_or_default();
            shell.readouts.push(ReadoutRecord {
                path: reader.map(Reader::words).unwrap_or_default(),
                before: reading.clone(),
                after: reading,
                peak: None,
                opened: None,
                viewpoint,
                id,
            });
        }
    }
}

/// Columns and rows of the shell's terminal on a screen of this size, beside the readouts or with the whole screen.
pub fn size(screen: (u16, u16), whole: bool) -> (u16, u16) {
    let area = Rect::new(0, 1, screen.0, screen.1.saturating_sub(2));
    inside(places(area, whole, 1).shells[0])
}
