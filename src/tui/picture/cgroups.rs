//! The lesson's cgroups as a tree: what each may use and uses, as bars, with what the kernel counted and who is in it.

mod bar;
mod record;
mod resource;

use super::input::PictureInput;
use crate::model::{Process, Reading, Value};
use crate::present::plain::{one_line, width as columns_of};
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{blank, cut_line, fit, fold, span, spans_width};
use bar::{Bar, Legend};
use ratatui::text::{Line, Span};
use record::{Gauge, Group, Held, Worker, World};
use resource::value_text;

/// A sign and a space.
const SIGN: usize = 2;
/// Each level of the tree begins so many columns further right.
const LEVEL: usize = 2;
/// Bars are this wide, where there is room for what stands behind them.
const BAR: (usize, usize) = (10, 40);
/// Between the parts of one row.
const BETWEEN: &str = " · ";
/// Names before bars take at most this.
const NAME: usize = 12;
/// Between a bar and its text.
const GAP: usize = 2;

/// The cgroups of a step, when a control file or the CPU time of one was read.
pub fn draw(input: &PictureInput, width: u16, height: u16, theme: Theme) -> Option<Vec<Line<'static>>> {
    let world = World::of(input);
    if world.groups.iter().all(Group::bare) {
        return None;
    }
    let mut drawn = Drawing { world: &world, columns: width.into(), theme, rows: Vec::new() };
    for (i, group) in world.groups.iter().enumerate() {
        if i > 0 && group.depth == 0 {
            drawn.rows.push(Row::Space);
        }
        drawn.group(group);
    }
    let outside: Vec<&Worker> = world.workers.iter().filter(|worker| worker.group.is_none()).collect();
    if !outside.is_empty() {
        drawn.rows.push(Row::Space);
        drawn.rows.push(Row::title(0, vec![span("in none of these groups", theme, Role::Dim)]));
        for worker in outside {
            drawn.worker(1, worker);
        }
    }
    if !world.notes.is_empty() {
        drawn.rows.push(Row::Space);
        drawn.notes(&world.notes);
    }
    Some(drawn.lines(height.into()))
}

/// A row before the widths are known.
enum Row {
    /// Nothing; left out where rows are few.
    Space,
    /// A sign and a text.
    Text { sign: Option<&'static str>, level: usize, text: Vec<Span<'static>> },
    /// A sign, a name, a bar and a text.
    Bar { sign: Option<&'static str>, level: usize, name: String, bar: Bar, text: Vec<Span<'static>> },
}

impl Row {
    fn title(level: usize, text: Vec<Span<'static>>) -> Self {
        Row::Text { sign: None, level, text }
    }
}

struct Drawing<'w> {
    world: &'w World<'w>,
    columns: usize,
    theme: Theme,
    rows: Vec<Row>,
}

