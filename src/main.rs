//! The `isolab` binary.

fn main() {}
