//! Marks in the stream of system calls, by which a box tells its tracer where an action begins and ends.
//!
//! A mark is a `prctl(2)` with an operation that no kernel knows: it answers EINVAL and changes nothing, traced or not.
//! Whatever a box does for itself (reading its request, the guard's checks) belongs outside of the marks.

use super::raw;

/// The signal of [`watch`]. By default it is ignored, but a tracer is shown it all the same (`ptrace(2)`, signal-delivery-stop).
pub const WATCH: i32 = libc::SIGURG;

/// The operation of `prctl(2)` that is a mark; not among those in `linux/prctl.h`.
pub const OPERATION: i32 = 0x4953_4f4c;

/// The second argument of the mark that begins an action.
pub const BEGIN: u64 = 1;

/// The second argument of the mark that pauses recording.
pub const PAUSE: u64 = 2;

/// The second argument of the mark that ends it.
pub const END: u64 = 0;

/// From here on a tracer stops this process at every call, which takes much longer than the call. Until then it runs at its own speed.
pub fn watch() {
    // To itself this is allowed in every user namespace; untraced, it is ignored.
    let _ = nix::sys::signal::kill(nix::unistd::getpid(), nix::sys::signal::Signal::SIGURG);
}

/// From here on this process's calls, and those of children that it makes, are recorded if it is traced.
pub fn begin() {
    watch();
    // EINVAL, always.
    let _ = raw::prctl(OPERATION, BEGIN);
}

/// From here on calls are not recorded, but children are followed, so that [`begin`] in one of them is seen.
pub fn pause() {
    let _ = raw::prctl(OPERATION, PAUSE);
}

/// From here on they are not, and the tracer lets this process go. A new box or a workload says so of itself
/// when it is ready, before it waits or loops.
pub fn end() {
    let _ = raw::prctl(OPERATION, END);
}
