//! The processes of a lesson as a tree, with a column of numbers for each PID namespace, and who sees whom in `/proc`.

mod tree;

use super::input::PictureInput;
use super::names::Names;
use crate::events::ReadoutRecord;
use crate::model::{Process, Reading, Value};
use crate::present::plain::{one_line, width as columns_of};
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{blank, cut_line, fit, fold, fold_items, span, spans_width};
use crate::vocabulary::Ns;
use crate::vocabulary::Reader;
use crate::vocabulary::reader::NsOf;
use ratatui::text::{Line, Span};
use std::collections::BTreeMap;
use tree::{Fate, Leaf};

/// Names with the lines of the tree before them take no more than this.
const NAME: usize = 26;
/// Between columns.
const GAP: usize = 2;

/// The tree, when it is known who is in which namespace.
pub fn draw(input: &PictureInput, width: u16, _: u16, theme: Theme) -> Option<Vec<Line<'static>>> {
    let leaves = tree::leaves(input)?;
    if leaves.len() < 2 {
        return None;
    }
    Some(Drawing { input, names: Names::of_input(input), columns: width.into(), theme }.lines(&leaves))
}

struct Drawing<'a> {
    input: &'a PictureInput<'a>,
    names: Names,
    columns: usize,
    theme: Theme,
}

/// A column of short texts with a heading of two lines.
struct Column {
    heading: [String; 2],
    cells: Vec<(String, Role)>,
}

impl Column {
    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|(text, _)| columns_of(text));
        cells.chain(self.heading.iter().map(|text| columns_of(text))).max().unwrap_or(0)
    }
}

