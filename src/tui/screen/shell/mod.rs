//! A shell in a box: to look around, or to do the step by hand. Beside it is what the kernel says meanwhile.

mod beside;
mod encode;
pub mod keys;
pub mod receipt;
pub mod state;

use crate::events::{Command, ReadoutRecord};
use crate::grading::typed::Typed;
use crate::lesson::readouts::readouts_of;
use crate::model::Reading;
use crate::present::plain::count;
use crate::tui::app::App;
use crate::tui::keys::Action;
use crate::tui::message::{Effect, Purpose};
use crate::tui::movement::scrolled;
use crate::tui::screen::shell::state::Shell;
use crate::tui::theme::{Depth, Role};
use crate::tui::view::scroll::title;
use crate::tui::view::working::working;
use crate::tui::walkthrough::Walkthrough;
use crate::vocabulary::{Lesson, Reader};
use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Color;
use std::collections::BTreeMap;
use tui_term::vt100;
use tui_term::widget::PseudoTerminal;

/// Readouts beside a shell are read this often: every 250 ms.
const EVERY_MS: u64 = 250;
/// So many lines that have scrolled out can still be looked at.
const SCROLLBACK: usize = 5000;

/// Opens a shell in a box; earlier steps may have to be made first.
pub fn open(app: &mut App, purpose: Purpose) -> Vec<Effect> {
    let size = size(app.size, false);
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let of = match &purpose {
        Purpose::Look(of) => of.clone(),
        Purpose::Try(_) => String::new(),
    };
    let readouts = walk.readouts().0.to_vec();
    walk.shell = Some(Shell {
        purpose: purpose.clone(),
        of,
        pid: None,
        notice: Vec::new(),
        variables: BTreeMap::new(),
        parser: vt100::Parser::new(size.1, size.0, SCROLLBACK),
        readouts,
        verdicts: Vec::new(),
        began: None,
        typed: Typed::default(),
        used: false,
        hints: 0,
        solution: false,
        top: 0,
        whole: false,
        done: false,
    });
    if let Purpose::Try(index) = purpose {
        walk.begin(index, app.now);
    }
    app.overlay = None;
    vec![Effect::OpenShell { purpose, size }]
}

/// The shell lives. Beside one that is only for looking around, the step's readouts are read again and again; an attempt reads them itself.
pub fn started(walk: &mut Walkthrough) -> Vec<Effect> {
    walk.running = None;
    match &walk.shell {
        Some(Shell { purpose: Purpose::Look(_), .. }) => {
            let ids = readouts_of(&walk.lesson, walk.step()).into_iter().map(str::to_owned).collect();
            vec![Effect::Ask(Command::Watch { ids, every_ms: EVERY_MS })]
        }
        _ => Vec::new(),
    }
}

/// The engine's word that the shell is gone: whatever it was for ends with it.
///
/// One that has not begun yet is another: the word of the one before it comes late.
pub fn ended(app: &mut App) -> Vec<Effect> {
    let kept = receipt::left(app);
    let Some(walk) = &mut app.walk else { return Vec::new() };
    if walk.shell.as_ref().is_some_and(|s| s.pid.is_none()) {
        return Vec::new();
    }
    if walk.shell.take().is_none() {
        return Vec::new();
    }
    walk.running = None;
    walk.turn(walk.index);
    std::iter::once(Effect::CloseShell).chain(kept).collect()
}

/// The shell has printed something.
pub fn output(app: &mut App, bytes: &[u8]) -> Vec<Effect> {
    if let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) {
        shell.parser.process(bytes);
    }
    Vec::new()
}

/// The last process has let the terminal go.
pub fn closed(app: &mut App) -> Vec<Effect> {
    leave(app)
}

/// The terminal has another size, and so has the shell.
pub fn resized(app: &mut App) -> Vec<Effect> {
    let screen = app.size;
    match app.walk.as_mut().and_then(|w| w.shell.as_mut()) {
        Some(shell) => {
            let (columns, rows) = size(screen, shell.whole);
            shell.parser.screen_mut().set_size(rows, columns);
            vec![Effect::ResizeShell(columns, rows)]
        }
        None => Vec::new(),
    }
}

