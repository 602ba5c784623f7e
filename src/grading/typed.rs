//! Keys as they are typed into a shell, cut into the lines that a receipt keeps.

use super::receipt::TypedLine;

/// The most bytes that are kept for one step.
const MOST_BYTES: usize = 64 << 10;
/// The most lines that are kept for one step.
const MOST_LINES: usize = 1000;
/// Ctrl-C, Ctrl-D, Ctrl-Z and Ctrl-\: a terminal acts on them at once, without an Enter.
pub const ACT_AT_ONCE: [char; 4] = ['\u{3}', '\u{4}', '\u{1a}', '\u{1c}'];

/// What was typed into the shells of one attempt.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    lines: Vec<TypedLine>,
    /// For each shell the line that has no end yet.
    begun: Vec<(Option<String>, Vec<u8>)>,
    kept: usize,
    cut: bool,
}

impl Typed {
    /// Takes what was sent to a shell, `at_ms` milliseconds after the attempt began.
    pub fn push(&mut self, shell: Option<&str>, bytes: &[u8], at_ms: u64) {
        for byte in bytes {
            if self.cut || self.kept >= MOST_BYTES || self.lines.len() >= MOST_LINES {
                self.cut = true;
                return;
            }
            self.kept += 1;
            let line = self.line_of(shell);
            if !matches!(byte, b'\r' | b'\n') {
                line.push(*byte);
            }
            if matches!(byte, b'\r' | b'\n') || ACT_AT_ONCE.contains(&char::from(*byte)) {
                let line = String::from_utf8_lossy(&std::mem::take(line)).into_owned();
                self.lines.push(TypedLine { shell: shell.map(str::to_owned), line, at_ms });
            }
        }
    }

    /// The lines that were sent, and whether there were more than are kept. A line without its end has not been sent.
    pub fn lines(&self) -> (&[TypedLine], bool) {
        (&self.lines, self.cut)
    }

    fn line_of(&mut self, shell: Option<&str>) -> &mut Vec<u8> {
        let at = self.begun.iter().position(|(of, _)| of.as_deref() == shell);
        let at = at.unwrap_or_else(|| {
            self.begun.push((shell.map(str::to_owned), Vec::new()));
            self.begun.len() - 1
        });
        &mut self.begun[at].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(typed: &Typed) -> Vec<(&str, u64)> {
        typed.lines().0.iter().map(|typed| (typed.line.as_str(), typed.at_ms)).collect()
    }

    #[test]
    fn lines_end_with_enter_or_with_what_acts_at_once() {
        let mut typed = Typed::default();
        typed.push(None, b"hostnmae\x7f\x7f\x7fame \xc3\xa4\r", 5);
        typed.push(None, b"sleep 9", 7);
        typed.push(None, b"\x03", 9);
        typed.push(None, b"not sent", 10);
        assert_eq!(lines(&typed), [("hostnmae\u{7f}\u{7f}\u{7f}ame ä", 5), ("sleep 9\u{3}", 9)]);
        assert!(!typed.lines().1);
    }

    #[test]
    fn each_shell_has_its_own_lines() {
        let mut typed = Typed::default();
        typed.push(Some("a"), b"ls", 1);
        typed.push(Some("b"), b"id\r", 2);
        typed.push(Some("a"), b" -l\r", 3);
        let of: Vec<_> = typed.lines().0.iter().map(|t| (t.shell.as_deref(), t.line.as_str())).collect();
        assert_eq!(of, [(Some("b"), "id"), (Some("a"), "ls -l")]);
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let mut typed = Typed::default();
        for _ in 0..20 {
            typed.push(None, &[b'x'; 10_000], 1);
        }
        assert!(typed.lines().1);
        let mut typed = Typed::default();
        typed.push(None, &[b'\r'; 2000], 1);
        assert_eq!((typed.lines().0.len(), typed.lines().1), (MOST_LINES, true));
    }
}
