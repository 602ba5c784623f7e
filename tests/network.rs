//! The network layer on the real kernel, in network namespaces made for it.
//!
//! The test harness has threads, and `unshare(CLONE_NEWUSER)` refuses those. So each test starts this very program
//! again under `unshare(1)`, with one scenario (an ignored test) to run in a user and network namespace of its own; a
//! scenario that finds itself in the network namespace of the harness refuses to do anything. A scenario that needs a
//! second network starts a third process, the *far* end, and tells it by its standard input what to do.

mod common;

use common::skip;
use isolab::kernel::ping::{Echo, PingReport};
use isolab::kernel::{self, link, record, socket};
use isolab::model::{Errno, Fact, Outcome, Row, Value};
use isolab::probe::capture::Capture;
use isolab::probe::{answer, net};
use isolab::vocabulary::reader::{Frames, LinkField};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const HOST_NETNS: &str = "ISOLAB_TEST_HOST_NETNS";
const LOCALHOST: Ipv4Addr = Ipv4Addr::LOCALHOST;
const NEAR: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
const FAR: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
const NOBODY: u32 = 65534;

// ---------------------------------------------------------------- the harness's side

/// A process that is killed and reaped when the test ends, however it ends.
struct Mine(Child);

impl Drop for Mine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn own_netns() -> String {
    std::fs::read_link("/proc/self/ns/net").expect("/proc/self/ns/net").display().to_string()
}

fn again(scenario: &str, unshare: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args(unshare).arg("--").arg(std::env::current_exe().expect("this program's path"));
    command.args(["--exact", scenario, "--ignored", "--nocapture", "--test-threads=1"]);
    command.stdout(Stdio::piped());
    command
}

/// Whether this kernel lets this user make such namespaces at all; if not, why.
fn refused(uid: Option<u32>) -> Option<String> {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net", "true"]);
    if let Some(uid) = uid {
        command.uid(uid).gid(uid);
    }
    match command.output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(e) => Some(format!("unshare(1): {e}")),
    }
}

