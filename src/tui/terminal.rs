//! The terminal: taken at the start, and given back on every way out.

use super::app::End;
use crossterm::cursor::Show;
use crossterm::event::{self, DisableBracketedPaste, EnableBracketedPaste, Event};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect, Size};
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

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
    /// Nothing where the screen is only recorded.
    terminal: Option<Stdout>,
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
    /// A terminal that knows synchronised updates shows nothing of it before all is there, also where it comes in pieces (over a network); others
    /// ignore the mode. Begin and end go out together, so that no way out can leave a terminal that waits for the end.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut whole = Vec::with_capacity(bytes.len() + 16);
        queue!(whole, BeginSynchronizedUpdate)?;
        whole.extend_from_slice(bytes);
        queue!(whole, EndSynchronizedUpdate)?;
        // What is still to be said when the terminal was given back is for nobody: it may be gone, and writing to it would fail.
        if let Some(terminal) = self.terminal.as_mut().filter(|_| TAKEN.load(Ordering::SeqCst)) {
            terminal.write_all(&whole)?;
        }
        tell(self.recorder.as_ref(), |recorder| recorder.output(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.terminal.as_mut().filter(|_| TAKEN.load(Ordering::SeqCst)).map_or(Ok(()), Write::flush)
    }
}

/// Bytes of a frame before it is written: more than a full one has.
const FRAME: usize = 256 * 1024;

/// The size of a screen that is only recorded.
static UNSEEN: OnceLock<Size> = OnceLock::new();
static TAKEN: AtomicBool = AtomicBool::new(false);
/// All of the giving back is done.
static GIVEN_BACK: AtomicBool = AtomicBool::new(false);

/// A signal is looked after so often: every 100 ms.
const TURN: Duration = Duration::from_millis(100);
/// And for so many turns: 10 s.
const TURNS: u32 = 100;

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
    let output = Output { terminal: Some(io::stdout()), recorder };
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(FRAME, output)))
}

/// A screen of this size that no terminal shows: it is only recorded. Nothing is read or written, whatever the standard streams are.
///
/// # Errors
/// None that a terminal could cause.
pub fn record_only(recorder: Option<Shared>, size: Size) -> io::Result<Screen> {
    let size = *UNSEEN.get_or_init(|| size);
    enter()?;
    let output = Output { terminal: None, recorder };
    let viewport = Viewport::Fixed(Rect::from((Position::ORIGIN, size)));
    let backend = CrosstermBackend::new(BufWriter::with_capacity(FRAME, output));
    Terminal::with_options(backend, TerminalOptions { viewport })
}

/// Columns and rows of the screen as it is now.
///
/// # Errors
/// What the terminal answers.
pub fn size(screen: &Screen) -> io::Result<Size> {
    UNSEEN.get().map_or_else(|| screen.size(), |size| Ok(*size))
}

/// The terminal is the screen's, for the first time or again.
///
/// # Errors
/// What the terminal answers.
pub fn enter() -> io::Result<()> {
    let unseen = UNSEEN.get().is_some();
    if !unseen {
        enable_raw_mode()?;
    }
    TAKEN.store(true, Ordering::SeqCst);
    GIVEN_BACK.store(false, Ordering::SeqCst);
    if unseen {
        return Ok(());
    }
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
        if UNSEEN.get().is_none() {
            let mut out = io::stdout();
            let _ = execute!(out, DisableBracketedPaste, LeaveAlternateScreen, Show, SetTitle(""));
            let _ = out.flush();
            let _ = disable_raw_mode();
        }
        GIVEN_BACK.store(true, Ordering::SeqCst);
    }
}

/// The signals that a screen answers to. Asked for before the terminal is taken: one that comes while nobody listens would end the program with it.
/// A change of size is among them and not left to crossterm, which begins to listen for it only when the first key is waited for.
///
/// # Errors
/// What the kernel answers (`sigaction(2)`).
pub fn signals() -> io::Result<Signals> {
    Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH])
}

