//! The state of the window: data, and what changes it.

use crate::demo::NotesPage;
use crate::demo::notes::{Demo, News};
use crate::tui::keys::{self, Action, Context};
use crate::tui::movement::scrolled;
use crate::tui::theme::Theme;
use crossterm::event::KeyEvent;
use std::time::{Duration, Instant};

/// Everything.
pub struct NotesState {
    /// How it looks.
    pub theme: Theme,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The time of the frame.
    pub now: Instant,
    /// The demo that is shown.
    pub link: Link,
    /// The demos that could be shown, while none is.
    pub there: Vec<Demo>,
    /// The notes are scrolled by so many lines.
    pub top: usize,
    page: Option<(NotesPage, Instant)>,
}

/// How the window stands to a demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// There has been none.
    Waiting,
    /// It is attached to the demo of this process.
    Attached(u32),
    /// The show is over.
    Over,
    /// The demo has gone, and why.
    Lost(String),
}

/// What a key wants to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// To close the window.
    Quit,
    /// To stop as `Ctrl-Z` does.
    Suspend,
}

impl NotesState {
    /// A window that has heard nothing.
    pub fn new(theme: Theme, now: Instant) -> Self {
        NotesState { theme, size: (80, 24), now, link: Link::Waiting, there: Vec::new(), top: 0, page: None }
    }

    /// The page that was given last, with its clocks as they are now.
    pub fn page(&self) -> Option<NotesPage> {
        let (page, at) = self.page.as_ref()?;
        Some(page.clone().later(self.now.saturating_duration_since(*at)))
    }

    /// Clocks go on.
    pub fn moves(&self) -> bool {
        self.page.as_ref().is_some_and(|(page, _)| !page.over) && matches!(self.link, Link::Attached(_))
    }

    /// How long it is until a clock shows another second.
    pub fn next_second(&self) -> Duration {
        let spent = self.page().map_or(0, |page| page.spent_ms);
        Duration::from_millis(1000 - spent % 1000)
    }

    /// Something was heard.
    pub fn hear(&mut self, news: News) {
        match news {
            News::Waiting(there) => self.there = there,
            News::Attached(pid) => {
                self.there.clear();
                self.link = Link::Attached(pid);
                self.page = None;
            }
            News::Page(page) => {
                let other = |old: &NotesPage| (old.cues, &old.notes) != (page.cues, &page.notes);
                if self.page.as_ref().is_none_or(|(old, _)| other(old)) {
                    self.top = 0;
                }
                self.page = Some((*page, self.now));
            }
            News::Over => self.stand(Link::Over),
            News::Lost(why) => self.stand(Link::Lost(why)),
        }
    }

    /// What was shown last stays, as it was.
    fn stand(&mut self, link: Link) {
        self.page = self.page().map(|page| (NotesPage { over: true, ..page }, self.now));
        self.link = link;
    }

    /// A key. `room`: the rows in which the notes are shown, and by how many lines they can be scrolled.
    pub fn key(&mut self, event: KeyEvent, room: (usize, usize)) -> Option<Request> {
        let (rows, max_scroll) = room;
        match keys::action(Context::NotesWindow, event)? {
            Action::Quit => Some(Request::Quit),
            Action::Suspend => Some(Request::Suspend),
            Action::Move(by) => {
                // A line of the last screenful stays, so that one finds one's place.
                self.top = scrolled(self.top, rows.saturating_sub(1).max(1), max_scroll, by);
                None
            }
            _ => None,
        }
    }
}
