//! Whether the name service can know an id that a run takes and that no file shows (`nsswitch.conf(5)`). Asking it takes two programs, which cost
//! more than all else before a run; on most machines its configuration answers already.

use std::fs::read_dir;
use std::path::Path;

/// Sources with ids only in `/etc/passwd` and `/etc/group`, or given out by systemd's services.
const KNOWN: [&str; 2] = ["files", "systemd"];
/// Services of systemd that cannot name such an id (<https://systemd.io/USER_GROUP_API/>): dynamic users have the ids 61184 to 65519; the others
/// show what is in the files, in the directories below, or in another source of the name service.
const SERVICES: [&str; 4] =
    ["io.systemd.DropIn", "io.systemd.DynamicUser", "io.systemd.Multiplexer", "io.systemd.NameServiceSwitch"];
/// Where records of users lie (`nss-systemd(8)`).
const RECORDS: [&str; 5] =
    ["etc/userdb", "run/userdb", "run/host/userdb", "usr/local/lib/userdb", "usr/lib/userdb"];

/// Whether users and groups come from the files alone, as far as their ids can be those of a run. `root` is the root directory.
pub fn knows_only_files(root: &Path) -> bool {
    let configuration = std::fs::read_to_string(root.join("etc/nsswitch.conf")).unwrap_or_default();
    let sources = |database: &str| -> Option<Vec<&str>> {
        let lines = configuration.lines().map(|line| line.split('#').next().unwrap_or_default());
        let (_, sources) =
            lines.filter_map(|line| line.split_once(':')).find(|(d, _)| d.trim() == database)?;
        Some(sources.split_ascii_whitespace().collect())
    };
    let (Some(users), Some(groups)) = (sources("passwd"), sources("group")) else { return false };
    let mut all = users.into_iter().chain(groups).peekable();
    let uses_systemd = configuration.contains("systemd");
    all.peek().is_some() && all.all(|s| KNOWN.contains(&s)) && (!uses_systemd || systemd_knows_none(root))
}

fn systemd_knows_none(root: &Path) -> bool {
    let services = read_dir(root.join("run/systemd/userdb")).into_iter().flatten();
    let mut services = services.map(|entry| entry.map(|e| e.file_name()));
    let known = |name: &std::ffi::OsString| SERVICES.iter().any(|service| name == service);
    services.all(|name| name.is_ok_and(|name| known(&name)))
        && RECORDS.iter().all(|place| read_dir(root.join(place)).into_iter().flatten().next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{create_dir_all, remove_dir_all, write};

    #[test]
    fn only_sources_that_are_known_need_no_question() {
        let root = std::env::temp_dir().join(format!("isolab-names-{}", std::process::id()));
        create_dir_all(root.join("etc")).expect("a directory");
        let with = |text: &str| {
            write(root.join("etc/nsswitch.conf"), text).expect("a file");
            knows_only_files(&root)
        };
        let answers = [
            with("passwd: files systemd # local\ngroup:\tfiles systemd\nshadow: files ldap\n"),
            with("passwd: files\ngroup: files\n"),
            with("passwd: files sss\ngroup: files\n"),
            with("passwd: files\ngroup: compat\n"),
            with("passwd: files [NOTFOUND=return] ldap\ngroup: files\n"),
            with("# passwd: files\ngroup: files\n"),
            with("passwd:\ngroup:\n"),
            with(""),
        ];
        std::fs::remove_file(root.join("etc/nsswitch.conf")).expect("removed");
        let without = knows_only_files(&root);
        with("passwd: files systemd\ngroup: files systemd\n");
        let then = |place: &str| {
            create_dir_all(root.join(place)).expect("a directory");
            knows_only_files(&root)
        };
        let systemd = [
            then("run/systemd/userdb/io.systemd.DynamicUser"),
            then("usr/lib/userdb"),
            then("usr/lib/userdb/a.user"),
        ];
        remove_dir_all(root.join("usr")).expect("removed");
        let machine = then("run/systemd/userdb/io.systemd.Machine");
        remove_dir_all(&root).expect("removed");
        assert_eq!(answers, [true, true, false, false, false, false, false, false]);
        assert!(!without, "nothing is known of a machine without the file");
        assert_eq!(systemd, [true, true, false]);
        assert!(!machine, "containers have any ids");
    }
}
