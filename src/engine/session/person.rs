//! A person in the world: in a shell, or doing a step by hand.

use super::{Emit, Session, stays_out};
use crate::actor::client::Lost;
use crate::engine::step::Stage;
use crate::engine::step::attempt::{Attempt, Begun};
use crate::engine::world::World;
use crate::events::{Event, Refusal, Status};
use crate::lesson::by_hand::{self, Hands, Observes};
use crate::vocabulary::Step;
use std::path::Path;

impl<'l> Session<'l> {
    /// Lets a person in, and while a step is tried, into one more box.
    pub(super) fn open_shell(
        &mut self,
        of: &str,
        tty: &Path,
        emit: Emit,
    ) -> Result<Result<(), Refusal>, Lost> {
        let opened = self.shell(of, tty, emit)?;
        if opened.is_ok() {
            self.take_over(of, false, emit)?;
        }
        Ok(opened)
    }

    /// The shell stands in for its box, where that box acts in the step that is tried. Says whether there is still something to do.
    fn take_over(&mut self, of: &str, first: bool, emit: Emit) -> Result<bool, Lost> {
        let (Some(world), Some(attempt)) = (&mut self.world, &mut self.attempt) else { return Ok(true) };
        if !world.stand_ins().contains_key(of) {
            return Ok(true);
        }
        let (lesson, machine) = (self.lesson, self.machine);
        let mut stage = Stage { world, lesson, machine, earlier: &mut self.earlier, maps: self.maps, emit };
        attempt.take_over(&mut stage, of, first)
    }

    /// Lets a person in. From then on the world is not the lesson's any more.
    pub(super) fn shell(&mut self, of: &str, tty: &Path, emit: Emit) -> Result<Result<(), Refusal>, Lost> {
        let open = |world: &World| world.has_shell_in(of) || world.has_shell() && self.attempt.is_none();
        if self.world.as_ref().is_some_and(open) {
            return Ok(Err(Refusal::ShellOpen));
        }
        if self.world.is_none()
            && let Some(failed) = self.get_to(1, emit)?
        {
            return Ok(Err(Refusal::StepFailed { title: failed.title }));
        }
        let Some(world) = &mut self.world else { return Ok(Err(Refusal::NoWorld)) };
        let pid = match world.may_have_shell(of) {
            Ok(pid) => pid,
            Err(refusal) => return Ok(Err(refusal)),
        };
        // What is prepared was not prepared for what a person does.
        self.prepared = None;
        world.pause_workloads(false)?;
        // Also when it comes to nothing: the table of the box may be closed off by then.
        self.touched = true;
        Ok(world.start_shell(of, pid, tty)?.map(|shell| {
            let (notice, variables) = (shell.notice, shell.variables);
            emit(Event::ShellStarted { of: of.to_owned(), pid: shell.pid, notice, variables });
        }))
    }

    /// Lets a person do a step: gets there, makes what is given, and lets the person in.
    pub(super) fn attempt(
        &mut self,
        index: usize,
        tty: &Path,
        emit: Emit,
    ) -> Result<Result<(), Refusal>, Lost> {
        let (step, hands) = match self.may_try(index) {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.inside = hands.inside;
        let failed = self.get_to(index, emit);
        self.inside = None;
        if let Some(failed) = failed? {
            return Ok(Err(Refusal::StepFailed { title: failed.title }));
        }
        (self.made, self.touched) = (index, true);
        let prepared = self.prepared.take();
        emit(Event::StepStarted { index, id: step.id.clone(), title: step.title.clone() });
        emit(Event::Trying { index, boxes: hands.shells.clone() });
        let Some(world) = &mut self.world else { return Ok(Err(Refusal::NoWorld)) };
        let (lesson, machine) = (self.lesson, self.machine);
        let mut stage =
            Stage { world, lesson, machine, earlier: &mut self.earlier, maps: self.maps, emit: &mut *emit };
        let attempt = match Attempt::begin(&mut stage, step, &hands, prepared.map(|p| *p))? {
            Begun::Yours(attempt) => attempt,
            Begun::Failed(record) => {
                emit(Event::StepEnded(record));
                return Ok(Err(Refusal::GivenFailed));
            }
            Begun::Already => {
                return Ok(Err(Refusal::AlreadyTrue));
            }
        };
        if hands.observes != Observes::Nothing
            && let Some(world) = &mut self.world
        {
            world.observe_shells(Some(attempt.failures()));
        }
        if let Err(refusal) = self.shell(hands.first(), tty, emit)? {
            if let Some(world) = &mut self.world {
                world.observe_shells(None);
            }
            return Ok(Err(refusal));
        }
        self.attempt = Some(attempt);
        let first = hands.first().to_owned();
        if let Some(world) = &mut self.world {
            world.try_with(hands);
        }
        if !self.take_over(&first, true, emit)? {
            self.end_shells(emit)?;
            return Ok(Err(Refusal::AlreadyTrue));
        }
        self.look(emit).map(Ok)
    }

    /// The step, and how a person does it.
    fn may_try(&self, index: usize) -> Result<(&'l Step, Hands), Refusal> {
        let step = index.checked_sub(1).and_then(|i| self.lesson.steps.get(i));
        let step = step.ok_or_else(|| self.no_step(index))?;
        let hands = by_hand::can(self.lesson, step, self.machine.variant()).map_err(Refusal::NotByHand)?;
        match stays_out(step, self.lesson, self.machine) {
            None => Ok((step, hands)),
            Some(Status::Blocked { reason, remedy }) => Err(Refusal::Blocked { reason, remedy }),
            Some(_) => Err(Refusal::OtherMachine),
        }
    }

    /// Ends the shells, if there are any, and says so.
    pub(super) fn end_shells(&mut self, emit: Emit) -> Result<(), Lost> {
        self.attempt = None;
        if let Some(world) = self.world.as_mut().filter(|w| w.has_shell()) {
            let open = world.shells();
            let ended = world.end_shells();
            for of in open {
                emit(Event::ShellEnded { of });
            }
            return ended;
        }
        Ok(())
    }
}
