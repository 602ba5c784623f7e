//! The command line: one short file for each subcommand, which wires the engine to a report.

pub mod args;
mod check;
mod class;
mod clean;
mod console;
mod demo;
mod doctor;
mod engine_thread;
pub mod exit;
mod fingerprint;
mod grade;
mod keeper;
mod lab;
mod learn;
mod lessons;
mod lint;
mod list;
mod machine;
mod manual;
mod new;
mod notes;
mod parse;
mod progress;
mod receipt;
mod rehearse;
mod render;
mod review;
mod show;
pub mod style;
mod swept;
mod transcript;
mod verify;
mod watch;

use crate::demo::script;
use crate::kernel::process;
use crate::lesson::schema;
use crate::present::plain;
use crate::report;
use crate::report::schema::{RECEIPT, SCHEMA, VERIFICATION};
use args::Command;
use console::{complain, print};
use std::io::Write;

/// Runs the command that the program was started with; returns the exit code.
pub fn main() -> u8 {
    process::ignore_file_size_signal();
    // If the program is executable and not readable (mode 0711), or has file capabilities, it starts with a /proc/self that it may not use.
    process::stay_readable();
    if let Err(least) = process::widen_stack() {
        complain(&format!(
            "the stack is limited to less than {least} KiB: raise the limit (ulimit -s {least})"
        ));
        return exit::USAGE;
    }
    let cli = match parse::parse(&std::env::args_os().collect::<Vec<_>>()) {
        Ok(cli) => cli,
        Err(e) => return usage(&e),
    };
    let to_file = match &cli.command {
        Some(Command::Check(check)) => check.output.is_some(),
        Some(Command::Grade(grade)) => grade.output.is_some(),
        _ => false,
    };
    style::apply(cli.global.color, to_file);
    let global = &cli.global;
    match &cli.command {
        None => learn::run(global, None),
        Some(Command::Learn(learn)) => learn::run(global, Some(learn)),
        Some(Command::Class(asked)) => class::run(asked),
        Some(Command::Progress(progress)) => progress::run(global, progress),
        Some(Command::Review(asked)) => review::run(global, asked),
        Some(Command::List) => list::run(global),
        Some(Command::Show(show)) => show::run(global, show),
        Some(Command::Check(check)) => check::run(global, check),
        Some(Command::Grade(asked)) => grade::run(global, asked),
        Some(Command::Render(asked)) => render::run(global, asked),
        Some(Command::New(asked)) => new::run(global, asked),
        Some(Command::Lint(asked)) if asked.watch => watch::run(global, asked),
        Some(Command::Lint(asked)) => lint::run(global, asked),
        Some(Command::Schema(asked)) if asked.demo => print(&format!("{:#}\n", script::schema::schema())),
        Some(Command::Schema(asked)) if asked.report => print(SCHEMA),
        Some(Command::Schema(asked)) if asked.grade => print(report::grade::SCHEMA),
        Some(Command::Schema(asked)) if asked.receipt => print(RECEIPT),
        Some(Command::Schema(asked)) if asked.verification => print(VERIFICATION),
        Some(Command::Schema(_)) => print(&format!("{:#}\n", schema::schema())),
        Some(Command::Demo(asked)) => demo::run(global, asked),
        Some(Command::Notes(asked)) => notes::run(global, asked),
        Some(Command::Fingerprint(asked)) => fingerprint::run(asked),
        Some(Command::Doctor) => doctor::run(global),
        Some(Command::Clean) => clean::run(),
        Some(Command::Manual(asked)) => manual::run(asked),
        Some(Command::Completions(c)) => print(&String::from_utf8_lossy(&args::completions(c.shell))),
    }
}

/// Prints help, or the error in the command line. A word in it can be the name of a file, chosen by somebody else.
fn usage(error: &clap::Error) -> u8 {
    let text = error.render().to_string();
    if text.chars().all(|c| c == '\n' || !plain::hides(c)) {
        error.exit();
    }
    let _ = write!(std::io::stderr(), "{}", plain::sieve(&text, plain::Colours::None));
    u8::try_from(error.exit_code()).unwrap_or(exit::USAGE)
}
