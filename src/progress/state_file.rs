//! Where progress is kept, and who owns it.

use crate::files::rights::{Owner, groups, invoker};
use nix::unistd::{Uid, User, geteuid};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The surroundings that decide where progress is kept.
pub struct Surroundings<'a> {
    /// The effective user id.
    pub euid: u32,
    /// The environment.
    pub var: &'a dyn Fn(&str) -> Option<OsString>,
    /// The user database: name and home of a user id.
    pub user: &'a dyn Fn(u32) -> Option<(String, PathBuf)>,
}

/// The place of a progress file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFile {
    /// The directory that must exist already: this program does not make a home directory.
    pub home: PathBuf,
    /// The directory with the files.
    pub directory: PathBuf,
    /// The user whose rights to use; `None`: those of the process.
    pub owner: Option<Owner>,
}

impl Surroundings<'_> {
    /// The place in the surroundings of this process.
    pub fn here<T>(work: impl FnOnce(&Surroundings) -> T) -> T {
        let user = |uid| {
            let user = User::from_uid(Uid::from_raw(uid)).ok()??;
            Some((user.name, user.dir))
        };
        work(&Surroundings { euid: geteuid().as_raw(), var: &|name| std::env::var_os(name), user: &user })
    }

    /// `$XDG_STATE_HOME/isolab`, by default `~/.local/state/isolab` (XDG Base Directory Specification: a relative value is ignored). Under sudo
    /// the home is the invoking user's, from the user database, since `HOME` may be either user's.
    ///
    /// # Errors
    /// A sentence, if no home is known.
    pub fn place(&self) -> Result<StateFile, String> {
        let absolute = |name| (self.var)(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let invoker = invoker(self.euid, |name| (self.var)(name));
        let known = || {
            let uid = invoker.map_or(self.euid, |(uid, _)| uid);
            (self.user)(uid)
                .filter(|(_, home)| home.is_absolute())
                .ok_or_else(|| format!("look up the home of user {uid}: not in the user database"))
        };
        let owner = match invoker {
            None => None,
            Some((uid, gid)) => Some(Owner { uid, gid, groups: groups(&known()?.0, gid) }),
        };
        let (home, base) = if let Some(base) = absolute("XDG_STATE_HOME") {
            (PathBuf::from("/"), base)
        } else {
            let home = match absolute("HOME").filter(|_| invoker.is_none()) {
                Some(home) => home,
                None => known()?.1,
            };
            let base = home.join(".local/state");
            (home, base)
        };
        Ok(StateFile { home, directory: base.join("isolab"), owner })
    }
}

impl StateFile {
    /// The file.
    pub fn file(&self) -> PathBuf {
        self.directory.join("progress.json")
    }

    /// The nearest existing directory on the way to the file.
    pub fn existing(&self) -> &Path {
        self.directory.ancestors().find(|path| path.exists()).unwrap_or(&self.home)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(euid: u32, vars: &[(&str, &str)]) -> Result<StateFile, String> {
        let var = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
        let user = |uid| match uid {
            0 => Some(("root".to_owned(), "/root".into())),
            1000 => Some(("ann".to_owned(), "/home/ann".into())),
            _ => None,
        };
        Surroundings { euid, var: &var, user: &user }.place()
    }

    #[test]
    fn the_state_directory_is_the_specifications() {
        for (vars, directory) in [
            (&[("HOME", "/h")][..], "/h/.local/state/isolab"),
            (&[("HOME", "/h"), ("XDG_STATE_HOME", "/s")], "/s/isolab"),
            (&[("HOME", "/h"), ("XDG_STATE_HOME", "s")], "/h/.local/state/isolab"),
            (&[("HOME", "/h"), ("XDG_STATE_HOME", "")], "/h/.local/state/isolab"),
            (&[("HOME", "h")], "/home/ann/.local/state/isolab"),
            // An ordinary user cannot be another one by a variable.
            (&[("HOME", "/h"), ("SUDO_UID", "0"), ("SUDO_GID", "0")], "/h/.local/state/isolab"),
        ] {
            let place = place(1000, vars).unwrap();
            assert_eq!((place.directory.to_str(), &place.owner), (Some(directory), &None), "{vars:?}");
        }
        assert!(place(1001, &[]).unwrap_err().contains("user 1001"));
    }

    #[test]
    fn under_sudo_it_is_the_invoking_users() {
        let sudo = [("HOME", "/root"), ("SUDO_UID", "1000"), ("SUDO_GID", "100")];
        let found = place(0, &sudo).unwrap();
        assert_eq!(found.directory.to_str(), Some("/home/ann/.local/state/isolab"));
        let owner = found.owner.unwrap();
        assert_eq!((owner.uid, owner.gid), (1000, 100));
        assert!(owner.groups.contains(&100));
        for vars in [
            &[("HOME", "/root"), ("SUDO_UID", "0"), ("SUDO_GID", "0")][..],
            &[("HOME", "/root"), ("SUDO_UID", "1000")],
            &[("HOME", "/root"), ("SUDO_UID", "ann"), ("SUDO_GID", "100")],
        ] {
            let found = place(0, vars).unwrap();
            assert_eq!((found.directory.to_str(), found.owner), (Some("/root/.local/state/isolab"), None));
        }
        assert!(place(0, &[("SUDO_UID", "7"), ("SUDO_GID", "7")]).unwrap_err().contains("user 7"));
    }
}
