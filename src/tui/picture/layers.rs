//! The layers of an overlay: lower, upper and merged as one tree, with what each layer adds and hides.

use super::input::PictureInput;
use crate::events::ReadoutRecord;
use crate::model::{Reading, Row, Value};
use crate::present::plain::{one_line, width as columns_of};
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{blank, cut, cut_line, cut_path, fit, fold, fold_items, span, spans_width};
use ratatui::text::{Line, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Between the layers.
const GAP: usize = 3;
/// Before a name: whether it changed, its sign, a space.
const SIGNS: usize = 3;
/// Sizes stand in a column of at most this width, where there is room for them.
const SIZE: usize = 9;
/// Names are not cut to less than this for the sake of sizes and notes.
const LEAST_NAME: usize = 8;

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DirectoryEntry {
    kind: String,
    size: String,
}

impl DirectoryEntry {
    fn directory(&self) -> bool {
        matches!(self.kind.as_str(), "directory" | "opaque")
    }
}

type Tree = BTreeMap<Vec<String>, DirectoryEntry>;

/// A layer: where it was read, what it holds, and what it held before if that is known.
struct Layer<'a> {
    name: &'static str,
    record: Option<&'a ReadoutRecord>,
    now: Option<Tree>,
    before: Option<Tree>,
}

/// The layers of an overlay, when directories called lower, upper and merged are among the readouts (merged or upper, and one more).
pub fn draw(input: &PictureInput, width: u16, _: u16, theme: Theme) -> Option<Vec<Line<'static>>> {
    lines(input.readouts, width, theme)
}

/// The lists that are drawn as layers.
pub fn tells(input: &PictureInput) -> Vec<String> {
    let layers = LAYERS.map(|name| Layer::find(input.readouts, name));
    layers.iter().filter_map(|layer| Some(layer.record?.id.clone())).collect()
}

/// The names of the layers, from below.
const LAYERS: [&str; 3] = ["lower", "upper", "merged"];

fn lines(records: &[ReadoutRecord], width: u16, theme: Theme) -> Option<Vec<Line<'static>>> {
    let layers = LAYERS.map(|name| Layer::find(records, name));
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
        Some((path, DirectoryEntry { kind: row.get("kind")?.to_owned(), size: cell("size") }))
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

    fn get(&self, path: &[String]) -> Option<&DirectoryEntry> {
        self.now.as_ref()?.get(path)
    }

    /// What was here and is not any more.
    fn lost(&self, path: &[String]) -> Option<&DirectoryEntry> {
        self.before.as_ref()?.get(path).filter(|_| self.get(path).is_none())
    }

    /// It was not there before.
    fn came(&self, path: &[String]) -> bool {
        self.before.as_ref().is_some_and(|before| !before.contains_key(path)) && self.get(path).is_some()
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

    /// Nothing in merged contradicts the layers: what upper adds is there in the same size, what it hides is not, and there is nothing besides.
    fn consistent(&self) -> bool {
        let (Some(upper), Some(merged)) = (&self.upper.now, &self.merged.now) else { return false };
        let layered = |path| {
            upper.contains_key(path) || self.lower.now.as_ref().is_none_or(|lower| lower.contains_key(path))
        };
        !merged.is_empty()
            && merged.keys().all(layered)
            && upper.iter().all(|(path, entry)| match (entry.kind.as_str(), merged.get(path)) {
                ("whiteout", seen) => seen.is_none(),
                (_, None) => false,
                ("opaque" | "directory", Some(seen)) => seen.directory(),
                (_, Some(seen)) => seen == entry,
            })
    }

    /// No overlay is mounted on merged, and none was when the step began.
    fn unmounted(&self) -> bool {
        let empty = |tree: &Option<Tree>| tree.as_ref().map(BTreeMap::is_empty);
        empty(&self.merged.now) == Some(true) && empty(&self.merged.before) != Some(false)
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
        if cell.role != Role::Changed && !self.unmounted() && (self.hidden(path) || covered) {
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
            // Before the mount, lower and upper are two directories that have nothing to do with each other.
            _ if self.unmounted() => (" ", ""),
            _ if below.is_some() => ("⇡", ""),
            _ if self.lower.now.is_some() => ("+", ""),
            _ => (" ", ""),
        };
        if entry.kind == "whiteout" {
            cell.size = String::new();
        } else if cell.note.is_empty() && self.upper.came(path) {
            cell.note = "new";
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
            let both = self.lower.get(path).is_some_and(DirectoryEntry::directory);
            cell.note = match self.upper.get(path) {
                Some(over) if entry.directory() && over.kind != "opaque" && both => "← both",
                Some(_) => "← upper",
                None if self.lower.now.is_none() || self.lower.get(path).is_some() => "← lower",
                None => "",
            };
        } else if self.merged.came(path) {
            cell.note = "new";
        }
        Some(cell)
    }

    /// What all layers say of an entry in the same way.
    fn entry<'b>(layer: &'b Layer, path: &[String]) -> Option<(&'b DirectoryEntry, Cell)> {
        let indent = "  ".repeat(path.len().saturating_sub(1).min(4));
        let name = |entry: &DirectoryEntry| {
            let slash = if entry.directory() { "/" } else { "" };
            format!("{indent}{}{slash}", one_line(path.last().map_or("", String::as_str)))
        };
        let cell = |entry: &DirectoryEntry, note| Cell {
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
        let layers: Vec<&Layer> = [&self.lower, &self.upper, &self.merged]
            .into_iter()
            .filter(|layer| layer.now.is_some())
            .collect();
        let mut paths: BTreeSet<&Vec<String>> = BTreeSet::new();
        for layer in &layers {
            paths.extend([&layer.now, &layer.before].into_iter().flatten().flat_map(BTreeMap::keys));
        }
        let cells: Vec<Vec<Option<Cell>>> = layers
            .iter()
            .map(|layer| paths.iter().map(|path| self.layer_cell(layer, path)).collect())
            .collect();
        let room = self.columns.saturating_sub((layers.len() - 1) * GAP);
        let widths: Vec<usize> =
            (0..layers.len()).map(|i| (room * (i + 1)) / layers.len() - (room * i) / layers.len()).collect();
        let columns: Vec<Column> =
            cells.iter().zip(&widths).map(|(cells, columns)| Column::of(cells, *columns)).collect();

        let title = |layer: &&Layer| vec![span(layer.name, self.theme, Role::Title)];
        let mut out = vec![self.row(layers.iter().map(title), &widths)];
        let path = |(layer, columns): (&&Layer, &usize)| {
            let path = layer.record.map_or("", |record| record.path.as_str());
            vec![span(cut_path(&one_line(path), *columns), self.theme, Role::Dim)]
        };
        out.push(self.row(layers.iter().zip(&widths).map(path), &widths));
        for i in 0..paths.len() {
            let drawn =
                cells.iter().zip(&columns).map(|(cells, column)| column.draw(cells[i].as_ref(), self.theme));
            out.push(self.row(drawn, &widths));
        }
        out.push(Line::default());
        out.extend(self.legend(&cells));
        out
    }

    fn layer_cell(&self, layer: &Layer, path: &[String]) -> Option<Cell> {
        match layer.name {
            "lower" => self.lower_cell(path),
            "upper" => self.upper_cell(path),
            _ => self.merged_cell(path),
        }
    }

    /// Cells with lines between.
    fn row(&self, cells: impl Iterator<Item = Vec<Span<'static>>>, widths: &[usize]) -> Line<'static> {
        let mut row = Vec::new();
        for (cell, columns) in cells.zip(widths) {
            if !row.is_empty() {
                row.push(span(" │ ", self.theme, Role::Border));
            }
            let line = cut_line(&cell, *columns);
            let rest = columns.saturating_sub(spans_width(&line.spans));
            row.extend(line.spans);
            row.push(blank(rest));
        }
        cut_line(&row, self.columns)
    }

    /// What the signs that occur mean.
    fn legend(&self, cells: &[Vec<Option<Cell>>]) -> Vec<Line<'static>> {
        let drawn = || cells.iter().flatten().flatten();
        let used = |sign: &str| {
            drawn().any(|cell| cell.sign == sign) || (sign == "≠" && drawn().any(|cell| cell.changed))
        };
        let signs = [
            ("⇡", "covers the one below"),
            ("+", "only in upper"),
            ("✗", "whiteout: hides the one below"),
            ("▣", "opaque: nothing below shines through"),
            ("≠", "changed in this step"),
        ];
        let known = signs.into_iter().filter(|(sign, _)| used(sign));
        let texts: Vec<String> = known.map(|(sign, text)| format!("{sign} {text}")).collect();
        let mut out = fold_items(&texts, Role::Dim, self.columns, self.theme);
        let note = match self.merged.now.as_ref() {
            Some(tree) if tree.is_empty() => "merged is empty: no overlay is mounted there",
            Some(_) if !self.made_of && self.upper.now.is_some() => "merged is not made of this upper",
            _ => return out,
        };
        out.extend(fold(&[span(note, self.theme, Role::Warn)], &[], &[blank(2)], self.columns));
        out
    }
}

