//! The loop of the window: one input after the other, and a frame when nothing more is waiting.

use super::state::{NotesState, Request};
use super::view;
use crate::demo::notes::News;
use crate::tui::app::End;
use crate::tui::terminal::{self, Screen};
use crossterm::event::{Event, KeyEvent};
use ratatui::layout::Size;
use signal_hook::consts::{SIGTSTP, SIGWINCH};
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
pub fn run(state: &mut NotesState, inbox: &Receiver<Input>, sender: &Sender<Input>) -> io::Result<End> {
    let signals = terminal::signals()?;
    let mut screen = terminal::take(None)?;
    let result = listen(signals, sender).and_then(|()| go(state, inbox, &mut screen));
    terminal::give_back();
    result
}

fn go(state: &mut NotesState, inbox: &Receiver<Input>, screen: &mut Screen) -> io::Result<End> {
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

fn take(state: &mut NotesState, screen: &mut Screen, input: Input) -> io::Result<Option<End>> {
    state.now = Instant::now();
    match input {
        Input::News(news) => state.hear(news),
        Input::Resized => {}
        Input::Key(event) => match state.key(event, view::notes_room(state)) {
            Some(Request::Quit) => return Ok(Some(End::Quit)),
            Some(Request::Suspend) => terminal::stop(screen)?,
            None => {}
        },
        Input::Signal(SIGTSTP) => terminal::stop(screen)?,
        Input::Signal(number) => return Ok(Some(End::Signal(number))),
        Input::Deaf(why) => return Ok(Some(End::Deaf(why))),
    }
    Ok(None)
}

fn draw(state: &mut NotesState, screen: &mut Screen) -> io::Result<Option<End>> {
    state.now = Instant::now();
    if let Ok(Size { width, height }) = screen.size() {
        state.size = (width, height);
    }
    terminal::draw(screen, |frame| view::draw(frame, state))
}

/// Starts the threads that bring keys and signals.
fn listen(signals: Signals, sender: &Sender<Input>) -> io::Result<()> {
    let signalled = |number| Some(if number == SIGWINCH { Input::Resized } else { Input::Signal(number) });
    let typed = |event| match event {
        Ok(Event::Key(key)) => Some(Input::Key(key)),
        Ok(_) => None,
        Err(why) => Some(Input::Deaf(why)),
    };
    terminal::listen(signals, sender, signalled, typed)
}
