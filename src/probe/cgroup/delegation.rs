//! Who may make cgroups here, and how: decided before a run, and never by failing in the middle of one.

use super::absent::absent;
use super::hierarchy::{Hierarchies, Home, listed, v1_name};
use super::starter::{Blocked, OUTSIDE, Starter};
use crate::vocabulary::Version;
use crate::vocabulary::controller::Controller;
use rustix::fs::Access;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Where a run's v2 directory can lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum V2 {
    /// Directly below this cgroup.
    Direct {
        /// The true root, a cgroup without processes, or the lab's own.
        base: PathBuf,
        /// The lab's processes are in it: they must move into a leaf `main` first ("No Internal Process Constraint").
        move_to_main: bool,
    },
    /// In a scope of its own, which systemd leaves alone. The guardian is started behind this argv; its own cgroup is then the
    /// base, and it moves itself into a leaf `main`.
    Systemd {
        /// Program and arguments, to stand before the guardian's own.
        argv: Vec<String>,
    },
}

/// How this machine lets the lab make cgroups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// Some needed controller is on v1: directories below the lab's own cgroup in each such hierarchy.
    pub v1: bool,
    /// Some needed controller is on v2.
    pub v2: Option<V2>,
}

fn blocked<T>(reason: impl Into<String>, remedy: impl Into<String>) -> Result<T, Blocked> {
    Err(Blocked { reason: reason.into(), remedy: remedy.into() })
}

fn writable(path: &Path) -> bool {
    rustix::fs::access(path, Access::WRITE_OK).is_ok()
}

/// Decides where the run's cgroups for these controllers can be made.
///
/// # Errors
/// The first controller that cannot be had, with the cause and what lifts it.
pub fn delegation(here: &Hierarchies, needed: &[Controller], who: &Starter) -> Result<Delegation, Blocked> {
    let mut unified: Vec<Controller> = Vec::new();
    let mut v1 = false;
    for &controller in needed {
        let name = controller.name();
        let Some(home) = here.home(controller) else {
            return Err(absent(here, name, v1_name(controller), who));
        };
        if home.read_only {
            return blocked(format!("{} is mounted read-only", home.mount.display()), OUTSIDE);
        }
        match home.version {
            Version::V2 => unified.push(controller),
            Version::V1 => {
                v1 = true;
                v1_direct(name, home, who)?;
                if controller == Controller::Cpu {
                    match &here.cpuacct {
                        Some(time) => v1_direct("cpuacct", time, who)?,
                        None => return Err(absent(here, "cpuacct", "cpuacct", who)),
                    }
                }
            }
        }
    }
    let v2 = match here.unified.as_ref().filter(|_| !unified.is_empty()) {
        Some(home) if who.systemd => Some(v2_systemd(home, &unified, who)?),
        Some(home) => Some(v2_direct(home, &unified, who)?),
        None => None,
    };
    Ok(Delegation { v1, v2 })
}

fn v1_direct(name: &str, home: &Home, who: &Starter) -> Result<(), Blocked> {
    if writable(&home.own) {
        return Ok(());
    }
    let own = home.own.display();
    if who.uid == 0 {
        return blocked(format!("{own} ({name}, cgroup v1) is not writable"), OUTSIDE);
    }
    blocked(
        format!(
            "{own} belongs to root: an ordinary user cannot make cgroups on cgroup v1, which carries {name} here"
        ),
        "run it as root (`sudo isolab …`), or boot with systemd.unified_cgroup_hierarchy=1",
    )
}

