//! A step: the text, before and after next to each other, the calls, the checks. Where there is no room for all of it, panes become tabs.

use super::room::roomy;
use super::{kernel, text};
use crate::events::{Claim, ReadoutRecord, Status, StepRecord};
use crate::model::Value;
use crate::present::claim::claim;
use crate::present::plain::{escape, pad, width};
use crate::tui::app::App;
use crate::tui::theme::Role;
use crate::tui::view::curves::curves;
use crate::tui::view::scroll::{Panel, inside, title};
use crate::tui::view::styled::{cut, fold_text};
use crate::tui::view::working::working;
use crate::tui::view::{calls, verdicts};
use crate::tui::walkthrough::{PANES, Pane, Walkthrough};
use crate::vocabulary::{Op, Step};
use ratatui::Frame;
use ratatui::layout::{Rect, Size};
use ratatui::text::{Line, Span};

/// The text is shown below everything else when it has so many rows at least.
const LEAST_TEXT: u16 = 4;
/// Values are shown below the question when they have so many rows at least.
const LEAST_VALUES: u16 = 5;
/// A curve with its name takes so many rows at least.
const LEAST_CURVE: u16 = 5;

/// Draws the step that is open.
pub fn draw(frame: &mut Frame, app: &App, walk: &Walkthrough, area: Rect) {
    if !roomy(area) {
        tabs(frame, app, walk, Rect { height: 1, ..area });
    }
    for (each, place) in places(app, walk, area) {
        pane(frame, app, walk, each, place);
    }
}

/// The largest number of lines that can be scrolled out of the pane that the keys go to.
pub fn max_scroll(app: &App, walk: &Walkthrough, area: Rect) -> usize {
    let Some((pane, place)) = places(app, walk, area).into_iter().find(|(pane, _)| *pane == walk.focus)
    else {
        return 0;
    };
    let rows = place.height.saturating_sub(2);
    let all = Size { width: inside(place), height: rows };
    let charts = if pane == Pane::Kernel { charts(app, walk, all).0 } else { 0 };
    let size = Size { height: rows - charts, ..all };
    lines(app, walk, pane, size).len().saturating_sub(usize::from(rows - charts))
}

/// Whether there is an explanation that has not been on the screen yet.
pub fn why_is_hidden(walk: &Walkthrough) -> bool {
    let (step, page) = (walk.step(), walk.page());
    let told = page.record.as_ref().is_some_and(StepRecord::is_explained);
    told && (step.why.is_some() || step.predict.is_some()) && walk.running.is_none() && !page.explained
}

/// Whether the explanation is on the screen: in a pane of its own, or whole in what the readouts leave.
pub fn explains(app: &App, walk: &Walkthrough, area: Rect) -> bool {
    if roomy(area) || walk.focus == Pane::Text {
        return true;
    }
    let strip = places(app, walk, area).into_iter().find(|(pane, _)| *pane == Pane::Text);
    strip.is_some_and(|(_, place)| {
        let seen = walk.page().top[Pane::Text as usize] == 0;
        seen && text::told(app, walk, inside(place)).len() <= usize::from(place.height.saturating_sub(2))
    })
}

/// The panes that the keys can go to.
pub fn reachable(app: &App, walk: &Walkthrough, area: Rect) -> Vec<Pane> {
    if roomy(area) {
        places(app, walk, area).into_iter().map(|(pane, _)| pane).collect()
    } else {
        PANES.to_vec()
    }
}

/// The columns and rows that *before and after* has for its lines, where it is shown.
pub fn kernel(app: &App, walk: &Walkthrough, area: Rect) -> Option<Size> {
    let (_, place) = places(app, walk, area).into_iter().find(|(pane, _)| *pane == Pane::Kernel)?;
    let rows = place.height.saturating_sub(2);
    let size = Size { width: inside(place), height: rows };
    Some(Size { height: rows - charts(app, walk, size).0, ..size })
}

/// What a pane has when it is the only one.
pub fn alone(area: Rect) -> Size {
    Size { width: inside(area), height: area.height.saturating_sub(3) }
}

