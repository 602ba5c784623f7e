//! Mounts, the root directory and the working directory.

use super::{Execute, Failure, Stage};
use crate::kernel::mount;
use crate::vocabulary::verb::mount::{Bind, Overlay};
use crate::vocabulary::verb::{Chdir, Chroot, Mount, PivotRoot, Propagation, Remount, Umount};
use crate::vocabulary::{Val, limits};
use nix::mount::MsFlags;

impl Execute for Mount {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let plain = |kind: &str, at: &str| {
            // Runtimes mount these so: no set-uid, no devices, no programs.
            let strict = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
            mount::mount(Some(kind), &stage.at(at), Some(kind), strict, None)
        };
        match self {
            Mount::Tmpfs(t) => {
                let data = format!("size={},mode=755", limits::tmpfs(t.size.as_ref().and_then(Val::number)));
                let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
                mount::mount(Some("tmpfs"), &stage.at(&t.at), Some("tmpfs"), flags, Some(&data))?;
            }
            Mount::Proc(at) => plain("proc", at)?,
            Mount::Sysfs(at) => plain("sysfs", at)?,
            Mount::Cgroup2(at) => plain("cgroup2", at)?,
            Mount::Mqueue(at) => plain("mqueue", at)?,
            Mount::Bind(bind) => self::bind(bind, stage)?,
            Mount::Overlay(overlay) => self::overlay(overlay, stage)?,
        }
        Ok(())
    }
}

fn bind(bind: &Bind, stage: &Stage) -> Result<(), Failure> {
    let mut flags = MsFlags::MS_BIND;
    flags.set(MsFlags::MS_REC, bind.recursive);
    let (from, at) = (stage.at(&bind.from), stage.at(&bind.at));
    mount::mount(Some(&from.to_string_lossy()), &at, None, flags, None)?;
    // With MS_BIND the kernel ignores every flag but MS_REC (mount(2)), and a remount changes only one mount of a tree.
    match (bind.read_only, bind.recursive) {
        (false, _) => {}
        (true, false) => mount::remount_read_only(&at, true)?,
        (true, true) => mount::set_read_only(&at, true, true)?,
    }
    Ok(())
}

fn overlay(overlay: &Overlay, stage: &Stage) -> Result<(), Failure> {
    let lower: Vec<String> = overlay.lower.0.iter().map(|p| stage.at(p).display().to_string()).collect();
    let mut data = format!("lowerdir={}", lower.join(":"));
    if let Some(upper) = &overlay.upper {
        data.extend([",upperdir=", &stage.at(upper).to_string_lossy()]);
    }
    if let Some(work) = &overlay.work {
        data.extend([",workdir=", &stage.at(work).to_string_lossy()]);
    }
    // In a user namespace overlayfs may write `user.overlay.*` attributes only (kernel 5.11).
    data += ",userxattr";
    let at = stage.at(&overlay.at);
    Ok(mount::mount(Some("overlay"), &at, Some("overlay"), MsFlags::empty(), Some(&data))?)
}

impl Execute for Remount {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        match self {
            Remount::ReadOnly(at) => mount::remount_read_only(&stage.at(at), true)?,
            Remount::ReadWrite(at) => mount::remount_read_only(&stage.at(at), false)?,
            Remount::Nodev(at) => mount::remount_nodev(&stage.at(at))?,
        }
        Ok(())
    }
}

impl Execute for Propagation {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let (at, flag) = match self {
            Propagation::Shared(at) => (at, MsFlags::MS_SHARED),
            Propagation::Slave(at) => (at, MsFlags::MS_SLAVE),
            Propagation::Private(at) => (at, MsFlags::MS_PRIVATE),
            Propagation::Unbindable(at) => (at, MsFlags::MS_UNBINDABLE),
        };
        Ok(mount::mount(None, &stage.at(at), None, MsFlags::MS_REC | flag, None)?)
    }
}

impl Execute for Umount {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        Ok(mount::umount(&stage.at(&self.at), self.detach.unwrap_or(false))?)
    }
}

impl Execute for Chroot {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        Ok(mount::chroot(&stage.at(&self.0))?)
    }
}

impl Execute for Chdir {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        Ok(mount::chdir(&stage.at(&self.0))?)
    }
}

impl Execute for PivotRoot {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        Ok(mount::pivot_root(&stage.at(&self.new), &stage.at(&self.old))?)
    }
}