impl Drawing<'_> {
    fn group(&mut self, group: &Group) {
        let theme = self.theme;
        let branch = if group.depth == 0 { "" } else { "└ " };
        let mut title = vec![
            span(branch, theme, Role::Border),
            span(one_line(group.name), theme, Role::Guest),
            span(format!("  {}", group.controllers.join(" ")), theme, Role::Dim),
        ];
        let (sign, word) = match group.held() {
            Held::Throughout | Held::Unknown => (None, ""),
            Held::NotYet => (None, "  not there yet"),
            Held::Made => (Some("+"), "  new"),
            Held::Gone => (Some("−"), "  gone"),
        };
        title.push(span(word, theme, if sign.is_some() { Role::Changed } else { Role::Dim }));
        self.rows.push(Row::Text { sign, level: group.depth, text: title });
        let level = group.depth + 1;
        for gauge in &group.gauges {
            self.gauge(level, gauge);
        }
        self.items(level, &group.counts);
        self.members(level, group);
        for worker in &group.workers {
            self.worker(level, worker);
        }
    }

    fn gauge(&mut self, level: usize, gauge: &Gauge) {
        let theme = self.theme;
        let scale = self.world.scale(gauge.resource);
        let used = gauge.used.settled(scale);
        let bar = Bar {
            resource: gauge.resource,
            used: used.now,
            reached: gauge.reached,
            limits: gauge.limits.iter().filter_map(|limit| limit.value.now).collect(),
            before: used
                .moved_from()
                .into_iter()
                .chain(gauge.limits.iter().filter_map(|limit| limit.value.moved_from()))
                .collect(),
        };
        let mut text = Vec::new();
        let mut say = |words: String, role: Role| {
            if !text.is_empty() {
                text.push(span(BETWEEN, theme, Role::Dim));
            }
            text.push(span(words, theme, role));
        };
        if let Some(text) = used.text(|value| value_text(gauge.resource, value)) {
            say(text, if used.moved() { Role::Changed } else { Role::Plain });
        }
        if let Some(reached) = gauge
            .reached
            .filter(|reached| used.now.is_none_or(|now| *reached - now > scale * record::VISIBLE))
        {
            say(format!("reached {}", value_text(gauge.resource, reached)), Role::Plain);
        }
        for limit in &gauge.limits {
            let role = if limit.changed { Role::Changed } else { Role::Plain };
            say(format!("{} {}", limit.name, one_line(&limit.text)), role);
        }
        let changed = used.moved() || gauge.limits.iter().any(|limit| limit.changed);
        let sign = changed.then_some("≠");
        self.rows.push(Row::Bar { sign, level, name: gauge.resource.name().to_owned(), bar, text });
    }

    fn items(&mut self, level: usize, counts: &[record::Count]) {
        if counts.is_empty() {
            return;
        }
        let theme = self.theme;
        let mut text = Vec::new();
        for count in counts {
            if !text.is_empty() {
                text.push(span(BETWEEN, theme, Role::Dim));
            }
            let role = if count.changed { Role::Changed } else { Role::Plain };
            text.push(span(format!("{} ", count.name), theme, Role::Dim));
            text.push(span(one_line(&count.text), theme, role));
        }
        let sign = counts.iter().any(|count| count.changed).then_some("≠");
        self.rows.push(Row::Text { sign, level, text });
    }

    fn members(&mut self, level: usize, group: &Group) {
        let Some(members) = &group.members else { return };
        let theme = self.theme;
        let mut text = vec![span("members ", theme, Role::Dim)];
        if members.is_empty() {
            text.push(span("none", theme, Role::Plain));
        }
        for (i, member) in members.iter().enumerate() {
            let (sign, role) = match member.held {
                Held::Made => ("+ ", Role::Changed),
                Held::Gone => ("− ", Role::Changed),
                Held::Throughout | Held::NotYet | Held::Unknown => ("", Role::Guest),
            };
            let gone = if member.held == Held::Gone { " gone" } else { "" };
            let space = if i == 0 { "" } else { "  " };
            text.push(span(format!("{space}{sign}{}{gone}", one_line(&member.name)), theme, role));
        }
        let sign = members.iter().any(|m| matches!(m.held, Held::Made | Held::Gone)).then_some("≠");
        self.rows.push(Row::Text { sign, level, text });
    }

    fn worker(&mut self, level: usize, worker: &Worker) {
        let theme = self.theme;
        let name = one_line(worker.name);
        let mut text = Vec::new();
        let (mut said, mut changed) = (false, false);
        let mut say = |words: String, role: Role| {
            if said {
                text.push(span(BETWEEN, theme, Role::Dim));
            }
            said = true;
            text.push(span(words, theme, role));
        };
        if let Some((before, after)) = worker.state {
            let moved = after.is_some_and(|after| after != before && state(before) != state(after));
            changed |= moved;
            let now = after.unwrap_or(before);
            let words = if moved && *before != Reading::Gone {
                format!("{} → {}", state(before), state(now))
            } else if now == &Reading::Gone && after.is_none() {
                "not there yet".to_owned()
            } else {
                state(now)
            };
            let role = match now.value() {
                Some(Value::Process(Process::KilledBy(_))) => Role::Bad,
                _ if moved => Role::Changed,
                _ => Role::Plain,
            };
            say(words, role);
        }
        for count in &worker.counts {
            changed |= count.changed;
            say(
                format!("{} {}", count.name, one_line(&count.text)),
                if count.changed { Role::Changed } else { Role::Plain },
            );
        }
        let sign = changed.then_some("≠");
        if let Some((resource, value)) = worker.bar {
            let bar =
                Bar { resource, used: Some(value), reached: None, limits: Vec::new(), before: Vec::new() };
            self.rows.push(Row::Bar { sign, level, name, bar, text });
        } else {
            text.insert(0, span(format!("{name} "), theme, Role::Guest));
            self.rows.push(Row::Text { sign, level, text });
        }
    }

    fn notes(&mut self, notes: &[record::Count]) {
        for note in notes {
            let text = vec![
                span(format!("{} ", one_line(&note.name)), self.theme, Role::Dim),
                span(
                    one_line(&note.text),
                    self.theme,
                    if note.changed { Role::Changed } else { Role::Plain },
                ),
            ];
            self.rows.push(Row::Text { sign: note.changed.then_some("≠"), level: 0, text });
        }
    }

    fn lines(&self, height: usize) -> Vec<Line<'static>> {
        let names = self.rows.iter().filter_map(|row| match row {
            Row::Bar { level, name, .. } => Some(level * LEVEL + columns_of(name).min(NAME) + 1),
            Row::Space | Row::Text { .. } => None,
        });
        let start = SIGN + names.max().unwrap_or(0);
        let texts = self.rows.iter().filter_map(|row| match row {
            Row::Bar { text, .. } => Some(spans_width(text)),
            Row::Space | Row::Text { .. } => None,
        });
        let text = texts.max().unwrap_or(0);
        let room = self.columns.saturating_sub(start);
        // A text that leaves the bar no room stands below it.
        let beside = room >= BAR.0 + GAP + text;
        let bar = if beside { room - GAP - text } else { room }.min(BAR.1);
        let (mut out, mut legend) = (Vec::new(), Legend::default());
        for row in &self.rows {
            match row {
                Row::Space => out.push(Line::default()),
                Row::Text { sign, level, text } => {
                    let before = [self.sign(*sign), blank(level * LEVEL)];
                    out.extend(fold_between(text, &before, SIGN + level * LEVEL + 2, self.columns));
                }
                Row::Bar { sign, level, name, bar: row, text } => {
                    let mut line = vec![self.sign(*sign), blank(level * LEVEL)];
                    let role = if name == row.resource.name() { Role::Dim } else { Role::Guest };
                    line.push(span(
                        fit(name, (start - SIGN).saturating_sub(level * LEVEL + 1)),
                        self.theme,
                        role,
                    ));
                    line.push(blank(1));
                    let scale = self.world.scale(row.resource);
                    line.extend(row.draw(scale, bar, self.theme, &mut legend));
                    if beside {
                        line.push(blank(GAP));
                        line.extend(text.iter().cloned());
                    }
                    out.push(cut_line(&line, self.columns));
                    if !beside {
                        out.extend(fold_between(text, &[blank(start)], start, self.columns));
                    }
                }
            }
        }
        let whole = |resource| value_text(resource, self.world.scale(resource));
        let legend = legend.lines(whole, self.columns, self.theme);
        if out.len() + legend.len() >= height {
            out.retain(|line| !line.spans.is_empty());
        }
        if !legend.is_empty() && out.len() + legend.len() < height {
            out.push(Line::default());
        }
        out.extend(legend);
        out
    }

    fn sign(&self, sign: Option<&'static str>) -> Span<'static> {
        span(format!("{:<SIGN$}", sign.unwrap_or("")), self.theme, Role::Changed)
    }
}

/// A row folded between the things that it tells, where that can be; further lines are indented.
fn fold_between(
    text: &[Span<'static>],
    first: &[Span<'static>],
    indent: usize,
    columns: usize,
) -> Vec<Line<'static>> {
    let mut lines: Vec<Vec<Span>> = Vec::new();
    for thing in text.split(|span| span.content == BETWEEN) {
        let before = if lines.len() > 1 { indent } else { spans_width(first) };
        match lines.last_mut() {
            Some(line)
                if before + spans_width(line) + columns_of(BETWEEN) + spans_width(thing) <= columns =>
            {
                line.push(Span::raw(BETWEEN));
                line.extend(thing.iter().cloned());
            }
            _ => lines.push(thing.to_vec()),
        }
    }
    let rest = [blank(indent)];
    let folded =
        |(i, line): (usize, Vec<Span>)| fold(&line, if i == 0 { first } else { &rest }, &rest, columns);
    lines.into_iter().enumerate().flat_map(folded).collect()
}

fn state(reading: &Reading) -> String {
    match reading {
        Reading::Gone => "gone".to_owned(),
        Reading::Fact(_) | Reading::Unread { .. } | Reading::NotMeasured => one_line(&reading.to_string()),
    }
}

#[cfg(test)]
mod tests;
