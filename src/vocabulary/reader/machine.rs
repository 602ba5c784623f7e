//! Names of the machine, and its memory.

use super::super::general::text_value;
use super::super::scalar::Ns;
use super::super::yields::Yields;
use super::define::{Define, Facts, Varies, at_the_viewpoint, reader};
use super::process::field_name;
use crate::model::Unit;
use std::fmt;
use std::str::FromStr;

reader! { Hostname, "The host name of the reader's UTS namespace." }
reader! { Domainname, "The domain name of the reader's UTS namespace." }
reader! { KernelRelease, "The kernel's release." }

/// A line of `/proc/meminfo` (`proc_meminfo(5)`), by its name without the colon.
#[derive(Debug, Clone, PartialEq)]
pub struct Meminfo(pub String);

/// A text of the machine or of a namespace.
fn text<R>(varies: Varies, namespace: Option<Ns>) -> Facts<'static, R> {
    Facts { varies, ..at_the_viewpoint(Yields::Text, namespace) }
}

impl Define for Hostname {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "/proc/sys/kernel/hostname".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        text(Varies::Freely, Some(Ns::Uts))
    }
}

impl Define for Domainname {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "/proc/sys/kernel/domainname".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        text(Varies::Freely, Some(Ns::Uts))
    }
}

impl Define for KernelRelease {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "/proc/sys/kernel/osrelease".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        text(Varies::Never, None)
    }
}

impl Define for Meminfo {
    const OBJECT: &'static str = "`MemTotal`";

    fn words(&self) -> String {
        format!("{self} in /proc/meminfo")
    }

    fn facts(&self) -> Facts<'_, Self> {
        let constant = ["MemTotal", "SwapTotal"].contains(&self.0.as_str());
        let varies = if constant { Varies::Never } else { Varies::Freely };
        Facts { yields: Yields::Number(Some(Unit::Bytes)), ..text(varies, None) }
    }
}

impl FromStr for Meminfo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        field_name(text, "/proc/meminfo", "MemTotal").map(Meminfo)
    }
}

impl fmt::Display for Meminfo {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(Meminfo);
