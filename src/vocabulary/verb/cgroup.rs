//! Cgroups and their control files.

use super::super::control::{CgroupKnob, PERIOD_US, Takes, WEIGHT_V2};
use super::super::spelling::{quoted, spell};
use super::super::{One, Val};
use super::define::{Define, verb};
use super::says::{ByHand, Effect, Facts, Locator, Maker, Mention, MustExist, Touch};
use super::setting::Setting;
use crate::model::Unit;

verb! {
    CreateCgroup(String), "`CGROUP`", "`mkdir(2)` in every hierarchy that carries one of its controllers"
}
verb! {
    RemoveCgroup(String), "`CGROUP`", "`rmdir(2)` likewise"
}
verb! {
    KillCgroup(String), "`CGROUP`", "kills every member"
}
verb! {
    Set(One<Setting, CgroupKnob>),
    "`{ CGROUP/cpu.max: 20% }`, or `{ value: 5ms, period: 25ms }`",
    "writes a [control file](#control-files)"
}

/// A verb on a cgroup of the lesson.
fn on_cgroup<'a>(mention: Mention<'a>, effects: Vec<Effect<'a>>) -> Facts<'a> {
    Facts {
        mentions: vec![(Locator::object(), mention)],
        effects,
        touches: vec![Touch::OfTheRun],
        abilities: vec![],
        by_hand: ByHand::Shell,
        maker: Maker::Executor,
        memory: None,
    }
}

impl Define for CreateCgroup {
    fn plan(&self) -> String {
        format!("mkdir cgroup {}", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        on_cgroup(Mention::Cgroup(&self.0, MustExist::Declared), vec![Effect::CreatesCgroup(&self.0)])
    }
}

impl Define for RemoveCgroup {
    fn plan(&self) -> String {
        format!("rmdir cgroup {}", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        on_cgroup(Mention::Cgroup(&self.0, MustExist::Now), vec![Effect::RemovesCgroup(&self.0)])
    }
}

impl Define for KillCgroup {
    fn plan(&self) -> String {
        format!("kill every process in cgroup {}", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        on_cgroup(Mention::Cgroup(&self.0, MustExist::Now), vec![])
    }
}

impl Define for Set {
    fn plan(&self) -> String {
        let One(to, setting) = &self.0;
        match (to.knob.file.takes, &setting.value) {
            (Takes::Member, Val::Text(name)) => format!("write the PID of {name} to {to}"),
            (takes, _) => format!("write {} to {to}", in_file(takes, setting)),
        }
    }

    fn facts(&self) -> Facts<'_> {
        let One(to, setting) = &self.0;
        Facts {
            mentions: vec![(Locator::object().key(0), Mention::Setting(to, setting))],
            effects: vec![],
            touches: vec![Touch::ControlFile(to, &setting.value)],
            abilities: vec![],
            by_hand: ByHand::Shell,
            maker: Maker::Executor,
            memory: None,
        }
    }
}

/// The text for a control file, in v2's units.
fn in_file(takes: Takes, setting: &Setting) -> String {
    let Setting { value, period } = setting;
    let period_us = match period {
        Some(Val::Quantity(seconds, Unit::Seconds, _)) => seconds * 1e6,
        Some(other) => return format!("quota {} in every {}", spell(value), spell(other)),
        None => f64::from(PERIOD_US),
    };
    match value {
        Val::Param(_) => value.to_string(),
        Val::Quantity(percent, Unit::Percent, _) if takes == Takes::Quota => {
            format!("\"{:.0} {period_us:.0}\"", percent / 100.0 * period_us)
        }
        Val::Quantity(seconds, Unit::Seconds, _) if takes == Takes::Quota => {
            format!("\"{:.0} {period_us:.0}\"", seconds * 1e6)
        }
        Val::Quantity(bytes, Unit::Bytes, _) => format!("\"{bytes:.0}\" ({})", spell(value)),
        Val::Quantity(times, Unit::Times, _) => {
            format!("\"{:.0}\" ({} the default)", times * WEIGHT_V2.default, spell(value))
        }
        Val::Text(word) if takes == Takes::Quota && period.is_some() => {
            quoted(&format!("{word} {period_us:.0}"))
        }
        other => quoted(&other.to_string()),
    }
}
