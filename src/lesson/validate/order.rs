//! Order: nothing is used before it is there or after it has ended, and no basic step depends on a deeper one.
//!
//! The lesson is walked through without running it: as a whole; without its deeper steps; and, where it has conditions, on
//! each kind of machine.

use super::super::diagnostic::Mistake;
use super::super::position::{Node, Span};
use super::check::{Act, Check, Stated, StepAt, inside};
use super::world::{Life, Scenario, Thing, World, things};
use crate::vocabulary::control::Takes;
use crate::vocabulary::verb::says::{Effect, MadeIn, Mention, MustExist};
use crate::vocabulary::when::Rights;
use crate::vocabulary::whole::Level;
use crate::vocabulary::{Ns, Op, Val, Version};
use std::collections::{HashMap, HashSet};

pub(super) fn check(check: &mut Check) {
    let setup = std::mem::take(&mut check.setup);
    let steps = std::mem::take(&mut check.steps);
    names(check, &steps);
    let conditions = steps.iter().any(|s| s.step.when.is_some())
        || setup.iter().chain(steps.iter().flat_map(|s| &s.acts)).any(|a| a.action.modifiers.when.is_some());
    let mut scenarios = vec![Scenario::default()];
    if steps.iter().any(|s| s.step.level.is_some()) {
        scenarios.push(Scenario { basics: true, ..Scenario::default() });
    }
    if conditions {
        for cgroup in [Version::V1, Version::V2] {
            scenarios.push(Scenario { cgroup: Some(cgroup), ..Scenario::default() });
        }
        for rights in [Rights::Root, Rights::Rootless] {
            scenarios.push(Scenario { rights: Some(rights), ..Scenario::default() });
        }
    }
    let mut told = HashSet::new();
    for scenario in scenarios {
        let mut walk = Walk { check, scenario, world: World::default(), told: &mut told };
        walk.lesson(&setup, &steps);
    }
    check.setup = setup;
    check.steps = steps;
}

/// `as_before` names a step.
fn names(check: &mut Check, steps: &[StepAt]) {
    let tree = check.tree;
    let ids = || {
        let items = tree.get("steps").map(Node::items).unwrap_or_default();
        items.iter().filter_map(|s| s.get("id")?.scalar())
    };
    let known: HashSet<&str> = ids().collect();
    for stated in steps.iter().flat_map(|s| &s.stated) {
        let (op, node) = innermost(stated.op, stated.node);
        if let Op::AsBefore(id) = op
            && !known.contains(id.as_str())
        {
            check.unknown("step", id, inside(node).1.span, ids(), "");
        }
    }
}

/// The operator inside of `was` and `peak`.
fn innermost<'a>(op: &'a Op, node: &'a Node) -> (&'a Op, &'a Node) {
    match op {
        Op::Was(inner) | Op::Peak(inner) => innermost(inner, inside(node).1),
        _ => (op, node),
    }
}

/// A step that an `as_before` names.
struct Passed<'a> {
    /// What was there before its actions.
    before: World<'a>,
    /// The readouts that it reads.
    read: HashSet<&'a str>,
    broken: bool,
}

struct Walk<'c, 'a> {
    check: &'c mut Check<'a>,
    scenario: Scenario,
    world: World<'a>,
    /// What was told already, in another scenario.
    told: &'c mut HashSet<Span>,
}

