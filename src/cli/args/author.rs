//! The words of the commands for authors: `isolab new`, `isolab lint` and `isolab schema`.

use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

pub(super) const NEW_EXAMPLES: &str = "\
Examples:
  isolab new lesson quiet                  writes quiet.yaml
  isolab --lessons own new lesson quiet    writes own/quiet.yaml
  isolab new demo my-show

What it writes has no mistakes and runs. A file that is there is left as it is.";

pub(super) const LINT_EXAMPLES: &str = "\
Examples:
  isolab lint lessons/*.yaml
  isolab --lessons my-lessons lint my-demo.yaml
  isolab lint --watch quiet.yaml           again at each save; q ends it";

pub(super) const SCHEMA_EXAMPLES: &str = "\
Examples:
  isolab schema > lesson.schema.json
  isolab schema --demo > demo.schema.json
  isolab schema --report > report.schema.json
  isolab schema --grade > grade.schema.json
  isolab schema --receipt > receipt.schema.json
  isolab schema --verification > verification.schema.json";

/// See [`Command::New`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct New {
    /// What to write
    #[arg(value_enum)]
    pub sort: Sort,
    /// Its id, or the path of its file: the file is the id with `.yaml` behind it
    #[arg(value_name = "NAME", value_hint = ValueHint::FilePath)]
    pub name: String,
}

/// What [`Command::New`] can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// A lesson with one step
    Lesson,
    /// A demo script with a card and two steps
    Demo,
}

/// See [`Command::Lint`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Lint {
    /// Lesson files and demo scripts, or directories of them
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// Look at one file again at each save, and run the step of the lesson that was changed; `q` or Ctrl-C ends it
    #[arg(long)]
    pub watch: bool,
    /// With --watch: run this step at each save, whatever was changed
    #[arg(long, value_name = "ID", requires = "watch")]
    pub step: Option<String>,
}

/// See [`Command::Schema`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[group(multiple = false)] // one schema at a time
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub struct Schema {
    /// Print the schema of demo scripts instead
    #[arg(long)]
    pub demo: bool,
    /// Print the schema of the reports that `check --format json` and `demo --rehearse --format json` write instead
    #[arg(long)]
    pub report: bool,
    /// Print the schema of the reports that `grade --format json` writes instead
    #[arg(long)]
    pub grade: bool,
    /// Print the schema of receipts instead
    #[arg(long)]
    pub receipt: bool,
    /// Print the schema of the reports that `grade --verify --format json` writes instead
    #[arg(long)]
    pub verification: bool,
}
