//! The map: all processes in the frames of all their namespaces, and who they are.

use super::frame::{Stroke, framed};
use super::frames::{Frames, Note, Notes};
use super::names::Names;
use super::nest::{KINDS, host};
use crate::model::{Member, NamespaceMap};
use crate::present::plain::one_line;
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::{blank, fold, span};
use crate::vocabulary::Lesson;
use ratatui::text::Line;

/// The map at this moment and what changed since `before`. What of the lesson is not there (yet) stands in a dashed frame.
pub fn lines(
    lesson: &Lesson,
    now: Option<&NamespaceMap>,
    before: Option<&NamespaceMap>,
    columns: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    if let Some(now) = now {
        let names = Names::of([now].into_iter().chain(before));
        let kinds: Vec<&str> = KINDS.into_iter().filter(|kind| differs(now, before, kind)).collect();
        let shared: Vec<&str> = KINDS.into_iter().filter(|kind| !kinds.contains(kind)).collect();
        out.extend(Frames::new((before, now), &kinds, &names, &Kept { now }, theme).lines(columns));
        if !shared.is_empty() {
            let text = format!("all are in the host's namespaces of type {}", shared.join(", "));
            out.extend(fold(&[span(text, theme, Role::Dim)], &[], &[blank(2)], columns));
        }
    }
    out.extend(absent(lesson, now, columns, theme));
    out.extend(who_is_who(lesson, now, columns, theme));
    out
}

/// Whether anybody is, or was before, in a namespace of this type that is not the host's.
fn differs(now: &NamespaceMap, before: Option<&NamespaceMap>, kind: &str) -> bool {
    let own = |map: &NamespaceMap| {
        map.namespaces.iter().any(|(link, space)| space.kind == kind && host(map, kind) != Some(link))
    };
    own(now) || before.is_some_and(own)
}

/// What keeps namespaces besides their members.
struct Kept<'a> {
    now: &'a NamespaceMap,
}

impl Notes for Kept<'_> {
    fn of_space(&self, kind: &str, link: &str) -> Vec<Note> {
        let kept = self.now.namespaces.get(link).filter(|_| host(self.now, kind) != Some(link));
        let kept = kept.into_iter().flat_map(|space| &space.kept_by);
        kept.map(|why| (format!("kept by {}", one_line(why)), false)).collect()
    }

    fn of_member(&self, member: &Member) -> Vec<Note> {
        let inside: Vec<String> = member.numbers.iter().skip(1).map(ToString::to_string).collect();
        match inside.as_slice() {
            [] => Vec::new(),
            numbers => vec![(format!("PID {} inside", numbers.join(", ")), false)],
        }
    }
}

/// The lesson's boxes that do not live now.
fn absent(lesson: &Lesson, now: Option<&NamespaceMap>, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let lives = |id: &String| now.is_some_and(|now| now.members.iter().any(|member| member.name == *id));
    let absent = lesson.boxes.iter().filter(|(id, _)| !lives(id));
    let body = absent.flat_map(|(id, decl)| {
        let how = match &decl.forked_by {
            Some(parent) => format!("  a child of {}, born in a step", one_line(parent)),
            None => String::new(),
        };
        let pieces = [span(one_line(id), theme, Role::Guest), span(how, theme, Role::Dim)];
        fold(&pieces, &[], &[blank(2)], columns.saturating_sub(super::frame::AROUND))
    });
    let body: Vec<Line> = body.collect();
    if body.is_empty() {
        return Vec::new();
    }
    let title = [span("of this lesson, not there now", theme, Role::Dim)];
    framed(&title, &body, columns, (Stroke::Dashed, Role::Border), theme)
}

/// Each kind of process that the map shows, in one line; and those of the lab that it does not show.
fn who_is_who(
    lesson: &Lesson,
    now: Option<&NamespaceMap>,
    columns: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let members = || now.into_iter().flat_map(|now| now.members.iter().skip(1));
    let named = |wanted: &dyn Fn(&Member) -> bool| {
        let mut names: Vec<String> = members().filter(|m| wanted(m)).map(|m| one_line(&m.name)).collect();
        names.dedup();
        names.join(", ")
    };
    let a_box = |member: &Member| lesson.boxes.contains_key(&member.name);
    let a_workload = |member: &Member| lesson.workloads.contains_key(&member.name);
    let a_shell = |member: &Member| member.name == "shell" && !a_box(member) && !a_workload(member);
    let other = |member: &Member| !a_box(member) && !a_workload(member) && !a_shell(member);
    let mut rows = vec![
        ("isolab".to_owned(), "this program: it reads what the host sees, and takes no part in the lesson"),
        (named(&a_box), "boxes: the processes that act in this lesson"),
        (named(&a_workload), "workloads: they use CPU, memory or a port, and are measured"),
        (named(&a_shell), "your shell"),
        (named(&other), "started by one of the above"),
    ];
    if members().next().is_some() {
        let unseen = "not drawn: it starts the boxes, traces their calls, and undoes everything at the end";
        rows.push(("the guardian".to_owned(), unseen));
        let holder =
            "not drawn: does nothing but keep this run's user namespace, in which the boxes are born";
        rows.push(("the holder".to_owned(), holder));
    }
    let mut out = vec![Line::default()];
    for (names, what) in rows.into_iter().filter(|(names, _)| !names.is_empty()) {
        let pieces = [span(names, theme, Role::Strong), span(format!("  {what}"), theme, Role::Dim)];
        out.extend(fold(&pieces, &[], &[blank(2)], columns));
    }
    out
}
