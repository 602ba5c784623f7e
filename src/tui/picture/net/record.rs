//! What a step's record says about one network namespace: its boxes, its interfaces, and what else was read in it.

use super::super::input::PictureInput;
use super::super::mark::Mark;
use super::beside::{self, Beside, Rule};
use super::read::{Read, differs, namespace};
use crate::events::ReadoutRecord;
use crate::model::{Interface, Reading, Row, Value};
use crate::present::plain::one_line;
use crate::present::reading::table;
use crate::vocabulary::reader::LinkValue;
use crate::vocabulary::{Reader, Verb};

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
    /// Boxes that ended in this step, while others stayed in it.
    pub ended: Vec<&'a str>,
    /// As `/proc/PID/ns/net` links to it.
    pub name: Option<String>,
    /// Boxes that were in another one before.
    pub came: Vec<&'a str>,
    /// Nobody is in it any more.
    pub gone: bool,
    pub nics: Vec<Nic>,
    pub items: Vec<Item>,
    /// Entries of its forwarding tables that name another host, where these were read: interface and address.
    entries: Option<Vec<(String, String)>>,
}

impl<'a> Net<'a> {
    pub fn named(name: Option<String>) -> Self {
        Net {
            boxes: Vec::new(),
            ended: Vec::new(),
            name,
            came: Vec::new(),
            gone: false,
            nics: Vec::new(),
            items: Vec::new(),
            entries: None,
        }
    }

    /// Whether all its boxes were in another one before.
    pub fn entered(&self) -> bool {
        !self.came.is_empty() && self.came.len() == self.boxes.len()
    }

    /// Whether a box is in it, or was until it ended.
    pub fn has(&self, name: &str) -> bool {
        self.boxes.contains(&name) || self.ended.contains(&name)
    }

    /// What its boxes read in this namespace, each thing once. What one of them read before it came here is of another namespace.
    pub fn readings(&self, input: &PictureInput, read: &[(&'a Reader, &'a ReadoutRecord)]) -> Vec<Read<'a>> {
        let mine: Vec<(&Reader, &ReadoutRecord)> =
            read.iter().filter(|(_, record)| self.has(&record.viewpoint)).copied().collect();
        let was_here = |record: &ReadoutRecord| {
            let before = namespace(input.before, &record.viewpoint);
            !input.after || !differs(before.as_ref(), self.name.as_ref())
        };
        let is_here = |record: &ReadoutRecord| !self.ended.contains(&record.viewpoint.as_str());
        let mut found: Vec<Read> = Vec::new();
        for (reader, record) in &mine {
            // A socket in the file system is of no network namespace.
            if matches!(reader, Reader::UnixAnswer(_)) {
                found.push(Read { reader, before: &record.before, after: &record.after });
                continue;
            }
            if found.iter().any(|other| other.reader == *reader) {
                continue;
            }
            let same = || mine.iter().filter(|(other, _)| other == reader).map(|(_, record)| *record);
            let both = same().find(|record| was_here(record) && is_here(record));
            let old = both.or_else(|| same().find(|record| was_here(record))).map(|record| &record.before);
            let new = both.or_else(|| same().find(|record| is_here(record))).map(|record| &record.after);
            // Nobody has seen a change where only one of both was read.
            let (before, after) = match (old, new) {
                (Some(before), Some(after)) => (before, after),
                (None, Some(after)) => (after, after),
                // Interfaces stay as long as their namespace.
                (Some(before), None) if matches!(reader, Reader::Interfaces) => (before, before),
                (_, None) => continue,
            };
            found.push(Read { reader, before, after });
        }
        found
    }

    pub fn fill(&mut self, read: &[Read], after: bool) {
        if let Some(record) = read.iter().find(|read| matches!(read.reader, Reader::Interfaces)) {
            self.gone = after && *record.after == Reading::Gone;
            self.interfaces(record, after);
            for nic in &mut self.nics {
                counted(nic, read, after);
            }
        }
        for record in read {
            match record.reader {
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
                Reader::Forwarding => {
                    let shown = table(if after { record.after } else { record.before }).iter();
                    let entries = shown.filter_map(|row| {
                        let to = row.get("to").filter(|to| !to.is_empty())?;
                        Some((row.get("dev")?.to_owned(), to.to_owned()))
                    });
                    self.entries = Some(entries.collect());
                    self.rows(record, after, forwards);
                }
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

    /// The hosts to which an end of a VXLAN sends: as its forwarding table says, or the lesson's actions so far where that was not read.
    pub fn hosts_behind(&self, input: &PictureInput, name: &str) -> Vec<String> {
        if let Some(entries) = &self.entries {
            return entries.iter().filter(|(dev, _)| dev == name).map(|(_, to)| to.clone()).collect();
        }
        let past = input.lesson.steps.iter().take_while(|step| step.id != input.step.id);
        let done = if input.after { input.step.actions.as_slice() } else { &[] };
        let actions =
            input.lesson.setup.iter().chain(past.flat_map(|step| step.given.iter().chain(&step.actions)));
        let actions = actions.chain(&input.step.given).chain(done);
        let verbs = actions.filter(|action| self.has(&action.subject)).flat_map(|action| &action.verbs);
        let host = |verb: &Verb| match verb {
            Verb::Fdb(entry) if entry.dev == name => Some(entry.to.to_string()),
            Verb::Vxlan(end) if end.name == name => end.remote.map(|remote| remote.to_string()),
            _ => None,
        };
        verbs.filter_map(host).collect()
    }

    /// Whether one of its interfaces has this address.
    pub fn owns(&self, address: &str) -> bool {
        let mut own = self.nics.iter().flat_map(|nic| &nic.here.addresses);
        own.any(|own| own.split('/').next() == Some(address))
    }

    fn answer(&mut self, at: &dyn std::fmt::Display, record: &Read, after: bool) {
        let text = |reading: &Reading| match reading {
            Reading::Fact(fact) => format!("“{}”", one_line(fact.value.to_string().trim())),
            Reading::Unread { errno, .. } => errno.to_string(),
            Reading::Gone | Reading::NotMeasured => "nothing".to_owned(),
        };
        let (before, now) = (text(record.before), text(record.after));
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

    fn interfaces(&mut self, record: &Read, after: bool) {
        let before = interfaces(record.before);
        if !after || self.gone {
            let mark = if self.gone { Mark::Gone } else { Mark::Same };
            self.nics = nics(&before.unwrap_or_default(), |here| (mark, Some(here.clone())));
            return;
        }
        let (before, now) = (before.unwrap_or_default(), interfaces(record.after).unwrap_or_default());
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

    fn rows(&mut self, record: &Read, after: bool, text: impl Fn(&Row) -> String) {
        let lines = |reading: &Reading| match reading.value() {
            Some(Value::Table(rows)) => {
                rows.iter().map(|row| one_line(&text(row))).filter(|line| !line.is_empty()).collect()
            }
            _ => Vec::new(),
        };
        let (before, now): (Vec<String>, Vec<String>) = (lines(record.before), lines(record.after));
        if !after {
            return self.items.extend(before.into_iter().map(|text| Item { text, mark: Mark::Same }));
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
fn counted(nic: &mut Nic, read: &[Read], after: bool) {
    for record in read {
        let Reader::LinkField(field) = record.reader else { continue };
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
