//! The screen without a terminal: the state, driven by keys and by what a recording says, and its frames as cells.

use super::recording::{self, Exchange, Recording};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use isolab::demo::Plan;
use isolab::demo::script::emphasis::Emphasis;
use isolab::demo::script::shape::Pace;
use isolab::events::{Command, Event, Readiness};
use isolab::lesson::Catalog;
use isolab::lesson::glossary::Glossary;
use isolab::lesson::outline::LessonOutline;
use isolab::progress::Progress;
use isolab::tui::app::{App, CatalogEntry, Environment};
use isolab::tui::message::{Effect, Message, Purpose};
use isolab::tui::screen::demo::player::DemoPlayer;
use isolab::tui::theme::{Depth, Theme, ThemeKind};
use isolab::tui::{screen, update, view};
use isolab::vocabulary::when::Rights;
use isolab::vocabulary::{Lesson, Variant, Version};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The screen, and a recording in the engine's place.
pub struct Stage {
    pub app: App,
    /// Everything that the updates have wanted to be done, in order.
    pub effects: Vec<Effect>,
    /// What the engine was asked and has not answered yet.
    pub asked: VecDeque<Command>,
    recording: Option<Arc<Recording>>,
    machine: Machine,
    /// When the step began, for events that say how long ago that was.
    began: Instant,
}

/// Names of control files where cgroup v1 has the controllers, as where the recordings were made.
fn knob(name: &str) -> Option<String> {
    let file = match name {
        "cpu.max" => "cpu.cfs_quota_us and cpu.cfs_period_us",
        "cpu.weight" => "cpu.shares",
        "cpu.stat" => "cpu.stat",
        "memory.max" => "memory.limit_in_bytes",
        "memory.current" => "memory.usage_in_bytes",
        "memory.peak" => "memory.max_usage_in_bytes",
        "memory.high" => "memory.soft_limit_in_bytes",
        "memory.events" => "memory.oom_control",
        "cgroup.procs" => "cgroup.procs",
        "cgroup.threads" => "tasks",
        _ => return None,
    };
    Some(file.to_owned())
}

/// Where the recordings that stand for the engine were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// Controllers of cgroup v1, by root.
    V1Root,
    /// Debian under systemd with cgroup v2, by an ordinary user: what most students have.
    V2User,
}

impl Machine {
    fn variant(self) -> Variant {
        match self {
            Machine::V1Root => Variant::new(Version::V1, Rights::Root).with_files(knob),
            Machine::V2User => Variant::new(Version::V2, Rights::Rootless),
        }
    }

    /// The name of a lesson's recording.
    pub fn recording(self, lesson: &str) -> String {
        match self {
            Machine::V1Root => lesson.to_owned(),
            Machine::V2User => format!("v2-user/{lesson}"),
        }
    }
}

fn variant() -> Variant {
    Machine::V1Root.variant()
}

pub fn environment() -> Environment {
    environment_of(Machine::V1Root)
}

fn environment_of(machine: Machine) -> Environment {
    Environment {
        kernel: "6.1.0-28-amd64".to_owned(),
        variant: machine.variant(),
        glossary: Arc::new(Glossary::built_in()),
        load: Arc::new(load),
    }
}

/// Loading is slow without optimisation, and there are few lessons and values.
fn load(id: &str, set: &BTreeMap<String, String>) -> Result<Lesson, String> {
    type Loaded = BTreeMap<(String, BTreeMap<String, String>), Result<Lesson, String>>;
    static LOADED: Mutex<Loaded> = Mutex::new(BTreeMap::new());
    let key = (id.to_owned(), set.clone());
    if let Some(known) = LOADED.lock().expect("no test fails while it loads").get(&key) {
        return known.clone();
    }
    let lesson = load_anew(id, set);
    LOADED.lock().expect("no test fails while it loads").insert(key, lesson.clone());
    lesson
}

fn load_anew(id: &str, set: &BTreeMap<String, String>) -> Result<Lesson, String> {
    let catalog = Catalog::built_in();
    catalog.find(id)?.load(set).map_err(|found| {
        let texts: Vec<String> = found.iter().map(|d| d.render(false)).collect();
        texts.join("\n")
    })
}

