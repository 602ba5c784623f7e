//! From words on the command line to a command. The name of a lesson is enough to open it.

use super::args::{Cli, Command};
use super::{learn, lessons};
use crate::demo::library;
use crate::lesson::Catalog;
use crate::vocabulary::suggest::nearest;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};
use std::ffi::OsString;

/// Parses the words, the first of which is the program's own name. Where a command is expected and a lesson is named, the command is `learn`.
///
/// # Errors
/// What is wrong, with the nearest command or lesson. Asking for help is an error, too.
pub fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    let mut error = match Cli::try_parse_from(words) {
        Ok(cli) => return Ok(cli),
        Err(error) => error,
    };
    let Some(unknown) = unknown_command(&error) else { return Err(error) };
    if let Some(cli) = as_lesson(words, &unknown) {
        return Ok(cli);
    }
    let cli = Cli::command();
    let commands = cli.get_subcommands().filter(|c| !c.is_hide_set()).map(clap::Command::get_name);
    let lesson = || Some(format!("learn {}", nearest(&unknown, Catalog::built_in().ids())?));
    let demo = || {
        let known = library::BUILT_IN.iter().map(|(id, _)| *id);
        Some(format!("demo {}", nearest(&unknown, known)?))
    };
    let near = nearest(&unknown, commands).map(ToOwned::to_owned).or_else(lesson).or_else(demo);
    if let Some(near) = near {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![near]));
    }
    Err(error)
}

/// The word that is not a command, if that is the mistake.
fn unknown_command(error: &clap::Error) -> Option<String> {
    let word = error.get(ContextKind::InvalidSubcommand)?;
    match (error.kind(), word) {
        (ErrorKind::InvalidSubcommand, ContextValue::String(word)) => Some(word.clone()),
        _ => None,
    }
}

/// The same words with `learn` before the unknown one, where that names a lesson.
fn as_lesson(words: &[OsString], unknown: &str) -> Option<Cli> {
    let at = words.iter().skip(1).position(|word| word == unknown)? + 1;
    let mut words = words.to_vec();
    words.insert(at, "learn".into());
    let cli = Cli::try_parse_from(words).ok()?;
    let Some(Command::Learn(learn)) = &cli.command else { return None };
    let (lesson, _) = learn::split(&learn.lesson);
    let known = |catalog: Catalog| catalog.find(lesson).is_ok();
    // A directory that cannot be listed is complained of when the lesson is opened.
    let named = match &cli.global.lessons {
        None => known(Catalog::built_in()),
        Some(directory) => Catalog::with_directory(directory).map_or(true, known),
    };
    (named || lessons::is_file(lesson)).then_some(cli)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Cli, clap::Error> {
        parse(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_lesson_is_enough() {
        for (short, long) in [
            ("isolab uts", "isolab learn uts"),
            ("isolab uts:rename --theme light", "isolab learn uts:rename --theme light"),
            (
                "isolab --color never cgroup-cpu --set quota=35%",
                "isolab --color never learn cgroup-cpu --set quota=35%",
            ),
            ("isolab ./own.yaml", "isolab learn ./own.yaml"),
            ("isolab --lessons lessons uts", "isolab --lessons lessons learn uts"),
        ] {
            assert_eq!(parsed(short).expect(short), parsed(long).expect(long), "{short}");
        }
    }

    #[test]
    fn the_nearest_command_is_named_or_else_the_nearest_lesson() {
        for (line, tip) in [
            ("isolab lern", "'learn'"),
            ("isolab chek", "'check'"),
            ("isolab mont", "'learn mount'"),
            ("isolab fifteen-minute", "'demo fifteen-minutes'"),
        ] {
            let said = parsed(line).expect_err(line).render().to_string();
            assert!(said.contains(&format!("a similar subcommand exists: {tip}")), "{said}");
        }
        let said = parsed("isolab kubernetes").expect_err("unknown").render().to_string();
        assert!(said.contains("unrecognized subcommand 'kubernetes'") && !said.contains("tip"), "{said}");
    }

    #[test]
    fn mistakes_behind_a_command_stay_what_they_are() {
        let said = parsed("isolab check --frmat json").expect_err("an option").render().to_string();
        assert!(said.contains("--frmat") && said.contains("--format"), "{said}");
        assert!(parsed("isolab uts --frmat json").is_err());
    }
}
