//! How a process of a run is told from others: by the hidden first argument, and by its environment.

/// The first argument under which the program is its own guardian.
pub const GUARDIAN: &str = "__guardian";
/// The first argument that a box shows: it is a fork of the guardian, and no start of the program has this word.
pub const BOX: &str = "__box";
/// The environment variable that marks every process of a run with the run's id, so that a later start finds those of a dead run.
pub const MARK: &str = "ISOLAB_RUN";
