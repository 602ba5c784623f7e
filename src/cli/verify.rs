//! `isolab grade --verify`: types a receipt's lines once more, and says which of its claims hold here.

use super::args::{Global, Grade};
use super::console::complain;
use super::{check, engine_thread, exit, keeper, lessons, style};
use crate::engine::machine::Machine as Here;
use crate::files::{self, cause};
use crate::grading::receipt::{LessonReceipt, MOST_BYTES, Machine, Receipt};
use crate::grading::verify::{
    Checked, Incomparable, LessonCheck, StepCheck, after, before, obstacle, overall,
};
use crate::grading::{self, Answer, Answers, Options, Over, StepGrade};
use crate::lesson::catalog::rendered;
use crate::lesson::file::LessonFile;
use crate::lesson::{Catalog, by_hand};
use crate::model::Leftover;
use crate::present::plain::{Colours, sieve};
use crate::report::grade::GradeFormat;
use crate::report::verify::{Verified, json, text};
use crate::vocabulary::{Lesson, Seed, Selection, Step};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// Verifies a receipt.
pub fn run(global: &Global, asked: &Grade, path: &Path) -> u8 {
    verified(global, asked, path).unwrap_or_else(|code| code)
}

fn verified(global: &Global, asked: &Grade, path: &Path) -> Result<u8, u8> {
    if !matches!(asked.format, GradeFormat::Text | GradeFormat::Json) {
        complain("the report of --verify is text or json");
        return Err(exit::USAGE);
    }
    let receipt = read(path).and_then(|bytes| Receipt::parse(&bytes)).map_err(|why| {
        complain(&format!("{}: {why}", path.display()));
        exit::USAGE
    })?;
    let mut catalog = lessons::catalog(global.lessons.as_deref())?;
    for word in &asked.lessons {
        if !lessons::is_file(word) {
            complain(&format!(
                "{word}: with --verify, name only the files of lessons that do not come with isolab"
            ));
            return Err(exit::USAGE);
        }
        catalog.add(word.into());
    }
    let here = super::machine::machine()?;
    let work = Work { catalog: &catalog, here: &here, machine: keeper::machine(&here), receipt: &receipt };
    let mut all = Vec::new();
    let mut interrupted = false;
    for lesson in &receipt.lessons {
        let (checks, ended) = work.lesson(lesson, asked)?;
        all.push(checks);
        interrupted |= ended;
        if interrupted {
            break;
        }
    }
    let overall = overall(&all, interrupted);
    let header = check::header(&here);
    let report = Verified { receipt: &receipt, lessons: &all, overall, header: &header };
    let written = write(&report, asked);
    Ok(exit::told(exit::of_verification(overall), written))
}

fn write(report: &Verified, asked: &Grade) -> u8 {
    let text = match asked.format {
        GradeFormat::Json => json(report),
        _ => text(report, style::columns(asked.output.is_some())),
    };
    let Some(path) = &asked.output else { return super::console::print(&text) };
    match files::write(path, sieve(&text, Colours::None).as_bytes()) {
        Ok(()) => exit::PASSED,
        Err(e) => {
            complain(&format!("write {}: {}", path.display(), cause(&e)));
            exit::USAGE
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |e: std::io::Error| format!("read: {}", cause(&e));
    let file = files::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("it is larger than {} MiB", MOST_BYTES >> 20));
    }
    Ok(bytes)
}

struct Work<'w> {
    catalog: &'w Catalog,
    here: &'w Here,
    machine: Machine,
    receipt: &'w Receipt,
}

