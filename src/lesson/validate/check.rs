//! What the checks have in common: the typed lesson paired with its tree, and what they have found so far.

use super::super::diagnostic::Mistake;
use super::super::draft::Draft;
use super::super::position::{Kind, Node, Span};
use crate::vocabulary::suggest::{nearest, suggest};
use crate::vocabulary::verb::says::{Hop, Locator};
use crate::vocabulary::{Action, Expect, Lesson, Op, Per, Step, Verb};
use std::collections::HashSet;

/// How many mistakes are looked for; the rest would only be cut off.
const ENOUGH: usize = 200;

/// In which part of a lesson an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Setup,
    Given,
    Do,
}

/// One verb of one action.
#[derive(Clone, Copy)]
pub(super) struct Act<'a> {
    pub(super) part: Part,
    pub(super) action: &'a Action,
    pub(super) verb: &'a Verb,
    /// Where the actor stands.
    pub(super) subject: Span,
    /// Where the verb stands.
    pub(super) place: Span,
    /// What stands behind the verb, or the verb itself when it stands alone.
    pub(super) object: &'a Node,
}

impl Act<'_> {
    /// Whether it must fail on every machine.
    pub(super) fn fails(&self) -> bool {
        matches!(self.action.modifiers.fails, Some(Per::Same(_)))
    }

    /// Whether it must fail somewhere: then it may be something that cannot work.
    pub(super) fn may_fail(&self) -> bool {
        self.action.modifiers.fails.is_some()
    }
}

/// One statement of a step.
#[derive(Clone, Copy)]
pub(super) struct Stated<'a> {
    pub(super) expect: &'a Expect,
    pub(super) op: &'a Op,
    /// Where the readout's name stands.
    pub(super) subject: Span,
    /// The operator with its value.
    pub(super) node: &'a Node,
    /// The whole entry.
    pub(super) entry: &'a Node,
}

/// A step with its actions and statements.
pub(super) struct StepAt<'a> {
    pub(super) step: &'a Step,
    pub(super) node: &'a Node,
    pub(super) acts: Vec<Act<'a>>,
    pub(super) stated: Vec<Stated<'a>>,
    /// Whether something in it did not fit its shape.
    pub(super) broken: bool,
}

pub(super) struct Check<'a> {
    pub(super) lesson: &'a Lesson,
    pub(super) tree: &'a Node,
    pub(super) text: &'a str,
    /// Words that parts which did not fit their shape may have declared.
    pub(super) broken: &'a HashSet<String>,
    /// Words that such parts used.
    pub(super) broken_uses: &'a HashSet<String>,
    /// Parameters that stand somewhere.
    pub(super) used_params: &'a HashSet<String>,
    /// Words of the alternatives that were not taken.
    pub(super) elsewhere: &'a HashSet<String>,
    pub(super) setup: Vec<Act<'a>>,
    pub(super) steps: Vec<StepAt<'a>>,
    pub(super) mistakes: Vec<Mistake>,
    /// What unknown names are probably meant to be: it is used, although nothing names it.
    pub(super) meant: HashSet<String>,
}

impl<'a> Check<'a> {
    pub(super) fn new(draft: &'a Draft, text: &'a str) -> Self {
        let lesson = &draft.lesson;
        let mut check = Check {
            lesson,
            tree: &draft.tree,
            text,
            broken: &draft.broken,
            broken_uses: &draft.broken_uses,
            used_params: &draft.used_params,
            elsewhere: &draft.elsewhere,
            setup: Vec::new(),
            steps: Vec::new(),
            mistakes: Vec::new(),
            meant: HashSet::new(),
        };
        if let Some(node) = draft.tree.get("setup") {
            // a broken action of the setup leaves a gap in the typed list: then its order says nothing
            if node.items().len() == lesson.setup.len() {
                check.setup = check.acts(Part::Setup, &lesson.setup, node);
            }
        }
        let Some(list) = draft.tree.get("steps") else { return check };
        for (step, at) in lesson.steps.iter().zip(&draft.step_at) {
            let node = list.one_of(*at);
            let mut acts = Vec::new();
            for (part, key, actions) in [(Part::Given, "given", &step.given), (Part::Do, "do", &step.actions)]
            {
                if let Some(list) = node.get(key) {
                    acts.extend(check.acts(part, actions, list));
                }
            }
            let stated = check.stated(step, node);
            let broken = draft.broken_steps.contains(at);
            check.steps.push(StepAt { step, node, acts, stated, broken });
        }
        check
    }

