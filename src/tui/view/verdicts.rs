//! Expectations, judged.

use super::styled::{blank, fold, span};
use crate::events::{Status, Verdict};
use crate::present::plain::{count, escape, one_line, pad};
use crate::present::verdict as words;
use crate::progress::Done;
use crate::tui::theme::{Role, Theme};
use ratatui::text::Line;

/// A text below a verdict takes no more lines than this; its readout shows the rest.
const MOST: usize = 6;
/// Before the texts below a verdict: two spaces, and their word.
const WORD: usize = 10;

/// Sign, word and role of a status.
pub fn status(status: &Status) -> (&'static str, &'static str, Role) {
    let (sign, role) = match status {
        Status::Passed => ("✓", Role::Good),
        Status::Failed => ("✗", Role::Bad),
        Status::Blocked { .. } => ("⊘", Role::Warn),
        Status::NotHere => ("–", Role::Dim),
        Status::NotRun => ("○", Role::Dim),
    };
    (sign, status.word(), role)
}

/// How a step was done, as a sign.
pub fn done_sign(how: Option<&Done>) -> (&'static str, Role) {
    match how {
        Some(Done::ByHand) => ("★", Role::Good),
        Some(Done::Watched) => ("●", Role::Good),
        None => ("○", Role::Dim),
    }
}

/// Verdicts: what was expected; where that was not read, what was, and where; where it is blocked, why and what lifts it.
pub fn lines(verdicts: &[Verdict], width: u16, theme: Theme) -> Vec<Line<'static>> {
    verdicts.iter().flat_map(|verdict| one(verdict, width.into(), theme)).collect()
}

fn one(verdict: &Verdict, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let (sign, word, role) = status(&verdict.status);
    let first = [span(format!("{sign} "), theme, role)];
    let claim = one_line(&words::claim(verdict));
    let mut pieces = vec![span(
        claim.clone(),
        theme,
        if verdict.status == Status::Failed { Role::Strong } else { Role::Plain },
    )];
    let mut below: Vec<(&str, String)> = Vec::new();
    match &verdict.status {
        Status::Passed => {
            pieces.extend(words::seen(verdict).map(|text| span(format!("  {text}"), theme, Role::Dim)));
        }
        Status::Failed => {
            below = vec![
                ("expected", words::expected(verdict)),
                ("actual", words::actual(verdict)),
                ("read", words::source(verdict)),
            ];
        }
        Status::Blocked { reason, remedy } => {
            pieces.push(span(format!("  {word}"), theme, role));
            below = vec![("reason", reason.clone()), ("remedy", remedy.clone())];
        }
        Status::NotHere | Status::NotRun => pieces.push(span(format!("  {word}"), theme, role)),
    }
    let mut out = fold(&pieces, &first, &[blank(2)], columns);
    for (word, text) in below {
        out.extend(field(word, &text, columns, theme));
    }
    out
}

fn field(word: &str, text: &str, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let text = text.trim_end_matches('\n');
    let all = text.split('\n').count();
    let mut out = Vec::new();
    let role = if word == "actual" { Role::Bad } else { Role::Plain };
    for (i, line) in text.split('\n').take(MOST).map(escape).enumerate() {
        let word = if i == 0 { word } else { "" };
        let first = [blank(2), span(pad(word, WORD), theme, Role::Dim)];
        out.extend(fold(&[span(line, theme, role)], &first, &[blank(2 + WORD)], columns));
    }
    if all > MOST {
        let more = format!("… {}", count(all - MOST, "more line"));
        out.extend(fold(&[span(more, theme, Role::Dim)], &[blank(2 + WORD)], &[blank(2 + WORD)], columns));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::styled::test;
    use super::*;
    use crate::events::{Claim, Judged, JudgedExpectation};
    use crate::model::{Actual, Fact, Reading};
    use crate::vocabulary::{Op, Val};

    fn verdict(status: Status, actual: &str) -> Verdict {
        let operators = vec![Op::Is(Val::Text("bird".into()))];
        let judged = JudgedExpectation {
            place: None,
            claim: Claim { readout: "box-name".into(), operators, within: None, r#for: None },
            viewpoint: "box".into(),
            path: "/proc/sys/kernel/hostname".into(),
            actual: Actual::Reading(Reading::Fact(Fact::text(actual))),
        };
        Verdict { judged: Judged::Expectation(Box::new(judged)), status }
    }

    #[test]
    fn each_status_has_a_sign_and_a_word() {
        let blocked = Status::Blocked { reason: "no overlay".into(), remedy: "modprobe overlay".into() };
        let all = [Status::Passed, Status::Failed, blocked, Status::NotHere, Status::NotRun];
        let signs: std::collections::BTreeSet<_> = all.iter().map(|s| status(s).0).collect();
        assert_eq!(signs.len(), all.len());
        let verdicts: Vec<Verdict> = all.into_iter().map(|status| verdict(status, "vm")).collect();
        let theme = Theme::default();
        let shown = lines(&verdicts, 40, theme);
        let expected = "✓ box-name is bird  vm
✗ box-name is bird
  expected  bird
  actual    vm
  read      box
            /proc/sys/kernel/hostname
⊘ box-name is bird  blocked
  reason    no overlay
  remedy    modprobe overlay
– box-name is bird  not here
○ box-name is bird  not run";
        assert_eq!(test::text(&shown), expected);
        assert_eq!(test::style_of(&shown, "✓"), theme.style(Role::Good));
        assert_eq!(test::style_of(&shown, "✗"), theme.style(Role::Bad));
        assert_eq!(test::style_of(&shown, "⊘"), theme.style(Role::Warn));
    }

    #[test]
    fn what_the_claim_says_is_not_said_twice() {
        let theme = Theme::default();
        assert_eq!(test::text(&lines(&[verdict(Status::Passed, "bird\n")], 80, theme)), "✓ box-name is bird");
        assert_eq!(
            test::text(&lines(&[verdict(Status::Passed, "a\nb")], 80, theme)),
            "✓ box-name is bird  2 lines"
        );
    }

    #[test]
    fn everything_fits() {
        for text in test::HOSTILE {
            let long = format!("{text}\n").repeat(9);
            let blocked = Status::Blocked { reason: text.into(), remedy: long.clone() };
            let mut all =
                [verdict(Status::Failed, &long), verdict(blocked, text), verdict(Status::Passed, text)];
            for verdict in &mut all {
                let Judged::Expectation(judged) = &mut verdict.judged else { panic!("{verdict:?}") };
                judged.claim.readout = text.into();
            }
            for width in test::WIDTHS {
                test::fits(&lines(&all, width, Theme::default()), width);
            }
        }
    }
}