/// Starts the threads that bring signals and what is typed. The one for the keyboard ends with the first error, which it brings: operation, object
/// and cause. What is `None` is nobody's concern. A screen that is only recorded has no keyboard.
///
/// # Errors
/// No thread.
pub fn listen<T: Send + 'static>(
    mut signals: Signals,
    sender: &Sender<T>,
    signalled: impl Fn(i32) -> Option<T> + Send + 'static,
    typed: impl Fn(Result<Event, String>) -> Option<T> + Send + Sync + 'static,
) -> io::Result<()> {
    let to = sender.clone();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for number in signals.forever() {
            if [SIGHUP, SIGINT, SIGQUIT, SIGTERM].contains(&number) {
                watch_over(number);
            }
            if signalled(number).is_some_and(|message| to.send(message).is_err()) {
                return;
            }
        }
    })?;
    if UNSEEN.get().is_some() {
        return Ok(());
    }
    let to = sender.clone();
    let typed = Arc::new(typed);
    let gone = typed.clone();
    std::thread::Builder::new().name("hang-up".to_owned()).spawn(move || {
        if await_hang_up() {
            // SIGHUP says the same, with an exit code of its own; nohup(1) has it ignored.
            std::thread::sleep(TURN);
            let said = gone(Err("read the terminal: it was hung up".to_owned()));
            let _ = said.map(|message| to.send(message));
        }
    })?;
    let to = sender.clone();
    std::thread::Builder::new().name("keys".to_owned()).spawn(move || {
        loop {
            let event = event::read().map_err(|e| format!("read the terminal: {e}"));
            let last = event.is_err();
            if typed(event).is_some_and(|message| to.send(message).is_err()) || last {
                return;
            }
        }
    })?;
    Ok(())
}

/// Waits until the terminal is gone, without ever waking up before that. Reading does not tell: crossterm reads the end of a terminal again and again.
/// False when standard input is no terminal.
fn await_hang_up() -> bool {
    let input = io::stdin();
    if !input.is_terminal() {
        return false;
    }
    loop {
        // No event is asked for: POLLHUP and POLLERR are always told (`poll(2)`).
        let mut watched = [PollFd::new(input.as_fd(), PollFlags::empty())];
        match poll(&mut watched, PollTimeout::NONE) {
            Ok(_) => return true,
            Err(Errno::EINTR) => {}
            Err(_) => return false,
        }
    }
}

/// Ends the program when a signal that ends it does not come through: the loop draws something without end, or writes to a terminal that takes nothing
/// (`termios(3)`, IXON; a connection that hangs). The guardian undoes what there is when the lab has ended.
fn watch_over(number: i32) {
    let _ = std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
        // By turns and not by the clock: the program may be stopped meanwhile.
        for _ in 0..TURNS {
            std::thread::sleep(TURN);
            if GIVEN_BACK.load(Ordering::SeqCst) {
                return;
            }
        }
        // Writing to that terminal may wait as well; its modes are set without that.
        let _ = std::thread::Builder::new().name("give back".to_owned()).spawn(give_back);
        std::thread::sleep(TURN);
        let _ = disable_raw_mode();
        std::process::exit(128 + number);
    });
}

/// Draws a frame; gives the end when the terminal has gone away. SIGHUP or the end of the input says so, too.
///
/// # Errors
/// What else the terminal answers.
pub fn draw(screen: &mut Screen, render: impl FnOnce(&mut Frame)) -> io::Result<Option<End>> {
    match screen.draw(render) {
        Ok(_) => Ok(None),
        Err(e) if e.raw_os_error() == Some(libc::EIO) => {
            Ok(Some(End::Deaf(format!("write to the terminal: {e}"))))
        }
        Err(e) => Err(e),
    }
}

/// Gives the terminal back, stops as the shell expects it, and takes the terminal again when it goes on.
///
/// # Errors
/// What kernel or terminal answer.
pub fn stop(screen: &mut Screen) -> io::Result<()> {
    give_back();
    // SIGTSTP is caught, so the stop itself is SIGSTOP (`signal(7)`); the whole job stops, as with the terminal's own Ctrl-Z.
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(0), nix::sys::signal::Signal::SIGSTOP)
        .map_err(io::Error::from)?;
    enter()?;
    let Size { width, height } = size(screen)?;
    // Clears, too. `Terminal::clear` would ask the terminal where its cursor is, and the answer goes to the thread that reads the keys.
    screen.resize(Rect::new(0, 0, width, height))
}
