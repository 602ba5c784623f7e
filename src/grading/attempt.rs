//! One attempt at one step: a shell, the lines typed into it, and the verdict.

use super::answers::{Again, Answer};
use super::engine::Over;
use super::receipt::Variables;
use super::score::{Obstacle, Outcome, Shortfall};
use super::terminal::Terminal;
use crate::events::{Command, Engine, Event, Judged, JudgedExpectation, Refusal, Status, Verdict};
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
    /// The shells that are open, by their boxes, with their numbers.
    open: BTreeMap<String, i32>,
    /// The box of the one that opened by itself.
    first: Option<String>,
    /// The variables of each, by their boxes.
    variables: BTreeMap<String, Variables>,
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
            Event::ShellStarted { of, pid, variables, .. } => {
                self.first.get_or_insert_with(|| of.clone());
                self.variables.insert(of.clone(), variables);
                self.open.insert(of, pid);
            }
            Event::ShellEnded { of } => drop(self.open.remove(&of)),
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
    let no_terminal = |e: &std::io::Error| Outcome::NotGradable(Obstacle::NoTerminal(e.to_string()));
    let mut terminal = match Terminal::open() {
        Ok(terminal) => terminal,
        Err(e) => return Ok(ended(no_terminal(&e), false, 0, heard, &[], begun)),
    };
    let command = Command::Try { index, tty: terminal.path.clone() };
    engine.ask(command, &mut || terminal.drain(), &mut |event| heard.take(event))?;
    let Some(first) = heard.first.clone() else {
        let refused = heard.refused.take().unwrap_or(Refusal::NoWorld);
        let outcome = Outcome::NotGradable(Obstacle::Refused(refused));
        return Ok(ended(
            outcome,
            false,
            0,
            heard,
            &[Seat { of: String::new(), shell: None, terminal }],
            begun,
        ));
    };
    let mut seats = vec![Seat { of: first.clone(), shell: heard.open.get(&first).copied(), terminal }];
    let started = Instant::now();
    let lines = answer.by_shell(lesson, &first);
    let mut hands = Hands {
        lines: &lines,
        seat: 0,
        again: answer.again.as_ref(),
        typed: 0,
        sent: started,
        at_rest: false,
        quiet: quiet(step, lesson),
    };
    let why = loop {
        engine.listen(&mut |event| heard.take(event))?;
        drain(&mut seats);
        if let Some(refused) = heard.refused.clone() {
            break Some(Shortfall::RunLost(refused));
        }
        if heard.open.is_empty() {
            break (!heard.holds()).then_some(Shortfall::ShellEnded);
        }
        if let Some(of) = hands.go_on(&mut seats, &mut heard) {
            match open_shell(engine, of, &mut seats, &mut heard)? {
                Ok(None) => {}
                Ok(Some(refusal)) => break Some(Shortfall::NoShell { of: of.to_owned(), refusal }),
                Err(e) => {
                    engine.ask(Command::EndShell, &mut || {}, &mut |event| heard.take(event))?;
                    return Ok(ended(no_terminal(&e), false, hands.typed, heard, &seats, begun));
                }
            }
        }
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
    engine.ask(Command::EndShell, &mut || drain(&mut seats), &mut |event| heard.take(event))?;
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
    Ok(ended(outcome, perhaps_spoilt, typed, heard, &seats, begun))
}

fn ended(
    outcome: Outcome,
    perhaps_spoilt: bool,
    typed: usize,
    heard: Heard,
    seats: &[Seat],
    begun: Instant,
) -> Attempted {
    let printed: Vec<String> = seats.iter().map(|seat| seat.terminal.printed()).collect();
    let printed = printed.join("\n");
    Attempted { outcome, perhaps_spoilt, typed, printed, left: heard.left, took: begun.elapsed() }
}

/// A terminal, and whose shell is there.
struct Seat {
    /// The box.
    of: String,
    /// The shell's number; none while there is none yet.
    shell: Option<i32>,
    terminal: Terminal,
}

impl Seat {
    /// Whether everything that was typed has been read, and a program waits for more; or nobody is there any more.
    fn rests(&mut self, open: &BTreeMap<String, i32>) -> bool {
        let lives = self.shell.filter(|shell| open.get(&self.of) == Some(shell));
        lives.is_none_or(|shell| self.terminal.waits(shell))
    }
}

