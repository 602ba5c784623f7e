//! What the panes of a step say.

use super::kernel::KernelPane;
use super::text;
use crate::demo::script::emphasis::Emphasis;
use crate::events::{Claim, ReadoutRecord, Status, StepRecord};
use crate::model::Value;
use crate::present::claim::claim;
use crate::present::plain::{escape, pad, width};
use crate::present::runs::comparable;
use crate::tui::app::App;
use crate::tui::theme::Role;
use crate::tui::view::styled::{cut, fold_text};
use crate::tui::view::working::working;
use crate::tui::view::{calls, emphasis, verdicts};
use crate::tui::walkthrough::{Pane, Walkthrough};
use crate::vocabulary::{Op, Step};
use ratatui::layout::Size;
use ratatui::text::{Line, Span};

/// Whether there is an explanation that has not been on the screen yet.
pub fn why_is_hidden(walk: &Walkthrough) -> bool {
    let (step, page) = (walk.step(), walk.page());
    let told = page.record.as_ref().is_some_and(StepRecord::is_explained);
    told && (step.why.is_some() || step.predict.is_some()) && walk.running.is_none() && !page.explained
}

/// What was read, or will be.
pub fn read_lines(app: &App, walk: &Walkthrough, read: &KernelPane, width: u16) -> Vec<Line<'static>> {
    if walk.readouts().0.is_empty() {
        return match &walk.page().record {
            Some(record) => stayed_out(app, &record.status, width),
            None => before_the_run(app, walk, width),
        };
    }
    let mut out = compared(app, walk, width);
    out.extend(passed_over(app, walk, width));
    out.extend(read.lines());
    out
}

/// What a pane says in so many columns; where it has a choice, in so many rows.
pub fn lines(app: &App, walk: &Walkthrough, pane: Pane, size: Size) -> Vec<Line<'static>> {
    let width = size.width;
    let theme = app.theme;
    let hint = |text: &str| vec![Line::styled(text.to_owned(), theme.style(Role::Dim))];
    match pane {
        Pane::Text => text::lines(app, walk, width),
        Pane::Kernel => read_lines(app, walk, &KernelPane::new(app, walk, size), width),
        Pane::Calls if walk.actions().is_empty() => match (walk.running_here(), &walk.page().record) {
            (Some(_), _) => hint("…"),
            (None, Some(record)) if record.by_hand => {
                hint("done by hand: what a shell calls is not recorded")
            }
            (None, Some(_)) => hint("no call was made"),
            (None, None) => hint("the system calls appear here, as the kernel sees them"),
        },
        // Where it went wrong, it may have been there.
        Pane::Calls if walk.page().record.as_ref().is_some_and(|r| r.status == Status::Failed) => {
            all_calls(app, walk, width)
        }
        Pane::Calls => {
            let emphasis = emphasis::here(app).and_then(Emphasis::call);
            calls::folded(walk.actions(), emphasis, &app.environment.variant, width, theme)
        }
        Pane::Checks if walk.verdicts().is_empty() => match &walk.page().record {
            Some(record) if walk.running_here().is_none() => stayed_out(app, &record.status, width),
            _ => claims(app, walk, width),
        },
        Pane::Checks => verdicts::lines(walk.verdicts(), width, theme),
    }
}

/// The calls of the step, with those that were given.
pub fn all_calls(app: &App, walk: &Walkthrough, width: u16) -> Vec<Line<'static>> {
    let emphasis = emphasis::here(app).and_then(Emphasis::call);
    calls::lines(walk.actions(), emphasis, &app.environment.variant, width, app.theme)
}

/// What will be checked.
fn claims(app: &App, walk: &Walkthrough, width: u16) -> Vec<Line<'static>> {
    let style = app.theme.style(Role::Dim);
    if walk.step().predict.is_some() && (walk.running.is_none() || app.demo.is_some()) {
        // They would give the answer away.
        let text = "○ what the lesson expects; this is shown later, because it would answer the question";
        return crate::present::plain::fold(text, usize::from(width))
            .into_iter()
            .map(|l| Line::styled(l, style))
            .collect();
    }
    let expected = app.environment.expected(walk.step());
    let texts = expected.map(|e| app.environment.fill(&walk.lesson, &claim(&Claim::from(e))));
    texts
        .flat_map(|t| crate::present::plain::fold(&format!("○ {t}"), usize::from(width)))
        .map(|l| Line::styled(l, style))
        .collect()
}

/// What will be read, and by whom.
fn before_the_run(app: &App, walk: &Walkthrough, width: u16) -> Vec<Line<'static>> {
    let theme = app.theme;
    let text = match walk.preparation_here() {
        Some(preparation) if !preparation.ready => {
            format!("{}; then these are read:", working(app, &preparation.run, width.into()))
        }
        Some(_) | None => "What this step reads:".to_owned(),
    };
    let mut out = passed_over(app, walk, width);
    out.extend(fold_text(&text, Role::Dim, width.into(), theme));
    out.push(Line::default());
    let widest = walk.lesson.readouts.keys().map(|id| crate::present::plain::width(id)).max().unwrap_or(8);
    for id in crate::lesson::readouts::readouts_of(&walk.lesson, walk.step()) {
        let viewpoint = walk.lesson.readouts.get(id).map(|r| r.subject.clone()).unwrap_or_default();
        let role = if viewpoint == "host" { Role::Host } else { Role::Guest };
        out.push(Line::from(vec![
            Span::raw(format!("  {}", pad(id, widest + 2))),
            Span::styled("read by ", theme.style(Role::Dim)),
            Span::styled(viewpoint, theme.style(role)),
        ]));
    }
    if app.demo.is_none() {
        out.push(Line::default());
        out.push(Line::styled("Then it checks:", theme.style(Role::Dim)));
        out.extend(claims(app, walk, width));
    }
    out
}

