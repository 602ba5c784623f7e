//! A live demo that is being played: where it is, and when it goes on by itself. Data and arithmetic; what comes of it is decided by the update.

use crate::demo::plan::{CueContent, heading};
use crate::demo::script::shape::Pace;
use crate::demo::when::Awaited;
use crate::demo::{Cue, NotesPage, Plan};
use crate::events::Status;
use crate::tui::walkthrough::Walkthrough;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// People read aloud and follow at about this rate: 200 words a minute.
const PER_WORD: Duration = Duration::from_millis(300);
/// Nothing that is to be read is shown for less: 3 s.
const LEAST: Duration = Duration::from_secs(3);
/// Nothing that goes on by itself is shown for more: 25 s.
const MOST: Duration = Duration::from_secs(25);
/// A person who types fast needs so long for a character: 55 ms.
const PER_CHARACTER: Duration = Duration::from_millis(55);
/// A failure is shown for so long where nobody is there to decide: 5 s.
const FAILURE: Duration = Duration::from_secs(5);
/// After a typed line, this long until the next one: 1 s. What it prints is to be seen.
const PER_LINE: Duration = Duration::from_secs(1);
/// What was typed has come true within this time, or it has failed: 20 s. A share is measured for some seconds.
const COMES_TRUE: Duration = Duration::from_secs(20);
/// What happened is kept for the instructor, so many lines of it.
const SAID: usize = 50;

/// A place in a plan: a cue, or what is played in the place of its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlanPosition {
    /// Index of the cue.
    pub at: usize,
    /// Instead of it: index into the plan's reserve, and of a cue there.
    pub aside: Option<(usize, usize)>,
}

impl PlanPosition {
    fn plain(at: usize) -> Self {
        PlanPosition { at, aside: None }
    }
}

/// What the show does at a place.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// A card is shown.
    Card,
    /// What will be called is shown.
    Staged,
    /// Commands are being typed into a shell in the box's place.
    Typing(Typing),
    /// The calls are made.
    Running,
    /// What came of it is shown.
    Shown,
    /// It is awaited that what the script says becomes true, until then at the latest.
    Awaiting(Instant),
    /// It did not go as it should; why.
    Stuck(String),
    /// That was all.
    Over,
}

/// Commands that are typed into a shell, as a person would type them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typing {
    /// All of them, a line each.
    pub text: String,
    /// So many characters have been typed.
    pub typed: usize,
    /// The shell is there.
    pub lives: bool,
    /// Everything that the step expects has come true.
    pub done: bool,
}

impl Typing {
    /// Whether everything has been typed.
    pub fn is_typed(&self) -> bool {
        self.typed >= self.text.chars().count()
    }

    /// What comes next, at most so many characters and not past the end of the line; from then on it counts as typed.
    pub fn take(&mut self, most: usize) -> String {
        let mut taken = String::new();
        for c in self.text.chars().skip(self.typed).take(most) {
            taken.push(c);
            if c == '\n' {
                break;
            }
        }
        self.typed += taken.chars().count();
        taken
    }

    /// Whether a line has just been ended.
    fn at_line_end(&self) -> bool {
        self.typed > 0 && self.text.chars().nth(self.typed - 1) == Some('\n')
    }
}

