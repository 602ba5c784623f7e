//! What this machine allows: read and tried once, before anything runs.

use super::ids::{IdRange, Pool};
use super::needs;
use crate::actor::room::room;
use crate::actor::scene::Host;
use crate::actor::trial::{self, Answer, Refusal, Surroundings, Trial};
use crate::events::{ActionList, ActionPlace, Readiness};
use crate::model::Errno;
use crate::probe::cgroup::{Blocked, Delegation, Hierarchies, Starter, delegation};
use crate::probe::release;
use crate::vocabulary::control::Knob;
use crate::vocabulary::controller::Controller;
use crate::vocabulary::need::{DecidedBy, KernelVersion};
use crate::vocabulary::when::{Rights, When};
use crate::vocabulary::{Ability, Action, Lesson, Need, Step, Variant, Verb, Version};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The machine, and who starts the lab on it.
pub struct Machine {
    /// The starter's user id.
    pub uid: u32,
    /// The starter's group id.
    pub gid: u32,
    /// Ids for trials, as many as a run has; an ordinary user has only its own.
    pub ids: IdRange,
    /// The source of the ids of runs.
    pub pool: Pool,
    /// The host as the guard compares with it.
    pub host: Host,
    /// Where cgroup controllers are.
    pub hierarchies: Hierarchies,
    /// CPUs that the lab may use.
    pub cpus: Vec<u32>,
    /// The kernel's release, as `uname -r` prints it.
    pub kernel: String,
    variant: Variant,
    trials: Mutex<BTreeMap<Trial, Result<(), Refusal>>>,
}

fn variant(hierarchies: &Hierarchies, uid: u32) -> Variant {
    let rights = if uid == 0 { Rights::Root } else { Rights::Rootless };
    let known = hierarchies.clone();
    Variant::new(hierarchies.version(), rights).with_files(move |name| file_name(&known, name))
}

/// The name of a control file on this machine, or of the two that stand for one of v2's.
fn file_name(hierarchies: &Hierarchies, name: &str) -> Option<String> {
    let knob = Knob::find(name).ok()?;
    let home = match knob.content.carrier.controller() {
        Some(controller) => hierarchies.home(controller),
        None => hierarchies.home(Controller::Cpu).or_else(|| hierarchies.home(Controller::Memory)),
    };
    Some(knob.content.source(home?.version)?.files.join(" and "))
}

