//! `isolab render`.

use super::args::{Global, Handout, Render};
use super::console::{complain, complain_of_left, print};
use super::machine::machine;
use super::{check, demo, exit, lessons, rehearse, swept};
use crate::demo::Script;
use crate::demo::{library, script};
use crate::engine::machine::Machine;
use crate::engine::{self, Options};
use crate::files;
use crate::lesson::load::{is_script, read};
use crate::lesson::{Catalog, Diagnostic};
use crate::model::Leftover;
use crate::present::plain::{Colours, sieve};
use crate::report::markdown::{Context, Edition, handout};
use crate::report::{self, status};
use crate::vocabulary::Lesson;
use crate::vocabulary::suggest::nearest;
use std::path::Path;
use std::sync::atomic::Ordering;

/// What a word on the command line means.
enum Meant {
    Lesson(Box<Lesson>),
    Script(Script),
}

/// Runs a lesson or a script without a screen and writes a handout of it, with the exit code of `isolab check`; or writes a script's notes.
pub fn run(global: &Global, asked: &Render) -> u8 {
    let prepared = (|| {
        let catalog = lessons::catalog(global.lessons.as_deref())?;
        let meant = meant(asked, &catalog)?;
        Ok((catalog, meant, machine()?))
    })();
    let (catalog, meant, machine) = match prepared {
        Ok(prepared) => prepared,
        Err(code) => return code,
    };
    let header = check::header(&machine);
    let edition = if asked.worksheet { Edition::Worksheet } else { Edition::Complete };
    if asked.notes {
        return match &meant {
            Meant::Script(script) => notes(script, asked, &catalog, &machine),
            Meant::Lesson(_) => {
                complain(&format!(
                    "--notes is for demos; for a lesson: isolab show {} --answers --notes",
                    asked.what
                ));
                exit::USAGE
            }
        };
    }
    let context = Context { header: &header, variant: machine.variant(), edition };
    let made = match &meant {
        Meant::Lesson(lesson) => of_lesson(lesson, &machine, &context),
        Meant::Script(script) => of_script(script, &catalog, &machine, &context),
    };
    let (text, left, overall) = match made {
        Ok(made) => made,
        Err(code) => return code,
    };
    complain_of_left(&left);
    exit::told(exit::code(overall, false), write(&text, asked))
}

/// The instructor's notes. Nothing is run, so nothing can fail but the writing.
fn notes(script: &Script, asked: &Render, catalog: &Catalog, machine: &Machine) -> u8 {
    match demo::plan(script, machine, catalog) {
        Ok(plan) => {
            let header = check::header(machine);
            write(&report::script_notes::page(&plan, &header, machine.variant()), asked)
        }
        Err(code) => code,
    }
}

/// Writes Markdown in the format and to the place that were asked for; the exit code of that.
fn write(markdown: &str, asked: &Render) -> u8 {
    let text = match asked.format {
        Handout::Markdown => sieve(markdown, Colours::None),
        Handout::Html => sieve(&report::html::page(markdown), Colours::None),
    };
    match &asked.output {
        None => print(&text),
        Some(path) => match files::write(path, text.as_bytes()) {
            Ok(()) => exit::PASSED,
            Err(e) => {
                complain(&format!("write {}: {}", path.display(), files::cause(&e)));
                exit::USAGE
            }
        },
    }
}

/// A handout, what could not be undone, and the run's overall status.
type Made = (String, Vec<Leftover>, status::Overall);

fn of_lesson(lesson: &Lesson, machine: &Machine, context: &Context) -> Result<Made, u8> {
    let cancel = check::interruptible()?;
    swept::complain();
    let record = engine::run(lesson, machine, &Options::default(), &cancel, &mut |_| {});
    let text = handout(lesson, &record, context);
    let left = record.left.clone();
    Ok((text, left, status::overall(&[record], cancel.load(Ordering::Relaxed))))
}

fn of_script(script: &Script, catalog: &Catalog, machine: &Machine, context: &Context) -> Result<Made, u8> {
    let plan = demo::plan(script, machine, catalog)?;
    let rehearsal = rehearse::play(&plan, machine, catalog, &mut |_, _| {})?;
    let text = report::handout::script(&plan, &rehearsal, context);
    let overall = report::rehearsal::overall(&rehearsal);
    Ok((text, rehearsal.left, overall))
}

/// A lesson comes before a script of the same id; the keys at a file's top say which it is.
fn meant(asked: &Render, catalog: &Catalog) -> Result<Meant, u8> {
    let word = asked.what.as_str();
    let is_demo = |word: &str| library::BUILT_IN.iter().any(|(id, _)| *id == word);
    let script = if lessons::is_file(word) {
        let mistaken = |found: Vec<Diagnostic>| {
            lessons::complain(&found);
            exit::USAGE
        };
        let path = Path::new(word);
        let text = read(path).map_err(mistaken)?;
        is_script(&text).then(|| script::load::load(word, &text, catalog).map_err(mistaken)).transpose()?
    } else if catalog.sources().iter().any(|s| s.id == word) {
        None
    } else if is_demo(word) {
        Some(demo::script(word, catalog)?)
    } else {
        let ids = || {
            catalog.sources().iter().map(|s| s.id.as_str()).chain(library::BUILT_IN.iter().map(|(id, _)| *id))
        };
        complain(&match nearest(word, ids()) {
            Some(near) => format!("unknown lesson or demo `{word}`: did you mean `{near}`?"),
            None => format!(
                "unknown lesson or demo `{word}`; there are: {}",
                ids().collect::<Vec<_>>().join(", ")
            ),
        });
        return Err(exit::USAGE);
    };
    match script {
        Some(_) if asked.seed.is_some() => {
            complain("--seed is for lessons; a script shows everybody the same");
            Err(exit::USAGE)
        }
        Some(_) if !asked.set.is_empty() => {
            complain("--set is for lessons; a script gives its lessons values with `set`");
            Err(exit::USAGE)
        }
        Some(script) => Ok(Meant::Script(script)),
        None => {
            let mut loaded =
                lessons::load(catalog, std::slice::from_ref(&asked.what), asked.seed.as_ref(), &asked.set)?;
            loaded.pop().map(|lesson| Meant::Lesson(Box::new(lesson))).ok_or(exit::USAGE)
        }
    }
}
