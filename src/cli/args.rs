//! The command line.

mod assignment;
mod author;
mod class;
mod fingerprint;
mod grade;

use crate::report::Format;
use crate::tui::theme::ThemeKind;
use crate::vocabulary::Seed;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use std::path::PathBuf;

use assignment::{assignment, seed};
pub use author::{Lint, New, Schema, Sort};
pub use class::{Class, ClassFormat};
pub use fingerprint::Fingerprint;
pub use grade::Grade;

/// Help has no more colours than a report.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Green.on_default());

const EXAMPLES: &str = "\
Examples:
  isolab                      open the lab: lessons, walked through step by step
  isolab uts                  open this lesson
  isolab progress             what you have done so far
  isolab review               ask again what you guessed wrong
  isolab list                 which lessons there are, and which of them run here
  isolab show uts             read a lesson without running it
  isolab check                run every lesson without a screen
  isolab demo                 scripts of lessons, to play to a room
  isolab doctor               what this machine offers, and what would help

Everything a lesson does happens in processes of its own, inside a user namespace of their
own, and is undone when the program ends, however it ends.";

const LEARN_EXAMPLES: &str = "\
Examples:
  isolab learn uts                             from where you left off
  isolab learn uts:rename                      from this step; earlier ones run first
  isolab learn cgroup-cpu --set quota=35%      with another limit
  isolab learn uts --plain                     as lines, without a screen";

const DEMO_EXAMPLES: &str = "\
Examples:
  isolab demo                                  which scripts there are
  isolab demo fifteen-minutes                  play it; Space goes on
  isolab demo own.yaml --rehearse              what would fail here, and how long it takes
  isolab demo who-ate-my-cpu --auto            unattended, to its end
  isolab demo fifteen-minutes --auto --record show.cast
                                               recorded, with or without a terminal

Exit codes of --rehearse and --auto:
  0    everything passed, counting a fallback that passed instead of a blocked entry
  1    an expectation failed: one of a step's, or one that the script waits for
  2    wrong usage, or a mistake in a script or lesson file
  3    nothing failed, but something is blocked and has no fallback that passes (a rehearsal ends with
       0 with --allow-blocked)
  4    something could not be undone; `isolab clean` tries again
  130  interrupted
If several apply, the first of 4, 2, 130, 1, 3 is used.";

const RENDER_EXAMPLES: &str = "\
Examples:
  isolab render uts > uts.md                                    a lesson
  isolab render uts --worksheet > uts-worksheet.md              the same, to be filled in
  isolab render uts --format html --output uts.html             for a browser, or to print
  isolab render cgroup-cpu --set quota=35% --output cpu.md      with another limit
  isolab render fifteen-minutes > handout.md                    everything that a demo shows
  isolab render fifteen-minutes --notes > notes.md              the instructor's notes, before anything is run

The exit code is that of `isolab check` or, for a script, of `isolab demo --rehearse`; with --notes it is 0, or 2 if they cannot be written.";

const CHECK_EXAMPLES: &str = "\
Examples:
  isolab check                                 every lesson
  isolab check --brief                         every lesson, a line for each step
  isolab check uts pid                         these two
  isolab check uts --step rename               up to this step; judges only it
  isolab check cgroup-cpu --set quota=35%      with another limit
  isolab check --format junit --output report.xml --allow-blocked

Exit codes:
  0    everything passed
  1    an expectation failed
  2    wrong usage, a mistake in a lesson file, or a report that cannot be written
  3    nothing failed, but something is blocked on this machine (0 with --allow-blocked)
  4    something could not be undone; `isolab clean` tries again
  130  interrupted
If several apply, the first of 4, 2, 130, 1, 3 is used.";

