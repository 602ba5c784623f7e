//! Readouts of a step: before and after next to each other, grouped by who read them, what matters first.

mod order;

use super::diff::{GAP, Sides, Sign};
use super::styled::{blank, cut, cut_line, cut_path, fit, fold, fold_padded, span, spans_width, who};
use crate::events::ReadoutRecord;
use crate::model::{Reading, Value};
use crate::present::focus::{Foci, Focus};
use crate::present::plain::{count, escape, one_line, width as columns_of};
use crate::present::reading::{Cut, Laid, compared, lines as laid, missing, plain_lines, table};
use crate::present::rows::{Change, Comparison, LinePair, Rank};
use crate::tui::theme::{Role, Theme};
use order::is_table;
use ratatui::text::Line;

/// Where paths begin.
const PATH: usize = 2;
/// Where values begin that stand below their path.
const VALUE: usize = 4;
/// From this width on a path can stand beside its value.
const ROOMY: usize = 60;
/// A path that is shown beside its value is not cut to less than this.
const LEAST_PATH: usize = 22;
/// A value that is shown beside its path is not folded into less than this.
const LEAST_VALUE: usize = 14;
/// A value may be folded into this many lines.
const MOST_FOLDED: usize = 6;
/// How many lines a readout may have that changed, and one that did not, from much room to little.
const CAPS: [(usize, usize); 9] =
    [(14, 14), (14, 5), (10, 3), (8, 2), (6, 1), (4, 1), (3, 1), (2, 1), (1, 1)];
/// Texts longer than this are longer than most screens.
const SCREEN: usize = 24;
/// On a side where a row is missing.
const NONE: &str = "–";
/// On the right side while there is no after.
const NOT_YET: &str = "·";

/// The readouts of a step, and what they are looked at for.
#[derive(Clone, Copy)]
pub struct ReadoutsView<'a> {
    /// The readouts.
    pub records: &'a [ReadoutRecord],
    /// What the step is about in them.
    pub foci: &'a Foci,
    /// They have their values of after the actions, too.
    pub after: bool,
}

/// How the readouts of one step are laid out, so that signs stand below each other.
struct Layout {
    columns: usize,
    /// The width of paths, where they stand beside their values.
    path: Option<usize>,
    /// Where ids begin, if there is room for them behind the values.
    ids: Option<usize>,
    sides: Sides,
    after: bool,
    theme: Theme,
}

/// A readout with its lines compared.
struct Compared<'a> {
    record: &'a ReadoutRecord,
    focus: &'a Focus,
    comparison: Comparison,
    laid: Laid,
}

/// All readouts below a heading, in the order of [`order::groups`]. Lists are shortened until everything takes at most `rows` lines, where that can be;
/// what is left out is counted.
pub fn lines(view: ReadoutsView, width: u16, rows: usize, theme: Theme) -> Vec<Line<'static>> {
    let layout = Layout::of(view, width.into(), theme);
    let groups: Vec<(&str, Vec<Compared>)> = order::groups(view.records, view.foci, view.after)
        .into_iter()
        .map(|(viewpoint, mine)| {
            (viewpoint, mine.into_iter().map(|record| layout.compare(record, view.foci)).collect())
        })
        .collect();
    let draw = |caps: (usize, usize)| {
        let mut out = vec![layout.heading()];
        for (viewpoint, records) in &groups {
            let name = fit(&one_line(viewpoint), layout.columns);
            out.push(Line::from(span(name.trim_end(), theme, who(viewpoint))));
            out.extend(records.iter().flat_map(|record| layout.readout(record, caps)));
        }
        out
    };
    let mut out = Vec::new();
    for caps in CAPS {
        out = draw(caps);
        if out.len() <= rows {
            break;
        }
    }
    out
}

