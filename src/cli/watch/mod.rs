//! `isolab lint --watch`: at each save of one file its mistakes, and what the step that was changed does.

mod file;
mod keys;
mod work;

use super::args::{Global, Lint};
use super::check::interruptible;
use super::console::{complain, complain_of_left};
use super::machine::machine;
use super::{exit, lessons, style, swept};
use crate::demo::lint;
use crate::engine::machine::Machine;
use crate::engine::{self, Options};
use crate::events::{LessonRecord, Status};
use crate::files;
use crate::lesson::load::read;
use crate::lesson::{self, Catalog, Diagnostic, is_script};
use crate::present::plain::{Colours, count, sieve};
use crate::report::Reporter;
use crate::report::text::Text;
use crate::vocabulary::Lesson;
use file::{Followed, Seen};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use keys::{Keys, Pressed};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use work::Work;

/// How often keys and the file are looked at, in milliseconds.
const TICK_MS: u8 = 100;

/// Watches until `q`, Ctrl-C or another signal, or the end of the terminal.
pub fn run(global: &Global, asked: &Lint) -> u8 {
    match open(global, asked) {
        Ok(mut watch) => watch.until_the_end(),
        Err(code) => code,
    }
}

fn open<'a>(global: &Global, asked: &'a Lint) -> Result<Watch<'a>, u8> {
    let [path] = asked.files.as_slice() else {
        complain("`--watch` looks at one file");
        return Err(exit::USAGE);
    };
    if files::is_directory(path) {
        complain(&format!("`--watch` looks at one file, and {} is a directory", path.display()));
        return Err(exit::USAGE);
    }
    if let Err(e) = files::stamp(path) {
        let (path, cause) = (path.display(), files::cause(&e));
        complain(&format!("stat {path}: {cause}; `isolab new lesson NAME` writes a lesson to begin with"));
        return Err(exit::USAGE);
    }
    let catalog = lessons::catalog(global.lessons.as_deref())?;
    let machine = machine()?;
    let interrupted = interruptible()?;
    swept::complain();
    Ok(Watch {
        path,
        catalog,
        machine,
        interrupted,
        file: Followed::new(path),
        keys: Keys::open(),
        work: Work::new(asked.step.clone()),
        left: false,
        heard: true,
    })
}

/// Why it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The person has had enough.
    Quit,
    /// A signal, or the terminal is gone.
    Interrupted,
}

/// What became of a run.
enum Ran {
    /// It came to its end.
    Whole(Box<LessonRecord>),
    /// The file was saved again.
    Outdated,
    /// The person, or a signal, ended it.
    Ended(End),
}

struct Watch<'a> {
    path: &'a Path,
    catalog: Catalog,
    machine: Machine,
    interrupted: Arc<AtomicBool>,
    file: Followed<'a>,
    keys: Keys,
    work: Work,
    /// Whether a run left something that could not be undone.
    left: bool,
    /// Whether somebody still reads what is said.
    heard: bool,
}

