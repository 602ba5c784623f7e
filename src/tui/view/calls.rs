//! The trace of real calls.

use super::emphasis::marked;
use super::styled::{blank, fold, span, who};
use crate::events::ActionRecord;
use crate::model::{Call, Outcome, Source};
use crate::present::action::deed_text_here;
use crate::present::plain::{count, escape, one_line};
use crate::tui::theme::{Role, Theme};
use crate::vocabulary::Variant;
use ratatui::text::{Line, Span};

/// The most lines of a program's output that are shown.
const MOST_PRINTED: usize = 1000;
/// Further lines of a call stand so much further in than its first.
const HANG: usize = 4;

/// Actions with their calls: who made them, arguments, result or error; below them what a program printed. What was given and not the
/// step's idea is dimmed and says so. Calls of the step with the name `emphasis` are marked.
pub fn lines(
    actions: &[ActionRecord],
    emphasis: Option<&str>,
    variant: &Variant,
    width: u16,
    theme: Theme,
) -> Vec<Line<'static>> {
    let mut trace = Trace { columns: width.into(), theme, variant, emphasis, out: Vec::new() };
    let mixed = actions.iter().any(|action| action.preparation);
    let mut shown = None;
    for action in actions {
        if mixed && shown != Some(action.preparation) {
            let word = if action.preparation { "given" } else { "the step" };
            trace.out.push(Line::from(span(word, theme, Role::Dim)));
            shown = Some(action.preparation);
        }
        trace.action(action);
    }
    trace.out
}

/// The same where room is scarce: what was given is one line, and the step's own calls come right behind it.
pub fn folded(
    actions: &[ActionRecord],
    emphasis: Option<&str>,
    variant: &Variant,
    width: u16,
    theme: Theme,
) -> Vec<Line<'static>> {
    let (given, own): (Vec<ActionRecord>, Vec<ActionRecord>) =
        actions.iter().cloned().partition(|action| action.preparation);
    if given.is_empty() {
        return lines(actions, emphasis, variant, width, theme);
    }
    let calls = count(given.iter().map(|action| action.calls.len()).sum(), "call");
    let mut out =
        fold(&[span(format!("given: {calls} · zoom shows them"), theme, Role::Dim)], &[], &[], width.into());
    out.extend(lines(&own, emphasis, variant, width, theme));
    out
}

struct Trace<'v> {
    columns: usize,
    theme: Theme,
    variant: &'v Variant,
    emphasis: Option<&'v str>,
    out: Vec<Line<'static>>,
}

impl Trace<'_> {
    fn action(&mut self, action: &ActionRecord) {
        let role = if action.preparation { Role::Dim } else { Role::Plain };
        let name = if action.preparation { Role::Dim } else { who(&action.actor) };
        let actor = one_line(&action.actor);
        let one = action.calls.len() == 1;
        if !one {
            let mut plan = vec![
                span(format!("{actor}  "), self.theme, name),
                span(one_line(&deed_text_here(action, self.variant)), self.theme, Role::Dim),
            ];
            if action.calls.is_empty() {
                plan.push(span("  (no system call seen)", self.theme, Role::Dim));
            }
            if action.source == Source::Box {
                plan.push(span(TOLD, self.theme, Role::Warn));
            }
            self.put(&plan, 0);
        }
        let declared = action.declared_failure();
        for (i, call) in action.calls.iter().enumerate() {
            let mut pieces = vec![
                span(format!("{actor} "), self.theme, name),
                span(format!("{}  ", call.pid), self.theme, Role::Dim),
            ];
            pieces.extend(self.call(call, declared == Some(i), role));
            if one && action.source == Source::Box {
                pieces.push(span(TOLD, self.theme, Role::Warn));
            }
            let indent = if one { 0 } else { 2 };
            if !action.preparation && self.emphasis == Some(call.name.as_str()) {
                let columns = self.columns.saturating_sub(2);
                let call = fold(&pieces, &[blank(indent)], &[blank(indent + HANG)], columns);
                self.out.extend(call.into_iter().map(|line| marked(line, self.theme)));
            } else {
                self.put(&pieces, indent);
            }
        }
        if let Some(output) = &action.output {
            let bar = [blank(2), span("│ ", self.theme, Role::Dim)];
            let all = output.trim_end_matches('\n');
            for line in all.split('\n').take(MOST_PRINTED).map(escape) {
                self.out.extend(fold(&[span(line, self.theme, role)], &bar, &bar, self.columns));
            }
            let lines = all.split('\n').count();
            if lines > MOST_PRINTED {
                let more =
                    format!("… {}; a readout `output` has them", count(lines - MOST_PRINTED, "more line"));
                self.out.extend(fold(&[span(more, self.theme, Role::Dim)], &bar, &bar, self.columns));
            }
        }
    }

    /// `sethostname("bird", 4) = 0`, with a note in words when it failed as declared.
    fn call(&self, call: &Call, declared: bool, role: Role) -> Vec<Span<'static>> {
        let text = one_line(&call.to_string());
        // Arguments may hold ` = ` as well; the last one stands before the result.
        let (made, result) = text.rsplit_once(" = ").unwrap_or((&text, ""));
        let failed = match (declared, role) {
            (true, _) => Role::Warn,
            (false, Role::Dim) => Role::Dim,
            (false, _) => Role::Bad,
        };
        let mut pieces = vec![span(format!("{made} = "), self.theme, role)];
        match call.outcome {
            Outcome::Returned(_) => pieces.push(span(result, self.theme, role)),
            Outcome::Failed(errno) => {
                pieces.push(span(result, self.theme, failed));
                if declared {
                    pieces.push(span(format!("  ! fails on purpose: {errno}"), self.theme, Role::Warn));
                }
            }
            Outcome::Unfinished => {
                pieces.push(span(result, self.theme, role));
                pieces.push(span("  (did not return)", self.theme, Role::Dim));
            }
        }
        pieces
    }

    fn put(&mut self, pieces: &[Span<'static>], indent: usize) {
        self.out.extend(fold(pieces, &[blank(indent)], &[blank(indent + HANG)], self.columns));
    }
}

