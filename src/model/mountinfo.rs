//! The lines of a mount table (`proc_pid_mountinfo(5)`).

use std::path::{Path, PathBuf};

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Its id.
    pub id: u32,
    /// The id of the mount that it lies on.
    pub parent: u32,
    /// The filesystem's device, `MAJOR:MINOR`. `stat(2)` can show another one (btrfs subvolumes).
    pub device: String,
    /// The directory of the filesystem that is its root.
    pub root: String,
    /// Where it is mounted, in the view of the process whose table it is.
    pub at: PathBuf,
    /// The filesystem type.
    pub fstype: String,
    /// The super block's options.
    pub super_options: String,
    /// Peer group to and from which mounts travel (`shared:N`).
    pub shared: Option<u32>,
    /// Peer group from which mounts come (`master:N`).
    pub master: Option<u32>,
    /// Cannot be bind-mounted.
    pub unbindable: bool,
    /// Mounted read-only.
    pub read_only: bool,
    /// The options of this mount alone, as the kernel writes them: `rw,nosuid,relatime`.
    pub options: String,
}

impl Mount {
    /// Where a path below the mount point lies within the filesystem: a bind mount shows a part of it at another place.
    pub fn inner(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(&self.at) {
            Ok(rest) if rest != Path::new("") => Path::new(&self.root).join(rest),
            _ => PathBuf::from(&self.root),
        }
    }

    /// How mounts travel here, in one word or two (`mount_namespaces(7)`).
    pub fn propagation(&self) -> &'static str {
        match (self.shared, self.master, self.unbindable) {
            (Some(_), Some(_), _) => "shared,slave",
            (Some(_), None, _) => "shared",
            (None, Some(_), _) => "slave",
            (None, None, true) => "unbindable",
            (None, None, false) => "private",
        }
    }
}

/// Octal escapes for blank, tab, line feed and backslash.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(i) = rest.find('\\') {
        out.push_str(&rest[..i]);
        if let Some(byte) = rest.get(i + 1..i + 4).and_then(|o| u8::from_str_radix(o, 8).ok()) {
            out.push(byte as char);
            rest = &rest[i + 4..];
        } else {
            out.push('\\');
            rest = &rest[i + 1..];
        }
    }
    out.push_str(rest);
    out
}

/// The lines of a mountinfo file. Lines that do not have its form are left out.
pub fn parse(text: &str) -> Vec<Mount> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Mount> {
    let (left, right) = line.split_once(" - ")?;
    let mut fields = left.split(' ');
    let id = fields.next()?.parse().ok()?;
    let (parent, device) = (fields.next()?.parse().ok()?, fields.next()?.to_owned());
    let (root, at, options) = (fields.next()?, fields.next()?, fields.next()?);
    let (mut shared, mut master, mut unbindable) = (None, None, false);
    for tag in fields {
        match tag.split_once(':') {
            Some(("shared", n)) => shared = n.parse().ok(),
            Some(("master", n)) => master = n.parse().ok(),
            _ if tag == "unbindable" => unbindable = true,
            _ => {}
        }
    }
    let mut tail = right.split(' ');
    let fstype = tail.next()?.to_owned();
    let super_options = tail.nth(1).unwrap_or("").to_owned();
    Some(Mount {
        id,
        parent,
        device,
        root: unescape(root),
        at: PathBuf::from(unescape(at)),
        fstype,
        super_options,
        shared,
        master,
        unbindable,
        read_only: options.split(',').any(|o| o == "ro"),
        options: options.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_fields_and_escapes() {
        let text = "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n\
                    37 35 0:5 / /x ro - tmpfs tmpfs rw\nnonsense\n";
        let mounts = parse(text);
        assert_eq!(mounts.len(), 2);
        assert_eq!(mounts[0].at, Path::new("/mnt 2"));
        assert_eq!((mounts[0].id, mounts[0].parent, mounts[0].device.as_str()), (36, 35, "98:0"));
        assert_eq!((mounts[0].shared, mounts[0].master), (Some(7), Some(1)));
        assert_eq!(mounts[0].propagation(), "shared,slave");
        assert_eq!(mounts[0].super_options, "rw,errors=continue");
        assert!(mounts[1].read_only);
        assert_eq!((mounts[0].options.as_str(), mounts[1].options.as_str()), ("rw,noatime", "ro"));
        assert_eq!(mounts[1].propagation(), "private");
    }
}
