//! docs/troubleshooting.md has an entry for every message that says why something cannot be done here, and none besides.

use std::collections::BTreeSet;
use std::path::Path;

const DOCS: &str = include_str!("../docs/troubleshooting.md");

/// Where such messages are written, and what else these files say: names in a table, pieces that are put together, words of a command.
const FILES: [(&str, &[&str]); 13] = [
    ("src/probe/cgroup/delegation.rs", &["…: …", "; ", "--property=Delegate=yes"]),
    ("src/probe/cgroup/starter.rs", &["--unset=DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR=…"]),
    ("src/probe/cgroup/absent.rs", &["sudo sh -c '…'"]),
    ("src/engine/machine.rs", &[" and "]),
    ("src/actor/trial/surroundings.rs", &["sudo …"]),
    ("src/actor/trial/cause.rs", &["… (…)", "… (… is …)", " (enforce)"]),
    ("src/actor/trial/confined.rs", &[]),
    ("src/actor/trial/mounts.rs", &[]),
    ("src/actor/trial/overlay.rs", &[]),
    ("src/actor/trial/page_cache.rs", &["drop the pages of a file in"]),
    ("src/actor/trial/links.rs", &[]),
    ("src/engine/step/verdict.rs", &["idle CPU is", "idle CPUs are", "1 CPU", "… CPUs"]),
    (
        "src/cli/doctor.rs",
        &[
            ", ",
            "an ordinary user (uid …); a run's root is this user",
            "cgroup controller …",
            "files in …",
            "kernel.apparmor_restrict_unprivileged_userns=…",
            "kernel.unprivileged_userns_clone=…",
            "limits on namespaces",
            "Linux … on …",
            "root; …",
            "started by",
            "runs here",
            "from step … on: …",
            "lesson …",
            "tried, and it works",
            "tried with … at once, and it works",
            "tried with … MiB, and it works",
            "user.max_user_namespaces=…",
            "user/max_…_namespaces",
            "… at …",
        ],
    ),
];

fn source(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The string literals of a source text outside of comments and tests, as they are printed, `…` for what is put in.
fn literals(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut rest = text.chars().peekable();
    let mut last = ' ';
    while let Some(c) = rest.next() {
        match c {
            '/' if last == '/' => while rest.next_if(|c| *c != '\n').is_some() {},
            '"' if last != '\'' => {
                let mut literal = String::new();
                while let Some(c) = rest.next() {
                    match c {
                        '"' => break,
                        '\\' => match rest.next() {
                            Some('\n') => while rest.next_if(|c| c.is_whitespace()).is_some() {},
                            // As it is printed: a backslash in a message is one.
                            Some(escaped) => literal.push(escaped),
                            None => break,
                        },
                        '{' => {
                            while rest.next_if(|c| *c != '}').is_some() {}
                            rest.next();
                            literal.push('…');
                        }
                        c => literal.push(c),
                    }
                }
                found.push(literal);
            }
            _ => {}
        }
        last = c;
    }
    found
}

/// With one space for any white space.
fn even(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn messages() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (file, others) in FILES {
        let found: BTreeSet<String> = literals(&source(file)).into_iter().collect();
        for other in others {
            assert!(found.contains(*other), "{file} does not say `{other}` any more");
        }
        all.extend(
            found
                .into_iter()
                .filter(|l| !others.contains(&l.as_str()))
                .filter(|l| l.contains(' ') || l.contains('='))
                .map(|l| even(&l)),
        );
    }
    all
}

#[test]
fn every_message_has_an_entry() {
    let docs = even(DOCS);
    let missing: Vec<String> = messages().into_iter().filter(|m| !docs.contains(m.as_str())).collect();
    assert!(missing.is_empty(), "docs/troubleshooting.md has no entry for\n  {}", missing.join("\n  "));
}

#[test]
fn every_entry_is_a_message() {
    let messages = messages();
    let entries: Vec<&str> =
        DOCS.lines().filter_map(|l| l.strip_prefix("### `")?.strip_suffix('`')).collect();
    assert!(entries.len() > 20, "{entries:?}");
    for entry in entries {
        assert!(messages.contains(entry), "nothing prints `{entry}`");
    }
}

/// Whoever says somewhere else that something is blocked says it on that page, too: then [`FILES`] is to have that file.
#[test]
fn nobody_else_says_why_something_is_blocked() {
    let known: Vec<&str> = FILES.iter().map(|(file, _)| *file).collect();
    let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = 0;
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).expect("src").map(|e| e.expect("src").path()) {
            if entry.is_dir() {
                directories.push(entry);
                continue;
            }
            let name = entry.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("below").display().to_string();
            if known.contains(&name.as_str()) || name.ends_with("tests.rs") {
                continue;
            }
            files += 1;
            let text = source(&name);
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            for place in text.match_indices("Blocked {").map(|(at, _)| &text[at..]) {
                let inside = &place[..place.find('}').unwrap_or(place.len())];
                let told = literals(inside).into_iter().any(|l| l.contains(' ') && !l.contains("…:…"));
                assert!(!told, "{name}: {inside}");
            }
        }
    }
    assert!(files > 100, "{files}");
}