/// The names of what is missing from `offered`, or nothing.
fn lacking(needed: &[Controller], file: &Path) -> Option<String> {
    let offered = listed(file);
    let lacks = needed.iter().filter(|c| **c != Controller::Freezer && !offered.contains(c));
    let names: Vec<&str> = lacks.map(|c| c.name()).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

fn v2_systemd(home: &Home, needed: &[Controller], who: &Starter) -> Result<V2, Blocked> {
    // With v2 anywhere else than here, systemd tracks processes by it but leaves its controllers alone: a scope would be offered none
    // (systemd's CGROUP_DELEGATION document, "Three Different Tree Setups").
    if !home.mount.ends_with("sys/fs/cgroup") {
        let names: Vec<&str> = needed.iter().map(|c| c.name()).collect();
        return blocked(
            format!(
                "systemd runs this machine in its hybrid layout, and this kernel has no cgroup v1 controller {0}: it is left to the v2 tree at {1}, \
                 in which systemd hands no controllers on",
                names.join(" "),
                home.mount.display()
            ),
            "boot with systemd.unified_cgroup_hierarchy=1",
        );
    }
    let Some(run) = &who.systemd_run else {
        return blocked(
            "systemd manages the cgroups of this machine, and systemd-run, which asks it for a scope, is not in PATH",
            "install systemd-run (package systemd)",
        );
    };
    let scope = ["--scope", "--quiet", "--collect", "--property=Delegate=yes", "--"];
    let argv = |mut before: Vec<String>, user: &[&str]| {
        before.push(run.display().to_string());
        before.extend(user.iter().chain(&scope).map(|w| (*w).to_owned()));
        V2::Systemd { argv: before }
    };
    if who.uid == 0 {
        return match lacking(needed, &home.mount.join("cgroup.controllers")) {
            Some(names) => blocked(
                format!("the root of this cgroup tree does not offer: {names}"),
                "boot a kernel that has the controller, and without cgroup_disable",
            ),
            None => Ok(argv(Vec::new(), &[])),
        };
    }
    let uid = who.uid;
    let Some(session) = &who.manager else {
        return blocked(
            format!(
                "no systemd of this user runs that could be asked for a cgroup (no bus in XDG_RUNTIME_DIR or /run/user/{uid})"
            ),
            format!("log in as this user (not by su), or: sudo loginctl enable-linger {uid}"),
        );
    };
    let manager = format!("user.slice/user-{uid}.slice/user@{uid}.service/cgroup.controllers");
    if let Some(names) = lacking(needed, &home.mount.join(manager)) {
        return blocked(
            format!("systemd does not hand these controllers to ordinary users here: {names}"),
            format!(
                "sudo mkdir -p /etc/systemd/system/user@.service.d && \
                 printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' | \
                 sudo tee /etc/systemd/system/user@.service.d/isolab.conf && \
                 sudo systemctl daemon-reload && sudo systemctl restart user@{uid} (ends this session's services)"
            ),
        );
    }
    Ok(argv(session.environment(), &["--user"]))
}

/// The cgroup nearest to the lab in which a run's directory can be made and given the controllers.
fn v2_direct(home: &Home, needed: &[Controller], who: &Starter) -> Result<V2, Blocked> {
    let mut reasons = Vec::new();
    for base in home.own.ancestors().take_while(|a| a.starts_with(&home.mount)) {
        match usable(base, needed, who) {
            Ok(move_to_main) => return Ok(V2::Direct { base: base.to_owned(), move_to_main }),
            Err(reason) => reasons.push(format!("{}: {reason}", base.display())),
        }
    }
    let own = home.own.display();
    let remedy = if who.uid == 0 {
        format!(
            "move the processes of {own} into a cgroup of their own: mkdir {own}/main; \
             for p in $(cat {own}/cgroup.procs); do echo $p > {own}/main/cgroup.procs; done"
        )
    } else {
        "run it as root (`sudo isolab …`)".to_owned()
    };
    blocked(reasons.join("; "), remedy)
}

/// Whether the lab can work below this cgroup, and then whether its own processes must leave it first.
fn usable(base: &Path, needed: &[Controller], who: &Starter) -> Result<bool, String> {
    if let Some(names) = lacking(needed, &base.join("cgroup.controllers")) {
        return Err(format!("is not offered {names}"));
    }
    let files = ["", "cgroup.procs", "cgroup.subtree_control"];
    if !files.iter().all(|f| writable(&base.join(f))) {
        return Err("is not writable".to_owned());
    }
    // The true root has no type, and may have processes beside its children.
    let Ok(kind) = std::fs::read_to_string(base.join("cgroup.type")) else { return Ok(false) };
    if kind.trim() != "domain" {
        return Err(format!("is {}", kind.trim()));
    }
    let members =
        std::fs::read_to_string(base.join("cgroup.procs")).map_err(|e| format!("cgroup.procs: {e}"))?;
    let members: Vec<i32> = members.lines().filter_map(|l| l.trim().parse().ok()).collect();
    match members.iter().filter(|m| !who.lab.contains(m)).count() {
        0 => Ok(!members.is_empty()),
        others => Err(format!("has {others} processes that are not the lab's")),
    }
}
