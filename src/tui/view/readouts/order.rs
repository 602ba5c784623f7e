//! The order of a step's readouts on the screen.

use crate::events::ReadoutRecord;
use crate::model::Reading;
use crate::present::focus::Foci;
use crate::present::reading::table;

/// Readouts by who read them: first those that expectations name and that changed, the host's and then the boxes' in order of appearance, values of one
/// line before lists; then the others that expectations name, and then the rest, likewise.
pub(super) fn groups<'a>(
    records: &'a [ReadoutRecord],
    foci: &Foci,
    after: bool,
) -> Vec<(&'a str, Vec<&'a ReadoutRecord>)> {
    let mut viewpoints: Vec<&str> = Vec::new();
    for record in records {
        if !viewpoints.contains(&record.viewpoint.as_str()) {
            viewpoints.push(&record.viewpoint);
        }
    }
    viewpoints.sort_by_key(|name| *name != "host");
    let rank = |record: &ReadoutRecord| match (
        foci.in_readout(&record.id).named,
        after && record.before == record.after,
    ) {
        (true, false) => 0,
        (true, true) => 1,
        (false, _) => 2,
    };
    let group = |viewpoint: &str, wanted: i32| -> Vec<&ReadoutRecord> {
        let mut mine: Vec<&ReadoutRecord> =
            records.iter().filter(|r| r.viewpoint == viewpoint && rank(r) == wanted).collect();
        mine.sort_by_key(|record| is_table(&record.before) || is_table(&record.after));
        mine
    };
    (0..=2)
        .flat_map(|wanted| viewpoints.iter().map(move |viewpoint| (*viewpoint, wanted)))
        .map(|(viewpoint, wanted)| (viewpoint, group(viewpoint, wanted)))
        .filter(|(_, records)| !records.is_empty())
        .collect()
}

pub(super) fn is_table(reading: &Reading) -> bool {
    !table(reading).is_empty()
}
