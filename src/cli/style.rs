//! Colours and columns, decided once for the whole program.

use super::args::Color;
use crate::present::plain::Colours;
use crate::report::WIDTH;
use std::env;
use std::io::IsTerminal;

/// Narrower than this, reports are not folded further.
const NARROWEST: usize = 40;
/// The widest a report is folded to.
const WIDEST: usize = 500;

/// The facts that decide on colours.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings {
    /// `NO_COLOR` is set and not empty (no-color.org).
    pub no_color: bool,
    /// `TERM` is `dumb`.
    pub dumb: bool,
    /// What is written goes to a terminal.
    pub terminal: bool,
}

impl Surroundings {
    /// The facts for output of this process to standard output, or to a file.
    pub fn here(to_file: bool) -> Self {
        Surroundings {
            no_color: env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            dumb: env::var_os("TERM").is_some_and(|term| term == "dumb"),
            terminal: !to_file && std::io::stdout().is_terminal(),
        }
    }
}

/// Whether to use colours. `--color` has the last word.
pub fn colors(color: Color, around: Surroundings) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => around.terminal && !around.no_color && !around.dumb,
    }
}

/// Sets the override of `colored`, so that nothing decides a second time. To be called before anything is painted.
pub fn apply(color: Color, to_file: bool) {
    colored::control::set_override(colors(color, Surroundings::here(to_file)));
}

/// Whether reports are coloured, as decided by [`apply`].
pub fn painted() -> Colours {
    if colored::control::SHOULD_COLORIZE.should_colorize() { Colours::Painted } else { Colours::None }
}

/// The columns for a report: those of the terminal, else `COLUMNS`, else [`WIDTH`].
pub fn columns(to_file: bool) -> usize {
    width(to_file, WIDTH)
}

/// Likewise for standard output, else this many.
pub fn columns_or(fallback: usize) -> usize {
    width(false, fallback)
}

fn width(to_file: bool, fallback: usize) -> usize {
    let terminal = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    let told = || env::var("COLUMNS").ok()?.parse().ok();
    terminal
        .filter(|_| !to_file)
        .or_else(told)
        .filter(|columns| *columns > 0)
        .unwrap_or(fallback)
        .clamp(NARROWEST, WIDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_has_the_last_word() {
        for (no_color, dumb, terminal, auto) in [
            (false, false, true, true),
            (false, false, false, false),
            (true, false, true, false),
            (false, true, true, false),
        ] {
            let around = Surroundings { no_color, dumb, terminal };
            assert_eq!(colors(Color::Auto, around), auto, "{around:?}");
            assert!(colors(Color::Always, around));
            assert!(!colors(Color::Never, around));
        }
    }
}
