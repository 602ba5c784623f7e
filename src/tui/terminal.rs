//! The terminal: taken at the start, and given back on every way out.

use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// What is drawn on. One frame is one write, so that no half of it is ever shown.
pub type Screen = Terminal<CrosstermBackend<BufWriter<Output>>>;

/// Somebody who keeps what is shown.
pub trait Recorder: Send {
    /// These bytes were written to the terminal.
    fn output(&mut self, bytes: &[u8]);
    /// Something begins here.
    fn marker(&mut self, label: &str);
    /// The terminal has this size now: columns and rows.
    fn resized(&mut self, columns: u16, rows: u16);
}

/// The terminal, and who keeps what is shown on it.
pub struct Output {
    terminal: Stdout,
    recorder: Option<Shared>,
}

/// A recorder that terminal and loop talk to.
pub type Shared = Arc<Mutex<dyn Recorder>>;

/// Tells a recorder something, if there is one.
pub fn tell(recorder: Option<&Shared>, what: impl FnOnce(&mut dyn Recorder)) {
    if let Some(recorder) = recorder {
        what(&mut *recorder.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.terminal.write(bytes)?;
        tell(self.recorder.as_ref(), |recorder| recorder.output(&bytes[..written]));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.terminal.flush()
    }
}

/// Bytes of a frame before it is written: more than a full one has.
const FRAME: usize = 256 * 1024;

static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes the terminal: raw mode, the alternate screen, pasted text marked as such. A panic gives it back before it tells what happened.
///
/// # Errors
/// What the terminal answers (`termios(3)`).
pub fn take(recorder: Option<Shared>) -> io::Result<Screen> {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        give_back();
        default(info);
    }));
    enter()?;
    let output = Output { terminal: io::stdout(), recorder };
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(FRAME, output)))
}

/// The terminal is the screen's, for the first time or again.
///
/// # Errors
/// What the terminal answers.
pub fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    // Cleared, for a terminal without an alternate screen (a machine's own text console) still shows what was typed before.
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        Clear(ClearType::All),
        EnableBracketedPaste,
        SetTitle("isolab")
    )
}

/// The terminal is as it was found. Errors are nobody's concern: it may be gone.
pub fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        let _ = execute!(out, DisableBracketedPaste, LeaveAlternateScreen, Show, SetTitle(""));
        let _ = out.flush();
        let _ = disable_raw_mode();
    }
}
