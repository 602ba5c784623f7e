//! Mounts.

use super::super::general::short;
use super::super::need::Ability;
use super::super::{Many, Ns, Val, limits};
use super::define::{Define, verb};
use super::says::{ByHand, Effect, Facts, Locator, Maker, Mention, Mentions, PathUse, Touch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

short! {
    /// Takes a mount off.
    Umount . /** The mount point. */ at: String {
        /** `MNT_DETACH`: now out of the tree, gone when nobody uses it. */ detach: bool,
    }
}
short! {
    /// A tmpfs.
    Tmpfs . /** The mount point. */ at: String {
        /** Its size, 4M if absent. */ size: Val,
    }
}
verb! {
    Mount, "`{ tmpfs: PATH }` and so on, see below", "`mount(2)`"
}
verb! {
    Remount, "`{ read_only: PATH }`, `{ read_write: PATH }`, `{ nodev: PATH }`", "`MS_REMOUNT\\|MS_BIND`"
}
verb! {
    Propagation, "`{ private: / }`, `shared`, `slave`, `unbindable`", "with `MS_REC`"
}
verb! {
    Umount, "`PATH`, or `{ at: PATH, detach: true }`", "`umount2(2)`"
}

/// What can be mounted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Mount {
    /// An empty filesystem in memory.
    Tmpfs(Tmpfs),
    /// The processes of the caller's PID namespace.
    Proc(String),
    /// The kernel's objects.
    Sysfs(String),
    /// The cgroup v2 hierarchy.
    Cgroup2(String),
    /// POSIX message queues.
    Mqueue(String),
    /// A second place for a directory or file.
    Bind(Bind),
    /// Layers.
    Overlay(Overlay),
}

/// A bind mount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bind {
    /// What is to be seen a second time.
    pub from: String,
    /// Where.
    pub at: String,
    /// With everything mounted below it (`MS_REC`).
    #[serde(default)]
    pub recursive: bool,
    /// Read-only, by a second call: together with `MS_BIND` the kernel ignores `MS_RDONLY`.
    #[serde(default)]
    pub read_only: bool,
}

/// An overlay mount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// `lowerdir`, the topmost first.
    pub lower: Many<String>,
    /// `upperdir`; without it the view is read-only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<String>,
    /// `workdir`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<String>,
    /// The mount point.
    pub at: String,
}

/// Changes a mount's flags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)]
pub enum Remount {
    ReadOnly(String),
    ReadWrite(String),
    Nodev(String),
}

/// Changes how mounts travel (`mount_namespaces(7)`), below the path too (`MS_REC`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)]
pub enum Propagation {
    Shared(String),
    Slave(String),
    Private(String),
    Unbindable(String),
}

impl Propagation {
    /// The word and the path.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Propagation::Shared(p) => ("shared", p),
            Propagation::Slave(p) => ("slave", p),
            Propagation::Private(p) => ("private", p),
            Propagation::Unbindable(p) => ("unbindable", p),
        }
    }
}

/// A path that is read or mounted on.
fn visit(place: Locator, path: &str) -> (Locator, Mention<'_>) {
    (place, Mention::Path(path, PathUse::Visit))
}

impl Mount {
    /// The mount point.
    pub fn at(&self) -> &str {
        match self {
            Mount::Tmpfs(t) => &t.at,
            Mount::Proc(at) | Mount::Sysfs(at) | Mount::Cgroup2(at) | Mount::Mqueue(at) => at,
            Mount::Bind(b) => &b.at,
            Mount::Overlay(o) => &o.at,
        }
    }

    fn mentions(&self) -> Mentions<'_> {
        let inner = || Locator::object().value(0);
        match self {
            Mount::Tmpfs(t) => {
                let mut mentions = vec![visit(inner().field("at"), &t.at)];
                if let Some(size) = &t.size {
                    mentions.push((inner().field("size"), Mention::Memory(size, limits::TMPFS_BYTES)));
                }
                mentions
            }
            Mount::Proc(at) | Mount::Sysfs(at) | Mount::Cgroup2(at) | Mount::Mqueue(at) => {
                vec![visit(inner(), at)]
            }
            Mount::Bind(b) => vec![visit(inner().field("from"), &b.from), visit(inner().field("at"), &b.at)],
            Mount::Overlay(o) => o.mentions(inner()),
        }
    }
}

impl Overlay {
    fn mentions(&self, inner: Locator) -> Mentions<'_> {
        let mut mentions = vec![visit(inner.clone().field("at"), &self.at)];
        for (name, path) in [("upper", &self.upper), ("work", &self.work)] {
            mentions.extend(path.as_ref().map(|path| visit(inner.clone().field(name), path)));
        }
        let lower = inner.clone().field("lower");
        mentions.extend(self.lower.0.iter().enumerate().map(|(i, path)| visit(lower.clone().item(i), path)));
        let halved = match (&self.upper, &self.work) {
            (Some(_), None) => Some(("upper", "work")),
            (None, Some(_)) => Some(("work", "upper")),
            (Some(_), Some(_)) | (None, None) => None,
        };
        mentions.extend(halved.map(|(there, missing)| {
            let help = "an overlay that is written to needs both, in the same filesystem";
            (inner.field_name(there), Mention::refused(format!("`{there}` without `{missing}`"), help))
        }));
        mentions
    }
}

