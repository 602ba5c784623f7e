//! What a student hands in: for each step the lines to type. Either a directory with a file `LESSON/STEP.sh` for each step, or one file with a
//! section for each step, which begins with a line `# step: LESSON/STEP` or, for a single lesson, `# step: STEP`.

use super::again::line_here;
use super::receipt::{StepReceipt, Variables};
use crate::files;
use crate::lesson::Diagnostic;
use crate::lesson::diagnostic::Mistake;
use crate::lesson::span::Span;
use crate::model::Errno;
use crate::vocabulary::Lesson;
use crate::vocabulary::suggest::suggest;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

/// The most bytes of one file.
pub const MOST_BYTES: u64 = 256 << 10;
/// The most bytes of one line: a terminal in its usual mode takes 4,095 at a time (`termios(3)`, canonical mode).
pub const MOST_OF_A_LINE: usize = 4000;
/// The most lines for one step.
pub const MOST_LINES: usize = 1000;
/// How a section begins.
const MARK: &str = "# step:";
/// The extension of a step's file.
const EXTENSION: &str = "sh";

/// The lines for one step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// To be typed one after the other.
    pub lines: Vec<String>,
    /// They were typed before, by somebody at a keyboard, and are sent key by key as they were sent then.
    pub again: Option<Again>,
}

/// What is known of the run in which lines were typed before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Again {
    /// For each line the box whose shell it was typed into; none for the first shell.
    pub of: Vec<Option<String>>,
    /// For each line the milliseconds from the start of the first shell.
    pub at_ms: Vec<u64>,
    /// The variables of the first shell.
    pub variables: Variables,
    /// Those of each further shell, by the box that it was in.
    pub shells: BTreeMap<String, Variables>,
}

impl Again {
    /// A line for the shell of this box, which has these variables now.
    pub fn line_here(&self, line: &str, of: &str, now: &Variables) -> String {
        line_here(line, self.shells.get(of).unwrap_or(&self.variables), now)
    }
}

impl Answer {
    /// What a receipt says was typed for a step.
    pub fn of_receipt(step: &StepReceipt) -> Self {
        Answer {
            lines: step.typed.iter().map(|typed| typed.line.clone()).collect(),
            again: Some(Again {
                of: step.typed.iter().map(|typed| typed.shell.clone()).collect(),
                at_ms: step.typed.iter().map(|typed| typed.at_ms).collect(),
                variables: step.variables.clone(),
                shells: step.shells.clone(),
            }),
        }
    }

    /// The lines, each with the box in whose shell it is typed; `first` is that of the shell that opens by itself.
    pub fn by_shell<'l>(&'l self, lesson: &Lesson, first: &'l str) -> Vec<(&'l str, &'l str)> {
        let lines = self.lines.iter().map(String::as_str);
        match &self.again {
            None => lines.map(|line| of_which_box(lesson, line).unwrap_or((first, line))).collect(),
            Some(again) => {
                lines.zip(&again.of).map(|(line, of)| (of.as_deref().unwrap_or(first), line)).collect()
            }
        }
    }

    /// Whether there is nothing in it to type.
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.trim().is_empty())
    }
}

/// The box in whose shell a line such as `right# ip link set lo up` is typed, and what is typed there; nothing for a line without one.
pub fn of_which_box<'l>(lesson: &Lesson, line: &'l str) -> Option<(&'l str, &'l str)> {
    line.split_once("# ").filter(|(of, _)| lesson.boxes.contains_key(*of))
}

/// All that was handed in, by lesson and step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers(BTreeMap<(String, String), Answer>);

impl Answers {
    /// Reads a directory or a file. `known` are all lessons that there are, `asked` those to be graded; without any, the answers say which.
    ///
    /// # Errors
    /// Every mistake, at its place in its file: a step that does not exist, text that cannot be typed.
    pub fn read(path: &Path, known: &[&Lesson], asked: &[&Lesson]) -> Result<Self, Vec<Diagnostic>> {
        let mut reading = Reading { known, asked, found: Answers::default(), mistakes: Vec::new() };
        if files::is_directory(path) {
            reading.directory(path);
        } else {
            reading.sections(path);
        }
        if reading.mistakes.is_empty() { Ok(reading.found) } else { Err(reading.mistakes) }
    }

    /// For one step.
    pub fn of(&self, lesson: &str, step: &str) -> Option<&Answer> {
        self.0.get(&(lesson.to_owned(), step.to_owned()))
    }

