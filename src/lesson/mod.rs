//! What an author writes: shapes, loading, validation, diagnostics, the catalog of built-in lessons.

pub mod claim;
pub mod plan;
pub mod shape;
