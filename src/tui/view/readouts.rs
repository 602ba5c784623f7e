//! Readouts of a step: before and after next to each other, grouped by who read them.

use super::diff::{GAP, Sides, Sign, same, unified, unified_room};
use super::styled::{blank, cut_path, fit, fold, span, spans_width, who};
use crate::events::ReadoutRecord;
use crate::model::{Reading, Value};
use crate::present::pairs::{Pair, by_position, pairs};
use crate::present::plain::{count, escape, one_line, width as columns_of};
use crate::present::reading::{compared, equal, lines as laid, plain_lines};
use crate::tui::theme::{Role, Theme};
use ratatui::text::{Line, Span};

/// Below this width before stands above after.
const SIDE_BY_SIDE: usize = 60;
/// Where paths begin.
const PATH: usize = 2;
/// Where values begin that stand below their path.
const VALUE: usize = 4;
/// A path that is shown beside its value is not cut to less than this.
const LEAST_PATH: usize = 30;
/// Of a long value that did not change, so many lines are enough to see which it is.
const MOST_UNCHANGED: usize = 3;
/// A difference shows so many equal lines around what changed.
const CONTEXT: usize = 3;
/// Texts longer than this are longer than most screens.
const SCREEN: usize = 24;
/// Before a value that has a word before it.
const WORD: usize = 8;

/// How the readouts of one step are laid out, so that signs stand below each other.
struct Layout {
    columns: usize,
    /// The column of paths, where they stand beside their values.
    path: Option<usize>,
    /// Where ids begin, if there is room for them behind the values.
    ids: Option<usize>,
    sides: Sides,
    after: bool,
    most: usize,
    theme: Theme,
}

/// The line above all readouts: which side is which. Empty below the width at which they stand next to each other.
pub fn heading(records: &[ReadoutRecord], after: bool, width: u16, theme: Theme) -> Line<'static> {
    let layout = Layout::of(records, after, width.into(), 0, theme);
    if layout.columns < SIDE_BY_SIDE {
        return Line::default();
    }
    let (start, room) = layout.left();
    let word = |text: &str| span(text.to_owned(), theme, Role::Dim);
    Line::from(vec![blank(start), word(&fit("before", room)), blank(GAP), word("after")])
}

/// All readouts, the host's first, then the boxes' in order of appearance. While `after` is false only what was read before is shown. A
/// readout takes about `most` lines; what is left out is counted.
pub fn lines(
    records: &[ReadoutRecord],
    after: bool,
    width: u16,
    most: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let layout = Layout::of(records, after, width.into(), most.max(1), theme);
    let mut viewpoints: Vec<&str> = Vec::new();
    for record in records {
        if !viewpoints.contains(&record.viewpoint.as_str()) {
            viewpoints.push(&record.viewpoint);
        }
    }
    viewpoints.sort_by_key(|name| *name != "host");
    let mut out = Vec::new();
    for viewpoint in viewpoints {
        let name = fit(&one_line(viewpoint), layout.columns);
        out.push(Line::from(span(name.trim_end(), theme, who(viewpoint))));
        let mine = records.iter().filter(|record| record.viewpoint == viewpoint);
        out.extend(mine.flat_map(|record| layout.readout(record)));
    }
    out
}

