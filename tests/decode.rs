//! The decoder, on calls as the tracer hands them over.

use isolab::actor::trace::{RawCall, Seen, Trace};
use isolab::calls::decode::decode;
use isolab::model::{Errno, Outcome};

const X86_64: u32 = 0xc000_003e;
const AARCH64: u32 = 0xc000_00b7;

fn call(arch: u32, nr: u64, args: &[u64], seen: Vec<Seen>, outcome: Outcome) -> RawCall {
    let mut all = [0; 6];
    all[..args.len()].copy_from_slice(args);
    RawCall { pid: 4211, arch, nr, args: all, seen, outcome }
}

/// A call on x86-64 that returned 0, as a line.
fn line(nr: u64, args: &[u64], seen: Vec<Seen>) -> String {
    let raw = call(X86_64, nr, args, seen, Outcome::Returned(0));
    decode(&raw).map_or_else(|| "(noise)".to_owned(), |c| c.to_string())
}

fn text(text: &str) -> Seen {
    Seen::Text(text.to_owned())
}

fn file(path: &str) -> Seen {
    Seen::File(path.to_owned())
}

fn words(words: &[u64]) -> Seen {
    Seen::Bytes(words.iter().flat_map(|w| w.to_ne_bytes()).collect())
}

fn halves(halves: &[u32]) -> Seen {
    Seen::Bytes(halves.iter().flat_map(|w| w.to_ne_bytes()).collect())
}

#[test]
fn numbers_are_those_of_the_architecture() {
    let unshare = |arch, nr| decode(&call(arch, nr, &[0x0400_0000], vec![], Outcome::Returned(0))).unwrap();
    assert_eq!(unshare(X86_64, 272).to_string(), "unshare(CLONE_NEWUTS) = 0");
    assert_eq!(unshare(AARCH64, 97), unshare(X86_64, 272));
}

#[test]
fn a_call_that_is_not_known_is_shown_as_numbers() {
    let raw = call(X86_64, 9999, &[1, 255], vec![], Outcome::Failed(Errno(38)));
    assert_eq!(decode(&raw).unwrap().to_string(), "syscall_9999(0x1, 0xff, 0, 0, 0, 0) = -1 ENOSYS");
    // Known by name, but not by its arguments: bpf(2).
    assert_eq!(line(321, &[5], vec![]), "bpf(0x5, 0, 0, 0, 0, 0) = 0");
    // Another architecture's numbers mean nothing here.
    assert!(decode(&call(0x4000_0003, 9, &[], vec![], Outcome::Unfinished)).unwrap().name == "syscall_9");
}

#[test]
fn noise_and_housekeeping_are_left_out() {
    for nr in [9, 12, 202, 39, 3, 7, 318] {
        assert_eq!(line(nr, &[0; 6], vec![]), "(noise)", "{nr}");
    }
    assert_eq!(line(157, &[1, 9], vec![]), "(noise)");
    assert_eq!(line(157, &[38, 1], vec![]), "prctl(PR_SET_NO_NEW_PRIVS, 1) = 0");
    assert_eq!(line(157, &[24, 21], vec![]), "prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN) = 0");
}

#[test]
fn mounts() {
    assert_eq!(
        line(
            165,
            &[1, 2, 3, 0, 0],
            vec![text("proc"), text("/proc"), text("proc"), Seen::Number, Seen::Number]
        ),
        "mount(\"proc\", \"/proc\", \"proc\", 0, NULL) = 0"
    );
    let flags = libc::MS_REC | libc::MS_PRIVATE;
    assert_eq!(
        line(
            165,
            &[0, 2, 0, flags, 0],
            vec![Seen::Number, text("/"), Seen::Number, Seen::Number, Seen::Number]
        ),
        "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL) = 0"
    );
    assert_eq!(line(166, &[1, 2], vec![text("/mnt")]), "umount2(\"/mnt\", MNT_DETACH) = 0");
    let attributes = words(&[1, 0, libc::MS_PRIVATE, 0]);
    assert_eq!(
        line(442, &[!99, 1, 0x8000, 2, 32], vec![Seen::Number, text("/mnt"), Seen::Number, attributes]),
        "mount_setattr(AT_FDCWD, \"/mnt\", AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY, propagation=MS_PRIVATE}, 32) = 0"
    );
}

