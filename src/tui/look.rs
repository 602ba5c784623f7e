//! Drawing or readouts: what a person would rather look at.

/// How the pane *before and after* is shown. It is kept from step to step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// Both where there is room, else the readouts.
    #[default]
    AsFits,
    /// The drawing alone.
    Drawing,
    /// The readouts alone.
    Readouts,
}

impl Look {
    /// How many there are.
    pub const COUNT: usize = 3;

    /// The one after it, round and round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Look::AsFits => Look::Drawing,
            Look::Drawing => Look::Readouts,
            Look::Readouts => Look::AsFits,
        }
    }
}
