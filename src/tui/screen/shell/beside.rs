//! The pane beside the shell: what is to be done, what the shell has, and what the kernel says meanwhile.

use super::super::step::text;
use crate::events::Status;
use crate::present::focus::Foci;
use crate::present::plain::{escape, pad, width as columns_of};
use crate::present::shell::notice;
use crate::present::verdict as words;
use crate::tui::app::App;
use crate::tui::screen::demo::player::DemoPlayer;
use crate::tui::screen::shell::state::Shell;
use crate::tui::theme::{Role, Theme};
use crate::tui::view::readouts::{self, ReadoutsView};
use crate::tui::view::scroll::{Panel, inside, title};
use crate::tui::view::styled::{fold_text, span};
use crate::tui::view::{markdown, planned};
use crate::tui::walkthrough::Walkthrough;
use crate::vocabulary::Step;
use crate::vocabulary::verb::says::Mention;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use std::collections::BTreeSet;

/// Draws it.
pub fn draw(frame: &mut Frame, app: &App, walk: &Walkthrough, shell: &Shell, area: Rect) {
    let lines = lines(app, walk, shell, inside(area));
    let trying = shell.is_attempt();
    let name = if trying { "what should come true" } else { "as it is now" };
    Panel { title: title(app.theme, name), focused: false, top: shell.top }
        .draw(frame, app.theme, area, &lines);
}

/// The largest number of lines that can be scrolled out of it.
pub fn max_scroll(app: &App, walk: &Walkthrough, shell: &Shell, area: Rect) -> usize {
    lines(app, walk, shell, inside(area)).len().saturating_sub(usize::from(area.height.saturating_sub(2)))
}

fn lines(app: &App, walk: &Walkthrough, shell: &Shell, width: u16) -> Vec<Line<'static>> {
    let theme = app.theme;
    let mut lines: Vec<Line<'static>> = Vec::new();
    if shell.done {
        let text = if on_stage(app) {
            "✓ All checks have come true."
        } else {
            "✓ Done by hand: all checks have come true. Ctrl-] leaves."
        };
        lines.extend(fold_text(text, Role::Good, width.into(), theme));
        lines.push(Line::default());
    }
    if shell.is_attempt() {
        lines.extend(task(app, walk, shell, width));
    }
    let foci = Foci::of_step(&walk.lesson, walk.step(), &app.environment.variant);
    let view = ReadoutsView { records: &shell.readouts, foci: &foci, after: true };
    let shown = readouts::lines(view, width, app.body().height.into(), theme);
    // What the shell has and what may be changed in it is to be known before the first key, and can be read again later.
    if shell.used {
        lines.extend(shown);
        lines.push(Line::default());
        lines.extend(about(app, walk, shell, width));
    } else {
        lines.extend(about(app, walk, shell, width));
        lines.push(Line::default());
        lines.extend(shown);
    }
    lines
}

/// Whether a show types into the shell, and nobody else does.
fn on_stage(app: &App) -> bool {
    app.demo.as_ref().is_some_and(DemoPlayer::types)
}

/// Where to type what: with several boxes, whose shell this is matters.
fn whose(shell: &Shell, width: u16, theme: Theme) -> Vec<Line<'static>> {
    let of = &shell.now().of;
    let place = if shell.acts(of) {
        format!("Type it here: this shell takes the place of {}.", escape(of))
    } else {
        format!("This shell is in {}, and takes nobody's place in this step.", escape(of))
    };
    let others: Vec<String> = shell.acting.iter().filter(|a| *a != of).map(|a| escape(a)).collect();
    let rest = match others.as_slice() {
        [] => String::new(),
        [one] => format!(" {one} acts, too: F5 goes to its shell."),
        some => format!(" {} act, too: F5 goes to their shells.", some.join(" and ")),
    };
    fold_text(&format!("{place}{rest}"), Role::Plain, width.into(), theme)
}

