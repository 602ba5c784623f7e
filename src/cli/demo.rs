//! `isolab demo`: finds the script, and plays or rehearses it.

use super::args::{Demo, Global};
use super::console::{complain, no_terminal, print};
use super::machine::machine;
use super::{exit, lab, learn, lessons, rehearse};
use crate::demo::library::{self, Missing};
use crate::demo::{Plan, Script};
use crate::engine::machine::Machine;
use crate::lesson::Catalog;
use std::time::Duration;

/// Columns and rows of a recording that is made without a terminal.
const UNSEEN: (u16, u16) = (110, 34);

/// Lists the scripts, or plays one.
pub fn run(global: &Global, asked: &Demo) -> u8 {
    let catalog = match lessons::catalog(global.lessons.as_deref()) {
        Ok(catalog) => catalog,
        Err(code) => return code,
    };
    let Some(word) = &asked.script else { return list(&catalog) };
    let (script, machine) = match script(word, &catalog).and_then(|s| Ok((s, machine()?))) {
        Ok(found) => found,
        Err(code) => return code,
    };
    let plan = match plan(&script, &machine, &catalog) {
        Ok(plan) => plan,
        Err(code) => return code,
    };
    if asked.rehearse {
        return rehearse::run(&plan, &machine, &catalog, asked);
    }
    play(global, catalog, plan, asked)
}

fn play(global: &Global, catalog: Catalog, plan: Plan, asked: &Demo) -> u8 {
    let theme = match learn::theme(global, asked.theme, std::env::var("ISOLAB_THEME").ok().as_deref()) {
        Ok(theme) => theme,
        Err(code) => return code,
    };
    let unseen = match (asked.size, no_terminal()) {
        (None, Some(_)) if asked.auto && asked.record.is_some() => Some(UNSEEN),
        (size, _) => size,
    };
    if let (None, Some(stream)) = (unseen, no_terminal()) {
        complain(&format!(
            "standard {stream} is not a terminal; --rehearse plays the script without one, and --auto --record FILE records it"
        ));
        return exit::USAGE;
    }
    let record = asked.record.clone().map(|path| (path, asked.idle.map(Duration::from_secs)));
    let demo = lab::Demo { plan, auto: asked.auto, speed: asked.speed, record, unseen };
    lab::open(catalog, global.color, theme, lab::Start::Demo(demo))
}

/// Finds the script with this id or file name.
///
/// # Errors
/// The exit code; what is wrong was said.
pub fn script(word: &str, catalog: &Catalog) -> Result<Script, u8> {
    library::find(word, catalog).map_err(|missing| {
        match missing {
            Missing::Unknown(what) => complain(&what),
            Missing::Faulty(found) => lessons::complain(&found),
        }
        exit::USAGE
    })
}

/// A script made ready for this machine.
///
/// # Errors
/// The exit code; what is wrong was said.
pub fn plan(script: &Script, machine: &Machine, catalog: &Catalog) -> Result<Plan, u8> {
    Plan::new(script, machine.variant(), &|id, set| catalog.load(id, set)).map_err(|what| {
        complain(&what);
        exit::USAGE
    })
}

fn list(catalog: &Catalog) -> u8 {
    let all: Result<Vec<String>, u8> = library::BUILT_IN
        .iter()
        .map(|(id, _)| script(id, catalog))
        .map(|script| script.map(|s| format!("{:<18} {}\n{:<18} {}\n", s.id, s.title, "", s.summary)))
        .collect();
    match all {
        Ok(lines) => print(&lines.concat()),
        Err(code) => code,
    }
}
