//! Values over time on one line.

use crate::events::ReadoutRecord;
use crate::events::Sample;
use crate::model::Value;

/// Eighths of a line's height.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Columns for the words beside the bars.
const WORDS: usize = 24;

/// `▁▄█▇▇ 0.0 % … 23.4 %`: the samples of this readout, their smallest and largest; nothing when there are fewer than
/// two.
pub fn over_time(record: &ReadoutRecord, samples: &[Sample], columns: usize) -> Option<String> {
    let mine = samples.iter().filter(|sample| sample.id == record.id);
    let values: Vec<f64> = mine.map(|sample| sample.value).collect();
    if values.len() < 2 {
        return None;
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let bars: String =
        thinned(&values, columns.saturating_sub(WORDS).max(8)).map(|value| bar(value, high)).collect();
    let value = |number: f64| match record.after.value().or(record.before.value()) {
        Some(Value::Quantity(_, unit)) => Value::Quantity(number, *unit).to_string(),
        _ => format!("{number}"),
    };
    Some(format!("{bars} {} … {}", value(low), value(high)))
}

/// At most this many of the values, each the largest of its span, so that no peak is lost.
fn thinned(values: &[f64], most: usize) -> impl Iterator<Item = f64> + '_ {
    let span = values.len().div_ceil(most);
    values.chunks(span).map(|chunk| chunk.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

/// A bar from zero, which is a share's and a size's natural floor.
fn bar(value: f64, high: f64) -> char {
    let part = if high > 0.0 { (value / high).clamp(0.0, 1.0) } else { 0.0 };
    BARS[((part * BARS.len() as f64) as usize).min(BARS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fact, Reading, Unit};

    #[test]
    fn peaks_survive_thinning() {
        let record = ReadoutRecord {
            id: "share".into(),
            viewpoint: "host".into(),
            path: "x".into(),
            before: Reading::NotMeasured,
            after: Reading::Fact(Fact::of(Value::Quantity(20.0, Unit::Percent))),
            peak: None,
            opened: None,
        };
        let value = |at_ms: u64| if at_ms == 37 { 80.0 } else { 20.0 };
        let sample = |at_ms: u64| Sample { at_ms, id: "share".into(), value: value(at_ms) };
        let samples: Vec<Sample> = (0..64).map(sample).collect();
        assert_eq!(over_time(&record, &samples, 32).as_deref(), Some("▃▃▃▃█▃▃▃ 20.0 % … 80.0 %"));
        assert_eq!(over_time(&record, &samples[..1], 32), None);
    }
}
