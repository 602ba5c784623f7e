//! When a question that was guessed wrong is asked again.

use super::{Prediction, Progress, Review};

/// Days from a wrong answer to the next time it is asked, and from each right one after it to the next. After the last it is known.
const DAYS: [u64; 3] = [1, 3, 7];
/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

impl Prediction {
    /// From when on it is to be asked again, in seconds since 1970. `None`: it was guessed right, or is known by now.
    pub fn due(&self) -> Option<u64> {
        if self.right {
            return None;
        }
        let (last, in_a_row) = self.review.map_or((self.at, 0), |r| (r.at, r.in_a_row));
        DAYS.get(in_a_row).map(|days| last.saturating_add(days * DAY))
    }
}

impl Progress {
    /// Records that a question was asked again at this time, in seconds since 1970. The guess that was made in the lesson stays what it was.
    pub fn reviewed(&mut self, lesson: &str, step: &str, right: bool, at: u64) {
        let Some(prediction) = self.change(lesson).predictions.get_mut(step) else { return };
        let before = prediction.review.map_or(0, |r| r.in_a_row);
        prediction.review = Some(Review { at, in_a_row: if right { before + 1 } else { 0 } });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(progress: &Progress) -> Option<u64> {
        progress.lessons["uts"].predictions["rename"].due()
    }

    #[test]
    fn what_was_wrong_is_asked_after_one_three_and_seven_days() {
        let mut progress = Progress::default();
        progress.predicted("uts", "rename", vec!["both".into()], false);
        let begun = progress.lessons["uts"].predictions["rename"].at;
        assert_eq!(due(&progress), Some(begun + DAY));
        progress.reviewed("uts", "rename", true, 1000);
        assert_eq!(due(&progress), Some(1000 + 3 * DAY));
        progress.reviewed("uts", "rename", false, 2000);
        assert_eq!(due(&progress), Some(2000 + DAY), "from the beginning");
        for (at, days) in [(3000, Some(3)), (4000, Some(7)), (5000, None)] {
            progress.reviewed("uts", "rename", true, at);
            assert_eq!(due(&progress), days.map(|d: u64| at + d * DAY));
        }
        assert!(!progress.lessons["uts"].predictions["rename"].right, "the first guess stays");
    }

    #[test]
    fn what_was_right_is_not_asked() {
        let mut progress = Progress::default();
        progress.predicted("uts", "rename", vec!["kernel".into()], true);
        assert_eq!(due(&progress), None);
        progress.reviewed("uts", "gone", true, 1000);
        assert!(!progress.lessons["uts"].predictions.contains_key("gone"));
    }
}
