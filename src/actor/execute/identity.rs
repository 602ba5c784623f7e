//! Names of the UTS namespace, ids and their maps, capabilities, CPUs.

use super::{Execute, Failure, Stage, refused};
use crate::kernel::{file, identity, process};
use crate::vocabulary::Capability;
use crate::vocabulary::verb::identity::IdMap;
use crate::vocabulary::verb::{
    Affinity, DropCapabilities, GidMap, Setdomainname, Setgid, Setgroups, Sethostname, Setuid, UidMap,
};
use std::path::{Path, PathBuf};

impl Execute for Sethostname {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(identity::sethostname(&self.0)?)
    }
}

impl Execute for Setdomainname {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(identity::setdomainname(&self.0)?)
    }
}

/// Writes a map into this file of `/proc/PID`; `own` is the writer's id before it made its user namespace.
fn write_map(map: &IdMap, file: &str, own: Option<u32>, stage: &Stage) -> Result<(), Failure> {
    let directory = match &map.of {
        None => PathBuf::from("/proc/self"),
        Some(of) => PathBuf::from(format!("/proc/{}", stage.pid_of(of)?)),
    };
    let text = map.map.with_own(own);
    let text = text.ok_or_else(|| refused("`own`: this box has made no user namespace"))?;
    Ok(file::set(&directory.join(file), &text)?)
}

impl Execute for UidMap {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        write_map(&self.0, "uid_map", stage.box_state.outside.map(|(uid, _)| uid), stage)
    }
}

impl Execute for GidMap {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        write_map(&self.0, "gid_map", stage.box_state.outside.map(|(_, gid)| gid), stage)
    }
}

impl Execute for Setgroups {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(file::set(Path::new("/proc/self/setgroups"), &self.0)?)
    }
}

impl Execute for Setuid {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        identity::setuid(self.0)?;
        process::stay_readable();
        Ok(())
    }
}

impl Execute for Setgid {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        identity::setgid(self.0)?;
        process::stay_readable();
        Ok(())
    }
}

impl Execute for DropCapabilities {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        let names: Vec<String> = self.0.0.iter().map(ToString::to_string).collect();
        let set = Capability::set_of(&names).ok_or_else(|| refused("unknown capability"))?;
        Ok(identity::drop_capabilities(set)?)
    }
}

impl Execute for Affinity {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(process::set_affinity(&self.0.0)?)
    }
}
