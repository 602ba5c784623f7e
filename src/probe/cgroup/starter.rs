//! Who starts the lab, and what a person reads when cgroups cannot be made.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Why it cannot be, and what lifts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// The exact cause.
    pub reason: String,
    /// The command or change that lifts it.
    pub remedy: String,
}

/// Who starts the lab, and whether systemd runs the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Starter {
    /// The effective user id.
    pub uid: u32,
    /// systemd was booted (`sd_booted(3)`).
    pub systemd: bool,
    /// `systemd-run`, where it is in `PATH`.
    pub systemd_run: Option<PathBuf>,
    /// The user manager that can be asked, where there is one.
    pub manager: Option<Manager>,
    /// Root that may mount (`CAP_SYS_ADMIN`), which a container's root may not.
    pub mounts: bool,
    /// The process numbers of the lab itself, which may be moved.
    pub lab: Vec<i32>,
}

/// Where a user manager is reached (`systemd-run --user`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manager {
    /// The directory with its socket: what `XDG_RUNTIME_DIR` is in a session.
    pub runtime: PathBuf,
    /// This process's own environment says so. It does not after `su` or `sudo -u`, where the user's manager may run all the same.
    pub told: bool,
}

impl Manager {
    /// The manager of this user, by the environment or by the place where `pam_systemd(8)` makes the directory.
    pub fn find(root: &Path, uid: u32, told: Option<PathBuf>) -> Option<Self> {
        let reached = |d: &PathBuf| d.join("bus").exists() || d.join("systemd/private").exists();
        let own = root.join(format!("run/user/{uid}"));
        let told = told.filter(reached).map(|runtime| Manager { runtime, told: true });
        told.or_else(|| Some(own).filter(reached).map(|runtime| Manager { runtime, told: false }))
    }

    /// What stands before `systemd-run`, so that it finds this manager and no other user's.
    pub(super) fn environment(&self) -> Vec<String> {
        if self.told {
            return Vec::new();
        }
        let runtime = format!("XDG_RUNTIME_DIR={}", self.runtime.display());
        vec!["env".to_owned(), "--unset=DBUS_SESSION_BUS_ADDRESS".to_owned(), runtime]
    }
}

impl Starter {
    /// This process on this machine; `root` is `/`.
    pub fn here(root: &Path) -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let told = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        Starter {
            uid,
            systemd: root.join("run/systemd/system").is_dir(),
            systemd_run: which::which("systemd-run").ok(),
            manager: Manager::find(root, uid, told),
            mounts: rustix::thread::capabilities(None)
                .is_ok_and(|held| held.effective.contains(rustix::thread::CapabilitySet::SYS_ADMIN)),
            lab: vec![std::process::id() as i32],
        }
    }
}

/// The remedy where only the outside of a container can.
pub(super) const OUTSIDE: &str =
    "run isolab on the host or in a virtual machine, or start the container with --privileged";
