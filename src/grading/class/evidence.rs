//! What a number of points rests on.

/// How much a number of points is worth, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// A line in a person's own file.
    Progress,
    /// A receipt, which can be made again, and was not yet.
    Receipt,
    /// A report of `isolab grade` or of `isolab grade --verify`.
    Graded,
}

impl Evidence {
    /// The word for it in tables.
    pub fn word(self) -> &'static str {
        match self {
            Evidence::Progress => "claimed",
            Evidence::Receipt => "receipt",
            Evidence::Graded => "graded",
        }
    }
}