/// How wide the parts of a layer's cells are.
struct Column {
    name: usize,
    size: usize,
    note: usize,
}

impl Column {
    /// Notes go before sizes where there is no room, sizes before names.
    fn of(cells: &[Option<Cell>], columns: usize) -> Self {
        let widest = |text: fn(&Cell) -> &str| {
            cells.iter().flatten().map(|cell| columns_of(text(cell))).max().unwrap_or(0)
        };
        let behind = |columns: usize| if columns == 0 { 0 } else { columns + 1 };
        let (name, size, note) =
            (widest(|cell| &cell.name), widest(|cell| &cell.size), widest(|cell| cell.note));
        let room = columns.saturating_sub(SIGNS);
        let size = if size <= SIZE { behind(size) } else { behind(SIZE) };
        let note = behind(note);
        let (size, note) = match name.min(LEAST_NAME.max(room / 2)) {
            name if name + size + note <= room => (size, note),
            name if name + note <= room => (0, note),
            _ => (0, 0),
        };
        Column { name: room - size - note, size, note }
    }

    fn draw(&self, cell: Option<&Cell>, theme: Theme) -> Vec<Span<'static>> {
        let Some(cell) = cell else { return Vec::new() };
        let gone = cell.note == GONE;
        let right = |text: &str, columns: usize| {
            let text = cut(text, columns.saturating_sub(1));
            format!("{}{text}", " ".repeat(columns.saturating_sub(columns_of(&text))))
        };
        vec![
            span(if cell.changed { "≠" } else { " " }, theme, Role::Changed),
            span(format!("{} ", cell.sign), theme, cell.role),
            span(fit(&cell.name, self.name), theme, if gone { Role::Dim } else { cell.role }),
            span(right(&cell.size, self.size), theme, Role::Dim),
            span(right(cell.note, self.note), theme, if gone { Role::Changed } else { Role::Dim }),
        ]
    }
}

/// The note of what is not there any more.
const GONE: &str = "gone";

#[cfg(test)]
mod tests;
