//! The namespace map: who shares what with whom.

use super::styled::{blank, cut, fit, fold, span, spans_width, who};
use crate::model::{Member, NamespaceMap};
use crate::present::plain::{count, one_line, width as columns_of};
use crate::tui::picture::names::{Names, number};
use crate::tui::picture::nest::KINDS;
use crate::tui::theme::{Role, Theme};
use ratatui::text::{Line, Span};
use std::collections::BTreeMap;

/// A name takes no more columns than this beside a table.
const NAME: usize = 20;
/// A parent's children stand so much further in, and no deeper than so many levels.
const INDENT: usize = 2;
const DEEPEST: usize = 4;
/// Between columns.
const GAP: usize = 2;

/// The map at this moment, and what changed since `before`. Rows are processes, columns are types of namespaces; the same name is the same
/// namespace. Below it each namespace that is not the host's: members, owner, what keeps it.
pub fn lines(
    now: &NamespaceMap,
    before: Option<&NamespaceMap>,
    width: u16,
    theme: Theme,
) -> Vec<Line<'static>> {
    let map = Map::of(now, before, width.into(), theme);
    let mut out = map.table();
    out.extend(map.ended());
    out.extend(map.list());
    out
}

struct Map<'a> {
    now: &'a NamespaceMap,
    before: Option<&'a NamespaceMap>,
    columns: usize,
    theme: Theme,
    /// Short names of namespaces that are not the host's, by link.
    own: BTreeMap<&'a str, String>,
    /// Names of members with their indents, in the order of the members.
    names: Vec<(usize, String)>,
}

impl<'a> Map<'a> {
    fn of(now: &'a NamespaceMap, before: Option<&'a NamespaceMap>, columns: usize, theme: Theme) -> Self {
        let mut map = Map { now, before, columns, theme, own: BTreeMap::new(), names: Vec::new() };
        let short = Names::of([now].into_iter().chain(before));
        for kind in KINDS {
            let members = now.members.iter().filter_map(|member| member.links.get(kind)).map(String::as_str);
            let kept =
                now.namespaces.iter().filter(|(_, space)| space.kind == kind).map(|(link, _)| link.as_str());
            let host = map.host(kind);
            for link in members.chain(kept).filter(|link| host != Some(*link)) {
                map.own.insert(link, short.short(link));
            }
        }
        // The lab itself is no namespace, so it is not called as the host's are.
        let name =
            |(i, member): (usize, &Member)| if i == 0 { "isolab".to_owned() } else { one_line(&member.name) };
        map.names = now.members.iter().enumerate().map(|(i, m)| (map.depth(m), name((i, m)))).collect();
        map
    }