/// One readout in full: where it was read, what matters first when it is long, before and after.
pub fn one(
    record: &ReadoutRecord,
    focus: &Focus,
    after: bool,
    width: u16,
    theme: Theme,
) -> Vec<Line<'static>> {
    let columns = usize::from(width);
    let sides = Sides::halves(VALUE, columns);
    let layout = Layout { columns, path: None, ids: None, sides, after, theme };
    let comparison = Comparison::of(record, focus, after);
    let room = sides.left.min(sides.right);
    let compared = Compared { record, focus, comparison, laid: laid_with_peak(record, focus, room, None) };
    let mut title = vec![
        span(one_line(&record.id), theme, Role::Title),
        span(" · read by ", theme, Role::Dim),
        span(one_line(&record.viewpoint), theme, who(&record.viewpoint)),
    ];
    let sign = layout.sign(&compared);
    let said = match sign {
        Sign::Equal => " · = unchanged",
        Sign::Changed => " · ≠ changed",
        Sign::None => "",
    };
    title.push(span(said, theme, sign.role()));
    let hang = |pieces: &[_]| fold(pieces, &[], &[blank(PATH)], layout.columns);
    let mut out = hang(&title);
    out.extend(hang(&[span(one_line(&record.path), theme, Role::Plain)]));
    for (word, reading) in [("before", &record.before), ("after", &record.after)] {
        if let (Reading::Unread { what, .. }, true) = (reading, after || word == "before") {
            let word = span(format!("{word}: "), theme, Role::Dim);
            out.extend(hang(&[word, span(one_line(what), theme, Role::Warn)]));
        }
    }
    out.extend(layout.headline(&compared, true).map(|(text, role)| Line::from(span(text, theme, role))));
    out.extend([Line::default(), layout.heading()]);
    let selection = compared.comparison.select(SCREEN);
    out.extend(layout.header(&compared));
    out.extend(layout.rows(&compared, &selection.shown, usize::MAX));
    if !selection.left_out.is_empty() {
        out.push(layout.note(&selection.left_out.join(" · ")));
        out.extend([Line::default(), Line::from(span("in full", theme, Role::Title))]);
        out.extend(layout.header(&compared));
        out.extend(layout.rows(&compared, &compared.comparison.pairs, usize::MAX));
    }
    out.extend(layout.remarks(record));
    out
}

/// The one line that each side is, if it is one.
fn scalars(record: &ReadoutRecord, focus: &Focus) -> Option<[String; 2]> {
    if is_table(&record.before) || is_table(&record.after) {
        return None;
    }
    let missing = missing(record, focus);
    let mut sides = [&record.before, &record.after].into_iter().zip(missing).map(|(reading, missing)| {
        let mut lines = plain_lines(reading, missing);
        (lines.len() == 1).then(|| lines.remove(0))
    });
    Some([sides.next()??, sides.next()??])
}

/// The highest value of the step, where that is not the last one.
fn peak(record: &ReadoutRecord) -> Option<String> {
    let peak = record.peak.as_ref().map(|peak| one_line(&escape(&peak.to_string())));
    peak.filter(|peak| *peak != record.after.to_string()).map(|peak| format!("peak {peak}"))
}

/// Both sides as lines, and the peak behind the last line of after.
fn laid_with_peak(record: &ReadoutRecord, focus: &Focus, room: usize, cut: Option<Cut>) -> Laid {
    let mut laid = laid(record, focus, room, cut);
    if let (Some(last), Some(peak)) = (laid.after.last_mut(), peak(record)) {
        last.extend([", ", &peak]);
    }
    laid
}

/// A cell that fits. Only of a path the middle can be spared; an address begins with a digit.
fn cut_cell(cell: &str, columns: usize) -> String {
    let path = cell.contains('/') && !cell.starts_with(|c: char| c.is_ascii_digit());
    if path { cut_path(cell, columns) } else { cut(cell, columns) }
}

/// What the rows of a list are, as its columns tell.
fn noun(record: &ReadoutRecord) -> &'static str {
    let row = table(&record.before).first().or_else(|| table(&record.after).first());
    let columns: Vec<&str> = row.map_or_else(Vec::new, |row| row.0.iter().map(|c| c.0.as_str()).collect());
    match columns.as_slice() {
        ["pid", "name"] => "processes",
        ["at", ..] => "mounts",
        ["direction", ..] => "frames",
        ["name", "state", ..] => "interfaces",
        ["to", "via", ..] => "routes",
        ["to", ..] => "neighbours",
        ["name", ..] => "entries",
        _ => "rows",
    }
}

