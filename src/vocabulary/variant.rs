//! Which variant of a lesson applies: a lesson may differ by cgroup version, by who runs the lab, and in the names of control files.

use super::scalar::Version;
use super::when::{Rights, When};
use std::fmt;
use std::sync::Arc;

/// What a lesson may differ by, as it is on one machine for one user.
#[derive(Clone)]
pub struct Variant {
    /// The cgroup version whose texts and expectations apply.
    pub version: Version,
    /// Who runs the lab.
    pub rights: Rights,
    files: Arc<FileName>,
}

/// The name of a control file: `cpu.cfs_quota_us` for `cpu.max`.
type FileName = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Variant {
    /// The variant in which control files have the names of cgroup v2.
    pub fn new(version: Version, rights: Rights) -> Self {
        Variant { version, rights, files: Arc::new(|_| None) }
    }

    /// The same with names of control files; `files` gives none for a file that the machine lacks.
    #[must_use]
    pub fn with_files(self, files: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Variant { files: Arc::new(files), ..self }
    }

    /// Whether an ordinary user runs the lab.
    pub fn rootless(&self) -> bool {
        self.rights == Rights::Rootless
    }

    /// The name here of a control file that a lesson calls by its v2 name, such as `cpu.max` or `cpu.stat/nr_throttled`.
    pub fn file(&self, name: &str) -> Option<String> {
        (self.files)(name)
    }

    /// Whether something with this condition applies; without one it always does.
    pub fn meets(&self, when: Option<&When>) -> bool {
        when.is_none_or(|when| {
            when.cgroup.is_none_or(|version| version == self.version)
                && when.rights.is_none_or(|rights| rights == self.rights)
        })
    }
}

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", self.version.name(), self.rights.name())
    }
}
