//! Limits on what a lesson may take of the machine: for each thing by itself, and for all of it together.

use super::super::diagnostic::Mistake;
use super::super::position::Node;
use super::check::Check;
use crate::vocabulary::{Work, limits};

/// A single value that is too large is reported by itself, and not again in the sum.
fn up_to(bytes: Option<f64>, most: u64) -> f64 {
    bytes.unwrap_or(0.0).min(most as f64)
}

/// The bytes that a workload takes, and its threads or children.
fn taken(work: &Work) -> (f64, u32) {
    match work {
        Work::Memhog(w) => (up_to(w.take.number(), limits::WORKLOAD_BYTES), 0),
        Work::Filereader(w) => (up_to(w.size.number(), limits::WORKLOAD_BYTES), 0),
        Work::Forker(w) => (0.0, w.forks.min(limits::WORKLOAD_FORKS)),
        Work::Busyloop(w) => (0.0, w.threads.min(limits::WORKLOAD_THREADS)),
        Work::TcpServer(_) | Work::UnixListener(_) => (0.0, 0),
    }
}

/// Checks the sums over the lesson. A workload counts once, a mount each time, because it may stay.
pub(super) fn check(check: &mut Check) {
    let (lesson, tree) = (check.lesson, check.tree);
    let (mut bytes, mut threads) = (0.0, 0_u32);
    for (key, _) in tree.get("workloads").map(Node::entries).unwrap_or_default() {
        let Some(work) = lesson.workloads.get(&key.text) else { continue };
        let (more_bytes, more_threads) = taken(work);
        let before = (bytes, threads);
        bytes += more_bytes;
        threads = threads.saturating_add(more_threads);
        // Reported once, where the sum becomes too large.
        let most = limits::WORKLOADS_BYTES as f64;
        if before.0 <= most && bytes > most {
            let message = format!(
                "with `{}`, the workloads take more than {}M together",
                key.text,
                limits::WORKLOADS_BYTES >> 20
            );
            check.tell(Mistake::new(key.span, message).help("let each take less, or split the lesson"));
        }
        if before.1 <= limits::WORKLOADS_THREADS && threads > limits::WORKLOADS_THREADS {
            let message = format!(
                "with `{}`, the workloads have more than {} threads and children together",
                key.text,
                limits::WORKLOADS_THREADS
            );
            check.tell(Mistake::new(key.span, message).help("let each have fewer, or split the lesson"));
        }
    }
    let mut mounted = 0.0;
    let acts = check.setup.iter().chain(check.steps.iter().flat_map(|step| &step.acts));
    let sizes: Vec<_> = acts
        .filter_map(|act| {
            let (bytes, at) = act.verb.facts().memory?;
            Some((bytes, check.locate(act, &at).1))
        })
        .collect();
    for (size, place) in sizes {
        let before = mounted;
        mounted += size;
        let most = limits::ALL_TMPFS_BYTES as f64;
        if before <= most && mounted > most {
            let message = format!(
                "with this one, the lesson's tmpfs mounts hold more than {}M together",
                limits::ALL_TMPFS_BYTES >> 20
            );
            check.tell(Mistake::new(place, message).help("use smaller sizes, or split the lesson"));
        }
    }
}