/// Takes a Linux container apart, one kernel mechanism at a time.
///
/// Every step of a lesson makes real system calls in real processes and shows what /proc and /sys/fs/cgroup said
/// before and after.
#[derive(Debug, Clone, PartialEq, Parser)]
#[command(name = "isolab", version, styles = STYLES, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do; without a command, the lab opens or, where there is no terminal, the lessons are listed.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of every command.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Global {
    /// Take lessons from this directory too; one with the id of a built-in lesson replaces it
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub lessons: Option<PathBuf>,
    /// When to use colours; `auto` uses them on a terminal, unless NO_COLOR is set
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_possible_values = true
    )]
    pub color: Color,
    /// The theme of the lab; ISOLAB_THEME sets it, too
    #[arg(long, value_enum, value_name = "THEME")]
    pub theme: Option<ThemeKind>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[allow(missing_docs)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Command {
    /// Walk through a lesson and see the kernel change
    #[command(after_help = LEARN_EXAMPLES)]
    Learn(Learn),
    /// Print what you have done so far, or clear it
    #[command(
        after_help = "Examples:\n  isolab progress\n  isolab progress uts --reset      this lesson only\n  isolab progress --reset          everything"
    )]
    Progress(Progress),
    /// Put what a class handed in into one table
    #[command(after_help = class::EXAMPLES)]
    Class(Class),
    /// Ask again what you guessed wrong, some days later
    #[command(
        after_help = "Examples:\n  isolab review             what is due: after one day, then after 3 and 7 more\n  isolab review --all       everything that was wrong, now\n  isolab review uts pid     of these lessons only"
    )]
    Review(Review),
    /// List the lessons, and say which of them run here
    List,
    /// Show a lesson as it would run here, without running it
    #[command(
        after_help = "Examples:\n  isolab show uts\n  isolab show cgroup-cpu --set quota=35% --answers"
    )]
    Show(Show),
    /// Run lessons without a screen and report what passed
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
    /// Type a student's answers into the boxes' shells, and give points
    #[command(after_help = grade::EXAMPLES)]
    Grade(Grade),
    /// Run a lesson or a demo, and write a handout of what was called and read
    #[command(after_help = RENDER_EXAMPLES)]
    Render(Render),
    /// Play a script of lessons and steps to a room
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(Demo),
    /// Show the notes of a running demo, in another terminal
    #[command(
        after_help = "Examples:\n  isolab notes           of the running demo, or the next one\n  isolab notes 4711      of the demo with this PID, if several run\n  sudo isolab notes      of a demo that was started with sudo"
    )]
    Notes(Notes),
    /// Write a lesson or a demo script to begin with
    #[command(after_help = author::NEW_EXAMPLES)]
    New(New),
    /// Find mistakes in lesson files and demo scripts, with line and column
    #[command(after_help = author::LINT_EXAMPLES)]
    Lint(Lint),
    /// Print the JSON Schema of lesson files, for editors
    #[command(after_help = author::SCHEMA_EXAMPLES)]
    Schema(Schema),
    /// Print what makes a process a container: namespaces, ids, mounts, limits, rights
    #[command(after_help = fingerprint::EXAMPLES)]
    Fingerprint(Fingerprint),
    /// Say what this machine offers, what is missing, and what would add it
    Doctor,
    /// Undo what is left of runs that were killed together with their guardian
    Clean,
    /// Print completions for a shell
    #[command(
        after_help = "Examples:\n  isolab completions bash > ~/.local/share/bash-completion/completions/isolab"
    )]
    Completions(Completions),
    /// Write the manual pages into a directory
    #[command(hide = true)]
    Manual(Manual),
}

/// See [`Command::Learn`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Learn {
    /// Id of a lesson, or a lesson file; and the id of the step to start from
    #[arg(value_name = "LESSON[:STEP]", value_hint = ValueHint::FilePath)]
    pub lesson: String,
    /// The theme of the lab; ISOLAB_THEME sets it, too
    #[arg(long, value_enum, value_name = "THEME")]
    pub theme: Option<ThemeKind>,
    /// Without a screen: the lesson as lines, which asks and waits for Enter, for screen readers and serial consoles
    #[arg(long, conflicts_with = "record")]
    pub plain: bool,
    /// Start from this step, as LESSON:STEP does
    #[arg(long, value_name = "STEP")]
    pub from: Option<String>,
    /// Choose the values that the lesson lets vary by this text, such as a student's id; --set goes before it
    #[arg(long, value_name = "TEXT", value_parser = seed)]
    pub seed: Option<Seed>,
    /// Give a parameter of the lesson another value (repeatable)
    #[arg(long = "set", value_name = "PARAM=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Do not keep what is typed after `t` in a receipt; ISOLAB_RECEIPTS=off does the same
    #[arg(long)]
    pub no_receipt: bool,
    /// Record the screen to this new file for asciinema, with a marker for each step
    #[arg(long, value_name = "FILE.cast", value_hint = ValueHint::FilePath)]
    pub record: Option<PathBuf>,
    /// Shorten pauses in the recording to at most this many seconds
    #[arg(long, value_name = "SECONDS", requires = "record", value_parser = clap::value_parser!(u64).range(1..))]
    pub idle: Option<u64>,
}

