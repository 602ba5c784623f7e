//! A value over time, with its limit and what was done when.

use super::styled::cut;
use crate::events::Sample;
use crate::model::Unit;
use crate::present::plain::{one_line, width as columns_of};
use crate::tui::theme::{Depth, Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Below this size nothing can be told.
const LEAST: (u16, u16) = (12, 4);
/// From this width on the label of the limit says that it is the limit.
const ROOM_FOR_NAME: u16 = 40;
/// From this height on words of marks have a row of their own; from the second on, two.
const ROW_FOR_WORDS: [u16; 2] = [6, 12];
/// Dots of a braille cell: across, down.
const DOTS: (usize, usize) = (2, 4);
/// The braille pattern without dots, and the bits of the dots by column and row (Unicode Standard, 21.1).
const BRAILLE: u32 = 0x2800;
const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// Draws the samples of one readout. The line of the limit is labelled on the axis; a mark stands where something was written or killed,
/// its word above. The axis reaches to `least_top` at least. With 256 colours or more the curve is drawn in braille; else in blocks, which the console's fonts have.
#[allow(clippy::too_many_arguments)]
pub fn draw(
    samples: &[Sample],
    id: &str,
    unit: Unit,
    least_top: f64,
    limit: Option<f64>,
    marks: &[(u64, String)],
    span_ms: u64,
    area: Rect,
    buf: &mut Buffer,
    theme: Theme,
) {
    let area = area.intersection(*buf.area());
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return;
    }
    let mine = || samples.iter().filter(|sample| sample.id == id && sample.value.is_finite());
    let limit = limit.filter(|limit| limit.is_finite() && *limit > 0.0);
    let end = mine().map(|sample| sample.at_ms).max().unwrap_or(0);
    let end = end.max(marks.iter().map(|mark| mark.0).max().unwrap_or(0)).max(span_ms).max(1);
    let highest = mine().map(|sample| sample.value).fold(0.0, f64::max);
    let top = nice(unit, highest.max(limit.unwrap_or(0.0) * 1.1).max(least_top));
    let rows = ROW_FOR_WORDS.iter().filter(|least| area.height >= **least).count() as u16;
    let named = |limit: f64| match area.width {
        ROOM_FOR_NAME.. => format!("limit {}", label(limit, unit)),
        _ => label(limit, unit),
    };
    let mut labels = vec![label(top, unit), label(0.0, unit)];
    labels.extend(limit.map(named));
    let left = labels.iter().map(|label| columns_of(label)).max().unwrap_or(0) as u16 + 1;
    let left = left.min(area.width / 2);
    let mut plot =
        Rect { x: area.x + left + 1, y: area.y, width: area.width - left - 1, height: area.height - 2 };
    let needed = words(marks, area, plot, end).iter().map(|(_, row, _)| row + 1).max().unwrap_or(0);
    plot.y += needed.min(rows);
    plot.height -= needed.min(rows);
    let mut chart = Chart { area, plot, top, end, unit, buf, theme };
    chart.axes();
    if let Some(limit) = limit {
        chart.limit(limit, &named(limit));
    }
    chart.marks(marks);
    let extents = extents(mine().map(|sample| (sample.at_ms, sample.value)), end, chart.dots());
    if extents.iter().all(Option::is_none) {
        return chart.empty();
    }
    if theme.depth >= Depth::Ansi256 {
        return chart.braille(&extents);
    }
    chart.blocks(&extents);
    // Bars are opaque; the limit and marks stay visible in them.
    if let Some(limit) = limit {
        chart.limit_in_bars(limit);
    }
    chart.marks(marks);
}

fn column(at_ms: u64, end: u64, plot: Rect) -> u16 {
    let part = at_ms.min(end) as f64 / end as f64;
    plot.x + (part * f64::from(plot.width.saturating_sub(1))) as u16
}

/// Where the words of marks stand: column, row from the top of the area, word. No two overlap.
fn words(marks: &[(u64, String)], area: Rect, plot: Rect, end: u64) -> Vec<(u16, u16, String)> {
    let mut taken: Vec<u16> = Vec::new();
    let place = |(at, word): &(u64, String)| {
        let word = cut(&one_line(word), usize::from(area.width / 3).max(8));
        let columns = columns_of(&word) as u16;
        let x = column(*at, end, plot).min(area.right().saturating_sub(columns)).max(area.x);
        let row = taken.iter().position(|end| *end <= x).unwrap_or(taken.len());
        taken.resize(taken.len().max(row + 1), 0);
        taken[row] = x + columns + 1;
        (x, row as u16, word)
    };
    marks.iter().map(place).collect()
}