fn entries() -> Vec<CatalogEntry> {
    let catalog = Catalog::built_in();
    let entry = |id: &String| CatalogEntry {
        id: id.clone(),
        lesson: load(id, &BTreeMap::new()).map(|lesson| LessonOutline::from(&lesson)),
        readiness: None,
    };
    catalog.sources().iter().map(|s| entry(&s.id)).collect()
}

/// The default theme in true colour.
pub const DARK: Theme = Theme { depth: Depth::True, kind: ThemeKind::Dark };

impl Stage {
    /// Home, as at the first start.
    pub fn new(columns: u16, rows: u16) -> Self {
        Self::with(Progress::default(), columns, rows)
    }

    /// Home, of somebody with this progress.
    pub fn with(progress: Progress, columns: u16, rows: u16) -> Self {
        let now = Instant::now();
        let mut app = App::new(environment(), entries(), progress, DARK, now);
        app.size = (columns, rows);
        Stage {
            app,
            effects: Vec::new(),
            asked: VecDeque::new(),
            recording: None,
            machine: Machine::V1Root,
            began: now,
        }
    }

    /// Every lesson can be run.
    pub fn ready(mut self) -> Self {
        let all = self.app.entries.iter().map(|e| (e.id.clone(), Readiness::Ready)).collect();
        self.tell(Event::Readiness(all));
        self
    }

    /// The lesson is open, at its first step; the recording stands for the engine.
    pub fn lesson(id: &str, columns: u16, rows: u16) -> Self {
        Self::lesson_on(Machine::V1Root, id, columns, rows)
    }

    /// The same on another kind of machine.
    pub fn lesson_on(machine: Machine, id: &str, columns: u16, rows: u16) -> Self {
        let mut stage = Self::new(columns, rows).ready();
        stage.app.environment = environment_of(machine);
        stage.machine = machine;
        stage.open(id);
        stage
    }

    /// Opens a lesson as `isolab learn` does.
    pub fn open(&mut self, id: &str) {
        self.play(&self.machine.recording(id));
        let effects = update::open(&mut self.app, id, None, &BTreeMap::new());
        self.carry_out(effects);
        self.answer();
    }

    /// The demo that the tests play, at its first cue.
    pub fn demo(columns: u16, rows: u16) -> Self {
        Self::demo_of(include_str!("../demos/names.yaml"), columns, rows)
    }

    /// A demo script called `names`, at its first cue.
    pub fn demo_of(text: &str, columns: u16, rows: u16) -> Self {
        let script = isolab::demo::script::load::load("names.yaml", text, &Catalog::built_in());
        let script = script.unwrap_or_else(|found| panic!("{}", found[0]));
        let plan = Plan::new(&script, &variant(), &load).expect("its lessons are there");
        let mut stage = Self::new(columns, rows).ready();
        stage.play("uts");
        stage.app.demo = Some(DemoPlayer::new(Arc::new(plan), false, 1.0, stage.app.now));
        let effects = screen::demo::begin(&mut stage.app);
        stage.carry_out(effects);
        stage
    }

    /// Everything in the demo has this emphasis.
    pub fn emphasises(&mut self, emphasis: &Emphasis) {
        let demo = self.app.demo.as_mut().expect("a demo is played");
        let mut plan = Plan::clone(&demo.plan);
        plan.cues.iter_mut().for_each(|cue| cue.emphasis = Some(emphasis.clone()));
        demo.plan = Arc::new(plan);
    }

    /// The steps of the demo are typed.
    pub fn types(&mut self) {
        let demo = self.app.demo.as_mut().expect("a demo is played");
        let mut plan = Plan::clone(&demo.plan);
        plan.cues.iter_mut().for_each(|cue| cue.typed = true);
        demo.plan = Arc::new(plan);
    }