impl Machine {
    /// Reads it.
    ///
    /// # Errors
    /// When `/proc` does not answer, or shows another PID namespace.
    pub fn read() -> io::Result<Self> {
        own_proc()?;
        let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let pool = Pool::read(uid)?;
        let hierarchies = Hierarchies::detect(Path::new("/proc"))?;
        let set = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0)).map_err(io::Error::from)?;
        let cpus = (0..nix::sched::CpuSet::count())
            .filter(|c| set.is_set(*c).unwrap_or(false))
            .filter_map(|c| u32::try_from(c).ok())
            .collect();
        Ok(Machine {
            uid,
            gid,
            ids: pool.of_trials(),
            pool,
            host: Host::read()?,
            variant: variant(&hierarchies, uid),
            hierarchies,
            cpus,
            kernel: release::read(Path::new("/proc")),
            trials: Mutex::new(BTreeMap::new()),
        })
    }

    /// Started by an ordinary user.
    pub fn rootless(&self) -> bool {
        self.uid != 0
    }

    /// Which cgroup version's texts apply.
    pub fn version(&self) -> Version {
        self.hierarchies.version()
    }

    /// Which variant of a lesson applies here.
    pub fn variant(&self) -> &Variant {
        &self.variant
    }

    /// Whether something applies here: `when`, if there is one, decides.
    pub fn applies(&self, when: Option<&When>) -> bool {
        self.variant.meets(when)
    }

    /// The verbs of a list of actions that apply here, in order: each with its place and its action.
    pub fn verbs<'l>(
        &self,
        list: ActionList,
        actions: &'l [Action],
    ) -> impl Iterator<Item = (ActionPlace, &'l Action, &'l Verb)> {
        let here =
            actions.iter().enumerate().filter(|(_, action)| self.applies(action.modifiers.when.as_ref()));
        here.flat_map(move |(at, action)| {
            let verbs = action.verbs.iter().enumerate();
            verbs.map(move |(of, verb)| (ActionPlace { list, action: at, verb: of }, action, verb))
        })
    }

    /// The result of a trial, made when first needed.
    fn trial(&self, trial: Trial) -> Result<(), Refusal> {
        let mut known = self.trials.lock().unwrap_or_else(PoisonError::into_inner);
        if known.iter().any(|(made, result)| result.is_ok() && made.covers(trial)) {
            return Ok(());
        }
        known.entry(trial).or_insert_with(|| trial.make(self.ids.first)).clone()
    }

    /// Makes the trials that these lessons need before they run, and with `steps` those of their steps, side by side. What succeeds is known from then on;
    /// only what is tried alone is called blocked.
    pub fn try_ahead<'l>(&self, lessons: impl IntoIterator<Item = &'l Lesson>, steps: bool) {
        let mut wanted = BTreeSet::from([Trial::Of(Ability::User)]);
        for lesson in lessons {
            let in_steps = lesson.steps.iter().filter(|_| steps);
            let of_needs = lesson.needs.iter().chain(in_steps.clone().flat_map(|s| &s.needs));
            let declared = of_needs.filter_map(|need| match need.decided_by() {
                DecidedBy::Trial(ability) => Some(ability),
                _ => None,
            });
            let of_steps = in_steps.flat_map(|step| needs::of_step(step, lesson, &self.variant));
            wanted.extend(
                declared.chain(needs::of_lesson(lesson, &self.variant)).chain(of_steps).map(Trial::Of),
            );
            wanted.insert(Trial::Processes(needs::processes(lesson)));
        }
        let mut known = self.trials.lock().unwrap_or_else(PoisonError::into_inner);
        let covered = |trial: &Trial| {
            known.iter().any(|(made, result)| result.is_ok() && made.covers(*trial))
                || wanted.iter().any(|other| other != trial && other.covers(*trial))
        };
        let left: Vec<Trial> = wanted.iter().filter(|trial| !covered(trial)).copied().collect();
        // Alone it would not be quicker.
        if left.len() > 1 {
            known.extend(trial::succeeding(&left, self.ids.first).into_iter().map(|made| (made, Ok(()))));
        }
    }

    /// Whether this ability is there; tried when first needed.
    ///
    /// # Errors
    /// The cause and the remedy.
    pub fn can(&self, ability: Ability) -> Result<(), Blocked> {
        self.succeeds(Trial::Of(ability))
    }

    fn succeeds(&self, trial: Trial) -> Result<(), Blocked> {
        let refusal = match self.trial(trial) {
            Ok(()) => return Ok(()),
            Err(refusal) => refusal,
        };
        // Without ids every trial would be refused, for that reason.
        self.has_ids()?;
        Err(self.surroundings().explain(trial, &refusal))
    }

    fn surroundings(&self) -> Surroundings<'_> {
        let pids = self.hierarchies.home(Controller::Pids).map(|h| (h.own.clone(), h.mount.clone()));
        Surroundings { root: Path::new("/"), uid: self.uid, kernel: &self.kernel, pids }
    }

    /// How a run with these controllers may make cgroups.
    ///
    /// # Errors
    /// The cause and the remedy.
    pub fn delegation(&self, controllers: &[Controller]) -> Result<Delegation, Blocked> {
        delegation(&self.hierarchies, controllers, &Starter::here(Path::new("/")))
    }

    /// Whether a lesson can run here as a whole.
    ///
    /// # Errors
    /// The first need that is not met.
    pub fn allows(&self, lesson: &Lesson) -> Result<(), Blocked> {
        self.keeps_files(needs::room(lesson))?;
        self.shows_the_kernel()?;
        self.has_ids()?;
        self.allows_what_it_needs(lesson)
    }

    fn allows_what_it_needs(&self, lesson: &Lesson) -> Result<(), Blocked> {
        // Every run lives in a user namespace of its own.
        self.meets(&Need::UserNs)?;
        self.has_room_for(needs::processes(lesson))?;
        lesson.needs.iter().try_for_each(|need| self.meets(need))?;
        needs::of_lesson(lesson, &self.variant).into_iter().try_for_each(|ability| self.can(ability))?;
        let controllers = controllers(lesson);
        if controllers.is_empty() {
            return Ok(());
        }
        self.delegation(&controllers)?;
        let unswappable = lesson.cgroups.values().any(|c| c.swap == Some(false));
        if unswappable && self.hierarchies.swap && !self.hierarchies.limits_swap() {
            return Err(Blocked {
                reason: "this machine swaps, and its kernel does not limit the swap of a cgroup".to_owned(),
                remedy: "sudo swapoff -a (until the next boot), or boot with swapaccount=1".to_owned(),
            });
        }
        Ok(())
    }

    /// What [`Self::allows`] answers for each of these lessons. What does not depend on the lesson is asked once, and room for files, which may take the
    /// disk a while, for the lesson that needs the most.
    pub fn readiness(&self, lessons: &[&Lesson]) -> Vec<Readiness> {
        let most = lessons.iter().map(|lesson| needs::room(lesson)).max();
        let has_room = most.is_some_and(|most| self.keeps_files(most).is_ok());
        let here = self.shows_the_kernel().and_then(|()| self.has_ids());
        let allows = |lesson: &Lesson| {
            if !has_room {
                self.keeps_files(needs::room(lesson))?;
            }
            here.clone().and_then(|()| self.allows_what_it_needs(lesson))
        };
        let readiness = |lesson: &&Lesson| match allows(lesson) {
            Ok(()) if self.rootless() => Readiness::Rootless,
            Ok(()) => Readiness::Ready,
            Err(b) => Readiness::Blocked { reason: b.reason, remedy: b.remedy },
        };
        lessons.iter().map(readiness).collect()
    }

    /// Whether a step can be made, in a lesson that is allowed.
    ///
    /// # Errors
    /// The first need that is not met.
    pub fn allows_step(&self, lesson: &Lesson, step: &Step) -> Result<(), Blocked> {
        step.needs.iter().try_for_each(|need| self.meets(need))?;
        needs::of_step(step, lesson, &self.variant).into_iter().try_for_each(|ability| self.can(ability))
    }

    /// Whether a run may have this many processes at once.
    ///
    /// # Errors
    /// The cause and the remedy.
    pub fn has_room_for(&self, processes: u32) -> Result<(), Blocked> {
        self.succeeds(Trial::Processes(processes))
    }

    /// Whether a run's ledger and this many bytes of files can be made.
    ///
    /// # Errors
    /// The cause and the remedy.
    pub fn keeps_files(&self, bytes: u64) -> Result<(), Blocked> {
        room(bytes).map_err(|e| self.surroundings().files(Answer::Errno(Errno::of(&e))))
    }

    /// Whether `/proc` shows more than processes: lessons read the kernel's files in it.
    ///
    /// # Errors
    /// The cause and the remedy.
    pub fn shows_the_kernel(&self) -> Result<(), Blocked> {
        self.surroundings().whole_proc()
    }

    /// Whether there are ids for a run, other than root's.
    ///
    /// # Errors
    /// The cause and the remedy.
    pub fn has_ids(&self) -> Result<(), Blocked> {
        let blocked = |reason: &str, remedy: &str| {
            Err(Blocked { reason: reason.to_owned(), remedy: remedy.to_owned() })
        };
        if std::fs::read_to_string("/proc/self/uid_map").is_ok_and(|map| map.trim().is_empty()) {
            return blocked(
                "this user namespace maps no ids (/proc/self/uid_map is empty)",
                "start isolab outside of `unshare --user`, or map your own id: unshare --user --map-current-user isolab",
            );
        }
        if self.ids.count > 0 {
            return Ok(());
        }
        blocked(
            "this root is alone in its user namespace (/proc/self/uid_map has no id besides 0), and a \
             run must not have root's id",
            "start isolab outside of `unshare --map-root-user`, as the ordinary user",
        )
    }

    /// Whether one need is met. Idle CPUs are a matter of the moment, and counted when they matter.
    ///
    /// # Errors
    /// The cause and the remedy.
    pub fn meets(&self, need: &Need) -> Result<(), Blocked> {
        let met = |met: bool, reason: String, remedy: String| {
            if met { Ok(()) } else { Err(Blocked { reason, remedy }) }
        };
        match need.decided_by() {
            DecidedBy::Trial(ability) => self.can(ability),
            DecidedBy::Delegation(controller) => self.delegation(&[controller]).map(|_| ()),
            DecidedBy::IdRange => met(
                self.ids.count > 1,
                "an ordinary user may map only its own id".into(),
                "run isolab as root (sudo isolab …)".into(),
            ),
            DecidedBy::IdleCpus(_) => Ok(()),
            DecidedBy::Cpus(n) => met(
                self.cpus.len() >= n as usize,
                format!("{} CPU for the lab, {n} needed", self.cpus.len()),
                "give the virtual machine more CPUs, or start isolab without taskset".into(),
            ),
            DecidedBy::Program(name) => met(
                which::which(name).is_ok(),
                format!("{name} is not in PATH"),
                format!("install the package that has {name}"),
            ),
            DecidedBy::Kernel(wanted) => met(
                KernelVersion::of_release(&self.kernel) >= wanted,
                format!("this kernel is older than {wanted}"),
                "boot a newer kernel".into(),
            ),
        }
    }
}

/// Whether `/proc` shows this process under its own number. Else every number here would mean somebody else there, as after `unshare --pid --fork`
/// without `--mount-proc` (`pid_namespaces(7)`).
fn own_proc() -> io::Result<()> {
    let shown = std::fs::read_link("/proc/self")?;
    if shown == Path::new(&std::process::id().to_string()) {
        return Ok(());
    }
    Err(io::Error::other("it shows another PID namespace; mount this one's (mount -t proc proc /proc)"))
}

/// The controllers that a lesson's cgroups need.
pub fn controllers(lesson: &Lesson) -> Vec<Controller> {
    let mut all: Vec<Controller> = lesson.cgroups.values().flat_map(|c| c.controllers.clone()).collect();
    all.sort_unstable();
    all.dedup();
    all
}
