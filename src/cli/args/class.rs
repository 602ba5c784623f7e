//! The options of `isolab class`.

use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// What is below the options in its help.
pub const EXAMPLES: &str = "\
Examples:
  isolab class handed-in                               who earned what, on the screen
  isolab class handed-in --format csv --output class.csv
  isolab class handed-in --format html --output class.html

DIR has a file for each person, or a directory for each person with files. A file is a receipt, a
report of `isolab grade` or of `isolab grade --verify` in JSON, or what `isolab progress --format
json` prints. Files of another kind and damaged ones are named and left out. Of several for one
person and lesson one counts: a report before a receipt, a receipt before progress; then the one
with more points, and then the newer one.

Exit codes:
  0    the table was written, even if files were left out
  2    wrong usage, nothing to count in DIR, or a table that cannot be written";

/// See [`super::Command::Class`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Class {
    /// The directory with what was handed in
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub directory: PathBuf,
    /// The format of the table
    #[arg(long, short, value_enum, default_value_t)]
    pub format: ClassFormat,
    /// Write the table to this file instead of standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// The formats of a class's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ClassFormat {
    /// For people: a row for each person
    #[default]
    Text,
    /// For spreadsheets: a line for each person and lesson
    Csv,
    /// CommonMark with a table
    Markdown,
    /// One page for browsers and printers, which fetches nothing
    Html,
}
