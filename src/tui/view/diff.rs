//! Lines of before and after as lines of a screen: next to each other with a sign between.

use super::styled::{blank, fold_padded, span};
use crate::tui::theme::{Role, Theme};
use ratatui::text::Line;

/// Between the sides: space, sign, space.
pub const GAP: usize = 3;

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
}

#[cfg(test)]
mod tests {
    use super::super::styled::test;
    use super::*;

    #[test]
    fn the_changed_side_is_marked_by_sign_and_colour() {
        let (theme, sides) = (Theme::default(), Sides::halves(2, 25));
        let rows = sides.row(("vm", Role::Plain), Sign::Changed, ("bird", Role::Changed), theme);
        assert_eq!(test::text(&rows), "  vm         ≠ bird");
        assert_eq!(test::style_of(&rows, "bird"), theme.style(Role::Changed));
        assert_eq!(test::style_of(&rows, "≠"), theme.style(Role::Changed));
        assert_eq!(test::style_of(&rows, "vm"), theme.style(Role::Plain));
        assert_eq!(
            test::text(&sides.row(
                ("a b c d e f", Role::Plain),
                Sign::Equal,
                ("a b c d e f", Role::Plain),
                theme
            )),
            "  a b c d e  = a b c d e\n  f            f"
        );
    }
}
