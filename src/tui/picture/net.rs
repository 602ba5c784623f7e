//! Network namespaces as frames with their interfaces, and the cables between them: which are up, and what went over them in this step. A bridge is a frame
//! around its ports.
//!
//! Networks that several others have cables to stand below each other on the left, with those others on their right.

mod beside;
mod frame;
mod network;
mod read;
mod record;

use super::input::PictureInput;
use super::mark::Mark;
use crate::present::plain::{one_line, width as columns_of};
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{blank, cut_line, fold_items, span, spans_width};
use frame::{Far, Frame, Style};
use network::{End, Network};
use ratatui::text::{Line, Span};
use record::{Light, Nic};

/// Below this width frames stand below each other.
const SIDE_BY_SIDE: usize = 50;
/// From this width on three of them stand side by side.
const THREE: usize = 110;
/// Between frames that no cable joins.
const GAP: usize = 2;
/// How long a cable is: at least, and at most; and which part of the width it takes.
const CABLE: (usize, usize) = (7, 14);
const CABLE_PART: usize = 8;
/// Where a line between networks below each other is.
const INDENT: usize = 4;

/// The networks of a step, when interfaces, routes, neighbours or answers were read.
pub fn draw(input: &PictureInput, width: u16, height: u16, theme: Theme) -> Option<Vec<Line<'static>>> {
    let network = Network::of(input);
    if network.nets.iter().all(|net| net.nics.is_empty() && net.items.is_empty()) {
        return None;
    }
    let drawing = Drawing { network: &network, columns: width.into(), theme };
    Some(drawing.lines(height.into()))
}

/// Frames that a cable joins: one on the left, the others on the right of it.
struct Joined {
    hub: usize,
    others: Vec<usize>,
}

