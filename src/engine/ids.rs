//! The ids that runs use. A run started by root gets a range that is in use nowhere else: not by another run, a user, or a container.

use super::name_service::knows_only_files;
use crate::actor::client::{Client, Lost};
pub use crate::actor::ids::IdRange;
use crate::actor::{frame, ledger, sweep};
use crate::probe::{process, text};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The size of a range, with room for the ids of an ordinary machine and its `nobody`.
const COUNT: u32 = 65_536;
/// The slots of that size from which ranges are taken: ids 2000224256 to 2147352575. systemd's table of ids (<https://systemd.io/UIDS-GIDS/>) leaves
/// 1879048192 to 2147352575 unassigned; below the first of these, SSSD gives out ids (up to 2000200000, `sssd-ldap(5)`) and OpenShift ranges. Default
/// ranges of subordinate ids end at 600100000 (`SUB_UID_MAX` in `login.defs(5)`).
const SLOTS: std::ops::RangeInclusive<u32> = 30_521..=32_765;
/// How many ranges are tried before a run is refused.
const TRIES: usize = 64;
/// From this many threads on the machine, processes are not read one by one: a user id is asked about in a hundredth of the time.
const MANY: u16 = 1000;
/// How long the list of ids in use is kept before it is read again: 10 s.
const FRESH: Duration = Duration::from_secs(10);
/// How long the name service has to answer before it counts as one without users: 3 s.
const ANSWER: Duration = Duration::from_secs(3);
/// If there is only one range, how long a run waits for the one before it: 20 s.
const TURN: Duration = Duration::from_secs(20);
/// How often to check whether that run has ended.
const LOOK: Duration = Duration::from_millis(100);

/// First and last id of a range, or of ids that are not available.
type Ids = (u64, u64);

/// Where the ids of runs come from.
pub struct Pool {
    source: Source,
    /// Slots in which others have ids, and when that was read.
    used: Mutex<Option<(Instant, BTreeSet<u32>)>>,
    /// Whether the name service failed to answer in time; then it is not asked again.
    silent: AtomicBool,
    /// A range that was found to be free ahead of its run.
    free: Mutex<Option<IdRange>>,
    /// How many ranges this program has taken.
    given: AtomicU32,
}

#[derive(Debug, PartialEq, Eq)]
enum Source {
    /// An ordinary user's own id.
    Own(IdRange),
    /// One slot for each run of root. The first is never given to a run: trials take an id from it.
    Each(Vec<u32>),
    /// The range that a small map offers: one run of root at a time.
    One(IdRange),
}

impl Source {
    /// The source for root, by the maps of its user namespace.
    fn of_root(uid_map: &str, gid_map: &str, taken: &[Ids]) -> Self {
        let (uids, gids) = (mapped(uid_map), mapped(gid_map));
        let within = |map: &[Ids], slot: u32| {
            let range = range_of(slot);
            let (first, last) = (u64::from(range.first), last_of(range));
            map.iter().any(|(from, to)| *from <= first && last <= *to)
        };
        let slots: Vec<u32> = SLOTS.filter(|slot| within(&uids, *slot) && within(&gids, *slot)).collect();
        if slots.len() > 1 { Source::Each(slots) } else { Source::One(largest_gap(&uids, &gids, taken)) }
    }
}

fn range_of(slot: u32) -> IdRange {
    IdRange { first: slot * COUNT, count: COUNT }
}

fn last_of(range: IdRange) -> u64 {
    (u64::from(range.first) + u64::from(range.count)).saturating_sub(1)
}

/// The ids that a map offers, as numbered inside (`user_namespaces(7)`).
fn mapped(map: &str) -> Vec<Ids> {
    let line = |line: &str| {
        let f: Vec<u64> = line.split_ascii_whitespace().filter_map(|n| n.parse().ok()).collect();
        let (first, count) = (*f.first()?, *f.get(2)?);
        Some((first, (first + count).checked_sub(1)?))
    };
    map.lines().filter_map(line).collect()
}

