//! A run: what this machine allows, worlds, steps, judging. Commands in, events out.

pub mod judge;
