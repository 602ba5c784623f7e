//! What a lesson can make the lab read: its own files, a short list of the machine's, and of a box what that box could read itself.

mod common;

use common::{Program, Scratch, is_root, skip, test};
use isolab::model::{Errno, Reading};
use isolab::probe::{View, read_as_host};
use isolab::vocabulary::Reader;
use isolab::vocabulary::reader::{Device, FileAt, Inode, Link, Listing, Owner, Tree};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

const SECRET: &str = "this-is-nobody-elses";

fn file(path: &str) -> Reader {
    Reader::File(FileAt { path: path.to_owned(), of: None })
}

fn view(workspace: &Path) -> View {
    View { workspace: workspace.to_owned(), ..View::default() }
}

#[track_caller]
fn refused(reader: &Reader, view: &View, errno: i32) {
    match read_as_host(reader, view) {
        Reading::Unread { errno: found, what } => {
            assert_eq!(found, Errno(errno), "{what}");
            assert!(!what.contains(SECRET));
        }
        other => panic!("{reader:?}: {other:?}"),
    }
}

#[track_caller]
fn shown(reader: &Reader, view: &View) -> String {
    match read_as_host(reader, view) {
        Reading::Fact(fact) => fact.raw,
        other => panic!("{reader:?}: {other:?}"),
    }
}

/// The checker refuses these; the reader does so once more.
#[test]
fn of_the_machine_only_what_is_on_the_list() {
    let view = view(Path::new("/var/tmp"));
    let path = |path: &str| path.to_owned();
    for reader in [
        file("/etc/passwd"),
        file("/proc/self/environ"),
        file("/proc/self/root/etc/passwd"),
        file("/proc/1/environ"),
        file("/proc/sys/../1/environ"),
        file("./x"),
        file(".."),
        Reader::Link(Link(path("/proc/self/exe"))),
        Reader::Listing(Listing(path("/root"))),
        Reader::Listing(Listing(path("."))),
        Reader::Tree(Tree(path("/"))),
        Reader::Tree(Tree(path("/etc"))),
        Reader::Inode(Inode(path("/root/.ssh"))),
        Reader::Device(Device(path("/dev/null"))),
        Reader::Owner(Owner(path("/etc/shadow"))),
    ] {
        refused(&reader, &view, libc::EACCES);
    }
    assert!(shown(&file("/proc/sys/kernel/ostype"), &view).contains("Linux"));
    assert!(shown(&file("/proc/mounts"), &view).contains('/'), "a link of procfs to procfs");
    assert!(shown(&Reader::Link(Link(path("/proc/self/ns/uts"))), &view).starts_with("uts:["));
    assert!(
        shown(&file("/sys/class/net/lo/mtu"), &view).trim().parse::<u32>().is_ok(),
        "a link of sysfs to sysfs"
    );
    assert!(shown(&Reader::Listing(Listing(path("/sys/class/net"))), &view).contains("lo"));
    assert!(shown(&Reader::Owner(Owner(path("/"))), &view).contains(':'));
    assert!(shown(&Reader::Inode(Inode(path("/proc/self/ns/net"))), &view).parse::<u64>().is_ok());
}

/// Some sysctls are secrets of root's: no mode lets others read them.
#[test]
fn of_the_list_only_what_everybody_may_read() {
    let secret = "/proc/sys/net/ipv4/tcp_fastopen_key";
    match fs::metadata(secret) {
        Ok(found) if found.permissions().mode() & 0o004 == 0 => {}
        _ => return skip(&test(), &format!("{secret} is not a secret here")),
    }
    refused(&file(secret), &view(Path::new("/var/tmp")), libc::EACCES);
}

#[test]
fn no_link_leads_out_of_the_workspace() {
    let scratch = Scratch::new();
    let workspace = scratch.file("workspace");
    fs::create_dir(&workspace).expect("a directory");
    fs::write(scratch.file("secret"), SECRET).expect("a file");
    symlink(scratch.file("secret"), workspace.join("absolute")).expect("a link");
    symlink("../secret", workspace.join("relative")).expect("a link");
    symlink(scratch.path(), workspace.join("way")).expect("a link");
    symlink("/proc/self/cwd", workspace.join("magic")).expect("a link");
    fs::write(workspace.join("mine"), "mine").expect("a file");
    symlink("mine", workspace.join("inner")).expect("a link");
    fs::create_dir(workspace.join("dir")).expect("a directory");
    let view = view(&workspace);
    for path in ["absolute", "relative", "way/secret", "magic/secret", "dir/../../secret"] {
        refused(&file(path), &view, libc::EXDEV);
    }
    for path in ["way", "absolute/..", ".."] {
        let reading = read_as_host(&Reader::Tree(Tree(path.to_owned())), &view);
        assert!(matches!(reading, Reading::Unread { .. }), "{path}: {reading:?}");
    }
    assert_eq!(shown(&file("inner"), &view), "mine");
    assert_eq!(
        shown(&Reader::Link(Link("absolute".to_owned())), &view),
        scratch.file("secret").display().to_string()
    );
}

#[test]
fn a_tree_of_any_depth_is_read() {
    let scratch = Scratch::new();
    let deep = scratch.file("top").join(vec!["d"; 1200].join("/"));
    fs::create_dir_all(&deep).expect("directories");
    let reading = read_as_host(&Reader::Tree(Tree("top".to_owned())), &view(scratch.path()));
    let Reading::Fact(fact) = reading else { panic!("{reading:?}") };
    assert_eq!(fact.value.to_string().lines().count(), 1200);
}

