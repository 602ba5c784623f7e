//! User namespaces: who is in them and with which powers, which ids they map, what they own, and the same id seen from inside and from outside.

use super::frames::{Frames, Note, Notes};
use super::input::PictureInput;
use super::names::Names;
use super::namespaces::{Held, kinds};
use super::nest::KINDS;
use crate::events::ReadoutRecord;
use crate::model::{Member, NamespaceMap, Reading, Value};
use crate::present::plain::{one_line, width as columns_of};
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{blank, cut_line, fit, span};
use crate::vocabulary::Reader;
use crate::vocabulary::reader::IdKind;
use ratatui::text::{Line, Span};

/// The bits that a set of capabilities has at least when it is the full one (Linux 3.16).
const ALL_AT_LEAST: u32 = 37;
/// Names of processes and files take no more than this.
const NAME: usize = 18;

/// The frames of user namespaces, and below them ids from both sides.
pub fn draw(input: &PictureInput, width: u16, _: u16, theme: Theme) -> Option<Vec<Line<'static>>> {
    let (before, now) = match (input.before, input.now.filter(|_| input.after)) {
        (before, Some(now)) => (before, now),
        (Some(before), None) => (None, before),
        (None, None) => return None,
    };
    let read = kinds(input);
    let kinds: Vec<&str> = KINDS.into_iter().filter(|kind| *kind == "user" || read.contains(kind)).collect();
    let names = Names::of_input(input);
    let notes = Powers { input, now, names: &names, drawn: &kinds };
    let mut out = Frames::new((before, now), &kinds, &names, &notes, theme).lines(width.into());
    let ids = ids(input, width.into(), theme);
    if !ids.is_empty() {
        out.push(Line::default());
        out.extend(ids);
    }
    Some(out)
}

/// What was read of ids and capabilities, and what each user namespace owns.
struct Powers<'a> {
    input: &'a PictureInput<'a>,
    now: &'a NamespaceMap,
    names: &'a Names,
    /// Types that have frames of their own.
    drawn: &'a [&'static str],
}

/// A note on a reading before and after.
fn compared(
    input: &PictureInput,
    record: &ReadoutRecord,
    say: impl Fn(&Reading) -> Option<String>,
) -> Option<Note> {
    if !input.after {
        return say(&record.before).map(|text| (text, false));
    }
    let text = say(&record.after)?;
    let changed = say(&record.before).is_some_and(|before| before != text);
    Some((text, changed))
}

impl Powers<'_> {
    fn in_space(&self, name: &str, link: &str) -> bool {
        let mut members = self.now.members.iter().filter(|member| member.name == name);
        members.any(|member| member.links.get("user").is_some_and(|own| own == link))
    }

    /// The maps that were read of a namespace.
    fn maps(&self, link: &str) -> Vec<Note> {
        let mut out = Vec::new();
        for record in self.input.readouts {
            let Some(Reader::IdMap(map)) = self.input.reader(record) else { continue };
            let of = map.of.as_deref().unwrap_or(&record.viewpoint);
            if !self.in_space(of, link) {
                continue;
            }
            let label = match map.kind {
                IdKind::Uid => "uid",
                IdKind::Gid => "gid",
            };
            out.extend(compared(self.input, record, |reading| rungs(label, reading)));
        }
        out
    }

    /// What a namespace owns of the types that have no frames.
    fn owns(&self, link: &str) -> Vec<Note> {
        let owned = self.now.namespaces.iter().filter(|(_, space)| {
            space.owner.as_deref() == Some(link) && !self.drawn.contains(&space.kind.as_str())
        });
        let note = |(owned, space): (&String, &crate::model::Namespace)| {
            let before = self.input.before.filter(|_| self.input.after);
            let new = before.is_some_and(|before| !before.namespaces.contains_key(owned));
            (format!("owns {} {}", one_line(&space.kind), self.names.short(owned)), new)
        };
        owned.filter(|(owned, _)| !self.names.is_host(owned)).map(note).collect()
    }
}

impl Notes for Powers<'_> {
    fn of_space(&self, kind: &str, link: &str) -> Vec<Note> {
        let mut out = Held { input: self.input }.of_space(kind, link);
        if kind == "user" {
            out.extend(self.maps(link));
            out.extend(self.owns(link));
        }
        out
    }

    fn of_member(&self, member: &Member) -> Vec<Note> {
        let powers = |record: &ReadoutRecord| {
            let Some(Reader::Status(status)) = self.input.reader(record) else { return None };
            let of = status.of.as_deref().unwrap_or(&record.viewpoint);
            if of != member.name || status.field.0 != "CapEff" {
                return None;
            }
            compared(self.input, record, capabilities)
        };
        self.input.readouts.iter().filter_map(powers).collect()
    }
}

/// A map as a ladder: ids inside, and what they are outside.
fn rungs(label: &str, reading: &Reading) -> Option<String> {
    let Some(Value::Table(rows)) = reading.value() else { return None };
    if rows.is_empty() {
        return Some(format!("{label} map: empty"));
    }
    let range = |first: &str, count: u64| match first.parse::<u64>() {
        Ok(from) if count > 1 => format!("{from}–{}", from.saturating_add(count - 1)),
        _ => one_line(first),
    };
    let rung = |row: &crate::model::Row| {
        let count = row.get("count")?.parse().unwrap_or(1);
        Some(format!("{} ↔ {}", range(row.get("inside")?, count), range(row.get("outside")?, count)))
    };
    let rungs: Option<Vec<String>> = rows.iter().map(rung).collect();
    Some(format!("{label} inside ↔ outside: {}", rungs?.join(", ")))
}

