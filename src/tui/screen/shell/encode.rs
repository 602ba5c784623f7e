//! Keys as the shell's terminal sends them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key as a terminal sends it (`console_codes(4)`, and xterm's for what the console has not).
pub fn encode(event: KeyEvent, application: bool) -> Vec<u8> {
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
