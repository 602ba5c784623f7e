//! One short file a sub-command; wires engine to tui, demo and report.

pub mod args;
pub mod exit;
pub mod style;

use crate::engine;
use crate::lesson::Catalog;
use crate::model::Event;

/// For now.
pub fn main() -> i32 {
    let machine = match engine::machine::Machine::read() {
        Ok(m) => m,
        Err(e) => {
            eprintln!("{e}");
            return 2;
        }
    };
    let catalog = Catalog::built_in();
    let cancel = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    for id in std::env::args().skip(1) {
        let lesson = match catalog.find(&id).map(|s| s.load(&Default::default())) {
            Ok(Ok(l)) => l,
            Ok(Err(ds)) => {
                for d in ds {
                    eprintln!("{}", d.message);
                }
                return 2;
            }
            Err(e) => {
                eprintln!("{e}");
                return 2;
            }
        };
        let mut emit = |e: Event| match e {
            Event::Acted(a) => {
                println!("  {}: {}", a.actor, a.planned);
                for c in a.calls {
                    println!("      {:?} {} {c}", a.source, c.pid);
                }
                if let Some(o) = a.output {
                    println!("      | {o}");
                }
            }
            Event::StepEnded(s) => {
                println!("== {} {:?} {} ms", s.id, s.status, s.took_ms);
                for r in &s.readouts {
                    println!(
                        "   {} {} {}: {} -> {}",
                        r.id,
                        r.viewpoint,
                        r.path,
                        r.before.to_string().replace('\n', "; ").chars().take(150).collect::<String>(),
                        r.after.to_string().replace('\n', "; ").chars().take(150).collect::<String>()
                    );
                }
                for v in &s.verdicts {
                    println!(
                        "   [{}] {} | expected {} | actual {}",
                        v.status.word(),
                        v.claim,
                        v.expected,
                        v.actual.replace('\n', "; ").chars().take(200).collect::<String>()
                    );
                }
            }
            Event::Closed(l) => {
                println!("LESSON {} {:?} left {:?} in {} ms", l.id, l.status, l.left, l.took_ms)
            }
            _ => {}
        };
        engine::run(&lesson, &machine, &Default::default(), &cancel, &mut emit);
    }
    0
}
