//! Keeps what a person did on the screen: progress and receipts, on a thread of its own, since a disk may take its time and the screen must not wait for it.

use super::check;
use crate::engine::machine::Machine as Here;
use crate::grading::receipt::{self, LessonReceipt, Machine, Receipt};
use crate::grading::tried::Tried;
use crate::lesson::file::LessonFile;
use crate::lesson::{Catalog, by_hand};
use crate::progress::{Store, receipts};
use crate::tui::message::Message;
use crate::tui::{Keep, Keeper};
use crate::vocabulary::{Lesson, Seed, Selection, Variant};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

/// The variable that turns receipts off, by the value `off`.
pub const VARIABLE: &str = "ISOLAB_RECEIPTS";

/// Whether what is typed is kept.
pub fn receipts_are_on() -> bool {
    std::env::var_os(VARIABLE).is_none_or(|value| value != "off")
}

/// What a receipt must know besides the attempt.
pub struct Surroundings {
    /// Where lessons are found.
    pub catalog: Arc<Catalog>,
    /// The machine, as a receipt names it.
    pub machine: Machine,
    /// Chooses the values that vary, and the alternatives.
    pub seed: Option<Seed>,
    /// Which variant of a lesson applies.
    pub variant: Variant,
}

/// The machine, as a receipt names it.
pub fn machine(here: &Here) -> Machine {
    let header = check::header(here);
    Machine {
        isolab: header.isolab,
        kernel: header.kernel,
        architecture: rustix::system::uname().machine().to_string_lossy().into_owned(),
        cgroup: header.cgroup,
        rights: header.rights,
    }
}

/// Starts the thread. What could not be kept comes back as [`Message::Told`].
pub fn start(
    store: Option<Store>,
    around: Surroundings,
    told: &Sender<Message>,
) -> (Box<Keeper>, JoinHandle<()>) {
    let (keep, kept) = channel::<Keep>();
    let told = told.clone();
    let keeper = std::thread::spawn(move || {
        let Some(mut store) = store else { return };
        for keep in kept {
            let failed = match keep {
                Keep::Progress(progress) => {
                    store.save(&progress).err().map(|e| format!("your progress was not saved: {e}"))
                }
                Keep::Tried(tried) => {
                    put(&store, &around, *tried).err().map(|e| format!("no receipt was written: {e}"))
                }
            };
            if let Some(line) = failed {
                let _ = told.send(Message::Told(line));
            }
        }
    });
    (Box::new(move |what| drop(keep.send(what))), keeper)
}

/// Puts an attempt into the receipt of its lesson.
fn put(store: &Store, around: &Surroundings, tried: Tried) -> Result<(), String> {
    let source = around.catalog.find(&tried.lesson)?;
    let unreadable = || format!("read {}: it can no longer be loaded", source.file);
    let text = source.text().map_err(|_| unreadable())?;
    let lesson = {
        let wanted = Selection { seed: around.seed.clone(), set: tried.set.clone() };
        source.load_selected(&wanted).map_err(|_| unreadable())?
    };
    let file = LessonFile::new(&lesson.id, &source.file, source.path.is_none(), &text);
    let name = receipts::name(&lesson.id, &variant(&file, &tried, around));
    let now = receipt::now();
    let make = |there: Option<Vec<u8>>| {
        let there = there.and_then(|bytes| Receipt::parse(&bytes).ok());
        let mut receipt = there.unwrap_or_else(|| {
            Receipt::new(around.machine.clone(), around.seed.as_ref().map(ToString::to_string), now)
        });
        add(&mut receipt, &lesson, &file, around, tried, now);
        receipt.written().into_bytes()
    };
    store.change_receipt(&name, make).map_err(|e| e.to_string())
}

fn add(
    receipt: &mut Receipt,
    lesson: &Lesson,
    file: &LessonFile,
    around: &Surroundings,
    tried: Tried,
    now: Timestamp,
) {
    receipt.machine = around.machine.clone();
    receipt.ended = now;
    let at = receipt.lessons.iter().position(|there| there.id == lesson.id);
    let at = at.unwrap_or_else(|| {
        receipt.lessons.push(LessonReceipt::new(file, tried.set.clone()));
        receipt.lessons.len() - 1
    });
    let order: Vec<&str> = lesson.steps.iter().map(|step| step.id.as_str()).collect();
    let there = &mut receipt.lessons[at];
    for step in &lesson.steps {
        let counts =
            around.variant.meets(step.when.as_ref()) && by_hand::can(lesson, step, &around.variant).is_ok();
        if counts && step.points() > 0 {
            there.expect_step(&step.id, step.points(), now, &order);
        }
    }
    let points =
        lesson.steps.iter().find(|step| step.id == tried.step).map_or(0, crate::vocabulary::Step::points);
    let step = tried.receipt(points, now);
    receipt.started = receipt.started.min(step.started);
    there.put(step, &order);
}

/// Tells receipts of one lesson apart that do not belong together: of another text, other values, another kind of machine, other rights.
fn variant(file: &LessonFile, tried: &Tried, around: &Surroundings) -> String {
    let machine = &around.machine;
    let set: Vec<String> = tried.set.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut all = [file.sha256.as_str(), &machine.cgroup, &machine.rights, &set.join("\n")].join("\n");
    if let Some(seed) = &around.seed {
        all.extend(["\nseed ", seed.as_str()]);
    }
    Sha256::digest(all).iter().take(4).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}