#[test]
fn namespaces_and_children() {
    assert_eq!(
        line(308, &[5, 0x4000_0000], vec![file("net:[4026532281]")]),
        "setns(5<net:[4026532281]>, CLONE_NEWNET) = 0"
    );
    assert_eq!(line(308, &[5, 0], vec![file("net:[1]")]), "setns(5<net:[1]>, 0) = 0");
    assert_eq!(line(56, &[0x2000_0011], vec![]), "clone(CLONE_NEWPID|SIGCHLD) = 0");
    assert_eq!(line(56, &[17], vec![]), "clone(SIGCHLD) = 0");
    let args = words(&[0x2_0000_0000 | 0x2000_0000, 0, 0, 0, 17, 0, 0, 0, 0, 0, 7]);
    assert_eq!(
        line(435, &[1, 88], vec![args, Seen::Number, file("/sys/fs/cgroup/isolab")]),
        "clone3({flags=CLONE_NEWPID|CLONE_INTO_CGROUP, exit_signal=SIGCHLD, cgroup=7</sys/fs/cgroup/isolab>}, 88) = 0"
    );
    assert_eq!(
        line(61, &[u64::from(u32::MAX), 1, 1, 0], vec![Seen::Number, halves(&[9])]),
        "wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], WNOHANG, NULL) = 0"
    );
    assert_eq!(line(62, &[4211, 15], vec![]), "kill(4211, SIGTERM) = 0");
    assert_eq!(line(62, &[4211, 34], vec![]), "kill(4211, SIGRT_2) = 0");
    assert_eq!(
        line(203, &[0, 128, 1], vec![Seen::Number, Seen::Number, words(&[0b1001, 1])]),
        "sched_setaffinity(0, 128, [0 3 64]) = 0"
    );
    let raw = call(X86_64, 231, &[3], vec![], Outcome::Unfinished);
    assert_eq!(decode(&raw).unwrap().to_string(), "exit_group(3) = ?");
}

#[test]
fn identity() {
    assert_eq!(line(117, &[1000, 1000, 0xffff_ffff], vec![]), "setresuid(1000, 1000, -1) = 0");
    assert_eq!(line(116, &[2, 1], vec![Seen::Number, halves(&[4, 24])]), "setgroups(2, [4, 24]) = 0");
    let sets = halves(&[1 << 21, 0xffff_ffff, 0, 0, 0x1ff, 0]);
    assert_eq!(
        line(126, &[1, 2], vec![halves(&[0x2008_0522, 0]), sets]),
        "capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, \
         {effective=CAP_SYS_ADMIN, permitted=0x1ffffffffff, inheritable=0}) = 0"
    );
}

#[test]
fn files() {
    let flags = |extra: i32| (libc::O_WRONLY | libc::O_CLOEXEC | extra) as u64;
    let path = || vec![Seen::Number, text("/x")];
    assert_eq!(
        line(257, &[!99, 1, flags(libc::O_CREAT), 0o644], path()),
        "openat(AT_FDCWD, \"/x\", O_WRONLY|O_CREAT|O_CLOEXEC, 0o644) = 0"
    );
    assert_eq!(
        line(257, &[0xffff_ff9c, 1, flags(0)], path()),
        "openat(AT_FDCWD, \"/x\", O_WRONLY|O_CLOEXEC) = 0"
    );
    assert_eq!(
        line(259, &[!99, 1, 0o020_666, 0x0103], path()),
        "mknodat(AT_FDCWD, \"/x\", S_IFCHR|0o666, makedev(1, 3)) = 0"
    );
    assert_eq!(
        line(316, &[!99, 1, !99, 2, 1], vec![Seen::Number, text("/a"), Seen::Number, text("/b")]),
        "renameat2(AT_FDCWD, \"/a\", AT_FDCWD, \"/b\", RENAME_NOREPLACE) = 0"
    );
    assert_eq!(line(16, &[3, 0xb701], vec![file("net:[1]")]), "ioctl(3<net:[1]>, NS_GET_USERNS, 0) = 0");
}

