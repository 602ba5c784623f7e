//! Any type of namespace: the processes in the frames of their namespaces, with what the namespaces hold.

use super::frames::{Frames, Note, Notes};
use super::input::PictureInput;
use super::names::Names;
use super::nest::KINDS;
use crate::events::ReadoutRecord;
use crate::model::{Member, NamespaceMap, Reading};
use crate::present::plain::one_line;
use crate::tui::theme::Theme;
use crate::vocabulary::Reader;
use crate::vocabulary::reader::NsOf;
use ratatui::text::Line;

/// The frames of the types that the step reads, when it is known who is in which namespace.
pub fn draw(input: &PictureInput, width: u16, _: u16, theme: Theme) -> Option<Vec<Line<'static>>> {
    let (before, now) = match (input.before, input.now.filter(|_| input.after)) {
        (before, Some(now)) => (before, now),
        (Some(before), None) => (None, before),
        (None, None) => return None,
    };
    let kinds = kinds(input);
    if kinds.is_empty() {
        return None;
    }
    let names = Names::of_input(input);
    Some(Frames::new((before, now), &kinds, &names, &Held { input }, theme).lines(width.into()))
}

/// The types that the step's readouts are about.
pub fn kinds(input: &PictureInput) -> Vec<&'static str> {
    let kind = |record: &ReadoutRecord| match input.reader(record)? {
        Reader::Hostname | Reader::Domainname => Some("uts"),
        Reader::Namespace(NsOf::Own(ns) | NsOf::Of(ns, _)) => Some(ns.kind().link()),
        _ => None,
    };
    let read: Vec<&str> = input.readouts.iter().filter_map(kind).collect();
    KINDS.into_iter().filter(|kind| read.contains(kind)).collect()
}

/// What was read of what a namespace holds.
pub struct Held<'a> {
    /// The step.
    pub input: &'a PictureInput<'a>,
}

impl Held<'_> {
    /// Whether a viewpoint was in this namespace.
    fn was_in(map: Option<&NamespaceMap>, viewpoint: &str, kind: &str, link: &str) -> bool {
        let members = map.into_iter().flat_map(|map| &map.members);
        members
            .filter(|member| member.name == viewpoint)
            .any(|m| m.links.get(kind).is_some_and(|l| l == link))
    }

    /// A name that a UTS namespace holds, before and after, as read by a process in it.
    fn name(&self, link: &str, wanted: fn(&Reader) -> bool, label: &str) -> Option<Note> {
        let of = |record: &&ReadoutRecord| self.input.reader(record).is_some_and(wanted);
        let text = |reading: &Reading| match reading {
            Reading::Fact(fact) => Some(one_line(fact.value.to_string().trim_end())),
            Reading::Unread { .. } | Reading::Gone | Reading::NotMeasured => None,
        };
        let records = || self.input.readouts.iter().filter(of);
        let old = records()
            .filter(|record| Self::was_in(self.input.before, &record.viewpoint, "uts", link))
            .find_map(|record| text(&record.before));
        let new = records()
            .filter(|record| self.input.after && Self::was_in(self.input.now, &record.viewpoint, "uts", link))
            .find_map(|record| text(&record.after));
        match (old, new) {
            (Some(old), Some(new)) if old != new => Some((format!("{label}: {old} → {new}"), true)),
            (_, Some(name)) | (Some(name), None) => Some((format!("{label}: {name}"), false)),
            (None, None) => None,
        }
    }

    /// What keeps a namespace in which nobody is.
    fn kept(&self, kind: &str, link: &str) -> Option<Note> {
        let map = self.input.now.filter(|_| self.input.after).or(self.input.before)?;
        let space = map.namespaces.get(link)?;
        let empty = !map.members.iter().any(|member| member.links.get(kind).is_some_and(|l| l == link));
        let kept: Vec<String> = space.kept_by.iter().map(|why| one_line(why)).collect();
        (empty && !kept.is_empty()).then(|| (format!("no process in it; kept by {}", kept.join("; ")), false))
    }
}

impl Notes for Held<'_> {
    fn of_space(&self, kind: &str, link: &str) -> Vec<Note> {
        let mut out = Vec::new();
        if kind == "uts" {
            out.extend(self.name(link, |reader| matches!(reader, Reader::Hostname), "hostname"));
            out.extend(self.name(link, |reader| matches!(reader, Reader::Domainname), "domain name"));
        }
        out.extend(self.kept(kind, link));
        out
    }

    fn of_member(&self, _: &Member) -> Vec<Note> {
        Vec::new()
    }
}
