//! What a step will call, before it does.

use super::styled::{blank, fold, span, who};
use crate::present::action::Planned;
use crate::present::plain::{one_line, pad, width as columns_of};
use crate::tui::theme::{Role, Theme};
use ratatui::text::Line;

/// Names of actors are shown in a column of at most this width.
const WIDEST: usize = 12;

/// Actions as planned, each with the name of who will make it.
pub fn lines(actions: &[Planned], width: u16, theme: Theme) -> Vec<Line<'static>> {
    let names: Vec<String> = actions.iter().map(|a| one_line(&a.actor)).collect();
    let column = names.iter().map(|name| columns_of(name)).max().unwrap_or(0).min(WIDEST);
    let mut out = Vec::new();
    for (name, Planned { actor, what }) in names.iter().zip(actions) {
        let first = [span(pad(name, column) + "  ", theme, who(actor))];
        let rest = [blank(column + 4)];
        out.extend(fold(&[span(one_line(what), theme, Role::Plain)], &first, &rest, width.into()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::styled::test;
    use super::*;

    fn plan(actor: &str, text: &str) -> Planned {
        Planned { actor: actor.into(), what: text.into() }
    }

    #[test]
    fn plans_hang_behind_their_actors() {
        let theme = Theme::default();
        let plans = [plan("host", "mkdir a"), plan("box", "sethostname(\"bird\") and more words")];
        let lines = lines(&plans, 30, theme);
        assert_eq!(test::text(&lines), "host  mkdir a\nbox   sethostname(\"bird\") and\n        more words");
        assert_eq!(test::style_of(&lines, "host"), theme.style(Role::Host));
        assert_eq!(test::style_of(&lines, "box"), theme.style(Role::Guest));
    }

    #[test]
    fn everything_fits() {
        let plans: Vec<_> = test::HOSTILE.iter().map(|text| plan(text, text)).collect();
        for width in test::WIDTHS {
            test::fits(&lines(&plans, width, Theme::default()), width);
        }
    }
}
