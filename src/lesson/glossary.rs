//! What the words of the lessons mean: a file beside the lessons, with a line for each term and the steps that explain it.

use super::de::from_node;
use super::diagnostic::{Diagnostic, Mistake};
use super::load::tree;
use super::position::Kind;
use super::readouts::readouts_of;
use super::text::fill;
use super::words::reading;
use crate::vocabulary::{Lesson, Step, Variant};
use indexmap::IndexMap;
use serde::Deserialize;
use std::ops::Range;

/// The name of the file, in a directory of lessons.
pub const FILE: &str = "glossary.yaml";

const BUILT_IN: &str = include_str!("../../lessons/glossary.yaml");

/// A word that the lessons use in a sense of its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Its meaning, in one line.
    pub means: String,
    /// Other forms and spellings.
    #[serde(default)]
    pub also: Vec<String>,
    /// The steps that explain it, `LESSON/STEP`; the first is the one to go to.
    pub steps: Vec<String>,
    /// The lessons that use the word in this sense; without any, all do.
    #[serde(default)]
    pub only_in: Vec<String>,
}

/// A term in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'g> {
    /// The term.
    pub term: &'g str,
    /// Where it is, in bytes.
    pub at: Range<usize>,
}

/// The terms of all lessons, in the order of their files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glossary {
    terms: IndexMap<String, Term>,
}

impl Glossary {
    /// The terms of the built-in lessons.
    pub fn built_in() -> Self {
        // A test loads it: it has no mistakes.
        Glossary::load("lessons/glossary.yaml", BUILT_IN).unwrap_or_default()
    }

    /// Reads a glossary.
    ///
    /// # Errors
    /// Every mistake, in the order in which they stand.
    pub fn load(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let tree = tree(file, text)?;
        let mut mistakes = Vec::new();
        let mut glossary = Glossary::default();
        let terms = tree.get("terms");
        for (key, _) in tree.entries().iter().filter(|(key, _)| key.text != "terms") {
            mistakes.push(
                Mistake::new(key.span, format!("unknown key `{}`", key.text)).help("a glossary has `terms`"),
            );
        }
        if !terms.is_some_and(|node| matches!(node.kind, Kind::Map(_))) {
            mistakes.push(
                Mistake::new(terms.unwrap_or(&tree).head(), "a glossary is a map `terms`").help(
                    "write `terms:` and below it `TERM: { means: …, steps: [LESSON/STEP] }`, a line each",
                ),
            );
        }
        for (key, node) in terms.map(super::position::Node::entries).unwrap_or_default() {
            match from_node::<Term>(node) {
                Ok(term) => {
                    let wrong =
                        term.steps.iter().find(|step| step.split('/').filter(|s| !s.is_empty()).count() != 2);
                    if let Some(wrong) = wrong {
                        let at = super::validate::check::within(text, node.span, wrong);
                        mistakes.push(
                            Mistake::new(at, format!("`{wrong}` does not name a step"))
                                .help("write LESSON/STEP"),
                        );
                    }
                    if term.means.trim().is_empty() || term.means.contains('\n') || term.steps.is_empty() {
                        mistakes.push(Mistake::new(
                            key.span,
                            format!(
                                "`{}` needs a meaning in one line, and a step that explains it",
                                key.text
                            ),
                        ));
                    }
                    glossary.terms.insert(key.text.clone(), term);
                }
                Err(error) => mistakes.push(error.into()),
            }
        }
        if mistakes.is_empty() { Ok(glossary) } else { Err(Diagnostic::locate(file, text, mistakes)) }
    }

    /// With the terms of another one; where both have a term, the other one's counts.
    #[must_use]
    pub fn with(mut self, other: Glossary) -> Self {
        self.terms.extend(other.terms);
        self
    }

    /// Every term with its meaning, by its name.
    pub fn terms(&self) -> Vec<(&str, &Term)> {
        let mut terms: Vec<(&str, &Term)> =
            self.terms.iter().map(|(name, term)| (name.as_str(), term)).collect();
        terms.sort_by_key(|(name, _)| name.trim_start_matches('/').to_lowercase());
        terms
    }

    /// A term.
    pub fn term(&self, name: &str) -> Option<&Term> {
        self.terms.get(name)
    }

    /// The terms that a text of this lesson uses, in their order. Of two that overlap, the longer one is found.
    pub fn find<'g>(&'g self, lesson: &str, text: &str) -> Vec<Found<'g>> {
        let text = text.to_ascii_lowercase();
        let mut spellings: Vec<(String, &str)> = Vec::new();
        for (name, term) in &self.terms {
            if term.only_in.is_empty() || term.only_in.iter().any(|id| id == lesson) {
                let all = std::iter::once(name).chain(&term.also);
                spellings.extend(all.map(|word| (word.to_ascii_lowercase(), name.as_str())));
            }
        }
        spellings.sort_by_key(|(spelling, _)| std::cmp::Reverse(spelling.len()));
        let mut found: Vec<Found> = Vec::new();
        for (spelling, term) in spellings {
            for at in places(&text, &spelling) {
                if found.iter().all(|other| other.at.end <= at.start || at.end <= other.at.start) {
                    found.push(Found { term, at });
                }
            }
        }
        found.sort_by_key(|found| found.at.start);
        found
    }

    /// The terms of a step, in the order in which it uses them: those of its title, text, question and readouts, and of the explanation when the
    /// kernel has spoken (`told`).
    pub fn of_step(&self, lesson: &Lesson, step: &Step, variant: &Variant, told: bool) -> Vec<(&str, &Term)> {
        let mut texts = vec![step.title.clone()];
        texts.extend(step.text.here(variant).cloned());
        if let Some(predict) = &step.predict {
            texts.push(predict.ask.clone());
            texts.extend(predict.options.values().cloned());
        }
        texts.extend(
            readouts_of(lesson, step).into_iter().filter_map(|id| lesson.readouts.get(id)).map(reading),
        );
        if told {
            texts.extend(step.why.as_ref().and_then(|why| why.here(variant)).cloned());
            texts.extend(step.myth.clone());
        }
        let text = fill(&texts.join("\n\n"), &lesson.params, variant);
        let mut terms: Vec<(&str, &Term)> = Vec::new();
        for Found { term, .. } in self.find(&lesson.id, &text) {
            if let (Some((name, term)), false) =
                (self.terms.get_key_value(term), terms.iter().any(|(known, _)| *known == term))
            {
                terms.push((name, term));
            }
        }
        terms
    }
}

