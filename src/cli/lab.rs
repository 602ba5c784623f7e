//! The lab on a screen: wires screen, engine and progress together by channels.

use super::console::{complain, complain_of_left};
use super::machine::machine;
use super::style::{self, Surroundings};
use super::{exit, keeper, lessons, swept};
use crate::demo::Plan;
use crate::demo::cast::{Cast, Header, Lines};
use crate::demo::notes::{Happened, Server};
use crate::engine::{self, machine::Machine};
use crate::events::{Command, Event, Status};
use crate::lesson::catalog::{Source, rendered};
use crate::lesson::glossary::Glossary;
use crate::lesson::{Catalog, Diagnostic};
use crate::model::Errno;
use crate::model::Leftover;
use crate::progress::{Progress, Store};
use crate::tui::app::{App, CatalogEntry, Environment};
use crate::tui::message::Message;
use crate::tui::screen::demo::player::{DemoPlayer, Phase};
use crate::tui::theme::{Theme, ThemeKind, depth};
use crate::tui::{self, screen, update};
use crate::vocabulary::{Seed, Selection};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A recording of the screen, with pauses of at most this length.
pub type Record = (PathBuf, Option<Duration>);

/// What the screen opens with.
pub enum Start {
    /// The list of lessons.
    Home,
    /// A lesson.
    Lesson(Lesson),
    /// A demo.
    Demo(Demo),
}

/// `TERM` of a recording that no terminal has shown: what players imitate.
const PLAYER: &str = "xterm-256color";

/// A demo to be played.
pub struct Demo {
    /// The script, made ready for this machine.
    pub plan: Plan,
    /// Nobody is there to press keys.
    pub auto: bool,
    /// Factor of the speed at which it plays by itself.
    pub speed: f64,
    /// Where to record the screen, if anywhere.
    pub record: Option<Record>,
    /// Columns and rows of a screen that is only recorded; without it, the show is on the terminal.
    pub unseen: Option<(u16, u16)>,
}

/// A lesson to be opened.
pub struct Lesson {
    /// Its id.
    pub id: String,
    /// Id of the step; by default, the one where the person left off.
    pub step: Option<String>,
    /// Chooses what the lessons leave open, in this and in every other lesson that is opened on this screen.
    pub seed: Option<Seed>,
    /// Values of parameters.
    pub set: BTreeMap<String, String>,
    /// Where to record the screen, if anywhere.
    pub record: Option<Record>,
    /// What is typed in attempts is kept in receipts.
    pub receipts: bool,
}

impl Start {
    fn record(&self) -> Option<&Record> {
        match self {
            Start::Home => None,
            Start::Lesson(lesson) => lesson.record.as_ref(),
            Start::Demo(demo) => demo.record.as_ref(),
        }
    }

    fn unseen(&self) -> Option<(u16, u16)> {
        match self {
            Start::Home | Start::Lesson(_) => None,
            Start::Demo(demo) => demo.unseen,
        }
    }

    /// A demo has none: a room sees what the script says.
    fn seed(&self) -> Option<&Seed> {
        match self {
            Start::Home | Start::Demo(_) => None,
            Start::Lesson(lesson) => lesson.seed.as_ref(),
        }
    }

    fn title(&self) -> &str {
        match self {
            Start::Home => "lessons",
            Start::Lesson(lesson) => &lesson.id,
            Start::Demo(demo) => &demo.plan.title,
        }
    }
}

