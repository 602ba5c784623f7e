//! Limits how deep the directories and cgroups of a lesson are nested. `mkdir` and `chdir` in turn make a tree deeper than any path can name (`PATH_MAX`),
//! which no readout could show and no tool could list.

use super::super::diagnostic::Mistake;
use super::super::position::Span;
use super::check::{Act, Check};
use crate::vocabulary::verb::says::{Effect, Mention, PathUse};
use std::collections::HashMap;

/// How deep directories may be nested below the workspace or a box's root, and cgroups below the run's own.
const LEVELS: usize = 128;
/// The most bytes in their path: `PATH_MAX` (4,096, with the NUL), less some room for the path of the run's own directory.
const BYTES: usize = 3_840;
/// The most bytes in a name (`NAME_MAX`).
const NAME: usize = 255;

/// The depth of a directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct DirectoryDepth {
    levels: usize,
    bytes: usize,
}

impl DirectoryDepth {
    /// The place of a path from here: one with a leading `.` starts from the working directory, any other starts anew.
    fn then(self, path: &str) -> Self {
        let start = if path.starts_with('.') { self } else { DirectoryDepth::default() };
        path.split('/').fold(start, |at, name| match name {
            "" | "." => at,
            ".." => DirectoryDepth { levels: at.levels.saturating_sub(1), ..at },
            name => DirectoryDepth { levels: at.levels + 1, bytes: at.bytes + 1 + name.len() },
        })
    }

    fn is_too_deep(self) -> bool {
        self.levels > LEVELS || self.bytes > BYTES
    }
}

pub(super) fn check(check: &mut Check) {
    let setup = std::mem::take(&mut check.setup);
    let steps = std::mem::take(&mut check.steps);
    let mut working: HashMap<&str, DirectoryDepth> = HashMap::new();
    for act in setup.iter().chain(steps.iter().flat_map(|s| &s.acts)) {
        one(check, act, &mut working);
    }
    check.setup = setup;
    check.steps = steps;
    cgroups(check);
}

fn one<'a>(check: &mut Check, act: &Act<'a>, working: &mut HashMap<&'a str, DirectoryDepth>) {
    let who = act.action.subject.as_str();
    let here = working.get(who).copied().unwrap_or_default();
    let facts = act.verb.facts();
    for (at, mention) in &facts.mentions {
        let Mention::Path(path, r#use) = mention else { continue };
        let span = check.locate(act, at).1;
        match r#use {
            PathUse::Enter => {
                let there = here.then(path);
                // Reported once: paths that continue from there are too deep for the same reason.
                if there.is_too_deep() && !here.is_too_deep() && !act.may_fail() {
                    tell(check, span);
                }
                working.insert(who, there);
            }
            PathUse::MakeDirectory if !act.may_fail() => {
                if path.split('/').any(|name| name.len() > NAME) {
                    check.tell(
                        Mistake::new(span, format!("a name has at most {NAME} bytes")).help("shorten it"),
                    );
                } else if here.then(path).is_too_deep() && !here.is_too_deep() {
                    tell(check, span);
                }
            }
            PathUse::MakeDirectory | PathUse::Visit | PathUse::Copy | PathUse::Change => {}
        }
    }
    for effect in facts.effects {
        if let Effect::Forks(child) = effect {
            working.insert(child, here);
        }
    }
}

fn tell(check: &mut Check, span: Span) {
    check.tell(
        Mistake::new(span, format!("directories nested more than {LEVELS} deep, or a path of more than {BYTES} bytes"))
            .help("a path has at most 4,095 bytes, so nothing there could be named; make fewer, or use shorter names"),
    );
}

fn cgroups(check: &mut Check) {
    let (lesson, Some(node)) = (check.lesson, check.tree.get("cgroups")) else { return };
    for (key, _) in node.entries() {
        let around = |id: &&str| lesson.cgroups.get(*id)?.under.as_deref();
        // A cgroup inside itself is reported elsewhere.
        let chain = std::iter::successors(Some(key.text.as_str()), around).take(lesson.cgroups.len() + 1);
        let place = chain.fold(DirectoryDepth::default(), |at, id| DirectoryDepth {
            levels: at.levels + 1,
            bytes: at.bytes + 1 + id.len(),
        });
        if key.text.len() > NAME || place.is_too_deep() {
            let message = format!(
                "`{}` is in more than {LEVELS} cgroups, or its path has more than {BYTES} bytes",
                key.text.chars().take(40).collect::<String>()
            );
            check
                .tell(Mistake::new(key.span, message).help(
                    "a path has at most 4,095 bytes, and a name 255; nest fewer, or shorten their ids",
                ));
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::load::load;
    use super::*;
    use std::collections::BTreeMap;

    fn mistakes(rest: &str) -> Vec<String> {
        let text = format!(
            "format: 1\nid: deep\ntitle: Deep\nsummary: It goes down.\nminutes: 1\nboxes: {{ b: {{}} }}\n{rest}"
        );
        let found = load("deep.yaml", &text, &BTreeMap::new()).err().unwrap_or_default();
        found.iter().map(|d| format!("{}: {}", d.line, d.message)).collect()
    }

    #[test]
    fn directories_that_no_path_can_name_are_refused() {
        let levels = |number: usize, name: &str| {
            let one =
                format!("      - {{ b: {{ mkdir: ./{name} }} }}\n      - {{ b: {{ chdir: ./{name} }} }}\n");
            let step = "readouts: { p: { b: pid } }\nsteps:\n  - id: s\n    title: S\n    text: T\n    expect: [{ p: unchanged }]\n    do:\n";
            format!("{step}{}", one.repeat(number))
        };
        let deep = |text: &str| mistakes(text).into_iter().filter(|m| m.contains("nested more than")).count();
        assert_eq!(deep(&levels(LEVELS, "d")), 0);
        assert_eq!(deep(&levels(200, "d")), 2, "the first mkdir and the first chdir, and no more");
        assert!(deep(&levels(20, &"n".repeat(200))) > 0, "4,000 bytes in 20 names");
        assert!(mistakes(&levels(1, &"n".repeat(256))).iter().any(|m| m.contains("255 bytes")));
    }

    #[test]
    fn cgroups_that_no_path_can_name_are_refused() {
        let nested = |number: usize, width: usize| {
            let id = |n: usize| format!("g{n:0width$}");
            let one = |n: usize| match n {
                0 => format!("  {}: {{ controllers: [pids] }}\n", id(0)),
                n => format!("  {}: {{ controllers: [pids], under: {} }}\n", id(n), id(n - 1)),
            };
            format!("cgroups:\n{}", (0..number).map(one).collect::<String>())
        };
        let refused =
            |text: &str| mistakes(text).iter().filter(|m| m.contains("cgroups, or its path")).count();
        assert_eq!(refused(&nested(10, 3)), 0);
        assert_eq!(refused(&nested(60, 199)), 1);
    }

    #[test]
    fn a_way_back_up_is_no_further_way_down() {
        let place = DirectoryDepth::default().then("a/b/../c").then("./d/./e");
        assert_eq!(place.levels, 4);
        assert_eq!(place.then("f"), DirectoryDepth { levels: 1, bytes: 2 });
    }
}