/// A live demo that is being played.
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub struct DemoPlayer {
    /// What is to be played.
    pub plan: Arc<Plan>,
    /// Where it is.
    pub place: PlanPosition,
    /// What it does there.
    pub phase: Phase,
    /// When it began to do that.
    pub since: Instant,
    /// How long it does that before it goes on by itself, at the speed 1; by default, for ever.
    pub lasts: Option<Duration>,
    /// When this place was reached.
    pub reached: Instant,
    /// When the show began.
    pub began: Instant,
    /// Nothing goes on by itself.
    pub paused: bool,
    /// Nothing goes on by itself for now: paused, or something lies over the show that must not be taken away from under it.
    pub held: bool,
    /// The room sees nothing.
    pub blank: bool,
    /// Nobody is there to press keys.
    pub auto: bool,
    /// What goes on by itself goes on so many times as fast.
    pub speed: f64,
    /// What became of each place; one that is blocked and has something in its place is not among them.
    pub outcomes: BTreeMap<PlanPosition, Status>,
    /// Why something did not go as it should, at its place.
    pub reasons: BTreeMap<PlanPosition, String>,
    /// Entries of which something else was played, by their number, and where that was left.
    pub replaced: BTreeMap<usize, PlanPosition>,
    /// Lessons that were shown before, as they were left.
    pub kept: Vec<Walkthrough>,
    /// The lesson that the engine has open, and its parameters.
    pub opened: Option<(String, BTreeMap<String, String>)>,
    /// What happened that the instructor should know, the newest last.
    pub said: Vec<String>,
    /// So many notes windows are there.
    pub windows: usize,
    /// The end of the show was asked for once.
    pub leaving: bool,
    /// What was done was cancelled.
    pub cancelled: bool,
    /// Why the engine does not do what it was asked, the first reason.
    pub refused: Option<String>,
    /// What is awaited.
    pub awaited: Option<Awaited>,
    /// The room's votes for the options of the question at a place, in their order.
    pub votes: BTreeMap<PlanPosition, Vec<usize>>,
    /// The option that each vote of the place that is shown was for, in order, so that the last can be taken back.
    pub cast: Vec<usize>,
    /// The instructor's page as it was given last.
    pub page: Option<NotesPage>,
}

impl DemoPlayer {
    /// Before the first cue.
    pub fn new(plan: Arc<Plan>, auto: bool, speed: f64, now: Instant) -> Self {
        DemoPlayer {
            plan,
            place: PlanPosition::plain(0),
            phase: Phase::Over,
            since: now,
            lasts: None,
            reached: now,
            began: now,
            paused: false,
            held: false,
            blank: false,
            auto,
            speed,
            outcomes: BTreeMap::new(),
            reasons: BTreeMap::new(),
            replaced: BTreeMap::new(),
            kept: Vec::new(),
            opened: None,
            said: Vec::new(),
            windows: 0,
            leaving: false,
            cancelled: false,
            refused: None,
            awaited: None,
            votes: BTreeMap::new(),
            cast: Vec::new(),
            page: None,
        }
    }

    /// The cue at a place.
    pub fn cue_at(&self, place: PlanPosition) -> Option<&Cue> {
        match place.aside {
            None => self.plan.cues.get(place.at),
            Some((reserve, cue)) => self.plan.reserve.get(reserve)?.get(cue),
        }
    }

    /// The cue that is shown; none of a plan without any.
    pub fn cue(&self) -> Option<&Cue> {
        self.cue_at(self.place)
    }

    /// The place after this one.
    pub fn next(&self) -> Option<PlanPosition> {
        let next = match self.place.aside {
            Some((reserve, cue)) => {
                let further = PlanPosition { at: self.place.at, aside: Some((reserve, cue + 1)) };
                return self.cue_at(further).map_or_else(|| self.rest(), |_| Some(further));
            }
            None => PlanPosition::plain(self.place.at + 1),
        };
        self.cue_at(next).map(|_| next)
    }

    /// The place after the rest of this entry.
    pub fn rest(&self) -> Option<PlanPosition> {
        let cues = &self.plan.cues;
        let entry = cues.get(self.place.at)?.entry;
        (self.place.at + 1..cues.len()).find(|at| cues[*at].entry != entry).map(PlanPosition::plain)
    }

    /// The place that was shown before this one: of an entry in whose place something else was played, that.
    pub fn previous(&self) -> Option<PlanPosition> {
        if let Some((reserve, cue @ 1..)) = self.place.aside {
            return Some(PlanPosition { at: self.place.at, aside: Some((reserve, cue - 1)) });
        }
        let entry = |at: usize| self.plan.cues.get(at).map(|cue| cue.entry);
        let before = self.place.at.checked_sub(1)?;
        let replaced = entry(before).filter(|before| Some(*before) != entry(self.place.at));
        let played = replaced.and_then(|entry| self.replaced.get(&entry));
        Some(played.copied().unwrap_or(PlanPosition::plain(before)))
    }

