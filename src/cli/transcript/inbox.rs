//! What comes in while a lesson is printed as lines: what the person types, what the engine says, and signals, one after the other.

use crate::cli::console::complain;
use crate::cli::lab;
use crate::engine::machine::Machine;
use crate::events::{Command, Event};
use crate::lesson::Catalog;
use crate::model::Leftover;
use crate::tui::message::Message;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, BufRead};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// How often to see whether the engine is still there while it works.
const LOOK: Duration = Duration::from_secs(1);

/// Why a lesson ends before its end.
#[derive(Debug)]
pub enum End {
    /// The person has had enough.
    Quit,
    /// There is no more input.
    Input,
    /// A signal.
    Signal(i32),
    /// Nothing can be written any more.
    Output(io::Error),
    /// The engine's thread has ended.
    Lost,
}

/// What comes in.
enum Incoming {
    /// A line that was typed; nothing at the end of the input.
    Line(Option<String>),
    /// What the engine says.
    Engine(Message),
    /// A signal.
    Signal(i32),
}

/// Everything that comes in, and the way to the engine.
pub struct Inbox {
    incoming: Receiver<Incoming>,
    commands: Option<Sender<Command>>,
    /// A line is read only when it is wanted.
    wanted: Sender<()>,
    cancel: Arc<AtomicBool>,
    engine: Option<JoinHandle<()>>,
    left: Vec<Leftover>,
}

impl Inbox {
    /// Starts the engine, and listens.
    ///
    /// # Errors
    /// A thread cannot be started, or signals cannot be caught.
    pub fn open(machine: Arc<Machine>, catalog: Arc<Catalog>) -> io::Result<Inbox> {
        let (sender, incoming) = mpsc::channel();
        let cancel = Arc::new(AtomicBool::new(false));
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let (told, flag) = (sender.clone(), cancel.clone());
        Builder::new().name("signals".to_owned()).spawn(move || {
            for number in signals.forever() {
                flag.store(true, Ordering::Relaxed);
                let _ = told.send(Incoming::Signal(number));
            }
        })?;
        let (wanted, asked) = mpsc::channel();
        let typed = sender.clone();
        Builder::new().name("input".to_owned()).spawn(move || read_lines(&asked, &typed))?;
        let (commands, orders) = mpsc::channel();
        let engine = lab::serve(machine, catalog, orders, cancel.clone(), move |message| {
            // Nobody listens any more when the lesson has ended.
            let _ = sender.send(Incoming::Engine(message));
        })?;
        Ok(Inbox {
            incoming,
            commands: Some(commands),
            wanted,
            cancel,
            engine: Some(engine),
            left: Vec::new(),
        })
    }

    /// The next line that the person types.
    ///
    /// # Errors
    /// There is none, or a signal comes instead.
    pub fn line(&mut self) -> Result<String, End> {
        self.wanted.send(()).map_err(|_| End::Input)?;
        loop {
            match self.incoming.recv().map_err(|_| End::Lost)? {
                Incoming::Line(line) => return line.ok_or(End::Input),
                Incoming::Signal(number) => return Err(End::Signal(number)),
                Incoming::Engine(message) => self.keep(message),
            }
        }
    }

    /// Lets the engine carry out a command. Each event is handed over until the engine is done, also when it is cancelled on the way.
    ///
    /// # Errors
    /// The first one of `hear`, a signal, or the engine is gone.
    pub fn obey(
        &mut self,
        command: Command,
        hear: &mut dyn FnMut(Event) -> Result<(), End>,
    ) -> Result<(), End> {
        let sent = self.commands.as_ref().is_some_and(|commands| commands.send(command).is_ok());
        let mut ended = if sent { Ok(()) } else { return Err(End::Lost) };
        loop {
            match self.incoming.recv_timeout(LOOK) {
                Ok(Incoming::Engine(Message::Engine(Event::Idle))) => return ended,
                Ok(Incoming::Engine(Message::Engine(event))) => {
                    if let Event::Undone { left } = &event {
                        self.left.extend(left.iter().cloned());
                    }
                    let heard = if ended.is_ok() { hear(event) } else { Ok(()) };
                    if heard.is_err() {
                        self.cancel.store(true, Ordering::Relaxed);
                        ended = heard;
                    }
                }
                Ok(Incoming::Engine(message)) => self.keep(message),
                Ok(Incoming::Signal(number)) => ended = Err(End::Signal(number)),
                Ok(Incoming::Line(_)) => {}
                Err(RecvTimeoutError::Timeout) => {
                    if self.engine.as_ref().is_none_or(JoinHandle::is_finished) {
                        return Err(End::Lost);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Err(End::Lost),
            }
        }
    }

    /// Undoes what is open, and gives what could not be undone.
    pub fn close(&mut self) -> Vec<Leftover> {
        drop(self.commands.take());
        if let Some(engine) = self.engine.take() {
            let _ = engine.join();
        }
        while let Ok(incoming) = self.incoming.try_recv() {
            if let Incoming::Engine(message) = incoming {
                self.keep(message);
            }
        }
        std::mem::take(&mut self.left)
    }

    /// What the engine says without being asked.
    fn keep(&mut self, message: Message) {
        match message {
            Message::Engine(Event::Undone { left }) => self.left.extend(left),
            Message::Told(line) => complain(&line),
            _ => {}
        }
    }
}

fn read_lines(asked: &Receiver<()>, typed: &Sender<Incoming>) {
    let mut input = io::stdin().lock();
    for () in asked {
        let mut line = Vec::new();
        let read = input.read_until(b'\n', &mut line);
        let line = read.is_ok_and(|bytes| bytes > 0).then(|| String::from_utf8_lossy(&line).into_owned());
        if typed.send(Incoming::Line(line)).is_err() {
            return;
        }
    }
}