/// Where to type what, which variables there are, and what may be changed.
fn about(app: &App, walk: &Walkthrough, shell: &Shell, width: u16) -> Vec<Line<'static>> {
    let (theme, now) = (app.theme, shell.now());
    let mut out = Vec::new();
    if now.pid.is_some() && shell.is_attempt() && !on_stage(app) {
        out.extend(whose(shell, width, theme));
    }
    if shell.is_attempt() && app.receipts && !on_stage(app) {
        let text = "What you type is kept in a receipt of yours, which isolab progress names.";
        out.extend(fold_text(text, Role::Dim, width.into(), theme));
    }
    if !now.variables.is_empty() {
        out.push(Line::styled("variables of this shell", theme.style(Role::Accent)));
    }
    let acting = in_step(walk.step());
    let of_step = |name: &str| name == "workspace" || acting.iter().any(|id| speaks_of(name, id));
    let shown = || now.variables.iter().filter(|(name, _)| of_step(name));
    let widest = shown().map(|(name, _)| columns_of(name)).max().unwrap_or(0);
    for (name, value) in shown() {
        let name = pad(&format!("  ${}", escape(name)), widest + 5);
        let value = escape(value);
        if columns_of(&name) + columns_of(&value) <= usize::from(width) {
            out.push(Line::from(vec![span(name, theme, Role::Code), span(value, theme, Role::Plain)]));
        } else {
            out.push(Line::from(span(name.trim_end().to_owned(), theme, Role::Code)));
            out.extend(fold_text(&format!("    {value}"), Role::Plain, width.into(), theme));
        }
    }
    let others = now.variables.len() - shown().count();
    if others > 0 {
        let text = format!("  and {others} more, of what other steps are about; env shows them");
        out.extend(fold_text(&text, Role::Dim, width.into(), theme));
    }
    if walk.step().by_hand.as_ref().is_some_and(|commands| app.environment.here(commands).is_some()) {
        let text = format!("“By hand” in the lesson is for {}, not for this one.", text::whose_shell(app));
        out.extend(fold_text(&text, Role::Dim, width.into(), theme));
    }
    for sentence in now.notice.iter().map(|of| notice(of, &now.of)) {
        out.extend(fold_text(&format!("· {sentence}"), Role::Dim, width.into(), theme));
    }
    out
}

/// Who acts in a step, and what of the run it acts on: boxes, workloads, cgroups.
fn in_step(step: &Step) -> BTreeSet<String> {
    let actions = || step.given.iter().chain(&step.actions);
    let mentioned = |mention: Mention<'_>| match mention {
        Mention::Box(id, _)
        | Mention::Child(id)
        | Mention::Workload(id)
        | Mention::Process(id, _)
        | Mention::Cgroup(id, _) => Some(id.to_owned()),
        Mention::Setting(knob, _) => Some(knob.cgroup.clone()),
        Mention::Path(..)
        | Mention::Namespaces(..)
        | Mention::Interface(_)
        | Mention::Time(_)
        | Mention::Memory(..)
        | Mention::Wrong(_) => None,
    };
    let named = actions()
        .flat_map(|a| &a.verbs)
        .flat_map(|verb| verb.facts().mentions)
        .filter_map(|(_, m)| mentioned(m));
    named.chain(actions().map(|a| a.subject.clone())).collect()
}

/// Whether a variable has the number of this process, or the directory of this cgroup.
fn speaks_of(variable: &str, id: &str) -> bool {
    let id = id.replace('-', "_");
    let group = variable.strip_prefix("cgroup_").map(|group| group.trim_end_matches("_cpuacct"));
    variable == id || group == Some(&id)
}

/// What is to be done, how far it is, and help as far as it was asked for.
fn task(app: &App, walk: &Walkthrough, shell: &Shell, width: u16) -> Vec<Line<'static>> {
    let theme = app.theme;
    let hints = &walk.step().hints;
    let hint = |i: usize, out: &mut Vec<Line<'static>>| {
        out.push(Line::styled(format!("hint {} of {}", i + 1, hints.len()), theme.style(Role::Accent)));
        out.extend(markdown::render(&app.environment.fill(&walk.lesson, &hints[i]), width, theme));
    };
    // What was just asked for comes first: below there may be no room.
    let mut out = Vec::new();
    let shown = shell.hints.min(hints.len());
    if shell.solution
        && let Some(commands) = walk.step().solution.as_ref().and_then(|c| app.environment.here(c))
    {
        out.push(Line::styled("one way to do it", theme.style(Role::Accent)));
        out.extend(text::commands_block(app, walk, commands, width));
    } else if shell.hints > hints.len() {
        out.push(Line::styled("no more hints; F2 shows the solution", theme.style(Role::Dim)));
    } else if shown > 0 {
        hint(shown - 1, &mut out);
    }
    let first = usize::from(!out.is_empty() && !shell.solution && shell.hints <= hints.len());
    out.extend(planned::lines(&text::plans(app, &walk.step().actions, text::ends(walk)), width, theme));
    for verdict in &shell.verdicts {
        let (sign, role) =
            if verdict.status == Status::Passed { ("✓", Role::Good) } else { ("○", Role::Plain) };
        out.extend(fold_text(&format!("{sign} {}", words::claim(verdict)), role, width.into(), theme));
    }
    for i in 0..shown - first.min(shown) {
        hint(i, &mut out);
    }
    out.push(Line::default());
    out
}
