//! Namespaces, and signals to processes in them.

use super::{Execute, Failure, Stage, clone_flags, ids_before};
use crate::kernel::{Error, file, marker, namespace, process};
use crate::model::Errno;
use crate::vocabulary::One;
use crate::vocabulary::verb::namespace::NsType;
use crate::vocabulary::verb::{Hold, Kill, Setns, TimensOffsets, Unshare};
use std::path::Path;

impl Execute for Unshare {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let types = &self.0.0;
        stage.box_state.outside = ids_before(types).or(stage.box_state.outside);
        Ok(namespace::unshare(clone_flags(types)?)?)
    }
}

impl Execute for TimensOffsets {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(file::set(Path::new("/proc/self/timens_offsets"), &self.text())?)
    }
}

impl Execute for Setns {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(NsType(ns), of) = &self.0;
        let link = ns.link();
        let pid = stage.scene.view.pids.get(of);
        let shown = pid.map_or(format!("{link} of {of}"), |pid| format!("/proc/{pid}/ns/{link}"));
        match stage.box_state.held.get(&(*ns, of.clone())) {
            Some(fd) => namespace::setns(fd, &shown, *ns)?,
            None => namespace::setns(stage.open_namespace(*ns, of)?, &shown, *ns)?,
        }
        Ok(())
    }
}

impl Execute for Hold {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(NsType(ns), of) = &self.0;
        let fd = stage.open_namespace(*ns, of)?;
        stage.box_state.held.insert((*ns, of.clone()), fd);
        Ok(())
    }
}

impl Execute for Kill {
    const LOOKS_UP: bool = true;

    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(whom, signal) = &self.0;
        let guard = stage.guard();
        let pid = stage.pid_of(whom)?;
        let depth = guard.own_numbers().len();
        let numbers = guard.numbers_of(pid);
        let number = depth.checked_sub(1).and_then(|d| numbers.get(d)).copied();
        let number = number.filter(|number| guard.is_process(*number, pid));
        marker::begin();
        let Some(number) = number else {
            return Err(Error::new("kill", whom, Errno(libc::ESRCH)).into());
        };
        Ok(process::kill(number, signal.number())?)
    }
}