/// Takes away what was printed.
fn drain(seats: &mut [Seat]) {
    for seat in seats {
        seat.terminal.drain();
    }
}

/// Opens a shell in one more box; why there is none, if there is none. The inner error is that there is no terminal.
fn open_shell(
    engine: &Engine,
    of: &str,
    seats: &mut Vec<Seat>,
    heard: &mut Heard,
) -> Result<std::io::Result<Option<Refusal>>, Over> {
    let terminal = match Terminal::open() {
        Ok(terminal) => terminal,
        Err(e) => return Ok(Err(e)),
    };
    let command = Command::Shell { of: of.to_owned(), tty: terminal.path.clone() };
    seats.push(Seat { of: of.to_owned(), shell: None, terminal });
    engine.ask(command, &mut || drain(seats), &mut |event| heard.take(event))?;
    if let Some(seat) = seats.last_mut() {
        seat.shell = heard.open.get(of).copied();
    }
    // It can have ended again by now.
    Ok(Ok(heard.refused.take()))
}

/// The lines, and how far they are typed.
struct Hands<'l> {
    /// Each with the box in whose shell it is typed.
    lines: &'l [(&'l str, &'l str)],
    /// Where the last line was typed.
    seat: usize,
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

impl<'l> Hands<'l> {
    fn finished(&self) -> bool {
        self.typed == self.lines.len()
    }

    /// Whether the person waited no longer than this before the next line.
    fn waited(&self) -> bool {
        let Some(again) = self.again else { return false };
        let at = |index: Option<usize>| index.and_then(|i| again.at_ms.get(i)).copied().unwrap_or(0);
        let waited = at(Some(self.typed)).saturating_sub(at(self.typed.checked_sub(1)));
        self.sent.elapsed() >= Duration::from_millis(waited).min(LONGEST_WAIT)
    }

    /// Types the next line when the last one was read and a program waits for more. What was judged until then says nothing of it. Gives the box in
    /// which a shell has to be opened first.
    fn go_on(&mut self, seats: &mut [Seat], heard: &mut Heard) -> Option<&'l str> {
        let next = self.lines.get(self.typed);
        let signals = next.is_some_and(|(_, line)| line.ends_with(SIGNALS));
        let elsewhere = next.is_some_and(|(of, _)| *of != seats[self.seat].of);
        // What the last line started may read nothing: then it is interrupted, or goes on while somebody types elsewhere.
        let goes_on = seats[self.seat].rests(&heard.open) || (signals || elsewhere) && self.waited();
        if self.at_rest || !goes_on {
            return None;
        }
        match next {
            Some((of, line)) => {
                let there = seats.iter().rposition(|seat| seat.of == *of);
                let Some(there) = there.filter(|_| heard.open.contains_key(*of)) else { return Some(of) };
                if there != self.seat && !signals && !seats[there].rests(&heard.open) {
                    return None;
                }
                let terminal = &mut seats[there].terminal;
                match self.again {
                    None => terminal.type_line(line),
                    Some(again) => {
                        let none = Variables::new();
                        let now = heard.variables.get(*of).unwrap_or(&none);
                        terminal.send_line(&again.line_here(line, of, now));
                    }
                }
                self.typed += 1;
                (self.seat, self.sent) = (there, Instant::now());
            }
            None => self.at_rest = true,
        }
        (heard.looks, heard.unchanged) = (0, 0);
        None
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

/// Whether all that was missed is a lower bound of a share, or of a count that needs idle CPUs. Nobody else's work makes a share larger.
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
    let number = match Reading::value(reading) {
        Some(Value::Quantity(percent, Unit::Percent)) => *percent,
        Some(Value::Int(count)) => *count as f64,
        _ => return false,
    };
    judged.claim.operators.iter().filter_map(least).any(|least| number < least)
}

/// The least that holds.
fn least(op: &Op) -> Option<f64> {
    match op {
        Op::AtLeast(least) | Op::Between(least, _) => least.number(),
        Op::Near(near) => Some(near.value.number()? - near.by.number().unwrap_or(0.0)),
        Op::GrewBy(growth) => least(growth),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_has_not_grown_enough_is_below_its_bound() {
        let growth = |op| least(&Op::GrewBy(Box::new(op)));
        assert_eq!(growth(Op::AtLeast(Val::Num(16))), Some(16.0));
        assert_eq!(growth(Op::AtMost(Val::Num(16))), None);
    }
}