/// A directory as procfs has one for a process with this root and these ids.
fn process(scratch: &Scratch, id: u32) -> std::path::PathBuf {
    let process = scratch.file("process");
    fs::create_dir_all(process.join("top")).expect("a directory");
    symlink("top", process.join("root")).expect("a link");
    let ids = format!("{id}\t{id}\t{id}\t{id}");
    fs::write(process.join("status"), format!("Name:\tx\nUid:\t{ids}\nGid:\t{ids}\nGroups:\t\n"))
        .expect("a file");
    process
}

fn of_process(process: &Path, path: &str) -> std::io::Result<String> {
    let at = isolab::probe::at::At::InRoot {
        process: process.to_owned(),
        path: path.into(),
        as_process: true,
        uncovered: false,
    };
    isolab::probe::file::text(&at)
}

#[test]
fn a_box_root_is_not_left() {
    let scratch = Scratch::new();
    let own = nix::unistd::geteuid().as_raw();
    let process = process(&scratch, if own == 0 { 61234 } else { own });
    let top = process.join("top");
    fs::write(scratch.file("secret"), SECRET).expect("a file");
    let secret = scratch.file("secret");
    symlink(&secret, top.join("absolute")).expect("a link");
    symlink("../../secret", top.join("relative")).expect("a link");
    symlink("/proc/self/root", top.join("way")).expect("a link");
    fs::write(top.join("mine"), "mine").expect("a file");
    symlink("/mine", top.join("inner")).expect("a link");
    for path in ["/absolute", "/relative", "/way/etc/passwd", "/../../secret"] {
        let found = of_process(&process, path).map_err(|e| e.kind());
        assert_eq!(found, Err(std::io::ErrorKind::NotFound), "{path}");
    }
    assert_eq!(of_process(&process, "/inner").expect("its own file"), "mine");
}

#[test]
fn what_a_box_may_not_read_is_not_read_for_it() {
    if !is_root() {
        return skip(&test(), "only root's lab may read more than a box");
    }
    let scratch = Scratch::new();
    let process = process(&scratch, 61234);
    let secret = process.join("top/secret");
    fs::write(&secret, SECRET).expect("a file");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("chmod");
    let denied = std::io::ErrorKind::PermissionDenied;
    assert_eq!(of_process(&process, "/secret").map_err(|e| e.kind()), Err(denied));
    chown(&secret, Some(61234), Some(61234)).expect("chown");
    assert_eq!(of_process(&process, "/secret").expect("its own file"), SECRET);
}

/// A process that has mounted a file of its own over `/proc/sys/kernel/hostname`; nothing where it may not.
fn covering(scratch: &Scratch) -> Option<std::process::Child> {
    use std::io::BufRead;
    use std::process::{Command, Stdio};
    let planted = scratch.file("planted");
    fs::write(&planted, "planted\n").expect("a file");
    let script = "mount --bind \"$0\" /proc/sys/kernel/hostname && echo ready && read -r line";
    let mut child = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(&planted)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take()?).read_line(&mut line).ok()?;
    if line != "ready\n" {
        let _ = child.wait();
        return None;
    }
    Some(child)
}

#[test]
fn what_is_mounted_over_a_proc_is_not_read_where_it_is_not_trusted() {
    let scratch = Scratch::new();
    let Some(mut child) = covering(&scratch) else {
        return skip(&test(), "no mounts in a user namespace here");
    };
    let process = Path::new("/proc").join(child.id().to_string());
    let read = |path: &str, uncovered| {
        let (process, path) = (process.clone(), path.into());
        let at = isolab::probe::at::At::InRoot { process, path, as_process: true, uncovered };
        isolab::probe::file::text(&at).map_err(|e| e.raw_os_error())
    };
    let readings = [
        read("/proc/sys/kernel/hostname", false),
        read("/proc/sys/kernel/hostname", true),
        read("/proc/sys/kernel/ostype", true),
    ];
    // Its input ends with this, and so does the process.
    drop(child.stdin.take());
    let _ = child.wait();
    assert_eq!(readings, [Ok("planted\n".to_owned()), Err(Some(libc::EXDEV)), Ok("Linux\n".to_owned())]);
}

const LESSON: &str = "format: 1
id: peek
title: A title
summary: One sentence.
minutes: 5
boxes:
  box: { new: [uts] }
readouts:
  name: { box: hostname }
  secret: { host: { file: { of: box, path: SECRET } } }
steps:
  - id: one
    title: First
    text: Some text.
    show: [secret]
    do:
      - { box: { sethostname: bird } }
    expect:
      - { name: { is: bird } }
      - { secret: { fails: EACCES } }
";

/// The box still has the host's root, and root could read everything there.
#[test]
fn a_box_with_the_hosts_root_shows_nothing_of_roots() {
    if !is_root() {
        return skip(&test(), "only root's lab may read more than a box");
    }
    let program = Program::built();
    let secret = program.scratch.file("secret");
    fs::write(&secret, SECRET).expect("a file");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("chmod");
    let lesson = program.scratch.file("peek.yaml");
    fs::write(&lesson, LESSON.replace("SECRET", &secret.display().to_string())).expect("a file");
    let report = program.check(&[lesson.to_str().expect("UTF-8")]);
    assert!(matches!(report.code, Some(0 | 3)), "{}", report.complaints);
    let shown = format!("{:?}", report.lessons);
    assert!(!shown.contains(SECRET), "{shown}");
}
