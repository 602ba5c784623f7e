//! Lines of before and after as lines of a screen: next to each other with a sign between, or below each other.

use super::styled::{blank, fold, fold_padded, span};
use crate::present::pairs::Pair;
use crate::tui::theme::{Role, Theme};
use ratatui::text::Line;

/// Between the sides: space, sign, space.
pub const GAP: usize = 3;
/// Before the sign of lines that stand below each other.
const INDENT: usize = 4;

/// What stands between before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// They are the same.
    Equal,
    /// They differ.
    Changed,
    /// There is nothing to compare.
    None,
}

impl Sign {
    /// The sign as it is drawn, one column wide.
    pub fn text(self) -> &'static str {
        match self {
            Sign::Equal => "=",
            Sign::Changed => "≠",
            Sign::None => " ",
        }
    }

    /// The role of the sign.
    pub fn role(self) -> Role {
        if self == Sign::Changed { Role::Changed } else { Role::Dim }
    }
}

/// Where both sides begin and how wide they are, in columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sides {
    /// Before the left side.
    pub indent: usize,
    /// The left side.
    pub left: usize,
    /// The right side.
    pub right: usize,
}

impl Sides {
    /// Both sides of the same width.
    pub fn halves(indent: usize, columns: usize) -> Self {
        let room = columns.saturating_sub(indent + GAP);
        Sides { indent, left: room / 2, right: room - room / 2 }
    }

    /// A line of each side; both are folded.
    pub fn row(
        &self,
        before: (&str, Role),
        sign: Sign,
        after: (&str, Role),
        theme: Theme,
    ) -> Vec<Line<'static>> {
        let (old, new) = (fold_padded(before.0, self.left), fold_padded(after.0, self.right));
        let lines = (0..old.len().max(new.len())).map(|i| {
            let cell = |side: &[String], columns| side.get(i).cloned().unwrap_or_else(|| " ".repeat(columns));
            let sign = if i == 0 { sign } else { Sign::None };
            Line::from(vec![
                blank(self.indent),
                span(cell(&old, self.left), theme, before.1),
                span(format!(" {} ", sign.text()), theme, sign.role()),
                span(cell(&new, self.right).trim_end(), theme, after.1),
            ])
        });
        lines.collect()
    }

    /// A pair of lines.
    pub fn pair(&self, pair: Pair, theme: Theme) -> Vec<Line<'static>> {
        let none = ("", Role::Plain);
        match pair {
            Pair::Same(line) => self.row((line, Role::Plain), Sign::Equal, (line, Role::Plain), theme),
            Pair::Changed(old, new) => {
                self.row((old, Role::Plain), Sign::Changed, (new, Role::Changed), theme)
            }
            Pair::Before(old) => self.row((old, Role::Changed), Sign::Changed, none, theme),
            Pair::After(new) => self.row(none, Sign::Changed, (new, Role::Changed), theme),
        }
    }
}

/// A pair of lines below each other: `-` before, `+` after, no sign where they are the same.
pub fn unified(pair: Pair, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let line = |sign: &str, text: &str, role: Role| {
        let first = [blank(INDENT), span(format!("{sign} "), theme, role)];
        fold(&[span(text, theme, role)], &first, &[blank(INDENT + 4)], columns)
    };
    match pair {
        Pair::Same(text) => line(" ", text, Role::Plain),
        Pair::Before(text) => line("-", text, Role::Plain),
        Pair::After(text) => line("+", text, Role::Changed),
        Pair::Changed(old, new) => [line("-", old, Role::Plain), line("+", new, Role::Changed)].concat(),
    }
}

/// The columns that lines of [`unified`] have for their text.
pub fn unified_room(columns: usize) -> usize {
    columns.saturating_sub(INDENT + 2)
}

/// Whether the pair is the same line on both sides.
pub fn same(pair: &Pair) -> bool {
    matches!(pair, Pair::Same(_))
}

#[cfg(test)]
mod tests {
    use super::super::styled::test;
    use super::*;

    #[test]
    fn the_changed_side_is_marked_by_sign_and_colour() {
        let (theme, sides) = (Theme::default(), Sides::halves(2, 25));
        let rows = sides.pair(Pair::Changed("vm", "bird"), theme);
        assert_eq!(test::text(&rows), "  vm         ≠ bird");
        assert_eq!(test::style_of(&rows, "bird"), theme.style(Role::Changed));
        assert_eq!(test::style_of(&rows, "≠"), theme.style(Role::Changed));
        assert_eq!(test::style_of(&rows, "vm"), theme.style(Role::Plain));
        let rows = sides.pair(Pair::Before("gone"), theme);
        assert_eq!(test::style_of(&rows, "gone"), theme.style(Role::Changed));
        assert_eq!(
            test::text(&sides.pair(Pair::Same("a b c d e f"), theme)),
            "  a b c d e  = a b c d e\n  f            f"
        );
    }

    #[test]
    fn below_each_other_there_are_signs_too() {
        let theme = Theme::default();
        let rows = unified(Pair::Changed("old", "new"), 20, theme);
        assert_eq!(test::text(&rows), "    - old\n    + new");
        assert_eq!(test::style_of(&rows, "new"), theme.style(Role::Changed));
        assert_eq!(test::text(&unified(Pair::Same("as it was"), 20, theme)), "      as it was");
    }
}