/// See [`Command::Progress`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Progress {
    /// Ids of lessons (default: every lesson)
    #[arg(id = "lesson", value_name = "LESSON")]
    pub lessons: Vec<String>,
    /// Clear the progress instead, without asking
    #[arg(long, conflicts_with = "format")]
    pub reset: bool,
    /// The format of the report
    #[arg(long, short, value_enum, default_value_t)]
    pub format: ProgressFormat,
}

/// See [`Command::Review`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Review {
    /// Ids of lessons (default: every lesson)
    #[arg(id = "lesson", value_name = "LESSON")]
    pub lessons: Vec<String>,
    /// Ask everything that was guessed wrong, whether it is due or not
    #[arg(long)]
    pub all: bool,
}

/// The formats of progress reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ProgressFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// A line for each step, for spreadsheets
    Csv,
}

/// See [`Command::Show`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Show {
    /// Id of a lesson, or a lesson file
    #[arg(value_hint = ValueHint::FilePath)]
    pub lesson: String,
    /// Also show the answers to the questions, and what tells them: what is expected, the commands by hand, the explanations
    #[arg(long)]
    pub answers: bool,
    /// Also show the notes for the instructor
    #[arg(long)]
    pub notes: bool,
    /// Choose the values that the lesson lets vary by this text, such as a student's id; --set goes before it
    #[arg(long, value_name = "TEXT", value_parser = seed)]
    pub seed: Option<Seed>,
    /// Give a parameter of the lesson another value (repeatable)
    #[arg(long = "set", value_name = "PARAM=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
}

/// See [`Command::Check`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Check {
    /// Ids of lessons, or lesson files (default: every lesson)
    #[arg(id = "lesson", value_name = "LESSON", value_hint = ValueHint::FilePath)]
    pub lessons: Vec<String>,
    /// The format of the report
    #[arg(long, short, value_enum, default_value_t)]
    pub format: Format,
    /// Write the report to this file instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// For people, but short: a line for each step, and the expectations that did not hold
    #[arg(long, conflicts_with = "format")]
    pub brief: bool,
    /// Exit with 0 even if something is blocked on this machine
    #[arg(long)]
    pub allow_blocked: bool,
    /// Judge only this step; earlier steps run, because it builds on them
    #[arg(long, value_name = "ID")]
    pub step: Option<String>,
    /// Choose the values that the lesson lets vary by this text, such as a student's id; --set goes before it
    #[arg(long, value_name = "TEXT", value_parser = seed)]
    pub seed: Option<Seed>,
    /// Give a parameter another value (repeatable)
    #[arg(long = "set", value_name = "PARAM=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// Stop at the first lesson that fails
    #[arg(long)]
    pub fail_fast: bool,
    /// Skip the actions of this step, as if each had returned 0, and stop after it: its expectations must then fail
    #[arg(long, value_name = "ID", hide = true)]
    pub without_actions_of: Option<String>,
}

/// See [`Command::Render`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Render {
    /// Id of a lesson or of a demo script, or a file with one
    #[arg(value_name = "LESSON|SCRIPT", value_hint = ValueHint::FilePath)]
    pub what: String,
    /// The format of the handout
    #[arg(long, short, value_enum, default_value_t)]
    pub format: Handout,
    /// Leave out the answers and whatever tells them, with room for the guess and for what is read
    #[arg(long)]
    pub worksheet: bool,
    /// Write the instructor's notes of a demo instead, with the answers; nothing is run
    #[arg(long, conflicts_with = "worksheet")]
    pub notes: bool,
    /// Write the handout to this file instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Choose the values that the lesson lets vary by this text, such as a student's id; --set goes before it
    #[arg(long, value_name = "TEXT", value_parser = seed)]
    pub seed: Option<Seed>,
    /// Give a parameter of the lesson another value (repeatable; a script has its own values)
    #[arg(long = "set", value_name = "PARAM=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
}

