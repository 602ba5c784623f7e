//! `isolab grade`.

use super::args::{Global, Grade};
use super::console::complain;
use super::{check, engine_thread, exit, keeper, lessons, receipt, style, verify};
use crate::engine::machine::Machine;
use crate::files::{Output, cause};
use crate::grading::{self, Answers, Options, Over, Told};
use crate::lesson::file::LessonFile;
use crate::lesson::{Catalog, by_hand};
use crate::present::plain::sieve;
use crate::report::grade::{GradeFormat, Graded, can, render, text};
use crate::vocabulary::Lesson;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Grades answers, or says whether this machine can.
pub fn run(global: &Global, asked: &Grade) -> u8 {
    if let Some(receipt) = &asked.verify {
        return verify::run(global, asked, receipt);
    }
    let done = if let Some(answers) = &asked.answers {
        prepare(global, asked, answers).and_then(|task| grade(asked, &task))
    } else {
        which_can(global, asked)
    };
    done.unwrap_or_else(|code| code)
}

/// All that is needed before anything runs.
struct Task {
    catalog: Catalog,
    /// Each with its id in the catalog, which for a lesson file is the file's name.
    lessons: Vec<(String, Lesson)>,
    files: Vec<LessonFile>,
    answers: Answers,
    machine: Machine,
}

fn prepare(global: &Global, asked: &Grade, answers: &Path) -> Result<Task, u8> {
    let mut catalog = lessons::catalog(global.lessons.as_deref())?;
    let named = lessons::load_with_files(&catalog, &asked.lessons, asked.seed.as_ref(), &asked.set)?;
    let all = if asked.lessons.is_empty() {
        Vec::new()
    } else {
        lessons::load(&catalog, &[], asked.seed.as_ref(), &[])?
    };
    let known: Vec<&Lesson> = named.iter().map(|(lesson, _)| lesson).chain(&all).collect();
    let to_grade: Vec<&Lesson> =
        if asked.lessons.is_empty() { Vec::new() } else { known[..named.len()].to_vec() };
    let answers = Answers::read(answers, &known, &to_grade).map_err(|found| {
        lessons::complain(&found);
        exit::USAGE
    })?;
    let chosen = asked.lessons.is_empty();
    let named: Vec<_> = named.into_iter().filter(|(l, _)| !chosen || answers.has_lesson(&l.id)).collect();
    if named.is_empty() {
        complain("there are no answers for any lesson; `isolab grade --help` says how they are laid out");
        return Err(exit::USAGE);
    }
    let mut lessons = Vec::new();
    let mut files = Vec::new();
    for (at, (lesson, file)) in named.into_iter().enumerate() {
        let id = match asked.lessons.get(at) {
            Some(word) if lessons::is_file(word) => catalog.add(word.into()),
            _ => lesson.id.clone(),
        };
        lessons.push((id, lesson));
        files.push(file);
    }
    Ok(Task { catalog, lessons, files, answers, machine: super::machine::machine()? })
}

