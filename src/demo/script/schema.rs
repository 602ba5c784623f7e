//! The format as JSON Schema (draft 7), made of the types that also load it.

use super::Script;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The schema of a script file.
pub fn schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<Script>().to_value()
}
