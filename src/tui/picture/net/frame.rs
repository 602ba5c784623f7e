//! One network namespace as a frame: its boxes, its interfaces, and what else is known in it.

use super::super::mark::Mark;
use super::network::{End, Network};
use super::record::{Light, Net, Nic};
use crate::present::plain::{one_line, width as columns_of};
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{blank, cut, cut_line, fold, span, spans_width};
use ratatui::text::{Line, Span};

/// The frame, and a space within it on both sides.
const SIDES: usize = 4;
/// A sign and a space.
const SIGN: usize = 2;
/// In narrower frames no bridge is drawn as a frame.
const NESTS: usize = 30;

/// How a frame is drawn.
#[derive(Clone, Copy)]
pub struct Style {
    pub columns: usize,
    pub theme: Theme,
}

/// How the other end of an interface is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Far {
    /// A line is drawn to it from the end of the row.
    Drawn,
    /// It is drawn below or above.
    Elsewhere,
    /// It is named.
    Named,
}

/// A row of a frame.
enum Row {
    Plain(Vec<Span<'static>>),
    /// The upper edge of a bridge, with what stands in it.
    Top(Vec<Span<'static>>),
    Inside(Vec<Span<'static>>),
    Bottom,
}

/// A frame that grows downwards.
pub struct Frame<'n> {
    net: &'n Net<'n>,
    style: Style,
    rows: Vec<Row>,
    /// The bridge whose frame is open.
    bridge: Option<String>,
}

impl<'n> Frame<'n> {
    pub fn of(net: &'n Net<'n>, style: Style) -> Self {
        Frame { net, style, rows: Vec::new(), bridge: None }
    }

    /// The row, from the top of the frame, that comes next.
    pub fn height(&self) -> usize {
        1 + self.rows.len()
    }

    /// Empty rows, so that the next one is this.
    pub fn pad_to(&mut self, row: usize) {
        while self.height() < row {
            self.push(Vec::new());
        }
    }

    fn push(&mut self, row: Vec<Span<'static>>) {
        self.rows.push(if self.bridge.is_some() { Row::Inside(row) } else { Row::Plain(row) });
    }

    fn room(&self) -> usize {
        let sides = if self.bridge.is_some() { 2 * SIDES } else { SIDES };
        self.style.columns.saturating_sub(sides)
    }

    /// Whether bridges are frames in it.
    pub fn nests(&self) -> bool {
        self.style.columns >= NESTS
    }

    /// Whether what is in this row, from the top of the frame, is in a bridge.
    pub fn is_inside(&self, row: usize) -> bool {
        row.checked_sub(1).and_then(|row| self.rows.get(row)).is_some_and(|row| matches!(row, Row::Inside(_)))
    }

    /// Opens the frame of a bridge, unless it is open; gives whether it has.
    pub fn open_bridge(&mut self, network: &Network, end: End) -> bool {
        let nic = network.nic(end);
        if self.bridge.as_ref() == Some(&nic.here.name) {
            return false;
        }
        self.close_bridge();
        self.bridge = Some(nic.here.name.clone());
        let (mut head, details) = (self.head(nic), self.details(network, end, Far::Named));
        let room = self.room();
        let short = spans_width(&head) + 2 + spans_width(&details) < room;
        if short {
            head.push(blank(2));
            head.extend(details.clone());
        }
        self.rows.push(Row::Top(head));
        if !short {
            self.below(&details);
        }
        self.beside(network, end);
        true
    }

    /// Ends the frame of a bridge, if one is open.
    pub fn close_bridge(&mut self) {
        if self.bridge.take().is_some() {
            self.rows.push(Row::Bottom);
        }
    }

    /// What an interface is called, and its addresses.
    fn head(&self, nic: &Nic) -> Vec<Span<'static>> {
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
        first
    }

    /// Its state and whatever else is worth knowing.
    fn details(&self, network: &Network, end: End, told: Far) -> Vec<Span<'static>> {
        let nic = network.nic(end);
        let theme = self.style.theme;
        let gone = nic.mark == Mark::Gone;
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
        if let Some(vni) = nic.here.vni {
            details.push((format!("VXLAN {vni}"), Role::Plain));
        }
        match (&nic.bridge, nic.here.kind.as_deref()) {
            (Some(bridge), _) if self.bridge.as_ref() == Some(bridge) => {}
            (Some(bridge), _) => details.push((format!("port of {}", one_line(bridge)), Role::Plain)),
            (None, Some("bridge")) => details.push(("bridge".into(), Role::Plain)),
            (None, _) => {}
        }
        if told == Far::Named && !gone {
            // No line is drawn to the other end, so it is named.
            let at = far.map(|far| (&network.nets[far.0], network.nic(far)));
            match (at, nic.here.link) {
                (Some((net, nic)), _) => {
                    let line = if nic.here.vni.is_some() { "" } else { "cable " };
                    details.push((
                        format!(
                            "{line}to {} of {}",
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
        let mut out: Vec<Span> = Vec::new();
        for (text, role) in details {
            if !out.is_empty() {
                out.push(span(" · ", theme, Role::Dim));
            }
            out.push(span(text, theme, role));
        }
        out
    }

    /// An interface, in one row where there is room for that and no line is drawn from it.
    pub fn nic(&mut self, network: &Network, end: End, told: Far) {
        let (mut first, details) = (self.head(network.nic(end)), self.details(network, end, told));
        if told != Far::Drawn && spans_width(&first) + 2 + spans_width(&details) <= self.room() {
            first.push(blank(2));
            first.extend(details);
            self.push(first);
        } else {
            self.fold(&first);
            self.below(&details);
        }
        self.beside(network, end);
    }

    /// Details in rows of their own, folded only between them where that can be.
    fn below(&mut self, details: &[Span<'static>]) {
        let before = [blank(SIGN)];
        let room = self.room();
        let mut rows: Vec<Vec<Span>> = Vec::new();
        // Each detail is followed by what is between it and the next one.
        for detail in details.chunks(2) {
            let word = &detail[..1];
            match rows.last_mut() {
                Some(row) if SIGN + spans_width(row) + spans_width(word) <= room => {
                    row.extend(detail.to_vec());
                }
                row => {
                    row.and_then(Vec::pop);
                    rows.push(detail.to_vec());
                }
            }
        }
        for row in rows {
            for line in fold(&row, &before, &before, room) {
                self.push(line.spans);
            }
        }
    }

    /// Rules and frames below their interface.
    fn beside(&mut self, network: &Network, end: End) {
        let theme = self.style.theme;
        for line in &network.nic(end).beside {
            let role = if line.moved { Role::Changed } else { Role::Plain };
            let first = [blank(SIGN), span(format!("{} ", line.sign), theme, Role::Changed)];
            let text = [span(line.text.clone(), theme, role)];
            for line in fold(&text, &first, &[blank(2 * SIGN)], self.room()) {
                self.push(line.spans);
            }
        }
    }

    /// Interfaces that are not shown.
    pub fn count(&mut self, idle: usize) {
        self.push(vec![blank(SIGN), span(format!("… {idle} more, down"), self.style.theme, Role::Dim)]);
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
        for line in fold(&row[1..], &row[..1], &[blank(SIGN)], self.room()) {
            self.push(line.spans);
        }
    }

    pub fn lines(mut self) -> Vec<Line<'static>> {
        self.close_bridge();
        let Style { columns, theme } = self.style;
        let room = self.room();
        let edge = |text: String| span(text, theme, Role::Border);
        // Four columns less in a bridge.
        let inside = room.saturating_sub(SIDES);
        let mut out = vec![self.top()];
        for row in self.rows {
            let mut line = vec![edge("│".into()), blank(1)];
            match row {
                Row::Plain(row) => {
                    let used = spans_width(&row);
                    line.extend(row);
                    line.push(blank(room.saturating_sub(used) + 1));
                }
                Row::Top(row) => {
                    let row = cut_line(&row, inside.saturating_sub(1)).spans;
                    let rest = inside.saturating_sub(spans_width(&row));
                    line.push(edge("┌ ".into()));
                    line.extend(row);
                    line.extend([edge(format!(" {}┐", "─".repeat(rest))), blank(1)]);
                }
                Row::Inside(row) => {
                    let used = spans_width(&row);
                    line.extend([edge("│".into()), blank(1)]);
                    line.extend(row);
                    line.push(blank(inside.saturating_sub(used) + 1));
                    line.extend([edge("│".into()), blank(1)]);
                }
                Row::Bottom => line.extend([edge(format!("└{}┘", "─".repeat(inside + 2))), blank(1)]),
            }
            line.push(edge("│".into()));
            out.push(Line::from(line));
        }
        out.push(Line::from(edge(format!("└{}┘", "─".repeat(columns.saturating_sub(2))))));
        out
    }

    fn top(&self) -> Line<'static> {
        let Style { columns, theme } = self.style;
        let boxes = one_line(&self.net.boxes.join(", "));
        let words = |sign: &str, boxes: &[&str], word: &str| match boxes {
            [] => String::new(),
            boxes => format!(" {sign} {}{word}", one_line(&boxes.join(", "))),
        };
        let word = match (self.net.gone, self.net.entered()) {
            (true, _) => " − gone".to_owned(),
            (false, true) => " ≠ new".to_owned(),
            (false, false) => words("+", &self.net.came, "") + &words("−", &self.net.ended, " gone"),
        };
        let word = cut(&word, columns.saturating_sub(SIDES));
        let name = self.net.name.as_deref().map(|name| format!(" {}", one_line(name))).unwrap_or_default();
        let room = columns.saturating_sub(SIDES + columns_of(&word));
        // The number goes where there is no room for it.
        let name = if columns_of(&boxes) + columns_of(&name) <= room { name } else { String::new() };
        let boxes = cut(&boxes, room);
        let used = columns_of(&boxes) + columns_of(&name) + columns_of(&word) + 2;
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
