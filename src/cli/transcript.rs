//! `isolab learn --plain`: a lesson as lines, for screen readers, serial consoles and terminals that have no cursor.

mod inbox;

use super::console::{complain, complain_of_left};
use super::machine::machine;
use super::{exit, lab, style};
use crate::engine::machine::Machine;
use crate::events::{ActionRecord, Command, Event, ReadoutRecord, SETUP, Status, StepRecord};
use crate::lesson::Catalog;
use crate::present::action::awaiting;
use crate::present::plain::{Colours, count, hang, one_line, sieve, took};
use crate::present::shell::{refusal, remedy};
use crate::progress::{Done, LessonProgress, Progress, Store};
use crate::report::transcript::{Transcript, cause, is_deeper};
use crate::vocabulary::{Lesson, Selection, Step};
use inbox::{End, Inbox};
use std::io::{IsTerminal, Write};
use std::sync::Arc;

/// How wide lines are where there is no terminal to ask.
const WIDTH: usize = 76;
/// Waits of at least this many milliseconds are announced.
const WORTH_SAYING_MS: u64 = 1000;

/// Walks a person through a lesson on standard input and output; gives the exit code.
pub fn run(catalog: Catalog, asked: &lab::Lesson) -> u8 {
    // A screen reader would spell out the escape sequences.
    colored::control::set_override(false);
    let machine = match machine() {
        Ok(machine) => Arc::new(machine),
        Err(code) => return code,
    };
    let wanted = Selection { seed: asked.seed.clone(), set: asked.set.clone() };
    let lesson = match catalog.load_selected(&asked.id, &wanted) {
        Ok(lesson) => lesson,
        Err(what) => {
            complain(&what);
            return exit::USAGE;
        }
    };
    let (store, progress, notices) = Store::open();
    for notice in &notices {
        complain(notice);
    }
    let inbox = match Inbox::open(machine.clone(), Arc::new(catalog)) {
        Ok(inbox) => inbox,
        Err(e) => {
            complain(&format!("start a thread: {e}"));
            return exit::USAGE;
        }
    };
    let columns = style::columns_or(WIDTH);
    let page = Transcript { lesson: &lesson, variant: machine.variant(), columns };
    let mut walk = Walk { page, machine: &machine, store, progress, inbox };
    let ended = walk.lesson(asked);
    let left = walk.inbox.close();
    complain_of_left(&left);
    let code = match ended {
        Ok(code) => code,
        Err(End::Quit | End::Input) => exit::PASSED,
        Err(End::Signal(number)) => 128 + u8::try_from(number).unwrap_or(0),
        Err(End::Output(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => exit::PASSED,
        Err(End::Output(e)) => {
            complain(&format!("write to standard output: {}", crate::model::Errno::of(&e)));
            exit::USAGE
        }
        Err(End::Lost) => {
            complain("the engine has ended before its work was done");
            exit::USAGE
        }
    };
    if left.is_empty() {
        // Nobody reads any more, so there is nobody to tell.
        let _ = say("\nEverything that the lesson made is undone.\n");
        code
    } else {
        exit::LEFT_BEHIND
    }
}

/// Writes at once: a prompt has no line feed.
fn say(text: &str) -> Result<(), End> {
    let mut out = std::io::stdout();
    let text = sieve(text, Colours::None);
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(End::Output)
}

/// A person's way through a lesson.
struct Walk<'l> {
    page: Transcript<'l>,
    machine: &'l Machine,
    store: Store,
    progress: Progress,
    inbox: Inbox,
}

impl Walk<'_> {
    fn lesson(&mut self, asked: &lab::Lesson) -> Result<u8, End> {
        let lesson = self.page.lesson;
        let here = lesson.steps.iter().filter(|step| self.machine.applies(step.when.as_ref()));
        let here: Vec<&str> = here.map(|step| step.id.as_str()).collect();
        let next = self.progress.lesson(&lesson.id).and_then(|done| done.next_step(&here));
        let start = asked.step.as_deref().or(next);
        let start = start.and_then(|id| lesson.steps.iter().position(|step| step.id == id)).unwrap_or(0);
        say(&self.page.head())?;
        let mut refused = None;
        self.inbox.obey(
            Command::Open { lesson: lesson.id.clone(), set: asked.set.clone(), seed: asked.seed.clone() },
            &mut |event| {
                if let Event::Refused(why) = event {
                    refused = Some(cause(&refusal(&why), &remedy(&why)));
                }
                Ok(())
            },
        )?;
        if let Some(why) = refused {
            say(&self.folded(&format!("\nThis lesson does not run here: {why}")))?;
            return Ok(exit::BLOCKED);
        }
        // Somebody who is in the deeper steps goes on with them.
        let mut going_deep = true;
        for (index, step) in (1..).zip(&lesson.steps).skip(start) {
            if !here.contains(&step.id.as_str()) {
                continue;
            }
            say(&self.page.title(index, step))?;
            if is_deeper(step) && !going_deep && !self.wanted()? {
                continue;
            }
            going_deep = is_deeper(step);
            self.step(index, step)?;
        }
        self.summary()?;
        Ok(exit::PASSED)
    }

    /// Whether a step is wanted that people in a hurry pass over.
    fn wanted(&mut self) -> Result<bool, End> {
        let line = self.prompt("It goes deeper. Enter passes over it, d shows it: ")?;
        Ok(line.eq_ignore_ascii_case("d"))
    }

    fn step(&mut self, index: usize, step: &Step) -> Result<(), End> {
        let lesson = self.page.lesson;
        self.progress.opened(&lesson.id, &step.id);
        self.save();
        say(&self.page.text(step))?;
        let mut heard = Heard::default();
        self.ask(Command::Prepare(index), index, &mut heard)?;
        if let Some(record) = heard.record.take() {
            return self.over(step, &record, &[]);
        }
        if heard.refused {
            return self.go_on();
        }
        say(&self.page.prepared(step, &heard.actions, &heard.before))?;
        say(&self.page.question(step))?;
        let answer = self.answer(step)?;
        say("\nRunning.\n")?;
        let mut heard = Heard { live: true, ..Heard::default() };
        self.ask(Command::Run(index), index, &mut heard)?;
        match heard.record {
            Some(record) => self.over(step, &record, &answer),
            None => self.go_on(),
        }
    }

    /// The guess: ids of options, none without a question or an answer.
    fn answer(&mut self, step: &Step) -> Result<Vec<String>, End> {
        let Some(predict) = &step.predict else {
            self.prompt("Enter runs the step: ")?;
            return Ok(Vec::new());
        };
        let most = predict.options.len();
        let what = if predict.takes_several() { "numbers" } else { "a number" };
        loop {
            let line =
                self.prompt(&format!("Your guess ({what} from 1 to {most}; Enter runs the step): "))?;
            let numbers: Result<Vec<usize>, _> =
                line.split([',', ' ']).filter(|word| !word.is_empty()).map(str::parse).collect();
            match numbers {
                Ok(numbers) if numbers.iter().all(|n| (1..=most).contains(n)) => {
                    let chosen = |(at, id): (usize, &String)| numbers.contains(&(at + 1)).then(|| id.clone());
                    return Ok(predict.options.keys().enumerate().filter_map(chosen).collect());
                }
                _ => say(&format!("This is not {what} from 1 to {most}. Enter goes on without a guess.\n"))?,
            }
        }
    }

    /// What became of a step, and what is remembered of it.
    fn over(&mut self, step: &Step, record: &StepRecord, answer: &[String]) -> Result<(), End> {
        let lesson = self.page.lesson;
        if record.id != step.id {
            let title = one_line(&record.title);
            say(&self.folded(&format!("\nThe step before it, “{title}”, did not go well.")))?;
        }
        let of = lesson.steps.iter().find(|of| of.id == record.id).unwrap_or(step);
        say(&self.page.ended(of, record, answer))?;
        if record.id == step.id && record.status == Status::Passed {
            let right = step.predict.as_ref().and_then(|p| p.is_right(answer, self.page.variant));
            if let Some(right) = right {
                self.progress.predicted(&lesson.id, &step.id, answer.to_vec(), right);
            }
            self.progress.done(&lesson.id, &step.id, Done::Watched);
        }
        self.save();
        self.go_on()
    }

    fn go_on(&mut self) -> Result<(), End> {
        self.prompt("\nEnter goes on, q ends the lesson: ").map(drop)
    }

    /// What is done of the lesson.
    fn summary(&mut self) -> Result<(), End> {
        let Lesson { id, steps, .. } = self.page.lesson;
        let is_done = |done: &Progress, step: &Step| {
            done.lesson(id).is_some_and(|lesson| lesson.steps.contains_key(&step.id))
        };
        let mut basic =
            steps.iter().filter(|step| !is_deeper(step) && self.machine.applies(step.when.as_ref()));
        if basic.all(|step| is_done(&self.progress, step)) {
            self.progress.finished(id);
            self.save();
        }
        let done = steps.iter().filter(|step| is_done(&self.progress, step)).count();
        let guesses = self.progress.lesson(id).map_or((0, 0), LessonProgress::guesses);
        let guesses = match guesses {
            (_, 0) => String::new(),
            (right, 1) => format!(" {right} of 1 guess right."),
            (right, all) => format!(" {right} of {all} guesses right."),
        };
        say(&self.folded(&format!(
            "\nThe end of the lesson {id}: {done} of {} done.{guesses}",
            count(steps.len(), "step")
        )))
    }

    /// Asks the engine, and says what it does on the way.
    fn ask(&mut self, command: Command, index: usize, heard: &mut Heard) -> Result<(), End> {
        let (page, columns) = (&self.page, self.page.columns);
        self.inbox.obey(command, &mut |event| heard.hear(event, index, page, columns))
    }

    /// A line of the person's, without the blanks around it. `q` ends the lesson.
    fn prompt(&mut self, text: &str) -> Result<String, End> {
        say(text)?;
        let line = self.inbox.line().inspect_err(|_| drop(say("\n")))?;
        let line = line.trim().to_owned();
        if !std::io::stdin().is_terminal() {
            // What was typed at a terminal is on it already.
            say(&format!("{}\n", one_line(&line)))?;
        }
        if line.eq_ignore_ascii_case("q") { Err(End::Quit) } else { Ok(line) }
    }

    fn folded(&self, text: &str) -> String {
        let lead = if text.starts_with('\n') { "\n" } else { "" };
        format!("{lead}{}", hang("", "", text.trim_start(), self.page.columns))
    }

    fn save(&mut self) {
        if let Err(e) = self.store.save(&self.progress) {
            complain(&format!("your progress was not saved: {e}"));
        }
    }
}

