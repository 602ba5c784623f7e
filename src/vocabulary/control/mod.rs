//! Control files of cgroups: one table for the loader, which checks what a lesson names and sets, for `probe`, which reads them, and for `actor`,
//! which writes them.
//!
//! A lesson uses the names and units of cgroup v2 (kernel document `cgroup-v2.rst`), also on a machine with v1. Values of v1 are brought to v2's
//! form: `max` for no limit, a weight as a multiple of the default, microseconds.

mod form;
mod table;

pub use form::*;
pub use table::{FILES, PERIOD_US, WEIGHT_V2};

use super::general::{misfit, text_value};
use super::suggest::suggest;
use super::yields::Yields;
use std::fmt;
use std::str::FromStr;

/// A control file, or one of its fields: `cpu.max`, `cpu.stat/nr_throttled`.
#[derive(Debug, Clone)]
pub struct Knob {
    /// The file.
    pub file: &'static ControlFile,
    /// The field's name in v2; none for the whole file.
    pub field: Option<String>,
    /// What it holds.
    pub content: Content,
}

impl PartialEq for Knob {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.file, other.file) && self.field == other.field
    }
}

impl Knob {
    /// The control file `FILE`, or its field `FILE/FIELD`.
    ///
    /// # Errors
    /// What to write instead; nothing where no name is near.
    pub fn find(name: &str) -> Result<Self, Option<String>> {
        let (file, field) = name.split_once('/').map_or((name, None), |(file, field)| (file, Some(field)));
        let Some(file) = FILES.iter().find(|f| f.name == file) else {
            return Err(suggest(file, FILES.iter().map(|f| f.name)));
        };
        let Some(field) = field else {
            return Ok(Knob { file, field: None, content: file.whole });
        };
        let content = match &file.fields {
            Fields::None => return Err(Some(format!("`{}` has no fields", file.name))),
            Fields::Any(content) => content(field),
            Fields::Known(known) => match (known.iter().find(|k| k.name == field), known) {
                (Some(known), _) => known.content,
                (None, [one]) => {
                    return Err(Some(format!("the one field of `{}` is `{}`", file.name, one.name)));
                }
                (None, _) => return Err(suggest(field, known.iter().map(|k| k.name))),
            },
        };
        Ok(Knob { file, field: Some(field.to_owned()), content })
    }

    /// The CPU time that a cgroup has used, in microseconds.
    pub fn cpu_time() -> Self {
        Knob::known("cpu.stat/usage_usec")
    }

    /// The periods of `cpu.max` that a cgroup has gone through.
    pub fn periods() -> Self {
        Knob::known("cpu.stat/nr_periods")
    }

    fn known(name: &str) -> Self {
        Knob::find(name).unwrap_or_else(|_| unreachable!("{name} is in the table"))
    }

    /// The kind of value. Of files with many fields, the unit of a field is not known before it is read.
    pub fn yields(&self) -> Yields {
        match (&self.file.fields, &self.field) {
            (Fields::Any(_), Some(_)) => Yields::Any,
            (Fields::None | Fields::Known(_) | Fields::Any(_), _) => self.content.yields(),
        }
    }
}

impl fmt::Display for Knob {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.file.name)?;
        self.field.iter().try_for_each(|field| write!(f, "/{field}"))
    }
}

/// A control file of a lesson's cgroup, `CGROUP/FILE` or `CGROUP/FILE/FIELD`.
#[derive(Debug, Clone, PartialEq)]
pub struct CgroupKnob {
    /// The cgroup's id.
    pub cgroup: String,
    /// The file or field.
    pub knob: Knob,
}

impl FromStr for CgroupKnob {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((cgroup, name)) = text.split_once('/') else {
            let message = format!("`{text}` names no control file");
            return Err(misfit(&message, "write CGROUP/FILE: `burner/cpu.max`", text));
        };
        let unknown = |help: Option<String>| {
            misfit(&format!("unknown control file `{name}`"), &help.unwrap_or_default(), name)
        };
        Ok(CgroupKnob { cgroup: cgroup.to_owned(), knob: Knob::find(name).map_err(unknown)? })
    }
}

impl fmt::Display for CgroupKnob {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.cgroup, self.knob)
    }
}

text_value!(CgroupKnob);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Val;
    use crate::vocabulary::controller::Controller;
    use std::collections::HashSet;

    #[test]
    fn names_are_found_or_the_nearest_is_suggested() {
        for known in ["memory.events/oom_kill", "memory.stat/anon", "cpu.max/period", "tasks"] {
            assert_eq!(Knob::find(known).expect(known).to_string(), known);
        }
        let advice = |name: &str| Knob::find(name).expect_err(name).unwrap_or_default();
        assert_eq!(advice("memory.events/oomkill"), "did you mean `oom_kill`?");
        assert_eq!(advice("memory.max/x"), "`memory.max` has no fields");
        assert_eq!(advice("cpu.max/x"), "the one field of `cpu.max` is `period`");
        assert_eq!(advice("cpu.mx"), "did you mean `cpu.max`?");
        assert_eq!(Knob::cpu_time().to_string(), "cpu.stat/usage_usec");
        assert_eq!(Knob::periods().to_string(), "cpu.stat/nr_periods");
    }

    #[test]
    fn every_file_is_listed_once_and_belongs_to_the_controller_of_its_name() {
        let names: HashSet<&str> = FILES.iter().map(|f| f.name).collect();
        assert_eq!(names.len(), FILES.len());
        for file in FILES {
            let prefix = file.name.split('.').next().unwrap_or_default();
            let controller = file.whole.carrier.controller();
            match file.name {
                "cgroup.freeze" => assert_eq!(controller, Some(Controller::Freezer)),
                name => assert_eq!(
                    controller.map_or("", Controller::name),
                    if ["cgroup", "tasks"].contains(&prefix) { "" } else { prefix },
                    "{name}"
                ),
            }
        }
    }

    /// A statement on a value is checked once for both versions.
    #[test]
    fn both_versions_yield_the_same_kind_of_value() {
        for file in FILES {
            let fields: Vec<Content> = match &file.fields {
                Fields::None => Vec::new(),
                Fields::Known(known) => known.iter().map(|k| k.content).collect(),
                Fields::Any(content) => ["anon", "file", "pgfault"].map(content).to_vec(),
            };
            for content in [&file.whole].into_iter().chain(&fields) {
                if let (Some(v1), Some(v2)) = (&content.v1, &content.v2) {
                    assert_eq!(v1.form.yields(), v2.form.yields(), "{}", file.name);
                }
            }
        }
    }

    #[test]
    fn a_file_takes_the_values_of_its_kind() {
        let value = |text: &str| text.parse().map_or_else(|_| Val::parse(text).expect(text), Val::Num);
        let takes = |name: &str, text: &str| {
            Knob::find(name).expect(name).file.takes.instead_of(&value(text)).is_none()
        };
        for (name, good, bad) in [
            ("cpu.max", "20%", "20M"),
            ("cpu.max", "max", "0%"),
            ("cpu.weight", "4x", "20%"),
            ("memory.low", "max", "20%"),
            ("memory.max", "20M", "none"),
            ("pids.max", "max", "5ms"),
            ("cgroup.freeze", "1", "max"),
            ("cpuset.cpus", "0-1", "20%"),
            ("cgroup.procs", "box", "77"),
        ] {
            assert!(takes(name, good), "{name} {good}");
            assert!(!takes(name, bad), "{name} {bad}");
        }
        assert!(!takes("cpu.stat", "1"));
    }
}
