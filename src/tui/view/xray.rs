//! The X-ray of an overlay: lower, upper and merged as one tree, with what each layer adds and hides.

use super::styled::{blank, cut, cut_line, cut_middle, fit, fold, span};
use crate::model::{Reading, ReadoutRecord, Row, Value};
use crate::present::plain::{one_line, width as columns_of};
use crate::tui::theme::{Role, Theme};
use ratatui::text::{Line, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Between the layers.
const GAP: usize = 3;
/// Sizes stand in a column of at most this width, where there is room for them.
const SIZE: usize = 7;
/// A layer narrower than this shows no sizes.
const ROOM_FOR_SIZE: usize = 20;

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    kind: String,
    size: String,
}

impl Entry {
    fn directory(&self) -> bool {
        matches!(self.kind.as_str(), "directory" | "opaque")
    }
}

type Tree = BTreeMap<Vec<String>, Entry>;

/// A layer: where it was read, what it holds, and what it held before if that is known.
struct Layer<'a> {
    name: &'static str,
    record: Option<&'a ReadoutRecord>,
    now: Option<Tree>,
    before: Option<Tree>,
}

/// The layers of an overlay, when directories called lower, upper and merged are among the readouts (merged or upper, and one more).
pub fn lines(records: &[ReadoutRecord], width: u16, theme: Theme) -> Option<Vec<Line<'static>>> {
    let layers = ["lower", "upper", "merged"].map(|name| Layer::find(records, name));
    let found = layers.iter().filter(|layer| layer.now.is_some()).count();
    let entries =
        layers.iter().flat_map(|layer| [&layer.now, &layer.before]).flatten().any(|tree| !tree.is_empty());
    (found >= 2 && entries).then(|| XRay::of(layers, width.into(), theme).draw())
}

fn tree(reading: &Reading) -> Option<Tree> {
    let Some(Value::Table(rows)) = reading.value() else { return None };
    let entry = |row: &Row| {
        let cell = |name: &str| row.get(name).unwrap_or_default().to_owned();
        let path = row.get("name")?.split('/').map(str::to_owned).collect();
        Some((path, Entry { kind: row.get("kind")?.to_owned(), size: cell("size") }))
    };
    rows.iter().map(entry).collect()
}

impl<'a> Layer<'a> {
    /// The layer of this name: by its id, else by the last part of its path.
    fn find(records: &'a [ReadoutRecord], name: &'static str) -> Self {
        let directories = || records.iter().filter(|r| tree(&r.before).is_some() || tree(&r.after).is_some());
        let by_id = directories().find(|record| record.id == name);
        let record =
            by_id.or_else(|| directories().find(|record| record.path.rsplit('/').next() == Some(name)));
        let Some(found) = record else { return Layer { name, record, now: None, before: None } };
        let (before, after) = (tree(&found.before), tree(&found.after));
        match after {
            Some(after) => Layer { name, record, now: Some(after), before },
            None => Layer { name, record, now: before, before: None },
        }
    }

    fn get(&self, path: &[String]) -> Option<&Entry> {
        self.now.as_ref()?.get(path)
    }

    /// What was here and is not any more.
    fn lost(&self, path: &[String]) -> Option<&Entry> {
        self.before.as_ref()?.get(path).filter(|_| self.get(path).is_none())
    }

    fn changed(&self, path: &[String]) -> bool {
        self.before.as_ref().is_some_and(|before| before.get(path) != self.get(path))
    }
}

struct XRay<'a> {
    lower: Layer<'a>,
    upper: Layer<'a>,
    merged: Layer<'a>,
    /// The merged view is made of the upper layer that was read, as far as entries tell.
    made_of: bool,
    columns: usize,
    theme: Theme,
}

/// What an entry looks like.
struct Cell {
    sign: &'static str,
    name: String,
    size: String,
    note: &'static str,
    role: Role,
    changed: bool,
}

