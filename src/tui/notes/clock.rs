//! Time spent and left, against the plan.

use crate::demo::NotesPage;
use crate::tui::theme::Role;

/// Less than this is on time: 5 s. Nobody speaks faster because of it.
const NOTHING: i64 = 5_000;
/// More than this calls for leaving something out: 1 minute.
const MUCH: i64 = 60_000;

/// Milliseconds after the plan, less than 0 before it. The plan says how long each cue takes; within its time a cue makes nothing later.
pub fn late(page: &NotesPage) -> i64 {
    let within = page.cue_spent_ms.min(page.cue_ms);
    signed(page.spent_ms) - signed(page.due_ms.saturating_add(within))
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX / 4)
}

/// The clock in parts, each with its role: spent and planned, left, ahead or behind, and the cue's own time.
pub fn parts(page: &NotesPage) -> Vec<(String, Role)> {
    let spent = time(page.spent_ms);
    if page.planned_ms == 0 {
        return vec![(spent, Role::Strong)];
    }
    let left = match page.planned_ms.checked_sub(page.spent_ms) {
        Some(left) => format!("{} left", time(left)),
        None => format!("{} over", time(page.spent_ms - page.planned_ms)),
    };
    let mut parts = vec![
        (format!("{spent} of {}", time(page.planned_ms)), Role::Strong),
        (left, Role::Plain),
        pace(page),
    ];
    if page.cue_ms > 0 {
        let over = page.cue_spent_ms > page.cue_ms;
        let text = format!("this cue {} of {}", time(page.cue_spent_ms), time(page.cue_ms));
        parts.push((text, if over { Role::Warn } else { Role::Plain }));
    }
    parts
}

fn pace(page: &NotesPage) -> (String, Role) {
    let late = late(page);
    let length = time(late.unsigned_abs());
    match late {
        MUCH.. => (format!("▼ {length} behind"), Role::Bad),
        NOTHING.. => (format!("▼ {length} behind"), Role::Warn),
        late if late <= -NOTHING => (format!("▲ {length} ahead"), Role::Good),
        _ => ("= on time".to_owned(), Role::Good),
    }
}

/// A time as clocks show it: `0:07`, `12:30`, `1:02:03`.
pub fn time(ms: u64) -> String {
    let s = ms / 1000;
    let (h, m, s) = (s / 3600, s / 60 % 60, s % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(spent: u64, due: u64, cue_spent: u64, cue: u64) -> NotesPage {
        let s = |seconds| seconds * 1000;
        NotesPage {
            spent_ms: s(spent),
            due_ms: s(due),
            cue_spent_ms: s(cue_spent),
            cue_ms: s(cue),
            planned_ms: s(600),
            ..NotesPage::default()
        }
    }

    #[test]
    fn a_cue_makes_nothing_later_within_its_time() {
        // Begun 10 s late, 20 of its 30 s gone; then 5 s too long.
        assert_eq!(late(&page(130, 100, 20, 30)), 10_000);
        assert_eq!(late(&page(145, 100, 35, 30)), 15_000);
        // Begun 40 s early: early it stays, until it takes too long.
        assert_eq!(late(&page(90, 100, 30, 30)), -40_000);
        assert_eq!(late(&page(130, 100, 70, 30)), 0);
    }

    #[test]
    fn pace_has_a_sign_and_a_word() {
        let pace = |spent| pace(&page(spent, 100, 0, 30));
        assert_eq!(pace(104), ("= on time".to_owned(), Role::Good));
        assert_eq!(pace(105), ("▼ 0:05 behind".to_owned(), Role::Warn));
        assert_eq!(pace(160), ("▼ 1:00 behind".to_owned(), Role::Bad));
        assert_eq!(pace(96), ("= on time".to_owned(), Role::Good));
        assert_eq!(pace(95), ("▲ 0:05 ahead".to_owned(), Role::Good));
    }

    #[test]
    fn what_has_no_plan_has_no_pace() {
        let page = NotesPage { spent_ms: 61_000, ..NotesPage::default() };
        assert_eq!(parts(&page), [("1:01".to_owned(), Role::Strong)]);
    }

    #[test]
    fn more_than_was_planned_is_over() {
        let texts: Vec<String> =
            parts(&page(3_700, 590, 3_110, 10)).into_iter().map(|(text, _)| text).collect();
        assert_eq!(texts, ["1:01:40 of 10:00", "51:40 over", "▼ 51:40 behind", "this cue 51:50 of 0:10"]);
    }
}
