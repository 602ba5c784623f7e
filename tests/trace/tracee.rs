//! What a traced process does. Its input is a pipe: a line starts an action, its end lets it exit.
use isolab::kernel::{marker, raw};
use isolab::model::{Capability, Ns};
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, chdir, pipe, read, write};
use std::os::fd::AsFd;
use std::path::Path;

/// Runs the scenario of this name.
pub fn run(name: &str, args: &[String]) {
    if name == "probe" {
        unshare(CloneFlags::CLONE_NEWUSER).expect("unshare");
        return;
    }
    if name == "seize" {
        let pid: i32 = args[0].parse().expect("a pid");
        isolab::actor::trace::Tracer::new().seize(pid).expect("seize");
        wait_for_end();
        return;
    }
    line();
    marker::begin();
    scenario(name, args);
    marker::end();
    if name == "twice" {
        line();
        marker::begin();
        go("/sys");
        marker::end();
    }
    wait_for_end();
}

fn scenario(name: &str, args: &[String]) {
    match name {
        "files" => files(Path::new(&args[0])),
        "fork" => {
            let child = forked(|| {
                go("/");
                7
            });
            waitpid(child, None).expect("waitpid");
        }
        "spawn" => {
            let status = std::process::Command::new("/bin/true").status().expect("spawn");
            assert!(status.success());
        }
        "outlive" => drop(forked(|| {
            wait_for_end();
            5
        })),
        "child-mark" => child_mark(),
        "pid-namespace" => {
            unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID).expect("unshare");
            let child = forked(|| i32::from(std::process::id() != 1));
            let status = waitpid(child, None).expect("waitpid");
            assert_eq!(status, nix::sys::wait::WaitStatus::Exited(child, 0));
        }
        "init" => {
            unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID).expect("unshare");
            let init = forked(|| {
                forked(|| {
                    wait_for_end();
                    0
                });
                wait_for_end();
                0
            });
            waitpid(init, None).expect("waitpid");
        }
        "block" => {
            go("/");
            forked(|| {
                wait_for_end();
                5
            });
            wait_for_end();
        }
        "network" => network(),
        "recorded" => recorded(Path::new(&args[0])).expect("an action"),
        "read" => line(),
        "twice" => go("/proc"),
        "storm" => loop {
            waitpid(forked(|| 0), None).expect("waitpid");
        },
        "many" => (0..5000).for_each(|_| go("/")),
        other => panic!("no scenario {other}"),
    }
}

fn files(dir: &Path) {
    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWUSER).expect("unshare");
    nix::unistd::sethostname("bird").expect("sethostname");
    let nest = dir.join("nest");
    isolab::kernel::file::mkdir(&nest, 0o755).expect("mkdir");
    isolab::kernel::file::write(&nest.join("egg"), "speckled").expect("create");
    isolab::kernel::file::rmdir(&nest).expect_err("rmdir");
    isolab::kernel::file::unlink(&nest.join("egg")).expect("unlink");
    isolab::kernel::file::rmdir(&nest).expect("rmdir");
}

/// Switches the loopback interface of a new network namespace on, and connects over it.
fn network() {
    use rustix::net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with,
    };
    unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWUSER).expect("unshare");
    let order = [
        [40, 0, 0, 0], // length
        [libc::RTM_NEWLINK as u8, 0, (libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u8, 0],
        [1, 0, 0, 0], // sequence number
        [0; 4],
        [0; 4], // family and type
        [0; 4], // index: by name
        [libc::IFF_UP as u8, 0, 0, 0],
        [libc::IFF_UP as u8, 0, 0, 0], // which flags change
        [7, 0, libc::IFLA_IFNAME as u8, 0],
        *b"lo\0\0",
    ]
    .concat();
    let (family, route) = (AddressFamily::NETLINK, None);
    let socket = socket_with(family, SocketType::RAW, SocketFlags::CLOEXEC, route).expect("socket");
    send(&socket, &order, SendFlags::empty()).expect("send");
    let mut answer = [0u8; 4096];
    recv(&socket, &mut answer, RecvFlags::empty()).expect("recv");
    assert_eq!(answer[16..20], [0; 4], "the kernel's answer");
    drop(socket);
    let _listener = std::net::TcpListener::bind("127.0.0.1:8080").expect("listen");
    std::net::TcpStream::connect("127.0.0.1:8080").expect("connect");
}

