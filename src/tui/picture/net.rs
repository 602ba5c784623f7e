//! Network namespaces as frames with their interfaces, and the cables between them: which are up, and what went over them in this step.

mod frame;
mod record;

use super::input::PictureInput;
use super::mark::Mark;
use crate::present::plain::width as columns_of;
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{blank, cut_line, fold_items, span, spans_width};
use frame::{Frame, Style};
use ratatui::text::{Line, Span};
use record::{End, Light, Network, Nic};

/// Below this width frames stand below each other.
const SIDE_BY_SIDE: usize = 50;
/// From this width on three of them stand side by side.
const THREE: usize = 110;
/// Between frames that no cable joins.
const GAP: usize = 2;
/// How long a cable is: at least, and at most; and which part of the width it takes.
const CABLE: (usize, usize) = (7, 14);
const CABLE_PART: usize = 8;

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

struct Drawing<'n> {
    network: &'n Network<'n>,
    columns: usize,
    theme: Theme,
}

impl Drawing<'_> {
    fn lines(&self, height: usize) -> Vec<Line<'static>> {
        let joined = self.joined();
        let drawn = |net: &usize| joined.as_ref().is_some_and(|j| j.hub == *net || j.others.contains(net));
        let alone: Vec<usize> = (0..self.network.nets.len()).filter(|net| !drawn(net)).collect();
        let across = match self.columns {
            ..SIDE_BY_SIDE => 1,
            SIDE_BY_SIDE..THREE => 2,
            _ => 3,
        };
        let mut out = Vec::new();
        for row in alone.chunks(across.min(alone.len().max(1))) {
            out.extend(self.side_by_side(row, across.min(alone.len().max(1))));
        }
        if let Some(joined) = joined {
            out.extend(self.with_cables(&joined));
        }
        let legend = self.legend();
        if !legend.is_empty() && out.len() + legend.len() < height {
            out.push(Line::default());
        }
        out.extend(legend);
        out
    }

    /// The network with the most cables to others, and these.
    fn joined(&self) -> Option<Joined> {
        if self.columns < SIDE_BY_SIDE {
            return None;
        }
        let others = |hub: usize| {
            let mut others: Vec<usize> = Vec::new();
            for (a, b) in &self.network.cables {
                match (a.0 == hub, b.0 == hub) {
                    (true, false) if !others.contains(&b.0) => others.push(b.0),
                    (false, true) if !others.contains(&a.0) => others.push(a.0),
                    _ => {}
                }
            }
            others
        };
        let all = (0..self.network.nets.len()).map(|hub| Joined { hub, others: others(hub) });
        // Of several with as many, the first.
        let most = all.rev().max_by_key(|joined| joined.others.len())?;
        (!most.others.is_empty()).then_some(most)
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
                self.nics(&mut frame, *net, |_| true);
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

    /// Interfaces of a network; those that are off, and have nothing to do with the step, are counted.
    fn nics(&self, frame: &mut Frame, net: usize, which: impl Fn(End) -> bool) {
        let ends: Vec<End> =
            (0..self.network.nets[net].nics.len()).map(|i| (net, i)).filter(|end| which(*end)).collect();
        let (idle, shown): (Vec<End>, Vec<End>) = ends
            .into_iter()
            .partition(|end| self.network.nic(*end).idle() && self.network.across(*end).is_none());
        for end in shown {
            frame.nic(self.network, end, true);
        }
        match idle.as_slice() {
            [] => {}
            [one] => frame.nic(self.network, *one, true),
            many => frame.count(many.len()),
        }
    }

    fn with_cables(&self, joined: &Joined) -> Vec<Line<'static>> {
        let gap = (self.columns / CABLE_PART).clamp(CABLE.0, CABLE.1);
        let columns = (self.columns - gap) / 2;
        let network = self.network;
        let mut hub = Frame::of(&network.nets[joined.hub], self.style(columns));
        // What leads to the right is below the rest, level with its other end.
        let leads = |end: End| network.across(end).is_some_and(|far| joined.others.contains(&far.0));
        self.nics(&mut hub, joined.hub, |end| !leads(end));
        let mut right: Vec<Line> = Vec::new();
        let mut joints: Vec<(usize, End)> = Vec::new();
        for other in &joined.others {
            let mut frame = Frame::of(&network.nets[*other], self.style(columns));
            let to_hub = |end: End| network.across(end).is_some_and(|far| far.0 == joined.hub);
            let ends: Vec<End> = (0..network.nets[*other].nics.len()).map(|i| (*other, i)).collect();
            self.nics(&mut frame, *other, |end| !to_hub(end));
            let mut rows = Vec::new();
            for end in ends.iter().filter(|end| to_hub(**end)) {
                let Some(near) = network.across(*end) else { continue };
                rows.push((frame.height(), near));
                frame.nic(network, *end, false);
            }
            frame.items();
            // As far down as it takes for each cable to be level.
            let level = hub.height();
            let first = rows.first().map_or(0, |(row, _)| *row);
            let start = right.len().max(level.saturating_sub(first));
            right.resize(start, Line::default());
            for (row, near) in rows {
                hub.pad_to(start + row);
                joints.push((hub.height(), near));
                hub.nic(network, near, false);
            }
            right.extend(frame.lines());
        }
        hub.items();
        let left = hub.lines();
        let row = |y: usize| {
            let joint = joints.iter().find(|(row, _)| *row == y).map(|(_, end)| *end);
            let below = joints.iter().find(|(row, _)| *row + 1 == y).map(|(_, end)| *end);
            let mut line = left.get(y).map_or_else(|| vec![blank(columns)], |line| line.spans.clone());
            let mut after = right.get(y).map(|line| line.spans.clone()).unwrap_or_default();
            match (joint, below) {
                (Some(near), _) => {
                    let (ends, cable) = self.cable(near, gap);
                    if let (Some(last), Some(first)) = (line.last_mut(), after.first_mut()) {
                        last.content = ends[0].into();
                        first.content = ends[1].into();
                    }
                    line.push(cable);
                }
                (None, Some(near)) => line.push(self.packets(near, gap)),
                (None, None) => line.push(blank(gap)),
            }
            line.extend(after);
            cut_line(&line, self.columns)
        };
        (0..left.len().max(right.len())).map(row).collect()
    }

    /// What stands in the frames at the ends of a cable, and the cable.
    fn cable(&self, near: End, gap: usize) -> ([&'static str; 2], Span<'static>) {
        let (one, other) = self.ends(near);
        let moved = [one, other].iter().any(|nic| nic.mark != Mark::Same);
        let role = if moved { Role::Changed } else { Role::Accent };
        let (ends, piece) = match self.carries(near) {
            None => (["│", "│"], "╌"),
            Some(true) => (["╞", "╡"], "═"),
            Some(false) => (["├", "┤"], "─"),
        };
        (ends, span(piece.repeat(gap), self.theme, role))
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

    fn legend(&self) -> Vec<Line<'static>> {
        let nets = &self.network.nets;
        let joined = self.joined().is_some();
        let carries = |what| joined && self.network.cables.iter().any(|(a, _)| self.carries(*a) == what);
        let nics = || nets.iter().flat_map(|net| &net.nics);
        let marks =
            || nics().map(|nic| nic.mark).chain(nets.iter().flat_map(|net| net.items.iter().map(|i| i.mark)));
        let packets = joined && nics().any(|nic| nic.sent.is_some() || nic.received.is_some());
        let signs = [
            (carries(Some(true)), "═ cable"),
            (carries(Some(false)), "─ dead cable"),
            (carries(None), "╌ removed cable"),
            (packets, "8▶ packets that went this way in this step"),
        ];
        let mut texts: Vec<String> =
            signs.iter().filter(|(used, _)| *used).map(|(_, text)| (*text).to_owned()).collect();
        let entered = nets.iter().filter(|net| net.entered).map(|_| Mark::Changed);
        texts.extend(Mark::legend(&marks().chain(entered).collect::<Vec<_>>()));
        fold_items(&texts, Role::Dim, self.columns, self.theme)
    }
}

#[cfg(test)]
mod tests;
