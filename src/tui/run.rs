//! The loop: one message after the other, and a frame when nothing more is waiting.

use super::app::{App, End};
use super::message::{Effect, Message, Purpose};
use super::overlay::state::{Overlay, Refusal};
use super::pty::Pty;
use super::terminal::{self, Shared, tell};
use super::{screen, update, view};
use crate::demo::NotesPage;
use crate::events::{Command, Event};
use crate::grading::tried::Tried;
use crate::progress::Progress;
use crossterm::event;
use ratatui::layout::Size;
use signal_hook::consts::SIGWINCH;
use signal_hook::iterator::Signals;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// While something is shown that depends on the time, a frame is drawn so often: every 250 ms.
const TICK: Duration = Duration::from_millis(250);
/// Frames that only the engine or a shell asks for come no faster than this: 33 ms. A key is answered at once.
const FRAME: Duration = Duration::from_millis(33);
/// A clock that is shown goes on so often: every second.
const SECOND: Duration = Duration::from_secs(1);
/// What a demo does by itself is looked at no more often than this: every 20 ms.
const SHORTEST: Duration = Duration::from_millis(20);
/// Where messages come without a pause, a frame is drawn after so long: 100 ms.
const OVERDUE: Duration = Duration::from_millis(100);
/// A run that is undone before the program stops or ends has so much time: 90 s, more than the guardian takes.
const UNDOING: Duration = Duration::from_secs(90);

/// What a person did, to be kept.
pub enum Keep {
    /// All progress, as it is now.
    Progress(Progress),
    /// An attempt at a step.
    Tried(Box<Tried>),
}

/// Keeps something, without making anybody wait; what goes wrong comes back as [`Message::Told`].
pub type Keeper = dyn FnMut(Keep);

/// Shows a page to the instructor, without making anybody wait.
pub type Publish = dyn FnMut(&NotesPage);

/// The engine as the screen knows it.
pub struct Engine {
    /// Where commands go; dropped, the engine undoes what is open and ends.
    pub commands: Sender<Command>,
    /// Set to end what goes on.
    pub cancel: Arc<AtomicBool>,
    /// Keeps progress and receipts.
    pub keep: Box<Keeper>,
    /// Keeps what is shown.
    pub recorder: Option<Shared>,
    /// Columns and rows of a screen that is only recorded; without it, the screen is on the terminal.
    pub unseen: Option<(u16, u16)>,
    /// Takes the instructor's page.
    pub publish: Option<Box<Publish>>,
}

/// Runs the screen to its end. `first` are commands of the first frame (a lesson that is opened directly); `sender` is where engine and threads
/// send to.
///
/// # Errors
/// When the terminal cannot be taken.
pub fn run(
    app: &mut App,
    engine: &mut Engine,
    first: Vec<Effect>,
    inbox: &Receiver<Message>,
    sender: &Sender<Message>,
) -> io::Result<End> {
    let signals = terminal::signals()?;
    let mut screen = match engine.unseen {
        Some((width, height)) => terminal::record_only(engine.recorder.clone(), Size { width, height })?,
        None => terminal::take(engine.recorder.clone())?,
    };
    let result = Loop { app, engine, inbox, sender, ptys: BTreeMap::new(), typed: None, drawn: None }.go(
        &mut screen,
        signals,
        first,
    );
    terminal::give_back();
    result
}

struct Loop<'a> {
    app: &'a mut App,
    engine: &'a mut Engine,
    inbox: &'a Receiver<Message>,
    sender: &'a Sender<Message>,
    /// The shells' terminals by their numbers.
    ptys: BTreeMap<u32, Pty>,
    typed: Option<Instant>,
    drawn: Option<Instant>,
}

