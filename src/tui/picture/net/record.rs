//! What a step's record says about networks: boxes by network namespace, their interfaces, and which of these are two ends of one cable.

use super::super::input::PictureInput;
use super::super::mark::Mark;
use super::beside::{self, Beside, Rule};
use crate::events::ReadoutRecord;
use crate::model::{Interface, NamespaceMap, Reading, Row, Value};
use crate::present::plain::one_line;
use crate::vocabulary::reader::LinkValue;
use crate::vocabulary::{Action, Reader, Verb};

/// Whether packets can pass an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    Up,
    /// Switched on, and nothing at the other end.
    NoCarrier,
    Down,
}

impl Light {
    fn of(interface: &Interface) -> Self {
        match (interface.up, interface.lower_up) {
            (true, true) => Light::Up,
            (true, false) => Light::NoCarrier,
            (false, _) => Light::Down,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Light::Up => "up",
            Light::NoCarrier => "up, no carrier",
            Light::Down => "down",
        }
    }
}

/// An interface: as it is, or as it was when it is gone.
pub struct Nic {
    pub here: Interface,
    pub mark: Mark,
    pub light: Light,
    /// Before, where it was another one.
    pub light_before: Option<Light>,
    /// Its addresses have changed.
    pub readdressed: bool,
    pub mtu_changed: bool,
    /// The bridge that it is a port of.
    pub bridge: Option<String>,
    /// What stands below it.
    pub beside: Vec<Beside>,
    /// What became of that.
    pub marks: Vec<Mark>,
    /// Packets of this step, where there were any.
    pub sent: Option<u64>,
    pub received: Option<u64>,
}

impl Nic {
    /// It is off, has no address and is part of nothing; and it was so before. Of the loopback that is worth knowing.
    pub fn idle(&self) -> bool {
        let off = self.light == Light::Down && self.here.addresses.is_empty() && self.bridge.is_none();
        off && self.mark == Mark::Same
            && self.here.name != "lo"
            && self.here.kind.as_deref() != Some("bridge")
    }

    pub fn state(&self) -> String {
        match self.light_before {
            Some(before) => format!("{} → {}", before.words(), self.light.words()),
            None => self.light.words().to_owned(),
        }
    }
}

/// Something else that is known in a network namespace: a route, a neighbour, an answer.
pub struct Item {
    pub text: String,
    pub mark: Mark,
}

/// A network namespace with the boxes that are in it.
pub struct Net<'a> {
    pub boxes: Vec<&'a str>,
    /// As `/proc/PID/ns/net` links to it.
    pub name: Option<String>,
    /// Its boxes were in another one before.
    pub entered: bool,
    /// Nobody is in it any more.
    pub gone: bool,
    pub nics: Vec<Nic>,
    pub items: Vec<Item>,
}

/// An interface: which network, which interface in it.
pub type End = (usize, usize);

/// All that was read about networks.
pub struct Network<'a> {
    pub nets: Vec<Net<'a>>,
    pub cables: Vec<(End, End)>,
    /// Ends of VXLANs with the same number.
    pub tunnels: Vec<(End, End)>,
}

impl<'a> Network<'a> {
    pub fn of(input: &PictureInput<'a>) -> Self {
        let read: Vec<(&Reader, &ReadoutRecord)> = input
            .readouts
            .iter()
            .filter_map(|record| Some((input.reader(record)?, record)))
            .filter(|(reader, _)| about_networks(reader))
            .collect();
        let mut nets: Vec<Net> = Vec::new();
        for (_, record) in &read {
            let viewpoint = record.viewpoint.as_str();
            if nets.iter().any(|net| net.boxes.contains(&viewpoint)) {
                continue;
            }
            let map = if input.after { input.now } else { input.before.or(input.now) };
            let name = namespace(map, viewpoint);
            match nets.iter_mut().find(|net| name.is_some() && net.name == name) {
                Some(net) => net.boxes.push(viewpoint),
                None => nets.push(Net {
                    boxes: vec![viewpoint],
                    entered: input.after
                        && differs(namespace(input.before, viewpoint).as_ref(), name.as_ref()),
                    name,
                    gone: false,
                    nics: Vec::new(),
                    items: Vec::new(),
                }),
            }
        }
        for net in &mut nets {
            let mine: Vec<(&Reader, &ReadoutRecord)> =
                read.iter().filter(|(_, r)| net.boxes.contains(&r.viewpoint.as_str())).copied().collect();
            net.fill(&mine, input.after);
        }
        let cables = cables(input, &nets);
        let tunnels = tunnels(&nets);
        Network { nets, cables, tunnels }
    }