/// A key: one of the few that are the screen's own, or one to be typed into the shell.
pub fn key(app: &mut App, event: KeyEvent, action: Option<Action>) -> Vec<Effect> {
    let trying = matches!(
        app.walk.as_ref().and_then(|w| w.shell.as_ref()),
        Some(Shell { purpose: Purpose::Try(_), .. })
    );
    match action {
        Some(Action::Leave) => return leave(app),
        Some(Action::Move(by)) => {
            let walk = app.walk.as_ref().and_then(|walk| Some((walk, walk.shell.as_ref()?)));
            let max_scroll = walk.map_or(0, |(walk, shell)| {
                beside::max_scroll(app, walk, shell, places(app.body(), shell.whole).1)
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
        Some(action @ (Action::Earlier | Action::Later)) => {
            if let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) {
                look_back(shell, action == Action::Earlier);
            }
            return Vec::new();
        }
        _ => {}
    }
    let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) else { return Vec::new() };
    shell.used = true;
    // Who types wants to see it.
    shell.parser.screen_mut().set_scrollback(0);
    let bytes = encode::encode(event, shell.parser.screen().application_cursor());
    receipt::typed(app, &bytes);
    if bytes.is_empty() { Vec::new() } else { vec![Effect::Type(bytes)] }
}

/// Half a screen back in what the shell has printed, or forth.
fn look_back(shell: &mut Shell, earlier: bool) {
    let screen = shell.parser.screen_mut();
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
    resized(app)
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
    shell.parser.screen_mut().set_scrollback(0);
    let text = text.replace("\r\n", "\r").replace('\n', "\r");
    let bytes = if shell.parser.screen().bracketed_paste() {
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
    if walk.shell.take().is_none() {
        return Vec::new();
    }
    // One that does not live yet may wait for earlier steps of the lesson to be made.
    let starting = walk.running.take().is_some();
    walk.turn(walk.index);
    let mut effects = if starting { vec![Effect::Cancel] } else { Vec::new() };
    effects.extend([
        Effect::Ask(Command::Watch { ids: Vec::new(), every_ms: 0 }),
        Effect::Ask(Command::EndShell),
        Effect::CloseShell,
    ]);
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

/// Where the shell is, and where the readouts are, if there is room for them.
fn places(area: Rect, whole: bool) -> (Rect, Rect) {
    if whole {
        return (area, Rect { y: area.bottom(), height: 0, ..area });
    }
    if area.width >= 130 {
        let left = area.width * 11 / 20;
        return (Rect { width: left, ..area }, Rect { x: area.x + left, width: area.width - left, ..area });
    }
    let high = (area.height * 3 / 5).max(8).min(area.height);
    (Rect { height: high, ..area }, Rect { y: area.y + high, height: area.height - high, ..area })
}

/// Columns and rows of the shell's terminal on a screen of this size, beside the readouts or with the whole screen.
pub fn size(screen: (u16, u16), whole: bool) -> (u16, u16) {
    let area = Rect::new(0, 1, screen.0, screen.1.saturating_sub(2));
    let (shell, _) = places(area, whole);
    (shell.width.saturating_sub(2).max(20), shell.height.saturating_sub(2).max(4))
}

/// Draws both.
pub fn draw(frame: &mut Frame, app: &App, walk: &Walkthrough, shell: &Shell, area: Rect) {
    let (left, right) = places(area, shell.whole);
    let theme = app.theme;
    let name = match (&shell.purpose, shell.pid) {
        (_, None) => match &walk.running {
            Some(running) => format!(
                "a shell, but first: {}",
                working(app, running, usize::from(left.width.saturating_sub(26)))
            ),
            None => "a shell is being started…".to_owned(),
        },
        (Purpose::Look(of), Some(pid)) => format!("shell in {of}, process {pid}"),
        (Purpose::Try(_), Some(pid)) => format!("you are {}, process {pid}", shell.of),
    };
    let back = shell.parser.screen().scrollback();
    let name = match (back, shell.done && shell.whole) {
        (0, false) => name,
        (0, true) => format!("{name} · ✓ done"),
        (back, _) => format!("{name} · {} back", count(back, "line")),
    };
    let inner = ratatui::widgets::Block::bordered()
        .border_set(ratatui::symbols::border::THICK)
        .border_style(theme.style(Role::BorderFocus))
        .title(title(theme, name));
    frame.render_widget(ratatui::widgets::Clear, left);
    let inside_of = inner.inner(left);
    frame.render_widget(inner, left);
    // In the terminal's own colour: a grey one is hard to see on white.
    let cursor = tui_term::widget::Cursor::default().style(theme.style(Role::Plain));
    frame.render_widget(PseudoTerminal::new(shell.parser.screen()).cursor(cursor), inside_of);
    if theme.depth == Depth::None {
        // Also what programs have coloured.
        for position in inside_of.positions() {
            frame.buffer_mut()[position].set_fg(Color::Reset).set_bg(Color::Reset);
        }
    }
    if right.height > 0 {
        beside::draw(frame, app, walk, shell, right);
    }
}
