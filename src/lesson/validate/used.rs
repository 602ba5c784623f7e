//! What is declared and then forgotten: warnings, since the file of a lesson that is being written has such things.

use super::super::diagnostic::Mistake;
use super::super::position::Node;
use super::check::Check;
use std::collections::HashSet;

pub(super) fn check(check: &mut Check) {
    let tree = check.tree;
    let steps = tree.get("steps").map(Node::items).unwrap_or_default();
    let mut acts = Vec::new();
    for node in tree
        .get("setup")
        .into_iter()
        .chain(steps.iter().flat_map(|s| [s.get("given"), s.get("do")]).flatten())
    {
        node.words(&mut acts);
    }
    let mut reads = Vec::new();
    for node in steps.iter().flat_map(|s| [s.get("expect"), s.get("show"), s.get("watch")]).flatten() {
        node.words(&mut reads);
    }
    for (section, others, how) in [
        ("boxes", &["boxes", "readouts"][..], "let it act or be read, or remove it"),
        ("cgroups", &["cgroups", "workloads", "readouts"][..], "create it, or remove it"),
        ("workloads", &["readouts"][..], "start it, or remove it"),
    ] {
        let mut words = acts.clone();
        for other in others {
            for (_, value) in tree.get(other).map(Node::entries).unwrap_or_default() {
                value.words(&mut words);
            }
        }
        unused(check, section, &words, how);
    }
    unused(check, "readouts", &reads, "name it in `expect`, `show` or `watch` of a step, or remove it");
    let elsewhere = check.elsewhere;
    let named = |name: &String| {
        let (whole, part) = (format!("${name}"), format!("{{${name}"));
        elsewhere.iter().any(|word| *word == whole || word.contains(&part))
    };
    let params: Vec<&str> = (check.used_params.iter().map(String::as_str))
        .chain(check.lesson.params.keys().filter(|name| named(name)).map(String::as_str))
        .collect();
    unused(check, "params", &params, "write `$name` where its value belongs, or remove it");
}

fn unused(check: &mut Check, section: &str, words: &[&str], how: &str) {
    let words = words.iter().copied().chain(check.elsewhere.iter().map(String::as_str));
    let used: HashSet<&str> = words.flat_map(|w| [w, w.split('/').next().unwrap_or(w)]).collect();
    for (key, _) in check.tree.get(section).map(Node::entries).unwrap_or_default() {
        if !used.contains(key.text.as_str()) && !check.excused(&key.text) && !check.meant.contains(&key.text)
        {
            check.tell(
                Mistake::new(key.span, format!("`{}` is used nowhere", key.text)).help(how).as_warning(),
            );
        }
    }
}
