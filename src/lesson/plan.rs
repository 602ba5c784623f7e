//! Actions in words, one line each: what a box is about to do, before it does it.

use crate::model::Unit;
use crate::model::capability::EVERY_CAPABILITY;
use crate::vocabulary::action::{Action, Mount, Propagation, Remount, Setting, Verb};
use crate::vocabulary::control::{CgroupKnob, PERIOD_US, Takes, WEIGHT_V2};
use crate::vocabulary::spelling::{quoted, spell};
use crate::vocabulary::when::{Rights, When};
use crate::vocabulary::{Ns, One, Val, Variant, Version};
use std::borrow::Cow;

/// The lines of one action, `ACTOR: PLAN`, with what is declared of its outcome.
pub fn lines(action: &Action, variant: &Variant) -> Vec<String> {
    let fails = action.modifiers.fails.as_ref().and_then(|per| per.here(variant));
    let declared = fails.map_or_else(String::new, |failings| {
        let names: Vec<String> = failings.0.0.iter().map(ToString::to_string).collect();
        format!(" – declared to fail with {}", names.join(" or "))
    });
    let only =
        action.modifiers.when.as_ref().map_or_else(String::new, |w| format!(" – only {}", condition(w)));
    action.verbs.iter().map(|verb| format!("{}: {}{declared}{only}", action.subject, plan(verb))).collect()
}

/// A condition in words, such as `on cgroup v1`.
pub fn condition(when: &When) -> String {
    let version = when.cgroup.map(|version| match version {
        Version::V1 => "on cgroup v1",
        Version::V2 => "on cgroup v2",
    });
    let rights = when.rights.map(|rights| match rights {
        Rights::Root => "when started by root",
        Rights::Rootless => "when started by an ordinary user",
    });
    version.into_iter().chain(rights).collect::<Vec<_>>().join(", ")
}

