//! Processes in the frames of their namespaces.

use super::frame::{AROUND, Stroke, framed};
use super::names::Names;
use super::nest::{Contents, Space, host, nest};
use crate::model::{Member, NamespaceMap};
use crate::present::plain::one_line;
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{blank, fold, fold_items, span, spans_width, who};
use ratatui::text::{Line, Span};
use std::collections::BTreeSet;

/// A frame needs this width for what is in it; where there is less, frames are not nested deeper.
const LEAST: usize = 20;
/// Between frames that stand side by side.
const GAP: usize = 1;

/// A sentence about a namespace or a process, and whether this step has changed what it says.
pub type Note = (String, bool);

/// What a drawing has to say of namespaces and processes beyond their names.
pub trait Notes {
    /// Of a namespace, by its type and link; the host's too.
    fn of_space(&self, kind: &str, link: &str) -> Vec<Note>;
    /// Of a process.
    fn of_member(&self, member: &Member) -> Vec<Note>;
}

/// Namespaces now, or before where nothing has been done yet, with what changed.
pub struct Frames<'a> {
    /// Before, where both are known.
    before: Option<&'a NamespaceMap>,
    /// Now, with what has ended since.
    now: NamespaceMap,
    /// How many processes there are now.
    living: usize,
    /// Links of namespaces that nothing holds any more.
    gone: BTreeSet<String>,
    /// Which types are drawn.
    kinds: &'a [&'static str],
    names: &'a Names,
    notes: &'a dyn Notes,
    theme: Theme,
}

fn same(a: &Member, b: &Member) -> bool {
    a.pid == b.pid && a.name == b.name
}

impl<'a> Frames<'a> {
    /// Of these types, at the end of a step, and before it where that is known.
    pub fn new(
        (before, now): (Option<&'a NamespaceMap>, &NamespaceMap),
        kinds: &'a [&'static str],
        names: &'a Names,
        notes: &'a dyn Notes,
        theme: Theme,
    ) -> Self {
        let mut all = now.clone();
        let mut gone = BTreeSet::new();
        for old in before.into_iter().flat_map(|before| &before.members) {
            if !now.members.iter().any(|member| same(member, old)) {
                all.members.push(old.clone());
            }
        }
        for (link, space) in before.into_iter().flat_map(|before| &before.namespaces) {
            if !now.namespaces.contains_key(link) {
                gone.insert(link.clone());
                all.namespaces.insert(link.clone(), space.clone());
            }
        }
        Frames { before, living: now.members.len(), now: all, gone, kinds, names, notes, theme }
    }