/// Whether a map has all ids of a range.
fn offers(map: &str, range: IdRange) -> bool {
    let (first, last) = (u64::from(range.first), last_of(range));
    mapped(map).iter().any(|(from, to)| *from <= first && last <= *to)
}

/// The largest part of both maps in which no id is in use, without the first id of each line (root's, or a service's); failing that, the largest part. Of a
/// large part, its end.
fn largest_gap(uids: &[Ids], gids: &[Ids], taken: &[Ids]) -> IdRange {
    let both = uids.iter().flat_map(|u| gids.iter().map(|g| (u.0.max(g.0) + 1, u.1.min(g.1))));
    let parts: Vec<Ids> = both.filter(|(first, last)| first <= last).collect();
    let mut taken = taken.to_vec();
    taken.sort_unstable();
    let free = |part: &Ids| {
        let (mut gaps, mut from) = (Vec::new(), part.0);
        for (first, last) in taken.iter().filter(|(first, last)| *last >= part.0 && *first <= part.1) {
            gaps.push((from, first.saturating_sub(1)));
            from = from.max(last + 1);
        }
        gaps.push((from, part.1));
        gaps.into_iter().filter(|(first, last)| first <= last).collect::<Vec<Ids>>()
    };
    let gaps: Vec<Ids> = parts.iter().flat_map(free).collect();
    let best = gaps.into_iter().max_by_key(|(first, last)| last - first);
    let Some((first, last)) = best.or_else(|| parts.into_iter().max_by_key(|(first, last)| last - first))
    else {
        return IdRange { first: 0, count: 0 };
    };
    let first = first.max((last + 1).saturating_sub(u64::from(COUNT)));
    IdRange { first: u32::try_from(first).unwrap_or(0), count: (last - first + 1) as u32 }
}