/// A set of capabilities in words.
fn capabilities(reading: &Reading) -> Option<String> {
    let text = reading.value()?.to_string();
    let set = u64::from_str_radix(text.trim(), 16).ok()?;
    let all = set.trailing_ones() == set.count_ones() && set.count_ones() >= ALL_AT_LEAST;
    Some(match set.count_ones() {
        0 => "no capabilities".to_owned(),
        _ if all => "all capabilities".to_owned(),
        1 => "1 capability".to_owned(),
        some => format!("{some} capabilities"),
    })
}

/// Something that has an id: a process or a file, with what each viewpoint sees.
struct Row {
    name: String,
    seen: Vec<(String, String, bool)>,
}

/// The same id as it is seen from inside and from outside, side by side.
fn ids(input: &PictureInput, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut rows: Vec<Row> = Vec::new();
    for record in input.readouts {
        let name = match input.reader(record) {
            Some(Reader::Status(status)) if status.field.0 == "Uid" => {
                format!("uid of {}", one_line(status.of.as_deref().unwrap_or(&record.viewpoint)))
            }
            Some(Reader::Owner(owner)) => {
                let file = owner.0.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
                format!("owner of {}", if file.is_empty() { "/".to_owned() } else { one_line(file) })
            }
            _ => continue,
        };
        let Some(seen) = seen(input, record) else { continue };
        match rows.iter_mut().find(|row| row.name == name) {
            Some(row) => row.seen.push(seen),
            None => rows.push(Row { name, seen: vec![seen] }),
        }
    }
    let mut viewpoints: Vec<&str> = Vec::new();
    for (viewpoint, ..) in rows.iter().flat_map(|row| &row.seen) {
        if !viewpoints.contains(&viewpoint.as_str()) {
            viewpoints.push(viewpoint);
        }
    }
    // The host is outside of everything.
    viewpoints.sort_by_key(|viewpoint| *viewpoint == "host");
    let cell = |row: &Row, viewpoint: &str| {
        row.seen
            .iter()
            .find(|(from, ..)| from == viewpoint)
            .map(|(_, text, changed)| (text.clone(), *changed))
    };
    let widths: Vec<usize> = viewpoints
        .iter()
        .map(|viewpoint| {
            let texts = rows.iter().filter_map(|row| cell(row, viewpoint)).map(|(text, _)| columns_of(&text));
            texts.chain([columns_of(viewpoint) + 5]).max().unwrap_or(0)
        })
        .collect();
    let first = rows.iter().map(|row| columns_of(&row.name)).max().unwrap_or(0).min(NAME);
    let mut out = Vec::new();
    if !rows.is_empty() {
        let mut heading = vec![blank(first + 2)];
        for (i, viewpoint) in viewpoints.iter().enumerate() {
            let text = format!("{} sees", one_line(viewpoint));
            heading.push(blank(if i == 0 { 2 } else { 5 }));
            heading.push(span(fit(&text, widths[i]), theme, Role::Dim));
        }
        out.push(cut_line(&heading, columns));
    }
    for row in &rows {
        let changed = row.seen.iter().any(|(_, _, changed)| *changed);
        let mut line: Vec<Span> = vec![
            span(if changed { "≠ " } else { "  " }, theme, Role::Changed),
            span(fit(&row.name, first), theme, Role::Plain),
        ];
        let mut last = false;
        for (i, viewpoint) in viewpoints.iter().enumerate() {
            let found = cell(row, viewpoint);
            let rung = if i == 0 {
                "  "
            } else if last && found.is_some() {
                "  ↔  "
            } else {
                "     "
            };
            last = found.is_some();
            let (text, changed) = found.unwrap_or_default();
            line.push(span(rung, theme, Role::Accent));
            line.push(span(fit(&text, widths[i]), theme, if changed { Role::Changed } else { Role::Plain }));
        }
        out.push(cut_line(&line, columns));
    }
    out
}

/// What a viewpoint sees: its name, the id with the one of before, and whether it has changed.
fn seen(input: &PictureInput, record: &ReadoutRecord) -> Option<(String, String, bool)> {
    let id = |reading: &Reading| match reading {
        Reading::Fact(fact) => Some(one_id(&fact.value.to_string())),
        Reading::Unread { .. } | Reading::Gone | Reading::NotMeasured => None,
    };
    let (before, after) = (id(&record.before), id(&record.after).filter(|_| input.after));
    let viewpoint = record.viewpoint.clone();
    match (before, after) {
        (Some(before), Some(after)) if before != after => {
            Some((viewpoint, format!("{before} → {after}"), true))
        }
        (None, Some(id)) => Some((viewpoint, id, true)),
        (Some(id), _) => Some((viewpoint, id, false)),
        (None, None) => None,
    }
}

/// Real, effective, saved and filesystem id as one, where they are equal.
fn one_id(text: &str) -> String {
    let parts: Vec<&str> = text.split_whitespace().collect();
    match parts.split_first() {
        Some((first, rest)) if rest.iter().all(|part| part == first) => one_line(first),
        _ => one_line(text.trim_end()),
    }
}
