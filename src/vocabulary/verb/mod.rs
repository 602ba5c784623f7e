//! Verbs: what a box can do. A verb is a type in one of the files here, which answers every question about it ([`Define`]), and a word in the list below.

pub mod attributes;
pub mod bridge;
pub mod cgroup;
mod define;
pub mod file;
pub mod identity;
pub mod ipc;
pub mod link;
pub mod mount;
pub mod namespace;
pub mod nat;
pub mod network;
pub mod process;
pub mod program;
pub mod root;
pub mod says;
pub mod setting;
pub mod workload;

pub use attributes::{Chmod, Chown, Mknod};
pub use bridge::{Bridge, Fdb, Mac, Master, MoveLink, Mtu, Nomaster, Vxlan};
pub use cgroup::{CreateCgroup, KillCgroup, RemoveCgroup, Set};
pub use define::{Define, Documented};
pub use file::{Append, Copy, Mkdir, Open, Remove, Rename, Symlink, Write};
pub use identity::{DropCapabilities, GidMap, Setdomainname, Setgid, Setgroups, Sethostname, Setuid, UidMap};
pub use ipc::{MqOpen, Msgget, Msgrcv, Msgsnd, Semget, Shmget};
pub use link::{Address, LinkDown, LinkUp, Route, Veth};
pub use mount::{Mount, Propagation, Remount, Umount};
pub use namespace::{Hold, Setns, TimensOffsets, Unshare};
pub use nat::{Nat, Publish, Sysctl};
pub use network::{Connect, Listen, Ping, Send};
pub use process::{Affinity, Exit, Fork, Kill, Wait};
pub use program::Run;
pub use root::{Chdir, Chroot, PivotRoot};
pub use workload::{Start, Stop};

