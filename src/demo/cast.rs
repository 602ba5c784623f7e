//! A recording as asciinema plays it (asciicast file format, version 2): one line of JSON for the header, then one for each event.

use crate::files;
use crate::present::plain;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What a player must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Header {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// What the recording is called.
    pub title: String,
    /// `TERM` and the like.
    pub env: BTreeMap<String, String>,
}

/// A recording that is being made.
pub struct Cast<W> {
    out: W,
    /// The longest pause that it keeps.
    idle: Option<Duration>,
    last: Instant,
    /// Time in the recording.
    at: Duration,
    /// The beginning of a character whose end has not been written yet.
    rest: Vec<u8>,
}

impl Cast<Lines> {
    /// Begins a recording in a new file. A file that is there is not overwritten.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn create(path: &Path, header: &Header, idle: Option<Duration>) -> io::Result<Self> {
        let file = files::create_new(path)?;
        Cast::begin(Lines { file, whole: 0 }, header, idle, Instant::now())
    }
}

impl<W: Write> Cast<W> {
    fn begin(mut out: W, header: &Header, idle: Option<Duration>, now: Instant) -> io::Result<Self> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let mut line = json!({ "version": 2, "timestamp": since });
        if let (Some(all), Ok(serde_json::Value::Object(more))) =
            (line.as_object_mut(), serde_json::to_value(header))
        {
            all.extend(more);
        }
        out.write_all(format!("{}\n", plain::json(&line.to_string())).as_bytes())?;
        Ok(Cast { out, idle, last: now, at: Duration::ZERO, rest: Vec::new() })
    }

    /// Something was written to the terminal.
    ///
    /// # Errors
    /// The recording cannot be written; it ends with the last whole event.
    pub fn output(&mut self, bytes: &[u8], now: Instant) -> io::Result<()> {
        self.rest.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.rest) {
            Err(e) if e.error_len().is_none() => e.valid_up_to(),
            // What is no text is shown by a player as a terminal shows it.
            _ => self.rest.len(),
        };
        if whole == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&self.rest[..whole]).into_owned();
        self.rest.drain(..whole);
        self.event("o", &text, now)
    }

    /// A place that a player can jump to begins here.
    ///
    /// # Errors
    /// As for [`Self::output`].
    pub fn marker(&mut self, label: &str, now: Instant) -> io::Result<()> {
        self.event("m", label, now)
    }

    /// The terminal has another size now.
    ///
    /// # Errors
    /// As for [`Self::output`].
    pub fn resized(&mut self, columns: u16, rows: u16, now: Instant) -> io::Result<()> {
        self.event("r", &format!("{columns}x{rows}"), now)
    }

    fn event(&mut self, kind: &str, data: &str, now: Instant) -> io::Result<()> {
        let pause = now.saturating_duration_since(self.last);
        self.at += self.idle.map_or(pause, |most| pause.min(most));
        self.last = now;
        let line = plain::json(&json!([round(self.at), kind, data]).to_string()) + "\n";
        self.out.write_all(line.as_bytes())
    }
}

/// Seconds, to the microsecond as asciinema itself writes them.
fn round(at: Duration) -> f64 {
    at.as_micros() as f64 / 1e6
}

/// A file of whole lines: where a line cannot be written as a whole, what there is of it is taken back.
pub struct Lines {
    file: File,
    whole: u64,
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Err(e) = self.file.write_all(line) {
            let _ = self.file.set_len(self.whole);
            let _ = self.file.seek(SeekFrom::Start(self.whole));
            return Err(e);
        }
        self.whole += line.len() as u64;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn header() -> Header {
        let env = BTreeMap::from([("TERM".to_owned(), "xterm-256color".to_owned())]);
        Header { width: 80, height: 24, title: "uts".to_owned(), env }
    }

    #[test]
    fn lines_are_those_of_the_format() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut cast = Cast::begin(Vec::new(), &header(), Some(Duration::from_secs(2)), start).unwrap();
        let euro = "€".as_bytes();
        cast.output(&euro[..1], after(100)).unwrap();
        cast.output(&[&euro[1..], b"\x1b[1m"].concat(), after(500)).unwrap();
        cast.marker("uts · rename", after(60_000)).unwrap();
        cast.resized(100, 30, after(60_250)).unwrap();
        let text = String::from_utf8(cast.out).unwrap();
        let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(
            (&lines[0]["version"], &lines[0]["width"], &lines[0]["env"]["TERM"]),
            (&json!(2), &json!(80), &json!("xterm-256color"))
        );
        assert_eq!(lines[1], json!([0.5, "o", "€\u{1b}[1m"]), "a character is never cut in two");
        assert_eq!(lines[2], json!([2.5, "m", "uts · rename"]), "a long pause is shortened");
        assert_eq!(lines[3], json!([2.75, "r", "100x30"]));
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn a_recording_is_not_overwritten() {
        let path = std::env::temp_dir().join(format!("cast-{}.cast", std::process::id()));
        Cast::create(&path, &header(), None).expect("a new file");
        let again = Cast::create(&path, &header(), None).map(|_| ()).expect_err("it is there");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_full_disk_leaves_whole_lines() {
        let Ok(file) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
            panic!("no /dev/full")
        };
        let mut lines = Lines { file, whole: 0 };
        let error = lines.write_all(b"[0.1, \"o\", \"x\"]\n").expect_err("the disk is full");
        assert_eq!(error.raw_os_error(), Some(libc::ENOSPC));
    }
}
