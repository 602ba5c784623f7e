//! Actions in words, one line each: what a box is about to do, before it does it.

use crate::vocabulary::action::Action;
use crate::vocabulary::when::{Rights, When};
use crate::vocabulary::{Variant, Version};

/// The lines of one action, `ACTOR: PLAN`, with what is declared of its outcome.
pub fn lines(action: &Action, variant: &Variant) -> Vec<String> {
    let fails = action.modifiers.fails.as_ref().and_then(|per| per.here(variant));
    let declared = fails.map_or_else(String::new, |failings| {
        let names: Vec<String> = failings.0.0.iter().map(ToString::to_string).collect();
        format!(" – declared to fail with {}", names.join(" or "))
    });
    let only =
        action.modifiers.when.as_ref().map_or_else(String::new, |w| format!(" – only {}", condition(w)));
    action.verbs.iter().map(|verb| format!("{}: {}{declared}{only}", action.subject, verb.plan())).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Verb;
    use crate::vocabulary::verb::Sethostname;
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
        let plan = Verb::from(Sethostname("ü".repeat(80))).plan();
        assert_eq!(plan, format!("sethostname(\"{}…\")", "ü".repeat(47)));
    }
}