    /// The host's frame, with everything in it.
    pub fn lines(&self, columns: usize) -> Vec<Line<'static>> {
        let contents = nest(&self.now, self.kinds);
        let mut body = Vec::new();
        for kind in self.kinds {
            if let Some(link) = host(&self.now, kind) {
                body.extend(self.facts(kind, link, columns.saturating_sub(AROUND)));
            }
        }
        body.extend(self.inside(&contents, columns.saturating_sub(AROUND)));
        let title = match self.kinds {
            [kind] => format!("the host's {kind} namespace"),
            _ => "the host's namespaces".to_owned(),
        };
        let title = [span(title, self.theme, Role::Host)];
        let mut out = framed(&title, &body, columns, (Stroke::Solid, Role::Border), self.theme);
        out.extend(self.legend(&out, columns));
        out
    }

    /// Processes, and below them frames: side by side where they fit.
    fn inside(&self, contents: &Contents, columns: usize) -> Vec<Line<'static>> {
        let mut out = Vec::new();
        for member in &contents.members {
            out.extend(self.process(member, columns));
        }
        let mut blocks: Vec<Vec<Line>> = Vec::new();
        for space in &contents.spaces {
            blocks.push(self.space(space, columns));
        }
        out.extend(side_by_side(blocks, columns));
        out
    }

    fn is_new(&self, kind: &str, link: &str) -> bool {
        self.before.is_some_and(|before| {
            !before.namespaces.contains_key(link)
                && !before.members.iter().any(|member| member.links.get(kind).is_some_and(|l| l == link))
        })
    }

    fn space(&self, space: &Space, columns: usize) -> Vec<Line<'static>> {
        let gone = self.gone.contains(space.link);
        let (sign, role) = match (gone, self.is_new(space.kind, space.link)) {
            (true, _) => ("− ", Role::Changed),
            (false, true) => ("+ ", Role::Changed),
            (false, false) => ("", Role::Title),
        };
        let mut title = vec![
            span(sign, self.theme, Role::Changed),
            span(format!("{} {}", one_line(space.kind), self.names.short(space.link)), self.theme, role),
        ];
        if space.again {
            title.push(span(" (as above)", self.theme, Role::Dim));
        }
        if gone {
            title.push(span(" is gone", self.theme, Role::Changed));
        }
        let room = columns.saturating_sub(AROUND).max(1);
        let mut body = if space.again { Vec::new() } else { self.facts(space.kind, space.link, room) };
        if room >= LEAST {
            body.extend(self.inside(&space.inside, room));
        } else {
            body.extend(space.inside.everybody().iter().flat_map(|member| self.process(member, room)));
        }
        if body.is_empty() {
            body.push(Line::from(span("no process in it", self.theme, Role::Dim)));
        }
        let stroke = if gone { Stroke::Dashed } else { Stroke::Solid };
        let border = if sign.is_empty() { Role::Border } else { Role::Changed };
        framed(&title, &body, columns, (stroke, border), self.theme)
    }

    /// What there is to say of a namespace.
    fn facts(&self, kind: &str, link: &str, columns: usize) -> Vec<Line<'static>> {
        let notes = self.notes.of_space(kind, link).into_iter();
        notes.flat_map(|note| self.note(&note, &[], columns)).collect()
    }

    fn note(&self, (text, changed): &Note, before: &[Span<'static>], columns: usize) -> Vec<Line<'static>> {
        let sign = if *changed { "≠ " } else { "" };
        let role = if *changed { Role::Changed } else { Role::Dim };
        fold(&[span(format!("{sign}{text}"), self.theme, role)], before, &[blank(2)], columns)
    }

    /// A process, where it came from if this step has moved it, and what else there is to say.
    fn process(&self, member: &Member, columns: usize) -> Vec<Line<'static>> {
        let old = self.before.and_then(|before| before.members.iter().find(|old| same(old, member)));
        let ended = self.ended(member);
        let moved: Vec<String> = self
            .kinds
            .iter()
            .filter_map(|kind| {
                let (was, is) = (old?.links.get(*kind)?, member.links.get(*kind)?);
                let host = self.names.is_host(was);
                let from = if host {
                    format!("the host's {kind}")
                } else {
                    format!("{kind} {}", self.names.short(was))
                };
                (was != is).then(|| format!("from {from}"))
            })
            .collect();
        let (sign, role) = match (ended, old.is_none() && self.before.is_some(), moved.is_empty()) {
            (true, _, _) => ("− ", Role::Dim),
            (false, true, _) => ("+ ", Role::Changed),
            (false, false, false) => ("≠ ", Role::Changed),
            (false, false, true) => ("", who(&member.name)),
        };
        let name = if member.name == "host" { "isolab".to_owned() } else { one_line(&member.name) };
        let mut pieces = vec![
            span(sign, self.theme, Role::Changed),
            span(name, self.theme, role),
            span(format!(" {}", member.pid), self.theme, Role::Dim),
        ];
        if ended {
            pieces.push(span(" ended", self.theme, Role::Changed));
        } else if !moved.is_empty() {
            pieces.push(span(format!("  {}", moved.join(", ")), self.theme, Role::Changed));
        }
        let mut out = fold(&pieces, &[], &[blank(2)], columns);
        for note in self.notes.of_member(member) {
            out.extend(self.note(&note, &[blank(2)], columns));
        }
        out
    }

    /// What has ended stands behind those that live.
    fn ended(&self, member: &Member) -> bool {
        self.now.members.iter().skip(self.living).any(|other| same(other, member))
    }

    /// What the signs mean that occur.
    fn legend(&self, lines: &[Line], columns: usize) -> Vec<Line<'static>> {
        let has =
            |sign: &str| lines.iter().flat_map(|line| &line.spans).any(|span| span.content.starts_with(sign));
        let signs =
            [("+ ", "+ new in this step"), ("≠ ", "≠ changed in this step"), ("− ", "− ended in this step")];
        let used: Vec<String> =
            signs.iter().filter(|(sign, _)| has(sign)).map(|(_, text)| (*text).to_owned()).collect();
        if used.is_empty() { Vec::new() } else { fold_items(&used, Role::Dim, columns, self.theme) }
    }
}

impl<'a> Contents<'a> {
    /// All processes, whatever frames they are in.
    fn everybody(&self) -> Vec<&'a Member> {
        let deeper = self.spaces.iter().flat_map(|space| space.inside.everybody());
        self.members.iter().copied().chain(deeper).collect()
    }
}

/// Blocks of lines from left to right, and from top to bottom where they do not fit.
fn side_by_side(blocks: Vec<Vec<Line<'static>>>, columns: usize) -> Vec<Line<'static>> {
    let widest = |block: &[Line]| block.iter().map(|line| spans_width(&line.spans)).max().unwrap_or(0);
    let mut rows: Vec<(usize, Vec<Vec<Line<'static>>>)> = Vec::new();
    for block in blocks {
        let width = widest(&block);
        match rows.last_mut() {
            Some((used, row)) if *used + GAP + width <= columns => {
                *used += GAP + width;
                row.push(block);
            }
            _ => rows.push((width, vec![block])),
        }
    }
    let mut out = Vec::new();
    for (_, row) in rows {
        let height = row.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = row.iter().map(|block| widest(block)).collect();
        for i in 0..height {
            let mut spans: Vec<Span<'static>> = Vec::new();
            for (block, width) in row.iter().zip(&widths) {
                if !spans.is_empty() {
                    spans.push(blank(GAP));
                }
                let line = block.get(i).cloned().unwrap_or_default();
                let rest = width.saturating_sub(spans_width(&line.spans));
                spans.extend(line.spans);
                spans.push(blank(rest));
            }
            out.push(Line::from(spans));
        }
    }
    out
}
