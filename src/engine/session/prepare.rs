//! A step is prepared when it is opened, so that a person sees what is there before, and thinks about it.

use super::{Emit, Session, blank, stays_out};
use crate::actor::client::Lost;
use crate::engine::step::Stage;
use crate::engine::step::prepare::{self, Readied};
use crate::events::Event;

impl Session<'_> {
    /// Gets to a step, makes what is given, reads before, and lets it wait. For a step that is prepared already, the events come again.
    pub(super) fn prepare(&mut self, index: usize, emit: Emit) -> Result<(), Lost> {
        let Some(step) = index.checked_sub(1).and_then(|i| self.lesson.steps.get(i)) else { return Ok(()) };
        if let Some(status) = stays_out(step, self.lesson, self.machine) {
            let world = self.world();
            emit(Event::StepEnded(Box::new(blank(world, step, status))));
            return Ok(());
        }
        if self.get_to(index, emit)?.is_some() {
            return Ok(());
        }
        let Some(world) = &mut self.world else { return Ok(()) };
        emit(Event::StepStarted { index, id: step.id.clone(), title: step.title.clone() });
        let (lesson, machine) = (self.lesson, self.machine);
        let mut stage =
            Stage { world, lesson, machine, earlier: &mut self.earlier, maps: self.maps, emit: &mut *emit };
        if let Some(prepared) = &self.prepared {
            prepare::tell(prepared, &mut stage);
        } else {
            match prepare::prepare(&mut stage, step)? {
                Readied::Waits(prepared) => self.prepared = Some(prepared),
                Readied::Failed(record) => {
                    (self.made, self.touched) = (index, true);
                    emit(Event::StepEnded(record));
                    return Ok(());
                }
            }
        }
        emit(Event::Prepared { index });
        Ok(())
    }

    /// A prepared step whose boxes do not live any more is of no use, and neither is its world.
    pub(super) fn discard_if_ended(&mut self, emit: Emit) {
        let (Some(prepared), Some(world)) = (&self.prepared, &mut self.world) else { return };
        // Whatever became of the guardian, the next world gets another one.
        if world.sync().is_err() || world.living() != prepared.living {
            self.discard(emit);
        }
    }
}
