//! A small aligned table. Cells are measured in columns of the terminal, not in bytes or characters.

use super::paint::{Tone, paint};
use crate::present::plain::{escape, fold, hang, pad, width};

/// Between two columns.
const GAP: &str = "  ";
/// A column that folds is not made narrower than this.
const NARROWEST: usize = 16;
/// Notes below a row begin here: far to the left, because people copy commands from them, which should stay whole.
const NOTES: usize = 4;

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column<'t> {
    /// Its heading.
    pub title: &'t str,
    /// Whether it is folded when the table is too wide.
    pub folds: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its text.
    pub text: String,
    /// Its tone.
    pub tone: Tone,
}

impl Cell {
    /// A cell in a tone; control characters are escaped.
    pub fn new(text: impl AsRef<str>, tone: Tone) -> Self {
        Cell { text: escape(text.as_ref()).replace('\n', " "), tone }
    }

    /// A plain cell.
    pub fn plain(text: impl AsRef<str>) -> Self {
        Cell::new(text, Tone::Plain)
    }
}

/// A row, with notes on lines of their own below it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// One for each column; missing ones are empty.
    pub cells: Vec<Cell>,
    /// Below, indented: a word and a text.
    pub notes: Vec<(&'static str, String)>,
}

/// The table, fitted to `columns` as far as columns that fold allow; without trailing spaces.
pub fn render(heads: &[Column], rows: &[Row], columns: usize) -> String {
    let widths = widths(heads, rows, columns);
    let titles: Vec<Cell> = heads.iter().map(|head| Cell::new(head.title, Tone::Dim)).collect();
    let mut out = String::new();
    if heads.iter().any(|head| !head.title.is_empty()) {
        out += &line(&titles, &widths);
    }
    for row in rows {
        out += &line(&row.cells, &widths);
        for (word, text) in &row.notes {
            let first = format!("{}{} ", " ".repeat(NOTES), paint(&format!("{word}:"), Tone::Dim));
            out += &hang(&first, &" ".repeat(width(&first)), &escape(text).replace('\n', " "), columns);
        }
    }
    out
}

fn widths(heads: &[Column], rows: &[Row], columns: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = heads.iter().map(|head| width(head.title)).collect();
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(&row.cells) {
            *widest = (*widest).max(width(&cell.text));
        }
    }
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(columns);
    while excess > 0 {
        let folding =
            heads.iter().zip(widths.iter_mut()).filter(|(head, width)| head.folds && **width > NARROWEST);
        let Some((_, widest)) = folding.max_by_key(|(_, width)| **width) else { break };
        *widest -= 1;
        excess -= 1;
    }
    widths
}

fn line(cells: &[Cell], widths: &[usize]) -> String {
    let folded: Vec<Vec<String>> = widths
        .iter()
        .enumerate()
        .map(|(i, width)| cells.get(i).map_or_else(Vec::new, |cell| fold(&cell.text, *width)))
        .collect();
    let height = folded.iter().map(Vec::len).max().unwrap_or(0);
    let mut out = String::new();
    for y in 0..height {
        let last = folded.iter().rposition(|cell| cell.get(y).is_some_and(|part| !part.is_empty()));
        let parts = folded.iter().enumerate().take(last.map_or(0, |last| last + 1)).map(|(x, cell)| {
            let text = cell.get(y).map_or("", String::as_str);
            let text = if Some(x) == last { text.to_owned() } else { pad(text, widths[x]) };
            paint(&text, cells.get(x).map_or(Tone::Plain, |cell| cell.tone))
        });
        out += &parts.collect::<Vec<_>>().join(GAP);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADS: [Column<'static>; 3] = [
        Column { title: "id", folds: false },
        Column { title: "title", folds: true },
        Column { title: "min", folds: false },
    ];

    fn row(cells: [&str; 3]) -> Row {
        Row { cells: cells.map(Cell::plain).to_vec(), notes: vec![] }
    }

    #[test]
    fn wide_characters_do_not_shift_columns() {
        let rows = [row(["uts", "盒子的名字", "8"]), row(["pid", "PID 1 dies", "15"])];
        let table = render(&HEADS, &rows, 80);
        assert_eq!(table, "id   title       min\nuts  盒子的名字  8\npid  PID 1 dies  15\n");
    }

    #[test]
    fn only_columns_that_fold_give_way() {
        let mut long = row(["cgroup-cpu", "How much is a fifth of one processor", "15"]);
        long.notes = vec![("needs", "the cpu controller, delegated to this run".into())];
        let lines = [
            "id          title                    min",
            "cgroup-cpu  How much is a fifth of   15",
            "            one processor",
            "    needs: the cpu controller, delegated",
            "           to this run",
        ];
        assert_eq!(render(&HEADS, &[long], 40), lines.join("\n") + "\n");
    }
}
