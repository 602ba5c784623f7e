//! Why no hierarchy carries a controller here: the kernel has it not, was told to leave it out, or nobody has mounted what carries it.

use super::Hierarchies;
use super::delegation::{Blocked, OUTSIDE, Starter};

/// A line of `/proc/cgroups` (`cgroups(7)`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// The controller's name in cgroup v1.
    pub name: String,
    /// The number of the v1 hierarchy that carries it; 0 when none does, and so v2 may.
    pub hierarchy: u32,
    /// Not switched off at boot (`cgroup_disable=`).
    pub enabled: bool,
}

/// The controllers that a `/proc/cgroups` text lists.
pub(super) fn known(text: &str) -> Vec<Known> {
    let line = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let name = fields.next()?.to_owned();
        let hierarchy = fields.next()?.parse().ok()?;
        Some(Known { name, hierarchy, enabled: fields.nth(1)? != "0" })
    };
    text.lines().filter(|l| !l.starts_with('#')).filter_map(line).collect()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_list_is_read() {
        let text = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t3\t9\t1\nmemory\t0\t1\t0\n";
        let found = known(text);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].hierarchy, found[0].enabled), (3, true));
        assert_eq!((found[1].name.as_str(), found[1].enabled), ("memory", false));
    }
}
