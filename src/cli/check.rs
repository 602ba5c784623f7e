//! `isolab check`.

use super::args::{Check, Global};
use super::console::complain;
use super::machine::machine;
use super::{exit, lessons, style, swept};
use crate::engine::machine::Machine;
use crate::engine::{self, Options};
use crate::events::{LessonRecord, Status};
use crate::files::{Output, cause};
use crate::lesson::file::LessonFile;
use crate::model::Errno;
use crate::present::plain::sieve;
use crate::report::brief::Brief;
use crate::report::{self, Header, RunInfo, status};
use crate::vocabulary::Lesson;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs lessons without a screen.
pub fn run(global: &Global, asked: &Check) -> u8 {
    match prepare(global, asked) {
        Ok((lessons, files, machine)) => check(asked, &lessons, files, &machine),
        Err(code) => code,
    }
}

fn prepare(global: &Global, asked: &Check) -> Result<(Vec<Lesson>, Vec<LessonFile>, Machine), u8> {
    let catalog = lessons::catalog(global.lessons.as_deref())?;
    let mut loaded = lessons::load_with_files(&catalog, &asked.lessons, asked.seed.as_ref(), &asked.set)?;
    for id in asked.step.iter().chain(&asked.without_actions_of) {
        loaded.retain(|(l, _)| l.steps.iter().any(|s| s.id == *id));
        if loaded.is_empty() {
            complain(&format!("none of these lessons has a step `{id}`; see `isolab show LESSON`"));
            return Err(exit::USAGE);
        }
    }
    let only_looks = |id: &String| {
        loaded.iter().find(|(l, _)| l.steps.iter().any(|s| s.id == *id && s.actions.is_empty()))
    };
    if let Some(id) = &asked.without_actions_of
        && let Some((lesson, _)) = only_looks(id)
    {
        complain(&format!("the step `{id}` of {} has no actions that could be left out", lesson.id));
        return Err(exit::USAGE);
    }
    let (lessons, files) = loaded.into_iter().unzip();
    Ok((lessons, files, machine()?))
}

fn check(asked: &Check, lessons: &[Lesson], files: Vec<LessonFile>, machine: &Machine) -> u8 {
    let mut out: Box<dyn Write> = match &asked.output {
        None => Box::new(std::io::stdout()),
        Some(path) => match Output::create(path) {
            Ok(file) => Box::new(file),
            Err(e) => {
                complain(&format!("create {}: {}", path.display(), cause(&e)));
                return exit::USAGE;
            }
        },
    };
    let cancel = match interruptible() {
        Ok(cancel) => cancel,
        Err(code) => return code,
    };
    swept::complain();
    let width = style::columns(asked.output.is_some()).max(1);
    let options = report::Options { width, header: header(machine), run: run_info(files) };
    let mut reporter =
        if asked.brief { Box::new(Brief::new(width)) } else { report::reporter(asked.format, options) };
    // A reader that goes away, or a full disk, ends the run but not the cleanup.
    let mut unwritten: Option<std::io::Error> = None;
    let mut write = |bytes: Vec<u8>| {
        let text = sieve(&String::from_utf8_lossy(&bytes), style::painted());
        if unwritten.is_none()
            && let Err(e) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
        {
            cancel.store(true, Ordering::Relaxed);
            unwritten = Some(e);
        }
    };
    let options = Options { step: asked.step.clone(), without_actions_of: asked.without_actions_of.clone() };
    let mut records: Vec<LessonRecord> = Vec::new();
    for lesson in lessons {
        if cancel.load(Ordering::Relaxed) {
            break;
        }
        let record =
            engine::run(lesson, machine, &options, &cancel, &mut |event| write(reporter.event(&event)));
        let failed = record.status == Status::Failed;
        records.push(record);
        if failed && asked.fail_fast {
            break;
        }
    }
    write(reporter.finish(&records));
    let interrupted = cancel.load(Ordering::Relaxed);
    let code = exit::code(status::overall(&records, interrupted), asked.allow_blocked);
    match unwritten {
        Some(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            let to = asked.output.as_ref().map_or("standard output".into(), |p| p.display().to_string());
            complain(&format!("write the report to {to}: {}", cause(&e)));
            exit::told(code, exit::USAGE)
        }
        _ => code,
    }
}

/// A flag that SIGINT, SIGTERM and SIGHUP set, so that the run is undone before the program ends.
///
/// # Errors
/// The exit code; what is wrong was said.
pub fn interruptible() -> Result<Arc<AtomicBool>, u8> {
    let cancel = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        if let Err(e) = signal_hook::flag::register(signal, cancel.clone()) {
            complain(&format!("sigaction: {}", Errno::of(&e)));
            return Err(exit::USAGE);
        }
    }
    Ok(cancel)
}

/// The machine and the program of a run.
pub fn header(machine: &Machine) -> Header {
    Header {
        isolab: env!("CARGO_PKG_VERSION").to_owned(),
        kernel: machine.kernel.clone(),
        cgroup: machine.version().name().to_owned(),
        rights: machine.variant().rights.name().to_owned(),
    }
}

/// Who runs these lessons, and that it begins now.
pub fn run_info(files: Vec<LessonFile>) -> RunInfo {
    RunInfo {
        architecture: rustix::system::uname().machine().to_string_lossy().into_owned(),
        uid: rustix::process::geteuid().as_raw(),
        started: jiff::Timestamp::now(),
        ended: None,
        files,
    }
}