/// The lowest and the highest value in each column of dots; a gap between two samples is bridged by a line.
fn extents(samples: impl Iterator<Item = (u64, f64)>, end: u64, columns: usize) -> Vec<Option<(f64, f64)>> {
    let mut out: Vec<Option<(f64, f64)>> = vec![None; columns];
    let mut last: Option<(usize, f64)> = None;
    for (at, value) in samples {
        let column = (at as f64 / end as f64 * (columns.saturating_sub(1)) as f64) as usize;
        let column = column.min(columns.saturating_sub(1));
        if let Some((from, old)) = last {
            let steps = column.saturating_sub(from);
            for i in 1..steps {
                let between = old + (value - old) * i as f64 / steps as f64;
                widen(&mut out[from + i], between);
            }
        }
        widen(&mut out[column], value);
        last = Some((column, value));
    }
    out
}

fn widen(extent: &mut Option<(f64, f64)>, value: f64) {
    let (low, high) = extent.unwrap_or((value, value));
    *extent = Some((low.min(value), high.max(value)));
}

/// The first step of 1, 2, 5 and their tens, or of powers of two for bytes, that is not below the value.
fn nice(unit: Unit, value: f64) -> f64 {
    if value <= 0.0 {
        return match unit {
            Unit::Percent => 100.0,
            Unit::Bytes => 1_048_576.0,
            Unit::Seconds | Unit::Times => 1.0,
        };
    }
    if unit == Unit::Bytes {
        let power = value.log2().floor().exp2();
        return [1.0, 1.25, 1.5, 2.0]
            .iter()
            .map(|part| part * power)
            .find(|step| *step >= value)
            .unwrap_or(value);
    }
    let power = 10.0_f64.powf(value.log10().floor());
    let steps = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.iter().map(|part| part * power).find(|step| *step >= value).unwrap_or(value)
}

/// A value as short as it is exact enough: `20 %`, `19.5 MiB`.
fn label(value: f64, unit: Unit) -> String {
    let short = |value: f64| {
        let text = if value < 10.0 { format!("{value:.2}") } else { format!("{value:.1}") };
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match unit {
        _ if value == 0.0 => "0".into(),
        Unit::Percent => format!("{} %", short(value)),
        Unit::Times => format!("{}x", short(value)),
        Unit::Seconds if value < 1.0 => format!("{} ms", short(value * 1000.0)),
        Unit::Seconds => format!("{} s", short(value)),
        Unit::Bytes if value >= 1_073_741_824.0 => format!("{} GiB", short(value / 1_073_741_824.0)),
        Unit::Bytes if value >= 1_048_576.0 => format!("{} MiB", short(value / 1_048_576.0)),
        Unit::Bytes if value >= 1024.0 => format!("{} KiB", short(value / 1024.0)),
        Unit::Bytes => format!("{} B", short(value)),
    }
}

struct Chart<'a> {
    area: Rect,
    plot: Rect,
    top: f64,
    end: u64,
    unit: Unit,
    buf: &'a mut Buffer,
    theme: Theme,
}

