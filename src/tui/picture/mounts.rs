//! Mount tables as trees next to each other, with the way on which mounts travel between them; or one table before and after.

mod record;

use super::input::PictureInput;
use super::mark::Mark;
use crate::present::plain::{one_line, width as columns_of};
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{blank, cut, cut_line, fit, fold_items, span, spans_width};
use ratatui::text::{Line, Span};
use record::{Entry, Table, Tables, tables};
use std::path::{Path, PathBuf};

/// Between tables of two boxes, where the ways of mounts are drawn; and between before and after.
const WAYS: usize = 4;
const BAR: usize = 3;
/// A table takes at least this.
const LEAST: usize = 18;
/// Not more tables than this are drawn.
const MOST: usize = 3;
/// Before a name: a sign and a space.
const SIGN: usize = 2;
/// Mounts that went away are listed up to this number; of more, those that the lesson has made.
const LISTED: usize = 4;

type Key = (PathBuf, usize);

/// A mount in a column.
struct Cell {
    entry: Entry,
    mark: Mark,
    moved_from: Option<String>,
}

/// A table, or one side of it.
struct Column {
    title: Vec<Span<'static>>,
    cells: Vec<Cell>,
    /// In the place of the mounts, when there is no table.
    missing: Option<&'static str>,
}

/// The mount tables of a step, when any was read.
pub fn draw(input: &PictureInput, width: u16, height: u16, theme: Theme) -> Option<Vec<Line<'static>>> {
    let mut tables = tables(input);
    if tables.iter().all(|table| table.before.is_none() && table.now.is_none()) {
        return None;
    }
    tables.truncate(MOST);
    let below: Vec<&str> = tables.iter().map(|table| table.below).collect();
    let (columns, sides) = match tables.as_slice() {
        [one] => before_and_after(one, input.after, theme),
        all => (all.iter().map(|table| column(table, input.after, theme)).collect(), false),
    };
    let drawing = Drawing { columns, sides, width: width.into(), theme };
    Some(drawing.lines(height.into(), &below))
}

/// One table as two columns, where it has changed.
fn before_and_after(table: &Tables, after: bool, theme: Theme) -> (Vec<Column>, bool) {
    let whole = column(table, after, theme);
    let (Some(before), Some(now), false) = (&table.before, &table.now, table.entered) else {
        return (vec![whole], false);
    };
    if whole.cells.iter().all(|cell| cell.mark == Mark::Same) {
        return (vec![whole], false);
    }
    let gone =
        |entry: &Entry| if now.same(entry, before.numbered()).is_none() { Mark::Gone } else { Mark::Same };
    let old = before.entries.iter().map(|e| Cell { entry: e.clone(), mark: gone(e), moved_from: None });
    let word = |text: &str| span(format!("  {text}"), theme, Role::Dim);
    let titled = |text: &str| whole.title.iter().cloned().chain([word(text)]).collect();
    let left = Column { title: titled("before"), cells: old.collect(), missing: None };
    let right = Column {
        title: titled("after"),
        cells: now.entries.iter().map(|entry| compared(entry, before, now)).collect(),
        missing: None,
    };
    (vec![left, right], true)
}

/// A mount as it is, with what it was before. One that is elsewhere because the mount below it has moved has not moved itself.
fn compared(entry: &Entry, before: &Table, now: &Table) -> Cell {
    let old = before.same(entry, now.numbered());
    let carried = |old: &Entry| now.numbered() && old.mount.parent == entry.mount.parent;
    let moved = old.filter(|old| old.mount.at != entry.mount.at && !carried(old));
    let says = |e: &Entry| (e.propagation(), e.mount.read_only, e.covered);
    let mark = match Mark::of(old.map(says).as_ref(), Some(&says(entry))) {
        Mark::Same if moved.is_some() => Mark::Changed,
        mark => mark,
    };
    Cell { entry: entry.clone(), mark, moved_from: moved.map(|old| old.at.clone()) }
}

fn column(table: &Tables, after: bool, theme: Theme) -> Column {
    let mut title = Vec::new();
    for (i, name) in table.boxes.iter().enumerate() {
        let role = if *name == "host" { Role::Host } else { Role::Guest };
        title.push(span(format!("{}{}", if i > 0 { ", " } else { "" }, one_line(name)), theme, role));
    }
    if let [_, _, ..] = table.boxes.as_slice() {
        title.push(span(": one table", theme, Role::Dim));
    }
    if let Some(name) = &table.name {
        title.push(span(format!(" {}", one_line(name)), theme, Role::Dim));
    }
    if table.entered {
        title.push(span(" ≠ new", theme, Role::Changed));
    }
    let same = |table: &Table| {
        table.entries.iter().map(|e| Cell { entry: e.clone(), mark: Mark::Same, moved_from: None }).collect()
    };
    let (cells, missing): (Vec<Cell>, _) = match (&table.before, &table.now) {
        (before, None) if after => (Vec::new(), Some(if before.is_some() { "gone" } else { "not there" })),
        (None, None) => (Vec::new(), Some("not there yet")),
        (Some(before), None) => (same(before), None),
        (None, Some(now)) => (same(now), None),
        (Some(_), Some(now)) if table.entered => (same(now), None),
        (Some(before), Some(now)) => {
            let mut cells: Vec<Cell> = now.entries.iter().map(|e| compared(e, before, now)).collect();
            let gone = before.entries.iter().filter(|e| now.same(e, before.numbered()).is_none());
            cells.extend(gone.map(|e| Cell { entry: e.clone(), mark: Mark::Gone, moved_from: None }));
            (cells, None)
        }
    };
    Column { title, cells, missing }
}