    /// A place is reached.
    pub fn reach(&mut self, place: PlanPosition, now: Instant) {
        (self.place, self.reached) = (place, now);
        self.cast.clear();
        if let (Some(_), Some(cue)) = (place.aside, self.plan.cues.get(place.at)) {
            self.replaced.insert(cue.entry, place);
        }
    }

    /// What is shown has come to its end, and how.
    pub fn came_to(&mut self, status: Status) {
        if let (None, Some(cue)) = (self.place.aside, self.plan.cues.get(self.place.at)) {
            // Nothing stands for it any more.
            self.replaced.remove(&cue.entry);
            self.outcomes.retain(|place, _| place.at != self.place.at);
        }
        if let Some(why) = self.reasons.remove(&self.place).filter(|_| status == Status::Passed) {
            // What was mended is nothing to act on any more.
            let mended = format!(": {}: {why}", self.title());
            self.said.retain(|line| !line.ends_with(&mended));
        }
        self.outcomes.insert(self.place, status);
    }

    /// The first place of a chapter.
    pub fn chapter(&self, index: usize) -> Option<PlanPosition> {
        self.plan.chapters.get(index).map(|(_, first)| PlanPosition::plain(*first))
    }

    /// Index of the chapter that is played.
    pub fn chapter_index(&self) -> usize {
        self.plan.cues.get(self.place.at).map_or(0, |cue| cue.chapter)
    }

    /// What this place has instead where it is blocked.
    pub fn fallback(&self) -> Option<PlanPosition> {
        let reserve = self.cue()?.fallback?;
        let place = PlanPosition { at: self.place.at, aside: Some((reserve, 0)) };
        self.cue_at(place).map(|_| place)
    }

    /// What is to be played instead of this place: it is blocked, and has something.
    pub fn instead(&self) -> Option<PlanPosition> {
        // Of a place that is blocked and has a fallback there is no outcome.
        self.fallback().filter(|_| !self.outcomes.contains_key(&self.place))
    }

    /// Why something else is played in the place of an entry.
    pub fn why_instead(&self) -> Option<&str> {
        self.place.aside?;
        // Of an entry that was replaced more than once, the last reason: it is why this card is shown.
        self.reasons
            .range(PlanPosition::plain(self.place.at)..self.place)
            .next_back()
            .map(|(_, why)| why.as_str())
    }

    /// How long each cue should take, according to the plan: where something else is played in its place, as far as that is known, as long as that should
    /// take. `blocked` says which lessons cannot be run here.
    pub fn times(&self, blocked: &dyn Fn(&str) -> bool) -> Vec<Duration> {
        self.plan.times(&|at, cue| {
            let stuck = matches!(self.phase, Phase::Stuck(_)) && self.place.aside.is_none();
            let here = self.instead().filter(|place| stuck && place.at == at);
            match self.replaced.get(&cue.entry).copied().or(here) {
                // Before it, the entry went as it should.
                Some(place) if place.at > at => None,
                Some(place) => place.aside.map(|(reserve, _)| reserve),
                None if self.outcomes.contains_key(&PlanPosition::plain(at)) => None,
                None => self.plan.instead(cue, blocked),
            }
        })
    }

    /// How long what was shown of an entry that stands for another should have taken.
    pub fn due_aside(&self) -> Duration {
        let Some((reserve, cue)) = self.place.aside else { return Duration::ZERO };
        self.plan.reserve.get(reserve).into_iter().flatten().take(cue).map(|c| c.takes).sum()
    }

    /// When the show goes on.
    pub fn pace(&self) -> Pace {
        match self.cue().map(|cue| cue.pace.clone()).unwrap_or_default() {
            Pace::Manual if self.auto => Pace::Auto,
            pace => pace,
        }
    }

    /// Begins something; `words` is how much there is to read of it.
    pub fn turn(&mut self, phase: Phase, words: usize, now: Instant) {
        let reading = || Some((PER_WORD * u32::try_from(words).unwrap_or(u32::MAX)).clamp(LEAST, MOST));
        self.lasts = match (&phase, self.pace()) {
            (Phase::Typing(typing), _) if !typing.lives => None,
            (Phase::Typing(typing), _) if !typing.is_typed() => {
                Some(if typing.at_line_end() { PER_LINE } else { PER_CHARACTER })
            }
            (Phase::Typing(typing), _) if !typing.done => Some(COMES_TRUE),
            (Phase::Stuck(_) | Phase::Over, _) => self.auto.then_some(FAILURE),
            (Phase::Running | Phase::Awaiting(_), _) | (_, Pace::Manual) => None,
            (_, Pace::After(time)) => time.duration(),
            (_, Pace::Auto | Pace::When(_)) => reading(),
        };
        self.phase = phase;
        self.since = now;
    }

