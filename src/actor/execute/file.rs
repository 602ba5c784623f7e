//! Files and directories.

use super::{Execute, Failure, Stage};
use crate::kernel::file;
use crate::vocabulary::One;
use crate::vocabulary::verb::{Append, Chmod, Chown, Mkdir, Mknod, Open, Remove, Rename, Symlink, Write};
use rustix::fs::OFlags;

impl Execute for Mkdir {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        Ok(self.0.0.iter().try_for_each(|path| file::mkdir(&stage.at(path), 0o755))?)
    }
}

impl Execute for Write {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        Ok(self.0.iter().try_for_each(|(path, text)| file::write(&stage.at(path), text))?)
    }
}

impl Execute for Append {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        Ok(self.0.iter().try_for_each(|(path, text)| file::append(&stage.at(path), text))?)
    }
}

impl Execute for Remove {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        Ok(file::remove(&stage.at(&self.0))?)
    }
}

impl Execute for Rename {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(from, to) = &self.0;
        Ok(file::rename(&stage.at(from), &stage.at(to))?)
    }
}

impl Execute for Symlink {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(path, target) = &self.0;
        Ok(file::symlink(target, &stage.at(path))?)
    }
}

impl Execute for Open {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        drop(file::open(&stage.at(&self.0), OFlags::RDONLY, 0)?);
        Ok(())
    }
}

impl Execute for Chmod {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(path, mode) = &self.0;
        Ok(file::chmod(&stage.at(path), mode.0)?)
    }
}

impl Execute for Chown {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(path, owner) = &self.0;
        Ok(file::chown(&stage.at(path), owner.uid, owner.gid)?)
    }
}

impl Execute for Mknod {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(path, device) = &self.0;
        Ok(file::mknod_char(&stage.at(path), 0o644, device.major, device.minor)?)
    }
}