struct Drawing {
    columns: Vec<Column>,
    /// The columns are before and after of one table.
    sides: bool,
    width: usize,
    theme: Theme,
}

impl Drawing {
    fn lines(&self, height: usize, below: &[&str]) -> Vec<Line<'static>> {
        let gap = if self.sides { BAR } else { WAYS };
        let count = self.columns.len();
        let room = self.width.saturating_sub(gap * (count - 1)) / count;
        let keys = self.keys();
        let kept = self.kept(&keys, below, height);
        let rows = tree(&kept);
        let mut out = Vec::new();
        if room < LEAST {
            for i in 0..count {
                out.extend(self.block(&rows, i..i + 1, self.width, 0));
            }
        } else {
            out.extend(self.block(&rows, 0..count, room, gap));
        }
        let legend = self.legend(&rows);
        if !legend.is_empty() && out.len() + legend.len() < height {
            out.push(Line::default());
        }
        out.extend(legend);
        out
    }

    /// Every row that there could be, in the order of the tables.
    fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for cell in self.columns.iter().flat_map(|column| &column.cells) {
            if !keys.contains(&cell.entry.key()) {
                keys.push(cell.entry.key());
            }
        }
        keys
    }

    fn at<'c>(&'c self, key: &'c Key) -> impl Iterator<Item = &'c Cell> {
        self.columns.iter().flat_map(|column| &column.cells).filter(move |cell| cell.entry.key() == *key)
    }

    /// The rows that the step is about: the others are counted.
    fn kept(&self, keys: &[Key], below: &[&str], height: usize) -> Vec<Key> {
        let cells = || self.columns.iter().flat_map(|column| &column.cells);
        let many = cells().filter(|cell| cell.mark == Mark::Gone).count() > LISTED;
        let top = |entry: &Entry| entry.at == "/" || below.iter().any(|below| *below == entry.at);
        let marked = |cell: &Cell| match cell.mark {
            Mark::New => true,
            Mark::Changed => cell.entry.own() || cell.moved_from.is_some(),
            Mark::Gone => cell.entry.own() || !many,
            Mark::Same => false,
        };
        let about = |key: &&Key| self.at(key).any(|cell| top(&cell.entry) || marked(cell));
        let own = |key: &&Key| about(key) || self.at(key).any(|cell| cell.entry.own());
        // Titles, what is left out, a space and a legend take five rows.
        let room = height.saturating_sub(5);
        let all: Vec<Key> = keys.iter().filter(own).cloned().collect();
        if all.len() <= room { all } else { keys.iter().filter(about).cloned().collect() }
    }

    fn block(
        &self,
        rows: &[(Key, usize)],
        which: std::ops::Range<usize>,
        room: usize,
        gap: usize,
    ) -> Vec<Line<'static>> {
        let columns = &self.columns[which];
        let mut out =
            vec![self.join(columns.iter().map(|column| column.title.clone()).collect(), room, &[], gap)];
        let with_type = columns.iter().all(|column| Texts::of(column, rows, room, true).is_some());
        let texts: Vec<Texts> = columns
            .iter()
            .filter_map(|column| {
                Texts::of(column, rows, room, with_type).or(Texts::of(column, rows, room, false))
            })
            .collect();
        for (i, (key, depth)) in rows.iter().enumerate() {
            let cells: Vec<Option<&Cell>> =
                columns.iter().map(|column| column.cells.iter().find(|c| c.entry.key() == *key)).collect();
            let drawn = texts.iter().zip(&cells).map(|(texts, cell)| {
                let name = name(rows, i, *depth, cells.iter().flatten().next().map(|c| &c.entry));
                cell.map_or_else(Vec::new, |cell| texts.draw(cell, &name, self.theme))
            });
            let drawn: Vec<Vec<Span>> = drawn.collect();
            let ways: Vec<&'static str> = cells.windows(2).map(|pair| way(pair[0], pair[1])).collect();
            out.push(self.join(drawn, room, &ways, gap));
        }
        let rest: Vec<Vec<Span>> = columns.iter().map(|column| self.rest(column, rows)).collect();
        if rest.iter().any(|spans| !spans.is_empty()) {
            out.push(self.join(rest, room, &[], gap));
        }
        out
    }

    /// What is not shown of a column.
    fn rest(&self, column: &Column, rows: &[(Key, usize)]) -> Vec<Span<'static>> {
        if let Some(missing) = column.missing {
            return vec![span(format!("  {missing}"), self.theme, Role::Dim)];
        }
        let hidden: Vec<&Cell> =
            column.cells.iter().filter(|cell| rows.iter().all(|(key, _)| *key != cell.entry.key())).collect();
        if hidden.is_empty() {
            return Vec::new();
        }
        let all = |mark: Mark| hidden.iter().all(|cell| cell.mark == mark);
        let (sign, word, role) = match () {
            () if all(Mark::Gone) => ("− ", " gone", Role::Changed),
            () if all(Mark::Changed) => ("≠ ", " changed", Role::Changed),
            () if self.rest_is_the_same(rows) => ("  ", ", the same", Role::Dim),
            () => ("  ", "", Role::Dim),
        };
        let text = format!("… {} more{word}", hidden.len());
        vec![span(sign, self.theme, Role::Changed), span(text, self.theme, role)]
    }

    /// What is not shown is in all tables, as far as their mount points tell.
    fn rest_is_the_same(&self, rows: &[(Key, usize)]) -> bool {
        let hidden = |column: &Column| -> Vec<(Key, String)> {
            let hidden =
                column.cells.iter().filter(|cell| rows.iter().all(|(key, _)| *key != cell.entry.key()));
            hidden.map(|cell| (cell.entry.key(), cell.entry.propagation())).collect()
        };
        let all: Vec<_> = self.columns.iter().map(hidden).collect();
        !self.sides && all.len() > 1 && all.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// Columns side by side, with what is between them.
    fn join(
        &self,
        columns: Vec<Vec<Span<'static>>>,
        room: usize,
        ways: &[&'static str],
        gap: usize,
    ) -> Line<'static> {
        let mut row = Vec::new();
        for (i, cell) in columns.into_iter().enumerate() {
            if i > 0 && self.sides {
                row.push(span(" │ ", self.theme, Role::Border));
            } else if i > 0 {
                let way = ways.get(i - 1).copied().unwrap_or_default();
                row.push(span(format!("{way:^gap$}"), self.theme, Role::Accent));
            }
            let line = cut_line(&cell, room);
            let rest = room.saturating_sub(spans_width(&line.spans));
            row.extend(line.spans);
            row.push(blank(rest));
        }
        cut_line(&row, self.width)
    }

    fn legend(&self, rows: &[(Key, usize)]) -> Vec<Line<'static>> {
        let shown = |cell: &&Cell| rows.iter().any(|(key, _)| *key == cell.entry.key());
        let cells: Vec<&Cell> =
            self.columns.iter().flat_map(|column| column.cells.iter().filter(shown)).collect();
        let ways: Vec<&str> = rows
            .iter()
            .flat_map(|(key, _)| {
                let cells: Vec<Option<&Cell>> = self
                    .columns
                    .iter()
                    .map(|c| c.cells.iter().find(|cell| cell.entry.key() == *key))
                    .collect();
                cells.windows(2).map(|pair| way(pair[0], pair[1])).collect::<Vec<_>>()
            })
            .collect();
        let one_way = ways.contains(&TO_THE_RIGHT) || ways.contains(&TO_THE_LEFT);
        let mut texts: Vec<String> = Vec::new();
        if !self.sides && ways.contains(&BOTH_WAYS) {
            texts.push(format!(
                "{BOTH_WAYS} peer group: what is mounted below one is mounted below the other"
            ));
        }
        if !self.sides && one_way {
            texts.push(format!("{TO_THE_RIGHT} slave: mounts come this way only"));
        }
        texts.extend(Mark::legend(&cells.iter().map(|cell| cell.mark).collect::<Vec<_>>()));
        fold_items(&texts, Role::Dim, self.width, self.theme)
    }
}