impl<'a> XRay<'a> {
    fn of(layers: [Layer<'a>; 3], columns: usize, theme: Theme) -> Self {
        let [lower, upper, merged] = layers;
        let mut xray = XRay { lower, upper, merged, made_of: false, columns, theme };
        xray.made_of = xray.consistent();
        xray
    }

    /// Nothing in merged contradicts upper: what it adds is there in the same size, what it hides is not.
    fn consistent(&self) -> bool {
        let (Some(upper), Some(merged)) = (&self.upper.now, &self.merged.now) else { return false };
        !merged.is_empty()
            && upper.iter().all(|(path, entry)| match (entry.kind.as_str(), merged.get(path)) {
                ("whiteout", seen) => seen.is_none(),
                (_, None) => false,
                ("opaque" | "directory", Some(seen)) => seen.directory(),
                (_, Some(seen)) => seen == entry,
            })
    }

    /// An upper entry, or an ancestor of it, hides what lower has under this path.
    fn hidden(&self, path: &[String]) -> bool {
        let over = |depth: usize| self.upper.get(&path[..depth]);
        let above = (1..path.len()).any(|depth| over(depth).is_some_and(|entry| entry.kind != "directory"));
        above || over(path.len()).is_some_and(|entry| entry.kind == "whiteout")
    }

    fn lower_cell(&self, path: &[String]) -> Option<Cell> {
        let (entry, mut cell) = Self::entry(&self.lower, path)?;
        let covered = self.upper.get(path).is_some() && !entry.directory();
        if cell.role != Role::Changed && (self.hidden(path) || covered) {
            cell.role = Role::Dim;
            cell.note = if self.hidden(path) { "hidden" } else { "covered" };
        }
        Some(cell)
    }

    fn upper_cell(&self, path: &[String]) -> Option<Cell> {
        let (entry, mut cell) = Self::entry(&self.upper, path)?;
        if cell.note == GONE {
            return Some(cell);
        }
        let below = self.lower.get(path).filter(|_| self.lower.now.is_some());
        (cell.sign, cell.note) = match entry.kind.as_str() {
            "whiteout" => ("✗", "whiteout"),
            "opaque" => ("▣", "opaque"),
            "directory" => (" ", ""),
            _ if below.is_some() => ("⇡", ""),
            _ if self.lower.now.is_some() => ("+", ""),
            _ => (" ", ""),
        };
        if entry.kind == "whiteout" {
            cell.size = String::new();
        }
        if cell.role != Role::Changed && cell.sign != " " {
            cell.role = if entry.kind == "whiteout" { Role::Warn } else { Role::Accent };
        }
        Some(cell)
    }

    fn merged_cell(&self, path: &[String]) -> Option<Cell> {
        let (entry, mut cell) = Self::entry(&self.merged, path)?;
        if cell.note == GONE {
            return Some(cell);
        }
        if self.made_of {
            let both = self.lower.get(path).is_some_and(Entry::directory);
            cell.note = match self.upper.get(path) {
                Some(over) if entry.directory() && over.kind != "opaque" && both => "← both",
                Some(_) => "← upper",
                None if self.lower.now.is_none() || self.lower.get(path).is_some() => "← lower",
                None => "",
            };
        }
        Some(cell)
    }

    /// What all layers say of an entry in the same way.
    fn entry<'b>(layer: &'b Layer, path: &[String]) -> Option<(&'b Entry, Cell)> {
        let indent = "  ".repeat(path.len().saturating_sub(1).min(4));
        let name = |entry: &Entry| {
            let slash = if entry.directory() { "/" } else { "" };
            format!("{indent}{}{slash}", one_line(path.last().map_or("", String::as_str)))
        };
        let cell = |entry: &Entry, note| Cell {
            sign: " ",
            name: name(entry),
            size: one_line(&entry.size),
            note,
            role: if layer.changed(path) { Role::Changed } else { Role::Plain },
            changed: layer.changed(path),
        };
        if let Some(entry) = layer.get(path) {
            return Some((entry, cell(entry, "")));
        }
        layer.lost(path).map(|entry| (entry, Cell { size: String::new(), ..cell(entry, GONE) }))
    }