/// One verb in words, one line. Control files keep their v2 names and units, as the lesson writes them.
#[allow(clippy::too_many_lines)] // one arm a verb; the compiler sees that none is forgotten
pub fn plan(verb: &Verb) -> String {
    match verb {
        Verb::Unshare(types) => format!("unshare({})", Ns::flag_names(&types.0)),
        Verb::Setns(One(ns, of)) => format!("setns(/proc/<{of}>/ns/{}, {})", link(ns), flag_of(ns)),
        Verb::Hold(One(ns, of)) => format!("open(/proc/<{of}>/ns/{}) and keep it open", link(ns)),
        Verb::Fork(fork) => match &fork.new {
            Some(new) if !new.0.is_empty() => format!("clone({}) as {}", Ns::flag_names(&new.0), fork.r#box),
            _ => format!("fork() as {}", fork.r#box),
        },
        Verb::Exit(status) => format!("exit({status})"),
        Verb::Kill(One(whom, signal)) => format!("kill({whom}, SIG{})", signal.name()),
        Verb::Wait => "waitpid(-1)".into(),
        Verb::Start(workload) => format!("start {workload}"),
        Verb::Stop(workload) => format!("stop {workload} (SIGKILL, then waitpid)"),
        Verb::Run(argv) => format!("run {}", argv.0.join(" ")),
        Verb::Affinity(cpus) => format!("sched_setaffinity({{{}}})", list(&cpus.0)),

        Verb::Sethostname(name) => format!("sethostname({})", quoted(name)),
        Verb::Setdomainname(name) => format!("setdomainname({})", quoted(name)),
        Verb::UidMap(map) => {
            format!("write {} to {}", quoted(map.map.trim_end()), own(map.of.as_deref(), "uid_map"))
        }
        Verb::GidMap(map) => {
            format!("write {} to {}", quoted(map.map.trim_end()), own(map.of.as_deref(), "gid_map"))
        }
        Verb::Setgroups(word) => format!("write {} to /proc/self/setgroups", quoted(word)),
        Verb::Setuid(id) => format!("setresuid({id}, {id}, {id})"),
        Verb::Setgid(id) => format!("setresgid({id}, {id}, {id})"),
        Verb::DropCapabilities(names) if names.0.iter().any(|n| n == EVERY_CAPABILITY) => {
            "give up every capability".into()
        }
        Verb::DropCapabilities(names) => {
            let names: Vec<String> = names.0.iter().map(|n| format!("CAP_{}", n.to_uppercase())).collect();
            format!("give up {}", names.join(", "))
        }
        Verb::Mount(what) => mount(what),
        Verb::Remount(Remount::ReadOnly(at)) => {
            format!("remount {at} read-only (MS_REMOUNT|MS_BIND|MS_RDONLY)")
        }
        Verb::Remount(Remount::ReadWrite(at)) => format!("remount {at} read-write (MS_REMOUNT|MS_BIND)"),
        Verb::Propagation(how) => propagation(how),
        Verb::Umount(umount) if umount.detach == Some(true) => format!("umount2({}, MNT_DETACH)", umount.at),
        Verb::Umount(umount) => format!("umount2({}, 0)", umount.at),
        Verb::Chroot(path) => format!("chroot({path})"),
        Verb::Chdir(path) => format!("chdir({path})"),
        Verb::PivotRoot(pivot) => format!("pivot_root({}, {})", pivot.new, pivot.old),
        Verb::Mkdir(paths) => format!("mkdir {}", paths.0.join(", ")),
        Verb::Write(files) => texts("write", files),
        Verb::Append(files) => texts("append", files),
        Verb::Remove(path) => format!("remove {path}"),
        Verb::Rename(One(from, to)) => format!("rename({from}, {to})"),
        Verb::Chmod(One(path, mode)) => format!("chmod({path}, {mode})"),
        Verb::Chown(One(path, owner)) => format!("chown({path}, {owner})"),
        Verb::Mknod(One(path, device)) => format!("mknod({path}, {device})"),
        Verb::Open(path) => format!("open({path}, O_RDONLY)"),

        Verb::LinkUp(name) => format!("set link {name} up"),
        Verb::LinkDown(name) => format!("set link {name} down"),
        Verb::Veth(veth) => format!("add veth {}, its peer {} in {}", veth.name, veth.peer.1, veth.peer.0),
        Verb::Address(One(link, address)) => format!("add address {address} to {link}"),
        Verb::Route(One(to, via)) => format!("add route {to} via {via}"),
        Verb::Ping(ping) => {
            let wait = ping.wait.as_ref().map_or_else(String::new, |wait| format!(", wait {}", spell(wait)));
            match ping.count.unwrap_or(1) {
                1 => format!("ping {} (1 echo request{wait})", ping.to),
                n => format!("ping {} ({n} echo requests{wait})", ping.to),
            }
        }
        Verb::Listen(port) => format!("bind and listen on TCP port {port}"),
        Verb::Connect(to) => format!("connect to {to} (TCP)"),
        Verb::Send(send) => format!("sendto {}: {} (UDP)", send.to, quoted(&send.text)),
        Verb::CreateCgroup(name) => format!("mkdir cgroup {name}"),
        Verb::RemoveCgroup(name) => format!("rmdir cgroup {name}"),
        Verb::KillCgroup(name) => format!("kill every process in cgroup {name}"),
        Verb::Set(One(knob, setting)) => set(knob, setting),
    }
}

fn mount(what: &Mount) -> String {
    match what {
        Mount::Tmpfs(tmpfs) => {
            let size = tmpfs.size.as_ref().map_or("4M".into(), ToString::to_string);
            format!("mount tmpfs on {} (size={size})", tmpfs.at)
        }
        Mount::Proc(at) => format!("mount proc on {at}"),
        Mount::Sysfs(at) => format!("mount sysfs on {at}"),
        Mount::Cgroup2(at) => format!("mount cgroup2 on {at}"),
        Mount::Mqueue(at) => format!("mount mqueue on {at}"),
        Mount::Bind(bind) => {
            let flags = if bind.recursive { "MS_BIND|MS_REC" } else { "MS_BIND" };
            let then = match (bind.read_only, bind.recursive) {
                (false, _) => "",
                (true, false) => ", then make it read-only (MS_REMOUNT|MS_BIND|MS_RDONLY)",
                (true, true) => ", then make all of it read-only (mount_setattr, AT_RECURSIVE)",
            };
            format!("mount {} on {} ({flags}){then}", bind.from, bind.at)
        }
        Mount::Overlay(overlay) => {
            let dirs = [("upperdir", &overlay.upper), ("workdir", &overlay.work)];
            let options: Vec<String> = std::iter::once(format!("lowerdir={}", overlay.lower.0.join(":")))
                .chain(dirs.into_iter().filter_map(|(name, dir)| Some(format!("{name}={}", dir.as_ref()?))))
                .collect();
            format!("mount overlay on {} ({})", overlay.at, options.join(","))
        }
    }
}

fn propagation(how: &Propagation) -> String {
    let (word, path) = how.parts();
    format!("make {path} and all below it {word} (MS_REC|MS_{})", word.to_uppercase())
}

fn texts<'a>(word: &str, files: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    let parts: Vec<String> = files
        .into_iter()
        .map(|(path, text)| match (word, text.as_str()) {
            ("write", "") => format!("make {path} empty"),
            _ => format!("{word} {} to {path}", quoted(text)),
        })
        .collect();
    parts.join("; ")
}

fn set(knob: &str, setting: &Setting) -> String {
    let takes = knob.parse::<CgroupKnob>().map_or(Takes::Text, |of| of.knob.file.takes);
    match (takes, &setting.value) {
        (Takes::Member, Val::Text(name)) => format!("write the PID of {name} to {knob}"),
        _ => format!("write {} to {knob}", control_value(takes, setting)),
    }
}

/// The text for a control file, in v2's units.
fn control_value(takes: Takes, setting: &Setting) -> String {
    let Setting { value, period } = setting;
    let period_us = match period {
        Some(Val::Quantity(seconds, Unit::Seconds, _)) => seconds * 1e6,
        Some(other) => return format!("quota {} in every {}", spell(value), spell(other)),
        None => f64::from(PERIOD_US),
    };
    match value {
        Val::Param(_) => value.to_string(),
        Val::Quantity(percent, Unit::Percent, _) if takes == Takes::Quota => {
            format!("\"{:.0} {period_us:.0}\"", percent / 100.0 * period_us)
        }
        Val::Quantity(seconds, Unit::Seconds, _) if takes == Takes::Quota => {
            format!("\"{:.0} {period_us:.0}\"", seconds * 1e6)
        }
        Val::Quantity(bytes, Unit::Bytes, _) => format!("\"{bytes:.0}\" ({})", spell(value)),
        Val::Quantity(times, Unit::Times, _) => {
            format!("\"{:.0}\" ({} the default)", times * WEIGHT_V2.default, spell(value))
        }
        Val::Text(word) if takes == Takes::Quota && period.is_some() => {
            quoted(&format!("{word} {period_us:.0}"))
        }
        other => quoted(&other.to_string()),
    }
}

/// `/proc/self/NAME`, or another box's.
fn own(of: Option<&str>, name: &str) -> String {
    of.map_or_else(|| format!("/proc/self/{name}"), |of| format!("/proc/<{of}>/{name}"))
}

fn link(name: &str) -> Cow<'_, str> {
    Ns::named(name).map_or(Cow::Borrowed(name), |ns| Cow::Borrowed(ns.link()))
}