/// The line between two interfaces.
struct Cable {
    /// What stands in the frames at its ends.
    ends: [&'static str; 2],
    piece: &'static str,
    /// The same line from top to bottom.
    vertical: &'static str,
    role: Role,
    line: Span<'static>,
}

impl Cable {
    /// Draws an end into a row of a frame, which begins at the side of the cable; through the frame, where the end is in a bridge.
    fn enter(&self, row: &mut [Span<'static>], end: &'static str, inside: bool) {
        let crossing = match self.piece {
            "═" => "╪",
            "─" | "┄" => "┼",
            _ => "│",
        };
        if let [outer, space, inner, ..] = row
            && inside
        {
            outer.content = crossing.into();
            space.content = self.piece.into();
            space.style = self.line.style;
            inner.content = end.into();
        } else if let [outer, ..] = row {
            outer.content = end.into();
        }
    }
}

struct Drawing<'n> {
    network: &'n Network<'n>,
    columns: usize,
    theme: Theme,
}

impl Drawing<'_> {
    fn lines(&self, height: usize) -> Vec<Line<'static>> {
        let joined = self.joined();
        let drawn = |net: &usize| joined.iter().any(|j| j.hub == *net || j.others.contains(net));
        let is_empty = |net: &usize| {
            let net = &self.network.nets[*net];
            net.nics.is_empty() && net.items.is_empty()
        };
        let alone: Vec<usize> =
            (0..self.network.nets.len()).filter(|net| !drawn(net) && !is_empty(net)).collect();
        let across = match self.columns {
            ..SIDE_BY_SIDE => 1,
            SIDE_BY_SIDE..THREE => 2,
            _ => 3,
        };
        let mut out = Vec::new();
        for row in alone.chunks(across.min(alone.len().max(1))) {
            out.extend(self.side_by_side(row, across.min(alone.len().max(1))));
        }
        for (i, block) in joined.iter().enumerate() {
            let lines = self.with_cables(block, &joined);
            if let Some(above) = i.checked_sub(1).and_then(|i| joined.get(i)) {
                self.between(above.hub, block.hub, &mut out);
            }
            out.extend(lines);
        }
        let legend = self.legend(&out);
        if !legend.is_empty() && out.len() + legend.len() < height {
            out.push(Line::default());
        }
        out.extend(legend);
        out
    }

    /// The networks that a cable joins to this one.
    fn neighbours(&self, net: usize) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        for (a, b) in self.network.joints() {
            match (a.0 == net, b.0 == net) {
                (true, false) if !found.contains(&b.0) => found.push(b.0),
                (false, true) if !found.contains(&a.0) => found.push(a.0),
                _ => {}
            }
        }
        found
    }

    /// The networks with cables to several others, and with each those that have only this cable. Where there are none, the first two that a cable joins.
    fn joined(&self) -> Vec<Joined> {
        if self.columns < SIDE_BY_SIDE {
            return Vec::new();
        }
        let neighbours: Vec<Vec<usize>> =
            (0..self.network.nets.len()).map(|net| self.neighbours(net)).collect();
        let mut hubs: Vec<usize> = (0..neighbours.len()).filter(|net| neighbours[*net].len() > 1).collect();
        if hubs.is_empty() {
            hubs = (0..neighbours.len()).filter(|net| !neighbours[*net].is_empty()).take(1).collect();
        }
        let leaves = |hub: usize| {
            let mut others: Vec<usize> =
                neighbours[hub].iter().copied().filter(|other| !hubs.contains(other)).collect();
            // Those at one bridge follow each other.
            others.sort_by_key(|other| self.bridge_to(hub, *other).map_or(usize::MAX, |bridge| bridge.1));
            others
        };
        hubs.iter().map(|hub| Joined { hub: *hub, others: leaves(*hub) }).collect()
    }

    /// The interfaces of a network.
    fn nics_of(&self, net: usize) -> impl Iterator<Item = End> {
        (0..self.network.nets[net].nics.len()).map(move |i| (net, i))
    }

    /// The bridge that an interface is a port of.
    fn bridge_of(&self, end: End) -> Option<End> {
        let bridge = self.network.nic(end).bridge.as_ref()?;
        self.nics_of(end.0).find(|other| self.network.nic(*other).here.name == *bridge)
    }

    /// The bridge of this network from which a cable leads to that one.
    fn bridge_to(&self, net: usize, other: usize) -> Option<End> {
        let leads = |end: &End| self.network.across(*end).is_some_and(|far| far.0 == other);
        self.nics_of(net).find(leads).and_then(|end| self.bridge_of(end))
    }

    fn style(&self, columns: usize) -> Style {
        Style { columns, theme: self.theme }
    }

    fn side_by_side(&self, nets: &[usize], across: usize) -> Vec<Line<'static>> {
        let columns = self.columns.saturating_sub(GAP * (across - 1)) / across;
        let frames: Vec<Vec<Line>> = nets
            .iter()
            .map(|net| {
                let mut frame = Frame::of(&self.network.nets[*net], self.style(columns));
                self.nics(&mut frame, *net, |_| false, |_| Far::Named);
                frame.items();
                frame.lines()
            })
            .collect();
        let rows = frames.iter().map(Vec::len).max().unwrap_or(0);
        let row = |y: usize| {
            let mut line: Vec<Span> = Vec::new();
            for (i, frame) in frames.iter().enumerate() {
                let spans = frame.get(y).map(|line| line.spans.clone()).unwrap_or_default();
                let used = spans_width(&line);
                line.push(blank((i * (columns + GAP)).saturating_sub(used)));
                line.extend(spans);
            }
            cut_line(&line, self.columns)
        };
        (0..rows).map(row).collect()
    }

    /// Interfaces of a network and its bridges, except for those that a line is drawn from; those that are off, and have nothing to do with the step, are
    /// counted.
    fn nics(
        &self,
        frame: &mut Frame,
        net: usize,
        leads: impl Fn(End) -> bool + Copy,
        told: impl Fn(End) -> Far + Copy,
    ) {
        let network = self.network;
        let in_a_bridge = |end: End| {
            frame.nests()
                && (self.bridge_of(end).is_some() || network.nic(end).here.kind.as_deref() == Some("bridge"))
        };
        let (bridged, plain): (Vec<End>, Vec<End>) =
            self.nics_of(net).filter(|end| !leads(*end)).partition(|end| in_a_bridge(*end));
        let (idle, shown): (Vec<End>, Vec<End>) =
            plain.into_iter().partition(|end| network.nic(*end).idle() && network.across(*end).is_none());
        for end in shown {
            frame.nic(network, end, told(end));
        }
        match idle.as_slice() {
            [] => {}
            [one] => frame.nic(network, *one, told(*one)),
            many => frame.count(many.len()),
        }
        let later =
            |bridge: End| self.nics_of(net).any(|end| leads(end) && self.bridge_of(end) == Some(bridge));
        for bridge in bridged.into_iter().filter(|end| self.bridge_of(*end).is_none()) {
            if !later(bridge) {
                self.open(frame, bridge, leads, told);
                frame.close_bridge();
            }
        }
    }

    /// Opens the frame of a bridge, with the ports that no line is drawn from.
    fn open(&self, frame: &mut Frame, bridge: End, leads: impl Fn(End) -> bool, told: impl Fn(End) -> Far) {
        if !frame.open_bridge(self.network, bridge) {
            return;
        }
        for port in self.nics_of(bridge.0) {
            if self.bridge_of(port) == Some(bridge) && !leads(port) {
                frame.nic(self.network, port, told(port));
            }
        }
    }

    /// Opens the frame of the bridge that an interface is a port of, or ends the one that is open.
    fn enter(&self, frame: &mut Frame, end: End, leads: impl Fn(End) -> bool, told: impl Fn(End) -> Far) {
        match self.bridge_of(end).filter(|_| frame.nests()) {
            Some(bridge) => self.open(frame, bridge, leads, told),
            None => frame.close_bridge(),
        }
    }

    /// One network with those on its right. `all` are the blocks that are drawn.
    fn with_cables(&self, joined: &Joined, all: &[Joined]) -> Vec<Line<'static>> {
        let (gap, columns) = self.halves();
        let network = self.network;
        let mut hub = Frame::of(&network.nets[joined.hub], self.style(columns));
        // What leads to the right is below the rest, level with its other end.
        let leads = |end: End| network.across(end).is_some_and(|far| joined.others.contains(&far.0));
        let told = |end: End| match network.across(end) {
            Some(far) if all.iter().any(|block| block.hub == far.0) => Far::Elsewhere,
            _ => Far::Named,
        };
        self.nics(&mut hub, joined.hub, leads, told);
        let mut right: Vec<(Line, bool)> = Vec::new();
        let mut joints: Vec<(usize, End)> = Vec::new();
        for other in &joined.others {
            let mut frame = Frame::of(&network.nets[*other], self.style(columns));
            let to_hub = |end: End| network.across(end).is_some_and(|far| far.0 == joined.hub);
            self.nics(&mut frame, *other, to_hub, |_| Far::Named);
            let mut start = right.len();
            let mut level = true;
            for end in self.nics_of(*other).filter(|end| to_hub(*end)) {
                let Some(near) = network.across(end) else { continue };
                self.enter(&mut frame, end, to_hub, |_| Far::Named);
                self.enter(&mut hub, near, leads, told);
                // As far down as it takes for each cable to be level.
                if std::mem::take(&mut level) {
                    start = start.max(hub.height().saturating_sub(frame.height()));
                }
                let row = hub.height().max(start + frame.height());
                hub.pad_to(row);
                frame.pad_to(row - start);
                joints.push((row, near));
                frame.nic(network, end, Far::Drawn);
                hub.nic(network, near, Far::Drawn);
            }
            frame.close_bridge();
            frame.items();
            right.resize(start, (Line::default(), false));
            let inside: Vec<bool> = (0..frame.height()).map(|row| frame.is_inside(row)).collect();
            let lines = frame.lines().into_iter().enumerate();
            right.extend(lines.map(|(row, line)| (line, inside.get(row) == Some(&true))));
        }
        hub.close_bridge();
        hub.items();
        // The next one on the left is joined to its lower edge.
        if all.last().is_some_and(|last| last.hub != joined.hub) {
            hub.pad_to(right.len().saturating_sub(1));
        }
        let inside: Vec<bool> = (0..hub.height()).map(|row| hub.is_inside(row)).collect();
        let left = hub.lines();
        let row = |y: usize| {
            let joint = joints.iter().find(|(row, _)| *row == y).map(|(_, end)| *end);
            let below = joints.iter().find(|(row, _)| *row + 1 == y).map(|(_, end)| *end);
            let mut line = left.get(y).map_or_else(|| vec![blank(columns)], |line| line.spans.clone());
            let (mut after, in_bridge) =
                right.get(y).map(|(line, inside)| (line.spans.clone(), *inside)).unwrap_or_default();
            match (joint, below) {
                (Some(near), _) => {
                    let cable = self.cable(near, gap);
                    line.reverse();
                    cable.enter(&mut line, cable.ends[0], inside.get(y) == Some(&true));
                    line.reverse();
                    cable.enter(&mut after, cable.ends[1], in_bridge);
                    line.push(cable.line);
                }
                (None, Some(near)) => line.push(self.packets(near, gap)),
                (None, None) => line.push(blank(gap)),
            }
            line.extend(after);
            cut_line(&line, self.columns)
        };
        (0..left.len().max(right.len())).map(row).collect()
    }

    /// How long a cable is, and how wide a frame at its end.
    fn halves(&self) -> (usize, usize) {
        let gap = (self.columns / CABLE_PART).clamp(CABLE.0, CABLE.1);
        (gap, (self.columns - gap) / 2)
    }

    /// What joins two networks on the left: a line from the lower edge of the one, which is the last so far, to the upper edge of the other.
    fn between(&self, above: usize, below: usize, out: &mut Vec<Line<'static>>) {
        let network = self.network;
        let joins = |(a, b): &&(End, End)| (a.0, b.0) == (above, below) || (b.0, a.0) == (above, below);
        let upper = |(a, b): &(End, End)| if a.0 == above { *a } else { *b };
        for joint in network.joints().filter(joins) {
            let near = upper(joint);
            let (one, other) = self.ends(near);
            let cable = self.cable(near, 1);
            let mark =
                [one.mark, other.mark].into_iter().find(|mark| *mark != Mark::Same).unwrap_or(Mark::Same);
            let name = match one.here.vni {
                Some(vni) => format!("VXLAN {vni}"),
                None => "cable".to_owned(),
            };
            let names = format!("{} – {}", one_line(&one.here.name), one_line(&other.here.name));
            let counted = |n: Option<u64>, sign| n.map(|n| format!("{n}{sign}"));
            let packets =
                [counted(one.sent.or(other.received), "▼"), counted(other.sent.or(one.received), "▲")];
            let packets: Vec<String> = packets.into_iter().flatten().collect();
            let line = [
                blank(INDENT),
                span(cable.vertical, self.theme, cable.role),
                span(format!(" {} ", mark.sign()), self.theme, Role::Changed),
                span(format!("{name}: {names}"), self.theme, Role::Plain),
                span(format!("  {}", packets.join(" ")), self.theme, Role::Changed),
            ];
            out.push(cut_line(&line, self.columns));
        }
    }

    /// How the line between an interface and its other end looks.
    fn cable(&self, near: End, gap: usize) -> Cable {
        let (one, other) = self.ends(near);
        let moved = [one, other].iter().any(|nic| nic.mark != Mark::Same);
        let role = if moved { Role::Changed } else { Role::Accent };
        let (ends, piece, vertical) = match (one.here.vni, self.carries(near)) {
            (_, None) => (["│", "│"], "╌", "╎"),
            (Some(_), _) => (["├", "┤"], "┄", "┆"),
            (None, Some(true)) => (["╞", "╡"], "═", "║"),
            (None, Some(false)) => (["├", "┤"], "─", "│"),
        };
        let label = one.here.vni.map(|vni| format!("VNI {vni}")).filter(|label| columns_of(label) <= gap);
        let label = label.unwrap_or_default();
        let rest = gap - columns_of(&label);
        let text = format!("{}{label}{}", piece.repeat(rest / 2), piece.repeat(rest - rest / 2));
        Cable { ends, piece, vertical, role, line: span(text, self.theme, role) }
    }

    fn ends(&self, near: End) -> (&Nic, &Nic) {
        let one = self.network.nic(near);
        (one, self.network.across(near).map_or(one, |far| self.network.nic(far)))
    }

    /// Whether packets can pass a cable; nothing for one that is gone.
    fn carries(&self, near: End) -> Option<bool> {
        let (one, other) = self.ends(near);
        let gone = [one, other].iter().any(|nic| nic.mark == Mark::Gone);
        (!gone).then(|| one.light == Light::Up && other.light == Light::Up)
    }

    /// How many packets went each way: as their sender counted, else as their receiver.
    fn packets(&self, near: End, gap: usize) -> Span<'static> {
        let (one, other) = self.ends(near);
        let there = one.sent.or(other.received).map(|n| format!("{n}▶")).unwrap_or_default();
        let back = other.sent.or(one.received).map(|n| format!("◀{n}")).unwrap_or_default();
        let text = match (there.is_empty(), back.is_empty()) {
            (false, false) if columns_of(&there) + columns_of(&back) < gap => format!("{there} {back}"),
            (false, _) if columns_of(&there) <= gap => there,
            _ if columns_of(&back) <= gap => back,
            _ => String::new(),
        };
        span(format!("{text:^gap$}"), self.theme, Role::Changed)
    }

    /// What the signs of the drawing above it mean.
    fn legend(&self, above: &[Line]) -> Vec<Line<'static>> {
        let nets = &self.network.nets;
        let joined = !self.joined().is_empty();
        let carries = |what| joined && self.network.cables.iter().any(|(a, _)| self.carries(*a) == what);
        let nics = || nets.iter().flat_map(|net| &net.nics);
        let frames = |sign| nics().flat_map(|nic| &nic.beside).any(|line| line.sign == sign);
        let marks = || {
            let of_nics = nics().flat_map(|nic| nic.marks.iter().copied().chain([nic.mark]));
            of_nics.chain(nets.iter().flat_map(|net| net.items.iter().map(|i| i.mark)))
        };
        let drawn: String = above.iter().map(Line::to_string).collect();
        // The sign of several that is seen there.
        let first = |signs: &[&'static str]| signs.iter().copied().find(|sign| drawn.contains(sign));
        let counted = |sign: &str| {
            let arrow = sign.trim_matches('8');
            drawn.match_indices(arrow).any(|(at, _)| {
                let (left, right) = (&drawn[..at], &drawn[at + arrow.len()..]);
                let digit = |c: char| c.is_ascii_digit();
                if sign.starts_with('8') { left.ends_with(digit) } else { right.starts_with(digit) }
            })
        };
        let packets = ["8▶", "◀8", "8▼", "8▲"].into_iter().find(|sign| counted(sign));
        let tunnels = joined && !self.network.tunnels.is_empty();
        let signs = [
            (first(&["═", "║"]).filter(|_| carries(Some(true))), "cable"),
            (carries(Some(false)).then_some("─"), "dead cable"),
            (first(&["╌", "╎"]).filter(|_| carries(None)), "removed cable"),
            (first(&["┄", "┆"]).filter(|_| tunnels), "VXLAN"),
            (packets.filter(|_| joined), "packets that went this way in this step"),
            (frames(beside::SENT).then_some(beside::SENT), "frame sent in this step"),
            (frames(beside::RECEIVED).then_some(beside::RECEIVED), "frame received"),
        ];
        let mut texts: Vec<String> =
            signs.iter().filter_map(|(sign, text)| Some(format!("{} {text}", (*sign)?))).collect();
        let came = nets.iter().filter(|net| !net.came.is_empty());
        let came = came.map(|net| if net.entered() { Mark::Changed } else { Mark::New });
        let ended = nets.iter().filter(|net| net.gone || !net.ended.is_empty()).map(|_| Mark::Gone);
        texts.extend(Mark::legend(&marks().chain(came).chain(ended).collect::<Vec<_>>()));
        fold_items(&texts, Role::Dim, self.columns, self.theme)
    }
}

#[cfg(test)]
mod tests;
