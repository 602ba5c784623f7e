//! Files that a person names are opened with that person's rights: under sudo the program is root, and the person is not.

mod common;
#[macro_use]
#[path = "common/pty.rs"]
mod pty;

use common::{NOBODY, Scratch, is_root, skip, test};
use pty::Pty;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const ISOLAB: &str = env!("CARGO_BIN_EXE_isolab");
/// Who calls sudo: an id that no user database has.
const PERSON: u32 = 61234;
const SECRET: &str = "root:this-is-nobody-elses:19000";

/// A place with a file and a directory of root's, and a directory of the person's.
struct Place {
    scratch: Scratch,
}

impl Place {
    fn new() -> Option<Self> {
        if !is_root() {
            skip(&test(), "only root can be root under sudo");
            return None;
        }
        let place = Place { scratch: Scratch::new() };
        fs::set_permissions(place.scratch.path(), fs::Permissions::from_mode(0o755)).expect("chmod");
        fs::write(place.secret(), SECRET).expect("a file of root's");
        fs::set_permissions(place.secret(), fs::Permissions::from_mode(0o600)).expect("chmod");
        for (name, mode) in [("roots", 0o700), ("persons", 0o755)] {
            fs::create_dir(place.at(name)).expect("a directory");
            fs::set_permissions(place.at(name), fs::Permissions::from_mode(mode)).expect("chmod");
        }
        chown(place.at("persons"), Some(PERSON), Some(PERSON)).expect("chown");
        Some(place)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.scratch.file(name)
    }

    fn secret(&self) -> PathBuf {
        self.at("secret.yaml")
    }

    /// A link of the person's to a file of root's.
    fn link(&self, name: &str, target: &Path) -> PathBuf {
        let link = self.at("persons").join(name);
        symlink(target, &link).expect("a link");
        link
    }

    #[track_caller]
    fn untouched(&self) {
        assert_eq!(fs::read_to_string(self.secret()).expect("root reads"), SECRET);
        assert_eq!(
            fs::read_dir(self.at("roots")).expect("root lists").count(),
            0,
            "something is in root's directory"
        );
    }
}

fn under_sudo(command: &mut Command) -> &mut Command {
    command
        .env("SUDO_UID", PERSON.to_string())
        .env("SUDO_GID", PERSON.to_string())
        .env("SUDO_USER", "somebody")
}

fn isolab_under_sudo(words: &[&str], path: &Path) -> (Option<i32>, String) {
    run(under_sudo(Command::new(ISOLAB).args(words).arg(path)))
}

/// The exit code, and everything that was said.
fn run(command: &mut Command) -> (Option<i32>, String) {
    let output = command.current_dir("/").output().expect("the program starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn what_is_written_goes_where_the_person_may_write() {
    let Some(place) = Place::new() else { return };
    let link = place.link("out", &place.secret());
    let new = place.link("new", &place.at("roots").join("new"));
    let page = place.at("persons").join("manual");
    fs::create_dir(&page).expect("a directory");
    chown(&page, Some(PERSON), Some(PERSON)).expect("chown");
    symlink(place.secret(), page.join("isolab.1")).expect("a link");
    let persons = place.at("persons").display().to_string();
    for (words, path) in [
        (&["check", "uts", "--output"][..], &link),
        (&["check", "uts", "--output"], &new),
        (&["render", "uts", "--output"], &link),
        (&["render", "uts", "--output"], &new),
        (&["manual"], &page),
        (&["manual"], &place.at("roots").join("manual")),
        (&["new", "lesson"], &place.at("roots").join("new.yaml")),
        (&["class", &persons, "--output"], &link),
    ] {
        let (code, said) = isolab_under_sudo(words, path);
        assert_eq!(code, Some(2), "{words:?} {}: {said}", path.display());
        assert!(said.contains("EACCES"), "{words:?} {}: {said}", path.display());
        place.untouched();
    }
}

#[test]
fn a_recording_is_made_where_the_person_may_write() {
    let Some(place) = Place::new() else { return };
    let record = place.at("roots").join("x.cast");
    let pty = Pty::start((80, 24), ISOLAB, |command| {
        under_sudo(command.args(["learn", "uts", "--record"]).arg(&record))
            .env("XDG_STATE_HOME", place.at("persons"));
    });
    assert_eq!(pty.wait_exit(), 2, "{}", pty.screen());
    assert!(pty.screen().contains("EACCES"), "{}", pty.screen());
    place.untouched();
}

#[test]
fn what_is_made_belongs_to_the_person() {
    let Some(place) = Place::new() else { return };
    let file = |name: &str| place.at("persons").join(name);
    for (words, made) in [
        (&["check", "uts", "--output"][..], file("report")),
        (&["new", "lesson"], file("made.yaml")),
        (&["render", "uts", "--output"], file("handout.md")),
        (&["manual"], file("manual")),
    ] {
        let (code, said) = isolab_under_sudo(words, &made);
        assert_eq!(code, Some(0), "{words:?}: {said}");
        let owner = fs::metadata(&made).expect("it is there");
        assert_eq!((owner.uid(), owner.gid()), (PERSON, PERSON), "{words:?}");
    }
    assert_eq!(fs::metadata(file("manual/isolab.1")).expect("a page").uid(), PERSON);
}

#[test]
fn nothing_is_read_that_the_person_may_not_read() {
    let Some(place) = Place::new() else { return };
    let link = place.link("link.yaml", &place.secret());
    fs::write(place.at("roots").join("hidden.yaml"), SECRET).expect("a file");
    let hidden = place.at("roots");
    for (words, path) in [
        (&["lint"][..], place.secret()),
        (&["lint"], link.clone()),
        (&["lint"], hidden.clone()),
        (&["lint"], "/proc/1/environ".into()),
        (&["check"], place.secret()),
        (&["show"], link.clone()),
        (&["render"], link.clone()),
        (&["demo"], place.secret()),
        (&["list", "--lessons"], hidden.clone()),
        (&["grade", "--verify"], place.secret()),
        (&["grade", "--verify"], link.clone()),
        (&["class"], hidden.clone()),
    ] {
        let (code, said) = isolab_under_sudo(words, &path);
        assert_eq!(code, Some(2), "{words:?} {}: {said}", path.display());
        assert!(said.contains("EACCES"), "{words:?} {}: {said}", path.display());
        assert!(!said.contains("nobody-elses") && !said.contains("hidden.yaml"), "{words:?}: {said}");
    }
}

/// The files of `/proc/sys` ask for the effective user id and not for the one of file systems.
#[test]
fn sysctls_are_not_the_persons() {
    let Some(_place) = Place::new() else { return };
    let script = "\"$0\" check uts --output /proc/sys/kernel/domainname; code=$?; cat /proc/sys/kernel/domainname; exit $code";
    let mut command = Command::new("unshare");
    command.args(["--uts", "--mount", "sh", "-c", script, ISOLAB]);
    let (code, said) = run(under_sudo(&mut command));
    if said.starts_with("unshare:") {
        return skip(&test(), &said);
    }
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("create /proc/sys/kernel/domainname: EACCES"), "{said}");
}