/// Steps that were passed over, but made on the way.
fn passed_over(app: &App, walk: &Walkthrough, width: u16) -> Vec<Line<'static>> {
    if walk.preparation_here().is_none() {
        return Vec::new();
    }
    let steps = walk.passed_over();
    let text = match steps.len() {
        0 => return Vec::new(),
        1 => {
            let title = escape(&walk.lesson.steps[steps.start - 1].title);
            format!("→ step {} was passed over, and run on the way: {title}", steps.start)
        }
        _ => format!("→ steps {} to {} were passed over, and run on the way", steps.start, steps.end - 1),
    };
    let mut out = fold_text(&text, Role::Dim, width.into(), app.theme);
    out.push(Line::default());
    out
}

fn stayed_out(app: &App, status: &Status, width: u16) -> Vec<Line<'static>> {
    let theme = app.theme;
    let (sign, word, role) = verdicts::status(status);
    let mut texts = vec![(format!("{sign} {word}"), role)];
    match status {
        Status::Blocked { reason, remedy } => {
            texts.push((escape(reason), Role::Plain));
            if !remedy.is_empty() {
                texts.push((format!("what helps: {}", escape(remedy)), Role::Strong));
            }
        }
        Status::NotHere => {
            texts.push((
                "the lesson has this step for another kind of machine; Enter goes on".to_owned(),
                Role::Plain,
            ));
        }
        _ => {}
    }
    texts
        .into_iter()
        .flat_map(|(text, role)| {
            crate::present::plain::fold(&text, usize::from(width)).into_iter().map(move |l| (l, role))
        })
        .map(|(line, role)| Line::styled(line, theme.style(role)))
        .collect()
}

/// Whether a step is about how much a readout grew, and not about what it has come to since its world was made.
fn counts(step: &Step, id: &str) -> bool {
    let growth = |op: &Op| matches!(op, Op::Grew | Op::GrewBy(_));
    step.expect.iter().any(|expect| expect.subject == id && expect.verbs.iter().any(growth))
}

/// By how much a number grew in the step.
fn growth(record: &ReadoutRecord) -> Option<i64> {
    match (record.before.value(), record.after.value()) {
        (Some(Value::Int(before)), Some(Value::Int(after))) => after.checked_sub(*before),
        _ => None,
    }
}

/// Two runs of the step with different parameters, value beside value.
fn compared(app: &App, walk: &Walkthrough, columns: u16) -> Vec<Line<'static>> {
    let (Some((label, old)), Some(new)) = (&walk.page().other, &walk.page().record) else {
        return Vec::new();
    };
    let theme = app.theme;
    let cell = |text: &str| crate::present::plain::one_line(text);
    let rows: Vec<(String, String, String)> = new
        .readouts
        .iter()
        .filter_map(|r| {
            let before = old.readouts.iter().find(|o| o.id == r.id)?;
            let reader = walk.lesson.readouts.get(&r.id)?.verbs.first()?;
            let counts = counts(walk.step(), &r.id);
            let told = |record: &ReadoutRecord| match growth(record).filter(|_| counts) {
                Some(growth) => format!("{growth:+}"),
                None => record.after.to_string(),
            };
            let grown = counts && growth(before) != growth(r);
            let differs = grown || comparable(reader, &before.after)? != comparable(reader, &r.after)?;
            (differs && told(before) != told(r)).then(|| (r.id.clone(), cell(&told(before)), cell(&told(r))))
        })
        .collect();
    let first = rows.iter().map(|r| width(&r.0)).max().unwrap_or(0).max(8) + 2;
    // The other value takes what it needs, this one the rest; half each where both are long.
    let values = walk.values();
    let need = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0) + 2;
    let needs = [
        need(&mut rows.iter().map(|r| width(&r.1)).chain([width(label)])),
        need(&mut rows.iter().map(|r| width(&r.2)).chain([width(&values)])),
    ];
    let all = usize::from(columns).saturating_sub(first);
    let left = needs[0].min((all / 2).max(all.saturating_sub(needs[1])));
    let fit = |text: &str, room: usize| pad(&cut(text, room.saturating_sub(2)), room);
    let mut out = vec![Line::from(vec![
        Span::styled(pad("after", first), theme.style(Role::Dim)),
        Span::styled(fit(label, left), theme.style(Role::Dim)),
        Span::styled(fit(&values, all.saturating_sub(left) + 2), theme.style(Role::Accent)),
    ])];
    out.extend(rows.into_iter().map(|(id, a, b)| {
        Line::from(vec![
            Span::raw(pad(&id, first)),
            Span::raw(fit(&a, left)),
            Span::styled(fit(&b, all.saturating_sub(left) + 2), theme.style(Role::Changed)),
        ])
    }));
    out.push(Line::default());
    out
}
