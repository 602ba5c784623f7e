//! `isolab demo --rehearse`: a script on an engine without a screen.

use super::args::{Demo, RehearsalFormat};
use super::console::print;
use super::engine_thread;
use super::{check, exit, style};
use crate::demo::Plan;
use crate::demo::drive::{self, Told};
use crate::demo::rehearsal::Rehearsal;
use crate::engine::machine::Machine;
use crate::lesson::Catalog;
use crate::lesson::catalog::Source;
use crate::lesson::file::LessonFile;
use crate::report::rehearsal::{self as report, Text};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs every entry at full speed, without a screen.
pub fn run(plan: &Plan, machine: &Machine, catalog: &Catalog, asked: &Demo) -> u8 {
    let header = check::header(machine);
    let run = check::run_info(files(plan, catalog));
    let text = Text::new(style::columns(false));
    let streams = asked.format == RehearsalFormat::Text;
    let mut written = if streams { print(&text.begin(&plan.id, &plan.title, &header)) } else { exit::PASSED };
    let played = play(plan, machine, catalog, &mut |told, interrupted| {
        let line = match told {
            _ if !streams || written != exit::PASSED => return,
            Told::Chapter(number, title) => text.chapter(number, title),
            Told::Shown(shown) => text.shown(shown),
        };
        written = print(&line);
        // Without a reader for the report there is no point in going on.
        interrupted.fetch_or(written != exit::PASSED, Ordering::Relaxed);
    });
    let rehearsal = match played {
        Ok(rehearsal) => rehearsal,
        Err(code) => return code,
    };
    let code = exit::code(report::overall(&rehearsal), asked.allow_blocked);
    if written == exit::PASSED {
        written =
            print(&if streams { text.finish(&rehearsal) } else { report::json(&rehearsal, &header, &run) });
    }
    exit::told(code, written)
}

/// The files of the lessons that a plan shows.
fn files(plan: &Plan, catalog: &Catalog) -> Vec<LessonFile> {
    let file = |source: &Source| {
        let text = source.text().ok()?;
        Some(LessonFile::new(&source.id, &source.file, source.path.is_none(), &text))
    };
    let shown: BTreeSet<&str> = plan.lessons().collect();
    catalog.sources().iter().filter(|source| shown.contains(source.id.as_str())).filter_map(file).collect()
}

/// Plays a plan without a screen, and undoes everything. `tell` may set the flag that ends it.
///
/// # Errors
/// The exit code; what is wrong was said.
pub fn play(
    plan: &Plan,
    machine: &Machine,
    catalog: &Catalog,
    tell: &mut dyn FnMut(Told, &AtomicBool),
) -> Result<Rehearsal, u8> {
    engine_thread::with(machine, catalog, |engine| {
        drive::drive(plan, engine, &mut |told| tell(told, engine.interrupted))
    })
}
