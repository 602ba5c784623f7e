//! Cgroups.

use super::super::cgroup::{directories, setting};
use super::{Execute, Failure, Stage};
use crate::kernel::{cgroup, marker};
use crate::probe::cgroup::present_number;
use crate::vocabulary::verb::{CreateCgroup, KillCgroup, RemoveCgroup, Set};
use crate::vocabulary::{One, Val};

impl Execute for CreateCgroup {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        Ok(cgroup::apply(&directories::create(stage.group(&self.0)?))?)
    }
}

impl Execute for RemoveCgroup {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        Ok(cgroup::remove(&stage.group(&self.0)?.directories())?)
    }
}

impl Execute for KillCgroup {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        Ok(cgroup::kill(&stage.group(&self.0)?.directories())?)
    }
}

impl Execute for Set {
    const LOOKS_UP: bool = true;

    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(to, setting) = &self.0;
        let group = stage.group(&to.cgroup)?;
        // A member is named by its id; the file takes its number.
        let mut value = setting.clone();
        if let Val::Text(name) = &value.value
            && let Some(pid) = stage.scene.view.pids.get(name)
        {
            value.value = Val::Num(i64::from(*pid));
        }
        let changes = setting::changes(group, &to.knob, &value, &present_number).map_err(Failure::Refused)?;
        marker::begin();
        Ok(cgroup::apply(&changes)?)
    }
}
