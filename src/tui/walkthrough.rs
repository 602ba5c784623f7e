//! A lesson that a person walks through.

use super::picture::PictureInput;
use super::screen::shell::state::Shell;
use crate::events::{ActionRecord, Awaiting, ReadoutRecord, Sample, StepRecord, Verdict};
use crate::model::NamespaceMap;
use crate::vocabulary::whole::Level;
use crate::vocabulary::{Lesson, Step, Variant};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The panes of a step, in the order of the tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    /// The idea, the question, what will be called; afterwards why.
    Text,
    /// Before and after.
    Kernel,
    /// The trace.
    Calls,
    /// The verdicts.
    Checks,
}

/// All of them.
pub const PANES: [Pane; 4] = [Pane::Text, Pane::Kernel, Pane::Calls, Pane::Checks];

impl Pane {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Pane::Text => "lesson",
            Pane::Kernel => "before and after",
            Pane::Calls => "calls",
            Pane::Checks => "checks",
        }
    }
}

/// A step as far as the person has come with it.
#[derive(Debug, Clone, Default)]
pub struct StepPage {
    /// What was predicted: ids of options.
    pub answer: Vec<String>,
    /// The step's record, when it has been run.
    pub record: Option<StepRecord>,
    /// Its record with other parameters, and those.
    pub other: Option<(String, StepRecord)>,
    /// First lines that are shown, by pane.
    pub top: [usize; 4],
    /// The solution was shown.
    pub solution: bool,
    /// In the world that lives now it was made, without its measurements, to get to a later one.
    pub made_on_the_way: bool,
    /// The namespaces before its actions and at its end, as they were when the record was made.
    pub maps: Option<(NamespaceMap, NamespaceMap)>,
    /// The answer and the explanation have been on the screen.
    pub explained: bool,
}

/// What goes on.
#[derive(Debug, Clone)]
pub struct Running {
    /// The step that is wanted.
    pub target: usize,
    /// The step that is being made: an earlier one on the way, or the setup (0).
    pub at: usize,
    /// Title of that.
    pub title: String,
    /// Since when.
    pub since: Instant,
    /// When the wanted step began.
    pub began: Option<Instant>,
    /// Read before.
    pub before: Vec<ReadoutRecord>,
    /// Made so far.
    pub actions: Vec<ActionRecord>,
    /// Sampled so far.
    pub samples: Vec<Sample>,
    /// What is waited for, and until when at the latest.
    pub waiting: Option<(Awaiting, Instant)>,
    /// The person has had enough.
    pub cancelling: bool,
    /// The step was prepared, and its run goes on from there.
    pub prepared: bool,
}

impl Running {
    /// Nothing has happened yet.
    pub fn new(target: usize, now: Instant) -> Self {
        Running {
            target,
            at: 0,
            title: String::new(),
            since: now,
            began: None,
            before: Vec::new(),
            actions: Vec::new(),
            samples: Vec::new(),
            waiting: None,
            cancelling: false,
            prepared: false,
        }
    }
}

/// A step that the engine prepares, or has prepared.
#[derive(Debug, Clone)]
pub struct Preparation {
    /// What it has told so far.
    pub run: Running,
    /// What is given is made, what the step reads has been read, and it waits.
    pub ready: bool,
}

/// A lesson being walked through.
pub struct Walkthrough {
    /// The lesson with the parameters that it has now.
    pub lesson: Arc<Lesson>,
    /// Parameters that were changed.
    pub set: BTreeMap<String, String>,
    /// The lesson and the parameters that it was opened with, before any what-if.
    pub opened_with: (Arc<Lesson>, BTreeMap<String, String>),
    /// The step that is shown; the first is 1.
    pub index: usize,
    /// One for each step.
    pub pages: Vec<StepPage>,
    /// The pane that the keys go to.
    pub focus: Pane,
    /// What goes on.
    pub running: Option<Running>,
    /// What was prepared, or is being prepared.
    pub preparation: Option<Preparation>,
    /// The step that could not be prepared, or was cancelled: it is not prepared before somebody comes back to it.
    pub unprepared: Option<usize>,
    /// Since when this step is looked at, once that is known.
    pub looked_at: Option<Instant>,
    /// The shell, when one is open.
    pub shell: Option<Shell>,
    /// The setup's record.
    pub setup: Option<StepRecord>,
    /// The namespaces before the step's actions.
    pub map_before: Option<NamespaceMap>,
    /// The namespaces now.
    pub map_now: Option<NamespaceMap>,
    /// When the lesson was opened.
    pub since: Instant,
    /// For each step the parameters that it depends on.
    pub params: Vec<Vec<String>>,
}