/// Where a spelling occurs in a text as words of their own. Between its words there may be any blank, also the end of a line.
fn places(text: &str, spelling: &str) -> Vec<Range<usize>> {
    let mut words = spelling.split(' ');
    let Some(first) = words.next().filter(|word| !word.is_empty()) else { return Vec::new() };
    let rest: Vec<&str> = words.collect();
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut found = Vec::new();
    for (start, _) in text.match_indices(first) {
        let mut end = start + first.len();
        let whole = rest.iter().all(|word| {
            let after = text[end..].trim_start();
            let blank = text.len() - end - after.len();
            end += blank + word.len();
            blank > 0 && after.starts_with(word)
        });
        if !whole {
            continue;
        }
        // The plural, too.
        let plural =
            text[end..].strip_prefix('s').is_some_and(|rest| !rest.chars().next().is_some_and(is_word));
        end += usize::from(plural);
        let before = text[..start].chars().next_back();
        if !before.is_some_and(is_word) && !text[end..].chars().next().is_some_and(is_word) {
            found.push(start..end);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::Catalog;
    use crate::vocabulary::Version;
    use crate::vocabulary::when::Rights;

    #[test]
    fn every_term_of_the_built_in_lessons_is_explained_by_steps_that_there_are() {
        let glossary = Glossary::load("lessons/glossary.yaml", BUILT_IN);
        let glossary = glossary.unwrap_or_else(|found| panic!("{}", found[0]));
        let lessons: Vec<Lesson> =
            Catalog::built_in().load_all().into_iter().map(|l| l.expect("a lesson")).collect();
        assert!(glossary.terms.len() >= 60, "{}", glossary.terms.len());
        let variants = [Variant::new(Version::V1, Rights::Root), Variant::new(Version::V2, Rights::Rootless)];
        let mut unused = Vec::new();
        for (name, term) in &glossary.terms {
            assert!(term.means.chars().count() <= 100, "{name}: {}", term.means);
            for step in &term.steps {
                let (lesson, id) = step.split_once('/').expect("LESSON/STEP");
                let lesson =
                    lessons.iter().find(|l| l.id == lesson).unwrap_or_else(|| panic!("{name}: {step}"));
                let step =
                    lesson.steps.iter().find(|s| s.id == id).unwrap_or_else(|| panic!("{name}: {step}"));
                let told = variants.iter().any(|variant| {
                    glossary.of_step(lesson, step, variant, true).iter().any(|(known, _)| known == name)
                });
                if !told {
                    unused.push(format!("{name} is not used in {}/{id}, which explains it", lesson.id));
                }
            }
        }
        assert!(unused.is_empty(), "{}", unused.join("\n"));
    }

    #[test]
    fn words_are_found_whole_and_the_longest_counts() {
        let glossary = Glossary::built_in();
        let found = |lesson: &str, text: &str| -> Vec<String> {
            glossary.find(lesson, text).into_iter().map(|f| format!("{}={}", f.term, &text[f.at])).collect()
        };
        assert_eq!(
            found("pid", "A PID\n  namespace; pids, boxes"),
            ["PID namespace=PID\n  namespace", "PID=pids"]
        );
        assert_eq!(found("net", "the Box sends on port 80"), ["box=Box", "port=port"]);
        assert_eq!(found("mount", "a bind mount, remounted"), ["bind mount=bind mount"]);
        assert_eq!(found("cgroup-memory", "Lower the limit"), [""; 0]);
        assert_eq!(found("overlay", "lower has it"), ["lower=lower"]);
        assert_eq!(found("user", "ü /proc/1/uid_map ü"), ["/proc=/proc", "uid map=uid_map"]);
    }

    #[test]
    fn mistakes_are_told_at_their_place() {
        let told = |text: &str| {
            let found = Glossary::load("glossary.yaml", text).expect_err(text);
            found.iter().map(|d| format!("{}:{}: {}", d.line, d.column, d.message)).collect::<Vec<_>>()
        };
        assert_eq!(told("words: {}\n"), ["1:1: unknown key `words`", "1:1: a glossary is a map `terms`"]);
        assert_eq!(
            told("terms:\n  a: { means: b, steps: [uts] }\n  c: { means: '', steps: [uts/copy] }\n"),
            [
                "2:26: `uts` does not name a step",
                "3:3: `c` needs a meaning in one line, and a step that explains it"
            ]
        );
        assert!(told("terms:\n  a: { means: b }\n")[0].contains("steps"));
    }
}
