//! `isolab review`.

use super::args::{Global, Review};
use super::console::{complain, print};
use super::machine::machine;
use super::{exit, lessons, style};
use crate::present::plain::escape;
use crate::progress::{self, Progress, Store};
use crate::report::review::{Question, end, nothing};
use crate::vocabulary::{Lesson, Step};
use jiff::tz::TimeZone;
use std::io::BufRead;

/// Asks again what was guessed wrong. Runs nothing.
pub fn run(global: &Global, asked: &Review) -> u8 {
    let loaded = lessons::catalog(global.lessons.as_deref())
        .and_then(|catalog| lessons::load(&catalog, &asked.lessons, None, &[]))
        .and_then(|loaded| Ok((loaded, machine()?)));
    let (loaded, machine) = match loaded {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let (mut store, mut progress, notices) = Store::open();
    for notice in &notices {
        complain(notice);
    }
    let zone = TimeZone::system();
    let now = progress::now();
    let wrong = wrong(&loaded, &progress);
    let due: Vec<&Wrong> = wrong.iter().filter(|w| asked.all || w.due.is_some_and(|at| at <= now)).collect();
    if due.is_empty() {
        let later = wrong.iter().filter_map(|w| w.due);
        return print(&nothing(later.clone().min().map(|at| (later.count(), at)), &zone));
    }
    let (mut right, mut answers) = (0, 0);
    for (i, Wrong { lesson, step, .. }) in due.iter().enumerate() {
        let Some(predict) = &step.predict else { continue };
        let variant = machine.variant();
        let question = Question { lesson, step, predict, variant, columns: style::columns(false) };
        let code = print(&question.asked(i + 1, due.len()));
        if code != exit::PASSED {
            return code;
        }
        let Some(chosen) = answer(&question) else { break };
        let is_right = predict.is_right(&chosen, variant) == Some(true);
        answers += 1;
        right += usize::from(is_right);
        progress.reviewed(&lesson.id, &step.id, is_right, progress::now());
        // After each, so that nothing is lost however it ends.
        if let Err(e) = store.save(&progress) {
            complain(&format!("the answer is not saved: {e}"));
        }
        print(&question.answered(is_right));
    }
    let next = self::wrong(&loaded, &progress).iter().filter_map(|w| w.due).min();
    print(&end(right, answers, next, &zone))
}

/// A step whose question was guessed wrong.
struct Wrong<'l> {
    lesson: &'l Lesson,
    step: &'l Step,
    /// From when on it is to be asked, in seconds since 1970; `None` when it is known by now.
    due: Option<u64>,
}

/// All of them, in teaching order.
fn wrong<'l>(lessons: &'l [Lesson], progress: &Progress) -> Vec<Wrong<'l>> {
    let mut out = Vec::new();
    for lesson in lessons {
        let Some(done) = progress.lesson(&lesson.id) else { continue };
        let asks = lesson.steps.iter().filter(|s| s.predict.is_some());
        out.extend(asks.filter_map(|step| {
            let prediction = done.predictions.get(&step.id).filter(|p| !p.right)?;
            Some(Wrong { lesson, step, due: prediction.due() })
        }));
    }
    out
}

/// The ids of what the person answers; `None` at the end of the input.
fn answer(question: &Question) -> Option<Vec<String>> {
    loop {
        print(&question.prompt());
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(0) => {
                print("\n");
                return None;
            }
            Ok(_) => {}
            Err(e) => {
                complain(&format!("read standard input: {}", escape(&e.to_string())));
                return None;
            }
        }
        match question.chosen(line.trim()) {
            Some(chosen) => return Some(chosen),
            None => print(&question.not_an_answer()),
        };
    }
}