impl Drawing<'_> {
    fn lines(&self, leaves: &[Leaf]) -> Vec<Line<'static>> {
        let names: Vec<String> =
            leaves.iter().map(|leaf| format!("{}{}", leaf.stem, one_line(&leaf.name))).collect();
        let name = names.iter().map(|name| columns_of(name)).max().unwrap_or(0).clamp(7, NAME);
        let mut columns = self.numbers(leaves);
        columns.extend(self.seen(leaves));
        let mut out: Vec<Line> = (0..2)
            .map(|i| {
                let mut row = vec![blank(2), self.dim(fit(if i == 1 { "process" } else { "" }, name))];
                for column in &columns {
                    row.extend([blank(GAP), self.dim(right(&column.heading[i], column.width()))]);
                }
                cut_line(&row, self.columns)
            })
            .collect();
        for (i, leaf) in leaves.iter().enumerate() {
            out.extend(self.row(leaf, i, (&names[i], name), &columns));
        }
        let legend =
            [("+", "+ born in this step"), ("≠", "≠ changed in this step"), ("−", "− ended in this step")];
        let drawn: Vec<&str> = (0..leaves.len()).map(|i| self.sign(&leaves[i], i, &columns)).collect();
        let used = legend.iter().filter(|(sign, _)| drawn.contains(sign));
        let signs: Vec<String> = used.map(|(_, text)| (*text).to_owned()).collect();
        if !signs.is_empty() {
            out.push(Line::default());
            out.extend(fold_items(&signs, Role::Dim, self.columns, self.theme));
        }
        out
    }

    fn dim(&self, text: String) -> Span<'static> {
        span(text, self.theme, Role::Dim)
    }

    /// What became of a process, or of what it says.
    fn sign(&self, leaf: &Leaf, at: usize, columns: &[Column]) -> &'static str {
        let cell = columns.iter().any(|column| column.cells[at].1 == Role::Changed);
        match leaf.fate {
            Fate::Stayed if cell || self.note(leaf).1 => Fate::Moved.sign(),
            fate => fate.sign(),
        }
    }

    /// A process. What there is to say of it stands behind it, or below it where there is no room.
    fn row(
        &self,
        leaf: &Leaf,
        at: usize,
        (name, room): (&str, usize),
        columns: &[Column],
    ) -> Vec<Line<'static>> {
        let (theme, changed) = (self.theme, leaf.fate != Fate::Stayed);
        let role = match leaf.fate {
            Fate::Stayed if at == 0 => Role::Host,
            Fate::Stayed => Role::Guest,
            Fate::Born | Fate::Moved => Role::Changed,
            Fate::Ended | Fate::CameAndEnded => Role::Dim,
        };
        let mut row = vec![span(format!("{} ", self.sign(leaf, at, columns)), theme, Role::Changed)];
        let stem = leaf.stem.clone();
        let shown = fit(name, room);
        match shown.strip_prefix(stem.as_str()) {
            Some(rest) => row.extend([span(stem, theme, Role::Border), span(rest.to_owned(), theme, role)]),
            None => row.push(span(shown, theme, role)),
        }
        for column in columns {
            let (text, role) = &column.cells[at];
            let role = if changed && *role == Role::Plain { Role::Changed } else { *role };
            row.extend([blank(GAP), span(right(text, column.width()), theme, role)]);
        }
        let (note, news) = self.note(leaf);
        if note.is_empty() {
            return vec![cut_line(&row, self.columns)];
        }
        let note_role = if changed || news { Role::Changed } else { Role::Dim };
        if spans_width(&row) + GAP + columns_of(&note) <= self.columns {
            row.extend([blank(GAP), span(note, theme, note_role)]);
            return vec![cut_line(&row, self.columns)];
        }
        let before = [blank(2), span(leaf.below.clone(), theme, Role::Border), blank(1)];
        let mut out = vec![cut_line(&row, self.columns)];
        // The sign stands before the process.
        let note_role = if changed || news { Role::Plain } else { Role::Dim };
        out.extend(fold(&[span(note, theme, note_role)], &before, &before, self.columns));
        out
    }

    /// A column for each PID namespace, from the host's inwards.
    fn numbers(&self, leaves: &[Leaf]) -> Vec<Column> {
        let mut spaces: Vec<&str> = Vec::new();
        for (link, _) in leaves.iter().flat_map(|leaf| &leaf.numbers) {
            if !spaces.contains(&link.as_str()) {
                spaces.push(link);
            }
        }
        let column = |(i, link): (usize, &&str)| {
            let of = |leaf: &Leaf| leaf.numbers.iter().find(|(space, _)| space == link).map(|(_, n)| *n);
            let cells = leaves.iter().map(|leaf| match of(leaf) {
                Some(1) if i > 0 => ("1".to_owned(), Role::Strong),
                Some(n) => (n.to_string(), Role::Plain),
                None => ("·".to_owned(), Role::Dim),
            });
            let heading = [if i == 0 { "PID in".to_owned() } else { String::new() }, self.names.short(link)];
            Column { heading, cells: cells.collect() }
        };
        spaces.iter().enumerate().map(column).collect()
    }

    /// A column for each `/proc` that was listed: under which number it has each process.
    fn seen(&self, leaves: &[Leaf]) -> Vec<Column> {
        let listings =
            self.input.readouts.iter().filter(|r| matches!(self.input.reader(r), Some(Reader::Processes)));
        let column = |record: &ReadoutRecord| {
            let (before, after) = (listed(&record.before), listed(&record.after));
            let number = |rows: &Option<BTreeMap<String, String>>, leaf: &Leaf| {
                let rows = rows.as_ref()?;
                leaf.numbers
                    .iter()
                    .map(|(_, n)| n.to_string())
                    .find(|n| rows.get(n).is_some_and(|name| leaf.name == *name || leaf.name == "isolab"))
            };
            let cell = |leaf: &Leaf| {
                let old = number(&before, leaf).unwrap_or_else(|| "–".to_owned());
                if !self.input.after || before.is_none() {
                    let now = if self.input.after { number(&after, leaf) } else { None };
                    return (now.unwrap_or(old), Role::Plain);
                }
                let now = number(&after, leaf).unwrap_or_else(|| "–".to_owned());
                if now == old { (now, Role::Plain) } else { (format!("{old} → {now}"), Role::Changed) }
            };
            let heading = ["/proc of".to_owned(), one_line(&record.viewpoint)];
            Column { heading, cells: leaves.iter().map(cell).collect() }
        };
        listings.map(column).collect()
    }

    /// What there is to say of a process beyond its numbers, and whether this step has changed it.
    fn note(&self, leaf: &Leaf) -> (String, bool) {
        let mut notes: Vec<(String, bool)> = Vec::new();
        if let Fate::Moved = leaf.fate {
            let name = |name: &Option<String>| name.as_deref().map_or("the lab".to_owned(), one_line);
            notes.push((format!("parent: {} → {}", name(&leaf.old_parent), name(&leaf.parent)), true));
        }
        for record in self.input.readouts {
            match self.input.reader(record) {
                Some(Reader::State(of)) if of.0 == leaf.name => notes.extend(self.state(record)),
                Some(Reader::Namespace(NsOf::Own(Ns::PidForChildren))) if record.viewpoint == leaf.name => {
                    notes.extend(self.children(record));
                }
                Some(Reader::Processes) if record.viewpoint == leaf.name => notes.extend(self.crowd(record)),
                _ => {}
            }
        }
        let changed = notes.iter().any(|(_, changed)| *changed);
        (notes.into_iter().map(|(note, _)| note).collect::<Vec<_>>().join("; "), changed)
    }

    /// How a process ended, or that it is a zombie.
    fn state(&self, record: &ReadoutRecord) -> Option<(String, bool)> {
        let word = |reading: &Reading| match reading.value() {
            Some(Value::Process(Process::Zombie)) => {
                Some("zombie: it has ended, and its parent has not waited for it".to_owned())
            }
            Some(Value::Process(Process::Alive(_))) => None,
            Some(Value::Process(end)) => Some(one_line(&end.to_string())),
            _ => None,
        };
        if !self.input.after {
            return word(&record.before).map(|word| (word, false));
        }
        match (word(&record.before), word(&record.after)) {
            (before, Some(after)) if before.as_ref() == Some(&after) => Some((after, false)),
            (Some(_), Some(after)) => Some((format!("was a zombie; {after}"), true)),
            (_, after) => after.map(|word| (word, true)),
        }
    }

    /// Where the next child is born, if not where the process is itself.
    fn children(&self, record: &ReadoutRecord) -> Option<(String, bool)> {
        let place = |reading: &Reading| match reading {
            Reading::Fact(fact) => {
                let link = fact.value.to_string();
                let elsewhere = !self.names.is_host(&link);
                elsewhere.then(|| format!("children are born in {}", self.names.short(&link)))
            }
            Reading::Unread { errno, .. } => {
                Some(format!("children are born in a namespace that is not there yet ({errno})"))
            }
            Reading::Gone | Reading::NotMeasured => None,
        };
        let before = place(&record.before);
        if !self.input.after {
            return before.map(|place| (place, false));
        }
        let after = place(&record.after)?;
        let changed = before.as_ref() != Some(&after);
        Some((after, changed))
    }

    /// How many processes a `/proc` lists.
    fn crowd(&self, record: &ReadoutRecord) -> Option<(String, bool)> {
        let lists = |reading: &Reading| listed(reading).map(|rows| rows.len());
        let (before, after) = (lists(&record.before), lists(&record.after).filter(|_| self.input.after));
        let noun = |n: usize| if n == 1 { "process" } else { "processes" };
        match (before, after) {
            (Some(a), Some(b)) if a != b => Some((format!("its /proc lists {a} → {b} {}", noun(b)), true)),
            (_, Some(n)) | (Some(n), None) => Some((format!("its /proc lists {n} {}", noun(n)), false)),
            (None, None) => None,
        }
    }
}

/// What a `/proc` lists: names by number.
fn listed(reading: &Reading) -> Option<BTreeMap<String, String>> {
    let Some(Value::Table(rows)) = reading.value() else { return None };
    Some(
        rows.iter()
            .filter_map(|row| Some((row.get("pid")?.to_owned(), row.get("name")?.to_owned())))
            .collect(),
    )
}

fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(columns_of(text))))
}
