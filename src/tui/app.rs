//! The state of the screen: data only. Updates change it, views read it.

use super::keys::Context;
use super::look::Look;
use super::overlay::state::{Help, Overlay};
use super::screen::demo::player::DemoPlayer;
use super::screen::home::state::Home;
use super::screen::shell::state::Shell;
use super::screen::summary::state::Summary;
use super::theme::Theme;
use super::walkthrough::Walkthrough;
use crate::events::Readiness;
use crate::lesson::glossary::Glossary;
use crate::lesson::outline::LessonOutline;
use crate::progress::Progress;
use crate::vocabulary::{Expect, Lesson, Per, Step, Variant};
use ratatui::layout::Rect;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Loads a lesson of the catalog with values for its parameters; else says what is wrong, ready to be shown.
pub type Load = dyn Fn(&str, &BTreeMap<String, String>) -> Result<Lesson, String> + Send + Sync;

/// What the screen must know of the machine before the engine has spoken.
#[derive(Clone)]
pub struct Environment {
    /// Kernel release, as `uname -r` has it.
    pub kernel: String,
    /// Which variant of a lesson applies.
    pub variant: Variant,
    /// What the words of the lessons mean.
    pub glossary: Arc<Glossary>,
    /// Loads a lesson.
    pub load: Arc<Load>,
}

impl Environment {
    /// The variant of a field that applies here.
    pub fn here<'p, T>(&self, per: &'p Per<T>) -> Option<&'p T> {
        per.here(&self.variant)
    }

    /// What of a step is expected here.
    pub fn expected<'s>(&'s self, step: &'s Step) -> impl Iterator<Item = &'s Expect> {
        step.expect.iter().filter(|e| self.variant.meets(e.modifiers.when.as_ref()))
    }

    /// Whether a step is for machines of this kind.
    pub fn has(&self, step: &Step) -> bool {
        self.variant.meets(step.when.as_ref())
    }

    /// A text of a lesson with its references filled in.
    pub fn fill(&self, lesson: &Lesson, text: &str) -> String {
        crate::lesson::text::fill(text, &lesson.params, &self.variant)
    }
}

/// A lesson of the catalog.
pub struct CatalogEntry {
    /// Its id.
    pub id: String,
    /// What is shown of it, or what is wrong with it.
    pub lesson: Result<LessonOutline, String>,
    /// Whether it can be run here; unknown until the engine has tried.
    pub readiness: Option<Readiness>,
}

impl CatalogEntry {
    /// The part of the course that it belongs to.
    pub fn part(&self) -> &str {
        self.lesson.as_ref().ok().and_then(|lesson| lesson.part.as_deref()).unwrap_or("Other lessons")
    }

    /// Why it cannot be run here, if so, and what helps.
    pub fn blocked(&self) -> Option<(&str, &str)> {
        match self.readiness.as_ref()? {
            Readiness::Blocked { reason, remedy } => Some((reason, remedy)),
            _ => None,
        }
    }
}

/// What is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// The lessons.
    Home,
    /// A step.
    Step,
    /// The end of a lesson.
    Summary,
}

