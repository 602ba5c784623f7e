//! What goes through the socket: a line of JSON each. A window says who it is; a demo sends its page.

use crate::demo::NotesPage;
use crate::model::millis;
use crate::present::action::Planned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::Duration;

/// Both ends must say the same number.
const VERSION: u32 = 2;
/// No line is longer: 1 MiB.
pub const LIMIT: usize = 1024 * 1024;
/// Nor is a window's first: 256 bytes.
pub const GREETING: usize = 256;

/// What a window says at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    version: u32,
    /// It only wants to know what is played, and goes again.
    pub look: bool,
}

impl Greeting {
    /// Its line.
    pub fn line(look: bool) -> Vec<u8> {
        line(&Greeting { version: VERSION, look })
    }

    /// Reads a line. `None`: that is no window of this version.
    pub fn read(line: &[u8]) -> Option<Greeting> {
        serde_json::from_slice(line).ok().filter(|greeting: &Greeting| greeting.version == VERSION)
    }
}

#[derive(Serialize, Deserialize)]
struct Letter<'p> {
    version: u32,
    /// Milliseconds since the page was made: clocks in it have gone on.
    age_ms: u64,
    /// None before the first.
    page: Option<Cow<'p, NotesPage>>,
}

/// The line of a page that was made so long ago. A page that is too long is cut.
pub fn write(page: Option<&NotesPage>, age: Duration) -> Vec<u8> {
    let age_ms = millis(age);
    let letter = |page| line(&Letter { version: VERSION, age_ms, page });
    let whole = letter(page.map(Cow::Borrowed));
    if whole.len() <= LIMIT { whole } else { letter(page.map(|page| Cow::Owned(shortened(page)))) }
}

/// Reads a page's line; its clocks show the time of now.
///
/// # Errors
/// What is wrong with it.
pub fn read(line: &[u8]) -> Result<Option<NotesPage>, String> {
    let version = |line| serde_json::from_slice::<Version>(line).map(|v| v.version);
    match version(line) {
        Ok(VERSION) => {}
        Ok(_) => return Err("the demo is played by another version of isolab".to_owned()),
        Err(e) => return Err(format!("the demo sends what is no page: {e}")),
    }
    let letter: Letter =
        serde_json::from_slice(line).map_err(|e| format!("the demo sends what is no page: {e}"))?;
    let age = Duration::from_millis(letter.age_ms);
    Ok(letter.page.map(|page| page.into_owned().later(age)))
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

fn line(of: &impl Serialize) -> Vec<u8> {
    // Of maps with keys that are no texts alone this could fail, and there are none.
    let mut line = serde_json::to_vec(of).unwrap_or_default();
    line.push(b'\n');
    line
}

/// A page of which every text has its beginning, and every list its end: however much of it is escaped (six bytes for one), it is within [`LIMIT`].
fn shortened(page: &NotesPage) -> NotesPage {
    let newest = |list: &[String], most: usize, bytes: usize| -> Vec<String> {
        list[list.len().saturating_sub(most)..].iter().map(|text| cut(text, bytes)).collect()
    };
    NotesPage {
        script: cut(&page.script, 512),
        chapter: cut(&page.chapter, 512),
        title: cut(&page.title, 512),
        now: cut(&page.now, 512),
        notes: page.notes.iter().take(4).map(|text| cut(text, 24 * 1024)).collect(),
        next: page.next.as_ref().map(|text| cut(text, 512)),
        calls: (page.calls.iter().take(64))
            .map(|call| Planned { actor: cut(&call.actor, 64), what: cut(&call.what, 256) })
            .collect(),
        expected: page.expected.iter().take(64).map(|(sign, text)| (cut(sign, 16), cut(text, 256))).collect(),
        said: newest(&page.said, 16, 512),
        speed: cut(&page.speed, 32),
        ..page.clone()
    }
}

fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = (0..=bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}…", &text[..end])
}

/// Bytes as they come, taken out as lines.
#[derive(Debug, Default)]
pub struct Lines(Vec<u8>);

impl Lines {
    /// Takes what has come in.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next whole line.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        let end = self.0.iter().position(|b| *b == b'\n')?;
        let rest = self.0.split_off(end + 1);
        let mut line = std::mem::replace(&mut self.0, rest);
        line.pop();
        Some(line)
    }

    /// The bytes of a line whose end has not come.
    pub fn open(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_arrives_as_it_was_and_its_clocks_have_gone_on() {
        let page =
            NotesPage { notes: vec!["a\nb\u{2028}\"盒".to_owned()], spent_ms: 5, ..NotesPage::default() };
        let mut line = write(Some(&page), Duration::from_millis(7));
        assert_eq!(line.pop(), Some(b'\n'));
        assert!(!line.contains(&b'\n'));
        let read = read(&line).unwrap().unwrap();
        assert_eq!((read.spent_ms, read.cue_spent_ms), (12, 7));
        assert_eq!(NotesPage { spent_ms: 5, cue_spent_ms: 0, ..read }, page);
    }

    #[test]
    fn the_clocks_of_a_show_that_is_over_stand() {
        let page = NotesPage { spent_ms: 5, over: true, ..NotesPage::default() };
        let line = write(Some(&page), Duration::from_secs(60));
        assert_eq!(read(&line).unwrap().unwrap().spent_ms, 5);
    }

    #[test]
    fn the_longest_page_is_cut_to_what_goes_through() {
        // More than twice what each may have.
        let long = "\u{1}".repeat(1100);
        let many = vec![long.clone(); 130];
        let page = NotesPage {
            script: long.clone(),
            chapter: long.clone(),
            title: long.clone(),
            now: long.clone(),
            next: Some(long.clone()),
            speed: long.clone(),
            notes: vec!["\u{1}".repeat(50 * 1024); 9],
            calls: vec![Planned { actor: long.clone(), what: long.clone() }; 130],
            expected: vec![(long.clone(), long); 130],
            said: many,
            ..NotesPage::default()
        };
        assert!(serde_json::to_vec(&page).unwrap().len() > LIMIT);
        let line = write(Some(&page), Duration::ZERO);
        assert!(line.len() <= LIMIT, "{}", line.len());
        assert!(read(&line).unwrap().unwrap().notes[0].ends_with('…'));
    }

    #[test]
    fn lines_come_out_whole() {
        let mut lines = Lines::default();
        lines.push(b"ab");
        assert_eq!((lines.next(), lines.open()), (None, 2));
        lines.push(b"c\nd\ne");
        assert_eq!(
            [lines.next(), lines.next(), lines.next()],
            [Some(b"abc".to_vec()), Some(b"d".to_vec()), None]
        );
    }

    #[test]
    fn strangers_are_told_apart() {
        assert_eq!(Greeting::read(Greeting::line(true).trim_ascii_end()).map(|g| g.look), Some(true));
        for stranger in ["", "GET / HTTP/1.1", "{\"version\":1,\"look\":false}"] {
            assert_eq!(Greeting::read(stranger.as_bytes()), None, "{stranger}");
        }
        assert!(read(b"{\"version\":1}").unwrap_err().contains("another version"));
        assert!(read(b"hello").unwrap_err().contains("no page"));
    }
}
