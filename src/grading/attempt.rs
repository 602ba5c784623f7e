//! One attempt at one step: a shell, the lines typed into it, and the verdict.

use super::answers::{Again, Answer};
use super::engine::{Engine, Over};
use super::score::{Obstacle, Outcome, Shortfall};
use super::terminal::Terminal;
use crate::events::{Command, Event, Judged, JudgedExpectation, Refusal, Status, Verdict};
use crate::model::{Actual, Leftover, Reading, Unit, Value};
use crate::vocabulary::need::Need;
use crate::vocabulary::{Lesson, Op, Step, Val};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The engine judges an attempt so often.
const LOOK: Duration = Duration::from_millis(250);
/// When all was typed and nothing moves, a verdict that has been the same in so many looks is the last one.
const QUIET: u32 = 6;
/// As many more where a share is judged, which is one of the last second and must hold twice.
const STEADY: u32 = 8;
/// A look may have begun before the last line took effect; the one after it has not.
const FRESH: u32 = 2;

/// Ctrl-C, Ctrl-Z and Ctrl-\: the terminal makes signals of them.
const SIGNALS: [char; 3] = ['\u{3}', '\u{1a}', '\u{1c}'];
/// No longer than this is waited before a program is interrupted as somebody did it before.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What an attempt came to.
pub struct Attempted {
    /// The outcome.
    pub outcome: Outcome,
    /// Only a share was missed, and by too little CPU: other work may have taken it.
    pub perhaps_spoilt: bool,
    /// How many lines were typed.
    pub typed: usize,
    /// The end of what the terminal showed.
    pub printed: String,
    /// What could not be undone.
    pub left: Vec<Leftover>,
    /// How long it took.
    pub took: Duration,
}

/// What comes from the engine while a student's lines are typed.
#[derive(Default)]
struct Heard {
    shell: Option<i32>,
    variables: BTreeMap<String, String>,
    shell_ended: bool,
    /// Why there is no shell. After the shell had begun: the guardian is lost.
    refused: Option<Refusal>,
    done: bool,
    verdicts: Vec<Verdict>,
    looks: u32,
    /// In how many looks the verdicts have been what they are now.
    unchanged: u32,
    left: Vec<Leftover>,
}

impl Heard {
    fn take(&mut self, event: Event) {
        match event {
            Event::ShellStarted { pid, variables, .. } => {
                (self.shell, self.variables) = (Some(pid), variables);
            }
            Event::ShellEnded { .. } => self.shell_ended = true,
            Event::Refused(refusal) => drop(self.refused.get_or_insert(refusal)),
            Event::Undone { left } => self.left.extend(left),
            Event::StepEnded(record) => match record.status {
                Status::Passed if record.by_hand => self.done = true,
                Status::Blocked { reason, remedy } => {
                    self.refused.get_or_insert(Refusal::Blocked { reason, remedy });
                }
                Status::Passed | Status::Failed | Status::NotHere | Status::NotRun => {}
            },
            Event::Tried { verdicts, .. } => {
                let statuses = |all: &[Verdict]| all.iter().map(|v| v.status.clone()).collect::<Vec<_>>();
                let same = statuses(&verdicts) == statuses(&self.verdicts);
                self.unchanged = if same { self.unchanged + 1 } else { 0 };
                self.looks += 1;
                self.verdicts = verdicts;
            }
            Event::Opened { .. }
            | Event::StepStarted { .. }
            | Event::Trying { .. }
            | Event::Before(_)
            | Event::Prepared { .. }
            | Event::Acted(_)
            | Event::Sampled(_)
            | Event::Waiting { .. }
            | Event::Snapshot(_)
            | Event::Closed(_)
            | Event::LetGo
            | Event::Readiness(_)
            | Event::Namespaces(_)
            | Event::Cancelled
            | Event::Idle => {}
        }
    }

    /// Whether everything that is expected was true at the last look, and had been true for as long as it must.
    fn holds(&self) -> bool {
        let fits = |v: &Verdict| matches!(v.status, Status::Passed | Status::NotHere);
        self.done && self.verdicts.iter().all(fits)
    }
}

