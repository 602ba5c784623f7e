//! After Enter, what the step is about is on the screen without scrolling: both columns of each readout that an expectation names and that changed.
//! It is judged on the cells that are drawn, for every step of every recording.

mod screen;

use isolab::events::{ReadoutRecord, Status};
use isolab::lesson::catalog::BUILT_IN;
use isolab::lesson::readouts::named_by;
use isolab::model::{Process, Reading, Row, Value};
use isolab::present::plain::one_line;
use isolab::present::reading::words;
use isolab::tui::look::Look;
use isolab::vocabulary::expect::{Op, RowMatch};
use isolab::vocabulary::{Expect, Step};
use screen::stage::{Machine, Stage};

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// A text as far as the narrowest column shows it.
const SEEN: usize = 8;
/// A long row is folded into at most so many lines where the pane is narrowest, which is at 120 columns, beside the text.
const MOST_LINES: usize = 5;

#[test]
fn both_columns_of_what_changed_are_on_the_screen() {
    let (mut looked_at, mut missing) = (0, Vec::new());
    let machines = [Machine::V1Root, Machine::V2User];
    for (lesson, machine) in
        BUILT_IN.iter().flat_map(|(lesson, _)| machines.map(|machine| (*lesson, machine)))
    {
        for (columns, rows) in SIZES {
            let mut stage = Stage::lesson_on(machine, lesson, columns, rows);
            if lesson == "overlay" {
                // Its drawing comes first wherever it has room, for it tells what its readouts tell.
                stage.app.look = Look::Readouts;
            }
            let steps = stage.app.walk.as_ref().map_or(0, |walk| walk.lesson.steps.len());
            for index in 1..=steps {
                stage.run(index);
                let walk = stage.app.walk.as_ref().expect("a lesson is open");
                let Some(record) = &walk.page().record else { continue };
                if record.status != Status::Passed {
                    continue;
                }
                let step = walk.step();
                let frame = stage.text();
                let expected: Vec<&Expect> = stage.app.environment.expected(step).collect();
                for readout in record.readouts.iter().filter(|r| matters(r, &expected)) {
                    looked_at += 1;
                    if let Some(what) = unseen(readout, &expected, &frame) {
                        missing.push(format!(
                            "{machine:?}: {}",
                            place(lesson, step, (columns, rows), readout, &what)
                        ));
                    }
                }
            }
        }
    }
    assert!(looked_at > 200, "only {looked_at} readouts were looked at");
    assert!(missing.is_empty(), "{} of {looked_at} are not seen:\n{}", missing.len(), missing.join("\n"));
}

fn place(lesson: &str, step: &Step, size: (u16, u16), readout: &ReadoutRecord, what: &str) -> String {
    format!("{lesson}, {} at {}x{}: {} has no {what}", step.id, size.0, size.1, readout.id)
}

/// Whether an expectation names the readout, and its value moved.
fn matters(readout: &ReadoutRecord, expected: &[&Expect]) -> bool {
    let named = expected.iter().flat_map(|expect| named_by(expect)).any(|id| id == readout.id);
    // A process that runs or sleeps goes from one to the other all the time.
    let alive = |side: &Reading| matches!(side.value(), Some(Value::Process(Process::Alive(_))));
    let lives_on = alive(&readout.before) && alive(&readout.after);
    named && !lives_on && readout.before != readout.after
}

/// What of both columns is not in the frame.
fn unseen(readout: &ReadoutRecord, expected: &[&Expect], frame: &str) -> Option<String> {
    let (before, after) = (rows(&readout.before), rows(&readout.after));
    if before.is_empty() && after.is_empty() {
        let sides = [&readout.before, &readout.after].map(scalar);
        let side_by_side = |line: &&str| beside(line, &sides[0], &sides[1]);
        return (!frame.lines().any(|line| side_by_side(&line)))
            .then(|| format!("{} beside {}", sides[0], sides[1]));
    }
    let lists =
        [&readout.before, &readout.after].iter().all(|side| matches!(side.value(), Some(Value::Table(_))));
    if lists && before.len() != after.len() && counted(&readout.id, expected) {
        let counts = format!("{} → {}", before.len(), after.len());
        if !frame.contains(&counts) {
            return Some(counts);
        }
    }
    // Where no expectation names a row, the first that changed stands for all.
    let wanted = wanted(&readout.id, expected);
    let named = |row: &&Row| wanted.iter().any(|wanted| isolab::lesson::judge::row_is(row, wanted));
    let differs = |row: &&&Row, others: &[Row]| !others.contains(row);
    let gone: Vec<&Row> = before.iter().filter(named).collect();
    let new: Vec<&Row> = after.iter().filter(named).collect();
    let gone = gone.iter().filter(|row| differs(row, after)).map(|row| (*row, "before"));
    let new = new.iter().filter(|row| differs(row, before)).map(|row| (*row, "after"));
    for (row, side) in gone.chain(new) {
        // A row that has no room is folded.
        let lines: Vec<&str> = frame.lines().collect();
        if !lines.windows(MOST_LINES).any(|some| has_row(&some.concat(), row)) {
            return Some(format!("row `{row}` of {side}"));
        }
    }
    None
}

fn rows(reading: &Reading) -> &[Row] {
    match reading.value() {
        Some(Value::Table(rows)) => rows,
        _ => &[],
    }
}

fn scalar(reading: &Reading) -> String {
    // What is not there is said in words of the screen's own, in brackets.
    let text = words(reading, "(");
    let start: String = one_line(text.lines().next().unwrap_or_default()).chars().take(SEEN).collect();
    start.trim_end().to_owned()
}

/// Whether a line of the screen has the old value to the left of the new one.
fn beside(line: &str, before: &str, after: &str) -> bool {
    line.find(before).is_some_and(|at| line[at + before.len()..].contains(after))
}

/// Whether a line of the screen has the cells of a row in their order; a long one may be cut.
fn has_row(line: &str, row: &Row) -> bool {
    let mut rest = line;
    row.0.iter().filter(|(_, cell)| !cell.is_empty()).all(|(_, cell)| {
        // A cell of several words may be folded behind each of them.
        let start: String = cell.split(' ').next().unwrap_or_default().chars().take(SEEN / 2).collect();
        match rest.find(&start) {
            Some(at) => {
                rest = &rest[at + start.len()..];
                true
            }
            None => false,
        }
    })
}

fn counted(id: &str, expected: &[&Expect]) -> bool {
    let of = expected.iter().filter(|expect| expect.subject == id);
    of.flat_map(|expect| &expect.verbs).any(|op| matches!(op, Op::Count(_)))
}

/// The rows that expectations look for in a readout.
fn wanted(id: &str, expected: &[&Expect]) -> Vec<RowMatch> {
    fn rows_of(op: &Op) -> Option<RowMatch> {
        match op {
            Op::Contains(row) | Op::Lacks(row) => Some(row.clone()),
            Op::Was(op) => rows_of(op),
            _ => None,
        }
    }
    let of = expected.iter().filter(|expect| expect.subject == id);
    of.flat_map(|expect| &expect.verbs).filter_map(rows_of).collect()
}