/// One readout in full: where it was read, what changed when it is long, before and after.
pub fn one(record: &ReadoutRecord, after: bool, width: u16, theme: Theme) -> Vec<Line<'static>> {
    let mut layout = Layout::of(std::slice::from_ref(record), after, width.into(), usize::MAX, theme);
    layout.path = None;
    layout.sides = Sides::halves(VALUE, layout.columns);
    let mut title = vec![
        span(one_line(&record.id), theme, Role::Title),
        span(" · read by ", theme, Role::Dim),
        span(one_line(&record.viewpoint), theme, who(&record.viewpoint)),
    ];
    let (sign, _) = layout.judged(record);
    let said = match sign {
        Sign::Equal => " · = unchanged",
        Sign::Changed => " · ≠ changed",
        Sign::None => "",
    };
    title.push(span(said, theme, sign.role()));
    let mut out = fold(&title, &[], &[blank(PATH)], layout.columns);
    out.extend(fold(
        &[span(one_line(&record.path), theme, Role::Plain)],
        &[],
        &[blank(PATH)],
        layout.columns,
    ));
    for (word, reading) in [("before", &record.before), ("after", &record.after)] {
        if let (Reading::Unread { what, .. }, true) = (reading, after || word == "before") {
            let word = span(format!("{word}: "), theme, Role::Dim);
            out.extend(fold(
                &[word, span(one_line(what), theme, Role::Warn)],
                &[],
                &[blank(PATH)],
                layout.columns,
            ));
        }
    }
    out.push(Line::default());
    out.extend(layout.difference(record));
    if layout.columns >= SIDE_BY_SIDE && layout.laid(record).wide.is_none() {
        let word = |text: &str| (text.to_owned(), Role::Dim);
        let (before, after) = (word("before"), word(if after { "after" } else { "" }));
        out.extend(layout.sides.row((&before.0, before.1), Sign::None, (&after.0, after.1), theme));
    }
    out.extend(layout.value(record));
    out
}

/// A readout's values as lines.
struct Laid {
    header: Option<String>,
    before: Vec<String>,
    after: Vec<String>,
    /// It is a table that fits below each other only, with so many columns.
    wide: Option<usize>,
}

fn is_table(reading: &Reading) -> bool {
    matches!(reading.value(), Some(Value::Table(rows)) if !rows.is_empty())
}

/// The one line that a reading is, if it is one.
fn scalar(reading: &Reading) -> Option<String> {
    let mut lines = plain_lines(reading);
    (lines.len() == 1 && !is_table(reading)).then(|| lines.remove(0))
}

impl Layout {
    fn of(records: &[ReadoutRecord], after: bool, columns: usize, most: usize, theme: Theme) -> Self {
        let sides = Sides::halves(VALUE, columns);
        let mut layout = Layout { columns, path: None, ids: None, sides, after, most, theme };
        let widest =
            |texts: &mut dyn Iterator<Item = String>| texts.map(|text| columns_of(&text)).max().unwrap_or(0);
        let mut old: usize = 0;
        let mut new: usize = 0;
        let mut paths = 0;
        for record in records {
            let texts = (scalar(&record.before), scalar(&record.after));
            if let (Some(before), Some(now)) = texts {
                old = old.max(columns_of(&before));
                new = new.max(if after { columns_of(&now) } else { columns_of(&before) });
                paths = paths.max(widest(&mut std::iter::once(one_line(&record.path))));
            }
        }
        let path = paths.min(columns * 2 / 5);
        let left = (PATH + path + 2 + old).max(VALUE + sides.left);
        let right = columns.saturating_sub(left + GAP);
        let tables = records.iter().filter(|record| is_table(&record.before) || is_table(&record.after));
        let mut needs = tables.map(|record| {
            let (_, before, after) = laid(&record.before, &record.after, sides.left);
            widest(&mut before.into_iter().chain(after))
        });
        let roomy = columns >= SIDE_BY_SIDE && path >= paths.min(LEAST_PATH) && right >= new && paths > 0;
        if roomy && needs.all(|need| need <= right || need > sides.left) {
            layout.path = Some(path);
            let ids = left + GAP + new + 3;
            let widest = records.iter().map(|record| columns_of(&one_line(&record.id))).max().unwrap_or(0);
            // Nothing stands to the right of before yet: then there is room for them.
            let ids = if after { ids } else { ids.min(columns.saturating_sub(widest)) };
            layout.ids = (ids >= left + GAP && ids + widest <= columns).then_some(ids);
            layout.sides = Sides { indent: VALUE, left: left - VALUE, right };
        }
        layout
    }

    /// Where the column of before begins, and its width.
    fn left(&self) -> (usize, usize) {
        let end = self.sides.indent + self.sides.left;
        let start = self.path.map_or(VALUE, |path| PATH + path + 2);
        (start, end - start)
    }