const BOTH_WAYS: &str = "◀▶";
const TO_THE_RIGHT: &str = "─▶";
const TO_THE_LEFT: &str = "◀─";

/// Which way mounts travel between the same mount point in two tables.
fn way(left: Option<&Cell>, right: Option<&Cell>) -> &'static str {
    let here = |cell: &Cell| cell.mark != Mark::Gone;
    let (Some(left), Some(right)) = (left.filter(|c| here(c)), right.filter(|c| here(c))) else { return "" };
    let (left, right) = (&left.entry.mount, &right.entry.mount);
    let same = |a: Option<u32>, b: Option<u32>| a.is_some() && a == b;
    match () {
        () if same(left.shared, right.shared) => BOTH_WAYS,
        () if same(left.shared, right.master) => TO_THE_RIGHT,
        () if same(left.master, right.shared) => TO_THE_LEFT,
        () => "",
    }
}

/// Rows as a tree, each with its depth: mount points below others, in the order in which they came.
fn tree(keys: &[Key]) -> Vec<(Key, usize)> {
    fn below(keys: &[Key], over: Option<&Path>, depth: usize, out: &mut Vec<(Key, usize)>) {
        let parent = |key: &Key| {
            let above =
                keys.iter().map(|(path, _)| path).filter(|path| key.0.starts_with(path) && **path != key.0);
            above.max_by_key(|path| path.components().count())
        };
        for key in keys.iter().filter(|key| parent(key).map(PathBuf::as_path) == over) {
            out.push((key.clone(), depth));
            // What is mounted below a mount point stands below the last mount on it.
            if !keys.iter().any(|other| other.0 == key.0 && other.1 > key.1) {
                below(keys, Some(&key.0), depth + 1, out);
            }
        }
    }
    let mut out = Vec::new();
    below(keys, None, 0, &mut out);
    out
}

