//! Actions in words: what is to be done, by whom, and how it must end.

use crate::events::{ActionRecord, Awaiting, Deed, LabDeed};
use crate::vocabulary::action::Failing;
use crate::vocabulary::when::{Rights, When};
use crate::vocabulary::{Action, One, Variant, Verb, Version};
use serde::{Deserialize, Serialize};

/// An action as planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The box that makes it.
    pub actor: String,
    /// What it does; with what is declared of its end, where that may be told.
    pub what: String,
}

/// The verbs of actions, a plan each.
pub fn planned(actions: &[Action], variant: &Variant, here: Files, ends: Ends) -> Vec<Planned> {
    let of = |action: &Action| {
        let fails = action.modifiers.fails.as_ref().filter(|_| ends == Ends::Told);
        let fails = fails.and_then(|per| per.here(variant));
        let declared =
            fails.map_or_else(String::new, |f| format!(" – declared to fail with {}", either(&f.0.0)));
        let only = action.modifiers.when.as_ref();
        let only = only.map_or_else(String::new, |when| format!(" – only {}", condition(when)));
        let line = |verb: &Verb| {
            let names = if here == Files::Here { names_here(verb, variant) } else { String::new() };
            Planned { actor: action.subject.clone(), what: format!("{}{declared}{only}{names}", verb.plan()) }
        };
        action.verbs.iter().map(line).collect::<Vec<_>>()
    };
    actions.iter().flat_map(of).collect()
}

/// Whether a plan says which errors are declared: to somebody who has not guessed yet they would be the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// It does.
    Told,
    /// It does not.
    Hidden,
}

/// How a plan names a cgroup's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// As the lesson does, with their v2 names.
    AsWritten,
    /// Likewise, followed by the names on this machine where those are others.
    Here,
}

/// What an action that was made is called, with the names that cgroup files have on this machine.
pub fn deed_text_here(record: &ActionRecord, variant: &Variant) -> String {
    match &record.deed {
        Deed::Verb(verb) => verb.plan() + &names_here(verb, variant),
        Deed::Lab(_) => deed_text(&record.deed),
    }
}

fn names_here(verb: &Verb, variant: &Variant) -> String {
    let Verb::Set(set) = verb else { return String::new() };
    let One(knob, _) = &set.0;
    let knob = knob.to_string();
    let file = knob.rsplit('/').next().unwrap_or(&knob);
    let here = variant.file(file).filter(|name| name != file);
    here.map_or_else(String::new, |name| format!(" (here {name})"))
}

/// What an action does.
pub fn deed_text(deed: &Deed) -> String {
    match deed {
        Deed::Verb(verb) => verb.plan(),
        Deed::Lab(deed) => match deed {
            LabDeed::MarkUserNamespace => {
                "mark the run's user namespace, so that no process left in it is overlooked".to_owned()
            }
            LabDeed::PrepareCgroups => "prepare the run's cgroups".to_owned(),
            LabDeed::JoinCgroup { r#box: name } => format!("put {name} into its cgroup"),
            LabDeed::EnterUserNamespace => "enter the run's user namespace".to_owned(),
            LabDeed::BecomeOrdinary => "be an ordinary process".to_owned(),
        },
    }
}

/// Declared failures: `EPERM or EACCES`.
pub fn either(declared: &[Failing]) -> String {
    declared.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

/// A condition, such as `on cgroup v1`.
pub fn condition(when: &When) -> String {
    let version = when.cgroup.map(|version| match version {
        Version::V1 => "on cgroup v1",
        Version::V2 => "on cgroup v2",
    });
    let rights = when.rights.map(|rights| match rights {
        Rights::Root => "when started by root",
        Rights::Rootless => "when started by an ordinary user",
    });
    version.into_iter().chain(rights).collect::<Vec<_>>().join(", ")
}

/// What a step waits for.
pub fn awaiting(what: &Awaiting) -> String {
    match what {
        Awaiting::Settling => "the groups to settle".to_owned(),
        Awaiting::Measuring => "the measuring window".to_owned(),
        Awaiting::Expectation(claim) => super::claim::claim(claim),
    }
}