/// The panes that are shown, and where.
fn places(app: &App, walk: &Walkthrough, area: Rect) -> Vec<(Pane, Rect)> {
    if !roomy(area) {
        return tabbed(app, walk, Rect { y: area.y + 1, height: area.height - 1, ..area });
    }
    if walk.page().record.is_none() && walk.running.is_none() {
        return before_the_calls(app, walk, area);
    }
    let wide = area.width >= 150;
    let left = if wide { area.width * 2 / 5 } else { area.width * 9 / 20 };
    let (text, right) =
        (Rect { width: left, ..area }, Rect { x: area.x + left, width: area.width - left, ..area });
    // Where it is wide, calls and checks stand below the readouts, and the text has the whole height.
    let (below, most) = if wide { (right, area.height / 2) } else { (area, area.height * 2 / 5) };
    let (calls, checks) = heights(app, walk, inside(below), most);
    let above = area.height - calls - checks;
    let trace = Rect { y: area.y + above, height: calls, ..below };
    vec![
        (Pane::Text, if wide { text } else { Rect { height: above, ..text } }),
        (Pane::Kernel, Rect { height: above, ..right }),
        (Pane::Calls, trace),
        (Pane::Checks, Rect { y: trace.bottom(), height: checks, ..below }),
    ]
}

/// The step's own calls are still to come, and nothing is checked: what there is to read has the room.
fn before_the_calls(app: &App, walk: &Walkthrough, area: Rect) -> Vec<(Pane, Rect)> {
    let left = area.width / 2;
    let right = Rect { x: area.x + left, width: area.width - left, ..area };
    let text = (Pane::Text, Rect { width: left, ..area });
    if walk.actions().is_empty() {
        return vec![text, (Pane::Kernel, right)];
    }
    let size = Size { width: inside(right), height: right.height };
    let given = (lines(app, walk, Pane::Calls, size).len() as u16 + 2).min(right.height / 2);
    let kernel = Rect { height: right.height - given, ..right };
    let calls = Rect { y: kernel.bottom(), height: given, ..right };
    vec![text, (Pane::Kernel, kernel), (Pane::Calls, calls)]
}

/// The heights of calls and checks: what they need, and when that is more than `most`, each at least a half of it if it needs that.
fn heights(app: &App, walk: &Walkthrough, width: u16, most: u16) -> (u16, u16) {
    let size = Size { width, height: most };
    let need = |pane| (lines(app, walk, pane, size).len() as u16).saturating_add(2).max(3);
    let (calls, checks) = (need(Pane::Calls), need(Pane::Checks));
    if calls + checks <= most {
        return (calls, checks);
    }
    let checks = checks.min(most - calls.min(most / 2));
    (most - checks, checks)
}

fn tabs(frame: &mut Frame, app: &App, walk: &Walkthrough, area: Rect) {
    let theme = app.theme;
    let mut spans = vec![Span::raw(" ")];
    for each in PANES {
        let name = format!(" {} ", pane_name(walk, each));
        let role = if each == walk.focus { Role::Selected } else { Role::Dim };
        // Brackets for terminals without colours.
        let name = if each == walk.focus { format!("[{}]", name.trim()) } else { name };
        spans.push(Span::styled(name, theme.style(role)));
        spans.push(Span::raw(" "));
    }
    frame.render_widget(Line::from(spans), area);
}

/// The pane whose tab is chosen. What happened belongs together: where the readouts leave room, calls and checks stand below them.
fn tabbed(app: &App, walk: &Walkthrough, rest: Rect) -> Vec<(Pane, Rect)> {
    if walk.focus == Pane::Text
        && let Some(both) = question_and_values(app, walk, rest)
    {
        return both;
    }
    if walk.focus != Pane::Kernel {
        return vec![(walk.focus, rest)];
    }
    let (calls, checks) = heights(app, walk, inside(rest), u16::MAX);
    let kernel = (lines(app, walk, Pane::Kernel, alone(rest)).len() as u16).saturating_add(2).max(5);
    let kernel = if curves(walk).is_empty() { kernel } else { rest.height };
    let free = rest.height.saturating_sub(kernel);
    let checks = if checks <= free { checks } else { 0 };
    let calls = if calls <= free - checks { calls } else { 0 };
    // What is still free tells why; else it is the readouts'.
    let text = free - checks - calls;
    let text = if text >= LEAST_TEXT { text } else { 0 };
    let kernel = rest.height - calls - checks - text;
    let heights = [(Pane::Kernel, kernel), (Pane::Calls, calls), (Pane::Checks, checks), (Pane::Text, text)];
    let mut y = rest.y;
    let placed = heights.into_iter().map(|(each, height)| {
        y += height;
        (each, Rect { y: y - height, height, ..rest })
    });
    placed.filter(|(_, place)| place.height > 0).collect()
}