    pub fn nic(&self, end: End) -> &Nic {
        &self.nets[end.0].nics[end.1]
    }

    /// The other end of a cable or of a VXLAN.
    pub fn across(&self, end: End) -> Option<End> {
        self.joints().find_map(|(a, b)| match () {
            () if *a == end => Some(*b),
            () if *b == end => Some(*a),
            () => None,
        })
    }

    /// What joins two networks.
    pub fn joints(&self) -> impl Iterator<Item = &(End, End)> {
        self.cables.iter().chain(&self.tunnels)
    }
}

fn about_networks(reader: &Reader) -> bool {
    matches!(
        reader,
        Reader::Interfaces
            | Reader::Routes
            | Reader::Neighbours
            | Reader::BridgePorts
            | Reader::Forwarding
            | Reader::NftRules
            | Reader::Conntrack
            | Reader::LinkField(_)
            | Reader::Frames(_)
            | Reader::TcpAnswer(_)
            | Reader::UnixAnswer(_)
    )
}

fn namespace(map: Option<&NamespaceMap>, of: &str) -> Option<String> {
    map?.members.iter().find(|member| member.name == of)?.links.get("net").cloned()
}

fn differs(before: Option<&String>, now: Option<&String>) -> bool {
    before.is_some() && now.is_some() && before != now
}

impl Net<'_> {
    fn fill(&mut self, read: &[(&Reader, &ReadoutRecord)], after: bool) {
        if let Some((_, record)) = read.iter().find(|(reader, _)| matches!(reader, Reader::Interfaces)) {
            self.gone = after && record.after == Reading::Gone;
            self.interfaces(record, after);
            for nic in &mut self.nics {
                counted(nic, read, after);
            }
        }
        for (reader, record) in read {
            match reader {
                Reader::Routes => self.rows(record, after, |row| {
                    let via = row.get("via").filter(|via| !via.is_empty());
                    let via = via.map_or_else(String::new, |via| format!(" by {via}"));
                    format!(
                        "route {}{via} over {}",
                        row.get("to").unwrap_or_default(),
                        row.get("dev").unwrap_or_default()
                    )
                }),
                Reader::Neighbours => self.rows(record, after, |row| {
                    format!(
                        "{} is at {}",
                        row.get("to").unwrap_or_default(),
                        row.get("mac").unwrap_or_default()
                    )
                }),
                Reader::Forwarding => self.rows(record, after, forwards),
                Reader::Conntrack => self.rows(record, after, |row| {
                    let cell = |name: &str| row.get(name).unwrap_or_default();
                    format!(
                        "{} {} → {}, answers to {}",
                        cell("protocol"),
                        cell("from"),
                        cell("to"),
                        cell("reply_to")
                    )
                }),
                Reader::NftRules => beside::rules(record, after).into_iter().for_each(|rule| self.rule(rule)),
                Reader::Frames(asked) => {
                    // Those of several readouts are the same ones.
                    if let Some(nic) = self.nics.iter_mut().find(|nic| nic.here.name == asked.interface)
                        && !nic.beside.iter().any(Beside::is_frame)
                    {
                        nic.beside.extend(beside::frames(record, after));
                    }
                }
                Reader::TcpAnswer(at) => self.answer(at, record, after),
                Reader::UnixAnswer(at) => self.answer(&at.0, record, after),
                _ => {}
            }
        }
    }

    fn answer(&mut self, at: &dyn std::fmt::Display, record: &ReadoutRecord, after: bool) {
        let text = |reading: &Reading| match reading {
            Reading::Fact(fact) => format!("“{}”", one_line(fact.value.to_string().trim())),
            Reading::Unread { errno, .. } => errno.to_string(),
            Reading::Gone | Reading::NotMeasured => "nothing".to_owned(),
        };
        let (before, now) = (text(&record.before), text(&record.after));
        let (said, mark) = match after {
            false => (before, Mark::Same),
            true if before == now => (now, Mark::Same),
            true => (now, Mark::Changed),
        };
        self.items.push(Item { text: format!("{at} says {said}"), mark });
    }

    /// Puts a rule beside its interface; one of no interface that is known is listed.
    fn rule(&mut self, Rule { interface, text, mark }: Rule) {
        match self.nics.iter_mut().find(|nic| interface.as_ref() == Some(&nic.here.name)) {
            Some(nic) => {
                nic.beside.push(Beside { sign: mark.sign(), text, moved: mark != Mark::Same });
                nic.marks.push(mark);
            }
            None => self.items.push(Item { text, mark }),
        }
    }

    fn interfaces(&mut self, record: &ReadoutRecord, after: bool) {
        let before = interfaces(&record.before);
        if !after || self.gone || self.entered {
            let shown = if after && !self.gone { interfaces(&record.after) } else { before };
            let mark = if self.gone { Mark::Gone } else { Mark::Same };
            self.nics = nics(&shown.unwrap_or_default(), |here| (mark, Some(here.clone())));
            return;
        }
        let (before, now) = (before.unwrap_or_default(), interfaces(&record.after).unwrap_or_default());
        let known = |list: &[Interface], name: &str| list.iter().find(|i| i.name == name).cloned();
        let gone = before.iter().filter(|old| known(&now, &old.name).is_none());
        let all: Vec<Interface> = now.iter().chain(gone).cloned().collect();
        self.nics = nics(&all, |here| {
            let (old, new) = (known(&before, &here.name), known(&now, &here.name));
            // Counters move all the time.
            let quiet = |i: &Interface| Interface { rx_packets: 0, tx_packets: 0, ..i.clone() };
            (Mark::of(old.as_ref().map(quiet).as_ref(), new.as_ref().map(quiet).as_ref()), old)
        });
    }

    fn rows(&mut self, record: &ReadoutRecord, after: bool, text: impl Fn(&Row) -> String) {
        let lines = |reading: &Reading| match reading.value() {
            Some(Value::Table(rows)) => {
                rows.iter().map(|row| one_line(&text(row))).filter(|line| !line.is_empty()).collect()
            }
            _ => Vec::new(),
        };
        let (before, now): (Vec<String>, Vec<String>) = (lines(&record.before), lines(&record.after));
        if !after || self.entered {
            let shown = if after { now } else { before };
            return self.items.extend(shown.into_iter().map(|text| Item { text, mark: Mark::Same }));
        }
        let gone = before.iter().filter(|text| !now.contains(text));
        for text in now.iter().chain(gone) {
            let find = |list: &[String]| list.iter().find(|t| *t == text).cloned();
            self.items.push(Item {
                text: text.clone(),
                mark: Mark::of(find(&before).as_ref(), find(&now).as_ref()),
            });
        }
    }
}

