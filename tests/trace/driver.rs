//! The guardian's part: starts tracees, waits for all statuses in one loop, and never longer than a deadline.

use isolab::actor::trace::{Progress, Trace, Tracer};
use isolab::calls::decode::decode;
use isolab::model::Outcome;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::Pid;
use rustix::process::{WaitOptions, wait};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// No wait is longer; none should come near it.
const DEADLINE: Duration = Duration::from_secs(20);

/// How a process has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Exited(i32),
    Killed(i32),
}

/// A process to be traced.
pub struct Tracee(Child);

impl Tracee {
    pub fn start(name: &str, args: &[&str]) -> Self {
        let child = Command::new("/proc/self/exe")
            .args(["tracee", name])
            .args(args)
            .stdin(Stdio::piped())
            .spawn()
            .expect("spawn a tracee");
        Tracee(child)
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).expect("a pid")
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("kill");
    }

    pub fn send_line(&self) {
        self.0.stdin.as_ref().expect("a pipe").write_all(b"\n").expect("write");
    }

    /// Ends its input, and waits for its end.
    pub fn finish(mut self, driver: &mut Driver) -> End {
        drop(self.0.stdin.take());
        driver.end_of(self.pid())
    }
}

/// A directory that is removed at the end.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("isolab-trace-{}", std::process::id()));
        std::fs::create_dir(&path).expect("a scratch directory");
        Scratch(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().expect("a path in UTF-8")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A cgroup of this test's own with one process in it; the process leaves it, and it is removed, at the end.
pub struct Freezer {
    dir: PathBuf,
    pid: i32,
    version_2: bool,
}

impl Freezer {
    /// Puts a process into a new cgroup, or says why that cannot be done.
    pub fn around(pid: i32) -> Result<Self, String> {
        let mounts = std::fs::read_to_string("/proc/self/mounts").map_err(|e| e.to_string())?;
        let (version_2, root) = mounts
            .lines()
            .filter_map(|line| {
                let [_, at, kind, options, ..] = *line.split(' ').collect::<Vec<_>>() else { return None };
                let version_1 = kind == "cgroup" && options.split(',').any(|o| o == "freezer");
                (version_1 || kind == "cgroup2").then(|| (!version_1, PathBuf::from(at)))
            })
            .min()
            .ok_or("no freezer is mounted")?;
        let dir = root.join(format!("isolab-trace-{}", std::process::id()));
        std::fs::create_dir(&dir).map_err(|e| format!("mkdir {}: {e}", dir.display()))?;
        let freezer = Freezer { dir, pid, version_2 };
        std::fs::write(freezer.dir.join("cgroup.procs"), pid.to_string())
            .map_err(|e| format!("write {}: {e}", freezer.dir.display()))?;
        Ok(freezer)
    }

    /// Freezes or thaws.
    pub fn freeze(&self, frozen: bool) {
        let (file, value) = match (self.version_2, frozen) {
            (true, true) => ("cgroup.freeze", "1"),
            (true, false) => ("cgroup.freeze", "0"),
            (false, true) => ("freezer.state", "FROZEN"),
            (false, false) => ("freezer.state", "THAWED"),
        };
        std::fs::write(self.dir.join(file), value).expect("freeze");
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        let root = self.dir.parent().expect("a mount");
        let _ = std::fs::write(root.join("cgroup.procs"), self.pid.to_string());
        let deadline = Instant::now() + DEADLINE;
        while std::fs::remove_dir(&self.dir).is_err_and(|e| e.kind() == std::io::ErrorKind::ResourceBusy)
            && Instant::now() < deadline
        {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The loop.
pub struct Driver {
    pub tracer: Tracer,
    signals: SignalFd,
    ends: BTreeMap<i32, End>,
    progress: Vec<Progress>,
}

impl Driver {
    pub fn new() -> Self {
        // A spawned process gets an empty mask from the standard library.
        let mut set = SigSet::empty();
        set.add(Signal::SIGCHLD);
        set.thread_block().expect("block SIGCHLD");
        let signals =
            SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK).expect("signalfd");
        Driver { tracer: Tracer::new(), signals, ends: BTreeMap::new(), progress: Vec::new() }
    }

    /// Takes one wait status if there is one. `Err` when there is no child left.
    fn step(&mut self) -> Result<bool, rustix::io::Errno> {
        let options = WaitOptions::NOHANG | WaitOptions::from_bits_retain(libc::__WALL as u32);
        let Some((pid, status)) = wait(options)? else { return Ok(false) };
        let pid = pid.as_raw_nonzero().get();
        if let Some(code) = status.exit_status() {
            self.ends.insert(pid, End::Exited(code));
        } else if let Some(signal) = status.terminating_signal() {
            self.ends.insert(pid, End::Killed(signal));
        }
        match self.tracer.on_status(pid, status.as_raw()) {
            Progress::Nothing | Progress::NotMine => {}
            news => self.progress.push(news),
        }
        Ok(true)
    }

    /// Loops until this is so.
    pub fn until(&mut self, mut so: impl FnMut(&Self) -> bool, what: &str) {
        let deadline = Instant::now() + DEADLINE;
        while !so(self) {
            assert!(Instant::now() < deadline, "{what}: not within {DEADLINE:?}");
            if !self.step().unwrap_or(false) {
                self.wait();
            }
        }
    }

    /// Waits for a status; not for long, because what is waited for may be something else, as a state in `/proc`.
    fn wait(&self) {
        let mut fds = [PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut fds, 2u8);
        while let Ok(Some(_)) = self.signals.read_signal() {}
    }

    /// Takes all statuses that there are.
    pub fn idle(&mut self) {
        while self.step().unwrap_or(false) {}
    }

    /// Takes this many statuses.
    pub fn steps(&mut self, count: usize) {
        let mut left = count;
        let deadline = Instant::now() + DEADLINE;
        while left > 0 && Instant::now() < deadline {
            match self.step() {
                Ok(true) => left -= 1,
                Ok(false) => self.wait(),
                Err(_) => break,
            }
        }
    }

    /// Loops until this process has no child.
    pub fn until_childless(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            assert!(Instant::now() < deadline, "children are left");
            match self.step() {
                Ok(true) => {}
                Ok(false) => self.wait(),
                Err(_) => break,
            }
        }
    }

    fn take(&mut self, what: &str, wanted: impl Fn(&Progress) -> bool) -> Progress {
        self.until(|d| d.progress.iter().any(&wanted), what);
        let index = self.progress.iter().position(wanted).expect("just seen");
        self.progress.remove(index)
    }

    /// Seizes a tracee, no more.
    pub fn begin_untold(&mut self, tracee: &Tracee) {
        self.tracer.seize(tracee.pid()).expect("seize");
    }

    /// Seizes a tracee and starts its action.
    pub fn begin(&mut self, tracee: &Tracee) {
        self.begin_untold(tracee);
        tracee.send_line();
    }

    pub fn finished(&mut self, tracee: &Tracee) -> Trace {
        match self.take("finished", |p| matches!(p, Progress::Finished(pid, _) if *pid == tracee.pid())) {
            Progress::Finished(_, trace) => trace,
            _ => unreachable!(),
        }
    }

    pub fn died(&mut self, tracee: &Tracee) -> Trace {
        match self.take("died", |p| matches!(p, Progress::Died(pid, _) if *pid == tracee.pid())) {
            Progress::Died(_, trace) => trace,
            _ => unreachable!(),
        }
    }

    /// A whole action.
    pub fn action(&mut self, tracee: &Tracee) -> Trace {
        self.begin(tracee);
        self.finished(tracee)
    }

    /// How a process ends.
    pub fn end_of(&mut self, pid: i32) -> End {
        self.until(|d| d.ends.contains_key(&pid), "the end of a process");
        self.ends[&pid]
    }
}

/// Any signal, also a real-time one, for which nix has no type.
pub fn send(pid: i32, signal: i32) {
    let status = Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status();
    assert!(status.is_ok_and(|s| s.success()), "kill -{signal} {pid}");
}

/// The process that the first clone or fork of a trace made.
pub fn child_of(trace: &Trace) -> i32 {
    let made = trace.calls.iter().filter_map(decode).find_map(|call| match call.outcome {
        Outcome::Returned(pid) if ["clone", "clone3", "fork", "vfork"].contains(&call.name.as_str()) => {
            Some(pid)
        }
        _ => None,
    });
    i32::try_from(made.expect("a child")).expect("a pid")
}

fn status(pid: i32, field: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(text.lines().find_map(|line| line.strip_prefix(field))?.trim().to_owned())
}

/// Who traces this process; 0 for nobody.
pub fn tracer_of(pid: i32) -> Option<i32> {
    status(pid, "TracerPid:")?.parse().ok()
}

/// Its parent.
pub fn parent_of(pid: i32) -> Option<i32> {
    status(pid, "PPid:")?.parse().ok()
}

/// The letter of its state.
pub fn state(pid: i32) -> Option<char> {
    status(pid, "State:")?.chars().next()
}

/// Compares lines with patterns: `*` stands for anything, and `||` separates what an architecture without the older
/// system call has instead.
pub fn assert_lines(lines: &[String], patterns: &[&str]) {
    let fits = |line: &String, pattern: &&str| pattern.split("||").any(|p| matches(line, p));
    let all = lines.len() == patterns.len() && lines.iter().zip(patterns).all(|(l, p)| fits(l, p));
    assert!(all, "got\n{}\nwanted\n{}", lines.join("\n"), patterns.join("\n"));
}

pub fn matches(line: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => line == pattern,
        Some((head, rest)) => line.strip_prefix(head).is_some_and(|tail| {
            (0..=tail.len()).filter(|i| tail.is_char_boundary(*i)).any(|i| matches(&tail[i..], rest))
        }),
    }
}
