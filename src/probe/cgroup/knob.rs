//! Reading control files: the files of this machine that stand for a knob, and the values that their texts become.
//!
//! A lesson compares the same values everywhere; the raw text stays what the kernel said.

use super::layout::{CgroupDirectory, Group};
use crate::model::{Fact, Reading, Row, Unit, Value};
use crate::probe::text;
use crate::vocabulary::Version;
use crate::vocabulary::control::{Carrier, Form, Key, Knob, Scale};
use crate::vocabulary::controller::Controller;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The number that a control file holds; none when it cannot be read.
pub fn present_number(file: &Path) -> Option<u64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// The lesson's names of processes, by their number in the reader's `/proc`.
pub type Names = BTreeMap<i32, String>;

/// The files of one cgroup that stand for a knob.
#[derive(Debug, Clone, PartialEq)]
pub struct KnobFiles {
    files: Vec<PathBuf>,
    form: Form,
    /// The field that is read, where it is one.
    field: Option<String>,
}

impl Group {
    /// The directory of a carrier; none where the group was declared without that controller.
    pub fn carried_by(&self, carrier: Carrier) -> Option<&CgroupDirectory> {
        let unified = || self.places.iter().find(|p| p.version == Version::V2);
        match carrier {
            // Every cgroup of v2 can be frozen.
            Carrier::Controller(Controller::Freezer) => self.place(Controller::Freezer).or_else(unified),
            Carrier::Controller(controller) => self.place(controller),
            Carrier::CpuTime => self.places.iter().find(|p| p.cpu_time),
            Carrier::Every => self.places.first(),
        }
    }

    /// The files that stand for a knob in this group; none where this cgroup version has no such thing or the group was declared without the
    /// controller. Whether a file is there shows when it is read.
    pub fn knob(&self, knob: &Knob) -> Option<KnobFiles> {
        let place = self.carried_by(knob.content.carrier)?;
        let source = knob.content.source(place.version)?;
        let files = source.files.iter().map(|f| place.directory.join(f)).collect();
        Some(KnobFiles { files, form: source.form, field: knob.field.clone() })
    }

    /// Reads a knob. `proc_root` and `names` tell whom the numbers in `cgroup.procs` mean.
    /// [`Reading::NotMeasured`] where this machine does not have it.
    pub fn read(&self, knob: &Knob, proc_root: &Path, names: &Names) -> Reading {
        self.knob(knob).map_or(Reading::NotMeasured, |k| k.read(proc_root, names))
    }