/// An entry of a forwarding table; nothing for an interface's own address.
fn forwards(row: &Row) -> String {
    let cell = |name: &str| row.get(name).unwrap_or_default();
    match (cell("to"), cell("kind")) {
        ("", "permanent") => String::new(),
        ("", _) => format!("{} behind {}", cell("mac"), cell("dev")),
        (to, _) => format!("{} behind {}, at {to}", cell("mac"), cell("dev")),
    }
}

/// Interfaces with what each was before.
fn nics(all: &[Interface], before: impl Fn(&Interface) -> (Mark, Option<Interface>)) -> Vec<Nic> {
    let name = |index: u32| all.iter().find(|i| i.index == index).map(|i| i.name.clone());
    let nic = |here: &Interface| {
        let (mark, old) = before(here);
        let changed = |differs: fn(&Interface, &Interface) -> bool| {
            mark == Mark::Changed && old.as_ref().is_some_and(|old| differs(old, here))
        };
        let light = Light::of(here);
        let packets =
            |new: u64, old: Option<u64>| old.and_then(|old| new.checked_sub(old)).filter(|n| *n > 0);
        Nic {
            mark,
            light,
            light_before: old.as_ref().map(Light::of).filter(|old| *old != light),
            readdressed: changed(|old, new| old.addresses != new.addresses),
            mtu_changed: changed(|old, new| old.mtu != new.mtu),
            bridge: here.master.and_then(name),
            beside: Vec::new(),
            marks: Vec::new(),
            sent: packets(here.tx_packets, old.as_ref().map(|old| old.tx_packets)),
            received: packets(here.rx_packets, old.as_ref().map(|old| old.rx_packets)),
            here: here.clone(),
        }
    };
    all.iter().map(nic).collect()
}

/// A counter that was read by itself goes first: it is the number that the readouts show.
fn counted(nic: &mut Nic, read: &[(&Reader, &ReadoutRecord)], after: bool) {
    for (reader, record) in read {
        let Reader::LinkField(field) = reader else { continue };
        if !after || field.interface != nic.here.name {
            continue;
        }
        let (Some(Value::Int(old)), Some(Value::Int(new))) = (record.before.value(), record.after.value())
        else {
            continue;
        };
        let packets = u64::try_from(new.saturating_sub(*old)).ok().filter(|n| *n > 0);
        match field.value {
            LinkValue::TxPackets => nic.sent = packets,
            LinkValue::RxPackets => nic.received = packets,
            LinkValue::Index | LinkValue::Peer | LinkValue::Mtu | LinkValue::RxBytes | LinkValue::TxBytes => {
            }
        }
    }
}