/// The screen below overlays and help, with what it shows.
pub enum Shown<'a> {
    /// The lessons.
    Home,
    /// A step.
    Step(&'a Walkthrough),
    /// A shell in a box.
    Shell(&'a Walkthrough, &'a Shell),
    /// The end of a lesson.
    Summary(&'a Walkthrough),
    /// A demo that is played.
    Demo(&'a DemoPlayer),
}

/// How the program ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// By the person's wish.
    Quit,
    /// By a signal.
    Signal(i32),
    /// The terminal is gone: operation, object and cause.
    Deaf(String),
}

/// Smaller than this, nothing sensible can be shown: columns and rows.
pub const SMALLEST: (u16, u16) = (60, 16);

/// Everything.
pub struct App {
    /// The machine.
    pub environment: Environment,
    /// The lessons in teaching order.
    pub entries: Vec<CatalogEntry>,
    /// What the person has done so far.
    pub progress: Progress,
    /// Colours.
    pub theme: Theme,
    /// Columns and rows.
    pub size: (u16, u16),
    /// What is shown.
    pub screen: Screen,
    /// The list.
    pub home: Home,
    /// The open lesson.
    pub walk: Option<Walkthrough>,
    /// The demo that is played.
    pub demo: Option<DemoPlayer>,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// The keys of a context, scrolled; over everything.
    pub help: Option<Help>,
    /// One line that matters now, until the next key.
    pub notice: Option<String>,
    /// Nobody has been here before.
    pub first_start: bool,
    /// The end of a lesson.
    pub summary: Summary,
    /// Commands that the engine has not finished yet.
    pub pending: usize,
    /// How many terminals there have been for shells; each has its number.
    pub terminals: u32,
    /// Drawing or readouts.
    pub look: Look,
    /// What is typed in attempts is kept in receipts.
    pub receipts: bool,
    /// The program is about to end.
    pub end: Option<End>,
    /// Now, as far as views are concerned.
    pub now: Instant,
}

impl App {
    /// The state at the start.
    pub fn new(
        environment: Environment,
        entries: Vec<CatalogEntry>,
        progress: Progress,
        theme: Theme,
        now: Instant,
    ) -> Self {
        let first_start = !progress.first_start;
        let mut app = App {
            environment,
            entries,
            progress,
            theme,
            size: (80, 24),
            screen: Screen::Home,
            home: Home::default(),
            walk: None,
            demo: None,
            overlay: None,
            help: None,
            notice: None,
            first_start,
            summary: Summary::default(),
            pending: 0,
            terminals: 0,
            look: Look::default(),
            receipts: false,
            end: None,
            now,
        };
        let last = app.progress.last.clone();
        app.progress.first_start = true;
        let place = |id: String| app.filtered().iter().position(|at| app.entries[*at].id == id);
        app.home.cursor = last.and_then(place).unwrap_or(0);
        app
    }

    /// Whether the engine has the lesson open that is shown. Of another one that was shown before, nothing lives any more.
    pub fn has_its_lesson_open(&self) -> bool {
        let (Some(demo), Some(walk)) = (&self.demo, &self.walk) else { return true };
        demo.opened.as_ref().is_some_and(|(id, set)| *id == walk.lesson.id && *set == walk.set)
    }

    /// Indices of the lessons that the filter lets through, those of one part of the course together.
    pub fn filtered(&self) -> Vec<usize> {
        let words: Vec<String> = self.home.filter.split_whitespace().map(str::to_lowercase).collect();
        let fits = |entry: &CatalogEntry| {
            let text = match &entry.lesson {
                Ok(lesson) => format!("{} {} {}", entry.id, lesson.title, lesson.summary),
                Err(_) => entry.id.clone(),
            };
            let text = text.to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        let mut shown: Vec<usize> = (0..self.entries.len()).filter(|i| fits(&self.entries[*i])).collect();
        let first = |part: &str| self.entries.iter().position(|entry| entry.part() == part);
        shown.sort_by_key(|i| first(self.entries[*i].part()));
        shown
    }

    /// Whether the terminal shows nothing but that it is too small.
    pub fn is_too_small(&self) -> bool {
        self.size.0 < SMALLEST.0 || self.size.1 < SMALLEST.1
    }

    /// Where the keys go.
    pub fn context(&self) -> Context {
        if self.is_too_small() {
            return Context::Small;
        }
        if self.help.is_some() {
            return Context::Help;
        }
        match &self.overlay {
            // The demo's own keys are for what is zoomed, too.
            Some(Overlay::Zoom(zoom)) if self.demo.is_some() && !zoom.typing => {}
            Some(overlay) => return overlay.context(),
            None => {}
        }
        match self.shown() {
            Shown::Home if self.home.typing => Context::Filter,
            Shown::Home => Context::Home,
            Shown::Step(walk) if walk.running.is_some() => Context::Running,
            Shown::Step(_) => Context::Step,
            Shown::Shell(..) => Context::Shell,
            Shown::Summary(_) => Context::Summary,
            Shown::Demo(_) => Context::Demo,
        }
    }

    /// The screen below overlays and help.
    pub fn shown(&self) -> Shown<'_> {
        let shell = self.walk.as_ref().and_then(|walk| Some((walk, walk.shell.as_ref()?)));
        // What the show types itself is a part of it: the keys stay the show's.
        let shell = shell.filter(|_| !self.demo.as_ref().is_some_and(DemoPlayer::types));
        match (shell, &self.demo, self.screen, &self.walk) {
            (Some((walk, shell)), ..) => Shown::Shell(walk, shell),
            (None, Some(demo), ..) => Shown::Demo(demo),
            (None, None, Screen::Step, Some(walk)) => Shown::Step(walk),
            (None, None, Screen::Summary, Some(walk)) => Shown::Summary(walk),
            (None, None, Screen::Home, _) | (None, None, _, None) => Shown::Home,
        }
    }

    /// The screen between the first line and the last.
    pub fn body(&self) -> Rect {
        Rect::new(0, 1, self.size.0, self.size.1.saturating_sub(2))
    }

    /// By how many lines a page of an overlay is scrolled.
    pub fn overlay_page(&self) -> usize {
        usize::from(self.size.1.saturating_sub(4).max(1))
    }

    /// The entry of a lesson.
    pub fn entry(&self, id: &str) -> Option<&CatalogEntry> {
        self.entries.iter().find(|e| e.id == id)
    }
}
