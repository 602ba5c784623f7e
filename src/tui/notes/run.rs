//! The loop of the window: one input after the other, and a frame when nothing more is waiting.

use super::state::{State, Wish};
use super::view;
use crate::demo::notes::News;
use crate::tui::app::End;
use crate::tui::terminal::{self, Screen};
use crossterm::event::{self, KeyEvent};
use ratatui::layout::{Rect, Size};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Instant;

/// What comes into the loop.
#[derive(Debug)]
pub enum Input {
    /// The demo has said something, or what has become of it.
    News(News),
    /// A key.
    Key(KeyEvent),
    /// The terminal has another size.
    Resized,
    /// A signal.
    Signal(i32),
    /// The keyboard is gone: operation, object and cause.
    Deaf(String),
}

/// Shows the window until it is closed. `sender` is where the threads of signals and keys send to.
///
/// # Errors
/// When the terminal cannot be taken.
pub fn run(state: &mut State, inbox: &Receiver<Input>, sender: &Sender<Input>) -> io::Result<End> {
    // One that comes while nobody listens would end the program with the terminal taken.
    let signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH])?;
    let mut screen = terminal::take(None)?;
    let result = listen(signals, sender).and_then(|()| go(state, inbox, &mut screen));
    terminal::give_back();
    result
}

fn go(state: &mut State, inbox: &Receiver<Input>, screen: &mut Screen) -> io::Result<End> {
    loop {
        // What has come in together is shown together.
        while let Ok(input) = inbox.try_recv() {
            if let Some(end) = take(state, screen, input)? {
                return Ok(end);
            }
        }
        if let Some(end) = draw(state, screen)? {
            return Ok(end);
        }
        let input = if state.moves() {
            inbox.recv_timeout(state.next_second())
        } else {
            inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        match input {
            Ok(input) => {
                if let Some(end) = take(state, screen, input)? {
                    return Ok(end);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Ok(End::Deaf("nobody is left to listen to".to_owned()));
            }
        }
    }
}

fn take(state: &mut State, screen: &mut Screen, input: Input) -> io::Result<Option<End>> {
    state.now = Instant::now();
    match input {
        Input::News(news) => state.hear(news),
        Input::Resized => {}
        Input::Key(event) => match state.key(event) {
            Some(Wish::Quit) => return Ok(Some(End::Quit)),
            Some(Wish::Suspend) => suspend(screen)?,
            None => {}
        },
        Input::Signal(SIGTSTP) => suspend(screen)?,
        Input::Signal(number) => return Ok(Some(End::Signal(number))),
        Input::Deaf(why) => return Ok(Some(End::Deaf(why))),
    }
    Ok(None)
}

fn draw(state: &mut State, screen: &mut Screen) -> io::Result<Option<End>> {
    state.now = Instant::now();
    if let Ok(Size { width, height }) = screen.size() {
        state.size = (width, height);
    }
    match screen.draw(|frame| view::draw(frame, state)) {
        Ok(_) => Ok(None),
        // The terminal has gone away; SIGHUP or the end of the input says so, too.
        Err(e) if e.raw_os_error() == Some(libc::EIO) => {
            Ok(Some(End::Deaf(format!("write to the terminal: {e}"))))
        }
        Err(e) => Err(e),
    }
}

/// Gives the terminal back, stops as the shell expects it, and comes back.
fn suspend(screen: &mut Screen) -> io::Result<()> {
    terminal::give_back();
    // SIGTSTP is caught, so the stop itself is SIGSTOP (`signal(7)`); the whole job stops, as with the terminal's own Ctrl-Z.
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(0), nix::sys::signal::Signal::SIGSTOP)
        .map_err(io::Error::from)?;
    terminal::enter()?;
    let Size { width, height } = screen.size()?;
    // Clears, too. `Terminal::clear` would ask the terminal where its cursor is, and the answer goes to the thread that reads the keys.
    screen.resize(Rect::new(0, 0, width, height))
}

/// Starts the threads that bring keys and signals.
fn listen(mut signals: Signals, sender: &Sender<Input>) -> io::Result<()> {
    let to = sender.clone();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for number in signals.forever() {
            // Not left to crossterm, which forgets a change of size when a key comes at the same moment.
            let input = if number == SIGWINCH { Input::Resized } else { Input::Signal(number) };
            if to.send(input).is_err() {
                return;
            }
        }
    })?;
    let to = sender.clone();
    std::thread::Builder::new().name("keys".to_owned()).spawn(move || {
        loop {
            let input = match event::read() {
                Ok(event::Event::Key(key)) => Input::Key(key),
                Ok(_) => continue,
                Err(e) => {
                    let _ = to.send(Input::Deaf(format!("read the terminal: {e}")));
                    return;
                }
            };
            if to.send(input).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}