/// A verb that changes the mount at a path.
fn on_mount<'a>(
    mentions: Mentions<'a>,
    at: &'a str,
    call: &'static str,
    ability: Option<Ability>,
) -> Facts<'a> {
    Facts {
        mentions,
        effects: vec![],
        touches: vec![Touch::MountPoint(at, call)],
        abilities: ability.into_iter().collect(),
        by_hand: ByHand::Shell,
        maker: Maker::Executor,
        memory: None,
    }
}

impl Define for Mount {
    fn plan(&self) -> String {
        match self {
            Mount::Tmpfs(tmpfs) => {
                let size = tmpfs.size.as_ref().map_or("4M".into(), ToString::to_string);
                format!("mount tmpfs on {} (size={size})", tmpfs.at)
            }
            Mount::Proc(at) => format!("mount proc on {at}"),
            Mount::Sysfs(at) => format!("mount sysfs on {at}"),
            Mount::Cgroup2(at) => format!("mount cgroup2 on {at}"),
            Mount::Mqueue(at) => format!("mount mqueue on {at}"),
            Mount::Bind(bind) => {
                let flags = if bind.recursive { "MS_BIND|MS_REC" } else { "MS_BIND" };
                let then = match (bind.read_only, bind.recursive) {
                    (false, _) => "",
                    (true, false) => ", then make it read-only (MS_REMOUNT|MS_BIND|MS_RDONLY)",
                    (true, true) => ", then make all of it read-only (mount_setattr, AT_RECURSIVE)",
                };
                format!("mount {} on {} ({flags}){then}", bind.from, bind.at)
            }
            Mount::Overlay(overlay) => {
                let dirs = [("upperdir", &overlay.upper), ("workdir", &overlay.work)];
                let options: Vec<String> = std::iter::once(format!("lowerdir={}", overlay.lower.0.join(":")))
                    .chain(
                        dirs.into_iter().filter_map(|(name, dir)| Some(format!("{name}={}", dir.as_ref()?))),
                    )
                    .collect();
                format!("mount overlay on {} ({})", overlay.at, options.join(","))
            }
        }
    }

    fn facts(&self) -> Facts<'_> {
        let ability = match self {
            Mount::Tmpfs(_) | Mount::Bind(_) => Some(Ability::Mount),
            Mount::Proc(_) => Some(Ability::Pid),
            Mount::Overlay(_) => Some(Ability::Overlay),
            // Every box may try, or the lesson is about the kernel's answer.
            Mount::Sysfs(_) | Mount::Cgroup2(_) | Mount::Mqueue(_) => None,
        };
        let mut facts = on_mount(self.mentions(), self.at(), "mount", ability);
        match self {
            Mount::Tmpfs(tmpfs) => {
                facts.effects.push(Effect::MountsOwn(&tmpfs.at));
                let bytes = tmpfs.size.as_ref().map_or(Some(limits::TMPFS_DEFAULT as f64), Val::number);
                let place = match tmpfs.size {
                    Some(_) => Locator::object().value(0).field("size"),
                    None => Locator::word(),
                };
                facts.memory = Some((bytes.unwrap_or(0.0).min(limits::TMPFS_BYTES as f64), place));
            }
            Mount::Overlay(overlay) => {
                facts.effects.push(Effect::MountsOwn(&overlay.at));
                let layers = overlay.lower.0.iter().chain(&overlay.upper).chain(&overlay.work);
                facts.touches.splice(0..0, layers.map(|path| Touch::Layer(path.as_str())));
            }
            Mount::Proc(_) | Mount::Sysfs(_) | Mount::Cgroup2(_) | Mount::Mqueue(_) | Mount::Bind(_) => {}
        }
        facts
    }
}

impl Define for Remount {
    fn plan(&self) -> String {
        match self {
            Remount::ReadOnly(at) => format!("remount {at} read-only (MS_REMOUNT|MS_BIND|MS_RDONLY)"),
            Remount::ReadWrite(at) => format!("remount {at} read-write (MS_REMOUNT|MS_BIND)"),
            Remount::Nodev(at) => format!("remount {at} without devices (MS_REMOUNT|MS_BIND|MS_NODEV)"),
        }
    }

    fn facts(&self) -> Facts<'_> {
        let (Remount::ReadOnly(at) | Remount::ReadWrite(at) | Remount::Nodev(at)) = self;
        on_mount(vec![visit(Locator::object().value(0), at)], at, "remount", Some(Ability::Mount))
    }
}

impl Define for Propagation {
    fn plan(&self) -> String {
        let (word, path) = self.parts();
        format!("make {path} and all below it {word} (MS_REC|MS_{})", word.to_uppercase())
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            mentions: vec![visit(Locator::object().value(0), self.parts().1)],
            effects: vec![],
            touches: vec![Touch::Namespace(Ns::Mount, "a change of propagation")],
            abilities: vec![Ability::Mount],
            by_hand: ByHand::Shell,
            maker: Maker::Executor,
            memory: None,
        }
    }
}

impl Define for Umount {
    fn plan(&self) -> String {
        let flags = if self.detach == Some(true) { "MNT_DETACH" } else { "0" };
        format!("umount2({}, {flags})", self.at)
    }

    fn facts(&self) -> Facts<'_> {
        on_mount(vec![visit(Locator::object().field("at"), &self.at)], &self.at, "umount2", None)
    }
}