impl Chart<'_> {
    fn dots(&self) -> usize {
        let across = if self.theme.depth >= Depth::Ansi256 { DOTS.0 } else { 1 };
        usize::from(self.plot.width) * across
    }

    fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// The row of the plot, from its top, in which a value lies when the plot has so many.
    fn row(&self, value: f64, rows: usize) -> usize {
        let part = (1.0 - value / self.top).clamp(0.0, 1.0);
        ((part * rows as f64) as usize).min(rows.saturating_sub(1))
    }

    fn column(&self, at_ms: u64) -> u16 {
        column(at_ms, self.end, self.plot)
    }

    fn put(&mut self, x: u16, y: u16, symbol: char, role: Role) {
        let style = self.style(role);
        if let Some(cell) = self.buf.cell_mut((x, y)) {
            cell.set_char(symbol).set_style(style);
        }
    }

    fn say(&mut self, x: u16, y: u16, text: &str, role: Role) {
        let room = usize::from(self.area.right().saturating_sub(x));
        let style = self.style(role);
        self.buf.set_stringn(x, y, text, room, style);
    }

    /// A value beside the axis, its end at the axis.
    fn beside(&mut self, y: u16, text: &str, role: Role) {
        let room = usize::from(self.plot.x - self.area.x).saturating_sub(2);
        let text = cut(text, room);
        let x = self.area.x + (room - columns_of(&text)) as u16;
        self.say(x, y, &text, role);
    }

    fn axes(&mut self) {
        let (axis, bottom) = (self.plot.x - 1, self.plot.bottom());
        for y in self.plot.top()..bottom {
            self.put(axis, y, '│', Role::Border);
        }
        self.put(axis, bottom, '└', Role::Border);
        for x in self.plot.left()..self.plot.right() {
            self.put(x, bottom, '─', Role::Border);
        }
        self.put(axis, self.plot.y, '┤', Role::Border);
        self.beside(self.plot.y, &label(self.top, self.unit), Role::Dim);
        self.beside(bottom, "0", Role::Dim);
        let seconds = |ms: u64| format!("{:.1} s", ms as f64 / 1000.0);
        let end = seconds(self.end);
        let x = self.area.right().saturating_sub(columns_of(&end) as u16);
        if x > self.plot.x + 6 {
            self.say(self.plot.x, bottom + 1, "0 s", Role::Dim);
        }
        let half = seconds(self.end / 2);
        if self.plot.width > 40 {
            let middle = self.column(self.end / 2).saturating_sub(columns_of(&half) as u16 / 2);
            self.say(middle, bottom + 1, &half, Role::Dim);
        }
        self.say(x.max(self.area.x), bottom + 1, &end, Role::Dim);
    }

    fn limit(&mut self, limit: f64, name: &str) {
        let y = self.plot.y + self.row(limit, self.plot.height.into()) as u16;
        for x in self.plot.left()..self.plot.right() {
            self.put(x, y, '╌', Role::Warn);
        }
        self.put(self.plot.x - 1, y, '┤', Role::Warn);
        let blank = " ".repeat(usize::from(self.plot.x - self.area.x) - 1);
        self.say(self.area.x, y, &blank, Role::Dim);
        self.beside(y, name, Role::Warn);
    }

    /// The limit in bars that go above its row.
    fn limit_in_bars(&mut self, limit: f64) {
        let y = self.plot.y + self.row(limit, self.plot.height.into()) as u16;
        for x in self.plot.left()..self.plot.right() {
            let above = self
                .buf
                .cell((x, y.saturating_sub(1)))
                .is_some_and(|cell| matches!(cell.symbol(), "█" | "▄"));
            if y > self.plot.y && above {
                self.put(x, y, '╌', Role::Warn);
            }
        }
    }

    /// Ticks, and their words above the plot.
    fn marks(&mut self, marks: &[(u64, String)]) {
        for (at, _) in marks {
            let x = self.column(*at);
            for y in self.plot.top()..self.plot.bottom() {
                self.put(x, y, '┊', Role::Changed);
            }
            self.put(x, self.plot.bottom(), '┴', Role::Changed);
        }
        for (x, row, word) in words(marks, self.area, self.plot, self.end) {
            if row < self.plot.y - self.area.y {
                self.say(x, self.area.y + row, &word, Role::Changed);
            }
        }
    }

    fn empty(&mut self) {
        let text = cut("no samples yet", self.plot.width.into());
        let x = self.plot.x + (self.plot.width - columns_of(&text) as u16) / 2;
        self.say(x, self.plot.y + self.plot.height / 2, &text, Role::Dim);
    }

    fn braille(&mut self, extents: &[Option<(f64, f64)>]) {
        let (columns, rows) = (usize::from(self.plot.width), usize::from(self.plot.height));
        let mut cells = vec![0_u8; columns * rows];
        let mut last: Option<(usize, usize)> = None;
        for (x, extent) in extents.iter().enumerate() {
            let Some((low, high)) = extent else { continue };
            let (upper, lower) = (self.row(*high, rows * DOTS.1), self.row(*low, rows * DOTS.1));
            // What rises or falls steeply is one line all the same.
            let (from, to) = match last {
                Some((_, bottom)) if bottom + 1 < upper => (bottom + 1, lower),
                Some((top, _)) if top > lower + 1 => (upper, top - 1),
                _ => (upper, lower),
            };
            for y in from..=to {
                cells[y / DOTS.1 * columns + x / DOTS.0] |= BITS[x % DOTS.0][y % DOTS.1];
            }
            last = Some((upper, lower));
        }
        for (i, bits) in cells.into_iter().enumerate().filter(|(_, bits)| *bits != 0) {
            let (x, y) = (self.plot.x + (i % columns) as u16, self.plot.y + (i / columns) as u16);
            let symbol = char::from_u32(BRAILLE + u32::from(bits)).unwrap_or('•');
            self.put(x, y, symbol, Role::Curve);
        }
    }

    /// A bar to the highest value of each column, in half rows.
    fn blocks(&mut self, extents: &[Option<(f64, f64)>]) {
        let rows = usize::from(self.plot.height);
        for (i, extent) in extents.iter().enumerate() {
            let Some((_, high)) = extent else { continue };
            let halves = (high / self.top * 2.0 * rows as f64).round().clamp(0.0, 2.0 * rows as f64) as usize;
            let x = self.plot.x + i as u16;
            for full in 0..halves / 2 {
                self.put(x, self.plot.bottom() - 1 - full as u16, '█', Role::Curve);
            }
            if halves % 2 == 1 {
                self.put(x, self.plot.bottom() - 1 - (halves / 2) as u16, '▄', Role::Curve);
            }
        }
    }
}

#[cfg(test)]
mod tests;