/// Without sudo root is whom root's files belong to; and a variable makes nobody of an ordinary user.
#[test]
fn nothing_changes_without_sudo() {
    let Some(place) = Place::new() else { return };
    let link = place.link("out", &place.secret());
    for variables in [&[][..], &[("SUDO_UID", "0"), ("SUDO_GID", "0")]] {
        let mut command = Command::new(ISOLAB);
        command
            .args(["check", "uts", "--output"])
            .arg(&link)
            .env_remove("SUDO_UID")
            .envs(variables.iter().copied());
        let (code, said) = run(&mut command);
        assert_eq!(code, Some(0), "{said}");
        assert!(fs::read_to_string(place.secret()).expect("root reads").contains("uts"));
        assert_eq!(fs::metadata(place.secret()).expect("it is there").uid(), 0);
    }
    let program = common::Program::for_nobody();
    let report = program.scratch.file("report");
    let mut command = program.command();
    command.args(["check", "uts", "--output"]).arg(&report);
    command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let (code, said) = run(under_sudo(&mut command));
    assert!(matches!(code, Some(0 | 3)), "{code:?}: {said}");
    assert_eq!(fs::metadata(&report).expect("it is there").uid(), NOBODY);
}

/// Opening a named pipe waits for who reads it, for ever (`fifo(7)`).
#[test]
fn a_pipe_that_nobody_reads_is_refused() {
    let scratch = Scratch::new();
    let pipe = scratch.file("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::from_bits_truncate(0o666)).expect("a named pipe");
    for words in [&["check", "uts", "--output"][..], &["render", "uts", "--output"]] {
        let mut command = Command::new(ISOLAB);
        let mut lab = common::Lab::start(
            command
                .args(words)
                .arg(&pipe)
                .stderr(fs::File::create(scratch.file("said")).expect("a file"))
                .stdout(std::process::Stdio::null()),
        );
        assert_eq!(lab.wait(), Some(2), "{words:?}");
        let said = fs::read_to_string(scratch.file("said")).expect("what was said");
        assert!(said.contains("a named pipe that nobody reads"), "{words:?}: {said}");
    }
    // With a reader the report arrives.
    let reader = Command::new("cat").arg(&pipe).stdout(std::process::Stdio::piped()).spawn().expect("cat");
    let mut code = None;
    // Until cat has opened it, nobody reads it.
    for _ in 0..200 {
        let (now, said) = run(Command::new(ISOLAB).args(["check", "uts", "--output"]).arg(&pipe));
        code = now;
        if !said.contains("nobody reads") {
            break;
        }
    }
    assert!(matches!(code, Some(0 | 3)), "{code:?}");
    let read = reader.wait_with_output().expect("cat ends");
    assert!(String::from_utf8_lossy(&read.stdout).contains("uts"), "{read:?}");
}
