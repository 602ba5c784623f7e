//! What a seed chooses. It never changes: a student's values are the same on every machine and in every later version of isolab.

use crate::vocabulary::Seed;
use sha2::{Digest, Sha256};

/// What is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of<'a> {
    /// The parameter of this name: its value.
    Parameter(&'a str),
    /// The step with this id: its alternative.
    Step(&'a str),
}

/// The number, from 0 and below `count`, that a seed chooses in the lesson with this id: the first eight bytes of a SHA-256, as a big-endian number,
/// modulo `count`. What is hashed is `isolab 1`, the seed, the lesson's id, `parameter` or `step`, and its name, with a zero byte behind each.
pub fn pick(seed: &Seed, lesson: &str, of: Of, count: u64) -> u64 {
    let (kind, name) = match of {
        Of::Parameter(name) => ("parameter", name),
        Of::Step(id) => ("step", id),
    };
    let mut hash = Sha256::new();
    for part in ["isolab 1", seed.as_str(), lesson, kind, name] {
        hash.update(part);
        hash.update([0]);
    }
    let first = hash.finalize().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    first % count.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `printf 'isolab 1\0alice\0uts\0parameter\0name\0' | sha256sum` has it. Were one of these to change, the tasks and solutions of every class would.
    #[test]
    fn a_seed_chooses_the_same_for_ever() {
        let pick = |seed: &str, lesson, of, count| pick(&seed.parse().expect(seed), lesson, of, count);
        assert_eq!(pick("alice", "uts", Of::Parameter("name"), u64::MAX), 2_821_626_468_480_213_954);
        assert_eq!(pick("alice", "uts", Of::Step("name"), u64::MAX), 15_772_726_598_955_139_101);
        assert_eq!(pick("bob", "uts", Of::Parameter("name"), u64::MAX), 1_919_361_109_468_961_728);
        assert_eq!(pick("Zoë", "net", Of::Parameter("port"), 1000), 361);
        assert_eq!(pick("alice", "uts", Of::Parameter("name"), 10), 4);
        assert_eq!(pick("alice", "uts", Of::Parameter("name"), 1), 0);
    }
}