    /// The CPU time that the group has used, in microseconds.
    ///
    /// # Errors
    /// The counter cannot be read; `NotFound` when this group does not count CPU time.
    pub fn usage_usec(&self) -> io::Result<u64> {
        let knob = self.knob(&Knob::cpu_time()).ok_or(io::ErrorKind::NotFound)?;
        match knob.fact(Path::new("/proc"), &Names::new())?.value {
            Value::Int(n) => Ok(n as u64),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

impl KnobFiles {
    /// The real paths, to be shown: the first in full, further ones by their names.
    pub fn shown(&self) -> String {
        let name = |f: &PathBuf| f.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut files = self.files.iter();
        let first = files.next().map(|f| f.display().to_string()).unwrap_or_default();
        files.fold(first, |text, file| format!("{text}, {}", name(file)))
    }

    /// The real paths and, where one line of the file is read, what it begins with: `/sys/fs/cgroup/x/cpu.stat nr_throttled`.
    pub fn place(&self) -> String {
        let key = match self.form {
            Form::Line(key, _) => line_key(key, self.field.as_deref().unwrap_or_default()),
            Form::Devices(word, _) => word.to_owned(),
            _ => return self.shown(),
        };
        format!("{} {key}", self.shown())
    }

    /// The real paths.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// Reads it. A file that is missing in a directory that is there is one that this kernel does not have.
    pub fn read(&self, proc_root: &Path, names: &Names) -> Reading {
        let result = self.fact(proc_root, names);
        let absent = matches!(&result, Err(e) if e.kind() == io::ErrorKind::NotFound);
        let group_is_there = || self.files.iter().any(|f| f.parent().is_some_and(Path::is_dir));
        if absent && group_is_there() {
            return Reading::NotMeasured;
        }
        Reading::from_io(&format!("read {}", self.shown()), result)
    }

    fn fact(&self, proc_root: &Path, names: &Names) -> io::Result<Fact> {
        let mut texts = Vec::new();
        for file in &self.files {
            texts.push((file, text::read(file)?));
        }
        match (self.form, texts.first()) {
            (Form::Members(_), Some((_, text))) => return Ok(members(text, proc_root, names)),
            (Form::Populated, Some((file, _))) => {
                let directory = file.parent().unwrap_or(Path::new("/"));
                return Ok(Fact::of(Value::Int(i64::from(populated(directory)?))));
            }
            _ => {}
        }
        let plain: Vec<&str> = texts.iter().map(|(_, t)| t.as_str()).collect();
        let whole = || match texts.as_slice() {
            [(_, text)] => text.clone(),
            texts => texts.iter().map(|(f, t)| labelled(f, t)).collect(),
        };
        match (value(self.form, self.field.as_deref().unwrap_or_default(), &plain), self.form) {
            (Some((value, line)), _) => Ok(Fact { raw: line.unwrap_or_else(whole), value }),
            // A field that is not in the file is one that this kernel does not count.
            (None, Form::Line(..)) => Err(io::ErrorKind::NotFound.into()),
            // A text that nobody foresaw is shown as it is. It is no number, so no statement on one holds of it.
            (None, _) => Ok(Fact::text(whole())),
        }
    }
}

/// A text of several files says which is which.
fn labelled(path: &Path, text: &str) -> String {
    format!("{}: {}\n", path.file_name().unwrap_or_default().to_string_lossy(), text.trim_end())
}

/// The rows `pid name` of `cgroup.procs` or `tasks`. A number 0 is a process that the reader's PID namespace does not have.
fn members(text: &str, proc_root: &Path, names: &Names) -> Fact {
    let row = |line: &str| {
        let known = line.trim().parse().ok().and_then(|pid: i32| names.get(&pid).cloned());
        // A process that has ended meanwhile has no name any more.
        let comm = || text::read(&proc_root.join(line.trim()).join("comm")).unwrap_or_default();
        let name = known.unwrap_or_else(|| comm().trim_end().to_owned());
        Row::new([("pid", line.trim().to_owned()), ("name", name)])
    };
    Fact { raw: text.to_owned(), value: Value::Table(text.lines().map(row).collect()) }
}

fn populated(directory: &Path) -> io::Result<bool> {
    if !std::fs::read_to_string(directory.join("cgroup.procs"))?.is_empty() {
        return Ok(true);
    }
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && populated(&entry.path())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// v1 prints a number of pages that cannot be exceeded where v2 prints `max`; it depends on the page size, but is always
/// close to 2⁶³.
fn limit(text: &str) -> Option<Value> {
    let text = text.trim();
    match text.parse::<i64>() {
        Ok(n) if (0..1 << 62).contains(&n) => Some(Value::Quantity(n as f64, Unit::Bytes)),
        Ok(n) if n == -1 || n >= 1 << 62 => Some(Value::Text("max".to_owned())),
        Ok(_) => None,
        Err(_) => (text == "max").then(|| Value::Text("max".to_owned())),
    }
}

fn int(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// The line of a flat-keyed file, and its number.
fn number_of<'t>(text: &'t str, key: &str) -> Option<(&'t str, i64)> {
    text.lines().find_map(|line| {
        let (name, number) = line.split_once(' ')?;
        (name == key).then_some(())?;
        Some((line, int(number)?))
    })
}

/// The key of the line that has a field of v2.
fn line_key(key: Key, field: &str) -> String {
    match key {
        Key::Named(key) => key.to_owned(),
        Key::Field => field.to_owned(),
        Key::TotalOfField => format!("total_{field}"),
    }
}

/// The numbers behind a word, added up over the devices. A device without them has done nothing; v1 closes with a sum, which names no device. None
/// where a line is no device's or a number is none.
fn of_devices(text: &str, word: &str) -> Option<i64> {
    let mut sum = 0_i64;
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let device = words.next()?;
        if device == "Total" {
            continue;
        }
        let (major, minor) = device.split_once(':')?;
        let _: (u32, u32) = (major.parse().ok()?, minor.parse().ok()?);
        while let Some(key) = words.next() {
            let (key, number) = key.split_once('=').or_else(|| Some((key, words.next()?)))?;
            if key == word {
                sum = sum.checked_add(number.parse().ok()?)?;
            }
        }
    }
    Some(sum)
}

/// What a number counts, in a lesson's unit.
fn scaled(n: i64, scale: Scale) -> Value {
    match scale {
        Scale::Plain => Value::Int(n),
        Scale::Bytes => Value::Quantity(n as f64, Unit::Bytes),
        Scale::Nanoseconds => Value::Int(n / 1000),
    }
}

/// The value, and the one line of the text that it comes from where it is not the whole.
fn value(form: Form, field: &str, texts: &[&str]) -> Option<(Value, Option<String>)> {
    let first = *texts.first()?;
    let value = match form {
        Form::Quota => {
            let joined = texts.join(" ");
            let mut words = joined.split_whitespace();
            let (quota, period) = (words.next()?, words.next()?.parse::<f64>().ok()?);
            match quota.parse::<f64>() {
                Ok(q) if q >= 0.0 && period > 0.0 => Value::Quantity(q / period * 100.0, Unit::Percent),
                _ if ["max", "-1"].contains(&quota) => Value::Text("max".to_owned()),
                _ => return None,
            }
        }
        Form::Period => Value::Quantity(int(first.split_whitespace().last()?)? as f64 / 1e6, Unit::Seconds),
        Form::Weight(range) => Value::Quantity(int(first)? as f64 / range.default, Unit::Times),
        Form::Bytes => Value::Quantity(int(first)? as f64, Unit::Bytes),
        Form::Limit => limit(first)?,
        Form::Beyond => match (limit(first)?, limit(texts.get(1)?)?) {
            (Value::Quantity(all, unit), Value::Quantity(memory, _)) => {
                Value::Quantity((all - memory).max(0.0), unit)
            }
            (unlimited, _) => unlimited,
        },
        Form::Count => int(first).map_or_else(|| Value::Text(first.to_owned()), Value::Int),
        Form::Nanoseconds => Value::Int(int(first)? / 1000),
        Form::Line(key, scale) => {
            let (line, n) = number_of(first, &line_key(key, field))?;
            return Some((scaled(n, scale), Some(line.to_owned())));
        }
        Form::Devices(word, scale) => scaled(of_devices(first, word)?, scale),
        Form::Word(words) => Value::Int(words.iter().find(|(word, _)| first.trim() == *word)?.1),
        Form::Text | Form::Members(_) | Form::Populated => Value::Text(first.to_owned()),
    };
    Some((value, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of a knob for the texts of its files, in their order.
    fn value(name: &str, version: Version, texts: &[&str]) -> Option<Value> {
        let knob = Knob::find(name).expect(name);
        let source = knob.content.source(version)?;
        assert!(texts.len() <= source.files.len(), "{name}: {:?}", source.files);
        super::value(source.form, knob.field.as_deref().unwrap_or_default(), texts).map(|(v, _)| v)
    }

    fn percent(n: f64) -> Value {
        Value::Quantity(n, Unit::Percent)
    }

    fn bytes(n: f64) -> Value {
        Value::Quantity(n, Unit::Bytes)
    }

    fn max() -> Value {
        Value::Text("max".to_owned())
    }

    #[test]
    fn both_versions_give_the_same_value() {
        use Version::{V1, V2};
        let times = |n| Some(Value::Quantity(n, Unit::Times));
        assert_eq!(value("cpu.max", V1, &["20000\n", "100000\n"]), Some(percent(20.0)));
        assert_eq!(value("cpu.max", V2, &["5000 25000\n"]), Some(percent(20.0)));
        assert_eq!(value("cpu.max", V1, &["-1\n", "100000\n"]), Some(max()));
        assert_eq!(value("cpu.max", V2, &["max 100000\n"]), Some(max()));
        let fifty = Some(Value::Quantity(0.05, Unit::Seconds));
        assert_eq!(value("cpu.max/period", V1, &["50000\n"]), fifty);
        assert_eq!(value("cpu.max/period", V2, &["max 50000\n"]), fifty);
        assert_eq!(value("cpu.weight", V1, &["4096\n"]), times(4.0));
        assert_eq!(value("cpu.weight", V2, &["400\n"]), times(4.0));
        assert_eq!(value("memory.max", V1, &["9223372036854771712\n"]), Some(max()));
        assert_eq!(value("memory.max", V1, &["9223372036854710272\n"]), Some(max()), "pages of 64 KiB");
        assert_eq!(value("memory.max", V2, &["max\n"]), Some(max()));
        assert_eq!(value("memory.max", V1, &["9998336\n"]), Some(bytes(9_998_336.0)));
        assert_eq!(value("memory.max", V2, &["9998336\n"]), Some(bytes(9_998_336.0)));
        let oom = "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n";
        assert_eq!(value("memory.events/oom_kill", V1, &[oom]), Some(Value::Int(1)));
        let events = "low 0\nhigh 0\nmax 35\noom 1\noom_kill 1\noom_group_kill 0\n";
        assert_eq!(value("memory.events/oom_kill", V2, &[events]), Some(Value::Int(1)));
        assert_eq!(value("memory.events/max", V2, &[events]), Some(Value::Int(35)));
        assert_eq!(value("memory.events/max", V1, &["3\n"]), Some(Value::Int(3)));
        assert_eq!(value("cpu.stat/usage", V1, &["1234567\n"]), Some(Value::Int(1234)));
        assert_eq!(
            value("cpu.stat/usage", V2, &["usage_usec 1234\nuser_usec 1000\n"]),
            Some(Value::Int(1234))
        );
        assert_eq!(value("cgroup.freeze", V1, &["FROZEN\n"]), Some(Value::Int(1)));
        assert_eq!(value("cgroup.freeze", V2, &["0\n"]), Some(Value::Int(0)));
        assert_eq!(value("cgroup.freeze", V1, &["FREEZING\n"]), Some(Value::Int(1)), "it was asked for");
        assert_eq!(value("cgroup.events/frozen", V1, &["FREEZING\n"]), Some(Value::Int(0)), "not yet");
        assert_eq!(value("memory.stat/anon", V1, &["rss 1\ntotal_rss 4096\n"]), Some(bytes(4096.0)));
        assert_eq!(value("memory.stat/anon", V2, &["anon 4096\nfile 0\n"]), Some(bytes(4096.0)));
        assert_eq!(value("memory.swap.max", V1, &["20971520\n", "20971520\n"]), Some(bytes(0.0)));
    }

    #[test]
    fn what_devices_did_is_added_up() {
        use Version::{V1, V2};
        let v2 = "254:16 rbytes=1 wbytes=4096 rios=1 wios=2 dbytes=9 dios=9\n254:0 rbytes=0 wbytes=8192 rios=0 wios=3\n8:0\n";
        let v1 = "254:16 Read 1\n254:16 Write 4096\n254:16 Sync 4097\n254:16 Total 4097\n254:0 Write 8192\nTotal 12289\n";
        for (version, text) in [(V2, v2), (V1, v1)] {
            assert_eq!(value("io.stat/rbytes", version, &[text]), Some(bytes(1.0)));
            assert_eq!(value("io.stat/wbytes", version, &[text]), Some(bytes(12_288.0)));
        }
        assert_eq!(value("io.stat/wios", V2, &[v2]), Some(Value::Int(5)));
        assert_eq!(value("io.stat/wios", V1, &["254:0 Write 5\nTotal 5\n"]), Some(Value::Int(5)));
        assert_eq!(value("io.stat/wbytes", V2, &[""]), Some(bytes(0.0)), "no device was used");
        assert_eq!(value("io.stat/wbytes", V1, &["Total 0\n"]), Some(bytes(0.0)));
        for odd in ["sda wbytes=1\n", "254:0 wbytes=x\n", "254:0 wbytes\n", "\n"] {
            assert_eq!(value("io.stat/wbytes", V2, &[odd]), None, "{odd}");
        }
    }

    /// Whatever a file says, its value is made of that or there is none.
    #[test]
    fn what_is_not_understood_is_not_translated() {
        use Version::{V1, V2};
        for (name, version, text) in [
            ("cpu.max", V2, "unlimited 100000\n"),
            ("cpu.max", V2, "20000 0\n"),
            ("memory.max", V2, "-2\n"),
            ("memory.max", V2, "none\n"),
            ("memory.current", V1, "\n"),
            ("cpu.weight", V1, "idle\n"),
            ("cgroup.freeze", V1, "MELTING\n"),
        ] {
            assert_eq!(value(name, version, &[text]), None, "{name} {text}");
            let file = std::env::temp_dir().join(format!("isolab-knob-{}", std::process::id()));
            std::fs::write(&file, text).expect("a file");
            let knob = Knob::find(name).expect("a knob");
            let form = knob.content.source(version).expect("in this version").form;
            let read = KnobFiles { files: vec![file.clone()], form, field: knob.field }
                .read(Path::new("/proc"), &Names::new());
            std::fs::remove_file(&file).expect("removed");
            assert_eq!(read, Reading::Fact(Fact::text(text)), "{name}");
        }
    }

    #[test]
    fn a_member_that_has_no_number_keeps_its_text() {
        let fact = members("0\n4211\nx\n", Path::new("/nowhere"), &[(4211, "box".to_owned())].into());
        let shown: Vec<String> = match &fact.value {
            Value::Table(rows) => rows.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        };
        assert_eq!(shown, ["0", "4211 box", "x"]);
    }

    #[test]
    fn a_place_names_the_line_that_is_read() {
        let files = |form, field: &str| KnobFiles {
            files: vec!["/g/cpu.stat".into()],
            form,
            field: Some(field.to_owned()),
        };
        let of_line = |key, field| files(Form::Line(key, Scale::Plain), field).place();
        assert_eq!(of_line(Key::Field, "nr_throttled"), "/g/cpu.stat nr_throttled");
        assert_eq!(of_line(Key::TotalOfField, "anon"), "/g/cpu.stat total_anon");
        assert_eq!(of_line(Key::Named("cache"), "file"), "/g/cpu.stat cache");
        assert_eq!(files(Form::Count, "usage_usec").place(), "/g/cpu.stat");
    }

    #[test]
    fn what_a_version_lacks_is_not_invented() {
        assert_eq!(value("memory.high", Version::V1, &["1\n"]), None);
        assert_eq!(value("memory.events/high", Version::V1, &["high 1\n"]), None);
        assert_eq!(value("tasks", Version::V2, &["1\n"]), None);
        assert_eq!(value("cgroup.controllers", Version::V1, &["cpu\n"]), None);
        assert_eq!(
            value("memory.events/oom_group_kill", Version::V2, &["oom_kill 1\n"]),
            None,
            "before 5.17"
        );
    }
}