impl Walkthrough {
    /// The boxes that may have a shell: those that live, as far as is known.
    pub fn living(&self) -> Vec<String> {
        let alive = |id: &String| match &self.map_now {
            Some(map) => map.members.iter().any(|m| m.name == *id),
            // Before the first step, those that are started with the lesson.
            None => self.lesson.boxes.get(id).is_some_and(|b| b.forked_by.is_none()),
        };
        self.lesson.boxes.keys().filter(|id| alive(id)).cloned().collect()
    }

    /// At the beginning of a step.
    pub fn new(lesson: Arc<Lesson>, set: BTreeMap<String, String>, index: usize, now: Instant) -> Self {
        let pages = vec![StepPage::default(); lesson.steps.len()];
        let index = index.clamp(1, lesson.steps.len().max(1));
        Walkthrough {
            opened_with: (lesson.clone(), set.clone()),
            lesson,
            set,
            index,
            pages,
            focus: Pane::Text,
            running: None,
            preparation: None,
            unprepared: None,
            looked_at: Some(now),
            shell: None,
            setup: None,
            map_before: None,
            map_now: None,
            since: now,
            params: Vec::new(),
        }
    }

    /// The parameters that the lesson has now, in a few words: `quota=20%`.
    pub fn values(&self) -> String {
        let all = self.lesson.params.iter().map(|(name, param)| format!("{name}={}", param.value()));
        all.collect::<Vec<_>>().join(" ")
    }

    /// Shows another step. What the person has scrolled there stays.
    pub fn turn(&mut self, index: usize) {
        self.index = index;
        (self.looked_at, self.unprepared) = (None, None);
        self.focus = if self.page().record.is_some() { Pane::Kernel } else { Pane::Text };
    }

    /// The step that is shown. A lesson has at least one: the loader refuses others.
    pub fn step(&self) -> &Step {
        &self.lesson.steps[self.index - 1]
    }

    /// Its page.
    pub fn page(&self) -> &StepPage {
        &self.pages[self.index - 1]
    }

    /// Its page.
    pub fn page_mut(&mut self) -> &mut StepPage {
        &mut self.pages[self.index - 1]
    }

    /// The run of the step that is shown, while it lasts.
    pub fn running_here(&self) -> Option<&Running> {
        self.running.as_ref().filter(|r| r.target == self.index)
    }

    /// What is prepared of the step that is shown, before it is run.
    pub fn preparation_here(&self) -> Option<&Preparation> {
        let before = self.running_here().is_none() && self.page().record.is_none();
        self.preparation.as_ref().filter(|p| before && p.run.target == self.index)
    }

    /// Whether the step that is shown is neither prepared nor has been run.
    pub fn lacks_preparation(&self) -> bool {
        self.page().record.is_none()
            && self.unprepared != Some(self.index)
            && self.preparation.as_ref().is_none_or(|p| p.run.target != self.index)
    }

    /// The run of a step begins. What is prepared of it is known already.
    pub fn begin(&mut self, index: usize, now: Instant) {
        let prepared = self.preparation.take().filter(|p| p.run.target == index);
        self.running = Some(match prepared {
            Some(Preparation { run, ready: true }) => Running {
                before: run.before,
                actions: run.actions,
                prepared: true,
                at: index,
                ..Running::new(index, now)
            },
            Some(Preparation { run, ready: false }) => run,
            None => Running::new(index, now),
        });
    }

    /// What the engine tells of: a run, or what comes before it.
    pub fn under_way(&mut self) -> Option<&mut Running> {
        let preparing = self.preparation.as_mut().filter(|p| !p.ready).map(|p| &mut p.run);
        self.running.as_mut().or(preparing)
    }

    /// The engine has prepared a step.
    pub fn prepared(&mut self, index: usize) {
        if let Some(preparation) = self.preparation.as_mut().filter(|p| p.run.target == index) {
            preparation.ready = true;
        }
    }

