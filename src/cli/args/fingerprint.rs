//! The options of `isolab fingerprint`.

use clap::Args;

/// What is below the options in its help.
pub const EXAMPLES: &str = "\
Examples:
  isolab fingerprint                   of isolab itself: of the container that you run it in
  isolab fingerprint 4211              of this process
  isolab fingerprint 4211 --diff 1     what is different from the machine's first process
  isolab fingerprint 4211 --json       for programs

Nothing is changed and nothing is joined: it reads /proc and /sys/fs/cgroup. What only the owner of a
process or root may read is named with the kernel's answer; `sudo` shows it. The values of environment
variables are never read.

Exit codes:
  0    the fingerprint was printed
  1    with --diff: something differs
  2    wrong usage, or there is no such process";

/// See [`super::Command::Fingerprint`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Fingerprint {
    /// The process, by its number here (default: isolab itself)
    #[arg(value_name = "PID", value_parser = clap::value_parser!(i32).range(1..))]
    pub pid: Option<i32>,
    /// Show only what is different in this other process
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(i32).range(1..))]
    pub diff: Option<i32>,
    /// For programs
    #[arg(long)]
    pub json: bool,
}