impl Work<'_> {
    /// The checks of a lesson, and whether somebody has ended it.
    fn lesson(&self, claimed: &LessonReceipt, asked: &Grade) -> Result<(LessonCheck, bool), u8> {
        let lesson = self.same_lesson(claimed);
        let known: Vec<_> =
            (0..claimed.steps.len()).map(|at| before(claimed, at, lesson.as_ref().map(|(_, l)| l))).collect();
        let open =
            || claimed.steps.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(step, _)| step);
        let mut answers = Answers::default();
        for step in open() {
            answers.insert(&claimed.id, &step.step, Answer::of_receipt(step));
        }
        let (grades, left, interrupted) = match &lesson {
            Ok(lesson) if open().next().is_some() => self.grade(lesson, claimed, &answers, asked)?,
            _ => (Vec::new(), Vec::new(), false),
        };
        let steps = claimed.steps.iter().zip(known).map(|(step, known)| StepCheck {
            step: step.step.clone(),
            points: step.points,
            checked: known.unwrap_or_else(|| after(step, grades.iter().find(|grade| grade.id == step.step))),
        });
        let mut steps: Vec<StepCheck> = steps.collect();
        if let Ok((_, lesson)) = &lesson {
            self.whole(lesson, &mut steps);
        }
        Ok((LessonCheck { lesson: claimed.id.clone(), steps, left }, interrupted))
    }

    /// What can be earned is the lesson's to say: steps that the receipt leaves out are not claimed, and those that do not count here are left out.
    fn whole(&self, lesson: &Lesson, steps: &mut Vec<StepCheck>) {
        let variant = self.here.variant();
        let counts = |step: &Step| {
            variant.meets(step.when.as_ref())
                && step.points() > 0
                && by_hand::can(lesson, step, variant).is_ok()
        };
        let open = |check: &StepCheck| check.checked == Checked::NotClaimed;
        steps.retain(|check| !open(check) || lesson.steps.iter().any(|s| s.id == check.step && counts(s)));
        for step in lesson.steps.iter().filter(|step| counts(step)) {
            if !steps.iter().any(|check| check.step == step.id) {
                let (step, points) = (step.id.clone(), step.points());
                steps.push(StepCheck { step, points, checked: Checked::NotClaimed });
            }
        }
        steps.sort_by_key(|c| lesson.steps.iter().position(|s| s.id == c.step).unwrap_or(usize::MAX));
        // The points of what is not claimed are the lesson's, too.
        for check in steps.iter_mut().filter(|check| check.checked == Checked::NotClaimed) {
            if let Some(step) = lesson.steps.iter().find(|s| s.id == check.step) {
                check.points = step.points();
            }
        }
    }

    /// The lesson here, with its id in the catalog, if it is the receipt's.
    fn same_lesson(&self, claimed: &LessonReceipt) -> Result<(String, Lesson), Incomparable> {
        let source = self.catalog.find(&claimed.id).map_err(|_| Incomparable::NoLesson)?;
        let reason = |found: Vec<_>| Incomparable::OtherValues { reason: rendered(&found) };
        let text = source.text().map_err(reason)?;
        let file = LessonFile::new(&claimed.id, &source.file, source.path.is_none(), &text);
        if let Some(obstacle) = obstacle(self.receipt, claimed, &self.machine, &file.sha256) {
            return Err(obstacle);
        }
        let seed = self.seed().map_err(|reason| Incomparable::OtherValues { reason })?;
        let wanted = Selection { seed, set: claimed.set.clone() };
        Ok((source.id.clone(), source.load_selected(&wanted).map_err(reason)?))
    }

    /// The receipt's seed; why it cannot be one.
    fn seed(&self) -> Result<Option<Seed>, String> {
        self.receipt
            .seed
            .as_deref()
            .map(|text| text.parse::<Seed>().map_err(|e| e.replace('\n', " ")))
            .transpose()
    }

    fn grade(
        &self,
        (id, lesson): &(String, Lesson),
        claimed: &LessonReceipt,
        answers: &Answers,
        asked: &Grade,
    ) -> Result<(Vec<StepGrade>, Vec<Leftover>, bool), u8> {
        let options = Options {
            deadline: Duration::from_secs(asked.deadline),
            strict: false,
            seed: self.seed().ok().flatten(),
            set: claimed.set.clone(),
            cpus: self.here.cpus.clone(),
        };
        let (mut grades, over) = engine_thread::with(self.here, self.catalog, |engine| {
            let lessons = [(id.clone(), lesson)];
            grading::drive(&lessons, answers, self.here.variant(), &options, engine, &mut |_| {})
        })?;
        if let Some(Over::EngineGone) = over {
            complain("the lab's engine does not answer any more; `isolab clean` undoes what it has left");
        }
        let (steps, left) = grades.pop().map_or_else(Default::default, |grade| (grade.steps, grade.left));
        Ok((steps, left, over.is_some()))
    }
}