    /// Pairs actions with their nodes; says what is wrong with an entry as a whole.
    fn acts(&mut self, part: Part, actions: &'a [Action], list: &'a Node) -> Vec<Act<'a>> {
        let mut acts = Vec::new();
        for (action, entry) in actions.iter().zip(list.items()) {
            let subject = entry.key(&action.subject).unwrap_or(entry.span);
            let Some(value) = entry.get(&action.subject) else { continue };
            let is_list = matches!(value.kind, Kind::Seq(_));
            if action.verbs.is_empty() {
                self.tell(
                    Mistake::new(subject, format!("`{}` does nothing", action.subject)).help("write a verb"),
                );
            }
            if is_list && let Some(fails) = entry.key("fails") {
                self.tell(
                    Mistake::new(fails, "`fails` on a list of verbs does not say which one fails")
                        .help("write an entry of its own for the verb that fails"),
                );
            }
            for (index, verb) in action.verbs.iter().enumerate() {
                let node = value.one_of(index);
                let (place, object) = inside(node);
                acts.push(Act { part, action, verb, subject, place, object });
            }
        }
        acts
    }

    fn stated(&mut self, step: &'a Step, node: &'a Node) -> Vec<Stated<'a>> {
        let mut stated = Vec::new();
        let Some(list) = node.get("expect") else { return stated };
        for (expect, entry) in step.expect.iter().zip(list.items()) {
            let subject = entry.key(&expect.subject).unwrap_or(entry.span);
            let Some(value) = entry.get(&expect.subject) else { continue };
            if expect.verbs.is_empty() {
                self.tell(Mistake::new(subject, format!("nothing is stated about `{}`", expect.subject)));
            }
            for (index, op) in expect.verbs.iter().enumerate() {
                let node = value.one_of(index);
                if expect.verbs.len() > 1 && matches!(op, Op::Was(_)) {
                    self.tell(
                        Mistake::new(
                            node.head(),
                            "`was` together with statements about the time after the step",
                        )
                        .help("write an entry of its own for it"),
                    );
                }
                stated.push(Stated { expect, op, subject, node, entry });
            }
        }
        stated
    }

    pub(super) fn tell(&mut self, mistake: Mistake) {
        if self.mistakes.len() < ENOUGH {
            self.mistakes.push(mistake);
        }
    }

    /// Where a part of what is written at a place stands, or else the place.
    pub(super) fn within(&self, span: Span, part: &str) -> Span {
        within(self.text, span, part)
    }

    /// What a locator leads to, and the place of it.
    pub(super) fn locate<'n>(&self, act: &Act<'n>, to: &Locator) -> (&'n Node, Span) {
        let whole = |node: &'n Node| (node, node.span);
        to.hops().iter().fold(whole(act.object), |(node, span), hop| match hop {
            Hop::Word => (node, act.place),
            Hop::Field(name) => whole(field(node, name)),
            Hop::FieldName(name) => (node, node.key(name).unwrap_or(node.span)),
            Hop::Key(index) => (node, node.entries().get(*index).map_or(node.span, |(key, _)| key.span)),
            Hop::Value(index) => whole(node.entries().get(*index).map_or(node, |(_, value)| value)),
            Hop::Item(index) => whole(node.one_of(*index)),
            Hop::Part(text) => (node, self.within(span, text)),
        })
    }

    /// Whether nothing needs to be said any more.
    pub(super) fn enough(&self) -> bool {
        self.mistakes.len() >= ENOUGH
    }

    /// Whether a word stood in a part that did not fit its shape.
    pub(super) fn excused(&self, word: &str) -> bool {
        self.broken.contains(word) || self.broken_uses.contains(word)
    }

    /// Says that something is unknown, with what is known.
    pub(super) fn unknown<'k>(
        &mut self,
        what: &str,
        name: &str,
        span: Span,
        known: impl Iterator<Item = &'k str> + Clone,
        otherwise: &str,
    ) {
        if self.enough() || self.broken.contains(name) {
            return;
        }
        if let Some(near) = nearest(name, known.clone()) {
            self.meant.insert(near.to_owned());
        }
        let help = suggest(name, known).unwrap_or_else(|| otherwise.to_owned());
        self.tell(Mistake::new(span, format!("unknown {what} `{name}`")).help(help));
    }

    /// Whether a name is among these; says so when it is not.
    pub(super) fn is_declared<'n>(
        &mut self,
        what: &str,
        (name, span): (&str, Span),
        known: impl Iterator<Item = &'n String> + Clone,
        otherwise: &str,
    ) -> bool {
        let there = known.clone().any(|k| k == name);
        if !there {
            self.unknown(what, name, span, known.map(String::as_str), otherwise);
        }
        there
    }

    pub(super) fn is_box(&mut self, name: &str, span: Span) -> bool {
        let lesson = self.lesson;
        self.is_declared("box", (name, span), lesson.boxes.keys(), "declare it under `boxes`")
    }

    pub(super) fn is_workload(&mut self, name: &str, span: Span) -> bool {
        let lesson = self.lesson;
        self.is_declared("workload", (name, span), lesson.workloads.keys(), "declare it under `workloads`")
    }

    pub(super) fn is_cgroup(&mut self, name: &str, span: Span) -> bool {
        let lesson = self.lesson;
        self.is_declared("cgroup", (name, span), lesson.cgroups.keys(), "declare it under `cgroups`")
    }

    /// A box or a workload.
    pub(super) fn is_process(&mut self, name: &str, span: Span) -> bool {
        let lesson = self.lesson;
        let known = lesson.boxes.keys().chain(lesson.workloads.keys());
        let otherwise = "declare it under `boxes` or `workloads`";
        self.is_declared("box or workload", (name, span), known, otherwise)
    }

    pub(super) fn is_readout(&mut self, name: &str, span: Span) -> bool {
        let lesson = self.lesson;
        self.is_declared("readout", (name, span), lesson.readouts.keys(), "declare it under `readouts`")
    }
}

/// The place of the word of `word: object` or of a word alone, and the object.
pub(super) fn inside(node: &Node) -> (Span, &Node) {
    match node.entries() {
        [(key, value), ..] => (key.span, value),
        [] => (node.head(), node),
    }
}

/// The value of a field, or the node itself where that field stands alone.
pub(super) fn field<'a>(object: &'a Node, name: &str) -> &'a Node {
    object.get(name).unwrap_or(object)
}

/// Where a part of what is written at a place stands, or else the place.
pub(in super::super) fn within(written: &str, span: Span, part: &str) -> Span {
    let there = written.get(span.start..span.end).unwrap_or_default();
    match there.find(part) {
        Some(at) if !part.is_empty() => Span { start: span.start + at, end: span.start + at + part.len() },
        _ => span,
    }
}