impl Watch<'_> {
    fn until_the_end(&mut self) -> u8 {
        let end = loop {
            let saved = match self.file.look() {
                Seen::Saved => self.saved(),
                Seen::Gone => {
                    self.say(&format!("{} is gone; it is looked for\n", self.path.display()));
                    None
                }
                Seen::Same => None,
            };
            if let Some(end) = saved.or_else(|| self.wait()) {
                break end;
            }
        };
        match end {
            _ if self.left => exit::LEFT_BEHIND,
            End::Quit => exit::PASSED,
            End::Interrupted => exit::INTERRUPTED,
        }
    }

    /// Waits for a key, for a moment.
    fn wait(&mut self) -> Option<End> {
        let pressed = self.keys.wait(TICK_MS);
        if self.interrupted.load(Ordering::Relaxed) || !self.heard {
            return Some(End::Interrupted);
        }
        match pressed {
            Pressed::Nothing => None,
            Pressed::Quit => Some(End::Quit),
            Pressed::HungUp => Some(End::Interrupted),
        }
    }

    /// Says what is wrong with the file and, where nothing is, what the step does.
    fn saved(&mut self) -> Option<End> {
        self.heard &= write(if is_screen() { CLEAR } else { "\n" });
        let found = lint::lint(&[self.path.to_owned()], &self.catalog);
        let said = match found.diagnostics.len() {
            0 => "no mistakes".to_owned(),
            some => count(some, "mistake"),
        };
        let warnings = match found.warnings.len() {
            0 => String::new(),
            some => format!(", {}", count(some, "warning")),
        };
        let now = Timestamp::now().to_zoned_datetime(TimeZone::system()).strftime("%H:%M:%S").to_string();
        self.tell(&found.warnings);
        self.tell(&found.diagnostics);
        self.say(&format!("{now}  {}: {said}{warnings}\n", self.path.display()));
        let end = if found.diagnostics.is_empty() { self.try_step() } else { None };
        if end.is_none() && !self.file.is_newer() {
            self.say("\nwaiting for the next save; q ends\n");
        }
        end
    }

    fn try_step(&mut self) -> Option<End> {
        // A save in this moment is seen right after.
        let text = read(self.path).ok().filter(|text| !is_script(text))?;
        let lesson = lesson::load(&self.path.to_string_lossy(), &text, &BTreeMap::new()).ok()?;
        let step = match self.work.step(&text, &lesson) {
            Ok(step) => step,
            Err(why) => {
                complain(&why);
                return None;
            }
        };
        match self.run(&lesson, &step) {
            Ran::Whole(record) => {
                self.keep_what_is_left(&record);
                let report = Text::new(style::columns(false)).finish(&[about(*record, &step)]);
                self.say(&format!("\n{}", String::from_utf8_lossy(&report)));
                None
            }
            Ran::Outdated => None,
            Ran::Ended(end) => Some(end),
        }
    }

    /// Runs a step. A key, a signal or another save ends it early, and what it made is undone.
    fn run(&mut self, lesson: &Lesson, step: &str) -> Ran {
        let options = Options { step: Some(step.to_owned()), without_actions_of: None };
        let cancel = Arc::new(AtomicBool::new(false));
        let (machine, path) = (&self.machine, self.path);
        let (keys, interrupted, file) = (&mut self.keys, &self.interrupted, &self.file);
        let mut early = None;
        let ran = std::thread::scope(|scope| {
            let work = || engine::run(lesson, machine, &options, &cancel, &mut |_| {});
            let run = match std::thread::Builder::new().name("engine".to_owned()).spawn_scoped(scope, work) {
                Ok(run) => run,
                Err(e) => {
                    return Err(format!("run {}: start a thread: {}", path.display(), files::cause(&e)));
                }
            };
            while !run.is_finished() {
                let pressed = keys.wait(TICK_MS);
                let now = match pressed {
                    _ if interrupted.load(Ordering::Relaxed) => Some(Ran::Ended(End::Interrupted)),
                    Pressed::Quit => Some(Ran::Ended(End::Quit)),
                    Pressed::HungUp => Some(Ran::Ended(End::Interrupted)),
                    Pressed::Nothing => file.is_newer().then_some(Ran::Outdated),
                };
                if now.is_some() && early.is_none() {
                    cancel.store(true, Ordering::Relaxed);
                    early = now;
                }
            }
            run.join().map_err(|panic| std::panic::resume_unwind(panic))
        });
        match (ran, early) {
            (Ok(record), None) => Ran::Whole(Box::new(record)),
            (Ok(record), Some(early)) => {
                self.keep_what_is_left(&record);
                early
            }
            (Err(why), _) => {
                complain(&why);
                Ran::Ended(End::Interrupted)
            }
        }
    }

    fn tell(&mut self, diagnostics: &[Diagnostic]) {
        let coloured = style::painted() == Colours::Painted;
        for diagnostic in diagnostics {
            self.say(&format!("{}\n\n", diagnostic.render(coloured)));
        }
    }

    /// Says something, as long as somebody reads it: a watch whose reader has gone away ends.
    fn say(&mut self, text: &str) {
        self.heard &= write(&sieve(text, style::painted()));
    }

    fn keep_what_is_left(&mut self, record: &LessonRecord) {
        complain_of_left(&record.left);
        self.left |= !record.left.is_empty();
    }
}

/// The record of a step, with the earlier one that stopped it, if one did.
fn about(record: LessonRecord, step: &str) -> LessonRecord {
    let wanted = |id: &str, status: &Status| id == step || *status != Status::Passed;
    let steps = record.steps.into_iter().filter(|s| wanted(&s.id, &s.status)).collect();
    LessonRecord { steps, left: Vec::new(), ..record }
}

/// Empties the screen: what was said is about a text that is no more.
const CLEAR: &str = "\x1b[H\x1b[2J";

fn is_screen() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}

/// Whether it could be written.
fn write(text: &str) -> bool {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
}
