//! The readouts of a step that are drawn over time, with their limit and what was done when.

use super::chart;
use crate::events::{ActionRecord, Deed, ReadoutRecord};
use crate::model::millis;
use crate::model::{Process, Reading, Unit, Value};
use crate::present::action::deed_text;
use crate::present::plain::escape;
use crate::tui::app::App;
use crate::tui::theme::Role;
use crate::tui::walkthrough::Walkthrough;
use crate::vocabulary::verb::says::{Effect, Touch};
use crate::vocabulary::yields::Yields;
use crate::vocabulary::{Reader, Verb};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// A readout that is drawn over time.
pub struct Curve {
    id: String,
    unit: Unit,
    limit: Option<f64>,
    /// The axis reaches to this at least.
    least_top: f64,
}

impl Curve {
    /// Whether it is of this readout.
    pub fn is_of(&self, id: &str) -> bool {
        self.id == id
    }

    /// Draws its name and the chart.
    pub fn draw(&self, frame: &mut Frame, app: &App, walk: &Walkthrough, area: Rect) {
        let (samples, span) = walk.samples(app.now);
        let marks = marks(walk);
        let span = millis(span).max(1);
        let name = Rect { height: 1.min(area.height), ..area };
        // While it moves, where it is; afterwards the readout below has the measured value.
        let running = walk.running_here().is_some();
        let last = samples.iter().rev().find(|s| s.id == self.id && running);
        let last = last.map(|s| format!("  {}", Value::Quantity(s.value, self.unit))).unwrap_or_default();
        frame.render_widget(
            Line::from(vec![
                Span::styled(self.id.clone(), app.theme.style(Role::Strong)),
                Span::styled(last, app.theme.style(Role::Curve)),
            ]),
            name,
        );
        let rest = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        chart::draw(
            samples,
            &self.id,
            self.unit,
            self.least_top,
            self.limit,
            &marks,
            span,
            rest,
            frame.buffer_mut(),
            app.theme,
        );
    }
}

/// What was written to a control file, started or stopped, and who was killed, with its time. Nobody tells when the kernel killed: it was seen after the
/// last sample, for that ended the wait.
fn marks(walk: &Walkthrough) -> Vec<(u64, String)> {
    let worth = |action: &&ActionRecord| match &action.deed {
        Deed::Verb(verb) => !action.preparation && changes_a_curve(verb),
        Deed::Lab(_) => false,
    };
    let made = walk.actions().iter().filter(worth);
    let mut marks: Vec<(u64, String)> = made.map(|a| (a.at_ms, escape(&deed_text(&a.deed)))).collect();
    let killed = |reading: &Reading| matches!(reading.value(), Some(Value::Process(Process::KilledBy(_))));
    let (records, _) = walk.readouts();
    let last = walk.samples(std::time::Instant::now()).0.last().map(|s| s.at_ms);
    if let (Some(last), Some(record)) =
        (last, records.iter().find(|r| killed(&r.after) && !killed(&r.before)))
    {
        marks.push((last, record.after.to_string()));
    }
    marks
}

/// Whether a reader of a curve wants to see when it was done: it sets a control file, or a workload begins or ends.
fn changes_a_curve(verb: &Verb) -> bool {
    let facts = verb.facts();
    let moves = |effect: &Effect| match effect {
        Effect::Starts(_) | Effect::Stops(_) | Effect::Signals(..) => true,
        Effect::Holds(_)
        | Effect::Joins
        | Effect::Forks(_)
        | Effect::Exits
        | Effect::CreatesCgroup(_)
        | Effect::RemovesCgroup(_)
        | Effect::Chroots(_)
        | Effect::PivotsRoot
        | Effect::MountsOwn(_) => false,
    };
    facts.effects.iter().any(moves)
        || facts.touches.iter().any(|touch| matches!(touch, Touch::ControlFile(..)))
        // Who is killed with a cgroup is not known beforehand, so it is no effect on a workload.
        || matches!(verb, Verb::KillCgroup(_))
}