/// The name of a row: its path from the row above it in the tree.
fn name(rows: &[(Key, usize)], i: usize, depth: usize, entry: Option<&Entry>) -> String {
    let Some(entry) = entry else { return String::new() };
    let above = rows[..i].iter().rev().find(|(_, other)| *other < depth).map(|(key, _)| &key.0);
    let inner = above.and_then(|above| entry.mount.at.strip_prefix(above).ok());
    // Below `/` a path is written whole, as it is where nothing is above it.
    let short = inner.filter(|_| above.is_some_and(|above| above != Path::new("/")));
    let name = short.map_or_else(|| entry.at.clone(), |inner| inner.display().to_string());
    format!("{}{}", "  ".repeat(depth.min(4)), one_line(&name))
}

/// What stands behind the names of a column, as far as there is room.
struct Texts {
    name: usize,
    room: usize,
    with_type: bool,
}

impl Texts {
    /// The widths of a column's parts; nothing where types do not fit.
    fn of(column: &Column, rows: &[(Key, usize)], room: usize, with_type: bool) -> Option<Self> {
        let mut found = Texts { name: 0, room, with_type };
        let mut notes = 0;
        for (i, (key, depth)) in rows.iter().enumerate() {
            let Some(cell) = column.cells.iter().find(|cell| cell.entry.key() == *key) else { continue };
            found.name = found.name.max(columns_of(&name(rows, i, *depth, Some(&cell.entry))));
            notes = notes.max(found.notes(cell).iter().map(|(text, _)| columns_of(text) + 1).sum());
        }
        if with_type && SIGN + found.name + notes > room {
            return None;
        }
        found.name = found.name.min(room.saturating_sub(SIGN + notes).max(room / 3));
        Some(found)
    }

    fn notes(&self, cell: &Cell) -> Vec<(String, Role)> {
        let entry = &cell.entry;
        let mut notes = Vec::new();
        if self.with_type {
            notes.push((one_line(&entry.mount.fstype), Role::Dim));
        }
        // Where there is little room: no path leads to a mount that is covered.
        let told = self.with_type || !entry.covered;
        match cell.mark {
            Mark::Gone => notes.push(("gone".to_owned(), Role::Changed)),
            Mark::Same | Mark::Changed | Mark::New if !told => {}
            Mark::Same | Mark::New => notes.push((entry.propagation(), Role::Dim)),
            Mark::Changed => notes.push((entry.propagation(), Role::Changed)),
        }
        if entry.mount.read_only {
            notes.push(("ro".to_owned(), Role::Warn));
        }
        if entry.covered && cell.mark != Mark::Gone {
            notes.push(("covered".to_owned(), Role::Warn));
        }
        if let Some(from) = &cell.moved_from {
            notes.push((format!("was {}", one_line(from)), Role::Changed));
        }
        if let Some(from) = &entry.bound_from {
            notes.push((format!("is {}", one_line(from)), Role::Accent));
        }
        notes
    }

    fn draw(&self, cell: &Cell, name: &str, theme: Theme) -> Vec<Span<'static>> {
        let role = match cell.mark {
            Mark::Gone => Role::Dim,
            Mark::New | Mark::Changed => Role::Changed,
            Mark::Same => Role::Plain,
        };
        let mut out = vec![
            span(format!("{} ", cell.mark.sign()), theme, Role::Changed),
            span(fit(name, self.name), theme, role),
        ];
        for (text, role) in self.notes(cell) {
            out.push(blank(1));
            out.push(span(cut(&text, self.room), theme, role));
        }
        out
    }
}

#[cfg(test)]
mod tests;