/// While one guesses, the values before are below the question, where they have room.
fn question_and_values(app: &App, walk: &Walkthrough, rest: Rect) -> Option<Vec<(Pane, Rect)>> {
    walk.preparation_here().filter(|p| p.ready)?;
    let question = text::to_the_question(app, walk, inside(rest)).len() as u16 + 2;
    let needed = lines(app, walk, Pane::Kernel, alone(rest)).len() as u16 + 2;
    let below = rest.height.saturating_sub(question).min(needed);
    if below < LEAST_VALUES {
        return None;
    }
    let above = Rect { height: rest.height - below, ..rest };
    Some(vec![(Pane::Text, above), (Pane::Kernel, Rect { y: above.bottom(), height: below, ..rest })])
}

/// The rows that curves take of so many, how many curves are shown, and the rows of each. Where not all have room, the first ones have it.
fn charts(app: &App, walk: &Walkthrough, Size { width, height: rows }: Size) -> (u16, usize, u16) {
    let count = curves(walk).len();
    if count == 0 {
        return (0, 0, 0);
    }
    let most = if rows >= 24 { rows / 2 } else { rows.saturating_sub(6).max(rows / 2) };
    // What was read is on the screen as well, as far as a curve can be low.
    let left = Size { width, height: rows.saturating_sub(LEAST_CURVE * count as u16) };
    let read = lines(app, walk, Pane::Kernel, left).len() as u16;
    let most = most.min(rows.saturating_sub(read)).max(LEAST_CURVE.min(rows));
    let shown = count.min(usize::from(most / LEAST_CURVE).max(1));
    let each = (most / shown as u16).clamp(LEAST_CURVE, 12).min(rows);
    ((each * shown as u16).min(rows), shown, each)
}

/// The tab's name, with what one would like to know of a pane that is not shown.
fn pane_name(walk: &Walkthrough, pane: Pane) -> String {
    let name = pane.title();
    match pane {
        Pane::Kernel if walk.preparation_here().is_some_and(|p| p.ready) => {
            format!("before: {} read", walk.readouts().0.len())
        }
        Pane::Calls if !walk.actions().is_empty() => {
            format!("{name} {}", walk.actions().iter().map(|a| a.calls.len()).sum::<usize>())
        }
        Pane::Checks if !walk.verdicts().is_empty() => {
            // What belongs to another kind of machine does not count.
            let here = walk.verdicts().iter().filter(|v| v.status != Status::NotHere).count();
            let passed = walk.verdicts().iter().filter(|v| v.status == Status::Passed).count();
            let failed = walk.verdicts().iter().any(|v| v.status == Status::Failed);
            let sign = match passed == here {
                true => "✓",
                false if failed => "✗",
                false => "⊘",
            };
            format!("{name} {sign} {passed}/{here}")
        }
        _ => name.to_owned(),
    }
}

