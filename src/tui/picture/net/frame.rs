//! One network namespace as a frame: its boxes, its interfaces, and what else is known in it.

use super::super::mark::Mark;
use super::record::{End, Light, Net, Network};
use crate::present::plain::{one_line, width as columns_of};
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{blank, cut, fold, span, spans_width};
use ratatui::text::{Line, Span};

/// The frame, and a space within it on both sides.
const SIDES: usize = 4;
/// A sign and a space.
const SIGN: usize = 2;

/// How a frame is drawn.
#[derive(Clone, Copy)]
pub struct Style {
    pub columns: usize,
    pub theme: Theme,
}

/// A frame that grows downwards.
pub struct Frame<'n> {
    net: &'n Net<'n>,
    style: Style,
    rows: Vec<Vec<Span<'static>>>,
}

impl<'n> Frame<'n> {
    pub fn of(net: &'n Net<'n>, style: Style) -> Self {
        Frame { net, style, rows: Vec::new() }
    }

    /// The row, from the top of the frame, that comes next.
    pub fn height(&self) -> usize {
        1 + self.rows.len()
    }

    /// Empty rows, so that the next one is this.
    pub fn pad_to(&mut self, row: usize) {
        while self.height() < row {
            self.rows.push(Vec::new());
        }
    }

    fn room(&self) -> usize {
        self.style.columns.saturating_sub(SIDES)
    }

    /// An interface: what it is called and its addresses, then its state and whatever is worth knowing; in one row where `short` allows that.
    pub fn nic(&mut self, network: &Network, end: End, short: bool) {
        let nic = network.nic(end);
        let theme = self.style.theme;
        let gone = nic.mark == Mark::Gone;
        let name = match (gone, nic.mark) {
            (true, _) => Role::Dim,
            (_, Mark::New) => Role::Changed,
            _ => Role::Strong,
        };
        let mut first = vec![
            span(format!("{} ", nic.mark.sign()), theme, Role::Changed),
            span(one_line(&nic.here.name), theme, name),
        ];
        if !nic.here.addresses.is_empty() {
            let role = if nic.readdressed { Role::Changed } else { Role::Plain };
            let role = if gone { Role::Dim } else { role };
            first.push(span(format!("  {}", one_line(&nic.here.addresses.join(" "))), theme, role));
        }
        let mut details: Vec<(String, Role)> = Vec::new();
        if gone {
            details.push(("gone".into(), Role::Changed));
        } else {
            let role = match nic.light {
                _ if nic.light_before.is_some() => Role::Changed,
                Light::Up => Role::Good,
                Light::NoCarrier => Role::Warn,
                Light::Down => Role::Dim,
            };
            details.push((nic.state(), role));
        }
        let far = network.across(end);
        if nic.mtu_changed || far.is_some_and(|far| network.nic(far).here.mtu != nic.here.mtu) {
            details.push((
                format!("mtu {}", nic.here.mtu),
                if nic.mtu_changed { Role::Changed } else { Role::Plain },
            ));
        }
        match (&nic.bridge, nic.here.kind.as_deref()) {
            (Some(bridge), _) => details.push((format!("port of {}", one_line(bridge)), Role::Plain)),
            (None, Some("bridge")) => details.push(("bridge".into(), Role::Plain)),
            (None, _) => {}
        }
        if short && !gone {
            // No line is drawn to the other end, so it is named.
            let at = far.map(|far| (&network.nets[far.0], network.nic(far)));
            match (at, nic.here.link) {
                (Some((net, nic)), _) => {
                    details.push((
                        format!(
                            "cable to {} of {}",
                            one_line(&nic.here.name),
                            one_line(&net.boxes.join(", "))
                        ),
                        Role::Plain,
                    ));
                }
                (None, Some(link)) if nic.here.elsewhere => {
                    details.push((format!("cable to interface {link} elsewhere"), Role::Dim));
                }
                (None, _) => {}
            }
            let counts = [(nic.sent, "sent"), (nic.received, "received")];
            for (count, word) in counts {
                details.extend(count.map(|n| (format!("{word} {n}"), Role::Changed)));
            }
        }
        let joined = |details: &[(String, Role)]| {
            let mut out: Vec<Span> = Vec::new();
            for (text, role) in details {
                if !out.is_empty() {
                    out.push(span(" · ", theme, Role::Dim));
                }
                out.push(span(text.clone(), theme, *role));
            }
            out
        };
        let details = joined(&details);
        let room = self.room();
        if short && spans_width(&first) + 2 + spans_width(&details) <= room {
            first.push(blank(2));
            first.extend(details);
            return self.rows.push(first);
        }
        self.fold(&first);
        let before = [blank(SIGN)];
        let folded = fold(&details, &before, &before, room);
        self.rows.extend(folded.into_iter().map(|line| line.spans));
    }

    /// Interfaces that are not shown.
    pub fn count(&mut self, idle: usize) {
        self.rows.push(vec![blank(SIGN), span(format!("… {idle} more, down"), self.style.theme, Role::Dim)]);
    }

    /// Routes, neighbours and answers.
    pub fn items(&mut self) {
        let theme = self.style.theme;
        for item in &self.net.items {
            let role = match item.mark {
                Mark::Same => Role::Dim,
                Mark::Changed | Mark::New | Mark::Gone => Role::Changed,
            };
            let gone = if item.mark == Mark::Gone { " gone" } else { "" };
            self.fold(&[
                span(format!("{} ", item.mark.sign()), theme, Role::Changed),
                span(format!("{}{gone}", item.text), theme, role),
            ]);
        }
    }

    /// A row that begins with a sign, folded.
    fn fold(&mut self, row: &[Span<'static>]) {
        let lines = fold(&row[1..], &row[..1], &[blank(SIGN)], self.room());
        self.rows.extend(lines.into_iter().map(|line| line.spans));
    }

    pub fn lines(self) -> Vec<Line<'static>> {
        let Style { columns, theme } = self.style;
        let (room, border) = (self.room(), Role::Border);
        let mut out = vec![self.top()];
        for row in self.rows {
            let used = spans_width(&row);
            let mut line = vec![span("│", theme, border), blank(1)];
            line.extend(row);
            line.push(blank(room.saturating_sub(used) + 1));
            line.push(span("│", theme, border));
            out.push(Line::from(line));
        }
        out.push(Line::from(span(format!("└{}┘", "─".repeat(columns.saturating_sub(2))), theme, border)));
        out
    }

    fn top(&self) -> Line<'static> {
        let Style { columns, theme } = self.style;
        let boxes = one_line(&self.net.boxes.join(", "));
        let word = match (self.net.gone, self.net.entered) {
            (true, _) => " − gone",
            (false, true) => " ≠ new",
            (false, false) => "",
        };
        let name = self.net.name.as_deref().map(|name| format!(" {}", one_line(name))).unwrap_or_default();
        let room = columns.saturating_sub(SIDES + columns_of(word));
        // The number goes where there is no room for it.
        let name = if columns_of(&boxes) + columns_of(&name) <= room { name } else { String::new() };
        let boxes = cut(&boxes, room);
        let used = columns_of(&boxes) + columns_of(&name) + columns_of(word) + 2;
        let role = if self.net.boxes.contains(&"host") { Role::Host } else { Role::Guest };
        Line::from(vec![
            span("┌ ", theme, Role::Border),
            span(boxes, theme, role),
            span(name, theme, Role::Dim),
            span(word, theme, Role::Changed),
            span(format!(" {}┐", "─".repeat(columns.saturating_sub(used + 2))), theme, Role::Border),
        ])
    }
}