/// Tries a step once with these lines.
///
/// # Errors
/// Why nothing more is to be graded.
pub fn attempt(
    engine: &Engine,
    lesson: &Lesson,
    index: usize,
    answer: &Answer,
    deadline: Duration,
) -> Result<Attempted, Over> {
    let step = &lesson.steps[index - 1];
    let begun = Instant::now();
    let mut heard = Heard::default();
    let mut terminal = match Terminal::open() {
        Ok(terminal) => terminal,
        Err(e) => {
            let outcome = Outcome::NotGradable(Obstacle::NoTerminal(e.to_string()));
            return Ok(ended(outcome, false, 0, heard, None, begun));
        }
    };
    let command = Command::Try { index, tty: terminal.path.clone() };
    engine.ask(command, &mut || terminal.drain(), &mut |event| heard.take(event))?;
    let Some(shell) = heard.shell else {
        let refused = heard.refused.take().unwrap_or(Refusal::NoWorld);
        let outcome = Outcome::NotGradable(Obstacle::Refused(refused));
        return Ok(ended(outcome, false, 0, heard, Some(&terminal), begun));
    };
    let started = Instant::now();
    let lines = answer.here(&heard.variables);
    let mut hands = Hands {
        lines: &lines,
        again: answer.again.as_ref(),
        typed: 0,
        sent: started,
        at_rest: false,
        quiet: quiet(step, lesson),
    };
    let why = loop {
        engine.listen(&mut |event| heard.take(event))?;
        terminal.drain();
        if let Some(refused) = heard.refused.clone() {
            break Some(Shortfall::RunLost(refused));
        }
        if heard.shell_ended {
            break (!heard.holds()).then_some(Shortfall::ShellEnded);
        }
        hands.go_on(&mut terminal, shell, &mut heard);
        let settled = heard.unchanged >= hands.quiet;
        if hands.finished() && heard.holds() && (settled || hands.at_rest && heard.looks >= FRESH) {
            break None;
        }
        if hands.at_rest && settled && !heard.holds() {
            break Some(Shortfall::Unmet);
        }
        if started.elapsed() >= deadline {
            let over = Shortfall::Overtime { seconds: deadline.as_secs(), typed: hands.typed };
            break (!heard.holds()).then_some(over);
        }
    };
    let typed = hands.typed;
    engine.ask(Command::EndShell, &mut || terminal.drain(), &mut |event| heard.take(event))?;
    let spoilt = spoilt_verdict(&heard.verdicts);
    let outcome = match (why, spoilt) {
        (None, _) => Outcome::Earned,
        (Some(Shortfall::Unmet), Some(blocked)) => blocked,
        (Some(why), _) => Outcome::NotEarned { why, verdicts: heard.verdicts.clone() },
    };
    let perhaps_spoilt = match &outcome {
        Outcome::NotEarned { why: Shortfall::Unmet | Shortfall::Overtime { .. }, verdicts } => {
            lacks_only_cpu(lesson, step, verdicts)
        }
        Outcome::NotGradable(_) => true,
        Outcome::NotEarned { .. } | Outcome::Earned | Outcome::NotCounted { .. } => false,
    };
    Ok(ended(outcome, perhaps_spoilt, typed, heard, Some(&terminal), begun))
}

fn ended(
    outcome: Outcome,
    perhaps_spoilt: bool,
    typed: usize,
    heard: Heard,
    terminal: Option<&Terminal>,
    begun: Instant,
) -> Attempted {
    let printed = terminal.map(Terminal::printed).unwrap_or_default();
    Attempted { outcome, perhaps_spoilt, typed, printed, left: heard.left, took: begun.elapsed() }
}

/// The lines, and how far they are typed.
struct Hands<'l> {
    lines: &'l [String],
    /// They were typed before.
    again: Option<&'l Again>,
    typed: usize,
    /// When the last line was sent.
    sent: Instant,
    /// A program waits for more input than there is.
    at_rest: bool,
    /// In how many looks nothing may change before the verdict is the last one.
    quiet: u32,
}

