//! What the engine is doing, in one line.

use super::styled::cut;
use crate::present::action::awaiting;
use crate::present::plain::{escape, width};
use crate::tui::app::App;
use crate::tui::walkthrough::Running;

/// What the engine does, and how long it may still take; in at most so many columns.
pub fn working(app: &App, running: &Running, room: usize) -> String {
    const TURNS: [char; 4] = ['◜', '◝', '◞', '◟'];
    let elapsed = app.now.saturating_duration_since(running.since);
    let turn = TURNS[(elapsed.as_millis() / 250) as usize % TURNS.len()];
    if running.cancelling {
        return format!("{turn} cancelling, undoing");
    }
    if running.at == 0 {
        return format!("{turn} making the boxes");
    }
    let what = if running.at < running.target {
        format!("making step {} first", running.at)
    } else if let Some((what, until)) = &running.waiting {
        let left = until.saturating_duration_since(app.now);
        let time = format!(", at most {:.1} s", left.as_secs_f64());
        cut(&escape(&awaiting(what)), room.saturating_sub(2 + width(&time)).min(40)) + &time
    } else {
        "running".to_owned()
    };
    cut(&format!("{turn} {what}"), room)
}
