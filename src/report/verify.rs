//! What a verification of a receipt found.

use super::grade::sentence;
use super::json::written;
use super::paint::{Tone, lines, paint};
use super::reporter::Header;
use crate::grading::receipt::Receipt;
use crate::grading::score::Outcome;
use crate::grading::verify::{Checked, Contradiction, Incomparable, Kind, LessonCheck, Overall, StepCheck};
use crate::model::Leftover;
use crate::present::leftover::leftovers;
use crate::present::plain::one_line;
use serde::Serialize;

/// Version of the shape of the JSON document. A key that is added does not change it; one that goes or changes its meaning does.
pub const FORMAT: u32 = 1;

/// Where the details of a step begin.
const DETAILS: &str = "      ";

/// A verification that is over.
pub struct Verified<'v> {
    /// The receipt.
    pub receipt: &'v Receipt,
    /// Lesson by lesson.
    pub lessons: &'v [LessonCheck],
    /// In one word.
    pub overall: Overall,
    /// The machine and the program here.
    pub header: &'v Header,
}

#[derive(Serialize)]
struct Document<'v> {
    kind: Kind,
    format: u32,
    #[serde(flatten)]
    header: &'v Header,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<&'v str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<&'v str>,
    ended: String,
    overall: Overall,
    lessons: Vec<LessonView<'v>>,
}

#[derive(Serialize)]
struct LessonView<'v> {
    lesson: &'v str,
    steps: Vec<StepView<'v>>,
    left: Vec<String>,
    left_behind: &'v [Leftover],
}

#[derive(Serialize)]
struct StepView<'v> {
    #[serde(flatten)]
    check: &'v StepCheck,
    message: String,
}

/// For people.
pub fn text(verified: &Verified, columns: usize) -> String {
    let mut out = String::new();
    for lesson in verified.lessons {
        out += &format!("{}\n", paint(&one_line(&lesson.lesson), Tone::Strong));
        for step in &lesson.steps {
            out += &line(step, columns);
        }
    }
    let count = |is: fn(&Checked) -> bool| {
        verified.lessons.iter().flat_map(|l| &l.steps).filter(|step| is(&step.checked)).count()
    };
    let confirmed = count(|checked| matches!(checked, Checked::Confirmed));
    let failed = count(|checked| matches!(checked, Checked::Failed(_)));
    let not_comparable = count(|checked| matches!(checked, Checked::NotComparable(_)));
    let mut sum = format!("{confirmed} confirmed, {failed} failed, {not_comparable} not comparable");
    if verified.overall == Overall::Interrupted {
        sum += "; it was interrupted, and what comes after was not made again";
    }
    out + &lines(&sum, Tone::Strong, "", columns)
}

fn line(step: &StepCheck, columns: usize) -> String {
    let (sign, word, tone) = match &step.checked {
        Checked::Confirmed => ("✓", "confirmed", Tone::Good),
        Checked::Failed(_) => ("✗", "failed", Tone::Bad),
        Checked::NotComparable(_) => ("⊘", "not comparable", Tone::Warn),
        Checked::NotClaimed => ("–", "not claimed", Tone::Dim),
    };
    let mut out =
        format!("  {}  {}\n", paint(&format!("{sign} {}", one_line(&step.step)), tone), paint(word, tone));
    let message = message(&step.checked);
    if !message.is_empty() {
        out += &lines(&one_line(&message), Tone::Plain, DETAILS, columns);
    }
    out
}

/// For programs.
pub fn json(verified: &Verified) -> String {
    let step = |check| StepView { check, message: message(&check.checked) };
    let lessons = verified
        .lessons
        .iter()
        .map(|lesson| LessonView {
            lesson: &lesson.lesson,
            steps: lesson.steps.iter().map(step).collect(),
            left: leftovers(&lesson.left),
            left_behind: &lesson.left,
        })
        .collect();
    written(&Document {
        kind: Kind::Verification,
        format: FORMAT,
        header: verified.header,
        who: verified.receipt.who.as_deref(),
        seed: verified.receipt.seed.as_deref(),
        ended: format!("{:.3}", jiff::Timestamp::now()),
        overall: verified.overall,
        lessons,
    })
}

/// Why a claim came to what it came to; nothing for one that holds, and for none.
pub fn message(checked: &Checked) -> String {
    match checked {
        Checked::Confirmed | Checked::NotClaimed => String::new(),
        Checked::Failed(why) => contradiction(why),
        Checked::NotComparable(why) => obstacle(why),
    }
}

fn contradiction(why: &Contradiction) -> String {
    match why {
        Contradiction::NothingTyped => {
            "the receipt says that it was earned, and not what was typed".to_owned()
        }
        Contradiction::UnknownStep => "the lesson has no such step".to_owned(),
        Contradiction::Twice => "the step is in the receipt twice".to_owned(),
        Contradiction::OtherPoints { claimed, worth } => {
            format!("the receipt says that it is worth {claimed}, and the lesson {worth}")
        }
        Contradiction::NotCounted { reason } => format!("the step has no points: {reason}"),
        Contradiction::NotEarned { why, verdicts } => {
            let outcome = Outcome::NotEarned { why: why.clone(), verdicts: verdicts.clone() };
            format!("the same lines do not earn it here: {}", sentence::message(&outcome))
        }
    }
}

fn obstacle(why: &Incomparable) -> String {
    match why {
        Incomparable::NoLesson => {
            "there is no such lesson here: name its file, or its directory with --lessons".to_owned()
        }
        Incomparable::OtherLesson { theirs, here } => format!(
            "the lesson has another text here: its sha256 is {}, and in the receipt {}",
            short(here),
            short(theirs)
        ),
        Incomparable::OtherValues { reason } => {
            format!("the lesson does not take the receipt's values: {reason}")
        }
        Incomparable::OtherCgroup { theirs, here } => {
            format!("it was typed on a machine with cgroup {theirs}, and this one has {here}")
        }
        Incomparable::OtherRights { theirs, here } => {
            format!("it was typed with the rights of {}, and this is {}", rights(theirs), rights(here))
        }
        Incomparable::MissingTool { tool } => format!("the program {tool} is not on this machine"),
        Incomparable::Cut => "more was typed than the receipt keeps".to_owned(),
        Incomparable::ProcessNumber { number } => format!(
            "the process number {number} was typed, which this run does not have; a variable of the shell, such as $box, can be made again"
        ),
        Incomparable::NotGradable(obstacle) => {
            let outcome = Outcome::NotGradable(obstacle.clone());
            format!("it cannot be graded here: {}", sentence::message(&outcome))
        }
        Incomparable::NotMade => "it was not made again".to_owned(),
    }
}

fn rights(word: &str) -> &str {
    if word == "rootless" { "an ordinary user" } else { word }
}

/// The first digits of a checksum.
fn short(sha256: &str) -> String {
    sha256.chars().take(12).collect()
}
