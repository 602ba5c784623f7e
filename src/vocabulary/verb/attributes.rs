//! What an inode is besides its content: mode, owner, device number.

use super::super::One;
use super::super::value::{CharDevice, Mode, Owner};
use super::define::{Define, verb};
use super::file::{changed_key, on_files};
use super::says::{Facts, FilePart, Touch};

verb! {
    Chmod(One<Mode>), "`{ PATH: \"0755\" }`", "`chmod(2)`"
}
verb! {
    Chown(One<Owner>), "`{ PATH: \"0:0\" }`", "`chown(2)`, in numbers"
}
verb! {
    Mknod(One<CharDevice>), "`{ PATH: c 1 3 }`", "`mknod(2)`, a character device"
}

impl Define for Chmod {
    fn plan(&self) -> String {
        format!("chmod({}, {})", self.0.0, self.0.1)
    }

    fn facts(&self) -> Facts<'_> {
        on_files(vec![changed_key(&self.0.0)], vec![Touch::File(&self.0.0, FilePart::Attributes)])
    }
}

impl Define for Chown {
    fn plan(&self) -> String {
        format!("chown({}, {})", self.0.0, self.0.1)
    }

    fn facts(&self) -> Facts<'_> {
        on_files(vec![changed_key(&self.0.0)], vec![Touch::File(&self.0.0, FilePart::Attributes)])
    }
}

impl Define for Mknod {
    fn plan(&self) -> String {
        format!("mknod({}, {})", self.0.0, self.0.1)
    }

    fn facts(&self) -> Facts<'_> {
        on_files(vec![changed_key(&self.0.0)], vec![Touch::File(&self.0.0, FilePart::Name)])
    }
}