    fn readout(&self, record: &ReadoutRecord) -> Vec<Line<'static>> {
        if let (Some(path), Some(before), Some(after)) =
            (self.path, scalar(&record.before), scalar(&record.after))
        {
            return self.beside(record, path, &before, &after);
        }
        let mut out = vec![self.path(record)];
        out.extend(self.value(record));
        out
    }

    fn beside(&self, record: &ReadoutRecord, path: usize, before: &str, after: &str) -> Vec<Line<'static>> {
        let (start, room) = self.left();
        let (sign, roles) = self.judged(record);
        let after = if self.after { after } else { "" };
        let mut out = vec![Line::from(vec![
            blank(PATH),
            span(fit(&cut_path(&one_line(&record.path), path), start - PATH), self.theme, Role::Dim),
            span(fit(before, room), self.theme, roles[0]),
            span(format!(" {} ", sign.text()), self.theme, sign.role()),
            span(after.to_owned(), self.theme, roles[1]),
        ])];
        if let (Some(ids), Some(line)) = (self.ids, out.first_mut()) {
            let gap = ids.saturating_sub(line.width());
            line.spans.extend([blank(gap), span(one_line(&record.id), self.theme, Role::Dim)]);
        }
        out.extend(self.peak(record));
        out
    }

    /// The sign between both sides as a whole, and the roles of both.
    fn judged(&self, record: &ReadoutRecord) -> (Sign, [Role; 2]) {
        let roles = [&record.before, &record.after].map(|reading| match reading {
            Reading::Fact(_) => Role::Plain,
            _ => Role::Dim,
        });
        match (self.after && compared(record), equal(&record.before, &record.after)) {
            (false, _) => (Sign::None, roles),
            (true, true) => (Sign::Equal, roles),
            (true, false) => (Sign::Changed, [roles[0], Role::Changed]),
        }
    }

    /// The path above a value, and behind it the id where there is room.
    fn path(&self, record: &ReadoutRecord) -> Line<'static> {
        let (path, id) = (one_line(&record.path), one_line(&record.id));
        let mut room = self.columns.saturating_sub(PATH);
        // The id is the name by which checks and curves call it, so the path gives way.
        let beside = columns_of(&id) + 3;
        if self.path.is_none() && room >= LEAST_PATH + beside {
            room -= beside;
        }
        let path = span(cut_path(&path, room), self.theme, Role::Dim);
        let end = PATH + spans_width(std::slice::from_ref(&path));
        let mut line = vec![blank(PATH), path];
        match (self.path, self.ids) {
            (Some(_), Some(ids)) if end + 2 <= ids => {
                line.extend([blank(ids - end), span(id, self.theme, Role::Dim)]);
            }
            (None, _) if end + columns_of(&id) + 3 <= self.columns => {
                line.push(span(format!(" · {id}"), self.theme, Role::Dim));
            }
            _ => {}
        }
        Line::from(line)
    }

    fn laid(&self, record: &ReadoutRecord) -> Laid {
        let room = if self.columns < SIDE_BY_SIDE { 0 } else { self.sides.left.min(self.sides.right) };
        let tables = is_table(&record.before) || is_table(&record.after);
        let (header, before, after) = laid(&record.before, &record.after, room);
        let beside = !tables || before.iter().chain(&after).all(|line| columns_of(line) <= room);
        if self.columns >= SIDE_BY_SIDE && beside {
            return Laid { header, before, after, wide: None };
        }
        let room = unified_room(self.columns);
        let (header, before, after) = laid(&record.before, &record.after, room);
        Laid { header, before, after, wide: Some(room) }
    }

    /// Everything of a readout below its path.
    fn value(&self, record: &ReadoutRecord) -> Vec<Line<'static>> {
        let (sign, roles) = self.judged(record);
        let laid = self.laid(record);
        let mut out = Vec::new();
        if let (Some(_), Some(before), Some(after)) =
            (laid.wide, scalar(&record.before), scalar(&record.after))
        {
            return [self.stacked(sign, (&before, roles[0]), (&after, roles[1])), self.peak(record)].concat();
        }
        let empty = ("", Role::Plain);
        if let Some(header) = &laid.header {
            let over = |shown: bool| if shown { (header.as_str(), Role::Dim) } else { empty };
            let sides = (over(is_table(&record.before)), over(self.after && is_table(&record.after)));
            out.extend(if laid.wide.is_some() {
                let title = span(header.as_str(), self.theme, Role::Dim);
                fold(&[title], &[blank(VALUE + 2)], &[blank(VALUE + 4)], self.columns)
            } else {
                self.sides.row(sides.0, Sign::None, sides.1, self.theme)
            });
        }
        if sign == Sign::None {
            out.extend(self.apart(&laid, roles));
        } else {
            let facts = [&record.before, &record.after].iter().all(|side| matches!(side, Reading::Fact(_)));
            let pairs =
                if facts { pairs(&laid.before, &laid.after) } else { by_position(&laid.before, &laid.after) };
            out.extend(self.compared(&pairs, &laid, roles));
        }
        out.extend(self.peak(record));
        out
    }

    /// One line each, below each other.
    fn stacked(&self, sign: Sign, before: (&str, Role), after: (&str, Role)) -> Vec<Line<'static>> {
        let line = |sign: Sign, word: &str, (text, role): (&str, Role)| {
            let first = [
                blank(VALUE - 2),
                span(format!("{} ", sign.text()), self.theme, sign.role()),
                span(fit(word, WORD), self.theme, Role::Dim),
            ];
            fold(&[span(text.to_owned(), self.theme, role)], &first, &[blank(VALUE + WORD)], self.columns)
        };
        match sign {
            Sign::Equal => {
                let first = [blank(VALUE - 2), span("= ", self.theme, Role::Dim)];
                fold(&[span(after.0.to_owned(), self.theme, after.1)], &first, &[blank(VALUE)], self.columns)
            }
            _ if self.after => [line(Sign::None, "before", before), line(sign, "after", after)].concat(),
            _ => line(Sign::None, "before", before),
        }
    }

    /// Sides that no sign compares.
    fn apart(&self, laid: &Laid, roles: [Role; 2]) -> Vec<Line<'static>> {
        let after: &[String] = if self.after { &laid.after } else { &[] };
        let side = |lines: &[String], i: usize| lines.get(i).cloned().unwrap_or_default();
        let blocks: Vec<Vec<Line>> = match laid.wide {
            None => (0..laid.before.len().max(after.len()))
                .map(|i| {
                    let (old, new) = (side(&laid.before, i), side(after, i));
                    self.sides.row((&old, roles[0]), Sign::None, (&new, roles[1]), self.theme)
                })
                .collect(),
            Some(_) if self.after => {
                let old =
                    laid.before.iter().map(|line| unified(Pair::Before(line), self.columns, self.theme));
                old.chain(after.iter().map(|line| unified(Pair::After(line), self.columns, self.theme)))
                    .collect()
            }
            Some(_) => {
                laid.before.iter().map(|line| unified(Pair::Same(line), self.columns, self.theme)).collect()
            }
        };
        let all = blocks.len();
        self.capped(blocks.into_iter(), all, self.most, |n| count(n, "more line"))
    }

    /// All pairs when they take few lines; else those that differ, and how many there are besides.
    fn compared(&self, pairs: &[Pair], laid: &Laid, roles: [Role; 2]) -> Vec<Line<'static>> {
        let draw = |pair: &Pair| match (laid.wide, pair) {
            (Some(_), _) => unified(*pair, self.columns, self.theme),
            (None, Pair::Same(line)) => {
                self.sides.row((line, roles[0]), Sign::Equal, (line, roles[0]), self.theme)
            }
            (None, Pair::Changed(old, new)) => {
                self.sides.row((old, roles[0]), Sign::Changed, (new, Role::Changed), self.theme)
            }
            (None, pair) => self.sides.pair(*pair, self.theme),
        };
        let equal = pairs.iter().filter(|pair| same(pair)).count();
        if equal == pairs.len() {
            let lines: usize = pairs.len();
            let most = if lines <= self.most { self.most } else { MOST_UNCHANGED.min(self.most) };
            return self.capped(pairs.iter().map(draw), pairs.len(), most, |n| {
                format!("{}, equal", count(n, "more line"))
            });
        }
        // A pair takes a line at least: no more are drawn than may be seen.
        if pairs.len() <= self.most {
            let all: Vec<Vec<Line>> = pairs.iter().map(draw).collect();
            if all.iter().map(Vec::len).sum::<usize>() <= self.most {
                return all.concat();
            }
        }
        let differing = pairs.iter().filter(|pair| !same(pair)).map(draw);
        let mut out = self.capped(differing, pairs.len() - equal, self.most, |n| {
            format!("{}, changed", count(n, "more line"))
        });
        if equal > 0 {
            out.push(self.note(&format!("{}, equal", count(equal, "more line"))));
        }
        out
    }

    fn capped(
        &self,
        blocks: impl Iterator<Item = Vec<Line<'static>>>,
        all: usize,
        most: usize,
        left_out: impl Fn(usize) -> String,
    ) -> Vec<Line<'static>> {
        let mut out: Vec<Line> = Vec::new();
        for (i, block) in blocks.enumerate() {
            if i > 0 && out.len() + block.len() > most {
                out.push(self.note(&left_out(all - i)));
                break;
            }
            out.extend(block);
        }
        out
    }

    fn note(&self, text: &str) -> Line<'static> {
        let text = format!("… {text}, z shows all");
        super::styled::cut_line(&[blank(VALUE), span(text, self.theme, Role::Dim)], self.columns)
    }

    fn peak(&self, record: &ReadoutRecord) -> Vec<Line<'static>> {
        let Some(peak) = record.peak.as_ref().filter(|_| self.after) else { return Vec::new() };
        let text = format!("peak {}", one_line(&escape(&peak.to_string())));
        if self.columns < SIDE_BY_SIDE {
            return fold(
                &[span(text, self.theme, Role::Dim)],
                &[blank(VALUE)],
                &[blank(VALUE)],
                self.columns,
            );
        }
        self.sides.row(("", Role::Plain), Sign::None, (&text, Role::Dim), self.theme)
    }

    /// What changed in a text that is longer than a screen, with some equal lines around it.
    fn difference(&self, record: &ReadoutRecord) -> Vec<Line<'static>> {
        let laid = self.laid(record);
        let facts =
            self.after && matches!((&record.before, &record.after), (Reading::Fact(_), Reading::Fact(_)));
        if !facts || laid.before == laid.after || laid.before.len().max(laid.after.len()) <= SCREEN {
            return Vec::new();
        }
        let (header, before, after) = reading_lines(record, unified_room(self.columns));
        let pairs = pairs(&before, &after);
        let near = |i: usize| {
            pairs[i.saturating_sub(CONTEXT)..(i + CONTEXT + 1).min(pairs.len())]
                .iter()
                .any(|pair| !same(pair))
        };
        let mut out = vec![Line::from(span("difference", self.theme, Role::Title))];
        out.extend(header.map(|header| {
            super::styled::cut_line(&[blank(VALUE + 2), span(header, self.theme, Role::Dim)], self.columns)
        }));
        let mut skipped = 0;
        for (i, pair) in pairs.iter().enumerate() {
            if !near(i) {
                skipped += 1;
                continue;
            }
            out.extend(self.skipped(&mut skipped));
            out.extend(unified(*pair, self.columns, self.theme));
        }
        out.extend(self.skipped(&mut skipped));
        out.extend([Line::default(), Line::from(span("in full", self.theme, Role::Title))]);
        out
    }

    fn skipped(&self, skipped: &mut usize) -> Option<Line<'static>> {
        let n = std::mem::take(skipped);
        let text = format!("… {}, equal", count(n, "line"));
        (n > 0).then(|| Line::from(vec![blank(VALUE), Span::styled(text, self.theme.style(Role::Dim))]))
    }
}

fn reading_lines(record: &ReadoutRecord, room: usize) -> (Option<String>, Vec<String>, Vec<String>) {
    laid(&record.before, &record.after, room)
}

#[cfg(test)]
mod tests;
