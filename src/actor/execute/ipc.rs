//! Objects of IPC namespaces.

use super::{Execute, Failure, Stage};
use crate::kernel::ipc;
use crate::vocabulary::verb::ipc::MOST_TEXT;
use crate::vocabulary::verb::{MqOpen, Msgget, Msgrcv, Msgsnd, Semget, Shmget};

impl Execute for Shmget {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        ipc::shmget(self.key, self.size)?;
        Ok(())
    }
}

impl Execute for Semget {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        ipc::semget(self.key, self.count)?;
        Ok(())
    }
}

impl Execute for Msgget {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        ipc::msgget(self.key, self.makes())?;
        Ok(())
    }
}

impl Execute for Msgsnd {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(ipc::msgsnd(self.key, &self.text)?)
    }
}

impl Execute for Msgrcv {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        stage.output = Some(ipc::msgrcv(self.0, MOST_TEXT)?);
        Ok(())
    }
}

impl Execute for MqOpen {
    fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
        Ok(ipc::open_mqueue(&self.name, self.makes())?)
    }
}