    fn draw(&self) -> Vec<Line<'static>> {
        let layers = [&self.lower, &self.upper, &self.merged];
        let mut paths: BTreeSet<&Vec<String>> = BTreeSet::new();
        for layer in layers {
            paths.extend([&layer.now, &layer.before].into_iter().flatten().flat_map(BTreeMap::keys));
        }
        let room = self.columns.saturating_sub(2 * GAP);
        let third = room / 3;
        let widths = [third, third, room - 2 * third];
        let mut out =
            vec![self.row(widths.map(|columns| (columns, Vec::new())), layers.map(|layer| layer.name))];
        let path = |layer: &Layer, columns: usize| match layer.record {
            Some(record) => cut_middle(&one_line(&record.path), columns),
            None => cut("(not read here)", columns),
        };
        let under =
            [0, 1, 2].map(|i| (widths[i], vec![span(path(layers[i], widths[i]), self.theme, Role::Dim)]));
        out.push(self.row(under, [""; 3]));
        let mut used = BTreeSet::new();
        for path in paths {
            let cells = [self.lower_cell(path), self.upper_cell(path), self.merged_cell(path)];
            used.extend(
                cells
                    .iter()
                    .flatten()
                    .flat_map(|cell| [cell.sign, if cell.changed { "≠" } else { " " }, cell.note]),
            );
            let drawn = [0, 1, 2].map(|i| (widths[i], self.cell(cells[i].as_ref(), widths[i])));
            out.push(self.row(drawn, [""; 3]));
        }
        out.push(Line::default());
        out.extend(self.legend(&used));
        out
    }

    /// Three cells with lines between; titles where a cell has none.
    fn row(&self, cells: [(usize, Vec<Span<'static>>); 3], titles: [&str; 3]) -> Line<'static> {
        let mut row = Vec::new();
        for (i, (columns, mut cell)) in cells.into_iter().enumerate() {
            if !titles[i].is_empty() {
                cell.push(span(titles[i], self.theme, Role::Title));
            }
            if i > 0 {
                row.push(span(" │ ", self.theme, Role::Border));
            }
            let line = cut_line(&cell, columns);
            let rest = columns.saturating_sub(super::styled::spans_width(&line.spans));
            row.extend(line.spans);
            row.push(blank(rest));
        }
        cut_line(&row, self.columns)
    }

    fn cell(&self, cell: Option<&Cell>, columns: usize) -> Vec<Span<'static>> {
        let Some(cell) = cell else { return Vec::new() };
        let gone = cell.note == GONE;
        let sign = if cell.changed { "≠" } else { " " };
        // Signs, name, size, note; what does not fit goes from the end, the note's sign stays.
        let note = if columns < ROOM_FOR_SIZE { "" } else { cell.note };
        let size = if columns < ROOM_FOR_SIZE + SIZE || cell.size.is_empty() {
            String::new()
        } else {
            cut(&cell.size, SIZE)
        };
        let mut tail = columns_of(note)
            + usize::from(!note.is_empty())
            + columns_of(&size)
            + usize::from(!size.is_empty());
        let name_room = columns.saturating_sub(3);
        if tail + 6 > name_room {
            tail = 0;
        }
        let name = fit(&cell.name, name_room - tail);
        let mut out = vec![
            span(sign, self.theme, Role::Changed),
            span(format!("{} ", cell.sign), self.theme, cell.role),
            span(name, self.theme, if gone { Role::Dim } else { cell.role }),
        ];
        if tail > 0 {
            for text in [size.as_str(), note] {
                if !text.is_empty() {
                    out.push(span(
                        format!(" {text}"),
                        self.theme,
                        if gone { Role::Changed } else { Role::Dim },
                    ));
                }
            }
        }
        out
    }

    /// What the signs that occur mean.
    fn legend(&self, used: &BTreeSet<&str>) -> Vec<Line<'static>> {
        let signs = [
            ("⇡", "copied up, or covers the one below"),
            ("+", "only in upper"),
            ("✗", "whiteout: hides the one below"),
            ("▣", "opaque: nothing below shines through"),
            ("≠", "changed in this step"),
        ];
        let mut out = Vec::new();
        let known = signs.into_iter().filter(|(sign, _)| used.contains(sign));
        let texts: Vec<String> = known.map(|(sign, text)| format!("{sign} {text}")).collect();
        if !texts.is_empty() {
            out.extend(fold(
                &[span(texts.join(" · "), self.theme, Role::Dim)],
                &[],
                &[blank(2)],
                self.columns,
            ));
        }
        let merged = self.merged.now.as_ref();
        let note = match merged {
            Some(tree) if tree.is_empty() => "merged is empty: no overlay is mounted there",
            Some(_) if !self.made_of && self.upper.now.is_some() => "merged is not made of this upper",
            _ => return out,
        };
        out.extend(fold(&[span(note, self.theme, Role::Warn)], &[], &[blank(2)], self.columns));
        out
    }
}

/// The note of what is not there any more.
const GONE: &str = "gone";

#[cfg(test)]
#[path = "xray_test.rs"]
mod tests;