/// A share of less than a whole CPU looks like one: in percent.
const WHOLE_CPU: f64 = 100.0;

/// The readouts of the step that were or will be sampled. Curves of one unit have one axis, so that they can be compared. One whose samples are all the same has no curve.
pub fn curves(walk: &Walkthrough) -> Vec<Curve> {
    let (records, _) = walk.readouts();
    if records.is_empty() {
        return Vec::new();
    }
    // A limit is a line in another one's chart. What was over before it could be sampled has none.
    let running = walk.running_here().is_some();
    let samples = walk.page().record.as_ref().map_or(&[][..], |r| &r.samples);
    let moved = |id: &str| running || samples.iter().filter(|s| s.id == id).count() > 1;
    let watched = walk.step().watch.iter().filter(|id| moved(id) && limits(walk, id).is_none());
    let (samples, _) = walk.samples(std::time::Instant::now());
    let mut curves: Vec<Curve> = watched
        .filter_map(|id| {
            let (unit, highest) =
                (unit(walk, id)?, samples.iter().filter(|s| s.id == *id && s.value.is_finite()));
            let highest = highest.map(|s| s.value).fold(0.0, f64::max);
            let least_top = if unit == Unit::Percent { highest.max(WHOLE_CPU) } else { highest };
            Some(Curve { id: id.clone(), unit, limit: limit(walk, records, unit), least_top })
        })
        .collect();
    for unit in [Unit::Percent, Unit::Bytes, Unit::Seconds, Unit::Times] {
        let same = || curves.iter().filter(|curve| curve.unit == unit);
        let top = same().map(|curve| curve.least_top).fold(0.0, f64::max);
        curves.iter_mut().filter(|curve| curve.unit == unit).for_each(|curve| curve.least_top = top);
    }
    curves
}

/// Control files with a limit, by the names that lessons use, and the unit of what they limit.
const LIMITS: [(&str, Unit); 2] = [("cpu.max", Unit::Percent), ("memory.max", Unit::Bytes)];

fn reader<'w>(walk: &'w Walkthrough, id: &str) -> Option<&'w Reader> {
    walk.lesson.readouts.get(id)?.verbs.first()
}

/// The unit of a readout's samples; where the lesson does not know it, that of what was read.
fn unit(walk: &Walkthrough, id: &str) -> Option<Unit> {
    match reader(walk, id)?.facts().yields {
        Yields::Number(Some(unit)) => Some(unit),
        Yields::Number(None)
        | Yields::Text
        | Yields::Identity(_)
        | Yields::Any
        | Yields::Rows(_)
        | Yields::Process => {
            let record = walk.readouts().0.iter().find(|record| record.id == id)?;
            [&record.before, &record.after].into_iter().find_map(|reading| match reading.value() {
                Some(Value::Quantity(_, unit)) => Some(*unit),
                _ => None,
            })
        }
    }
}

/// What a readout limits, if it is of a limit: shares of a CPU, or bytes.
fn limits(walk: &Walkthrough, id: &str) -> Option<Unit> {
    let Some(Reader::Knob(value)) = reader(walk, id) else { return None };
    let knob = &value.0.knob;
    let limit = LIMITS.iter().find(|(name, _)| *name == knob.file.name && knob.field.is_none());
    limit.map(|(_, unit)| *unit)
}

/// The limit among the step's readouts that is of the curve's kind: `cpu.max` for shares, `memory.max` for sizes.
fn limit(walk: &Walkthrough, records: &[ReadoutRecord], unit: Unit) -> Option<f64> {
    let of = records.iter().find(|record| limits(walk, &record.id) == Some(unit))?;
    [&of.after, &of.before].into_iter().find_map(|reading| match reading {
        Reading::Fact(fact) => match &fact.value {
            Value::Quantity(n, u) if *u == unit && n.is_finite() => Some(*n),
            Value::Int(n) if unit == Unit::Bytes => Some(*n as f64),
            _ => None,
        },
        _ => None,
    })
}
