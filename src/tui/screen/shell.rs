//! A shell in a box: to look around, or to do the step by hand. Beside it is what the kernel says meanwhile.

use super::step::text;
use crate::events::{Command, ReadoutRecord, Status};
use crate::lesson::readouts::readouts_of;
use crate::model::Reading;
use crate::present::verdict as words;
use crate::tui::app::App;
use crate::tui::keys::Action;
use crate::tui::message::{Effect, Purpose};
use crate::tui::movement::scrolled;
use crate::tui::theme::{Depth, Role};
use crate::tui::view::scroll::{Panel, inside, title};
use crate::tui::view::styled::fold_text;
use crate::tui::view::working::working;
use crate::tui::view::{markdown, planned, readouts};
use crate::tui::walkthrough::{Running, Shell, Walkthrough};
use crate::vocabulary::Lesson;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::text::Line;
use tui_term::vt100;
use tui_term::widget::PseudoTerminal;

/// Readouts beside a shell are read this often: every 250 ms.
const EVERY_MS: u64 = 250;
/// Lines that have scrolled out are not shown; only the screen is kept.
const SCROLLBACK: usize = 0;

/// Opens a shell in a box; earlier steps may have to be made first.
pub fn open(app: &mut App, purpose: Purpose) -> Vec<Effect> {
    let size = size(app.size);
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
pub fn ended(walk: &mut Walkthrough) -> Vec<Effect> {
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
    let (columns, rows) = size(app.size);
    match app.walk.as_mut().and_then(|w| w.shell.as_mut()) {
        Some(shell) => {
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
            let max_scroll = walk.map_or(0, |(walk, shell)| max_scroll(app, walk, shell, app.body()));
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

/// A text to be typed into the shell.
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

/// Where the shell is, and where the readouts are.
fn places(area: Rect) -> (Rect, Rect) {
    if area.width >= 130 {
        let left = area.width * 11 / 20;
        return (Rect { width: left, ..area }, Rect { x: area.x + left, width: area.width - left, ..area });
    }
    let high = (area.height * 3 / 5).max(8).min(area.height);
    (Rect { height: high, ..area }, Rect { y: area.y + high, height: area.height - high, ..area })
}

/// Columns and rows of the shell's terminal on a screen of this size.
pub fn size(screen: (u16, u16)) -> (u16, u16) {
    let area = Rect::new(0, 1, screen.0, screen.1.saturating_sub(2));
    let (shell, _) = places(area);
    (shell.width.saturating_sub(2).max(20), shell.height.saturating_sub(2).max(4))
}

/// Draws both.
pub fn draw(frame: &mut Frame, app: &App, walk: &Walkthrough, shell: &Shell, area: Rect) {
    let (left, right) = places(area);
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
    beside(frame, app, walk, shell, right);
}

fn beside(frame: &mut Frame, app: &App, walk: &Walkthrough, shell: &Shell, area: Rect) {
    let lines = lines(app, walk, shell, inside(area));
    let trying = matches!(shell.purpose, Purpose::Try(_));
    let name = if trying { "what is to come true" } else { "as it is now" };
    Panel { title: title(app.theme, name), focused: false, top: shell.top }
        .draw(frame, app.theme, area, &lines);
}

/// The largest number of lines that can be scrolled out of what stands beside the shell.
fn max_scroll(app: &App, walk: &Walkthrough, shell: &Shell, area: Rect) -> usize {
    let place = places(area).1;
    lines(app, walk, shell, inside(place)).len().saturating_sub(usize::from(place.height.saturating_sub(2)))
}

fn lines(app: &App, walk: &Walkthrough, shell: &Shell, width: u16) -> Vec<Line<'static>> {
    let theme = app.theme;
    let mut lines: Vec<Line<'static>> = Vec::new();
    let say = |text: &str, role: Role, lines: &mut Vec<Line<'static>>| {
        lines.extend(fold_text(text, role, width.into(), theme));
    };
    let trying = matches!(shell.purpose, Purpose::Try(_));
    if shell.done {
        say("✓ Done by hand: everything that the step expects is so. Ctrl-] leaves.", Role::Good, &mut lines);
        lines.push(Line::default());
    }
    let notice = |lines: &mut Vec<Line<'static>>| {
        for sentence in &shell.notice {
            say(&format!("· {sentence}"), Role::Dim, lines);
        }
    };
    if trying {
        lines.extend(task(app, walk, shell, width));
    }
    // What may be changed is to be known before the first key, and can be read again later.
    if !shell.used {
        notice(&mut lines);
        lines.push(Line::default());
    }
    lines.extend(readouts::lines(&shell.readouts, true, width, 8, theme));
    if shell.used {
        lines.push(Line::default());
        notice(&mut lines);
    }
    lines
}

/// What is to be done, how far it is, and help as far as it was asked for.
fn task(app: &App, walk: &Walkthrough, shell: &Shell, width: u16) -> Vec<Line<'static>> {
    let theme = app.theme;
    let hints = &walk.step().hints;
    let hint = |i: usize, out: &mut Vec<Line<'static>>| {
        out.push(Line::styled(format!("hint {} of {}", i + 1, hints.len()), theme.style(Role::Accent)));
        out.extend(markdown::render(&app.environment.fill(&walk.lesson, &hints[i]), width, theme));
    };
    // What was just asked for comes first: below there may be no room.
    let mut out = Vec::new();
    let shown = shell.hints.min(hints.len());
    if shell.solution
        && let Some(commands) = walk.step().solution.as_ref().and_then(|c| app.environment.here(c))
    {
        out.push(Line::styled("one way to do it", theme.style(Role::Accent)));
        out.extend(text::commands_block(app, walk, commands, width));
    } else if shell.hints > hints.len() {
        out.push(Line::styled("no more hints; F2 shows the solution", theme.style(Role::Dim)));
    } else if shown > 0 {
        hint(shown - 1, &mut out);
    }
    let first = usize::from(!out.is_empty() && !shell.solution && shell.hints <= hints.len());
    out.extend(planned::lines(&text::plans(app, &walk.step().actions), width, theme));
    for verdict in &shell.verdicts {
        let (sign, role) =
            if verdict.status == Status::Passed { ("✓", Role::Good) } else { ("○", Role::Plain) };
        out.extend(fold_text(&format!("{sign} {}", words::claim(verdict)), role, width.into(), theme));
    }
    for i in 0..shown - first.min(shown) {
        hint(i, &mut out);
    }
    out.push(Line::default());
    out
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
