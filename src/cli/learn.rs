//! `isolab` and `isolab learn`: the lab on a screen.

use super::args::{Global, Learn};
use super::console::{complain, no_terminal};
use super::{exit, lab, lessons, list, transcript};
use crate::lesson::Catalog;
use crate::tui::theme::ThemeKind;
use crate::vocabulary::suggest::suggest;
use clap::ValueEnum;
use std::time::Duration;

/// Opens the lab, at its first screen or in a lesson. Mistakes on the command line are reported before anything else.
pub fn run(global: &Global, learn: Option<&Learn>) -> u8 {
    let asked = learn.map(|learn| chosen(global, learn)).transpose();
    let theme = theme(global, learn.and_then(|l| l.theme), std::env::var("ISOLAB_THEME").ok().as_deref());
    let (asked, theme) = match (asked, theme) {
        (Err(code), _) | (_, Err(code)) => return code,
        (Ok(asked), Ok(theme)) => (asked, theme),
    };
    let dumb = dumb_terminal();
    if let (Some(learn), Some(_)) = (learn, &asked)
        && (learn.plain || dumb)
    {
        let Some((catalog, lesson)) = asked else { return exit::USAGE };
        return plain(catalog, &lesson, learn);
    }
    if learn.is_none() && dumb {
        println!("{DUMB}; `isolab learn LESSON` opens one as lines");
        return list::run(global);
    }
    if let Some(stream) = no_terminal() {
        let Some(learn) = learn else { return list::run(global) };
        let lesson = split(&learn.lesson).0;
        complain(&format!(
            "standard {stream} is not a terminal; `isolab check {lesson}` runs the lesson without one, and `isolab learn --plain {lesson}` tells it as lines"
        ));
        return exit::USAGE;
    }
    let (catalog, start) = match asked {
        Some((catalog, lesson)) => (catalog, lab::Start::Lesson(lesson)),
        None => match lessons::catalog(global.lessons.as_deref()) {
            Ok(catalog) => (catalog, lab::Start::Home),
            Err(code) => return code,
        },
    };
    lab::open(catalog, global.color, theme, start)
}

/// What is said of a terminal without a cursor.
const DUMB: &str = "TERM is dumb, so there is no screen";

/// Whether this is a terminal on which no screen can be drawn.
fn dumb_terminal() -> bool {
    no_terminal().is_none() && std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// The lesson as lines.
fn plain(catalog: Catalog, lesson: &lab::Lesson, asked: &Learn) -> u8 {
    if !asked.plain {
        if asked.record.is_some() {
            complain(&format!("{DUMB} to record"));
            return exit::USAGE;
        }
        println!("{DUMB}: the lesson comes as lines, as with --plain.\n");
    }
    transcript::run(catalog, lesson)
}

/// The lesson that was asked for, and a catalog that has it.
///
/// # Errors
/// The exit code; what is wrong was said.
fn chosen(global: &Global, asked: &Learn) -> Result<(Catalog, lab::Lesson), u8> {
    let (word, step) = split(&asked.lesson);
    let step = asked.from.as_deref().or(step);
    let mut catalog = lessons::catalog(global.lessons.as_deref())?;
    let mut loaded = lessons::load(&catalog, &[word.to_owned()], asked.seed.as_ref(), &asked.set)?;
    let lesson = loaded.pop().ok_or(exit::USAGE)?;
    if let Some(step) = step
        && !lesson.steps.iter().any(|s| s.id == step)
    {
        let steps = || lesson.steps.iter().map(|s| s.id.as_str());
        // All of them in any case: the next question would be which steps there are.
        let near = suggest(step, steps().collect::<Vec<_>>()).filter(|s| s.starts_with("did"));
        complain(&format!(
            "lesson `{}` has no step `{step}`{}; there are: {}",
            lesson.id,
            near.map(|n| format!(": {n}")).unwrap_or_default(),
            steps().collect::<Vec<_>>().join(", ")
        ));
        return Err(exit::USAGE);
    }
    let id = if lessons::is_file(word) { catalog.add(word.into()) } else { lesson.id };
    let record = asked.record.clone().map(|path| (path, asked.idle.map(Duration::from_secs)));
    let set = asked.set.iter().cloned().collect();
    Ok((
        catalog,
        lab::Lesson {
            id,
            step: step.map(ToOwned::to_owned),
            seed: asked.seed.clone(),
            set,
            record,
            receipts: !asked.no_receipt,
        },
    ))
}

/// Splits `LESSON[:STEP]`. A lesson file's name has an extension, a step's id has none.
pub fn split(word: &str) -> (&str, Option<&str>) {
    match word.rsplit_once(':') {
        Some((lesson, step)) if !step.contains(['/', '.']) => (lesson, Some(step)),
        _ => (word, None),
    }
}

/// The theme: the last one on the command line, else that of `ISOLAB_THEME`, else the default.
pub fn theme(global: &Global, asked: Option<ThemeKind>, told: Option<&str>) -> Result<ThemeKind, u8> {
    if let Some(kind) = asked.or(global.theme) {
        return Ok(kind);
    }
    match told.filter(|word| !word.is_empty()) {
        None => Ok(ThemeKind::default()),
        Some(word) => ThemeKind::from_str(word, true).map_err(|_| {
            complain(&format!("ISOLAB_THEME is `{word}`; there are: dark, light, contrast, projector"));
            exit::USAGE
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::args::Cli;
    use super::*;
    use clap::Parser;

    #[test]
    fn a_step_stands_behind_the_last_colon() {
        for (word, lesson, step) in [
            ("uts", "uts", None),
            ("uts:rename", "uts", Some("rename")),
            ("uts:", "uts", Some("")),
            ("./a:b/own.yaml", "./a:b/own.yaml", None),
            ("./a:b/own.yaml:look", "./a:b/own.yaml", Some("look")),
        ] {
            assert_eq!(split(word), (lesson, step));
        }
    }

    #[test]
    fn what_was_typed_goes_before_the_environment() {
        let global = |line: &str| Cli::parse_from(line.split(' ')).global;
        assert_eq!(theme(&global("isolab"), None, None), Ok(ThemeKind::Dark));
        assert_eq!(theme(&global("isolab"), None, Some("Light")), Ok(ThemeKind::Light));
        assert_eq!(theme(&global("isolab"), None, Some("")), Ok(ThemeKind::Dark));
        assert_eq!(theme(&global("isolab --theme contrast"), None, Some("pink")), Ok(ThemeKind::Contrast));
        assert_eq!(theme(&global("isolab"), None, Some("pink")), Err(exit::USAGE));
    }
}