/// The interfaces of a reading: from its raw text, which has most; else from its table.
fn interfaces(reading: &Reading) -> Option<Vec<Interface>> {
    let Reading::Fact(fact) = reading else { return None };
    let Value::Table(rows) = &fact.value else { return None };
    let lines: Option<Vec<Interface>> = fact.raw.lines().map(Interface::parse).collect();
    if let Some(lines) = lines.filter(|lines| lines.len() == rows.len()) {
        return Some(lines);
    }
    let cell = |row: &Row, name: &str| row.get(name).unwrap_or_default().to_owned();
    let words = |text: String| text.split_whitespace().map(str::to_owned).collect::<Vec<String>>();
    let interface = |row: &Row| {
        let flags = words(cell(row, "flags"));
        Interface {
            name: cell(row, "name"),
            up: flags.iter().any(|flag| flag == "up"),
            lower_up: flags.iter().any(|flag| flag == "lower_up"),
            state: cell(row, "state"),
            addresses: words(cell(row, "address")),
            ..Interface::default()
        }
    };
    Some(rows.iter().map(interface).collect())
}

/// Interfaces that name each other as their other ends. Where several do, as each box counts from 1, the one that the lesson has laid is meant.
fn cables(input: &PictureInput, nets: &[Net]) -> Vec<(End, End)> {
    let ends: Vec<End> =
        nets.iter().enumerate().flat_map(|(n, net)| (0..net.nics.len()).map(move |i| (n, i))).collect();
    let at = |end: End| &nets[end.0].nics[end.1].here;
    let joined = |a: End, b: End| {
        let (one, other) = (at(a), at(b));
        let far = a.0 != b.0;
        one.link == Some(other.index)
            && other.link == Some(one.index)
            && one.elsewhere == far
            && other.elsewhere == far
    };
    let mut cables: Vec<(End, End)> = Vec::new();
    for (i, a) in ends.iter().enumerate() {
        let fits: Vec<End> = ends[i + 1..].iter().copied().filter(|b| joined(*a, *b)).collect();
        let all = ends.iter().filter(|b| *b != a && joined(*a, **b)).count();
        let laid = |b: &&End| {
            let name = |end: End| (nets[end.0].boxes.as_slice(), at(end).name.as_str());
            laid(input, name(*a), name(**b))
        };
        let other = if all == 1 { fits.first() } else { fits.iter().find(laid) };
        let taken = |end: End| cables.iter().any(|(c, d)| *c == end || *d == end);
        if let Some(b) = other.filter(|b| !taken(*a) && !taken(**b)) {
            cables.push((*a, *b));
        }
    }
    cables
}

/// Interfaces of different networks that are ends of one VXLAN, two and two.
fn tunnels(nets: &[Net]) -> Vec<(End, End)> {
    let ends = nets.iter().enumerate().flat_map(|(n, net)| {
        let numbered = net.nics.iter().enumerate().filter(|(_, nic)| nic.mark != Mark::Gone);
        numbered.filter_map(move |(i, nic)| Some(((n, i), nic.here.vni?)))
    });
    let ends: Vec<(End, u32)> = ends.collect();
    let mut found: Vec<(End, End)> = Vec::new();
    for (i, (a, vni)) in ends.iter().enumerate() {
        let taken = |end: &End| found.iter().any(|(one, other)| one == end || other == end);
        let fits = |(b, other): &&(End, u32)| other == vni && b.0 != a.0 && !taken(b);
        if let Some((b, _)) = ends[i + 1..].iter().find(fits).filter(|_| !taken(a)) {
            found.push((*a, *b));
        }
    }
    found
}

/// Whether the lesson says somewhere that a cable is laid between these, given as boxes and interface.
fn laid(input: &PictureInput, a: (&[&str], &str), b: (&[&str], &str)) -> bool {
    let steps = input.lesson.steps.iter().flat_map(|step| step.given.iter().chain(&step.actions));
    let actions = input.lesson.setup.iter().chain(steps);
    let is = |(boxes, nic): (&[&str], &str), who: &str, name: &str| boxes.contains(&who) && nic == name;
    let lays = |action: &Action| {
        action.verbs.iter().any(|verb| match verb {
            Verb::Veth(veth) => {
                let (from, to) = ((&*action.subject, &*veth.name), (&*veth.peer.0, &*veth.peer.1));
                is(a, from.0, from.1) && is(b, to.0, to.1) || is(b, from.0, from.1) && is(a, to.0, to.1)
            }
            _ => false,
        })
    };
    actions.into_iter().any(lays)
}
