//! What the engine said, command by command.

use isolab::events::{Command, Event};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// A lesson gone through.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recording {
    /// Its id.
    pub lesson: String,
    /// In their order.
    pub exchanges: Vec<Exchange>,
}

/// A command and everything that the engine said until it was done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exchange {
    pub command: Command,
    pub events: Vec<Event>,
}

/// Where a recording is kept; in the directory `ISOLAB_RECORDINGS`, when a person wants to look at new ones first.
pub fn place(name: &str) -> PathBuf {
    let kept = || [env!("CARGO_MANIFEST_DIR"), "tests", "screen", "recordings"].iter().collect();
    let directory = std::env::var_os("ISOLAB_RECORDINGS").map_or_else(kept, PathBuf::from);
    directory.join(format!("{name}.json"))
}

/// A recording, read once.
#[allow(dead_code)] // The recorder only writes.
pub fn load(name: &str) -> Arc<Recording> {
    static LOADED: Mutex<BTreeMap<String, Arc<Recording>>> = Mutex::new(BTreeMap::new());
    let mut loaded = LOADED.lock().expect("every recording can be read");
    loaded.entry(name.to_owned()).or_insert_with(|| Arc::new(read(name))).clone()
}

/// A recording as it was made. What a record repeats of the events before it is not in the file.
#[allow(dead_code)] // The recorder only writes.
fn read(name: &str) -> Recording {
    let path = place(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("read {}: {e}", path.display()));
    let mut json: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    for exchange in json["exchanges"].as_array_mut().into_iter().flatten() {
        let (mut acted, mut sampled) = (Vec::new(), Vec::new());
        for event in exchange["events"].as_array_mut().into_iter().flatten() {
            if event.get("step_started").is_some() {
                (acted, sampled) = (Vec::new(), Vec::new());
            }
            acted.extend(event.get("acted").cloned());
            sampled.extend(event.get("sampled").cloned());
            if let Some(record) = event.get_mut("step_ended").and_then(Value::as_object_mut) {
                record.entry("actions").or_insert_with(|| acted.clone().into());
                record.entry("samples").or_insert_with(|| sampled.clone().into());
            }
        }
    }
    serde_json::from_value(json).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