/// The formats of handouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Handout {
    /// CommonMark with tables
    #[default]
    Markdown,
    /// One page for browsers and printers, which fetches nothing
    Html,
}

/// See [`Command::Demo`].
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Demo {
    /// Id of a script that comes with isolab, or a script file; without one, the scripts are listed
    #[arg(value_name = "SCRIPT", value_hint = ValueHint::FilePath)]
    pub script: Option<String>,
    /// Play the script unattended to its end; the exit code is that of `isolab check`
    #[arg(long, requires = "script")]
    pub auto: bool,
    /// Run every entry at full speed without a screen, and say what would fail and how long it takes
    #[arg(long, requires = "script", conflicts_with_all = ["auto", "record", "speed"])]
    pub rehearse: bool,
    /// The format of the rehearsal's report
    #[arg(long, short, value_enum, default_value_t, requires = "rehearse")]
    pub format: RehearsalFormat,
    /// Exit a rehearsal with 0 even if something is blocked on this machine
    #[arg(long, requires = "rehearse")]
    pub allow_blocked: bool,
    /// Speed of everything that plays by itself
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// The theme of the show; ISOLAB_THEME sets it, too
    #[arg(long, value_enum, value_name = "THEME")]
    pub theme: Option<ThemeKind>,
    /// Record the screen to this new file for asciinema, with a marker for each chapter and step
    #[arg(long, value_name = "FILE.cast", value_hint = ValueHint::FilePath, requires = "script")]
    pub record: Option<PathBuf>,
    /// Shorten pauses in the recording to at most this many seconds
    #[arg(long, value_name = "SECONDS", requires = "record", value_parser = clap::value_parser!(u64).range(1..))]
    pub idle: Option<u64>,
    /// Record a screen of this size that no terminal shows (default without a terminal: 110x34)
    #[arg(long, value_name = "COLUMNSxROWS", requires_all = ["auto", "record"], value_parser = size)]
    pub size: Option<(u16, u16)>,
}

/// The formats of a rehearsal's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RehearsalFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Parses a speed factor. The largest is for tests; nobody can follow it.
fn speed(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('x').parse::<f64>() {
        Ok(factor) if (0.1..=1000.0).contains(&factor) => Ok(factor),
        _ => Err("write a factor from 0.1 to 1000, such as 2".to_owned()),
    }
}

/// Parses the size of a screen, from the smallest that the lab draws on.
fn size(text: &str) -> Result<(u16, u16), String> {
    let size = text.split_once('x').and_then(|(c, r)| Some((c.parse().ok()?, r.parse().ok()?)));
    size.filter(|(columns, rows)| (80..=1000).contains(columns) && (24..=500).contains(rows))
        .ok_or_else(|| "write columns and rows, from 80x24 to 1000x500, such as 110x34".to_owned())
}

/// See [`Command::Notes`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Notes {
    /// PID of the demo, if several are running
    #[arg(value_name = "PID")]
    pub pid: Option<u32>,
    /// The theme of the window; ISOLAB_THEME sets it, too
    #[arg(long, value_enum, value_name = "THEME")]
    pub theme: Option<ThemeKind>,
}

/// See [`Command::Completions`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Completions {
    /// The shell to complete in
    #[arg(value_enum)]
    pub shell: Shell,
}

/// See [`Command::Manual`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Manual {
    /// The directory to write the pages into
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub directory: PathBuf,
}

/// The command without its hidden parts, which completions would offer.
fn visible(command: &clap::Command) -> clap::Command {
    let name = clap::Command::new(command.get_name().to_owned());
    let about = command.get_about().cloned().unwrap_or_default();
    name.about(about)
        .args(command.get_arguments().filter(|a| !a.is_hide_set()))
        .subcommands(command.get_subcommands().filter(|c| !c.is_hide_set()).map(visible))
}

/// The script that completes `isolab` in this shell.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    let mut shown = visible(&Cli::command()).version(env!("CARGO_PKG_VERSION"));
    clap_complete::generate(shell, &mut shown, "isolab", &mut script);
    script
}

#[cfg(test)]
mod tests;