/// Runs a scenario in namespaces of its own and demands that it passes within a minute.
fn pass(scenario: &str, uid: Option<u32>) {
    let root = nix::unistd::geteuid().is_root();
    if uid.is_some() && !root {
        skip(&format!("{scenario} as another user"), "only root can become one");
        return;
    }
    if let Some(reason) = refused(uid) {
        skip(scenario, &reason);
        return;
    }
    let mut command = again(scenario, &["--user", "--map-root-user", "--net"]);
    command.env(HOST_NETNS, own_netns()).stderr(Stdio::inherit());
    if let Some(uid) = uid {
        command.uid(uid).gid(uid);
    }
    let mut child = Mine(command.spawn().expect("unshare(1)"));
    let mut output = child.0.stdout.take().expect("a pipe");
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = output.read_to_string(&mut text);
        text
    });
    let deadline = Instant::now() + Duration::from_secs(60);
    let status = loop {
        if let Some(status) = child.0.try_wait().expect("waitpid") {
            break Some(status);
        }
        if Instant::now() >= deadline {
            break None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    drop(child);
    let text = reader.join().expect("the reader's thread");
    let status = status.unwrap_or_else(|| panic!("{scenario} took more than a minute:\n{text}"));
    // A name that matches no test would end well, too.
    assert!(status.success() && text.contains("1 passed"), "{scenario}, {status}:\n{text}");
}

macro_rules! scenarios {
    ($($name:ident runs $scenario:ident),* $(,)?) => {
        $(mod $name {
            #[test]
            fn as_the_caller() {
                super::pass(stringify!($scenario), None);
            }

            #[test]
            fn as_an_ordinary_user() {
                super::pass(stringify!($scenario), Some(super::NOBODY));
            }
        })*
    };
}

scenarios! {
    loopback runs scenario_loopback,
    ports runs scenario_ports,
    cable runs scenario_cable,
    errors runs scenario_errors,
    calls runs scenario_calls,
    frames runs scenario_frames,
}

// ---------------------------------------------------------------- inside the namespaces

/// Ends the test where it would touch the network of whoever started it.
fn must_be_elsewhere() -> String {
    let own = own_netns();
    let host =
        std::env::var(HOST_NETNS).expect("to be started by its parent, in a network namespace of its own");
    assert_ne!(own, host, "this is the harness's network namespace");
    own
}

fn rows(fact: std::io::Result<Fact>) -> Vec<Row> {
    match fact.expect("a table").value {
        Value::Table(rows) => rows,
        other => panic!("{other:?} is no table"),
    }
}

fn link_field(name: &str, field: &str) -> std::io::Result<Fact> {
    let asked: LinkField = format!("{name}/{field}").parse().expect(field);
    net::link_field(&asked.interface, asked.value)
}

fn number(name: &str, field: &str) -> i64 {
    match link_field(name, field).expect("a field").value {
        Value::Int(n) => n,
        other => panic!("{other:?} is no number"),
    }
}

fn link_row(name: &str) -> Row {
    let all = rows(net::interfaces());
    all.into_iter().find(|row| row.get("name") == Some(name)).unwrap_or_else(|| panic!("no {name}"))
}

fn errno_of<T: std::fmt::Debug>(result: kernel::Result<T>) -> Errno {
    result.expect_err("this must fail").errno
}

fn named(name: &str) -> Errno {
    Errno::named(name).expect("a known errno")
}

fn second() -> Duration {
    Duration::from_secs(1)
}

fn ping(to: Ipv4Addr, count: u32, wait: Duration) -> kernel::Result<PingReport> {
    kernel::ping::ping(to, &Echo { count, wait, ..Echo::default() })
}

/// One echo request of this many bytes.
fn ping_of(to: Ipv4Addr, size: usize, dont_fragment: bool) -> kernel::Result<PingReport> {
    let wait = Duration::from_secs(10);
    kernel::ping::ping(to, &Echo { size, dont_fragment, wait, ..Echo::default() })
}

/// The state of an interface as `ip link` prints it; nothing where there is no `ip`.
fn said_by_ip(name: &str) -> Option<String> {
    let output = Command::new("ip").args(["-o", "link", "show", "dev", name]).output().ok()?;
    let text = String::from_utf8(output.stdout).expect("a line");
    let state = text.split_once(" state ").expect("a state").1.split(' ').next().expect("a word");
    Some(state.to_lowercase())
}

/// Waits until the kernel has noticed (a carrier is watched by a worker of its own).
fn becomes(name: &str, flags: &str) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while link_row(name).get("flags") != Some(flags) {
        assert!(Instant::now() < deadline, "{} never becomes {flags}", link_row(name));
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until both ends of a cable work. The kernel's worker that watches carriers switches transmission on and then sets the operational
/// state, for all namespaces of the machine together and at most once a second; what is sent before is lost.
fn carries(name: &str, far: &mut FarEnd) {
    let deadline = Instant::now() + Duration::from_secs(10);
    let beginning = format!("{name} up up lower_up");
    let working = |link: &str| link.starts_with(&beginning);
    while !working(&link_row(name).to_string()) || !working(&far.ask(&format!("link {name}"))) {
        assert!(Instant::now() < deadline, "{} never works", link_row(name));
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
#[ignore = "a scenario: run by its parent in a network namespace of its own"]
fn scenario_loopback() {
    must_be_elsewhere();
    assert_eq!(
        rows(net::interfaces()),
        [Row::new([
            ("name", "lo".into()),
            ("state", "down".into()),
            ("flags", String::new()),
            ("address", String::new())
        ])]
    );
    assert_eq!(rows(net::routes()), []);
    assert_eq!(rows(net::neighbours()), []);
    assert_eq!(errno_of(ping(LOCALHOST, 1, second())), named("ENETUNREACH"));
    assert_eq!(errno_of(socket::connect(SocketAddrV4::new(LOCALHOST, 9), second())), named("ENETUNREACH"));

    link::set_up("lo").expect("lo up");
    assert_eq!(link_row("lo").to_string(), "lo unknown up lower_up 127.0.0.1/8");
    let report = ping(LOCALHOST, 3, second()).expect("an answer");
    assert_eq!((report.sent, report.received()), (3, 3));
    assert_eq!(errno_of(socket::connect(SocketAddrV4::new(LOCALHOST, 9), second())), named("ECONNREFUSED"));

    // The MTU of lo is larger than any IPv4 packet can be.
    for (size, dont_fragment) in [(0, true), (1472, true), (65507, true), (65507, false)] {
        assert_eq!(ping_of(LOCALHOST, size, dont_fragment).expect("an answer").received(), 1, "{size}");
    }
    assert_eq!(errno_of(ping_of(LOCALHOST, 65508, false)), named("EMSGSIZE"));

    link::set_down("lo").expect("lo down");
    // Address and local routes stay, so the request is taken, and lost.
    assert_eq!(link_row("lo").to_string(), "lo down 127.0.0.1/8");
    let lost = errno_of(ping(LOCALHOST, 1, Duration::from_millis(100)));
    assert!([named("ETIMEDOUT"), named("ENETUNREACH")].contains(&lost), "{lost}");
}

#[test]
#[ignore = "a scenario: run by its parent in a network namespace of its own"]
fn scenario_ports() {
    must_be_elsewhere();
    link::set_up("lo").expect("lo up");
    let here = SocketAddrV4::new(LOCALHOST, 8080);
    let answer = || answer::of_tcp(here, second());
    assert_eq!(answer().expect_err("nobody listens").raw_os_error(), Some(libc::ECONNREFUSED));

    let first = socket::listen(8080).expect("a listener");
    let again = socket::listen(8080).expect_err("a second listener");
    assert_eq!(again.to_string(), "bind 0.0.0.0:8080: EADDRINUSE");
    let _other = socket::listen(8081).expect("another port");
    socket::connect(here, second()).expect("a connection");

    // Nobody has accepted, so nobody says anything.
    let silent = answer::of_tcp(here, Duration::from_millis(50)).expect_err("silence");
    assert_eq!(Errno::of(&silent), named("ETIMEDOUT"));

    std::thread::scope(|scope| {
        let server = scope.spawn(|| socket::serve(first.as_fd(), "left here", second()));
        for _ in 0..3 {
            assert_eq!(answer().expect("an answer").value, Value::Text("left here".into()));
        }
        server.join().expect("the server's thread").expect("it ends when its time is over");
    });
    // Connections that are winding down do not keep the port.
    drop(first);
    socket::listen(8080).expect("the port again");

    let named = socket::listen_at_name("isolab-test").expect("an abstract name");
    let again = socket::listen_at_name("isolab-test").expect_err("a second one");
    assert_eq!(again.to_string(), "bind @isolab-test: EADDRINUSE");
    let silent = answer::of_name("isolab-test", Duration::from_millis(50)).expect_err("nobody accepts");
    assert_eq!(Errno::of(&silent), self::named("ETIMEDOUT"));
    drop(named);
    let gone = answer::of_name("isolab-test", second()).expect_err("the name is free");
    assert_eq!(Errno::of(&gone), self::named("ECONNREFUSED"));
    let long = socket::listen_at_path(Path::new(&"a".repeat(109))).expect_err("too long a path");
    assert_eq!(long.errno, self::named("ENAMETOOLONG"));

    let drain = std::net::UdpSocket::bind("127.0.0.1:5353").expect("a UDP socket");
    drain.set_read_timeout(Some(second())).expect("a deadline");
    socket::send_datagram(SocketAddrV4::new(LOCALHOST, 5353), "hello").expect("sendto");
    let mut buffer = [0; 32];
    let size = drain.recv(&mut buffer).expect("the datagram");
    assert_eq!(&buffer[..size], b"hello");
}

#[test]
#[ignore = "a scenario: run by its parent in a network namespace of its own"]
fn scenario_cable() {
    let own = must_be_elsewhere();
    link::set_up("lo").expect("lo up");
    let mut far = FarEnd::start(&own, &["--net"]);
    // A pair of the far end's own, so that the two ends of the cable have different numbers.
    assert_eq!(far.ask("veth spare /proc/self/ns/net"), "done");
    link::veth("eth0", "eth0", far.netns.as_fd()).expect("a veth pair");
    assert_eq!(link_row("eth0").to_string(), "eth0 down");
    assert_ne!(number("eth0", "index"), number("eth0", "peer"));
    assert_eq!(far.ask("link eth0"), "eth0 down");
    assert_eq!(number("eth0", "peer").to_string(), far.ask("field eth0 index"));
    assert_eq!(number("eth0", "index").to_string(), far.ask("field eth0 peer"));
    assert_eq!(number("eth0", "mtu"), 1500);

    link::add_address("eth0", NEAR, 24).expect("an address");
    assert_eq!(rows(net::routes()), []);
    link::set_up("eth0").expect("eth0 up");
    becomes("eth0", "up");
    let half = link_row("eth0");
    assert!(["down", "lowerlayerdown"].contains(&half.get("state").expect("a state")), "{half}");
    assert_eq!(
        half.get("state").map(str::to_owned),
        said_by_ip("eth0").or(half.get("state").map(str::to_owned))
    );
    assert_eq!(half.get("address"), Some("10.77.0.1/24"));
    let connected = Row::new([("to", "10.77.0.0/24".into()), ("via", String::new()), ("dev", "eth0".into())]);
    assert_eq!(rows(net::routes()), [connected]);
    let lost = errno_of(ping(FAR, 1, Duration::from_millis(200)));
    assert!([named("ETIMEDOUT"), named("EHOSTUNREACH")].contains(&lost), "{lost}");

    assert_eq!(far.ask("address eth0 10.77.0.2"), "done");
    assert_eq!(far.ask("up eth0"), "done");
    carries("eth0", &mut far);
    let before: i64 = far.ask("field eth0 rx_packets").parse().expect("a number");
    let (sent, bytes) = (number("eth0", "tx_packets"), number("eth0", "tx_bytes"));
    let report = ping(FAR, 3, Duration::from_secs(10)).expect("answers");
    assert_eq!((report.sent, report.received()), (3, 3));
    let after: i64 = far.ask("field eth0 rx_packets").parse().expect("a number");
    // Three requests, and the question for the address before them.
    assert!(after - before >= 4, "{before} → {after}");
    assert!(number("eth0", "tx_packets") - sent >= 4);
    assert!(number("eth0", "tx_bytes") - bytes >= 3 * 60);
    assert!(number("eth0", "rx_packets") >= 4 && number("eth0", "rx_bytes") >= 3 * 60);
    // A packet of 1500 bytes is 1472, the header of ICMP and that of IPv4. One byte more takes two packets, or is refused.
    for (size, dont_fragment, packets) in [(1472, true, 1), (1473, false, 2), (1472, false, 1)] {
        let sent = number("eth0", "tx_packets");
        assert_eq!(ping_of(FAR, size, dont_fragment).expect("an answer").received(), 1, "{size}");
        assert!(number("eth0", "tx_packets") - sent >= packets, "{size} bytes");
    }
    let sent = number("eth0", "tx_bytes");
    let too_large = ping_of(FAR, 1473, true).expect_err("larger than the MTU");
    assert_eq!(too_large.to_string(), "sendto 10.77.0.2: EMSGSIZE");
    assert!(number("eth0", "tx_bytes") - sent < 1473, "it was not sent");
    let known = rows(net::neighbours());
    assert_eq!(known.len(), 1, "{known:?}");
    assert_eq!((known[0].get("to"), known[0].get("dev")), (Some("10.77.0.2"), Some("eth0")));
    assert_eq!(known[0].get("mac").map(str::len), Some("00:00:00:00:00:00".len()));

    assert_eq!(far.ask("listen 8080 right here"), "done");
    let heard = answer::of_tcp(SocketAddrV4::new(FAR, 8080), Duration::from_secs(5)).expect("an answer");
    assert_eq!(heard.raw, "right here");

    link::add_route(Some((Ipv4Addr::new(10, 88, 0, 0), 16)), FAR).expect("a route");
    link::add_route(None, FAR).expect("a default route");
    let routes: Vec<String> = rows(net::routes()).iter().map(ToString::to_string).collect();
    assert_eq!(routes, ["default 10.77.0.2 eth0", "10.77.0.0/24 eth0", "10.88.0.0/16 10.77.0.2 eth0"]);
    assert_eq!(errno_of(link::add_route(None, FAR)), named("EEXIST"));

    // Nobody has this address, so nobody answers to ARP, and the kernel gives up after three questions.
    let nobody = Ipv4Addr::new(10, 77, 0, 99);
    assert_eq!(errno_of(ping(nobody, 1, Duration::from_secs(20))), named("EHOSTUNREACH"));
    assert_eq!(rows(net::neighbours()).len(), 1, "one that did not answer is no neighbour");

    assert_eq!(far.ask("down eth0"), "done");
    becomes("eth0", "up");
    assert!(ping(FAR, 1, Duration::from_millis(200)).is_err());

    // The far namespace goes with its last process, its interfaces with it, and the cable with one of its ends.
    drop(far);
    let deadline = Instant::now() + Duration::from_secs(10);
    while rows(net::interfaces()).len() > 1 {
        assert!(Instant::now() < deadline, "eth0 outlives its other end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
#[ignore = "a scenario: run by its parent in a network namespace of its own"]
fn scenario_errors() {
    let own = must_be_elsewhere();
    assert_eq!(link::set_up("eth9").expect_err("no eth9").to_string(), "RTM_NEWLINK eth9: ENODEV");
    let absent = link::add_address("eth9", NEAR, 24).expect_err("no eth9");
    assert_eq!(absent.to_string(), "RTM_GETLINK eth9: ENODEV");
    let gateway = link::add_route(None, FAR).expect_err("no network");
    assert_eq!(gateway.to_string(), "RTM_NEWROUTE default via 10.77.0.2: ENETUNREACH");
    assert_eq!(link_field("eth9", "index").expect_err("no eth9").raw_os_error(), Some(libc::ENODEV));
    assert_eq!(errno_of(ping(LOCALHOST, 0, second())), named("EINVAL"));
    let nowhere = SocketAddrV4::new(FAR, 53);
    assert_eq!(
        socket::send_datagram(nowhere, "lost").expect_err("no route").to_string(),
        "sendto 10.77.0.2:53: ENETUNREACH"
    );
    assert_eq!(errno_of(link::set_up("a-name-of-16-chr")), named("ERANGE"));

    link::set_up("lo").expect("lo up");
    assert_eq!(errno_of(link::add_address("lo", LOCALHOST, 8)), named("EEXIST"));
    let crooked = Some((Ipv4Addr::new(10, 88, 0, 1), 16));
    assert_eq!(errno_of(link::add_route(crooked, LOCALHOST)), named("EINVAL"));

    let mut far = FarEnd::start(&own, &["--net"]);
    link::veth("eth0", "eth0", far.netns.as_fd()).expect("a veth pair");
    // Both ends have the same number, each in its own namespace.
    assert_eq!(far.ask("field eth0 index"), number("eth0", "index").to_string());
    assert_eq!(number("eth0", "peer"), number("eth0", "index"));
    assert_eq!(errno_of(link::veth("eth0", "eth1", far.netns.as_fd())), named("EEXIST"));
    assert_eq!(errno_of(link::veth("eth1", "eth0", far.netns.as_fd())), named("EEXIST"));
    assert_eq!(rows(net::interfaces()).len(), 2);

    // Who is root in a user namespace below ours may change its own networks, but not plug a cable into this one.
    let passed_on = rustix::io::dup(File::open("/proc/self/ns/net").expect("own namespace")).expect("dup");
    let mut below = FarEnd::start(&own, &["--user", "--map-root-user", "--net"]);
    assert_eq!(below.ask("up lo"), "done");
    let command = format!("veth eth1 /proc/self/fd/{}", passed_on.as_raw_fd());
    assert_eq!(below.ask(&command), "RTM_NEWLINK eth1: EPERM");
    assert_eq!(rows(net::interfaces()).len(), 2);
}

fn ns_of(file: &File) -> String {
    use std::os::unix::fs::MetadataExt;
    format!("net:[{}]", file.metadata().expect("fstat").ino())
}

#[test]
#[ignore = "a scenario: run by its parent in a network namespace of its own"]
fn scenario_calls() {
    must_be_elsewhere();
    let names = |work: &dyn Fn()| {
        record::start();
        work();
        let calls = record::take();
        let names: Vec<String> = calls.iter().map(|c| c.name.clone()).collect();
        (calls, names)
    };
    let (calls, order) = names(&|| link::set_up("lo").expect("lo up"));
    assert_eq!(order, ["socket", "bind", "sendto", "recvfrom"]);
    let told: Vec<String> = calls.iter().map(ToString::to_string).collect();
    assert!(
        told[0].starts_with("socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = "),
        "{}",
        told[0]
    );
    assert!(
        told[2].contains("{ifi_index=0, ifi_flags=IFF_UP, ifi_change=IFF_UP}, IFLA_IFNAME=\"lo\"]"),
        "{}",
        told[2]
    );
    assert!(told[3].contains("{error=0}"), "{}", told[3]);

    let open = || std::fs::read_dir("/proc/self/fd").expect("descriptors").count();
    let before = open();
    let (calls, _) = names(&|| assert!(link::set_up("eth9").is_err()));
    assert_eq!(open(), before, "closed also when it fails");
    assert!(calls[3].to_string().contains("{error=-ENODEV}"), "{}", calls[3]);

    let (calls, order) = names(&|| drop(ping(LOCALHOST, 1, second()).expect("an answer")));
    assert_eq!(order[..2], ["socket", "sendto"]);
    assert!(calls[1].to_string().contains("{type=ICMP_ECHO, code=0, id="), "{}", calls[1]);
    assert!(calls.iter().any(|call| call.to_string().contains("{type=ICMP_ECHOREPLY, code=0")), "{calls:?}");

    let (calls, order) = names(&|| drop(ping_of(LOCALHOST, 100, true).expect("an answer")));
    assert_eq!(order[..3], ["socket", "setsockopt", "sendto"]);
    assert!(calls[1].to_string().contains(">, SOL_IP, IP_MTU_DISCOVER, [2], 4) = 0"), "{}", calls[1]);
    assert_eq!(calls[2].outcome, Outcome::Returned(108));

    let (calls, order) = names(&|| drop(socket::listen_at_name("isolab-test").expect("a name")));
    assert_eq!(order, ["socket", "bind", "listen"]);
    assert!(
        calls[0].to_string().starts_with("socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = "),
        "{}",
        calls[0]
    );
    assert!(
        calls[1].to_string().ends_with(">, {sa_family=AF_UNIX, sun_path=@\"isolab-test\"}, 14) = 0"),
        "{}",
        calls[1]
    );

    let (calls, order) = names(&|| {
        let first = socket::listen(8080).expect("a listener");
        assert!(socket::listen(8080).is_err());
        drop(first);
    });
    let one = ["socket", "setsockopt", "bind"];
    assert_eq!(order, [&one[..], &["listen"], &one].concat());
    assert_eq!(calls[6].outcome, Outcome::Failed(named("EADDRINUSE")));
}

/// A readout of frames, as a lesson writes its object.
fn frames(object: &str) -> Frames {
    serde_yaml::from_str(object).expect(object)
}

/// Rows as texts, of these columns.
fn cells(rows: &[Row], columns: &[&str]) -> Vec<String> {
    let row = |row: &Row| columns.iter().filter_map(|column| row.get(column)).collect::<Vec<_>>().join(" ");
    rows.iter().map(row).collect()
}

#[test]
#[ignore = "a scenario: run by its parent in a network namespace of its own"]
fn scenario_frames() {
    let own = must_be_elsewhere();
    // IPv6 sends frames of its own as soon as an interface is up.
    let all = frames("{ interface: eth0, only: [arp, icmp, tcp, udp] }");
    let mut capture = Capture::begin().expect("a packet socket");
    assert_eq!(capture.read(&all).expect_err("no eth0 yet").raw_os_error(), Some(libc::ENODEV));

    // The interface is younger than the capture.
    let mut far = FarEnd::start(&own, &["--net"]);
    link::veth("eth0", "eth0", far.netns.as_fd()).expect("a veth pair");
    link::add_address("eth0", NEAR, 24).expect("an address");
    assert_eq!(far.ask("address eth0 10.77.0.2"), "done");
    assert_eq!(far.ask("up eth0"), "done");
    link::set_up("eth0").expect("eth0 up");
    carries("eth0", &mut far);
    assert_eq!(rows(capture.read(&all)), []);

    ping(FAR, 1, second()).expect("an answer");
    let seen = rows(capture.read(&all));
    let columns = ["direction", "protocol", "source", "destination", "info"];
    let sent = cells(&seen, &columns);
    let expected = [
        "out arp 10.77.0.1 10.77.0.2 request",
        "in arp 10.77.0.2 10.77.0.1 reply",
        "out icmp 10.77.0.1 10.77.0.2 echo-request",
        "in icmp 10.77.0.2 10.77.0.1 echo-reply",
    ];
    // The far end may ask for our address before it answers.
    assert!(expected.iter().all(|line| sent.iter().any(|sent| sent == line)), "{sent:?}");
    assert_eq!(sent[0], expected[0]);
    assert_eq!(seen[0].get("length"), Some("42"));
    assert_eq!(seen[0].get("source_mac"), None, "not asked for");
    let icmp = rows(capture.read(&frames("{ interface: eth0, only: icmp, mac: true }")));
    assert_eq!(cells(&icmp, &["info"]), ["echo-request", "echo-reply"]);
    assert_eq!(icmp[0].get("source_mac"), icmp[1].get("destination_mac"));

    assert!(socket::connect(SocketAddrV4::new(FAR, 9), second()).is_err());
    let tcp = cells(&rows(capture.read(&frames("{ interface: eth0, only: tcp }"))), &["direction", "info"]);
    assert!(tcp[0].starts_with("out ") && tcp[0].ends_with(" → 9 SYN"), "{tcp:?}");
    assert!(tcp[1].starts_with("in 9 → ") && tcp[1].ends_with(" RST ACK"), "{tcp:?}");

    // A frame within a VXLAN. Nobody takes it out.
    let local = kernel::link::VxlanEnd { id: 7, local: NEAR, remote: Some(FAR), port: 4789 };
    link::vxlan("vxlan0", &local).expect("a VXLAN");
    link::add_address("vxlan0", Ipv4Addr::new(10, 99, 0, 1), 24).expect("an address");
    link::set_up("vxlan0").expect("vxlan0 up");
    let mut capture = Capture::begin().expect("a packet socket");
    let lost = ping(Ipv4Addr::new(10, 99, 0, 2), 1, Duration::from_millis(100));
    assert_eq!(errno_of(lost), named("ETIMEDOUT"));
    let within = rows(capture.read(&frames("{ interface: eth0, only: arp }")));
    let columns =
        ["protocol", "source", "vni", "inner_protocol", "inner_source", "inner_destination", "inner_info"];
    assert_eq!(cells(&within[..1], &columns), ["udp 10.77.0.1 7 arp 10.99.0.1 10.99.0.2 request"]);
    // The same frame on the interface of the VXLAN, without what is around it there.
    let inside = rows(capture.read(&frames("{ interface: vxlan0, only: arp }")));
    assert_eq!(cells(&inside[..1], &["protocol", "source", "vni"]), ["arp 10.99.0.1"]);
    let length = |row: &Row| row.get("length").expect("a length").parse::<u32>().expect("a number");
    assert_eq!(length(&within[0]) - length(&inside[0]), 50, "Ethernet, IPv4, UDP and VXLAN");

    // More than are shown are counted.
    let mut capture = Capture::begin().expect("a packet socket");
    ping(FAR, 50, Duration::from_secs(10)).expect("answers");
    let many = rows(capture.read(&frames("{ interface: eth0, only: icmp }")));
    assert_eq!((many.len(), many[64].to_string()), (65, "36 more".to_owned()));
}

// ---------------------------------------------------------------- the far end

/// A process in a further network namespace of the same user namespace. It ends when its standard input does.
struct FarEnd {
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    netns: File,
    process: Mine,
}

const ANSWER: &str = "answer: ";

impl FarEnd {
    fn start(own: &str, unshare: &[&str]) -> FarEnd {
        let mut command = again("scenario_far_end", unshare);
        command.env(HOST_NETNS, own).stdin(Stdio::piped());
        let mut process = Mine(command.spawn().expect("unshare(1)"));
        let commands = process.0.stdin.take();
        let mut answers = BufReader::new(process.0.stdout.take().expect("a pipe"));
        assert_eq!(read_answer(&mut answers), "ready");
        let netns = File::open(format!("/proc/{}/ns/net", process.0.id())).expect("its network namespace");
        assert_ne!(ns_of(&netns), own);
        FarEnd { commands, answers, netns, process }
    }

    fn ask(&mut self, command: &str) -> String {
        let pipe = self.commands.as_mut().expect("a pipe");
        writeln!(pipe, "{command}").expect("the far end listens");
        read_answer(&mut self.answers)
    }
}

impl Drop for FarEnd {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.process.0.wait();
    }
}

fn read_answer(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    while from.read_line(&mut line).expect("a line") > 0 {
        if let Some((_, answer)) = line.trim_end().split_once(ANSWER) {
            return answer.to_owned();
        }
        line.clear();
    }
    panic!("the far end has ended");
}

#[test]
#[ignore = "a scenario: run by its parent in a network namespace of its own"]
fn scenario_far_end() {
    must_be_elsewhere();
    println!("\n{ANSWER}ready");
    for line in std::io::stdin().lines() {
        let line = line.expect("a line");
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        let answer = match words[..] {
            ["up", name] => told(link::set_up(name)),
            ["down", name] => told(link::set_down(name)),
            ["address", name, address] => {
                told(link::add_address(name, address.parse().expect("an address"), 24))
            }
            ["veth", name, netns] => {
                let netns = File::open(netns).expect("a network namespace");
                told(link::veth(name, "isolab-test", netns.as_fd()))
            }
            ["link", name] => link_row(name).to_string(),
            ["field", name, field] => number(name, field).to_string(),
            ["listen", port, text] => {
                let (listener, text) = (socket::listen(port.parse().expect("a port")), text.to_owned());
                listener
                    .map(|l| drop(std::thread::spawn(move || socket::serve(l.as_fd(), &text, second() * 60))))
                    .map_or_else(|e| e.to_string(), |()| "done".to_owned())
            }
            _ => format!("{line}?"),
        };
        println!("{ANSWER}{answer}");
    }
}

fn told(result: kernel::Result<()>) -> String {
    result.map_or_else(|e| e.to_string(), |()| "done".to_owned())
}