    /// Everything in the demo has this pace, written as in a script.
    pub fn paces(&mut self, pace: &str) {
        let pace: Pace =
            serde_yaml::with::singleton_map_recursive::deserialize(serde_yaml::Deserializer::from_str(pace))
                .expect("a pace");
        let demo = self.app.demo.as_mut().expect("a demo is played");
        let mut plan = Plan::clone(&demo.plan);
        plan.cues.iter_mut().for_each(|cue| cue.pace = pace.clone());
        demo.plan = Arc::new(plan);
    }

    /// So much time passes.
    pub fn pass(&mut self, time: Duration) -> Vec<Effect> {
        let now = self.app.now + time;
        self.send(Message::Tick(now))
    }

    /// From now on this recording stands for the engine.
    pub fn play(&mut self, name: &str) {
        self.recording = Some(recording::load(name));
    }

    /// A message, and what is to be done then.
    pub fn send(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = update::update(&mut self.app, message);
        // The terminal's title follows from the place, which is looked at itself.
        effects.retain(|e| !matches!(e, Effect::Mark(_) | Effect::Publish(_)));
        self.carry_out(effects.clone());
        effects
    }

    /// What the loop does with effects, without a terminal and without an engine.
    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in &effects {
            let tty = PathBuf::from("/dev/pts/7");
            let command = match effect {
                Effect::Ask(command) => command.clone(),
                Effect::OpenShell { purpose: Purpose::Look(of), .. } => {
                    Command::Shell { of: of.clone(), tty }
                }
                Effect::OpenShell { purpose: Purpose::Try(index), .. } => Command::Try { index: *index, tty },
                _ => continue,
            };
            self.app.pending += 1;
            self.asked.push_back(command);
        }
        self.effects.extend(effects);
    }

    /// Keys by their names, separated by spaces: `Enter`, `Ctrl-]`, `R`, `Space`.
    pub fn press(&mut self, names: &str) -> Vec<Effect> {
        names.split(' ').flat_map(|name| self.send(Message::Key(key(name)))).collect()
    }

    /// Each character as a key.
    pub fn type_in(&mut self, text: &str) -> Vec<Effect> {
        let event = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        text.chars().flat_map(|c| self.send(Message::Key(event(c)))).collect()
    }

    /// The engine says something.
    pub fn tell(&mut self, event: Event) -> Vec<Effect> {
        match &event {
            Event::StepStarted { .. } => self.began = self.app.now,
            Event::Sampled(sample) => self.app.now = self.began + Duration::from_millis(sample.at_ms),
            Event::StepEnded(record) => self.app.now = self.began + Duration::from_millis(record.took_ms),
            _ => {}
        }
        self.send(Message::Engine(event))
    }

    pub fn tell_all(&mut self, events: &[Event]) {
        for event in events {
            self.tell(event.clone());
        }
    }

    /// What the recording says to a command; to one that it does not have, that it is done.
    pub fn says(&self, command: &Command) -> Vec<Event> {
        let recording = self.recording.as_deref();
        let exchanges: &[Exchange] = recording.map_or(&[], |r| &r.exchanges);
        let same = |e: &&Exchange| match (&e.command, command) {
            (Command::Open { lesson: a, .. }, Command::Open { lesson: b, .. })
            | (Command::Shell { of: a, .. }, Command::Shell { of: b, .. }) => a == b,
            (Command::Try { index: a, .. }, Command::Try { index: b, .. }) => a == b,
            (Command::Watch { ids: a, .. }, Command::Watch { ids: b, .. }) => a.is_empty() == b.is_empty(),
            (a, b) => a == b,
        };
        match (exchanges.iter().find(same), command) {
            (Some(exchange), _) => exchange.events.clone(),
            (None, Command::Namespaces) => {
                let mut events = Vec::from_iter(self.app.walk.as_ref().and_then(|w| w.map_now.clone()));
                events
                    .pop()
                    .map(|map| Event::Namespaces(Box::new(map)))
                    .into_iter()
                    .chain([Event::Idle])
                    .collect()
            }
            (None, Command::Prepare(index)) => self.says_to_prepare(*index),
            (None, _) => vec![Event::Idle],
        }
    }

    /// Where no preparation was recorded: what the run of the step begins with.
    fn says_to_prepare(&self, index: usize) -> Vec<Event> {
        let run = self.says(&Command::Run(index));
        let start =
            run.iter().position(|e| matches!(e, Event::StepStarted { index: at, .. } if *at == index));
        let behind = |start: usize| {
            let map = run[start..].iter().position(|e| matches!(e, Event::Namespaces(_)))?;
            Some([&run[..=start + map], &[Event::Prepared { index }, Event::Idle]].concat())
        };
        start.and_then(behind).unwrap_or_else(|| vec![Event::Idle])
    }

    /// The engine does everything that it was asked.
    pub fn answer(&mut self) {
        while let Some(command) = self.asked.pop_front() {
            let events = self.says(&command);
            self.tell_all(&events);
        }
    }

    /// The engine goes on until this event has been told; the rest is still to come.
    pub fn answer_until(&mut self, last: impl Fn(&Event) -> bool) -> Vec<Event> {
        let Some(command) = self.asked.pop_front() else { panic!("nothing was asked") };
        let mut events: VecDeque<Event> = self.says(&command).into();
        while let Some(event) = events.pop_front() {
            self.tell(event.clone());
            if last(&event) {
                return events.into();
            }
        }
        panic!("the recording does not have this event");
    }

    /// Shows the step with this number and runs it.
    pub fn run(&mut self, index: usize) {
        self.turn(index);
        self.press("r");
        self.answer();
    }

    /// Shows this step, however far away it is.
    pub fn turn(&mut self, index: usize) {
        self.app.walk.as_mut().expect("a lesson is open").turn(index);
    }

    /// A frame of the size that the screen has.
    pub fn frame(&self) -> Buffer {
        let mut terminal =
            Terminal::new(TestBackend::new(self.app.size.0, self.app.size.1)).expect("a screen in memory");
        terminal.draw(|frame| view::draw(frame, &self.app)).expect("nothing can go wrong in memory");
        terminal.backend().buffer().clone()
    }

    /// The frame as text.
    pub fn text(&self) -> String {
        text(&self.frame())
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.send(Message::Resize(columns, rows));
    }
}