    /// The host's namespace of a type.
    fn host(&self, kind: &str) -> Option<&'a str> {
        self.now.members.first().and_then(|host| host.links.get(kind)).map(String::as_str)
    }

    /// How many of its ancestors are members. The lab itself is everybody's and does not count.
    fn depth(&self, member: &Member) -> usize {
        let members = self.now.members.get(1..).unwrap_or_default();
        let (mut depth, mut at) = (0, member);
        while let Some(parent) = members.iter().find(|other| other.pid == at.parent && other.pid != at.pid) {
            (depth, at) = (depth + 1, parent);
            if depth == DEEPEST {
                break;
            }
        }
        depth
    }

    fn known(&self, member: &Member) -> Option<&'a Member> {
        self.before?.members.iter().find(|old| old.pid == member.pid && old.name == member.name)
    }

    /// What stands in a cell, and its role.
    fn cell(&self, member: &Member, kind: &str, whole: bool) -> (String, Role) {
        let Some(link) = member.links.get(kind) else { return ("?".into(), Role::Dim) };
        let changed = self.known(member).is_some_and(|old| old.links.get(kind) != Some(link));
        let (text, role) = match self.own.get(link.as_str()) {
            None => ("host".to_owned(), Role::Dim),
            Some(_) if whole => (one_line(number(link)), Role::Plain),
            Some(short) => (short.clone(), Role::Plain),
        };
        if changed { (format!("{text} ≠"), Role::Changed) } else { (text, role) }
    }

    /// Types in which somebody differs from the host, and those in which nobody does.
    fn kinds(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        KINDS.into_iter().partition(|kind| {
            let mut members = self.now.members.iter();
            members.any(|member| {
                member.links.get(*kind).map(String::as_str) != self.host(kind)
                    || self.cell(member, kind, false).1 == Role::Changed
            })
        })
    }

    /// What stands before the cells: name and process numbers.
    fn heads(&self) -> Vec<Vec<Span<'static>>> {
        let names: Vec<String> =
            self.names.iter().map(|(depth, name)| format!("{}{name}", " ".repeat(depth * INDENT))).collect();
        let numbers: Vec<String> = self.now.members.iter().map(|member| member.pid.to_string()).collect();
        let inner: Vec<String> = self.now.members.iter().map(inside).collect();
        let widest = |texts: &[String], title: &str| {
            texts.iter().map(|text| columns_of(text)).max().unwrap_or(0).max(title.len())
        };
        let most = NAME.min(self.columns / 4).max(7);
        let (name, pid) = (widest(&names, "process").min(most), widest(&numbers, "pid"));
        let inner_column = widest(&inner, "");
        let inner_column = if inner_column == 0 { 0 } else { widest(&inner, "inside") };
        let dim = |text: String| span(text, self.theme, Role::Dim);
        let right = |text: &str, columns: usize| {
            format!("{}{text}", " ".repeat(columns.saturating_sub(columns_of(text))))
        };
        let row = |first: Span<'static>, pid_text: &str, inside: &str| {
            let mut row = vec![first, dim(format!("  {}", right(pid_text, pid)))];
            if inner_column > 0 {
                row.push(dim(format!("  {}", right(inside, inner_column))));
            }
            row
        };
        let mut out = vec![row(dim(fit("process", name)), "pid", "inside")];
        for (i, member) in self.now.members.iter().enumerate() {
            let role = if i == 0 { Role::Host } else { who(&member.name) };
            let mut cells = row(span(fit(&names[i], name), self.theme, role), &numbers[i], &inner[i]);
            let new = self.before.is_some() && self.known(member).is_none();
            cells.push(if new {
                span(" new", self.theme, Role::Changed)
            } else {
                blank(if self.before.is_some() { 4 } else { 0 })
            });
            out.push(cells);
        }
        if self.before.is_some() {
            out[0].push(blank(4));
        }
        out
    }

    /// The widest cells that fit, all types if they fit.
    fn table(&self) -> Vec<Line<'static>> {
        let heads = self.heads();
        let head = heads.iter().map(|row| spans_width(row)).max().unwrap_or(0);
        let (differing, shared) = self.kinds();
        for (kinds, folded) in [(&KINDS.to_vec(), &Vec::new()), (&differing, &shared)] {
            for whole in [true, false] {
                let widths: Vec<usize> = kinds.iter().map(|kind| self.column(kind, whole)).collect();
                if head + widths.iter().map(|column| column + GAP).sum::<usize>() <= self.columns {
                    let mut out = self.drawn(&heads, kinds, &widths, whole);
                    out.extend(self.shared(folded));
                    return out;
                }
            }
        }
        let mut out = self.stacked(&differing);
        out.extend(self.shared(&shared));
        out
    }

    fn column(&self, kind: &str, whole: bool) -> usize {
        let cells = self.now.members.iter().map(|member| columns_of(&self.cell(member, kind, whole).0));
        cells.max().unwrap_or(0).max(kind.len())
    }

    fn drawn(
        &self,
        heads: &[Vec<Span<'static>>],
        kinds: &[&str],
        widths: &[usize],
        whole: bool,
    ) -> Vec<Line<'static>> {
        let mut out = Vec::new();
        for (i, head) in heads.iter().enumerate() {
            let mut row = head.clone();
            for (kind, column) in kinds.iter().zip(widths) {
                let (text, role) = match i.checked_sub(1).and_then(|i| self.now.members.get(i)) {
                    None => ((*kind).to_owned(), Role::Dim),
                    Some(member) => self.cell(member, kind, whole),
                };
                row.extend([blank(GAP), span(fit(&text, *column), self.theme, role)]);
            }
            out.push(Line::from(row));
        }
        out
    }

    fn shared(&self, kinds: &[&str]) -> Vec<Line<'static>> {
        if kinds.is_empty() || self.now.members.is_empty() {
            return Vec::new();
        }
        fold(
            &[span(format!("shared by all: {}", kinds.join(", ")), self.theme, Role::Dim)],
            &[],
            &[blank(INDENT)],
            self.columns,
        )
    }

    /// Where no table fits: a process, and below it its namespaces.
    fn stacked(&self, kinds: &[&str]) -> Vec<Line<'static>> {
        let mut out = Vec::new();
        for (i, (member, (depth, name))) in self.now.members.iter().zip(&self.names).enumerate() {
            let role = if i == 0 { Role::Host } else { who(&member.name) };
            let mut title = vec![
                blank(depth * INDENT),
                span(cut(name, self.columns / 2), self.theme, role),
                span(format!(" {}", member.pid), self.theme, Role::Dim),
            ];
            if self.before.is_some() && self.known(member).is_none() {
                title.push(span(" new", self.theme, Role::Changed));
            }
            out.extend(fold(&title, &[], &[blank(INDENT)], self.columns));
            let inside = inside(member);
            if !inside.is_empty() {
                let text = span(format!("inside {inside}"), self.theme, Role::Dim);
                out.extend(fold(&[text], &[blank(INDENT)], &[blank(INDENT)], self.columns));
            }
            for kind in kinds {
                let (text, role) = self.cell(member, kind, false);
                if role != Role::Dim {
                    let cell =
                        [span(format!("{kind} "), self.theme, Role::Dim), span(text, self.theme, role)];
                    out.extend(fold(&cell, &[blank(INDENT)], &[blank(INDENT)], self.columns));
                }
            }
        }
        out
    }

    /// Members of before that are not there any more.
    fn ended(&self) -> Vec<Line<'static>> {
        let old = self.before.map_or(&[][..], |before| &before.members);
        let gone =
            old.iter().filter(|old| !self.now.members.iter().any(|m| m.pid == old.pid && m.name == old.name));
        let names: Vec<String> =
            gone.map(|member| one_line(&format!("{} {}", member.name, member.pid))).collect();
        if names.is_empty() {
            return Vec::new();
        }
        let text = span(format!("≠ ended: {}", names.join(", ")), self.theme, Role::Changed);
        fold(&[text], &[], &[blank(INDENT)], self.columns)
    }

    /// Every namespace that is not the host's.
    fn list(&self) -> Vec<Line<'static>> {
        let mut own: Vec<(&str, &str)> = Vec::new();
        for kind in KINDS {
            let mine = self.own.keys().filter(|link| link.split(':').next() == Some(kind));
            let mine = mine.map(|link| (kind, *link));
            own.extend(mine);
        }
        let mut out = Vec::new();
        if !own.is_empty() {
            out.push(Line::default());
        }
        for (kind, link) in own {
            out.extend(self.entry(kind, link));
        }
        out.extend(self.discarded());
        out
    }

    fn entry(&self, kind: &str, link: &str) -> Vec<Line<'static>> {
        let dim = |text: String| span(text, self.theme, Role::Dim);
        let new = self.before.is_some_and(|before| !before.namespaces.contains_key(link));
        let role = if new { Role::Changed } else { Role::Strong };
        let mut title = vec![span(one_line(link), self.theme, role)];
        if new {
            title.push(span("  new", self.theme, Role::Changed));
        }
        let members = self
            .now
            .members
            .iter()
            .filter(|member| member.links.get(kind).is_some_and(|other| other == link));
        let members: Vec<String> = members.map(|member| one_line(&member.name)).collect();
        title.push(dim(format!(
            "  {}",
            if members.is_empty() { "no member".to_owned() } else { count(members.len(), "member") + ": " }
        )));
        title.push(span(members.join(", "), self.theme, Role::Plain));
        let mut out = fold(&title, &[], &[blank(INDENT + 2)], self.columns);
        if let Some(space) = self.now.namespaces.get(link) {
            let word = if kind == "user" { "child of " } else { "owned by " };
            let mut below = Vec::new();
            if let Some(owner) = &space.owner {
                let host = self.host("user") == Some(owner);
                let name = if host { "  the host's" } else { "" };
                below.extend([
                    dim(word.to_owned()),
                    span(one_line(owner), self.theme, Role::Plain),
                    dim(name.to_owned()),
                ]);
            }
            let mut kept: Vec<String> = space.kept_by.iter().map(|why| one_line(why)).collect();
            if !members.is_empty() {
                kept.insert(0, "its members".to_owned());
            }
            if !kept.is_empty() {
                below.push(dim(format!("{}kept by ", if below.is_empty() { "" } else { " · " })));
                below.push(span(kept.join("; "), self.theme, Role::Plain));
            }
            out.extend(fold(&below, &[blank(INDENT)], &[blank(INDENT + 2)], self.columns));
        }
        out
    }

    /// Namespaces of before that nothing holds any more.
    fn discarded(&self) -> Vec<Line<'static>> {
        let old = self.before.into_iter().flat_map(|before| before.namespaces.keys());
        let gone: Vec<String> =
            old.filter(|link| !self.now.namespaces.contains_key(*link)).map(|link| one_line(link)).collect();
        if gone.is_empty() {
            return Vec::new();
        }
        let text = span(format!("≠ gone: {}", gone.join(", ")), self.theme, Role::Changed);
        fold(&[text], &[], &[blank(INDENT)], self.columns)
    }
}

/// Its numbers in PID namespaces below the host's, outermost first.
fn inside(member: &Member) -> String {
    let numbers: Vec<String> = member.numbers.iter().skip(1).map(ToString::to_string).collect();
    numbers.join(" ")
}

#[cfg(test)]
mod tests;