/// One of nearly every kind of call that the kernel layer makes, refused ones among them. Its own record of them, which is in the
/// words of this process, goes to a file.
fn recorded(dir: &Path) -> isolab::kernel::Result<()> {
    use isolab::kernel::ping::{self, Echo};
    use isolab::kernel::{file, identity, link, mount, namespace, process, record, socket};
    use nix::mount::MsFlags;
    use std::net::{Ipv4Addr, SocketAddrV4};
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    let (here, wait) = (Ipv4Addr::LOCALHOST, std::time::Duration::from_secs(5));
    let own = Path::new("/proc/self");
    let tree = dir.join("tree");
    let (first, second) = (tree.join("first"), tree.join("second"));
    record::start();
    namespace::unshare(
        CloneFlags::CLONE_NEWUSER
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWNS,
    )?;
    file::set(&own.join("setgroups"), "deny")?;
    file::set(&own.join("uid_map"), &format!("0 {uid} 1"))?;
    file::set(&own.join("gid_map"), &format!("0 {gid} 1"))?;
    identity::sethostname("bird")?;
    identity::setdomainname("nest")?;
    identity::setgid(0)?;
    identity::setuid(0)?;
    let _ = identity::clear_groups();
    namespace::setns(file::open(&own.join("ns/uts"), rustix::fs::OFlags::RDONLY, 0)?, "", Ns::Uts)?;

    file::mkdir(&tree, 0o700)?;
    file::write(&first, &"x".repeat(300))?;
    file::append(&first, "\u{e4}\n")?;
    file::chmod(&first, 0o640)?;
    file::chown(&first, 0, 0)?;
    file::rename(&first, &second)?;
    let _ = file::mknod_char(&first, 0o600, 1, 3);
    let _ = file::open(&first, rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOFOLLOW, 0);
    let _ = file::rmdir(&tree);

    mount::mount(None, Path::new("/"), None, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None)?;
    mount::mount(
        Some("tmpfs"),
        &tree,
        Some("tmpfs"),
        MsFlags::MS_NODEV | MsFlags::MS_NOSUID,
        Some("size=1M"),
    )?;
    let _ = mount::pivot_root(&tree, dir);
    mount::umount(&tree, true)?;
    let _ = mount::umount(&tree, false);
    file::remove(&tree)?;
    mount::chdir(dir)?;
    mount::chroot(Path::new("/"))?;

    link::set_up("lo")?;
    link::veth("one", "two", file::open(&own.join("ns/net"), rustix::fs::OFlags::RDONLY, 0)?.as_fd())?;
    link::add_address("one", Ipv4Addr::new(10, 77, 0, 1), 24)?;
    link::set_up("one")?;
    link::set_up("two")?;
    link::add_route(None, Ipv4Addr::new(10, 77, 0, 2))?;
    let _ = link::set_down("none");
    ping::ping(here, &Echo { wait, dont_fragment: true, ..Echo::default() })?;
    let listener = socket::listen(8080)?;
    let _ = socket::listen(8080);
    socket::connect(SocketAddrV4::new(here, 8080), wait)?;
    let _ = socket::connect(SocketAddrV4::new(here, 8081), wait);
    socket::send_datagram(SocketAddrV4::new(here, 8082), "hello")?;
    let named = socket::listen_at_name("isolab-test")?;
    let _ = socket::listen_at_name("isolab-test");
    drop(named);
    drop(listener);

    if let raw::Forked::Parent(child) = process::fork(CloneFlags::CLONE_NEWIPC)? {
        process::kill(child.as_raw(), libc::SIGKILL)?;
        while process::reap().is_empty() {}
    } else {
        wait_for_end();
    }
    process::set_affinity(&[0])?;
    let some = Capability::set_of(&["sys_admin".to_owned()]).expect("a capability");
    identity::drop_capabilities(some)?;
    let all = Capability::set_of(&["all".to_owned()]).expect("all of them");
    identity::drop_capabilities(all)?;
    let calls = record::take();
    marker::end();
    std::fs::write(dir.join("record"), serde_json::to_vec(&calls).expect("JSON")).expect("write");
    Ok(())
}

/// The child says that it is ready and goes on unseen; the parent waits until it has.
fn child_mark() {
    let (reader, writer) = pipe().expect("pipe");
    forked(|| {
        go("/proc");
        marker::end();
        go("/dev");
        write(&writer, b"!").expect("write");
        0
    });
    read(reader.as_fd(), &mut [0]).expect("read");
    go("/sys");
}

fn forked(child: impl FnOnce() -> i32) -> Pid {
    match raw::fork(0).expect("fork") {
        raw::Forked::Parent(child) => child,
        raw::Forked::Child => raw::exit_now(child()),
    }
}

fn go(dir: &str) {
    chdir(dir).expect("chdir");
}

/// One byte of the input, or its end.
fn line() {
    let _ = read(std::io::stdin().as_fd(), &mut [0]);
}

fn wait_for_end() {
    while read(std::io::stdin().as_fd(), &mut [0]).is_ok_and(|n| n > 0) {}
}