#[test]
fn buffers_are_cut_and_quoted() {
    let seen = vec![file("/proc/7/uid_map"), Seen::Bytes(b"0 0 1\n".to_vec())];
    assert_eq!(line(1, &[3, 1, 6], seen), "write(3</proc/7/uid_map>, \"0 0 1\\n\", 6) = 0");
    let seen = vec![file("/x"), Seen::Bytes(vec![b'a'; 256])];
    let shown = line(1, &[3, 1, 1000], seen);
    assert_eq!(shown, format!("write(3</x>, \"{}\"..., 1000) = 0", "a".repeat(64)));
    // What was not read, because the call failed or the memory could not be read, is an address.
    let raw = call(X86_64, 0, &[3, 0x7000, 16], vec![file("/x"), Seen::Number], Outcome::Failed(Errno(1)));
    assert_eq!(decode(&raw).unwrap().to_string(), "read(3</x>, 0x7000, 16) = -1 EPERM");
}

#[test]
fn addresses() {
    let address = |bytes: &[u8]| line(42, &[3, 1, 16], vec![Seen::Number, Seen::Bytes(bytes.to_vec())]);
    let family = |n: i32| (n as u16).to_ne_bytes().to_vec();
    let inet = [family(libc::AF_INET), vec![0x1f, 0x90, 10, 77, 0, 2], vec![0; 8]].concat();
    assert_eq!(
        address(&inet),
        "connect(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr(\"10.77.0.2\")}, 16) = 0"
    );
    let unix = [family(libc::AF_UNIX), b"/run/x\0".to_vec()].concat();
    assert_eq!(address(&unix), "connect(3, {sa_family=AF_UNIX, sun_path=\"/run/x\"}, 16) = 0");
    let unix = [family(libc::AF_UNIX), b"\0x".to_vec()].concat();
    assert_eq!(address(&unix), "connect(3, {sa_family=AF_UNIX, sun_path=@\"x\"}, 16) = 0");
    // Cut or empty.
    assert_eq!(address(&inet[..5]), "connect(3, {sa_family=AF_INET}, 16) = 0");
    assert_eq!(address(&[]), "connect(3, {sa_family=AF_UNSPEC}, 16) = 0");
}

#[test]
fn messages_by_the_kind_of_socket() {
    let echo = [8, 0, 0, 0, 0x10, 0x73, 0, 1];
    let sent = |socket: &str, bytes: &[u8]| {
        line(44, &[3, 1, bytes.len() as u64], vec![file(socket), Seen::Bytes(bytes.to_vec())])
    };
    assert_eq!(
        sent("RAW:[7]", &echo),
        "sendto(3<RAW:[7]>, {type=ICMP_ECHO, code=0, id=4211, seq=1}, 8, 0, NULL, 0) = 0"
    );
    assert_eq!(sent("UDP:[7]", b"hello"), "sendto(3<UDP:[7]>, \"hello\", 5, 0, NULL, 0) = 0");
    let mut answer = vec![0x45; 20];
    answer.extend([0, 0, 0, 0, 0x10, 0x73, 0, 1]);
    let raw =
        call(X86_64, 45, &[3, 1, 64], vec![file("RAW:[7]"), Seen::Bytes(answer)], Outcome::Returned(28));
    assert!(decode(&raw).unwrap().args[1].starts_with("{type=ICMP_ECHOREPLY, code=0, id=4211"));
}

/// Structures are read from the memory of a process that may have put anything there.
#[test]
fn any_bytes_give_a_line() {
    let long = vec![0xff; 256];
    for nr in 0..460 {
        for bytes in [&long[..0], &long[..3], &long[..17], &long[..]] {
            let seen = vec![Seen::Bytes(bytes.to_vec()); 6];
            for value in [0, 7, u64::MAX] {
                for arch in [X86_64, AARCH64] {
                    let raw = call(arch, nr, &[value; 6], seen.clone(), Outcome::Returned(value as i64));
                    if let Some(decoded) = decode(&raw) {
                        assert!(!decoded.name.is_empty());
                    }
                }
            }
        }
    }
}

#[test]
fn a_trace_survives_json() {
    let seen = vec![file("/x"), Seen::Bytes(vec![0, 255]), Seen::Number, text("ä"), Seen::Texts(vec![])];
    let raw = call(X86_64, 1, &[3, u64::MAX, 2], seen, Outcome::Failed(Errno(1)));
    let trace = Trace { calls: vec![raw], lost: 2 };
    let text = serde_json::to_string(&trace).unwrap();
    assert_eq!(serde_json::from_str::<Trace>(&text).unwrap(), trace);
}