impl Pool {
    /// The pool for the user who starts the lab.
    ///
    /// # Errors
    /// When `/proc/self` does not show the maps.
    pub fn read(uid: u32) -> io::Result<Self> {
        let source = if uid == 0 {
            let map = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}"));
            let (uids, gids) = (map("uid_map")?, map("gid_map")?);
            match Source::of_root(&uids, &gids, &[]) {
                // A run that is there has its processes in its range, which is the one to wait for and no part of what others use.
                Source::One(_) => match ledger::claimed().into_iter().find(|range| offers(&uids, *range)) {
                    Some(range) => Source::One(range),
                    // Only this source needs to know which ids are in use.
                    None => Source::of_root(&uids, &gids, &taken(Path::new("/"), true)),
                },
                each => each,
            }
        } else {
            Source::Own(IdRange { first: uid, count: 1 })
        };
        Ok(Pool {
            source,
            used: Mutex::new(None),
            silent: AtomicBool::new(false),
            free: Mutex::new(None),
            given: AtomicU32::new(0),
        })
    }

    /// Ids for trials, as many as a run has.
    pub fn of_trials(&self) -> IdRange {
        match &self.source {
            Source::Own(range) | Source::One(range) => *range,
            Source::Each(slots) => range_of(slots.first().copied().unwrap_or(*SLOTS.start())),
        }
    }

    /// A description of a run's ids.
    pub fn described(&self) -> String {
        let (first, last) = match &self.source {
            Source::Own(range) => return format!("a run has the id {}", range.first),
            Source::One(range) => {
                let all = (range.first, last_of(*range));
                return format!("a run has the ids {} to {} here, one run at a time", all.0, all.1);
            }
            Source::Each(slots) => (slots.get(1), slots.last()),
        };
        let first = first.map_or(0, |slot| u64::from(range_of(*slot).first));
        format!(
            "each run has {COUNT} ids between {first} and {}",
            last.map_or(0, |slot| last_of(range_of(*slot)))
        )
    }

    /// Whether runs go one at a time.
    pub fn takes_turns(&self) -> bool {
        match &self.source {
            Source::One(_) => true,
            Source::Own(_) | Source::Each(_) => false,
        }
    }

    /// Whether another run waits for the ids that one run at a time can have.
    pub fn is_awaited(&self) -> bool {
        match &self.source {
            Source::One(range) => ledger::is_awaited(*range),
            Source::Own(_) | Source::Each(_) => false,
        }
    }

    /// Takes the ids of a new run. They are noted in its ledger, and belong to the run until that is undone.
    ///
    /// # Errors
    /// When no ids are available, the run is cancelled, or its ledger cannot be written.
    pub fn take(&self, client: &mut Client) -> Result<IdRange, Lost> {
        match &self.source {
            Source::Own(range) => Ok(*range),
            Source::One(range) => await_turn(*range, client),
            Source::Each(slots) => self.take_one_of(slots, client),
        }
    }

    /// Finds out ahead what [`Self::take`] has to know. The name service takes longer than anything else before a run, and many processes may too, so this
    /// is for a thread beside the other preparations.
    pub fn look_ahead(&self) {
        let Source::Each(slots) = &self.source else { return };
        let used = self.used();
        if let Some(range) = self.ranges(slots, &used).next().filter(|range| self.is_free(*range)) {
            *lock(&self.free) = Some(range);
        }
    }

    /// Ranges that no file gives to anybody, in the order in which they are to be tried. It does not begin with the first one: files that one run could not
    /// remove would belong to the next.
    fn ranges<'a>(&self, slots: &'a [u32], used: &'a BTreeSet<u32>) -> impl Iterator<Item = IdRange> + 'a {
        let slots = slots.get(1..).unwrap_or_default();
        let start = std::process::id().wrapping_add(self.given.load(Ordering::Relaxed)) as usize;
        let all = (0..slots.len()).filter_map(move |i| slots.get((start + i) % slots.len()));
        all.filter(|slot| !used.contains(slot)).map(|slot| range_of(*slot))
    }

    fn take_one_of(&self, slots: &[u32], client: &mut Client) -> Result<IdRange, Lost> {
        let used = self.used();
        for range in self.ranges(slots, &used).take(TRIES) {
            let known = lock(&self.free).take() == Some(range);
            if (known || self.is_free(range)) && client.claim(range, true)? {
                self.given.fetch_add(1, Ordering::Relaxed);
                return Ok(range);
            }
        }
        Err(Lost::Busy {
            why: format!("every range of ids that was tried is used: {}", self.described()),
            remedy: "isolab clean, or end other runs of root".to_owned(),
        })
    }

    /// The slots in which others have ids.
    fn used(&self) -> BTreeSet<u32> {
        let mut known = lock(&self.used);
        if let Some((when, used)) = &*known
            && when.elapsed() < FRESH
        {
            return used.clone();
        }
        let used = slots_of(&taken(Path::new("/"), !are_many_processes()));
        *known = Some((Instant::now(), used.clone()));
        used
    }

    fn is_free(&self, range: IdRange) -> bool {
        let has_owner = || are_many_processes() && has_processes(range);
        !has_owner() && !self.is_named(range)
    }

    /// Whether a user or group has the first or last id of a range. The files are read anyway; this asks the other sources of the name service (LDAP, …),
    /// where there are any.
    fn is_named(&self, range: IdRange) -> bool {
        if self.silent.load(Ordering::Relaxed) || knows_only_files(Path::new("/")) {
            return false;
        }
        let ids = [range.first.to_string(), last_of(range).to_string()];
        // Both are asked before the first answer is awaited.
        let asked = ["passwd", "group"].map(|database| ask(database, &ids));
        let answers = asked.map(|child| child.map_or(Some(false), answer));
        if answers.contains(&None) {
            self.silent.store(true, Ordering::Relaxed);
        }
        answers.contains(&Some(true))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether there are so many threads that asking about each id of a range is quicker than reading whose each process is.
fn are_many_processes() -> bool {
    rustix::system::sysinfo().procs > MANY
}

/// Whether a process has one of these as its real user id: the kernel keeps a table of them (`getpriority(2)` with `PRIO_USER`).
fn has_processes(range: IdRange) -> bool {
    let ids = u64::from(range.first)..=last_of(range);
    ids.filter_map(|id| u32::try_from(id).ok()).any(|id| {
        let asked = rustix::process::getpriority_user(rustix::process::Uid::from_raw(id));
        asked != Err(rustix::io::Errno::SRCH)
    })
}

/// Asks the name service by `getent(1)`: a program can be killed if the service does not answer. Without the program there are only the files.
fn ask(database: &str, ids: &[String]) -> Option<Child> {
    let mut command = Command::new("getent");
    command.arg(database).args(ids).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().ok()
}

/// Whether the name service knows an id; `None` if it did not answer in time.
fn answer(mut asked: Child) -> Option<bool> {
    let answer = asked.stdout.take().and_then(|mut said| {
        let answered = frame::readable(&said, ANSWER).unwrap_or(false);
        answered.then(|| io::Read::read(&mut said, &mut [0; 1]).is_ok_and(|n| n > 0))
    });
    let _ = asked.kill();
    let _ = asked.wait();
    answer
}

/// Waits until the only range is free.
fn await_turn(range: IdRange, client: &mut Client) -> Result<IdRange, Lost> {
    let until = Instant::now() + TURN;
    let mut noted = false;
    loop {
        let holder = ledger::holder(range);
        // The first time also where another run has it: a run that only waits for a person finds in the ledger that this one wants it.
        if (holder.is_none() || !noted) && client.claim(range, false)? {
            return Ok(range);
        }
        noted = true;
        if Instant::now() > until {
            let (first, last) = (range.first, last_of(range));
            let who = holder.unwrap_or_else(|| "another run".to_owned());
            return Err(Lost::Busy {
                why: format!(
                    "{who} has the only ids that this user namespace offers for a run ({first} to {last})"
                ),
                remedy: "wait until that run has ended, or start isolab as an ordinary user".to_owned(),
            });
        }
        // The run that has it may be dead.
        sweep::sweep(Duration::ZERO);
        client.pause(LOOK)?;
    }
}

/// Ids in use: users and groups in the files, subordinate ids, and if asked for, running processes. Not the owners of files: searching all files would take too long.
fn taken(root: &Path, processes: bool) -> Vec<Ids> {
    let lines = |file: &str, fields: fn(&[&str]) -> Option<Ids>| {
        let text = std::fs::read(root.join(file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        text.lines().filter_map(|l| fields(&l.split(':').collect::<Vec<_>>())).collect::<Vec<Ids>>()
    };
    let one = |f: &[&str]| f.get(2)?.trim().parse().ok().map(|id: u64| (id, id));
    let range = |f: &[&str]| {
        let (first, count): (u64, u64) = (f.get(1)?.trim().parse().ok()?, f.get(2)?.trim().parse().ok()?);
        Some((first, first.checked_add(count)?.checked_sub(1)?))
    };
    let mut all: Vec<Ids> = Vec::new();
    for (file, fields) in [("etc/passwd", one as fn(&[&str]) -> _), ("etc/group", one)] {
        all.extend(lines(file, fields));
    }
    for file in ["etc/subuid", "etc/subgid"] {
        all.extend(lines(file, range));
    }
    let proc = processes.then(|| std::fs::read_dir(root.join("proc")));
    for entry in proc.into_iter().flatten().flatten().flatten() {
        if !entry.file_name().as_encoded_bytes().first().is_some_and(u8::is_ascii_digit) {
            continue;
        }
        // Trials and boxes of another lab that is about to claim its range.
        if process::is_own_program(&entry.path()) {
            continue;
        }
        let status = text::read(&entry.path().join("status")).unwrap_or_default();
        let lines = status.lines().filter(|l| ["Uid:", "Gid:", "Groups:"].iter().any(|f| l.starts_with(f)));
        let ids = lines.flat_map(str::split_ascii_whitespace).filter_map(|id| id.parse::<u64>().ok());
        all.extend(ids.map(|id| (id, id)));
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// The slots that overlap these ranges.
fn slots_of(taken: &[Ids]) -> BTreeSet<u32> {
    let slot = |id: u64| (id / u64::from(COUNT)).min(u64::from(u32::MAX)) as u32;
    let within = |(first, last): &Ids| slot(*first).max(*SLOTS.start())..=slot(*last).min(*SLOTS.end());
    taken.iter().flat_map(within).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "         0          0 4294967295\n";

    #[test]
    fn the_slots_lie_in_what_nobody_assigns() {
        let Source::Each(slots) = Source::of_root(ALL, ALL, &[]) else { panic!("no slots") };
        let (first, last) = (slots[0], *slots.last().expect("slots"));
        assert!(range_of(first).first > 2_000_200_000);
        assert_eq!(last_of(range_of(last)), 2_147_352_575);
        assert_eq!(slots.len(), 2_245);
    }

    #[test]
    fn a_small_map_has_one_range_without_those_who_are_there() {
        let one = |uids: &str, taken: &[Ids]| Source::of_root(uids, uids, taken);
        let range = |first, count| Source::One(IdRange { first, count });
        assert_eq!(one("0 100000 65536\n", &[]), range(1, 65_535));
        let users = [(0, 0), (1, 1), (33, 33), (1000, 1000), (65_534, 65_534)];
        assert_eq!(one("0 100000 65536\n", &users), range(1001, 64_533));
        assert_eq!(one("0 1000 1\n1 100000 65536", &[(100, 165_535)]), range(2, 98));
        assert_eq!(one("0 1000000 1000000000", &[(0, 0)]), range(999_934_464, 65_536));
        assert_eq!(one("0 1000 2", &[(0, 0), (1, 1)]), range(1, 1), "better one that is used than none");
        assert_eq!(one("0 1000 1", &[]), range(0, 0), "root's own id is not for a run");
        assert_eq!(Source::of_root(ALL, "0 100000 65536", &[]), range(1, 65_535), "both maps count");
    }

    #[test]
    fn a_process_is_found_by_its_id() {
        let own = rustix::process::getuid().as_raw();
        assert!(has_processes(IdRange { first: own, count: 2 }));
        // Trials and runs take theirs below; nobody has these.
        assert!(!has_processes(IdRange { first: u32::MAX - 9000, count: 1000 }));
    }

    #[test]
    fn who_has_ids_is_read_from_all_lines() {
        let root = std::env::temp_dir().join(format!("isolab-taken-{}", std::process::id()));
        for directory in ["etc", "proc/7", "proc/self"] {
            std::fs::create_dir_all(root.join(directory)).expect("a directory");
        }
        let write = |file: &str, text: &[u8]| std::fs::write(root.join(file), text).expect("a file");
        write("etc/passwd", b"root:x:0:0::/:\nodd\nb\xffd:x:2010000000:5::/:\n");
        write("etc/subuid", b"a:100000:65536\nb:2020000000:65536\ncontainers:2147000000:2147483648\n");
        write(
            "proc/7/status",
            b"Name:\tx\nUid:\t5\t2030000000\t5\t5\nGid:\t1\t1\t1\t1\nGroups:\t2040000000 \n",
        );
        let taken = taken(&root, true);
        std::fs::remove_dir_all(&root).expect("removed");
        let used = slots_of(&taken);
        for id in
            [2_010_000_000_u32, 2_020_000_000, 2_020_065_535, 2_030_000_000, 2_040_000_000, 2_147_352_575]
        {
            assert!(used.contains(&(id / COUNT)), "{id}");
        }
        assert_eq!(used.len(), 5 + (SLOTS.end() - 2_147_000_000 / COUNT + 1) as usize, "and no others");
    }
}