/// One pane in its frame.
fn pane(frame: &mut Frame, app: &App, walk: &Walkthrough, pane: Pane, area: Rect) {
    let theme = app.theme;
    let name = match pane {
        Pane::Text => escape(&walk.step().title),
        Pane::Checks => match walk.page().record.as_ref().filter(|_| walk.running_here().is_none()) {
            Some(record) => {
                let (sign, word, _) = verdicts::status(&record.status);
                format!("checks: {sign} {word}")
            }
            None => "checks".to_owned(),
        },
        Pane::Kernel => heading(app, walk, area),
        Pane::Calls => pane.title().to_owned(),
    };
    let top = walk.page().top[pane as usize];
    let panel = Panel { title: title(theme, name), focused: walk.focus == pane, top };
    let curves = if pane == Pane::Kernel { curves(walk) } else { Vec::new() };
    if curves.is_empty() {
        let size = Size { width: inside(area), height: area.height.saturating_sub(2) };
        let lines = lines(app, walk, pane, size);
        return panel.draw(frame, theme, area, &lines);
    }
    // Curves above, readouts below; both in one frame.
    let rows = area.height.saturating_sub(2);
    let (charts, shown, each) = charts(app, walk, Size { width: inside(area), height: rows });
    let lines = lines(app, walk, pane, Size { width: inside(area), height: rows - charts });
    let below = usize::from(rows - charts);
    let top = top.min(lines.len().saturating_sub(below));
    let inner = panel.frame(frame, theme, area, (top, below, lines.len()));
    let mut y = inner.y;
    for curve in curves.iter().take(shown) {
        let place = Rect { y, height: each.min(inner.bottom().saturating_sub(y)), ..inner };
        curve.draw(frame, app, walk, place);
        y += each;
    }
    // A blank line below the curves, where there is one to spare.
    y += u16::from(lines.len() < below);
    let rest = Rect { y: y.min(inner.bottom()), height: inner.bottom().saturating_sub(y), ..inner };
    let visible: Vec<Line> = lines.into_iter().skip(top).take(below).collect();
    frame.render_widget(ratatui::text::Text::from(visible), rest);
}

fn heading(app: &App, walk: &Walkthrough, area: Rect) -> String {
    let rows = area.height.saturating_sub(2);
    let all = Size { width: inside(area), height: rows };
    let size = Size { height: rows - charts(app, walk, all).0, ..all };
    let before = walk.running_here().is_some() || walk.preparation_here().is_some();
    let what = if before { "before" } else { "before and after" };
    let what = kernel::title(app, walk, size, what);
    let set: Vec<String> = walk.set.iter().map(|(n, v)| format!("{n}={v}")).collect();
    if set.is_empty() { what } else { format!("{what}, {}", set.join(" ")) }
}

/// What a pane says in so many columns; where it has a choice, in so many rows.
pub fn lines(app: &App, walk: &Walkthrough, pane: Pane, size: Size) -> Vec<Line<'static>> {
    let width = size.width;
    let theme = app.theme;
    let hint = |text: &str| vec![Line::styled(text.to_owned(), theme.style(Role::Dim))];
    match pane {
        Pane::Text => text::lines(app, walk, width),
        Pane::Kernel => {
            if walk.readouts().0.is_empty() {
                return match &walk.page().record {
                    Some(record) => stayed_out(app, &record.status, width),
                    None => before_the_run(app, walk, width),
                };
            }
            let mut out = compared(app, walk, width);
            out.extend(passed_over(app, walk, width));
            out.extend(kernel::lines(app, walk, size));
            out
        }
        Pane::Calls if walk.actions().is_empty() => match (walk.running_here(), &walk.page().record) {
            (Some(_), _) => hint("…"),
            (None, Some(record)) if record.by_hand => {
                hint("done by hand: what a shell calls is not recorded")
            }
            (None, Some(_)) => hint("no call was made"),
            (None, None) => hint("the system calls will stand here, as the kernel sees them"),
        },
        // Where it went wrong, it may have been there.
        Pane::Calls if walk.page().record.as_ref().is_some_and(|r| r.status == Status::Failed) => {
            all_calls(app, walk, width)
        }
        Pane::Calls => calls::folded(walk.actions(), &app.environment.variant, width, theme),
        Pane::Checks if walk.verdicts().is_empty() => match &walk.page().record {
            Some(record) if walk.running_here().is_none() => stayed_out(app, &record.status, width),
            _ => claims(app, walk, width),
        },
        Pane::Checks => verdicts::lines(walk.verdicts(), width, theme),
    }
}

/// The calls of the step, with those that were given.
pub fn all_calls(app: &App, walk: &Walkthrough, width: u16) -> Vec<Line<'static>> {
    calls::lines(walk.actions(), &app.environment.variant, width, app.theme)
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
            let counts = counts(walk.step(), &r.id);
            let told = |record: &ReadoutRecord| match growth(record).filter(|_| counts) {
                Some(growth) => format!("{growth:+}"),
                None => record.after.to_string(),
            };
            let (a, b) = (told(before), told(r));
            (a != b).then(|| (r.id.clone(), cell(&a), cell(&b)))
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
