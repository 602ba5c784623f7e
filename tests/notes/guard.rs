//! Who can open the socket, and where it is not made.

use crate::common::{NOBODY, Scratch, is_root, skip};
use crate::stage::{Runtime, Stage, set_mode};
use isolab::demo::notes::{Base, Client, Happened, Heard, Server, demos};
use rustix::thread::{Gid, Uid, set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Does something in a thread of another user. The kernel keeps ids for each thread (`credentials(7)`); the thread ends with them.
fn as_nobody<T: Send>(what: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
            set_thread_groups(&[]).expect("setgroups");
            set_thread_res_gid(group, group, group).expect("setresgid");
            set_thread_res_uid(user, user, user).expect("setresuid");
            what()
        });
        let result = other.join().expect("the thread of another user");
        // Taken from the whole process when a thread changes its ids (prctl(2), PR_SET_DUMPABLE).
        nix::sys::prctl::set_dumpable(true).expect("prctl");
        result
    })
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).expect("stat").mode() & 0o7777
}

fn refusal(base: &Base) -> String {
    match Server::open_in(base, 1, |_| {}) {
        Err(e) => {
            assert_eq!(e.kind(), ErrorKind::PermissionDenied, "{e}");
            e.to_string()
        }
        Ok(server) => panic!("{} was made", server.path().display()),
    }
}

#[test]
fn directory_and_socket_are_this_users_alone_whatever_the_umask() {
    let runtime = Runtime::new();
    let stage = Stage::open(&runtime.base(), 7);
    let socket = stage.server.path().to_owned();
    assert_eq!(socket, runtime.sockets().join("7.sock"));
    assert_eq!((mode(&runtime.sockets()), mode(&socket)), (0o700, 0o600));
    let metadata = std::fs::symlink_metadata(&socket).expect("stat");
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.uid(), nix::unistd::geteuid().as_raw());
    drop(stage);
    assert!(!socket.exists() && !runtime.sockets().exists(), "both are removed at the end");
}

#[test]
fn another_user_can_not_open_it() {
    if !is_root() {
        return skip("another user's window", "only root can become another user");
    }
    // The directory above is one that everybody can enter, so only ours keeps others out.
    let scratch = Scratch::new();
    set_mode(scratch.path(), 0o1777);
    let base = Base::shared(scratch.path());
    let stage = Stage::open(&base, 7);
    stage.publish("secret");
    let socket = stage.server.path().to_owned();
    let connect = || UnixStream::connect(&socket).map(drop).map_err(|e| e.kind());
    assert_eq!(as_nobody(connect), Err(ErrorKind::PermissionDenied), "by its path");
    assert_eq!(as_nobody(|| demos(std::slice::from_ref(&base)).len()), 0);
    assert_eq!(demos(std::slice::from_ref(&base)).len(), 1);
    // Even where somebody has opened directory and socket: the kernel says who it is.
    set_mode(&base.path(), 0o777);
    set_mode(&socket, 0o666);
    let mut stranger = as_nobody(|| UnixStream::connect(&socket)).expect("the path is open now");
    assert_eq!(stage.next(), Happened::Refused { user: NOBODY });
    stranger.set_read_timeout(Some(Duration::from_secs(60))).expect("a deadline");
    let _ = stranger.write_all(b"{\"version\":2,\"look\":false}\n");
    let mut read = Vec::new();
    // It was closed with the greeting unread, or before it: the end, or ECONNRESET.
    let _ = stranger.read_to_end(&mut read);
    assert_eq!(String::from_utf8_lossy(&read), "");
    assert_eq!(stage.server.attached(), 0);
}

#[test]
fn a_window_does_not_show_what_somebody_else_sends() {
    if !is_root() {
        return skip("another user's demo", "only root can become another user");
    }
    let runtime = Runtime::new();
    let stage = Stage::open(&runtime.base(), 7);
    // The socket of the same name is now another user's, in our directory: whoever did that, pages from there are not shown.
    let theirs = Scratch::new();
    let path = theirs.file("7.sock");
    let listener = as_nobody(|| std::os::unix::net::UnixListener::bind(&path)).expect("a socket");
    let demo = demos(&[runtime.base()]).pop().expect("our demo");
    std::fs::rename(&path, runtime.sockets().join("7.sock")).expect("the same file system");
    let refused = Client::attach(&demo).err().expect("refused");
    assert!(refused.to_string().contains(&format!("is user {NOBODY}'s")), "{refused}");
    drop((listener, stage));
}

#[test]
fn a_directory_that_others_can_enter_is_refused() {
    let runtime = Runtime::new();
    std::fs::create_dir(runtime.sockets()).expect("mkdir");
    for open in [0o755, 0o701, 0o770] {
        set_mode(&runtime.sockets(), open);
        let text = refusal(&runtime.base());
        assert!(text.contains(&format!("has mode {open:04o}")) && text.contains("remove it"), "{text}");
    }
    set_mode(&runtime.sockets(), 0o700);
    drop(Stage::open(&runtime.base(), 7));
}

#[test]
fn a_link_in_its_place_is_refused() {
    let (runtime, elsewhere) = (Runtime::new(), Runtime::new());
    symlink(elsewhere.path(), runtime.sockets()).expect("symlink");
    let text = refusal(&runtime.base());
    assert!(text.contains("is not a directory; remove it"), "{text}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).expect("read").count(), 0, "nothing was made at its end");
    assert!(demos(&[runtime.base()]).is_empty());
}

#[test]
fn a_directory_that_somebody_else_has_put_there_is_refused() {
    if !is_root() {
        return skip("another user's directory", "only root can become another user");
    }
    let scratch = Scratch::new();
    set_mode(scratch.path(), 0o1777);
    let base = Base::shared(scratch.path());
    as_nobody(|| std::fs::create_dir(base.path())).expect("they come first");
    set_mode(&base.path(), 0o700);
    let text = refusal(&base);
    assert!(text.contains(&format!("belongs to user {NOBODY}; remove it")), "{text}");
    assert!(demos(&[base]).is_empty());
}

#[test]
fn a_directory_that_can_be_moved_away_is_refused() {
    let scratch = Scratch::new();
    set_mode(scratch.path(), 0o777);
    let text = refusal(&Base::shared(scratch.path()));
    assert!(text.contains("can rename what is in"), "{text}");
    let text = refusal(&Base::private(scratch.path()));
    assert!(text.contains("is not private to user") && text.contains("chmod 700 it"), "{text}");
    assert_eq!(std::fs::read_dir(scratch.path()).expect("read").count(), 0);
}

#[test]
fn a_path_longer_than_an_address_is_no_hindrance() {
    let runtime = Runtime::new();
    let long = runtime.path().join("d".repeat(200));
    std::fs::create_dir(&long).expect("mkdir");
    set_mode(&long, 0o700);
    let base = Base::private(&long);
    let stage = Stage::open(&base, 7);
    stage.publish("far away");
    let demo = demos(&[base]).pop().expect("a demo");
    let mut client = Client::attach(&demo).expect("attached");
    assert!(matches!(client.next(crate::stage::PATIENCE), Heard::Page(page) if page.title == "far away"));
}
