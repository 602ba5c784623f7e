//! What a step's record says about networks: boxes by network namespace, and which of their interfaces are two ends of one cable or VXLAN.

use super::super::input::PictureInput;
use super::super::mark::Mark;
use super::read::{differs, namespace};
use super::record::{Light, Net, Nic};
use crate::events::ReadoutRecord;
use crate::vocabulary::{Action, Reader, Verb};

/// An interface: which network, which interface in it.
pub type End = (usize, usize);

/// All that was read about networks.
pub struct Network<'a> {
    pub nets: Vec<Net<'a>>,
    pub cables: Vec<(End, End)>,
    /// Ends of a VXLAN of which one at least knows the other's host.
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
        let boxes: Vec<&str> = read.iter().map(|(_, record)| record.viewpoint.as_str()).collect();
        let map = if input.after { input.now } else { input.before.or(input.now) };
        let mut nets: Vec<Net> = Vec::new();
        for viewpoint in &boxes {
            if nets.iter().any(|net| net.has(viewpoint)) {
                continue;
            }
            // A namespace lives on while others are in it.
            let outlived = outlived(input, viewpoint)
                .filter(|left| boxes.iter().any(|other| namespace(map, other).as_ref() == Some(left)));
            let ended = outlived.is_some();
            let name = outlived.or_else(|| namespace(map, viewpoint));
            let at = nets.iter().position(|net| name.is_some() && net.name == name);
            let at = at.unwrap_or_else(|| {
                nets.push(Net::named(name));
                nets.len() - 1
            });
            if ended { nets[at].ended.push(viewpoint) } else { nets[at].boxes.push(viewpoint) }
        }
        for net in &mut nets {
            let came = |of: &&str| differs(namespace(input.before, of).as_ref(), net.name.as_ref());
            net.came = net.boxes.iter().copied().filter(|of| input.after && came(of)).collect();
            let mine = net.readings(input, &read);
            net.fill(&mine, input.after);
        }
        let cables = cables(input, &nets);
        let tunnels = tunnels(input, &nets);
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

/// The namespace that a box was in before it ended in this step.
fn outlived(input: &PictureInput, of: &str) -> Option<String> {
    let ended = input.after && !input.now?.members.iter().any(|member| member.name == of);
    namespace(input.before, of).filter(|_| ended)
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
            let name = |end: End| (&nets[end.0], at(end).name.as_str());
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

/// Interfaces of different networks that are ends of one VXLAN, two and two: those that are up, if one of them knows where the other is.
fn tunnels(input: &PictureInput, nets: &[Net]) -> Vec<(End, End)> {
    let ends = nets.iter().enumerate().flat_map(|(n, net)| {
        let up = |nic: &Nic| nic.mark != Mark::Gone && nic.light != Light::Down;
        let numbered = net.nics.iter().enumerate().filter(move |(_, nic)| up(nic));
        numbered.filter_map(move |(i, nic)| Some(((n, i), nic.here.vni?)))
    });
    let ends: Vec<(End, u32)> = ends.collect();
    let knows = |a: End, b: End| {
        let name = &nets[a.0].nics[a.1].here.name;
        nets[a.0].hosts_behind(input, name).iter().any(|host| nets[b.0].owns(host))
    };
    let mut found: Vec<(End, End)> = Vec::new();
    for (i, (a, vni)) in ends.iter().enumerate() {
        let taken = |end: &End| found.iter().any(|(one, other)| one == end || other == end);
        let fits = |(b, other): &&(End, u32)| {
            other == vni && b.0 != a.0 && !taken(b) && (knows(*a, *b) || knows(*b, *a))
        };
        if let Some((b, _)) = ends[i + 1..].iter().find(fits).filter(|_| !taken(a)) {
            found.push((*a, *b));
        }
    }
    found
}

/// Whether the lesson says somewhere that a cable is laid between these, given as network and interface.
fn laid(input: &PictureInput, a: (&Net, &str), b: (&Net, &str)) -> bool {
    let steps = input.lesson.steps.iter().flat_map(|step| step.given.iter().chain(&step.actions));
    let actions = input.lesson.setup.iter().chain(steps);
    let is = |(net, nic): (&Net, &str), who: &str, name: &str| net.has(who) && nic == name;
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
