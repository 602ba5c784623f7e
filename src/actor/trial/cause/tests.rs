//! Causes that no test can produce on a real machine, on sample trees.

use super::*;

struct Tree(PathBuf);

impl Tree {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let top = std::env::temp_dir().join(format!("refusals-of-isolab-{}-{name}", std::process::id()));
        std::fs::create_dir_all(top.join("proc/sys/kernel")).expect("a tree");
        for (path, text) in files {
            let path = top.join(path);
            std::fs::create_dir_all(path.parent().expect("below the top")).expect("a directory");
            std::fs::write(path, text).expect("a file");
        }
        Tree(top)
    }

    fn told(&self, uid: u32, kernel: &str, trial: Trial, what: (&str, &str, i32)) -> Blocked {
        let here = Surroundings { root: &self.0, uid, kernel, pids: None };
        let (operation, object, errno) = what;
        let answer = Answer::Errno(Errno(errno));
        here.explain(trial, &Refusal { operation: operation.to_owned(), object: object.to_owned(), answer })
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const ROOT: &str = "1 0 8:1 / / rw - ext4 /dev/vda1 rw\n2 1 0:5 / /proc rw - proc proc rw\n";

#[test]
fn an_initial_ram_disk_is_named() {
    let tree = Tree::new("rootfs", &[("proc/self/mountinfo", ROOT)]);
    let found = tree.told(1000, "6.18.0", Trial::Of(Ability::PivotRoot), ("pivot_root", ".", libc::EINVAL));
    assert!(found.reason.contains("its initial RAM disk"), "{}", found.reason);
    assert!(found.remedy.contains("sudo unshare --mount"), "{}", found.remedy);
}

#[test]
fn an_apparmor_profile_is_named() {
    let confined = ("proc/self/attr/current", "docker-default (enforce)\n");
    let tree = Tree::new("apparmor", &[("proc/self/mountinfo", ROOT), confined]);
    let found = tree.told(0, "6.18.0", Trial::Of(Ability::Mount), ("mount", "/", libc::EACCES));
    assert!(found.reason.contains("AppArmor profile docker-default"), "{}", found.reason);
    let free = ("proc/self/attr/current", "unconfined\n");
    let tree = Tree::new("unconfined", &[("proc/self/mountinfo", ROOT), free]);
    let found = tree.told(0, "6.18.0", Trial::Of(Ability::Mount), ("mount", "/", libc::EACCES));
    assert!(found.reason.starts_with("refused, as in a container"), "{}", found.reason);
}

#[test]
fn a_root_directory_that_cannot_be_listed_is_named() {
    let tree = Tree::new("unlisted", &[("proc/self/mountinfo", ROOT)]);
    let found = tree.told(1000, "6.18.0", Trial::Of(Ability::Confinement), ("list", "/", libc::EACCES));
    assert!(found.reason.starts_with("/ cannot be listed"), "{}", found.reason);
    assert!(found.remedy.ends_with("sudo chmod o+r /"), "{}", found.remedy);
}

/// A kernel is reported as too old only where that is the cause.
#[test]
fn overlayfs_is_refused_for_its_own_reason() {
    let tmpfs = format!("{ROOT}3 1 0:9 / /var/tmp rw - tmpfs tmpfs rw\n");
    let tree = Tree::new("overlay", &[("proc/self/mountinfo", &tmpfs)]);
    let mount = ("mount", "/var/tmp/x/merged", libc::EPERM);
    let found = tree.told(0, "5.10.0", Trial::Of(Ability::Overlay), mount);
    assert!(found.remedy.contains("5.11"), "{}", found.remedy);
    let found = tree.told(0, "6.1.0", Trial::Of(Ability::Overlay), ("unlinkat", "merged/cache", libc::EIO));
    assert!(found.reason.contains("before Linux 6.6"), "{}", found.reason);
    let found =
        tree.told(0, "6.18.0", Trial::Of(Ability::Overlay), ("unshare", "CLONE_NEWUSER", libc::EPERM));
    assert!(!found.remedy.contains("5.11"), "{}", found.remedy);
}

#[test]
fn a_sysctl_that_refuses_ordinary_users_is_named() {
    let sysctl = ("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
    let tree = Tree::new("sysctl", &[("proc/self/mountinfo", ROOT), sysctl]);
    let refused = ("write", "/proc/self/uid_map", libc::EPERM);
    let found = tree.told(1000, "6.8.0", Trial::Of(Ability::User), refused);
    assert!(found.reason.starts_with("kernel.apparmor_restrict_unprivileged_userns=1"), "{}", found.reason);
    assert!(
        found.remedy.ends_with("sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"),
        "{}",
        found.remedy
    );
    let found = tree.told(0, "6.8.0", Trial::Of(Ability::User), refused);
    assert!(!found.reason.contains("apparmor_restrict"), "root is not refused by it: {}", found.reason);
}
