//! Signs, and colours that only repeat what signs and words say. The override of `colored`, set once, decides
//! whether there are colours at all.

use crate::events::Status;
use crate::present::plain::fold;
use colored::Colorize;

/// What a text is to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Tone {
    #[default]
    Plain,
    Strong,
    Dim,
    Good,
    Bad,
    Warn,
    Code,
}

/// The text in its tone.
pub fn paint(text: &str, tone: Tone) -> String {
    match tone {
        Tone::Plain => text.to_owned(),
        _ if text.is_empty() => String::new(),
        Tone::Strong => text.bold().to_string(),
        Tone::Dim => text.dimmed().to_string(),
        Tone::Good => text.green().to_string(),
        Tone::Bad => text.red().bold().to_string(),
        Tone::Warn => text.yellow().to_string(),
        Tone::Code => text.cyan().to_string(),
    }
}

/// A text folded to `columns` after `indent`, each line of it painted.
pub fn lines(text: &str, tone: Tone, indent: &str, columns: usize) -> String {
    let folded = fold(text, columns.saturating_sub(indent.len()));
    folded.iter().map(|line| format!("{indent}{}\n", paint(line, tone))).collect()
}

/// The sign of a judgement.
pub fn sign(status: &Status) -> &'static str {
    match status {
        Status::Passed => "✓",
        Status::Failed => "✗",
        Status::Blocked { .. } => "⊘",
        Status::NotHere | Status::NotRun => "–",
    }
}

/// Its tone.
pub fn tone(status: &Status) -> Tone {
    match status {
        Status::Passed => Tone::Good,
        Status::Failed => Tone::Bad,
        Status::Blocked { .. } => Tone::Warn,
        Status::NotHere | Status::NotRun => Tone::Dim,
    }
}

/// Sign and word, padded so that what follows stands in one column: `✓ passed    `.
pub fn stamp(status: &Status) -> String {
    paint(&format!("{} {:<8}", sign(status), status.word()), tone(status)) + "  "
}
