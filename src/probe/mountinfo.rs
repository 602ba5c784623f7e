//! Mount tables: `/proc/PID/mountinfo` (`proc_pid_mountinfo(5)`).

use super::text;
use std::io;
use std::path::Path;

pub use crate::model::mountinfo::{Mount, parse};

/// The mount in which a path without links lies: the deepest, and of several on one mount point the topmost.
pub fn covering<'t>(table: &'t [Mount], path: &Path) -> Option<&'t Mount> {
    table.iter().filter(|m| path.starts_with(&m.at)).max_by_key(|m| m.at.components().count())
}

/// The table of a process; `process` is a directory such as `/proc/self`.
pub fn read(process: &Path) -> io::Result<Vec<Mount>> {
    text::read(&process.join("mountinfo")).map(|t| parse(&t))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn a_name_that_is_not_utf_8_hides_no_mount() {
        let process = std::env::temp_dir().join(format!("isolab-mountinfo-{}", std::process::id()));
        std::fs::create_dir_all(&process).expect("a directory");
        let lines = b"1 0 8:1 / / rw - ext4 /dev/vda1 rw\n2 1 0:9 / /media/caf\xe9 rw - vfat /dev/sdb1 rw\n";
        std::fs::write(process.join("mountinfo"), lines).expect("a file");
        let found = read(&process);
        std::fs::remove_dir_all(&process).expect("removed");
        let found: Vec<PathBuf> = found.expect("a table").into_iter().map(|m| m.at).collect();
        assert_eq!(found, [Path::new("/"), Path::new("/media/caf\\xe9")]);
    }

    #[test]
    fn places_within_a_filesystem() {
        let text = "1 0 8:1 / / rw - ext4 /dev/vda1 rw\n2 1 8:1 /var/tmp/x /mnt rw - ext4 /dev/vda1 rw\n\
                    3 2 0:9 / /mnt rw - tmpfs tmpfs rw\n";
        let table = parse(text);
        assert_eq!(covering(&table, Path::new("/mnt/f")).map(|m| m.id), Some(3));
        assert_eq!(covering(&table, Path::new("/mntx")).map(|m| m.id), Some(1));
        assert_eq!(table[1].inner(Path::new("/mnt/a/b")), Path::new("/var/tmp/x/a/b"));
        assert_eq!(table[1].inner(Path::new("/mnt")), Path::new("/var/tmp/x"));
        assert_eq!(table[0].inner(Path::new("/etc")), Path::new("/etc"));
    }
}
