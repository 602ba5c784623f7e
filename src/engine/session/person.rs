//! A person in the world: in a shell, or doing a step by hand.

use super::{Emit, Session, stays_out};
use crate::actor::client::Lost;
use crate::engine::step::Stage;
use crate::engine::step::attempt::{Attempt, Begun};
use crate::engine::world::World;
use crate::events::{Event, Refusal, Status};
use crate::lesson::by_hand;
use crate::vocabulary::Step;
use std::path::Path;

impl<'l> Session<'l> {
    /// Lets a person in. From then on the world is not the lesson's any more.
    pub(super) fn shell(&mut self, of: &str, tty: &Path, emit: Emit) -> Result<Result<(), Refusal>, Lost> {
        if self.world.as_ref().is_some_and(World::has_shell) {
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
        let (step, actor) = match self.may_try(index) {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(failed) = self.get_to(index, emit)? {
            return Ok(Err(Refusal::StepFailed { title: failed.title }));
        }
        (self.made, self.touched) = (index, true);
        let prepared = self.prepared.take();
        emit(Event::StepStarted { index, id: step.id.clone(), title: step.title.clone() });
        let Some(world) = &mut self.world else { return Ok(Err(Refusal::NoWorld)) };
        let (lesson, machine) = (self.lesson, self.machine);
        let mut stage =
            Stage { world, lesson, machine, earlier: &mut self.earlier, maps: self.maps, emit: &mut *emit };
        let attempt = match Attempt::begin(&mut stage, step, prepared.map(|p| *p))? {
            Begun::Yours(attempt) => attempt,
            Begun::Failed(record) => {
                emit(Event::StepEnded(record));
                return Ok(Err(Refusal::GivenFailed));
            }
            Begun::Already => {
                return Ok(Err(Refusal::AlreadyTrue));
            }
        };
        if let Err(refusal) = self.shell(&actor, tty, emit)? {
            return Ok(Err(refusal));
        }
        self.attempt = Some(attempt);
        if let Some(world) = &mut self.world {
            world.stand_in(&actor);
        }
        self.look(emit).map(Ok)
    }

    /// The step, and the box that the person stands in for.
    fn may_try(&self, index: usize) -> Result<(&'l Step, String), Refusal> {
        let step = index.checked_sub(1).and_then(|i| self.lesson.steps.get(i));
        let step = step.ok_or_else(|| self.no_step(index))?;
        let actor = by_hand::can(self.lesson, step, self.machine.variant()).map_err(Refusal::NotByHand)?;
        match stays_out(step, self.lesson, self.machine) {
            None => Ok((step, actor)),
            Some(Status::Blocked { reason, remedy }) => Err(Refusal::Blocked { reason, remedy }),
            Some(_) => Err(Refusal::OtherMachine),
        }
    }

    /// Ends the shell, if there is one, and says so.
    pub(super) fn end_shell(&mut self, emit: Emit) -> Result<(), Lost> {
        self.attempt = None;
        if let Some(world) = self.world.as_mut().filter(|w| w.has_shell()) {
            let ended = world.end_shell();
            emit(Event::ShellEnded);
            return ended;
        }
        Ok(())
    }
}