/// A key by its name, as the footer writes it.
pub fn key(name: &str) -> KeyEvent {
    let (name, modifiers) = match name.strip_prefix("Ctrl-") {
        Some(rest) => (rest, KeyModifiers::CONTROL),
        None => match name.strip_prefix("Shift-").filter(|rest| *rest != "Tab") {
            Some(rest) => (rest, KeyModifiers::SHIFT),
            None => (name, KeyModifiers::NONE),
        },
    };
    let code = match name {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "Shift-Tab" => KeyCode::BackTab,
        "Backspace" => KeyCode::Backspace,
        "Space" => KeyCode::Char(' '),
        "↑" => KeyCode::Up,
        "↓" => KeyCode::Down,
        "←" => KeyCode::Left,
        "→" => KeyCode::Right,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        _ => match (name.strip_prefix('F').and_then(|n| n.parse().ok()), name.chars().next()) {
            (Some(n), _) => KeyCode::F(n),
            (None, Some(c)) if name.chars().count() == 1 => KeyCode::Char(c),
            _ => panic!("no key is called {name}"),
        },
    };
    KeyEvent::new(code, modifiers)
}

/// A row of cells as text; what a wide character covers is left out.
pub fn row(buffer: &Buffer, y: u16) -> String {
    let mut out = String::new();
    let mut covered = 0;
    for x in buffer.area.left()..buffer.area.right() {
        let symbol = buffer[(x, y)].symbol();
        if covered > 0 {
            covered -= 1;
            continue;
        }
        covered = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
        out.push_str(symbol);
    }
    out
}

/// Cells as text, without spaces at the ends of lines.
pub fn text(buffer: &Buffer) -> String {
    let rows = (buffer.area.top()..buffer.area.bottom()).map(|y| row(buffer, y).trim_end().to_owned());
    rows.collect::<Vec<_>>().join("\n")
}
