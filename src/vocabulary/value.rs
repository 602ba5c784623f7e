//! Values with a form of their own, read once when a lesson is loaded. An error's second line is advice.

use super::general::{text_value, with_help};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::str::FromStr;

/// Permission bits, as `chmod(2)` takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode(pub u32);

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || with_help(&format!("`{text}` is not an octal mode"), "write \"0755\"");
        if text.len() > 4 {
            return Err(wrong());
        }
        u32::from_str_radix(text, 8).map(Mode).map_err(|_| wrong())
    }
}

text_value!(Mode);

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

/// A user id and a group id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
}

impl FromStr for Owner {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ids = text
            .split_once(':')
            .and_then(|(u, g)| Some(Owner { uid: u.parse().ok()?, gid: g.parse().ok()? }));
        ids.ok_or_else(|| {
            with_help(&format!("`{text}` is not an owner"), "write \"UID:GID\" in numbers: \"0:0\"")
        })
    }
}

text_value!(Owner);

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}", self.uid, self.gid)
    }
}

/// The number of a character device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct CharDevice {
    pub major: u32,
    pub minor: u32,
}

impl FromStr for CharDevice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let device = match words.as_slice() {
            ["c", major, minor] => major.parse().ok().zip(minor.parse().ok()),
            _ => None,
        };
        device
            .map(|(major, minor)| CharDevice { major, minor })
            .ok_or_else(|| with_help(&format!("`{text}` is not a device"), "write `c MAJOR MINOR`: c 1 3"))
    }
}

text_value!(CharDevice);

impl fmt::Display for CharDevice {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "c {} {}", self.major, self.minor)
    }
}

/// The address of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostAddress(pub Ipv4Addr);

impl FromStr for HostAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse()
            .map(HostAddress)
            .map_err(|_| with_help(&format!("`{text}` is not an IPv4 address"), "write 127.0.0.1"))
    }
}

text_value!(HostAddress);

impl fmt::Display for HostAddress {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An address with the length of its network's prefix, `10.77.0.1/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Prefixed {
    pub address: Ipv4Addr,
    pub prefix: u8,
}

impl Prefixed {
    fn read(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let prefixed = Prefixed { address: address.parse().ok()?, prefix: prefix.parse().ok()? };
        (prefixed.prefix <= 32).then_some(prefixed)
    }
}

impl FromStr for Prefixed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Prefixed::read(text).ok_or_else(|| {
            with_help(&format!("`{text}` is not an address"), "write ADDRESS/PREFIX: 10.77.0.1/24")
        })
    }
}

text_value!(Prefixed);

impl fmt::Display for Prefixed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Where a route leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// Everywhere that no other route leads to.
    Default,
    /// This network.
    Network(Prefixed),
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "default" => Ok(Destination::Default),
            network => Prefixed::read(network).map(Destination::Network).ok_or_else(|| {
                let help = "write `default`, or ADDRESS/PREFIX: 10.78.0.0/24";
                with_help(&format!("`{text}` is not a destination"), help)
            }),
        }
    }
}

text_value!(Destination);

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Destination::Default => f.write_str("default"),
            Destination::Network(network) => network.fmt(f),
        }
    }
}

/// The hardware address of an Ethernet interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MacAddress(pub [u8; 6]);

impl FromStr for MacAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let byte = |part: &str| (part.len() == 2).then(|| u8::from_str_radix(part, 16).ok())?;
        let bytes: Option<Vec<u8>> = text.split(':').map(byte).collect();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(MacAddress).ok_or_else(|| {
            with_help(
                &format!("`{text}` is not a hardware address"),
                "write six bytes: \"02:00:00:00:00:01\"",
            )
        })
    }
}

text_value!(MacAddress);

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let bytes = self.0.map(|byte| format!("{byte:02x}"));
        f.write_str(&bytes.join(":"))
    }
}

const PORT_ZERO: (&str, &str) =
    ("port 0 means any free port", "write a number from 1 to 65535, such as 8080");

/// A TCP or UDP port; not 0, which the kernel takes for any free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u16", into = "u16")]
pub struct Port(u16);

impl TryFrom<u16> for Port {
    type Error = String;
    fn try_from(number: u16) -> Result<Self, String> {
        if number == 0 { Err(with_help(PORT_ZERO.0, PORT_ZERO.1)) } else { Ok(Port(number)) }
    }
}