impl Loop<'_> {
    fn go(&mut self, screen: &mut terminal::Screen, signals: Signals, first: Vec<Effect>) -> io::Result<End> {
        let Size { width, height } = terminal::size(screen)?;
        self.app.size = (width, height);
        for label in update::chapter(self.app).into_iter().chain([screen::title(self.app)]) {
            tell(self.engine.recorder.as_ref(), |recorder| recorder.marker(&label));
        }
        self.draw(screen)?;
        self.listen(signals)?;
        self.carry_out(screen, first)?;
        let (mut dirty, mut urgent) = (true, true);
        loop {
            if let Some(end) = self.app.end.take() {
                return Ok(end);
            }
            // However much comes in, people see where it has got to.
            if dirty && self.drawn.is_none_or(|drawn| drawn.elapsed() > OVERDUE) {
                self.draw(screen)?;
                (dirty, urgent) = (false, false);
            }
            let wait = self.wait(dirty, urgent);
            let message = match wait {
                Some(Duration::ZERO) => self.inbox.try_recv().ok(),
                Some(wait) => match self.inbox.recv_timeout(wait) {
                    Ok(message) => Some(message),
                    Err(RecvTimeoutError::Timeout) => Some(Message::Tick(Instant::now())),
                    Err(RecvTimeoutError::Disconnected) => {
                        return Ok(End::Deaf("nobody is left to listen to".to_owned()));
                    }
                },
                None => match self.inbox.recv() {
                    Ok(message) => Some(message),
                    Err(_) => return Ok(End::Deaf("nobody is left to listen to".to_owned())),
                },
            };
            let Some(message) = message else {
                self.draw(screen)?;
                (dirty, urgent) = (false, false);
                continue;
            };
            urgent |= match message {
                Message::Engine(Event::Sampled(_)) => false,
                // What was just typed is waited for; other output comes as fast as people see.
                Message::ShellOutput(..) => self.typed.take().is_some_and(|at| at.elapsed() < OVERDUE),
                _ => true,
            };
            dirty = true;
            let effects = self.take(message);
            self.carry_out(screen, effects)?;
        }
    }

    /// What a message changes, and what is to be done: the one way from the inbox into the state.
    fn take(&mut self, message: Message) -> Vec<Effect> {
        match &message {
            Message::ShellOutput(number, _) | Message::ShellClosed(number) => {
                // Of a shell that was left.
                let Some(pty) = self.ptys.get(number) else { return Vec::new() };
                if let Message::ShellOutput(..) = message {
                    pty.took();
                }
            }
            // They are started in the order in which they were asked for.
            Message::Engine(Event::ShellStarted { .. }) => {
                if let Some(pty) = self.ptys.values_mut().find(|pty| pty.awaits_shell()) {
                    pty.handed_over();
                }
            }
            Message::Resize(columns, rows) => {
                // The frame that was drawn may have been the first to know.
                if self.app.size == (*columns, *rows) {
                    return Vec::new();
                }
                tell(self.engine.recorder.as_ref(), |recorder| recorder.resized(*columns, *rows));
            }
            _ => {}
        }
        self.app.now = Instant::now();
        update::update(self.app, message)
    }

    /// How long to wait for a message: nothing to draw and nothing that moves, for ever.
    fn wait(&self, dirty: bool, urgent: bool) -> Option<Duration> {
        if urgent {
            return Some(Duration::ZERO);
        }
        let since = self.drawn.map_or(FRAME, |drawn| drawn.elapsed());
        if dirty {
            return Some(FRAME.saturating_sub(since));
        }
        let moving = self.app.walk.as_ref().is_some_and(|w| w.running.is_some() || w.is_preparing());
        // A clock is shown there.
        let peek = matches!(self.app.overlay, Some(Overlay::Notes(_))).then_some(SECOND);
        let tick = moving.then_some(TICK).or(peek);
        let due =
            [screen::demo::due(self.app), screen::step::prepare::due(self.app)].into_iter().flatten().min();
        let due = due.map(|due| due.saturating_duration_since(Instant::now()));
        tick.into_iter().chain(due.map(|due| due.max(SHORTEST))).min()
    }

    fn draw(&mut self, screen: &mut terminal::Screen) -> io::Result<()> {
        self.drawn = Some(Instant::now());
        // The frame has the size that the terminal has now; state and shell must not lag behind what is seen.
        if let Ok(Size { width, height }) = terminal::size(screen) {
            let effects = self.take(Message::Resize(width, height));
            self.carry_out(screen, effects)?;
        }
        if let Some(end) = terminal::draw(screen, |frame| view::draw(frame, self.app))? {
            self.app.end = Some(end);
        }
        Ok(())
    }

    /// Starts the threads that bring keys and signals.
    fn listen(&self, signals: Signals) -> io::Result<()> {
        let unseen = self.engine.unseen.is_some();
        let signalled = move |number| match (number, crossterm::terminal::size()) {
            (SIGWINCH, Ok((columns, rows))) if !unseen => Some(Message::Resize(columns, rows)),
            (SIGWINCH, _) => None,
            _ => Some(Message::Signal(number)),
        };
        let typed = |event| match event {
            Ok(event::Event::Key(key)) => Some(Message::Key(key)),
            Ok(event::Event::Paste(text)) => Some(Message::Paste(text)),
            Ok(_) => None,
            Err(why) => Some(Message::Deaf(why)),
        };
        terminal::listen(signals, self.sender, signalled, typed)
    }

    fn carry_out(&mut self, screen: &mut terminal::Screen, effects: Vec<Effect>) -> io::Result<()> {
        for effect in effects {
            match effect {
                Effect::Ask(command) => self.ask(command),
                Effect::Cancel => self.cancel(),
                Effect::OpenShell { terminal, purpose, size } => self.open_shell(terminal, purpose, size),
                Effect::Type(bytes) => {
                    self.typed = Some(Instant::now());
                    let shell = self.app.walk.as_ref().and_then(|walk| walk.shell.as_ref());
                    if let Some(pty) = shell.and_then(|s| self.ptys.get_mut(&s.now().terminal)) {
                        let _ = pty.write(&bytes);
                    }
                }
                Effect::ResizeShell(terminal, columns, rows) => {
                    if let Some(pty) = self.ptys.get(&terminal) {
                        let _ = pty.resize((columns, rows));
                    }
                }
                Effect::CloseShell(terminal) => drop(self.ptys.remove(&terminal)),
                Effect::Mark(label) => {
                    tell(self.engine.recorder.as_ref(), |recorder| recorder.marker(&label));
                }
                Effect::Save => (self.engine.keep)(Keep::Progress(self.app.progress.clone())),
                Effect::KeepTried(tried) => (self.engine.keep)(Keep::Tried(tried)),
                Effect::Publish(page) => {
                    if let Some(publish) = &mut self.engine.publish {
                        publish(&page);
                    }
                }
                Effect::Suspend => self.suspend(screen)?,
            }
        }
        Ok(())
    }

    fn ask(&mut self, command: Command) {
        self.app.pending += 1;
        if self.engine.commands.send(command).is_err() {
            self.app.pending = 0;
            self.app.notice = Some("the engine has ended; start isolab again".to_owned());
        }
    }

    /// Only what goes on can be cancelled: a flag that is set when nothing does would end what comes next.
    fn cancel(&self) {
        if self.app.pending > 0 {
            self.engine.cancel.store(true, Ordering::Relaxed);
        }
    }

    fn open_shell(&mut self, terminal: u32, purpose: Purpose, size: (u16, u16)) {
        match Pty::open(terminal, size, self.sender.clone()) {
            Ok(pty) => {
                let tty = pty.path.clone();
                self.ptys.insert(terminal, pty);
                self.ask(match purpose {
                    Purpose::Look(of) => Command::Shell { of, tty },
                    Purpose::Try(index) => Command::Try { index, tty },
                });
            }
            Err(e) => {
                let why = format!("open a terminal for the shell: {e}");
                self.app.overlay = Some(Overlay::Refusal(Refusal::new("no shell", why, "")));
                for effect in screen::shell::refused(self.app, false).into_iter().flatten() {
                    if let Effect::CloseShell(terminal) = effect {
                        self.ptys.remove(&terminal);
                    }
                }
            }
        }
    }

    /// Waits until the engine has undone what there is, gives the terminal back, stops as the shell expects it, and comes back.
    fn suspend(&mut self, screen: &mut terminal::Screen) -> io::Result<()> {
        self.await_idle(screen)?;
        terminal::stop(screen)?;
        let line = "what was made was undone before the stop; what a step needs is made again".to_owned();
        self.app.notice = Some(line);
        Ok(())
    }

    /// Takes messages until the engine waits for a command.
    fn await_idle(&mut self, screen: &mut terminal::Screen) -> io::Result<()> {
        let until = Instant::now() + UNDOING;
        while self.app.pending > 0 && self.app.end.is_none() {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(message) = self.inbox.recv_timeout(left) else { break };
            let effects = self.take(message);
            let effects = effects.into_iter().filter(|e| *e != Effect::Suspend).collect();
            self.carry_out(screen, effects)?;
        }
        Ok(())
    }
}