impl<'a> Walk<'_, 'a> {
    fn lesson(&mut self, setup: &[Act<'a>], steps: &[StepAt<'a>]) {
        self.world = World::new(self.check.lesson);
        for act in setup {
            self.act(act);
        }
        // the worlds before the steps that an `as_before` names, and the readouts of these steps
        let wanted: HashSet<&str> = steps
            .iter()
            .flat_map(|s| &s.stated)
            .filter_map(|s| match innermost(s.op, s.node).0 {
                Op::AsBefore(id) => Some(id.as_str()),
                _ => None,
            })
            .collect();
        let mut passed: HashMap<&str, Passed<'a>> = HashMap::new();
        for step in steps {
            let skipped = (self.scenario.basics && step.step.level == Some(Level::Deeper))
                || !self.scenario.includes(step.step.when.as_ref());
            if skipped {
                continue;
            }
            let (given, actions): (Vec<_>, Vec<_>) =
                step.acts.iter().partition(|a| a.part == super::check::Part::Given);
            for act in given {
                self.act(act);
            }
            let before = self.world.clone();
            for act in actions {
                self.act(act);
            }
            for stated in &step.stated {
                if !self.scenario.includes(stated.expect.modifiers.when.as_ref()) {
                    continue;
                }
                self.stated(stated, &before);
                self.captured(&stated.expect.subject, stated.subject, &before);
                self.as_before(step, stated, &passed);
            }
            self.lists(step, &before);
            if wanted.contains(step.step.id.as_str()) {
                let passed_by = Passed { before, read: read(step), broken: step.broken };
                passed.insert(&step.step.id, passed_by);
            }
        }
    }

    /// Says something once for all scenarios.
    fn tell(&mut self, span: Span, message: String, help: String) {
        if self.told.insert(span) {
            let help = self.scenario.why().map_or(help, str::to_owned);
            self.check.tell(Mistake::new(span, message).help(help));
        }
    }

    /// Whether it is there; says so when it is not. What was never made is missed once.
    fn need(&mut self, thing: Thing<'a>, span: Span, once: bool) {
        let life = self.world.life(thing);
        if life == Life::There || (once && life == Life::Ended) || self.check.excused(thing.id()) {
            return;
        }
        self.missing(thing, life, span);
        if life == Life::Unborn {
            self.world.set(thing, Life::There);
        }
    }

    fn missing(&mut self, thing: Thing<'a>, life: Life, span: Span) {
        let id = thing.id();
        let (message, help) = match (thing, life) {
            (Thing::Box(_), Life::Unborn) => {
                let parent = self.check.lesson.boxes[id].forked_by.as_deref().unwrap_or("BOX");
                (
                    format!("`{id}` is not forked yet"),
                    format!("write `- {{ {parent}: {{ fork: {id} }} }}` before"),
                )
            }
            (Thing::Box(_), _) => {
                (format!("`{id}` has exited"), "move this before its `exit`, or expect `gone`".to_owned())
            }
            (Thing::Workload(_), Life::Unborn) => (
                format!("`{id}` is not started yet"),
                format!("write `- {{ BOX: {{ start: {id} }} }}` before"),
            ),
            (Thing::Workload(_), _) => {
                (format!("`{id}` was stopped"), "move this before its `stop`, or expect `gone`".to_owned())
            }
            (Thing::Cgroup(_), Life::Unborn) => (
                format!("`{id}` is not created yet"),
                format!("write `- {{ BOX: {{ create_cgroup: {id} }} }}` before"),
            ),
            (Thing::Cgroup(_), _) => {
                (format!("`{id}` was removed"), "move this before its `remove_cgroup`".to_owned())
            }
        };
        self.tell(span, message, help);
    }

    /// One action: what it needs, then what it does to the world.
    fn act(&mut self, act: &Act<'a>) {
        if !self.scenario.includes(act.action.modifiers.when.as_ref()) {
            return;
        }
        let subject = act.action.subject.as_str();
        self.need(Thing::Box(subject), act.subject, false);
        let facts = act.verb.facts();
        for (at, mention) in facts.mentions {
            if let Mention::Namespaces(types, MadeIn::Unshare) = mention
                && types.contains(&Ns::Net)
            {
                self.world.networks.insert(subject);
            }
            self.mention(subject, &mention, self.check.locate(act, &at));
        }
        for effect in facts.effects {
            self.effect(act, subject, effect);
        }
    }

    /// What is named exists by then.
    #[deny(clippy::wildcard_enum_match_arm)]
    fn mention(&mut self, subject: &'a str, mention: &Mention<'a>, (node, span): (&Node, Span)) {
        let (thing, must_exist) = match *mention {
            Mention::Box(id, MustExist::NowOrHeld) if self.world.held.contains(&(subject, id)) => return,
            Mention::Box(id, must_exist) => (Thing::Box(id), must_exist),
            Mention::Process(id, must_exist) => (self.process(id), must_exist),
            Mention::Cgroup(id, must_exist) => (Thing::Cgroup(id), must_exist),
            Mention::Setting(to, setting) => {
                self.need(Thing::Cgroup(&to.cgroup), self.check.within(span, &to.cgroup), false);
                if let (Val::Text(id), Takes::Member) = (&setting.value, to.knob.file.takes) {
                    self.need(self.process(id), inside(node).1.span, false);
                }
                return;
            }
            Mention::Child(_)
            | Mention::Workload(_)
            | Mention::Path(..)
            | Mention::Namespaces(..)
            | Mention::Interface(_)
            | Mention::Time(_)
            | Mention::Memory(..)
            | Mention::Wrong(_) => return,
        };
        match must_exist {
            MustExist::Declared => {}
            MustExist::Now | MustExist::NowOrHeld => self.need(thing, span, false),
            MustExist::Once => self.need(thing, span, true),
        }
    }

    /// What is different afterwards, and what must have been there for it.
    #[deny(clippy::wildcard_enum_match_arm)]
    fn effect(&mut self, act: &Act<'a>, subject: &'a str, effect: Effect<'a>) {
        let lesson = self.check.lesson;
        let span = act.object.span;
        let works = !act.fails();
        match effect {
            Effect::Holds(of) => {
                self.world.held.insert((subject, of));
            }
            Effect::Forks(child) => {
                let thing = Thing::Box(child);
                let declared = lesson.boxes.get(child).is_some_and(|b| b.forked_by.is_some());
                if declared && self.world.life(thing) != Life::Unborn {
                    let message = format!("`{child}` is forked a second time");
                    self.tell(span, message, "declare a box of its own for each fork".to_owned());
                }
                if works {
                    self.world.set(thing, Life::There);
                }
                let made = |(_, mention): &(_, Mention)| matches!(mention, Mention::Namespaces(types, MadeIn::Clone) if types.contains(&Ns::Net));
                if self.world.networks.contains(subject) || act.verb.facts().mentions.iter().any(made) {
                    self.world.networks.insert(child);
                }
            }
            Effect::Exits => {
                if works {
                    self.world.set(Thing::Box(subject), Life::Ended);
                }
            }
            Effect::Starts(id) => {
                if let Some(cgroup) = lesson.workloads.get(id).and_then(|w| w.cgroup()) {
                    self.need(Thing::Cgroup(cgroup), span, false);
                }
                if self.world.is_there(Thing::Workload(id)) && !act.may_fail() {
                    let message = format!("`{id}` is already running");
                    self.tell(span, message, "stop it first, or declare a second workload".to_owned());
                }
                if works {
                    self.world.set(Thing::Workload(id), Life::There);
                    self.world.starters.insert(id, subject);
                }
            }
            Effect::Stops(id) => {
                // what a deeper step may have started is stopped without asking
                if self.scenario.why().is_none() {
                    self.need(Thing::Workload(id), span, true);
                }
                if let Some(starter) = self.world.starters.get(id).filter(|s| **s != subject) {
                    let message =
                        format!("`{id}` was started by `{starter}`, and only its parent can wait for it");
                    let help = format!("let `{starter}` stop it");
                    self.tell(span, message, help);
                }
                if self.world.is_there(Thing::Workload(id)) {
                    self.world.set(Thing::Workload(id), Life::Ended);
                }
            }
            Effect::CreatesCgroup(id) => {
                if let Some(parent) = lesson.cgroups.get(id).and_then(|c| c.under.as_deref()) {
                    self.need(Thing::Cgroup(parent), span, false);
                }
                if self.world.is_there(Thing::Cgroup(id)) && !act.may_fail() {
                    let message = format!("`{id}` is created a second time");
                    self.tell(span, message, "remove it first, or say that it `fails: EEXIST`".to_owned());
                }
                if works {
                    self.world.set(Thing::Cgroup(id), Life::There);
                }
            }
            Effect::RemovesCgroup(id) => {
                if works {
                    self.world.set(Thing::Cgroup(id), Life::Ended);
                }
            }
            // Whichever type it is.
            Effect::Joins => {
                self.world.networks.insert(subject);
            }
            Effect::Signals(..) | Effect::Chroots(_) | Effect::PivotsRoot | Effect::MountsOwn(_) => {}
        }
    }

    fn process(&self, id: &'a str) -> Thing<'a> {
        if self.check.lesson.workloads.contains_key(id) { Thing::Workload(id) } else { Thing::Box(id) }
    }

    /// What a statement reads is there, before the step where it compares with that.
    fn stated(&mut self, stated: &Stated<'a>, before: &World<'a>) {
        let mut claims = vec![(stated.expect.subject.as_str(), stated.subject)];
        let place = inside(stated.node).0;
        let mut early = false;
        let mut op = stated.op;
        let mut node = stated.node;
        loop {
            let value = inside(node).1;
            match op {
                Op::Gone => return self.gone(stated, before),
                Op::Fails(_) => return,
                Op::Changed | Op::Unchanged | Op::Grew | Op::Fell | Op::GrewBy(_) => early = true,
                Op::SameAs(other) | Op::DiffersFrom(other) => claims.push((other, value.span)),
                Op::RatioTo(one) => {
                    let span = value.entries().first().map_or(value.span, |(k, _)| k.span);
                    claims.push((&one.0, span));
                }
                Op::Was(inner) => {
                    early = true;
                    (op, node) = (inner, value);
                    continue;
                }
                Op::Peak(inner) => {
                    (op, node) = (inner, value);
                    continue;
                }
                _ => {}
            }
            break;
        }
        let lesson = self.check.lesson;
        for (id, span) in claims {
            let Some(readout) = lesson.readouts.get(id) else { continue };
            for (thing, once) in things(lesson, readout) {
                let was = matches!(stated.op, Op::Was(_));
                if !was {
                    self.need(thing, span, once);
                }
                let life = before.life(thing);
                if early && life == Life::Unborn && !self.check.excused(thing.id()) {
                    let message =
                        format!("`{id}` cannot be read before the step: `{}` does not exist yet", thing.id());
                    let help = "move what makes it to `given`, or state a value instead of a change";
                    self.tell(place, message, help.to_owned());
                }
            }
        }
    }

    /// What is gone was there.
    fn gone(&mut self, stated: &Stated<'a>, before: &World<'a>) {
        let lesson = self.check.lesson;
        let Some(readout) = lesson.readouts.get(&stated.expect.subject) else { return };
        for (thing, _) in things(lesson, readout) {
            let never = before.life(thing) == Life::Unborn && self.world.life(thing) == Life::Unborn;
            if never && !self.check.excused(thing.id()) {
                let message = format!("this cannot fail: `{}` never existed", thing.id());
                self.tell(
                    stated.subject,
                    message,
                    "make it before this step, and end it in this step".to_owned(),
                );
            }
        }
    }

    fn as_before(&mut self, step: &StepAt<'a>, stated: &Stated<'a>, passed: &HashMap<&str, Passed<'a>>) {
        let (Op::AsBefore(id), node) = innermost(stated.op, stated.node) else { return };
        let span = inside(node).1.span;
        let subject = stated.expect.subject.as_str();
        if *id == step.step.id {
            let help = "write `unchanged`, or name an earlier step".to_owned();
            return self.tell(span, format!("`{id}` is this step"), help);
        }
        let lesson = self.check.lesson;
        match passed.get(id.as_str()) {
            None => {
                // a step that does not exist, or whose shape is broken, is told elsewhere
                if lesson.steps.iter().any(|s| s.id == *id) {
                    self.tell(
                        span,
                        format!("`{id}` does not come before this step"),
                        "name an earlier step".to_owned(),
                    );
                }
            }
            Some(Passed { read, broken, .. }) if !broken && !read.contains(subject) => {
                let help = format!("write `show: [{subject}]` in the step `{id}`");
                self.tell(span, format!("the step `{id}` does not read `{subject}`"), help);
            }
            Some(Passed { before: world, .. }) => {
                let Some(readout) = lesson.readouts.get(subject) else { return };
                for (thing, _) in things(lesson, readout) {
                    if world.life(thing) == Life::Unborn && !self.check.excused(thing.id()) {
                        let message = format!("`{}` did not exist before the step `{id}`", thing.id());
                        self.tell(span, message, "name a later step".to_owned());
                    }
                }
            }
        }
    }

    /// What is shown was there at least once.
    fn lists(&mut self, step: &StepAt<'a>, before: &World<'a>) {
        let lesson = self.check.lesson;
        for (key, ids) in [("show", &step.step.show), ("watch", &step.step.watch)] {
            for (id, node) in ids.iter().zip(step.node.get(key).map(Node::items).unwrap_or_default()) {
                let Some(readout) = lesson.readouts.get(id) else { continue };
                for (thing, _) in things(lesson, readout) {
                    self.need(thing, node.span, true);
                }
                self.captured(id, node.span, before);
            }
        }
    }

    /// Frames are captured where they are not the host's, from before the step's actions on.
    fn captured(&mut self, id: &'a str, span: Span, before: &World<'a>) {
        let Some(readout) = self.check.lesson.readouts.get(id).filter(|r| r.is_captured()) else { return };
        let of = readout.subject.as_str();
        if of == "host" || before.networks.contains(of) || self.check.excused(of) {
            return;
        }
        let message =
            format!("`{of}` is in the host's network before the step, whose frames are never captured");
        let help = "let it have a network of its own before: `new: [net]`, or `unshare: [net]` in `given`";
        self.tell(span, message, help.to_owned());
    }
}

/// The readouts that a step reads.
fn read<'a>(step: &StepAt<'a>) -> HashSet<&'a str> {
    let mut read: HashSet<&str> = step.step.show.iter().chain(&step.step.watch).map(String::as_str).collect();
    for stated in &step.stated {
        read.insert(&stated.expect.subject);
        match innermost(stated.op, stated.node).0 {
            Op::SameAs(other) | Op::DiffersFrom(other) => {
                read.insert(other);
            }
            Op::RatioTo(one) => {
                read.insert(&one.0);
            }
            _ => {}
        }
    }
    read
}
