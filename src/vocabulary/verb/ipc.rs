//! Objects of IPC namespaces: System V segments, semaphores and queues, and POSIX message queues.

use super::super::Ns;
use super::super::general::short;
use super::super::spelling::quoted;
use super::define::{Define, verb};
use super::says::{ByHand, Facts, Locator, Maker, Mention, Mentions, Touch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The largest segment, in bytes: 1 MiB. It is neither attached nor touched, so it takes no memory.
const MOST_BYTES: u32 = 1 << 20;
/// The most semaphores of a set.
const MOST_SEMAPHORES: u32 = 250;
/// The longest text of a message, in bytes; the kernel's own default is 8192 (`msgmax` in `proc(5)`).
pub const MOST_TEXT: usize = 1024;
/// The longest name of a POSIX queue behind its slash, in bytes (`mq_overview(7)`).
const MOST_NAME: usize = 255;

short! {
    /// A System V segment of shared memory (`shmget(2)`).
    Shmget . /** Its key. */ key: u32 {
        /** Make it with this many bytes, or find the one that is there; only find it if absent. */ size: u32,
    }
}
short! {
    /// A System V set of semaphores (`semget(2)`).
    Semget . /** Its key. */ key: u32 {
        /** Make it with this many semaphores, or find the one that is there; only find it if absent. */ count: u32,
    }
}
short! {
    /// A System V message queue (`msgget(2)`).
    Msgget . /** Its key. */ key: u32 {
        /** Make it, or find the one that is there; only find it if absent. */ create: bool,
    }
}
short! {
    /// A POSIX message queue (`mq_open(3)`).
    MqOpen . /** Its name, which begins with a slash. */ name: String {
        /** Make it, or open the one that is there; only open it if absent. */ create: bool,
    }
}
verb! {
    Shmget, "`77`, or `{ key: 77, size: 4096 }`", "`shmget(2)`: finds shared memory by its key; with `size`, makes it"
}
verb! {
    Semget, "`77`, or `{ key: 77, count: 1 }`", "`semget(2)`: finds semaphores by their key; with `count`, makes them"
}
verb! {
    Msgget, "`77`, or `{ key: 77, create: true }`", "`msgget(2)`: finds a message queue by its key, or makes it"
}
verb! {
    Msgsnd, "`{ key: 77, text: hello }`", "`msgsnd(2)`: puts a message into the queue with this key, without waiting"
}
verb! {
    Msgrcv(u32), "`77`", "`msgrcv(2)`: takes the oldest message out of the queue with this key, without waiting, and shows it"
}
verb! {
    MqOpen, "`/orders`, or `{ name: /orders, create: true }`", "`mq_open(3)`: opens a POSIX message queue, or makes it, and closes it"
}

/// A message for a System V queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Msgsnd {
    /// The key of the queue.
    pub key: u32,
    /// What it carries.
    pub text: String,
}

/// A verb that reaches everybody in the IPC namespace.
fn on_ipc(mentions: Mentions<'_>) -> Facts<'_> {
    Facts {
        mentions,
        effects: vec![],
        touches: vec![Touch::Through(Ns::Ipc, "System V and POSIX IPC")],
        abilities: vec![],
        by_hand: ByHand::Shell,
        maker: Maker::Executor,
        memory: None,
    }
}

/// Key 0 is `IPC_PRIVATE`: it makes a new object each time and finds none.
fn key<'a>(at: Locator, key: u32) -> Mentions<'a> {
    let private = "key 0 is IPC_PRIVATE, by which nobody finds the object again";
    if key == 0 { vec![(at, Mention::wrong(private, "write a number from 1"))] } else { vec![] }
}

/// A number that must be within bounds, if it is there.
fn bounded<'a>(field: &'static str, value: Option<u32>, most: u32, what: &str) -> Mentions<'a> {
    let wrong = value.filter(|value| !(1..=most).contains(value));
    let mention = |value| Mention::wrong(format!("{value} {what}"), format!("write 1 to {most}"));
    wrong.map(|value| (Locator::object().field(field), mention(value))).into_iter().collect()
}

fn made_or_found(makes: Option<String>, what: &str, key: u32) -> String {
    match makes {
        Some(how) => format!("make or find {what} with key {key}{how}"),
        None => format!("find {what} with key {key}"),
    }
}

impl Define for Shmget {
    fn plan(&self) -> String {
        made_or_found(self.size.map(|size| format!(", {size} bytes")), "shared memory", self.key)
    }

    fn facts(&self) -> Facts<'_> {
        let mut mentions = key(Locator::object().field("key"), self.key);
        mentions.extend(bounded("size", self.size, MOST_BYTES, "bytes"));
        on_ipc(mentions)
    }
}

impl Define for Semget {
    fn plan(&self) -> String {
        made_or_found(self.count.map(|count| format!(", {count} in the set")), "semaphores", self.key)
    }

    fn facts(&self) -> Facts<'_> {
        let mut mentions = key(Locator::object().field("key"), self.key);
        mentions.extend(bounded("count", self.count, MOST_SEMAPHORES, "semaphores"));
        on_ipc(mentions)
    }
}

impl Define for Msgget {
    fn plan(&self) -> String {
        made_or_found(self.makes().then(String::new), "the message queue", self.key)
    }

    fn facts(&self) -> Facts<'_> {
        on_ipc(key(Locator::object().field("key"), self.key))
    }
}

impl Msgget {
    /// Whether it makes the queue where there is none.
    pub fn makes(&self) -> bool {
        self.create == Some(true)
    }
}

impl Define for Msgsnd {
    fn plan(&self) -> String {
        format!("send {} to the message queue with key {}", quoted(&self.text), self.key)
    }

    fn facts(&self) -> Facts<'_> {
        let mut mentions = key(Locator::object().field("key"), self.key);
        if self.text.len() > MOST_TEXT {
            let message = format!("a message of {} bytes", self.text.len());
            let help = format!("write at most {MOST_TEXT} bytes");
            mentions.push((Locator::object().field("text"), Mention::wrong(message, help)));
        }
        on_ipc(mentions)
    }
}

impl Define for Msgrcv {
    fn plan(&self) -> String {
        format!("take a message out of the queue with key {}", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        on_ipc(key(Locator::object(), self.0))
    }
}

impl Define for MqOpen {
    fn plan(&self) -> String {
        let does = if self.makes() { "make or open" } else { "open" };
        format!("{does} the POSIX message queue {}", self.name)
    }

    fn facts(&self) -> Facts<'_> {
        let good = self.name.strip_prefix('/').is_some_and(|rest| {
            (1..=MOST_NAME).contains(&rest.len())
                && !rest.contains(['/', '\0'])
                && ![".", ".."].contains(&rest)
        });
        let wrong = || {
            let message = format!("`{}` is not the name of a POSIX message queue", self.name);
            Mention::wrong(message, "write a slash and a name without slashes, such as `/orders`")
        };
        let mentions = if good { vec![] } else { vec![(Locator::object().field("name"), wrong())] };
        on_ipc(mentions)
    }
}

impl MqOpen {
    /// Whether it makes the queue where there is none.
    pub fn makes(&self) -> bool {
        self.create == Some(true)
    }
}
