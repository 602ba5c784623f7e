//! What a list shows of a lesson: its title, its summary, and the names of its steps.
//!
//! A list has many lessons, of which a person opens one. Loading all of them whole would be most of the time before the first screen, and most of its memory.

use super::de::{Error, from_node};
use super::load::tree;
use super::position::Node;
use crate::vocabulary::when::When;
use crate::vocabulary::whole::Level;
use crate::vocabulary::{Lesson, Step};
use serde::de::DeserializeOwned;

/// The keys of a lesson that are shown.
const OF_LESSON: [&str; 5] = ["title", "summary", "part", "minutes", "steps"];
/// The keys of a step that are shown, or decide whether it is there.
const OF_STEP: [&str; 4] = ["id", "title", "level", "when"];

/// A lesson in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct LessonOutline {
    /// Its title.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// The part of the course that it belongs to.
    pub part: Option<String>,
    /// How long a student needs.
    pub minutes: u32,
    /// Its steps.
    pub steps: Vec<StepOutline>,
}

/// A step in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct StepOutline {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How deep it goes.
    pub level: Option<Level>,
    /// On which machines it is there.
    pub when: Option<When>,
}

impl From<&Lesson> for LessonOutline {
    fn from(lesson: &Lesson) -> Self {
        let step = |step: &Step| StepOutline {
            id: step.id.clone(),
            title: step.title.clone(),
            level: step.level,
            when: step.when.clone(),
        };
        LessonOutline {
            title: lesson.title.clone(),
            summary: lesson.summary.clone(),
            part: lesson.part.clone(),
            minutes: lesson.minutes,
            steps: lesson.steps.iter().map(step).collect(),
        }
    }
}

impl LessonOutline {
    /// Of the text of a lesson that has no mistakes. `None` where it is not laid out like the built-in ones; then only loading it helps.
    pub fn of_text(text: &str) -> Option<Self> {
        let tree = tree("", &kept(text)?).ok()?;
        Some(LessonOutline {
            title: value(&tree, "title")?,
            summary: value(&tree, "summary")?,
            part: optional(&tree, "part").ok()?,
            minutes: value(&tree, "minutes")?,
            steps: tree.get("steps")?.items().iter().map(step).collect::<Option<_>>()?,
        })
    }
}

fn step(node: &Node) -> Option<StepOutline> {
    Some(StepOutline {
        id: value(node, "id")?,
        title: value(node, "title")?,
        level: optional(node, "level").ok()?,
        when: optional(node, "when").ok()?,
    })
}

fn value<T: DeserializeOwned>(node: &Node, key: &str) -> Option<T> {
    from_node(node.get(key)?).ok()
}

fn optional<T: DeserializeOwned>(node: &Node, key: &str) -> Result<Option<T>, Error> {
    node.get(key).map(from_node).transpose()
}

/// The lines of the keys that are shown. Steps begin with `  - id:`, and their keys have four spaces in front of them: whatever belongs to a key has more.
fn kept(text: &str) -> Option<String> {
    let mut kept = String::new();
    let (mut in_steps, mut keeps) = (false, false);
    for line in text.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let word = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
        match line.as_bytes().get(indent) {
            // Empty lines and `#` can also be inside of a text.
            None | Some(b'#') => {}
            Some(b'-') if indent == 0 => return None,
            Some(_) if indent == 0 => {
                keeps = OF_LESSON.contains(&word(line).as_str());
                in_steps = word(line) == "steps";
            }
            Some(b'-') if in_steps && indent == 2 => {
                if word(line) != "  - id" {
                    return None;
                }
                keeps = true;
            }
            Some(_) if in_steps && indent < 4 => return None,
            Some(_) if in_steps && indent == 4 => keeps = OF_STEP.contains(&word(line.trim_start()).as_str()),
            Some(_) => {}
        }
        if keeps {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::catalog::BUILT_IN;
    use crate::lesson::load::load;
    use std::collections::BTreeMap;

    #[test]
    fn an_outline_is_of_the_whole_lesson() {
        for (id, text) in BUILT_IN {
            let lesson = load(&format!("{id}.yaml"), text, &BTreeMap::new()).expect("no mistakes");
            assert_eq!(LessonOutline::of_text(text), Some(LessonOutline::from(&lesson)), "{id}");
        }
    }

    #[test]
    fn another_layout_is_left_to_the_loader() {
        let text = BUILT_IN[0].1;
        assert_eq!(LessonOutline::of_text(&text.replace("\n  - id:", "\n- id:")), None);
        assert_eq!(LessonOutline::of_text(&text.replace("\n  - id:", "\n  - level: deeper\n    id:")), None);
        assert_eq!(
            LessonOutline::of_text("title: A\nsummary: B\nminutes: 1\nsteps: [\n  { id: a }\n]\n"),
            None
        );
        assert_eq!(LessonOutline::of_text(""), None);
    }
}