    /// A step is being prepared.
    pub fn is_preparing(&self) -> bool {
        self.preparation.as_ref().is_some_and(|p| !p.ready)
    }

    /// What was being prepared, was not; it is not tried again before somebody comes back to it. Gives the step.
    pub fn not_prepared(&mut self) -> Option<usize> {
        let step = self.preparation.take_if(|p| !p.ready)?.run.target;
        self.unprepared = Some(step);
        Some(step)
    }

    /// The world is gone, with what was made and prepared in it.
    pub fn world_ended(&mut self) {
        self.preparation.take_if(|p| p.ready);
        self.pages.iter_mut().for_each(|page| page.made_on_the_way = false);
    }

    /// The deeper steps right before the one that is shown that were passed over, but made on the way to it.
    pub fn passed_over(&self) -> std::ops::Range<usize> {
        let is_one = |(step, page): &(&Step, &StepPage)| {
            step.level == Some(Level::Deeper) && page.made_on_the_way && page.record.is_none()
        };
        let before = self.lesson.steps.iter().zip(&self.pages).take(self.index - 1);
        let count = before.rev().take_while(is_one).count();
        self.index - count..self.index
    }

    /// What was read for the step that is shown, and whether there is an after yet.
    pub fn readouts(&self) -> (&[ReadoutRecord], bool) {
        match (self.running_here(), &self.page().record) {
            (Some(running), _) => (&running.before, false),
            (None, Some(record)) => (&record.readouts, true),
            // Where nothing is done, reading alone is the answer: it waits for Enter.
            (None, None) if self.step().actions.is_empty() => (&[], false),
            (None, None) => (self.preparation_here().map_or(&[], |p| &p.run.before), false),
        }
    }

    /// What a drawing of the step that is shown is made from.
    pub fn picture_input(&self) -> PictureInput<'_> {
        let (readouts, after) = self.readouts();
        let (before, now) = match (self.running_here(), &self.page().record, &self.page().maps) {
            (None, Some(_), Some((before, now))) => (Some(before), Some(now)),
            (None, Some(_), None) => (None, None),
            (Some(_), _, _) => (self.map_before.as_ref(), None),
            (None, None, _) => (self.preparation_here().and(self.map_before.as_ref()), None),
        };
        PictureInput {
            lesson: &self.lesson,
            step: self.step(),
            readouts,
            after,
            actions: self.actions(),
            before,
            now,
        }
    }

    /// The calls of the step that is shown.
    pub fn actions(&self) -> &[ActionRecord] {
        match (self.running_here(), &self.page().record) {
            (Some(running), _) => &running.actions,
            (None, Some(record)) => &record.actions,
            (None, None) => self.preparation_here().map_or(&[], |p| &p.run.actions),
        }
    }

    /// Its samples, and how long it lasts or lasted.
    pub fn samples(&self, now: Instant) -> (&[Sample], Duration) {
        match (self.running_here(), &self.page().record) {
            (Some(running), _) => {
                let began = running.began.unwrap_or(now);
                let planned = running.waiting.as_ref().map_or(now, |(_, until)| *until).max(now);
                (&running.samples, planned.saturating_duration_since(began))
            }
            (None, Some(record)) => (&record.samples, Duration::from_millis(record.took_ms)),
            (None, None) => (&[], Duration::ZERO),
        }
    }

    /// Its verdicts.
    pub fn verdicts(&self) -> &[Verdict] {
        match (self.running_here(), &self.page().record) {
            (None, Some(record)) => &record.verdicts,
            _ => &[],
        }
    }

    /// Whether the prediction came true: known only when it was made and the kernel has spoken without a failed check.
    pub fn right(&self, index: usize, variant: &Variant) -> Option<bool> {
        let at = index.checked_sub(1)?;
        let page = self.pages.get(at)?;
        page.record.as_ref().filter(|r| r.is_explained())?;
        self.lesson.steps[at].predict.as_ref()?.is_right(&page.answer, variant)
    }

    /// Whether the step asks something that nobody has answered yet, and the kernel neither.
    pub fn is_question_open(&self) -> bool {
        let page = self.page();
        self.step().predict.is_some() && page.answer.is_empty() && page.record.is_none()
    }
}