/// Opens the lab and gives the exit code.
pub fn open(catalog: Catalog, color: super::args::Color, kind: ThemeKind, start: Start) -> u8 {
    let machine = match machine() {
        Ok(machine) => Arc::new(machine),
        Err(code) => return code,
    };
    let catalog = Arc::new(catalog);
    let glossary = match catalog.glossary() {
        Ok(glossary) => glossary,
        Err(found) => {
            lessons::complain(&found);
            return exit::USAGE;
        }
    };
    let (sender, inbox) = mpsc::channel::<Message>();
    let unseen = start.unseen();
    let recorder = match start.record().map(|r| recorder(r, start.title(), unseen, &sender)).transpose() {
        Ok(recorder) => recorder,
        Err(code) => return code,
    };
    let receipts = matches!(&start, Start::Home | Start::Lesson(Lesson { receipts: true, .. }));
    // A demo does not count as the person's own progress.
    let (store, progress, notices) = if let Start::Demo(_) = &start {
        (None, Progress::default(), Vec::new())
    } else {
        let (store, progress, notices) = Store::open();
        (Some(store), progress, notices)
    };
    let theme = if unseen.is_some() { recorded_theme(color, kind) } else { theme(color, kind) };
    let mut app = App::new(
        environment(&machine, &catalog, glossary, start.seed()),
        entries(&catalog),
        progress,
        theme,
        Instant::now(),
    );
    app.notice = (!notices.is_empty()).then(|| notices.join("; "));
    app.receipts = receipts && keeper::receipts_are_on();
    let around = keeper::Surroundings {
        catalog: catalog.clone(),
        machine: keeper::machine(&machine),
        seed: start.seed().cloned(),
        variant: machine.variant().clone(),
    };
    let mut publish: Option<Box<tui::Publish>> = None;
    let first = match start {
        Start::Home => Vec::new(),
        Start::Lesson(lesson) => update::open(&mut app, &lesson.id, lesson.step.as_deref(), &lesson.set),
        Start::Demo(demo) => {
            let mut demo = DemoPlayer::new(Arc::new(demo.plan), demo.auto, demo.speed, Instant::now());
            match notes(&sender) {
                Ok(server) => publish = Some(Box::new(move |page| server.publish(page))),
                // A show works without a notes window.
                Err(e) => demo.say(format!("isolab notes cannot show the notes: {e}")),
            }
            app.demo = Some(demo);
            screen::demo::begin(&mut app)
        }
    };

    let (commands, asked) = mpsc::channel::<Command>();
    let cancel = Arc::new(AtomicBool::new(false));
    let thread = match serve(machine, catalog, asked, cancel.clone(), forward(&sender)) {
        Ok(thread) => thread,
        Err(e) => {
            complain(&format!("start a thread: {e}"));
            return exit::USAGE;
        }
    };
    let (keep, keeper) = keeper::start(store, around, &sender);
    let mut engine = tui::Engine { commands, cancel: cancel.clone(), keep, recorder, unseen, publish };
    let ended = tui::run(&mut app, &mut engine, first, &inbox, &sender);
    // The open run is undone before the program ends; the flag cancels a command that may still be running.
    if app.pending > 0 {
        cancel.store(true, Ordering::Relaxed);
    }
    drop(engine);
    let served = thread.join();
    let _ = keeper.join();
    let left: Vec<Leftover> = inbox.try_iter().flat_map(left).collect();
    complain_of_left(&left);
    match ended {
        Err(e) => {
            complain(&format!("take the terminal: {e}"));
            exit::USAGE
        }
        Ok(_) if !left.is_empty() => exit::LEFT_BEHIND,
        Ok(tui::app::End::Deaf(why)) => {
            complain(&why);
            exit::USAGE
        }
        Ok(tui::app::End::Signal(number)) => 128 + u8::try_from(number).unwrap_or(0),
        Ok(_) if served.is_err() => exit::USAGE,
        Ok(_) => app.demo.as_ref().map_or(exit::PASSED, played),
    }
}

/// The server that notes windows attach to. It tells the show about its events.
fn notes(told: &mpsc::Sender<Message>) -> std::io::Result<Server> {
    let told = told.clone();
    Server::open(move |happened| {
        let (windows, line) = match happened {
            Happened::Attached { windows } => (Some(windows), None),
            Happened::Left { windows, why } => {
                (Some(windows), why.map(|why| format!("a notes window was dropped: {why}")))
            }
            Happened::Refused { user } => {
                (None, Some(format!("a process of user {user} wanted to read the notes, and was refused")))
            }
        };
        for message in windows.map(Message::Windows).into_iter().chain(line.map(Message::Told)) {
            let _ = told.send(message);
        }
    })
}

/// The exit code of a demo: only an unattended one is judged.
fn played(demo: &DemoPlayer) -> u8 {
    if !demo.auto {
        return exit::PASSED;
    }
    for (place, status) in &demo.outcomes {
        if let Status::Failed | Status::Blocked { .. } = status {
            let why = demo.reasons.get(place).map(|why| format!(": {why}")).unwrap_or_default();
            complain(&format!("{}: {}{why}", demo.title_at(*place), status.word()));
        }
    }
    match demo.verdict() {
        _ if demo.phase != Phase::Over => exit::INTERRUPTED,
        Status::Failed => exit::FAILED,
        Status::Blocked { .. } => exit::BLOCKED,
        _ => exit::PASSED,
    }
}

/// Passes messages on. When nobody listens any more, they are lost: the open run is undone when the commands end.
fn forward(to: &mpsc::Sender<Message>) -> impl Fn(Message) + Send + 'static + use<> {
    let to = to.clone();
    move |message| drop(to.send(message))
}

