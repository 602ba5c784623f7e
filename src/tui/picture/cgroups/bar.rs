//! One bar: what is used, how far it went, what is left below the limit, and where both were before.

use super::resource::Resource;
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{fold_items, span};
use ratatui::text::{Line, Span};

/// A bar in the resource's unit.
pub struct Bar {
    pub resource: Resource,
    pub used: Option<f64>,
    /// The highest value, where it is known.
    pub reached: Option<f64>,
    pub limits: Vec<f64>,
    /// Where something was before that is elsewhere now.
    pub before: Vec<f64>,
}

/// What a cell of a bar shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    Used,
    Reached,
    Free,
    Limit,
    Before,
    Empty,
}

impl Glyph {
    /// All that a legend explains.
    const EXPLAINED: [Glyph; 5] = [Glyph::Used, Glyph::Reached, Glyph::Free, Glyph::Limit, Glyph::Before];

    fn sign(self) -> &'static str {
        match self {
            Glyph::Used => "█",
            Glyph::Reached => "▒",
            Glyph::Free => "░",
            Glyph::Limit => "│",
            Glyph::Before => "┊",
            Glyph::Empty => " ",
        }
    }

    fn role(self) -> Role {
        match self {
            Glyph::Used | Glyph::Reached => Role::Curve,
            Glyph::Free => Role::Dim,
            Glyph::Limit => Role::Warn,
            Glyph::Before => Role::Changed,
            Glyph::Empty => Role::Plain,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Glyph::Used => "used",
            Glyph::Reached => "highest",
            Glyph::Free => "below the limit",
            Glyph::Limit => "limit",
            Glyph::Before => "before",
            Glyph::Empty => "",
        }
    }
}

/// What was drawn, and is to be explained.
#[derive(Default)]
pub struct Legend {
    glyphs: Vec<Glyph>,
    resources: Vec<Resource>,
}

impl Legend {
    /// What the signs that occur mean, and what a whole bar stands for.
    pub fn lines(
        &self,
        whole: impl Fn(Resource) -> String,
        columns: usize,
        theme: Theme,
    ) -> Vec<Line<'static>> {
        let known = Glyph::EXPLAINED.into_iter().filter(|glyph| self.glyphs.contains(glyph));
        let mut texts: Vec<String> =
            known.map(|glyph| format!("{} {}", glyph.sign(), glyph.words())).collect();
        texts.extend(self.resources.iter().map(|resource| format!("a whole bar is {}", whole(*resource))));
        fold_items(&texts, Role::Dim, columns, theme)
    }
}

impl Bar {
    /// The bar in so many columns, the last of which is for the highest value of the scale.
    pub fn draw(&self, scale: f64, columns: usize, theme: Theme, legend: &mut Legend) -> Vec<Span<'static>> {
        let cells = self.cells(scale, columns);
        legend.glyphs.extend(&cells);
        if !legend.resources.contains(&self.resource) {
            legend.resources.push(self.resource);
        }
        cells
            .chunk_by(|a, b| a == b)
            .map(|run| span(run[0].sign().repeat(run.len()), theme, run[0].role()))
            .collect()
    }

    fn cells(&self, scale: f64, columns: usize) -> Vec<Glyph> {
        let room = columns.saturating_sub(1);
        let at = |value: f64| ((value / scale).clamp(0.0, 1.0) * room as f64).round() as usize;
        // What is not nothing is seen.
        let filled = |value: f64| if value > 0.0 { at(value).max(1) } else { 0 };
        let free = self.limits.iter().copied().reduce(f64::min).map_or(0, at);
        let (used, reached) = (self.used.map_or(0, filled), self.reached.map_or(0, filled));
        let mut cells: Vec<Glyph> = (0..columns)
            .map(|i| match i {
                _ if i < used => Glyph::Used,
                _ if i < reached => Glyph::Reached,
                _ if i < free => Glyph::Free,
                _ => Glyph::Empty,
            })
            .collect();
        let marks = [(&self.before, Glyph::Before), (&self.limits, Glyph::Limit)];
        for (value, glyph) in
            marks.into_iter().flat_map(|(values, glyph)| values.iter().map(move |v| (*v, glyph)))
        {
            if let Some(cell) = cells.get_mut(at(value)) {
                *cell = glyph;
            }
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bar: &Bar, scale: f64, columns: usize) -> String {
        bar.cells(scale, columns).into_iter().map(Glyph::sign).collect()
    }

    fn bar(used: f64, limits: &[f64], before: &[f64]) -> Bar {
        Bar {
            resource: Resource::Cpu,
            used: Some(used),
            reached: None,
            limits: limits.to_vec(),
            before: before.to_vec(),
        }
    }

    #[test]
    fn lengths_are_parts_of_the_scale() {
        assert_eq!(text(&bar(50.0, &[], &[]), 100.0, 11), "█████      ");
        assert_eq!(text(&bar(20.0, &[50.0], &[100.0]), 100.0, 11), "██░░░│    ┊");
        assert_eq!(text(&bar(100.0, &[100.0], &[]), 100.0, 11), "██████████│");
    }

    #[test]
    fn what_is_not_nothing_is_seen() {
        assert_eq!(text(&bar(0.1, &[], &[]), 100.0, 11), "█          ");
        assert_eq!(text(&bar(0.0, &[], &[]), 100.0, 11), "           ");
    }

    #[test]
    fn how_far_it_went_is_another_sign() {
        let reached = Bar { reached: Some(80.0), ..bar(20.0, &[80.0], &[]) };
        assert_eq!(text(&reached, 100.0, 11), "██▒▒▒▒▒▒│  ");
    }

    /// A value beyond the scale, and one that is no number, stay within the bar.
    #[test]
    fn no_value_leaves_the_bar() {
        for value in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
            for columns in [0, 1, 11] {
                assert_eq!(bar(value, &[value], &[value]).cells(100.0, columns).len(), columns);
            }
        }
    }
}
