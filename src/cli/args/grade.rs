//! The options of `isolab grade`.

use super::assignment::{assignment, seed};
use crate::report::grade::GradeFormat;
use crate::vocabulary::Seed;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// What is below the options in its help.
pub const EXAMPLES: &str = "\
Examples:
  isolab grade --can                                   whether this machine can grade, in a second
  isolab grade --answers answers                       every lesson that has answers
  isolab grade uts --answers answers                   this lesson: answers/uts/rename.sh and so on
  isolab grade uts --answers uts.txt                   one file, with a line `# step: rename` before each answer
  isolab grade uts --answers answers --format gradescope --output results.json
  isolab grade uts --answers answers --receipt ann.json
  isolab grade --verify ann.json                       make everything in the receipt again, here

A receipt alone proves nothing: it is a file that anybody can write. With --verify each step that it
claims is confirmed, failed, or not comparable: the lesson has another text here, the cgroup version
or the rights are others, a program is missing, or a process number was typed that only that run had.

Exit codes:
  0    every step that counts was earned; with --verify, every claim was confirmed
  1    a step was not earned; with --verify, a claim failed
  2    wrong usage, a mistake in a lesson or in the answers, or a report that cannot be written
  4    something could not be undone; `isolab clean` tries again
  5    a step could not be graded on this machine: the points are not the whole grade; with --verify,
       no claim failed, and one was not comparable
  130  interrupted
If several apply, the first of 4, 2, 130, 5, 1 is used.";

/// See [`super::Command::Grade`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Grade {
    /// Ids of lessons, or lesson files (default: those that there are answers for; with --can, every lesson)
    #[arg(id = "lesson", value_name = "LESSON", value_hint = ValueHint::FilePath)]
    pub lessons: Vec<String>,
    /// A directory with LESSON/STEP.sh for each step, or one file with a line `# step: LESSON/STEP` before each answer
    #[arg(long, value_name = "DIR|FILE", value_hint = ValueHint::AnyPath, required_unless_present_any = ["can", "verify"])]
    pub answers: Option<PathBuf>,
    /// Say whether this machine can grade these lessons, and why not
    #[arg(long, conflicts_with_all = ["answers", "format", "output", "strict", "deadline", "who", "receipt", "verify"])]
    pub can: bool,
    /// The format of the report
    #[arg(long, short, value_enum, default_value_t)]
    pub format: GradeFormat,
    /// Write the report to this file instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Seconds for each step, from the start of its shell to the verdict
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub deadline: u64,
    /// Count no step after the first that was not earned
    #[arg(long)]
    pub strict: bool,
    /// Write what was typed, and what became of it, to this file too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub receipt: Option<PathBuf>,
    /// Type everything in this receipt once more, and say which of its claims hold here
    #[arg(long, value_name = "RECEIPT", value_hint = ValueHint::FilePath, conflicts_with_all = ["answers", "strict", "who", "receipt", "seed", "set"])]
    pub verify: Option<PathBuf>,
    /// Whose answers these are; it is put into the report
    #[arg(long, value_name = "NAME")]
    pub who: Option<String>,
    /// Choose the values that the lesson lets vary by this text, such as a student's id; --set goes before it
    #[arg(long, value_name = "TEXT", value_parser = seed)]
    pub seed: Option<Seed>,
    /// Give a parameter another value (repeatable)
    #[arg(long = "set", value_name = "PARAM=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
}