    /// Whether the calls are still to be made.
    pub fn is_ahead(&self) -> bool {
        matches!(self.phase, Phase::Card | Phase::Staged | Phase::Typing(..) | Phase::Over)
    }

    /// Holds what would go on by itself, or lets it go on: it then has all of its time again, and what is awaited the time that was left.
    pub fn hold(&mut self, held: bool, now: Instant) {
        if let (Phase::Awaiting(until), true, false) = (&mut self.phase, self.held, held) {
            *until += now.saturating_duration_since(self.since);
        }
        if self.held != held {
            (self.held, self.since) = (held, now);
        }
    }

    /// When it goes on by itself, if it does.
    pub fn due(&self) -> Option<Instant> {
        if self.held {
            return None;
        }
        if let Phase::Awaiting(until) = &self.phase {
            return Some(*until);
        }
        let speed = if self.awaits_the_kernel() { 1.0 } else { self.speed };
        Some(self.since + self.lasts?.div_f64(speed))
    }

    /// Whether commands are typed into a shell, and the keys are still the show's.
    pub fn types(&self) -> bool {
        matches!(self.phase, Phase::Typing(_))
    }

    /// Everything has been typed, and something must still become true: the kernel takes its time for that, however fast the show is.
    fn awaits_the_kernel(&self) -> bool {
        let open = |typing: &Typing| !typing.done || self.awaited.is_some();
        matches!(&self.phase, Phase::Typing(typing) if typing.is_typed() && open(typing))
    }

    /// The judgement on all of it: the worst of what became of its places.
    pub fn verdict(&self) -> Status {
        let any = |is: fn(&Status) -> bool| self.outcomes.values().find(|s| is(s)).cloned();
        any(|s| *s == Status::Failed)
            .or_else(|| any(|s| matches!(s, Status::Blocked { .. })))
            .unwrap_or(Status::Passed)
    }

    /// A vote of somebody in the room for one of so many options of the question that is shown.
    pub fn vote(&mut self, option: usize, options: usize) {
        let votes = self.votes.entry(self.place).or_default();
        votes.resize(options, 0);
        if let Some(count) = votes.get_mut(option) {
            *count += 1;
            self.cast.push(option);
        }
    }

    /// Takes the last vote back.
    pub fn take_vote_back(&mut self) {
        let Some(option) = self.cast.pop() else { return };
        if let Some(count) = self.votes.get_mut(&self.place).and_then(|votes| votes.get_mut(option)) {
            *count = count.saturating_sub(1);
        }
    }

    /// The room's votes at the place that is shown; empty where nobody has voted.
    pub fn votes_here(&self) -> &[usize] {
        self.votes
            .get(&self.place)
            .map(Vec::as_slice)
            .filter(|v| v.iter().sum::<usize>() > 0)
            .unwrap_or_default()
    }

    /// Tells the instructor.
    pub fn say(&mut self, line: impl Into<String>) {
        let line = line.into();
        // What happens again is news again, but one line.
        self.said.retain(|said| *said != line);
        self.said.push(line);
        if self.said.len() > SAID {
            self.said.remove(0);
        }
    }

    /// What is shown, in words.
    pub fn title_at(&self, place: PlanPosition) -> String {
        match self.cue_at(place).map(|cue| &cue.what) {
            Some(CueContent::Step { lesson, index, .. }) => {
                format!("{} · {}", lesson.id, lesson.steps[*index - 1].title)
            }
            Some(CueContent::Card(text)) => heading(text).to_owned(),
            None => "the end".to_owned(),
        }
    }

    /// What is shown, in words.
    pub fn title(&self) -> String {
        if self.phase == Phase::Over { "the end".to_owned() } else { self.title_at(self.place) }
    }
}
