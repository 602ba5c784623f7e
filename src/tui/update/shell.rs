//! A shell in a box: to look around, or to do the step by hand.

use super::super::app::App;
use super::super::keys::Action;
use super::super::message::{Effect, Purpose};
use super::super::view;
use super::super::walk::{Running, Shell, Walk};
use crate::events::{Command, ReadoutRecord};
use crate::lesson::claim::readouts_of;
use crate::model::Reading;
use crate::vocabulary::Lesson;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_term::vt100;

/// Readouts beside a shell are read this often: every 250 ms.
const EVERY_MS: u64 = 250;
/// Lines that have scrolled out are not shown; only the screen is kept.
const SCROLLBACK: usize = 0;

pub fn open(app: &mut App, purpose: Purpose) -> Vec<Effect> {
    let size = view::shell::size(app.size);
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let of = match &purpose {
        Purpose::Look(of) => of.clone(),
        Purpose::Try(_) => String::new(),
    };
    let readouts = walk.page().record.as_ref().map(|r| r.readouts.clone()).unwrap_or_default();
    walk.shell = Some(Shell {
        purpose: purpose.clone(),
        of,
        pid: None,
        notice: Vec::new(),
        parser: vt100::Parser::new(size.1, size.0, SCROLLBACK),
        readouts,
        verdicts: Vec::new(),
        used: false,
        hints: 0,
        solution: false,
        top: 0,
        done: false,
    });
    if let Purpose::Try(index) = purpose {
        walk.running = Some(Running::new(index, app.now));
    }
    app.overlay = None;
    vec![Effect::OpenShell { purpose, size }]
}

/// The shell lives. Beside one that is only for looking around, the step's readouts are read again and again; an attempt reads them itself.
pub fn started(walk: &mut Walk) -> Vec<Effect> {
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
pub fn ended(walk: &mut Walk) -> Vec<Effect> {
    if walk.shell.as_ref().is_some_and(|s| s.pid.is_none()) {
        return Vec::new();
    }
    if walk.shell.take().is_none() {
        return Vec::new();
    }
    walk.running = None;
    walk.turn(walk.index);
    vec![Effect::CloseShell]
}

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

pub fn resized(app: &mut App) -> Vec<Effect> {
    let (columns, rows) = view::shell::size(app.size);
    match app.walk.as_mut().and_then(|w| w.shell.as_mut()) {
        Some(shell) => {
            shell.parser.screen_mut().set_size(rows, columns);
            vec![Effect::ResizeShell(columns, rows)]
        }
        None => Vec::new(),
    }
}

pub fn key(app: &mut App, event: KeyEvent, action: Option<Action>) -> Vec<Effect> {
    let trying = matches!(
        app.walk.as_ref().and_then(|w| w.shell.as_ref()),
        Some(Shell { purpose: Purpose::Try(_), .. })
    );
    match action {
        Some(Action::Leave) => return leave(app),
        Some(action @ (Action::PageUp | Action::PageDown)) => {
            let max_scroll = view::max_scroll(app);
            if let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) {
                shell.top = super::scrolled(shell.top, 4, max_scroll, action);
            }
            return Vec::new();
        }
        Some(Action::Hint) if trying => {
            if let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) {
                shell.hints += 1;
                shell.top = 0;
            }
            return Vec::new();
        }
        Some(Action::Solution) if trying => {
            if let Some(walk) = &mut app.walk {
                walk.page_mut().solution = true;
                if let Some(shell) = &mut walk.shell {
                    shell.solution = !shell.solution;
                    shell.top = 0;
                }
            }
            return Vec::new();
        }
        _ => {}
    }
    let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) else { return Vec::new() };
    shell.used = true;
    let bytes = encode(event, shell.parser.screen().application_cursor());
    if bytes.is_empty() { Vec::new() } else { vec![Effect::Type(bytes)] }
}

pub fn paste(app: &mut App, text: &str) -> Vec<Effect> {
    let Some(shell) = app.walk.as_ref().and_then(|w| w.shell.as_ref()) else { return Vec::new() };
    let text = text.replace("\r\n", "\r").replace('\n', "\r");
    let bytes = if shell.parser.screen().bracketed_paste() {
        format!("\x1b[200~{text}\x1b[201~").into_bytes()
    } else {
        text.into_bytes()
    };
    vec![Effect::Type(bytes)]
}

fn leave(app: &mut App) -> Vec<Effect> {
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
    effects
}

/// Readouts beside the shell: what is read now stands as after, what was read before the shell stays.
pub fn snapshot(lesson: &Lesson, shell: &mut Shell, read: Vec<(String, Reading)>) {
    for (id, reading) in read {
        if let Some(record) = shell.readouts.iter_mut().find(|r| r.id == id) {
            record.after = reading;
        } else {
            let viewpoint = lesson.readouts.get(&id).map(|r| r.subject.clone()).unwrap_or_default();
            shell.readouts.push(ReadoutRecord {
                path: String::new(),
                before: reading.clone(),
                after: reading,
                peak: None,
                viewpoint,
                id,
            });
        }
    }
}

/// A key as a terminal sends it (`console_codes(4)`, and xterm's for what the console has not).
fn encode(event: KeyEvent, application: bool) -> Vec<u8> {
    let alt = event.modifiers.contains(KeyModifiers::ALT);
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let cursor = |letter: char| if application { format!("\x1bO{letter}") } else { format!("\x1b[{letter}") };
    let text = match event.code {
        KeyCode::Char(c) if control => match c.to_ascii_lowercase() {
            c @ 'a'..='z' => char::from(c as u8 - b'a' + 1).to_string(),
            ' ' | '2' | '@' => "\0".to_owned(),
            '4' | '\\' => "\x1c".to_owned(),
            '6' | '^' => "\x1e".to_owned(),
            '7' | '_' | '/' => "\x1f".to_owned(),
            _ => return Vec::new(),
        },
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter => "\r".to_owned(),
        KeyCode::Tab => "\t".to_owned(),
        KeyCode::BackTab => "\x1b[Z".to_owned(),
        KeyCode::Backspace => "\x7f".to_owned(),
        KeyCode::Esc => "\x1b".to_owned(),
        KeyCode::Up => cursor('A'),
        KeyCode::Down => cursor('B'),
        KeyCode::Right => cursor('C'),
        KeyCode::Left => cursor('D'),
        KeyCode::Home => cursor('H'),
        KeyCode::End => cursor('F'),
        KeyCode::Insert => "\x1b[2~".to_owned(),
        KeyCode::Delete => "\x1b[3~".to_owned(),
        KeyCode::PageUp => "\x1b[5~".to_owned(),
        KeyCode::PageDown => "\x1b[6~".to_owned(),
        _ => return Vec::new(),
    };
    let text = if alt { format!("\x1b{text}") } else { text };
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_arrive_as_a_terminal_sends_them() {
        let sent = |code, modifiers| encode(KeyEvent::new(code, modifiers), false);
        assert_eq!(sent(KeyCode::Char('c'), KeyModifiers::CONTROL), b"\x03");
        assert_eq!(sent(KeyCode::Char('ä'), KeyModifiers::NONE), "ä".as_bytes());
        assert_eq!(sent(KeyCode::Enter, KeyModifiers::NONE), b"\r");
        assert_eq!(sent(KeyCode::Char('b'), KeyModifiers::ALT), b"\x1bb");
        assert_eq!(encode(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE), true), b"\x1bOA");
    }
}