/// The engine, on a thread of its own.
///
/// # Errors
/// The thread cannot be started.
pub fn serve(
    machine: Arc<Machine>,
    catalog: Arc<Catalog>,
    asked: mpsc::Receiver<Command>,
    cancel: Arc<AtomicBool>,
    tell: impl Fn(Message) + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    // The guardian dies with the thread that started it (PR_SET_PDEATHSIG), so this one thread starts them all and outlives them.
    std::thread::Builder::new().name("engine".to_owned()).spawn(move || {
        for line in swept::sweep() {
            tell(Message::Told(line));
        }
        let mut emit = |event| tell(Message::Engine(event));
        engine::serve(&machine, &catalog, &asked, &cancel, &mut emit);
    })
}

/// Records the screen in a file. If that fails, the lab goes on without it and says so.
struct Recording {
    cast: Option<Cast<Lines>>,
    path: PathBuf,
    told: mpsc::Sender<Message>,
}

impl Recording {
    fn keep(&mut self, event: impl FnOnce(&mut Cast<Lines>, Instant) -> std::io::Result<()>) {
        let Some(cast) = &mut self.cast else { return };
        if let Err(e) = event(cast, Instant::now()) {
            self.cast = None;
            let line = format!("the recording has ended: write {}: {}", self.path.display(), Errno::of(&e));
            let _ = self.told.send(Message::Told(line));
        }
    }
}

impl tui::Recorder for Recording {
    fn output(&mut self, bytes: &[u8]) {
        self.keep(|cast, now| cast.output(bytes, now));
    }
    fn marker(&mut self, label: &str) {
        self.keep(|cast, now| cast.marker(label, now));
    }
    fn resized(&mut self, columns: u16, rows: u16) {
        self.keep(|cast, now| cast.resized(columns, rows, now));
    }
}

fn recorder(
    (path, idle): &Record,
    title: &str,
    unseen: Option<(u16, u16)>,
    told: &mpsc::Sender<Message>,
) -> Result<tui::Shared, u8> {
    let terminal = || terminal_size::terminal_size_of(std::io::stdout()).map(|(w, h)| (w.0, h.0));
    let (width, height) = unseen.or_else(terminal).unwrap_or((80, 24));
    let term = if unseen.is_some() { PLAYER.to_owned() } else { std::env::var("TERM").unwrap_or_default() };
    let header = Header {
        width,
        height,
        title: format!("isolab: {title}"),
        env: BTreeMap::from([("TERM".to_owned(), term)]),
    };
    let cast = Cast::create(path, &header, *idle).map_err(|e| {
        let help = match e.kind() {
            std::io::ErrorKind::AlreadyExists => {
                "; a recording does not overwrite a file: choose another name"
            }
            _ => "",
        };
        complain(&format!("create {}: {}{help}", path.display(), Errno::of(&e)));
        exit::USAGE
    })?;
    let recording = Recording { cast: Some(cast), path: path.clone(), told: told.clone() };
    Ok(Arc::new(Mutex::new(recording)))
}

/// What could not be undone, according to a message.
fn left(message: Message) -> Vec<Leftover> {
    match message {
        Message::Engine(Event::Undone { left }) => left,
        _ => Vec::new(),
    }
}

fn environment(
    machine: &Arc<Machine>,
    catalog: &Arc<Catalog>,
    glossary: Glossary,
    seed: Option<&Seed>,
) -> Environment {
    let (lessons, seed) = (catalog.clone(), seed.cloned());
    Environment {
        kernel: machine.kernel.clone(),
        variant: machine.variant().clone(),
        glossary: Arc::new(glossary),
        load: Arc::new(move |id, set| {
            lessons.load_selected(id, &Selection { seed: seed.clone(), set: set.clone() })
        }),
    }
}

fn entries(catalog: &Catalog) -> Vec<CatalogEntry> {
    let loaded = catalog.sources().iter().zip(catalog.outlines());
    let entry = |(source, lesson): (&Source, Result<_, Vec<Diagnostic>>)| CatalogEntry {
        id: source.id.clone(),
        lesson: lesson.map_err(|found| rendered(&found)),
        readiness: None,
    };
    loaded.map(entry).collect()
}

/// The theme of a recording that no terminal shows: coloured unless the person says otherwise.
fn recorded_theme(color: super::args::Color, kind: ThemeKind) -> Theme {
    let around = Surroundings { terminal: true, dumb: false, ..Surroundings::here(false) };
    Theme { depth: depth(style::colors(color, around), PLAYER, ""), kind }
}

/// The theme for this terminal.
pub fn theme(color: super::args::Color, kind: ThemeKind) -> Theme {
    let told = |name: &str| std::env::var(name).unwrap_or_default();
    let colors = style::colors(color, Surroundings::here(false));
    Theme { depth: depth(colors, &told("TERM"), &told("COLORTERM")), kind }
}