    /// Whether there are any for this lesson.
    pub fn has_lesson(&self, lesson: &str) -> bool {
        self.0.keys().any(|(of, _)| of == lesson)
    }

    /// Puts one in.
    pub fn insert(&mut self, lesson: &str, step: &str, answer: Answer) {
        self.0.insert((lesson.to_owned(), step.to_owned()), answer);
    }
}

/// What a section names and where, and its lines with their offsets.
type Section<'t> = (Span, &'t str, Vec<(usize, &'t str)>);

struct Reading<'r> {
    known: &'r [&'r Lesson],
    asked: &'r [&'r Lesson],
    found: Answers,
    mistakes: Vec<Diagnostic>,
}

impl Reading<'_> {
    fn whole(&mut self, path: &Path, message: impl Into<String>, help: Option<String>) {
        self.mistakes.push(Diagnostic::whole_file(&path.display().to_string(), message, help));
    }

    fn directory(&mut self, path: &Path) {
        let entries = match files::list(path) {
            Ok(entries) => entries,
            Err(e) => return self.whole(path, format!("list: {}", Errno::of(&e)), None),
        };
        for entry in entries.into_iter().filter(|entry| files::is_directory(entry) && !hidden(entry)) {
            let name = name(&entry);
            if let Some(lesson) = self.known.iter().find(|lesson| lesson.id == name) {
                self.lesson(&entry, lesson);
            } else {
                let help = suggest(&name, self.known.iter().map(|l| l.id.as_str()).collect::<Vec<_>>());
                self.whole(&entry, format!("there is no lesson `{name}`"), help);
            }
        }
    }

    fn lesson(&mut self, directory: &Path, lesson: &Lesson) {
        let entries = match files::list(directory) {
            Ok(entries) => entries,
            Err(e) => return self.whole(directory, format!("list: {}", Errno::of(&e)), None),
        };
        for entry in entries.into_iter().filter(|entry| !files::is_directory(entry) && !hidden(entry)) {
            let named = entry.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let is_answer = entry.extension().is_some_and(|e| e == EXTENSION);
            let step = lesson.steps.iter().find(|step| step.id == named);
            match (step, is_answer) {
                (Some(step), true) => self.file(&entry, lesson, &step.id),
                (Some(_), false) => {
                    let help = Some(format!("call it {named}.{EXTENSION}"));
                    self.whole(&entry, "this file is not read as an answer", help);
                }
                (None, true) => {
                    self.whole(&entry, unknown(lesson, &named), steps(lesson, &named));
                }
                // Notes, and whatever else is beside the answers.
                (None, false) => {}
            }
        }
    }

    fn file(&mut self, path: &Path, lesson: &Lesson, step: &str) {
        let Some(text) = self.text(path) else { return };
        let lines: Vec<(usize, &str)> = with_offsets(&text).collect();
        let answer = self.checked(path, &text, &lines);
        self.found.insert(&lesson.id, step, answer);
    }

    fn sections(&mut self, path: &Path) {
        let Some(text) = self.text(path) else { return };
        let mut sections: Vec<Section> = Vec::new();
        for (start, line) in with_offsets(&text) {
            if let Some(named) = line.strip_prefix(MARK) {
                let named = named.trim();
                let at = start + line.find(named).unwrap_or(0);
                sections.push((Span { start: at, end: at + named.len().max(1) }, named, Vec::new()));
            } else if let Some((_, _, lines)) = sections.last_mut() {
                lines.push((start, line));
            } else if !(line.trim().is_empty() || line.starts_with('#')) {
                let span = Span { start, end: start + line.len() };
                let mistake = Mistake::new(span, "this line is before the first step")
                    .help(format!("begin with a line such as `{MARK} uts/rename`"));
                return self.mistakes.extend(Diagnostic::locate(&name_of(path), &text, vec![mistake]));
            }
        }
        let mut mistakes = Vec::new();
        let mut good = Vec::new();
        for (span, named, lines) in &sections {
            match self.step_named(named) {
                Ok((lesson, step)) if self.found.of(&lesson, &step).is_some() => {
                    mistakes.push(Mistake::new(*span, format!("a second section for {lesson}/{step}")));
                }
                Ok((lesson, step)) => {
                    self.found.insert(&lesson, &step, Answer::default());
                    good.push((lesson, step, lines));
                }
                Err((message, help)) => mistakes.push(Mistake::new(*span, message).maybe_help(help)),
            }
        }
        self.mistakes.extend(Diagnostic::locate(&name_of(path), &text, mistakes));
        for (lesson, step, lines) in good {
            let answer = self.checked(path, &text, lines);
            self.found.insert(&lesson, &step, answer);
        }
    }

    /// The lesson and the step that a section names.
    fn step_named(&self, named: &str) -> Result<(String, String), (String, Option<String>)> {
        let (lesson, step) = match (named.split_once('/'), self.asked) {
            (Some((lesson, step)), _) => {
                let found = self.known.iter().find(|l| l.id == lesson).ok_or_else(|| {
                    let ids: Vec<&str> = self.known.iter().map(|l| l.id.as_str()).collect();
                    (format!("there is no lesson `{lesson}`"), suggest(lesson, ids))
                })?;
                (*found, step)
            }
            (None, [only]) => (*only, named),
            (None, _) => {
                let message = format!("`{named}` does not say of which lesson");
                return Err((message, Some(format!("write `{MARK} LESSON/STEP`, or name one lesson"))));
            }
        };
        if lesson.steps.iter().any(|s| s.id == step) {
            return Ok((lesson.id.clone(), step.to_owned()));
        }
        Err((unknown(lesson, step), steps(lesson, step)))
    }

    /// The lines as they can be typed. Blank lines at the end go, and so does the first one where it names an interpreter.
    fn checked(&mut self, path: &Path, text: &str, lines: &[(usize, &str)]) -> Answer {
        let mut mistakes = Vec::new();
        for (start, line) in lines {
            let typable = |c: char| c == '\t' || !c.is_control();
            if let Some((at, c)) = line.char_indices().find(|(_, c)| !typable(*c)) {
                let span = Span { start: start + at, end: start + at + c.len_utf8() };
                mistakes.push(Mistake::new(span, "a control character cannot be part of an answer"));
            }
            if line.len() > MOST_OF_A_LINE {
                let message = format!("a line of {} bytes; a terminal takes {MOST_OF_A_LINE}", line.len());
                mistakes.push(Mistake::new(Span { start: *start, end: start + line.len() }, message));
            }
        }
        let from = usize::from(lines.first().is_some_and(|(_, line)| line.starts_with("#!")));
        let typed = &lines[from..];
        let end = typed.iter().rposition(|(_, line)| !line.trim().is_empty()).map_or(0, |last| last + 1);
        if end > MOST_LINES {
            let (start, line) = typed[MOST_LINES];
            let message = format!("an answer of {end} lines; {MOST_LINES} are the most");
            mistakes.push(Mistake::new(Span { start, end: start + line.len() }, message));
        }
        self.mistakes.extend(Diagnostic::locate(&name_of(path), text, mistakes));
        Answer { lines: typed[..end].iter().map(|(_, line)| (*line).to_owned()).collect(), again: None }
    }

    fn text(&mut self, path: &Path) -> Option<String> {
        match bytes(path) {
            Err(e) => self.whole(path, format!("read: {}", files::cause(&e)), None),
            Ok(bytes) if bytes.len() as u64 > MOST_BYTES => {
                self.whole(path, format!("larger than {} KiB", MOST_BYTES >> 10), None);
            }
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => return Some(text),
                Err(e) => {
                    let good = e.utf8_error().valid_up_to();
                    let text = String::from_utf8_lossy(e.as_bytes()).into_owned();
                    let mistake = Mistake::new(Span { start: good, end: good + 3 }, "this is not UTF-8");
                    self.mistakes.extend(Diagnostic::locate(&name_of(path), &text, vec![mistake]));
                }
            },
        }
        None
    }
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let file = files::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Each line without its end, with the offset of its first byte.
fn with_offsets(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches('\n').trim_end_matches('\r'))
    })
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn name_of(path: &Path) -> String {
    path.display().to_string()
}

fn hidden(path: &Path) -> bool {
    name(path).starts_with('.')
}

fn unknown(lesson: &Lesson, step: &str) -> String {
    format!("{} has no step `{step}`", lesson.id)
}

fn steps(lesson: &Lesson, step: &str) -> Option<String> {
    suggest(step, lesson.steps.iter().map(|s| s.id.as_str()).collect::<Vec<_>>())
}