fn flag_of(name: &str) -> &'static str {
    Ns::named(name).map_or("0", Ns::flag_name)
}

fn list(numbers: &[u32]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_yaml::with::singleton_map_recursive::deserialize;

    fn action(yaml: &str) -> Action {
        deserialize(serde_yaml::Deserializer::from_str(yaml)).expect(yaml)
    }

    fn said(yaml: &str) -> String {
        lines(&action(yaml), &Variant::new(Version::V2, Rights::Root)).join("\n")
    }

    #[test]
    fn every_kind_of_verb_has_its_line() {
        let cases = [
            ("{ box: { unshare: [uts, mount] } }", "box: unshare(CLONE_NEWUTS|CLONE_NEWNS)"),
            ("{ guest: { setns: { mount: box } } }", "guest: setns(/proc/<box>/ns/mnt, CLONE_NEWNS)"),
            ("{ keeper: { hold: { uts: box } } }", "keeper: open(/proc/<box>/ns/uts) and keep it open"),
            ("{ a: { fork: init } }", "a: fork() as init"),
            ("{ a: { fork: { box: init, new: pid } } }", "a: clone(CLONE_NEWPID) as init"),
            ("{ a: { kill: { init: TERM } } }", "a: kill(init, SIGTERM)"),
            ("{ a: wait }", "a: waitpid(-1)"),
            ("{ a: { sethostname: bird } }", "a: sethostname(\"bird\")"),
            (
                "{ a: { uid_map: { map: \"0 1000 1\", of: b } } }",
                "a: write \"0 1000 1\" to /proc/<b>/uid_map",
            ),
            ("{ a: { drop_capabilities: net_admin } }", "a: give up CAP_NET_ADMIN"),
            ("{ a: { mount: { tmpfs: stage } } }", "a: mount tmpfs on stage (size=4M)"),
            (
                "{ a: { mount: { bind: { from: x, at: y, read_only: true } } } }",
                "a: mount x on y (MS_BIND), then make it read-only (MS_REMOUNT|MS_BIND|MS_RDONLY)",
            ),
            (
                "{ a: { mount: { overlay: { lower: [x, y], upper: u, work: w, at: m } } } }",
                "a: mount overlay on m (lowerdir=x:y,upperdir=u,workdir=w)",
            ),
            (
                "{ a: { propagation: { private: / } } }",
                "a: make / and all below it private (MS_REC|MS_PRIVATE)",
            ),
            ("{ a: { umount: { at: /proc, detach: true } } }", "a: umount2(/proc, MNT_DETACH)"),
            ("{ a: { write: { f: \"one\\n\", g: \"\" } } }", "a: write \"one\\n\" to f; make g empty"),
            (
                "{ a: { veth: { name: eth0, peer: { right: eth1 } } } }",
                "a: add veth eth0, its peer eth1 in right",
            ),
            (
                "{ a: { ping: { to: 10.77.0.2, count: 3, wait: 3s } } }",
                "a: ping 10.77.0.2 (3 echo requests, wait 3 s)",
            ),
            ("{ a: { create_cgroup: burner } }", "a: mkdir cgroup burner"),
            ("{ a: { set: { burner/cpu.max: 20% } } }", "a: write \"20000 100000\" to burner/cpu.max"),
            (
                "{ a: { set: { burner/cpu.max: { value: 5ms, period: 25ms } } } }",
                "a: write \"5000 25000\" to burner/cpu.max",
            ),
            ("{ a: { set: { burner/cpu.max: max } } }", "a: write \"max\" to burner/cpu.max"),
            ("{ a: { set: { burner/cpu.max: $quota } } }", "a: write $quota to burner/cpu.max"),
            ("{ a: { set: { hog/memory.max: 20M } } }", "a: write \"20971520\" (20 MiB) to hog/memory.max"),
            (
                "{ a: { set: { gold/cpu.weight: 4x } } }",
                "a: write \"400\" (4x the default) to gold/cpu.weight",
            ),
            ("{ a: { set: { burner/tasks: stray } } }", "a: write the PID of stray to burner/tasks"),
        ];
        for (yaml, line) in cases {
            assert_eq!(said(yaml), line, "{yaml}");
        }
    }

    #[test]
    fn what_is_declared_is_said() {
        assert_eq!(
            said("{ a: { ping: 10.0.0.1 }, fails: [ETIMEDOUT, EHOSTUNREACH] }"),
            "a: ping 10.0.0.1 (1 echo request) – declared to fail with ETIMEDOUT or EHOSTUNREACH"
        );
        let by_version = action("{ a: { unshare: uts }, fails: { v1: EBUSY } }");
        assert_eq!(
            lines(&by_version, &Variant::new(Version::V2, Rights::Rootless)),
            ["a: unshare(CLONE_NEWUTS)"]
        );
        assert_eq!(said("{ a: { exit: 0 }, when: { cgroup: v1 } }"), "a: exit(0) – only on cgroup v1");
    }

    #[test]
    fn long_texts_are_cut() {
        let plan = plan(&Verb::Sethostname("ü".repeat(80)));
        assert_eq!(plan, format!("sethostname(\"{}…\")", "ü".repeat(47)));
    }
}
