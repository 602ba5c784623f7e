//! Why no hierarchy carries a controller here: the kernel has it not, was told to leave it out, or nobody has mounted what carries it.

use super::hierarchy::Hierarchies;
use super::starter::{Blocked, OUTSIDE, Starter};

/// Why this controller, which no mounted hierarchy carries, is not there.
pub(super) fn absent(here: &Hierarchies, name: &str, in_v1: &str, who: &Starter) -> Blocked {
    let blocked = |reason: String, remedy: String| Blocked { reason, remedy };
    let as_root = |command: String| match who.uid {
        0 if who.mounts => command,
        0 => OUTSIDE.to_owned(),
        _ => format!("sudo sh -c '{command}'"),
    };
    let unified = || as_root("mount -t cgroup2 cgroup2 /sys/fs/cgroup".to_owned());
    let Some(known) = here.known.iter().find(|k| k.name == in_v1) else {
        return match (&here.unified, here.known.is_empty()) {
            // Newer kernels have no such file without cgroup v1.
            (None, true) => blocked("cgroup v2 is not mounted".to_owned(), unified()),
            _ => blocked(
                format!("this kernel has no {name} controller"),
                "boot a distribution kernel".to_owned(),
            ),
        };
    };
    if !known.enabled {
        let remedy = if name == "memory" {
            "boot with cgroup_enable=memory on the kernel's command line".to_owned()
        } else {
            format!("boot without cgroup_disable={in_v1} on the kernel's command line")
        };
        return blocked(
            format!("the {name} controller was switched off when this kernel was booted"),
            remedy,
        );
    }
    if known.hierarchy == 0 {
        return match &here.unified {
            None => blocked("cgroup v2 is not mounted".to_owned(), unified()),
            Some(home) => blocked(
                format!(
                    "the cgroup v2 tree at {} does not offer the {name} controller",
                    home.mount.display()
                ),
                "run isolab on the host or in a virtual machine".to_owned(),
            ),
        };
    }
    let together: Vec<&str> =
        here.known.iter().filter(|k| k.hierarchy == known.hierarchy).map(|k| k.name.as_str()).collect();
    let names = together.join(",");
    blocked(
        format!(
            "the cgroup v1 hierarchy with the {name} controller is not mounted, or not so that it shows the cgroup that isolab is in"
        ),
        as_root(format!(
            "mkdir -p /run/isolab-cgroup/{names} && mount -t cgroup -o {names} cgroup /run/isolab-cgroup/{names}"
        )),
    )
}