impl Layout {
    fn of(view: ReadoutsView, columns: usize, theme: Theme) -> Self {
        let ReadoutsView { records, foci, after } = view;
        let sides = Sides::halves(VALUE, columns);
        let mut layout = Layout { columns, path: None, ids: None, sides, after, theme };
        let widest =
            |texts: &mut dyn Iterator<Item = String>| texts.map(|text| columns_of(&text)).max().unwrap_or(0);
        let mut old: usize = 0;
        let mut new: usize = 0;
        let mut paths = 0;
        let mut least = LEAST_PATH;
        for record in records {
            if let Some([before, now]) = scalars(record, foci.in_readout(&record.id)) {
                old = old.max(columns_of(&before));
                new = new.max(if after { columns_of(&now) } else { columns_of(&before) });
                let path = one_line(&record.path);
                paths = paths.max(columns_of(&path));
                // The last component is never cut.
                least = least.max(path.rsplit('/').next().map_or(0, |last| columns_of(last) + 2));
            }
        }
        let least = least.min(paths);
        let fixed = PATH + 2 + GAP;
        let free = columns.saturating_sub(fixed + old + new);
        let path = paths.min(free.max(least)).min((columns * 2 / 5).max(least));
        let rest = columns.saturating_sub(fixed + path);
        // What does not fit is folded, each side in its half.
        let old = if old + new <= rest { old } else { old.min(rest / 2).max(rest.saturating_sub(new)) };
        let new = new.min(rest.saturating_sub(old));
        let left = (PATH + path + 2 + old).max((VALUE + sides.left).min(columns.saturating_sub(GAP + new)));
        let right = columns.saturating_sub(left + GAP);
        let tables = records.iter().filter(|record| is_table(&record.before) || is_table(&record.after));
        let mut needs = tables.map(|record| {
            let laid = laid(record, foci.in_readout(&record.id), sides.left, None);
            widest(&mut laid.before.into_iter().chain(laid.after))
        });
        let roomy = columns >= ROOMY && paths > 0 && rest / 2 >= LEAST_VALUE;
        if roomy && needs.all(|need| need <= right || need > sides.left) {
            layout.path = Some(path);
            let ids = left + GAP + new + 3;
            let widest = records.iter().map(|record| columns_of(&one_line(&record.id))).max().unwrap_or(0);
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

    /// The line that says which side is which.
    fn heading(&self) -> Line<'static> {
        let (start, room) = self.left();
        // Above a narrow column the word begins further to the left: it is never cut.
        let (room, end) = (room.max("before".len()), start + room);
        let lead = blank(end.saturating_sub(room));
        let word = |text: &str| span(text.to_owned(), self.theme, Role::Dim);
        cut_line(&[lead, word(&fit("before", room)), blank(GAP), word("after")], self.columns)
    }

    fn compare<'a>(&self, record: &'a ReadoutRecord, foci: &'a Foci) -> Compared<'a> {
        let focus = foci.in_readout(&record.id);
        let room = self.sides.left.min(self.sides.right);
        let laid = laid_with_peak(record, focus, room, Some(&cut_cell));
        Compared { record, focus, comparison: Comparison::of(record, focus, self.after), laid }
    }

    fn readout(&self, compared: &Compared, caps: (usize, usize)) -> Vec<Line<'static>> {
        let record = compared.record;
        if let (Some(path), Some([before, after])) = (self.path, scalars(record, compared.focus)) {
            return self.beside(compared, path, &before, &after);
        }
        let loud = if self.after { compared.comparison.changed() } else { compared.focus.named };
        let selection = compared.comparison.select(if loud { caps.0 } else { caps.1 });
        let folded = !selection.left_out.is_empty();
        let mut out = self.title(compared, folded);
        out.extend(self.header(compared));
        out.extend(self.rows(compared, &selection.shown, MOST_FOLDED));
        if folded {
            out.push(self.note(&format!("… {}, z shows all", selection.left_out.join(" · "))));
        }
        out.extend(self.remarks(record));
        out
    }

