//! `isolab doctor`.

use super::args::Global;
use super::console::print;
use super::machine::machine;
use super::{lessons, style};
use crate::actor::ledger::HOME;
use crate::engine::machine::{Machine, controllers};
use crate::engine::needs;
use crate::probe::cgroup::Blocked;
use crate::report::doctor::{Finding, doctor};
use crate::vocabulary::controller::Controller;
use crate::vocabulary::need::DecidedBy;
use crate::vocabulary::{Ability, Lesson, Ns};

/// Prints what this machine offers and what is missing. Exits with 0 even then: the command answers a question and requires nothing.
pub fn run(global: &Global) -> u8 {
    let text = (|| {
        let catalog = lessons::catalog(global.lessons.as_deref())?;
        let loaded = lessons::load(&catalog, &[], None, &[])?;
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
    found.extend(machine.shows_the_kernel().err().map(|b| everything_needs("/proc", b, lessons)));
    found.extend(Ability::ALL.iter().map(|ability| tried(machine, lessons, *ability)));
    found.push(limits());
    found.push(processes(machine, lessons));
    found.push(files(machine, lessons));
    for controller in [Controller::Cpu, Controller::Memory, Controller::Pids] {
        found.push(cgroup(machine, lessons, controller));
    }
    found.extend(TOOLS.map(tool));
    for one in lessons {
        found.push(lesson(machine, one, &found));
    }
    found
}

/// The obstacle to a lesson, or to the first of its steps that has one. A remedy that is printed for a finding above is not printed again.
fn lesson(machine: &Machine, lesson: &Lesson, above: &[Finding]) -> Finding {
    let what = format!("lesson {}", lesson.id);
    let mut steps = lesson.steps.iter().filter(|s| machine.applies(s.when.as_ref()));
    let (finding, blocked) = match machine.allows(lesson) {
        Err(b) => (b.reason.clone(), b),
        Ok(()) => match steps.find_map(|s| Some((s, machine.allows_step(lesson, s).err()?))) {
            Some((step, b)) => (format!("from step {} on: {}", step.id, b.reason), b),
            None => return plain(&what, true, "runs here".to_owned()),
        },
    };
    let told = above.iter().any(|f| f.remedy == blocked.remedy);
    Finding { remedy: if told { String::new() } else { blocked.remedy }, ..plain(&what, false, finding) }
}

fn plain(what: &str, there: bool, finding: String) -> Finding {
    Finding { what: what.to_owned(), there, finding, remedy: String::new(), lessons: Vec::new() }
}

fn kernel(machine: &Machine) -> Finding {
    plain("kernel", true, format!("Linux {} on {}", machine.kernel, std::env::consts::ARCH))
}

fn starter(machine: &Machine, lessons: &[Lesson]) -> Finding {
    let what = "started by";
    if let Err(b) = machine.has_ids() {
        return everything_needs(what, b, lessons);
    }
    let finding = if machine.rootless() {
        format!("an ordinary user (uid {}); a run's root is this user", machine.uid)
    } else {
        format!("root; {}", machine.pool.described())
    };
    plain(what, true, finding)
}

/// The finding on an ability, with the lessons that declare a need of it or whose verbs have one. Every run needs a user namespace.
fn tried(machine: &Machine, lessons: &[Lesson], ability: Ability) -> Finding {
    let declared = |l: &Lesson| {
        let mut needs = l.needs.iter().chain(l.steps.iter().flat_map(|s| &s.needs));
        needs.any(|need| need.decided_by() == DecidedBy::Trial(ability))
    };
    let affected = |l: &&Lesson| {
        ability == Ability::User || declared(l) || needs::includes(l, ability, machine.variant())
    };
    match machine.can(ability) {
        Ok(()) => plain(ability.title(), true, "tried, and it works".to_owned()),
        Err(b) => Finding {
            remedy: b.remedy,
            lessons: lessons.iter().filter(affected).map(|l| l.id.clone()).collect(),
            ..plain(ability.title(), false, b.reason)
        },
    }
}

/// The finding on room for as many processes at once as the largest lesson has.
fn processes(machine: &Machine, lessons: &[Lesson]) -> Finding {
    let what = "processes";
    let refused = |l: &&Lesson| machine.has_room_for(needs::processes(l)).is_err();
    let most = lessons.iter().map(needs::processes).max().unwrap_or(1);
    match machine.has_room_for(most) {
        Ok(()) => plain(what, true, format!("tried with {most} at once, and it works")),
        Err(b) => Finding {
            remedy: b.remedy,
            lessons: lessons.iter().filter(refused).map(|l| l.id.clone()).collect(),
            ..plain(what, false, b.reason)
        },
    }
}

/// The limits in force; their consequences are in the other rows, with the remedies.
fn limits() -> Finding {
    let read =
        |name: &str| std::fs::read_to_string(format!("/proc/sys/{name}")).ok().map(|t| t.trim().to_owned());
    let most = |kind: &str| read(&format!("user/max_{kind}_namespaces"));
    let user = most("user").map(|n| format!("user.max_user_namespaces={n}"));
    let none: Vec<String> = Ns::kinds()
        .filter(|ns| *ns != Ns::User)
        .map(Ns::link)
        .filter(|kind| most(kind).as_deref() == Some("0"))
        .map(|kind| format!("user.max_{kind}_namespaces=0"))
        .collect();
    let apparmor = read("kernel/apparmor_restrict_unprivileged_userns");
    let clone = read("kernel/unprivileged_userns_clone");
    let others = [
        apparmor.map(|n| format!("kernel.apparmor_restrict_unprivileged_userns={n}")),
        clone.map(|n| format!("kernel.unprivileged_userns_clone={n}")),
    ];
    let there = none.is_empty() && most("user").as_deref() != Some("0");
    let parts: Vec<String> = user.into_iter().chain(none).chain(others.into_iter().flatten()).collect();
    plain("limits on namespaces", there, parts.join(", "))
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
    let most = lessons.iter().map(needs::room).max().unwrap_or(0);
    let refused = |l: &&Lesson| machine.keeps_files(needs::room(l)).is_err();
    match machine.keeps_files(most) {
        Ok(()) => plain(&what, true, format!("tried with {} MiB, and it works", most >> 20)),
        Err(b) => Finding {
            remedy: b.remedy,
            lessons: lessons.iter().filter(refused).map(|l| l.id.clone()).collect(),
            ..plain(&what, false, b.reason)
        },
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

/// Programs, each with its package in Debian and in Fedora.
const TOOLS: [(&str, &str, &str); 6] = [
    ("unshare", "util-linux", "util-linux"),
    ("nsenter", "util-linux", "util-linux"),
    ("ip", "iproute2", "iproute"),
    ("ping", "iputils-ping", "iputils"),
    ("strace", "strace", "strace"),
    (SYSTEMD_RUN, "systemd", "systemd"),
];
const SYSTEMD_RUN: &str = "systemd-run";

/// The tools are for commands typed by hand; the lab itself uses only systemd-run, on a cgroup v2 machine.
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