impl Hands<'_> {
    fn finished(&self) -> bool {
        self.typed == self.lines.len()
    }

    /// Whether what comes next interrupts a program that reads nothing, and the person waited no longer for it than this.
    fn interrupts(&self) -> bool {
        let Some(again) = self.again else { return false };
        let signals = |line: &String| line.ends_with(SIGNALS);
        let at = |index: Option<usize>| index.and_then(|i| again.at_ms.get(i)).copied().unwrap_or(0);
        let waited = at(Some(self.typed)).saturating_sub(at(self.typed.checked_sub(1)));
        self.lines.get(self.typed).is_some_and(signals)
            && self.sent.elapsed() >= Duration::from_millis(waited).min(LONGEST_WAIT)
    }

    /// Types the next line when the last one was read and a program waits for more. What was judged until then says nothing of it.
    fn go_on(&mut self, terminal: &mut Terminal, shell: i32, heard: &mut Heard) {
        if self.at_rest || !(terminal.waits(shell) || self.interrupts()) {
            return;
        }
        match self.lines.get(self.typed) {
            Some(line) => {
                match self.again {
                    None => terminal.type_line(line),
                    Some(_) => terminal.send_line(line),
                }
                self.typed += 1;
                self.sent = Instant::now();
            }
            None => self.at_rest = true,
        }
        (heard.looks, heard.unchanged) = (0, 0);
    }
}

/// In how many looks nothing may change before the last verdict is given.
fn quiet(step: &Step, lesson: &Lesson) -> u32 {
    let length = |value: Option<&Val>| value.and_then(Val::duration).unwrap_or_default();
    let waits = step
        .expect
        .iter()
        .map(|expect| length(expect.modifiers.within.as_ref()).max(length(expect.modifiers.r#for.as_ref())));
    let measure = step.measure.as_ref().map_or(Duration::ZERO, |measure| {
        measure.settle.duration().unwrap_or_default() + measure.window.duration().unwrap_or_default()
    });
    let longest = waits.max().unwrap_or_default().max(measure);
    let is_share = |id: &str| lesson.readouts.get(id).is_some_and(|readout| readout.share_of().is_some());
    let shares = step.expect.iter().any(|expect| is_share(&expect.subject));
    let looks = u32::try_from(longest.as_millis() / LOOK.as_millis()).unwrap_or(0);
    QUIET + looks + if shares { STEADY } else { 0 }
}

/// What stopped the engine from judging, where nothing else was missed.
fn spoilt_verdict(verdicts: &[Verdict]) -> Option<Outcome> {
    if verdicts.iter().any(|v| v.status == Status::Failed) {
        return None;
    }
    verdicts.iter().find_map(|v| match &v.status {
        Status::Blocked { reason, remedy } => {
            let (reason, remedy) = (reason.clone(), remedy.clone());
            Some(Outcome::NotGradable(Obstacle::Refused(Refusal::Blocked { reason, remedy })))
        }
        Status::Passed | Status::Failed | Status::NotHere | Status::NotRun => None,
    })
}

/// Whether all that was missed is a lower bound of a share, or one that needs idle CPUs. Nobody else's work makes a share larger.
fn lacks_only_cpu(lesson: &Lesson, step: &Step, verdicts: &[Verdict]) -> bool {
    let missed: Vec<&Verdict> = verdicts.iter().filter(|v| v.status == Status::Failed).collect();
    let lacks = |verdict: &&Verdict| {
        let Judged::Expectation(judged) = &verdict.judged else { return false };
        let needs_idle = verdict.expectation().and_then(|place| step.expect.get(place.expectation));
        let needs_idle = needs_idle
            .is_some_and(|expect| expect.modifiers.needs.iter().any(|n| matches!(n, Need::IdleCpus(_))));
        let readout = lesson.readouts.get(&judged.claim.readout);
        let share = readout.is_some_and(|readout| readout.share_of().is_some());
        (share || needs_idle) && below(judged)
    };
    !missed.is_empty() && missed.iter().all(lacks)
}

/// Whether a number that was read is less than the least that was expected.
fn below(judged: &JudgedExpectation) -> bool {
    let Actual::Reading(reading) = &judged.actual else { return false };
    let Some(Value::Quantity(number, Unit::Percent)) = Reading::value(reading) else { return false };
    let least = |op: &Op| match op {
        Op::AtLeast(least) | Op::Between(least, _) => least.number(),
        Op::Near(near) => Some(near.value.number()? - near.by.number().unwrap_or(0.0)),
        _ => None,
    };
    judged.claim.operators.iter().filter_map(least).any(|least| *number < least)
}
