//! Who is whose child, before and after.

use super::super::input::PictureInput;
use crate::model::{Member, NamespaceMap, Process, Reading, Value};
use crate::vocabulary::Reader;

/// What became of a process in the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing.
    Stayed,
    /// It was not there before.
    Born,
    /// It has another parent.
    Moved,
    /// It is not there any more.
    Ended,
    /// It came and ended within the step.
    CameAndEnded,
}

impl Fate {
    /// The sign before it.
    pub fn sign(self) -> &'static str {
        match self {
            Fate::Stayed => " ",
            Fate::Born => "+",
            Fate::Moved => "≠",
            Fate::Ended | Fate::CameAndEnded => "−",
        }
    }
}

/// A process in the tree.
pub struct Leaf {
    /// Its name in the lesson; that of the lab, which is the first one, is the program's.
    pub name: String,
    /// Lines before its name.
    pub stem: String,
    /// Lines before what is written below it.
    pub below: String,
    /// Its numbers by the link of the PID namespace, outermost first. Those in namespaces that cannot be told apart are left out.
    pub numbers: Vec<(String, i32)>,
    /// What became of it.
    pub fate: Fate,
    /// Its parent, if that is a process of the lesson.
    pub parent: Option<String>,
    /// The one that it had before.
    pub old_parent: Option<String>,
}

/// A process without its place in the tree.
struct Found {
    member: Member,
    fate: Fate,
    /// Where its parent stands in the list. What has none there belongs to the lab, which is the first.
    parent: usize,
    old_parent: usize,
}

/// All processes that are known of, each after its parent. Nothing where the namespaces were not read.
pub fn leaves(input: &PictureInput) -> Option<Vec<Leaf>> {
    let (before, now) = (input.before, if input.after { input.now } else { None });
    let last = now.or(before)?;
    let mut members: Vec<Member> = last.members.clone();
    let old = before.into_iter().flat_map(|map| &map.members);
    members.extend(old.filter(|old| !last.members.iter().any(|m| same(m, old))).cloned());
    members.extend(untold(input, &members));
    let at = |pid: i32| members.iter().position(|other| other.pid == pid && pid != 0).unwrap_or(0);
    let found = members.iter().map(|member| {
        let (was, is) = (known(before, member), known(now, member));
        let fate = match (was, is) {
            _ if now.is_none() || before.is_none() => Fate::Stayed,
            (Some(was), Some(is)) if was.parent != is.parent => Fate::Moved,
            (Some(_), Some(_)) => Fate::Stayed,
            (None, Some(_)) => Fate::Born,
            (Some(_), None) => Fate::Ended,
            (None, None) if was_there(input, &member.name) => Fate::Ended,
            (None, None) => Fate::CameAndEnded,
        };
        let old_parent = was.map_or(0, |was| at(was.parent));
        Found { member: member.clone(), fate, parent: at(member.parent), old_parent }
    });
    let found: Vec<Found> = found.collect();
    let mut out = Vec::new();
    grow(&found, 0, ("", ""), 0, &mut out);
    Some(out)
}

fn same(a: &Member, b: &Member) -> bool {
    a.pid == b.pid && a.name == b.name
}

fn known<'m>(map: Option<&'m NamespaceMap>, member: &Member) -> Option<&'m Member> {
    map?.members.iter().find(|other| same(other, member))
}

/// Processes that are in neither map, but whose end was read: zombies, and those that came and ended in between.
fn untold(input: &PictureInput, members: &[Member]) -> Vec<Member> {
    let mut out = Vec::new();
    for record in input.readouts {
        let Some(Reader::State(of)) = input.reader(record) else { continue };
        let ended = |reading: &Reading| matches!(reading.value(), Some(Value::Process(state)) if !matches!(state, Process::Alive(_)));
        let told = ended(&record.before) || (input.after && ended(&record.after));
        if !told || members.iter().any(|member| member.name == of.0) {
            continue;
        }
        let parent = input.lesson.boxes.get(&of.0).and_then(|decl| decl.forked_by.as_ref());
        let parent = parent.and_then(|name| members.iter().find(|member| member.name == *name));
        let parent = parent.map_or(0, |parent| parent.pid);
        out.push(Member { name: of.0.clone(), parent, ..Member::default() });
    }
    out
}

/// Whether the state of a process was read before the step's actions.
fn was_there(input: &PictureInput, name: &str) -> bool {
    let of = |reader: Option<&Reader>| matches!(reader, Some(Reader::State(of)) if of.0 == name);
    let mut states = input.readouts.iter().filter(|record| of(input.reader(record)));
    states.any(|record| matches!(record.before.value(), Some(Value::Process(_))))
}

/// Adds a process and, below it, its children, after these lines: before its name, and before everything below it.
fn grow(all: &[Found], at: usize, (stem, below): (&str, &str), depth: usize, out: &mut Vec<Leaf>) {
    // What the kernel tells has no circles; two processes read at different moments could make one.
    let Some(found) = all.get(at).filter(|_| depth < all.len()) else { return };
    let children: Vec<usize> = (1..all.len()).filter(|i| *i != at && all[*i].parent == at).collect();
    let name = |i: usize| Some(all.get(i).filter(|_| i > 0)?.member.name.clone());
    out.push(Leaf {
        name: if at == 0 { "isolab".to_owned() } else { found.member.name.clone() },
        stem: stem.to_owned(),
        below: format!("{below}{}", if children.is_empty() { " " } else { "│" }),
        numbers: numbers(all, &found.member),
        fate: found.fate,
        parent: name(found.parent),
        old_parent: name(found.old_parent),
    });
    for (i, child) in children.iter().enumerate() {
        let (branch, line) = if i + 1 == children.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        grow(all, *child, (&format!("{below}{branch}"), &format!("{below}{line}")), depth + 1, out);
    }
}

/// The numbers of a process by namespace. The kernel tells the numbers and the innermost namespace; those between are found at other processes.
fn numbers(all: &[Found], member: &Member) -> Vec<(String, i32)> {
    let depths = member.numbers.len();
    let space = |depth: usize| {
        if depth + 1 == depths {
            return member.links.get("pid").cloned();
        }
        let there = all.iter().filter(|other| other.member.numbers.len() == depth + 1);
        let mut links: Vec<&String> = there.filter_map(|other| other.member.links.get("pid")).collect();
        links.sort_unstable();
        links.dedup();
        // Where there are several at this depth, the numbers do not tell which one it is.
        (links.len() == 1).then(|| links[0].clone())
    };
    let numbered = member.numbers.iter().enumerate();
    numbered.filter_map(|(depth, number)| Some((space(depth)?, *number))).collect()
}