fn grade(asked: &Grade, task: &Task) -> Result<u8, u8> {
    let mut out: Box<dyn Write> = match &asked.output {
        None => Box::new(std::io::stdout()),
        Some(path) => Box::new(Output::create(path).map_err(|e| {
            complain(&format!("create {}: {}", path.display(), cause(&e)));
            exit::USAGE
        })?),
    };
    let mut kept =
        asked.receipt.as_deref().map(|path| receipt::create(path).map(|f| (path, f))).transpose()?;
    let columns = style::columns(asked.output.is_some()).max(40);
    let (header, mut run) = (check::header(&task.machine), check::run_info(task.files.clone()));
    let options = Options {
        deadline: Duration::from_secs(asked.deadline),
        strict: asked.strict,
        seed: asked.seed.clone(),
        set: asked.set.iter().cloned().collect(),
        cpus: task.machine.cpus.clone(),
    };
    let lessons: Vec<(String, &Lesson)> = task.lessons.iter().map(|(id, l)| (id.clone(), l)).collect();
    let streams = asked.format == GradeFormat::Text;
    let mut unwritten: Option<std::io::Error> = None;
    let mut write = |text: &str| {
        let text = sieve(text, style::painted());
        if unwritten.is_none()
            && let Err(e) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
        {
            unwritten = Some(e);
        }
        unwritten.is_none()
    };
    let started = grading::receipt::now();
    let mut ended: Vec<Vec<jiff::Timestamp>> = Vec::new();
    let (grades, over) = engine_thread::with(&task.machine, &task.catalog, |engine| {
        let mut tell = |told: Told| {
            match told {
                Told::Lesson(_) => ended.push(Vec::new()),
                Told::Step(_) => ended.last_mut().into_iter().for_each(|l| l.push(grading::receipt::now())),
                Told::End(_) => {}
            }
            let text = match told {
                Told::Lesson(lesson) => text::heading(&lesson.id, &lesson.title, &lesson.chosen(), columns),
                Told::Step(step) => text::step(step, columns),
                Told::End(lesson) => text::end_of_lesson(lesson, columns),
            };
            // Without a reader for the report there is no point in going on.
            if streams && !write(&text) {
                engine.interrupted.store(true, Ordering::Relaxed);
            }
        };
        let variant = task.machine.variant();
        grading::drive(&lessons, &task.answers, variant, &options, engine, &mut tell)
    })?;
    if let Some(Over::EngineGone) = over {
        complain("the lab's engine does not answer any more; `isolab clean` undoes what it has left");
    }
    let interrupted = over.is_some();
    run.ended = Some(jiff::Timestamp::now());
    let who = asked.who.as_deref();
    let seed = options.seed.as_ref();
    let report = Graded { lessons: &grades, interrupted, who, seed, header: &header, run: &run, columns };
    write(&if streams { text::end(&report) } else { render(&report, asked.format) });
    let code = told(asked, &report, unwritten);
    let Some((path, file)) = &mut kept else { return Ok(code) };
    let machine = keeper::machine(&task.machine);
    let (set, lessons, files, grades) = (&options.set, &task.lessons, &task.files, &grades);
    let made = receipt::Made { machine, who, seed, set, started, lessons, files, grades, ended: &ended };
    Ok(exit::told(code, receipt::write(path, file, &made)))
}

/// The exit code, with a complaint about a report that could not be written.
fn told(asked: &Grade, report: &Graded, unwritten: Option<std::io::Error>) -> u8 {
    let code = exit::of_grades(report.overall());
    match unwritten {
        Some(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            let to = asked.output.as_ref().map_or("standard output".into(), |p| p.display().to_string());
            complain(&format!("write the report to {to}: {}", cause(&e)));
            exit::told(code, exit::USAGE)
        }
        _ => code,
    }
}

/// Says of each lesson how many of its steps can be graded here, and why others cannot.
fn which_can(global: &Global, asked: &Grade) -> Result<u8, u8> {
    let catalog = lessons::catalog(global.lessons.as_deref())?;
    let loaded = lessons::load(&catalog, &asked.lessons, asked.seed.as_ref(), &asked.set)?;
    let machine = super::machine::machine()?;
    machine.try_ahead(&loaded, true);
    let rows: Vec<can::LessonRow> = loaded.iter().map(|lesson| row(lesson, &machine)).collect();
    let printed = super::console::print(&can::table(&rows, style::columns(false)));
    let all = rows.iter().all(can::LessonRow::is_whole);
    Ok(exit::told(if all { exit::PASSED } else { exit::NOT_GRADABLE }, printed))
}

fn row(lesson: &Lesson, machine: &Machine) -> can::LessonRow {
    let blocked = |b: crate::probe::cgroup::Blocked| (b.reason, b.remedy);
    let whole = machine.allows(lesson).map_err(blocked);
    let mut row =
        can::LessonRow { id: lesson.id.clone(), whole, gradable: 0, blocked: Vec::new(), silent: 0 };
    for step in &lesson.steps {
        let counts = machine.applies(step.when.as_ref())
            && by_hand::can(lesson, step, machine.variant()).is_ok()
            && step.points() > 0;
        match machine.allows_step(lesson, step) {
            _ if !counts => row.silent += 1,
            Ok(()) => row.gradable += 1,
            Err(b) => row.blocked.push((step.id.clone(), blocked(b))),
        }
    }
    row
}