impl From<Port> for u16 {
    fn from(port: Port) -> u16 {
        port.0
    }
}

/// An IPv4 address and a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint(pub SocketAddrV4);

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<SocketAddrV4>() {
            Ok(address) if address.port() == 0 => Err(with_help(PORT_ZERO.0, PORT_ZERO.1)),
            Ok(address) => Ok(Endpoint(address)),
            Err(_) => {
                Err(with_help(&format!("`{text}` is not an address with a port"), "write `127.0.0.1:8080`"))
            }
        }
    }
}

text_value!(Endpoint);

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a UNIX domain socket (`unix(7)`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketName {
    /// A name without a file, in the network namespace. It is written with an `@` before it, which is not part of it.
    Abstract(String),
    /// The path of a file.
    Path(String),
}

/// How long a name may be, in bytes: `sun_path` has 108, of which one is a zero.
const SOCKET_NAME: usize = 107;

impl FromStr for SocketName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.strip_prefix('@');
        if name == Some("") {
            return Err(with_help("`@` has no name behind it", "write a name, such as \"@door\""));
        }
        if name.unwrap_or(text).len() > SOCKET_NAME {
            let message = format!("the name of a socket has at most {SOCKET_NAME} bytes");
            return Err(with_help(&message, "write a shorter one, such as \"@door\""));
        }
        Ok(name
            .map_or_else(|| SocketName::Path(text.to_owned()), |name| SocketName::Abstract(name.to_owned())))
    }
}

text_value!(SocketName);

impl fmt::Display for SocketName {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            SocketName::Abstract(name) => write!(f, "@{name}"),
            SocketName::Path(path) => f.write_str(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: FromStr<Err = String> + fmt::Display>(text: &str) -> Result<String, String> {
        text.parse::<T>().map(|value| value.to_string())
    }

    #[test]
    fn values_are_written_as_they_are_read() {
        assert_eq!(read::<Mode>("4755").as_deref(), Ok("4755"));
        assert_eq!(read::<Mode>("700").as_deref(), Ok("0700"));
        assert_eq!(read::<Owner>("0:1000").as_deref(), Ok("0:1000"));
        assert_eq!(read::<CharDevice>("c  1 3").as_deref(), Ok("c 1 3"));
        assert_eq!(read::<Prefixed>("10.77.0.1/24").as_deref(), Ok("10.77.0.1/24"));
        assert_eq!(read::<Destination>("default").as_deref(), Ok("default"));
        assert_eq!(read::<Destination>("10.0.0.0/8").as_deref(), Ok("10.0.0.0/8"));
        assert_eq!(read::<MacAddress>("02:00:00:0a:ff:01").as_deref(), Ok("02:00:00:0a:ff:01"));
        assert_eq!(read::<Endpoint>("127.0.0.1:80").as_deref(), Ok("127.0.0.1:80"));
        assert_eq!(read::<SocketName>("@door").as_deref(), Ok("@door"));
        assert_eq!(read::<SocketName>("stage/door").as_deref(), Ok("stage/door"));
    }

    #[test]
    fn what_is_wrong_is_said_with_advice() {
        let wrong = [
            read::<Mode>("0888"),
            read::<Mode>("00755"),
            read::<Owner>("root:0"),
            read::<Owner>("0"),
            read::<CharDevice>("b 8 0"),
            read::<CharDevice>("c 1"),
            read::<HostAddress>("::1"),
            read::<Prefixed>("10.0.0.1/33"),
            read::<Prefixed>("10.0.0.1"),
            read::<Destination>("everywhere"),
            read::<MacAddress>("02:00:00:00:00"),
            read::<MacAddress>("2:0:0:0:0:1"),
            read::<MacAddress>("02-00-00-00-00-01"),
            read::<Endpoint>("127.0.0.1:0"),
            read::<Endpoint>("127.0.0.1"),
            read::<SocketName>("@"),
            read::<SocketName>(&"a".repeat(108)),
        ];
        for result in wrong {
            let error = result.expect_err("a wrong value");
            assert!(error.split_once('\n').is_some_and(|(_, help)| !help.is_empty()), "{error}");
        }
    }
}
