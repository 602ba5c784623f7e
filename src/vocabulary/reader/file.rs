//! Files, directories and mounts.

use super::super::general::short;
use super::super::yields::Yields;
use super::define::{
    Define, Facts, Opens, PathOf, Personal, ReadBy, Readable, Role, Varies, about, process_word, reader,
};

short! {
    /// Mounts at and below a path.
    Mounts . /** The path. */ below: String {
        /** Whose mount table; by default, the reader's own. */ of: String,
    }
}
short! {
    /// A file's text.
    FileAt . /** The path. */ path: String {
        /** Below whose root (`/proc/PID/root`); by default, the reader's own. */ of: String,
    }
}
reader! { Link(String), "Where a symbolic link points." }
reader! { Listing(String), "The names in a directory." }
reader! { Tree(String), "Everything below a directory." }
reader! { Inode(String), "A file's inode number." }
reader! { Device(String), "A file's device number." }
reader! { Owner(String), "A file's owner." }

/// What a path leads to in the reader's root.
fn at<R>(path: &str, yields: Yields, opens: Opens) -> Facts<'_, R> {
    Facts {
        yields,
        varies: Varies::Freely,
        about: None,
        path: Some(PathOf { path, key: "path", opens }),
        read_by: ReadBy::Viewpoint,
        namespace: None,
        from_outside: None,
        personal: None,
    }
}

/// A path that leads to the reading process itself.
fn of_the_process(path: &str) -> Option<Personal> {
    path.starts_with("/proc/self").then_some(Personal::OwnDirectory)
}

impl Define for Mounts {
    const OBJECT: &'static str = "`PATH`, or `{ below: PATH, of: BOX }`";

    fn words(&self) -> String {
        let of = self.of.as_ref().map_or_else(String::new, |of| format!(" of {of}"));
        format!("mounts{of} at and below {}", self.below)
    }

    fn facts(&self) -> Facts<'_, Self> {
        let rows = Yields::Rows(&["at", "type", "propagation", "options"]);
        Facts {
            about: self.of.as_deref().map(|of| about(of, Role::Box, Readable::WhilePresent)),
            path: Some(PathOf { path: &self.below, key: "below", opens: Opens::Nothing }),
            from_outside: match self.of {
                Some(_) => None,
                None => Some(Box::new(|of| Mounts { of: Some(of.to_owned()), ..self.clone() })),
            },
            ..at(&self.below, rows, Opens::Nothing)
        }
    }
}

impl Define for FileAt {
    const OBJECT: &'static str = "`PATH`, or `{ path: PATH, of: BOX }`";

    fn words(&self) -> String {
        match &self.of {
            Some(_) => format!("/proc/{}/root{}", process_word(self.of.as_ref()), self.path),
            None => self.path.clone(),
        }
    }

    fn facts(&self) -> Facts<'_, Self> {
        match &self.of {
            None => {
                Facts { personal: of_the_process(&self.path), ..at(&self.path, Yields::Any, Opens::Itself) }
            }
            Some(of) => Facts {
                about: Some(about(of, Role::Box, Readable::WhilePresent)),
                ..at(&self.path, Yields::Any, Opens::InRootOfAnother)
            },
        }
    }
}

impl Define for Link {
    const OBJECT: &'static str = "`PATH`";

    fn words(&self) -> String {
        format!("readlink {}", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        Facts { personal: of_the_process(&self.0), ..at(&self.0, Yields::Any, Opens::Itself) }
    }
}

impl Define for Listing {
    const OBJECT: &'static str = "`PATH`";

    fn words(&self) -> String {
        format!("names in {}", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        at(&self.0, Yields::Rows(&["name"]), Opens::Itself)
    }
}

impl Define for Tree {
    const OBJECT: &'static str = "`PATH`";

    fn words(&self) -> String {
        format!("everything below {}", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        at(&self.0, Yields::Rows(&["name", "kind", "size"]), Opens::AllBelow)
    }
}

impl Define for Inode {
    const OBJECT: &'static str = "`PATH`";

    fn words(&self) -> String {
        format!("inode of {}", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        at(&self.0, Yields::Number(None), Opens::Itself)
    }
}

impl Define for Device {
    const OBJECT: &'static str = "`PATH`";

    fn words(&self) -> String {
        format!("device of {}", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        at(&self.0, Yields::Text, Opens::Itself)
    }
}

impl Define for Owner {
    const OBJECT: &'static str = "`PATH`";

    fn words(&self) -> String {
        format!("owner of {}", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        at(&self.0, Yields::Text, Opens::Itself)
    }
}
