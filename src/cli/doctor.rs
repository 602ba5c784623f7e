//! `isolab doctor`.

use super::args::Global;
use super::{lessons, machine, print, style};
use crate::actor::ledger::HOME;
use crate::engine::machine::{Machine, controllers};
use crate::lesson::shape::whole::Controller;
use crate::lesson::shape::{Lesson, Need};
use crate::probe::cgroup::Blocked;
use crate::report::doctor::{Finding, doctor};

/// Says what this machine offers and what is missing. Ends with 0 also when something is: it was asked, not required.
pub fn run(global: &Global) -> u8 {
    let text = (|| {
        let catalog = lessons::catalog(global.lessons.as_deref())?;
        let loaded = lessons::load(&catalog, &[], &[])?;
        let machine = machine()?;
        Ok(doctor(&findings(&machine, &loaded), style::columns(false)))
    })();
    match text {
        Ok(text) => print(&text),
        Err(code) => code,
    }
}

fn findings(machine: &Machine, lessons: &[Lesson]) -> Vec<Finding> {
    let mut found = vec![kernel(machine), starter(machine, lessons)];
    let namespaces = [
        (Need::UserNs, "user namespaces"),
        (Need::OrdinaryUserNs, "user namespaces, by an ordinary user"),
        (Need::UtsNs, "UTS namespaces"),
        (Need::PidNs, "PID namespaces"),
        (Need::MountNs, "mount namespaces"),
        (Need::NetNs, "network namespaces"),
        (Need::IpcNs, "IPC namespaces"),
        (Need::CgroupNs, "cgroup namespaces"),
        (Need::TimeNs, "time namespaces"),
    ];
    for (need, what) in namespaces {
        found.push(needed(machine, lessons, &need, what));
    }
    found.push(limit(lessons));
    found.push(files(machine, lessons));
    found.push(needed(machine, lessons, &Need::Veth, "veth by netlink"));
    found.push(needed(machine, lessons, &Need::Overlayfs, "overlayfs"));
    for controller in [Controller::Cpu, Controller::Memory, Controller::Pids] {
        found.push(cgroup(machine, lessons, controller));
    }
    found.extend(TOOLS.map(tool));
    found
}

fn plain(what: &str, there: bool, finding: String) -> Finding {
    Finding { what: what.to_owned(), there, finding, remedy: String::new(), lessons: Vec::new() }
}

fn kernel(machine: &Machine) -> Finding {
    plain("kernel", true, format!("Linux {} on {}", machine.kernel, std::env::consts::ARCH))
}

fn starter(machine: &Machine, lessons: &[Lesson]) -> Finding {
    let ids = machine.ids;
    let what = "started by";
    if let Err(b) = machine.has_ids() {
        return everything_needs(what, b, lessons);
    }
    let finding = if machine.rootless() {
        format!("an ordinary user (uid {}); a run's root is this user", machine.uid)
    } else {
        format!(
            "root; a run's ids are {} to {} here",
            ids.first,
            u64::from(ids.first) + u64::from(ids.count) - 1
        )
    };
    plain(what, true, finding)
}

/// The lessons that say that they need it; every run needs a user namespace.
fn affected(lessons: &[Lesson], need: &Need) -> Vec<String> {
    let names = |l: &Lesson| l.needs.contains(need) || l.steps.iter().any(|s| s.needs.contains(need));
    lessons.iter().filter(|l| *need == Need::UserNs || names(l)).map(|l| l.id.clone()).collect()
}

fn needed(machine: &Machine, lessons: &[Lesson], need: &Need, what: &str) -> Finding {
    match machine.meets(need) {
        Ok(()) => plain(what, true, "tried, and it works".to_owned()),
        Err(b) => Finding {
            what: what.to_owned(),
            there: false,
            finding: b.reason,
            remedy: b.remedy,
            lessons: affected(lessons, need),
        },
    }
}

fn limit(lessons: &[Lesson]) -> Finding {
    let read =
        |name: &str| std::fs::read_to_string(format!("/proc/sys/{name}")).ok().map(|t| t.trim().to_owned());
    let most = read("user/max_user_namespaces");
    let apparmor = read("kernel/apparmor_restrict_unprivileged_userns");
    let clone = read("kernel/unprivileged_userns_clone");
    let parts = [
        most.as_ref().map(|n| format!("user.max_user_namespaces={n}")),
        apparmor.map(|n| format!("kernel.apparmor_restrict_unprivileged_userns={n}")),
        clone.map(|n| format!("kernel.unprivileged_userns_clone={n}")),
    ];
    let there = most.as_deref() != Some("0");
    Finding {
        what: "limits on user namespaces".to_owned(),
        there,
        finding: parts.into_iter().flatten().collect::<Vec<_>>().join(", "),
        remedy: if there { String::new() } else { "sudo sysctl user.max_user_namespaces=15000".to_owned() },
        lessons: if there { Vec::new() } else { affected(lessons, &Need::UserNs) },
    }
}

fn cgroup(machine: &Machine, lessons: &[Lesson], controller: Controller) -> Finding {
    let what = format!("cgroup controller {}", controller.name());
    let home = machine.hierarchies.home(controller);
    let place = home.map(|h| format!("{} at {}", h.version.name(), h.mount.display()));
    match machine.delegation(&[controller]) {
        Ok(_) => plain(&what, true, place.unwrap_or_default()),
        Err(b) => Finding {
            what,
            there: false,
            finding: b.reason,
            remedy: b.remedy,
            lessons: lessons
                .iter()
                .filter(|l| controllers(l).contains(&controller))
                .map(|l| l.id.clone())
                .collect(),
        },
    }
}

fn files(machine: &Machine, lessons: &[Lesson]) -> Finding {
    let what = format!("files in {HOME}");
    match machine.keeps_files() {
        Ok(()) => plain(&what, true, "tried, and it works".to_owned()),
        Err(b) => everything_needs(&what, b, lessons),
    }
}

/// Without this no lesson runs.
fn everything_needs(what: &str, blocked: Blocked, lessons: &[Lesson]) -> Finding {
    Finding {
        remedy: blocked.remedy,
        lessons: lessons.iter().map(|l| l.id.clone()).collect(),
        ..plain(what, false, blocked.reason)
    }
}

/// A program, its package in Debian and in Fedora.
const TOOLS: [(&str, &str, &str); 6] = [
    ("unshare", "util-linux", "util-linux"),
    ("nsenter", "util-linux", "util-linux"),
    ("ip", "iproute2", "iproute"),
    ("ping", "iputils-ping", "iputils"),
    ("strace", "strace", "strace"),
    (SYSTEMD_RUN, "systemd", "systemd"),
];
const SYSTEMD_RUN: &str = "systemd-run";

/// Tools are for typing the commands by hand; only the systemd of a cgroup v2 machine is asked by the lab itself.
fn tool((name, debian, fedora): (&str, &str, &str)) -> Finding {
    let use_of_it = if name == SYSTEMD_RUN {
        "not in PATH; where systemd runs with cgroup v2, the cgroup lessons need it"
    } else {
        "not in PATH; only the commands by hand use it"
    };
    match which::which(name) {
        Ok(path) => plain(name, true, path.display().to_string()),
        Err(_) => Finding {
            remedy: format!("sudo apt-get install {debian}, or sudo dnf install {fedora}"),
            ..plain(name, false, use_of_it.to_owned())
        },
    }
}
