//! What a traced process does. Its input is a pipe: a line starts an action, its end lets it exit.
use isolab::kernel::{marker, raw};
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
