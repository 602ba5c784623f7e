//! The JSON Schema of the reports for programs; see `docs/checks.md`.

/// JSON Schema (draft 7) of what `isolab check --format json` and `isolab demo --rehearse --format json` write. It allows keys that it does not name, since
/// a later version may add some.
pub const SCHEMA: &str = include_str!("schema.json");

/// JSON Schema (draft 7) of what `isolab grade --verify --format json` writes. It allows keys that it does not name.
pub const VERIFICATION: &str = include_str!("verification.schema.json");

/// JSON Schema (draft 7) of a receipt ([`crate::grading::receipt`]). It allows keys that it does not name.
pub const RECEIPT: &str = include_str!("receipt.schema.json");