    /// A value of one line, with its path before it.
    fn beside(&self, compared: &Compared, path: usize, before: &str, after: &str) -> Vec<Line<'static>> {
        let record = compared.record;
        let (start, room) = self.left();
        let (sign, roles) = (self.sign(compared), self.roles(compared));
        let peak = peak(record).filter(|_| self.after);
        let with_peak = peak.as_ref().map(|peak| format!("{after}, {peak}"));
        let with_peak = with_peak.filter(|text| columns_of(text) <= self.sides.right);
        let below = peak.filter(|_| with_peak.is_none());
        let after =
            if self.after { (with_peak.as_deref().unwrap_or(after), roles[1]) } else { (NOT_YET, Role::Dim) };
        let (old, new) = (fold_padded(before, room), fold_padded(after.0, self.sides.right));
        let path = cut_path(&one_line(&record.path), path);
        let mut out: Vec<Line> = Vec::new();
        for i in 0..old.len().max(new.len()) {
            let side = |side: &[String]| side.get(i).cloned().unwrap_or_default();
            let (path, sign) = if i == 0 { (path.as_str(), sign) } else { ("", Sign::None) };
            let mut line = vec![
                blank(PATH),
                span(fit(path, start - PATH), self.theme, Role::Dim),
                span(fit(&side(&old), room), self.theme, roles[0]),
                span(format!(" {} ", sign.text()), self.theme, sign.role()),
                span(side(&new).trim_end().to_owned(), self.theme, after.1),
            ];
            // A peak may need the room of the id.
            let gap = self.ids.map_or(0, |ids| ids.saturating_sub(spans_width(&line)));
            if i == 0 && gap > 0 {
                line.extend([blank(gap), span(one_line(&record.id), self.theme, Role::Dim)]);
            }
            out.push(Line::from(line));
        }
        let mut out = self.shortened(out, MOST_FOLDED);
        out.extend(
            below.iter().flat_map(|peak| {
                self.sides.row(("", Role::Plain), Sign::None, (peak, Role::Dim), self.theme)
            }),
        );
        out.extend(self.remarks(record));
        out
    }

    /// The sign between both sides as a whole.
    fn sign(&self, readout: &Compared) -> Sign {
        match (self.after && compared(readout.record), readout.comparison.changed()) {
            (false, _) => Sign::None,
            (true, false) => Sign::Equal,
            (true, true) => Sign::Changed,
        }
    }

    /// The roles of both sides where they are one line.
    fn roles(&self, readout: &Compared) -> [Role; 2] {
        let roles = [&readout.record.before, &readout.record.after].map(|reading| match reading {
            Reading::Fact(_) => Role::Plain,
            Reading::Unread { .. } | Reading::Gone | Reading::NotMeasured => Role::Dim,
        });
        if self.sign(readout) == Sign::Changed { [roles[0], Role::Changed] } else { roles }
    }

    /// The path above a value, behind it the id where there is room, and how many rows there are.
    fn title(&self, compared: &Compared, folded: bool) -> Vec<Line<'static>> {
        let (path, id) = (one_line(&compared.record.path), one_line(&compared.record.id));
        let headline = self.headline(compared, folded).map(|(text, role)| span(text, self.theme, role));
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
            (Some(_), Some(ids)) if headline.is_none() && end + 2 <= ids => {
                line.extend([blank(ids - end), span(id, self.theme, Role::Dim)]);
            }
            _ if end + columns_of(&id) + 3 <= self.columns => {
                line.push(span(format!(" · {id}"), self.theme, Role::Dim));
            }
            _ => {}
        }
        let Some(headline) = headline else { return vec![Line::from(line)] };
        if spans_width(&line) + 3 + columns_of(&headline.content) <= self.columns {
            line.extend([blank(3), headline]);
            return vec![Line::from(line)];
        }
        vec![Line::from(line), cut_line(&[blank(VALUE), headline], self.columns)]
    }

    /// How many rows a list has, where not all of them are shown or where their number is the point: `processes 139 → 1`.
    fn headline(&self, compared: &Compared, folded: bool) -> Option<(String, Role)> {
        let (record, counted) = (compared.record, compared.focus.counted);
        let size = |reading: &Reading| match reading.value() {
            Some(Value::Table(rows)) => Some(rows.len()),
            _ => None,
        };
        let noun = noun(record);
        match (size(&record.before), size(&record.after).filter(|_| self.after)) {
            (Some(before), Some(after)) if before != after && (folded || counted) => {
                let role = if compared.comparison.changed() { Role::Changed } else { Role::Dim };
                Some((format!("{noun} {before} → {after}"), role))
            }
            (_, Some(all)) | (Some(all), None) if folded || counted => {
                Some((format!("{noun} {all}"), Role::Dim))
            }
            _ => None,
        }
    }

    /// The names of a table's columns.
    fn header(&self, compared: &Compared) -> Vec<Line<'static>> {
        let Some(header) = &compared.laid.header else { return Vec::new() };
        let over = |shown: bool| if shown { (header.as_str(), Role::Dim) } else { ("", Role::Plain) };
        let (before, after) = (is_table(&compared.record.before), is_table(&compared.record.after));
        self.sides.row(over(before), Sign::None, over(self.after && after), self.theme)
    }

    /// A folded line, without its end where it takes more than `most`.
    fn shortened(&self, mut lines: Vec<Line<'static>>, most: usize) -> Vec<Line<'static>> {
        let more = lines.len().saturating_sub(most);
        // Two lines more cost less than to be told of them.
        if more > 2 {
            lines.truncate(most);
            lines.push(self.note(&format!("… {}, z shows all", count(more, "more line"))));
        }
        lines
    }

    /// Lines of both sides, each folded into at most `most`.
    fn rows(&self, compared: &Compared, pairs: &[LinePair], most: usize) -> Vec<Line<'static>> {
        let Compared { record, laid, .. } = compared;
        let roles = self.roles(compared);
        // What is said of a side without rows is in its first line. A side that has lines of its own has them in its pairs.
        let all = &compared.comparison.pairs;
        let mut words = [
            laid.before.first().filter(|_| all.iter().all(|pair| pair.before.is_none())),
            laid.after.first().filter(|_| all.iter().all(|pair| pair.after.is_none())),
        ];
        let mut out = Vec::new();
        for (i, pair) in pairs.iter().enumerate() {
            let (sign, none) = match (pair.change, pair.rank) {
                (Change::Same, _) => (Sign::Equal, ""),
                (Change::Changed | Change::Gone | Change::New, Rank::Named | Rank::Other) => {
                    (Sign::Changed, NONE)
                }
                // A process that is not the run's comes and goes by itself.
                (Change::Changed | Change::Gone | Change::New, Rank::Foreign) => (Sign::None, NONE),
                (Change::Unknown, _) => (Sign::None, ""),
            };
            let mut side = |side: usize, at: Option<usize>, lines: &[String], table: bool| {
                let word = words[side].take();
                match (at.and_then(|at| lines.get(at)), word) {
                    (Some(line), _) => (line.clone(), roles[side]),
                    (None, Some(word)) => (word.clone(), Role::Dim),
                    (None, None) => (if table { none } else { "" }.to_owned(), Role::Dim),
                }
            };
            let old = side(0, pair.before, &laid.before, is_table(&record.before));
            let new = match side(1, pair.after, &laid.after, is_table(&record.after)) {
                _ if !self.after => (if i == 0 { NOT_YET } else { "" }.to_owned(), Role::Dim),
                (line, _) if sign == Sign::Changed && pair.after.is_some() => (line, Role::Changed),
                // Of a list that changed, only the rows that did are marked.
                (line, Role::Changed) => (line, roles[0]),
                new => new,
            };
            let row = self.sides.row((&old.0, old.1), sign, (&new.0, new.1), self.theme);
            out.extend(self.shortened(row, most));
        }
        out
    }

    fn note(&self, text: &str) -> Line<'static> {
        cut_line(&[blank(VALUE), span(text, self.theme, Role::Dim)], self.columns)
    }

    /// What stands below a value: that it moved before the step began.
    fn remarks(&self, record: &ReadoutRecord) -> Vec<Line<'static>> {
        let mut out = Vec::new();
        if let Some(opened) = &record.opened {
            let values = [opened, &record.before].map(|reading| one_line(&reading.to_string()));
            // What moved is in what is not shown, such as the packets that an interface has counted.
            if values[0] == values[1] {
                return out;
            }
            let values = if is_table(opened) || is_table(&record.before) {
                String::new()
            } else {
                format!(": {} → {}", values[0], values[1])
            };
            let text = format!("moved since the step opened{values}");
            out.push(cut_line(&[blank(VALUE), span(text, self.theme, Role::Warn)], self.columns));
        }
        out
    }
}

#[cfg(test)]
mod tests;