const TOLD: &str = "  (reported by the box itself, not traced)";

#[cfg(test)]
mod tests {
    use super::super::styled::test;
    use super::*;
    use crate::events::Deed;
    use crate::model::Errno;
    use crate::vocabulary::Version;
    use crate::vocabulary::action::Failing;
    use crate::vocabulary::when::Rights;

    fn trace(actions: &[ActionRecord], width: u16, theme: Theme) -> Vec<Line<'static>> {
        lines(actions, None, &Variant::new(Version::V2, Rights::Root), width, theme)
    }

    fn call(name: &str, args: &[&str], outcome: Outcome) -> Call {
        Call { pid: 4211, name: name.into(), args: args.iter().map(|&arg| arg.into()).collect(), outcome }
    }

    fn action(calls: Vec<Call>) -> ActionRecord {
        ActionRecord {
            actor: "box".into(),
            deed: Deed::Verb(serde_json::from_str(r#"{"chdir":"there"}"#).expect("a verb")),
            place: None,
            calls,
            source: Source::Kernel,
            preparation: false,
            declared: Vec::new(),
            output: None,
            at_ms: 0,
        }
    }

    #[test]
    fn a_call_is_one_line() {
        let theme = Theme::default();
        let made = action(vec![call("sethostname", &["\"bird\"", "4"], Outcome::Returned(0))]);
        let shown = trace(&[made], 80, theme);
        assert_eq!(test::text(&shown), "box 4211  sethostname(\"bird\", 4) = 0");
        assert_eq!(test::style_of(&shown, "box"), theme.style(Role::Guest));
    }

    #[test]
    fn only_the_declared_failure_is_on_purpose() {
        let theme = Theme::default();
        let failed = || call("kill", &["1"], Outcome::Failed(Errno(1)));
        let mut meant = action(vec![failed()]);
        meant.declared = vec![Failing::Errno(Errno(1))];
        let shown = trace(&[meant.clone()], 80, theme);
        assert_eq!(test::text(&shown), "box 4211  kill(1) = -1 EPERM  ! fails on purpose: EPERM");
        assert_eq!(test::style_of(&shown, "-1 EPERM"), theme.style(Role::Warn));
        meant.declared = vec![Failing::Errno(Errno(2))];
        let shown = trace(&[meant], 80, theme);
        assert_eq!(test::text(&shown), "box 4211  kill(1) = -1 EPERM");
        assert_eq!(test::style_of(&shown, "-1 EPERM"), theme.style(Role::Bad));
    }

    #[test]
    fn many_calls_stand_below_their_action() {
        let theme = Theme::default();
        let mut given = action(vec![
            call("openat", &["AT_FDCWD", "\"a = b\""], Outcome::Returned(5)),
            call("write", &["5", "\"x\""], Outcome::Unfinished),
        ]);
        given.preparation = true;
        given.source = Source::Box;
        given.output = Some("one\n\x1b[2Jtwo\n".into());
        let shown = trace(&[given, action(Vec::new())], 44, theme);
        let expected = "given
box  chdir(there)  (reported by the box
    itself, not traced)
  box 4211  openat(AT_FDCWD, \"a = b\") = 5
  box 4211  write(5, \"x\") = ?  (did not
      return)
  │ one
  │ \\x1b[2Jtwo
the step
box  chdir(there)  (no system call seen)";
        assert_eq!(test::text(&shown), expected);
        assert_eq!(test::style_of(&shown, "openat"), theme.style(Role::Dim));
    }

    #[test]
    fn everything_fits() {
        for text in test::HOSTILE {
            let mut made = action(vec![call(text, &[text, text], Outcome::Failed(Errno(1)))]);
            made.actor = text.into();
            made.output = Some(text.into());
            made.declared = vec![Failing::Errno(Errno(1))];
            for width in test::WIDTHS {
                test::fits(&trace(&[made.clone()], width, Theme::default()), width);
            }
        }
    }
}