/// What the engine has said of a step.
#[derive(Default)]
struct Heard {
    /// The step is run, and what it does is said as it happens.
    live: bool,
    /// Another step had to be made before.
    late: bool,
    /// The step that is made now: one on the way, or the one that was asked for.
    at: usize,
    actions: Vec<ActionRecord>,
    before: Vec<ReadoutRecord>,
    record: Option<StepRecord>,
    refused: bool,
}

impl Heard {
    fn hear(&mut self, event: Event, index: usize, page: &Transcript<'_>, columns: usize) -> Result<(), End> {
        match event {
            Event::StepStarted { index: at, title, .. } => {
                self.at = at;
                if at != index && at != 0 {
                    let air = if self.late { "" } else { "\n" };
                    self.late = true;
                    let line = format!("First, step {at} is run: {title}");
                    return say(&format!("{air}{}", hang("", "", &one_line(&line), columns)));
                }
            }
            Event::Acted(action) if self.at == index => {
                if self.live && !action.preparation {
                    say(&page.action(&action))?;
                }
                self.actions.push(*action);
            }
            Event::Before(rows) if self.at == index => self.before = rows,
            Event::Waiting { what, at_most_ms } if self.at == index && at_most_ms >= WORTH_SAYING_MS => {
                let line = format!("Waiting for {} (at most {}).", awaiting(&what), took(at_most_ms));
                say(&hang("", "", &one_line(&line), columns))?;
            }
            Event::StepEnded(record) if record.id != SETUP || record.status == Status::Failed => {
                self.record = Some(*record);
            }
            Event::Refused(why) => {
                self.refused = true;
                let cause = cause(&refusal(&why), &remedy(&why));
                say(&hang("", "", &one_line(&format!("Refused: {cause}.")), columns))?;
            }
            // What the step's record repeats, and answers to what is not asked here.
            Event::Opened { .. }
            | Event::Acted(_)
            | Event::Before(_)
            | Event::Waiting { .. }
            | Event::StepEnded(_)
            | Event::Sampled(_)
            | Event::Snapshot(_)
            | Event::Closed(_)
            | Event::Readiness(_)
            | Event::Namespaces(_)
            | Event::ShellStarted { .. }
            | Event::ShellEnded { .. }
            | Event::Trying { .. }
            | Event::Tried { .. }
            | Event::Prepared { .. }
            | Event::LetGo
            | Event::Undone { .. }
            | Event::Cancelled
            | Event::Idle => {}
        }
        Ok(())
    }
}