use says::Facts;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{EnumAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Calls a macro with the list of all verbs; `alone` is a verb without an object.
macro_rules! every_verb {
    ($call:ident) => {
        $call! {
            "unshare" => Unshare,
            "setns" => Setns,
            "hold" => Hold,
            "fork" => Fork,
            "exit" => Exit,
            "kill" => Kill,
            "wait" => Wait alone,
            "start" => Start,
            "stop" => Stop,
            "run" => Run,
            "affinity" => Affinity,
            "timens_offsets" => TimensOffsets,
            "sethostname" => Sethostname,
            "setdomainname" => Setdomainname,
            "uid_map" => UidMap,
            "gid_map" => GidMap,
            "setgroups" => Setgroups,
            "setuid" => Setuid,
            "setgid" => Setgid,
            "drop_capabilities" => DropCapabilities,
            "mount" => Mount,
            "remount" => Remount,
            "propagation" => Propagation,
            "umount" => Umount,
            "chroot" => Chroot,
            "chdir" => Chdir,
            "pivot_root" => PivotRoot,
            "mkdir" => Mkdir,
            "write" => Write,
            "append" => Append,
            "remove" => Remove,
            "rename" => Rename,
            "symlink" => Symlink,
            "copy" => Copy,
            "chmod" => Chmod,
            "chown" => Chown,
            "mknod" => Mknod,
            "open" => Open,
            "link_up" => LinkUp,
            "link_down" => LinkDown,
            "veth" => Veth,
            "bridge" => Bridge,
            "master" => Master,
            "nomaster" => Nomaster,
            "move_link" => MoveLink,
            "mac" => Mac,
            "mtu" => Mtu,
            "vxlan" => Vxlan,
            "fdb" => Fdb,
            "address" => Address,
            "route" => Route,
            "nat" => Nat,
            "publish" => Publish,
            "sysctl" => Sysctl,
            "ping" => Ping,
            "listen" => Listen,
            "connect" => Connect,
            "send" => Send,
            "shmget" => Shmget,
            "semget" => Semget,
            "msgget" => Msgget,
            "msgsnd" => Msgsnd,
            "msgrcv" => Msgrcv,
            "mq_open" => MqOpen,
            "create_cgroup" => CreateCgroup,
            "remove_cgroup" => RemoveCgroup,
            "kill_cgroup" => KillCgroup,
            "set" => Set,
        }
    };
}
pub(crate) use every_verb;

macro_rules! define {
    ($($word:literal => $name:ident $($alone:ident)?),* $(,)?) => {
        /// Everything that a box can do.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs)] // the types say it
        pub enum Verb {
            $($name($name),)*
        }

        /// A verb without its object.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[allow(missing_docs)]
        pub enum VerbName {
            $(#[serde(rename = $word)] $name,)*
        }

        impl VerbName {
            /// All of them, in the order of the documentation.
            pub const ALL: &[VerbName] = &[$(VerbName::$name,)*];

            /// The word that an author writes.
            pub fn word(self) -> &'static str {
                match self { $(VerbName::$name => $word,)* }
            }

            /// What it does; see [`Documented::DOES`].
            pub fn does(self) -> &'static str {
                match self { $(VerbName::$name => $name::DOES,)* }
            }

            /// How its object is written; see [`Documented::OBJECT`].
            pub fn object(self) -> &'static str {
                match self { $(VerbName::$name => $name::OBJECT,)* }
            }

            fn schema_of_object(self, generator: &mut SchemaGenerator) -> Option<Schema> {
                match self { $(VerbName::$name => define!(@schema $name generator $($alone)?),)* }
            }
        }

        impl Verb {
            /// Which verb it is.
            pub fn name(&self) -> VerbName {
                match self { $(Verb::$name(_) => VerbName::$name,)* }
            }

            /// It in words, one line; see [`Define::plan`].
            pub fn plan(&self) -> String {
                match self { $(Verb::$name(verb) => verb.plan(),)* }
            }

            /// Everything else that is asked about it.
            pub fn facts(&self) -> Facts<'_> {
                match self { $(Verb::$name(verb) => verb.facts(),)* }
            }
        }

        impl Serialize for Verb {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let word = self.name().word();
                match self { $(Verb::$name(verb) => define!(@write verb serializer word $($alone)?),)* }
            }
        }

        impl<'de> Visitor<'de> for VerbVisitor {
            type Value = Verb;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("enum Verb")
            }
            fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Verb, A::Error> {
                let (name, object) = data.variant::<VerbName>()?;
                Ok(match name { $(VerbName::$name => Verb::$name(define!(@read $name object $($alone)?)),)* })
            }
        }

        $(impl From<$name> for Verb {
            fn from(verb: $name) -> Verb {
                Verb::$name(verb)
            }
        })*
    };
    (@schema $name:ident $generator:ident) => { Some($generator.subschema_for::<$name>()) };
    (@schema $name:ident $generator:ident alone) => { None };
    (@write $verb:ident $serializer:ident $word:ident) => { $serializer.serialize_newtype_variant("Verb", 0, $word, $verb) };
    (@write $verb:ident $serializer:ident $word:ident alone) => {{ let _ = $verb; $serializer.serialize_unit_variant("Verb", 0, $word) }};
    (@read $name:ident $object:ident) => { $object.newtype_variant::<$name>()? };
    (@read $name:ident $object:ident alone) => {{ $object.unit_variant()?; $name }};
}

every_verb!(define);

struct VerbVisitor;

impl<'de> Deserialize<'de> for Verb {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_enum("Verb", &[], VerbVisitor)
    }
}

impl JsonSchema for Verb {
    fn schema_name() -> Cow<'static, str> {
        "Verb".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = |name: &VerbName| match name.schema_of_object(generator) {
            None => json_schema!({ "description": name.does(), "const": name.word() }),
            Some(object) => json_schema!({
                "description": name.does(),
                "type": "object",
                "properties": { name.word(): object },
                "required": [name.word()],
                "additionalProperties": false,
            }),
        };
        let all: Vec<Schema> = VerbName::ALL.iter().map(one).collect();
        json_schema!({ "oneOf": all })
    }
}
