//! How large a call may be. Each bound is checked while planning, before anything is run.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Embeds inside embeds.
    pub depth: usize,
    /// Embeds in all.
    pub embeds: usize,
    /// Conditions in all.
    pub filters: usize,
    /// And/or/not inside each other.
    pub filter_depth: usize,
    /// Columns picked in all.
    pub picks: usize,
    /// Values in lists (`in`, `any`, `all`) in all: SQLite binds 32,766 at most.
    pub values: usize,
    /// Steps of one JSON path.
    pub path: usize,
    /// Rows of an answer, at every level, whatever the call says.
    pub rows_max: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 10,
            embeds: 50,
            filters: 500,
            filter_depth: 20,
            picks: 2_000,
            values: 10_000,
            path: 50,
            rows_max: None,
        }
    }
}

/// What a door may switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub limits: Limits,
    pub aggregates: bool,
    /// What does not fit (a literal that is none of its type, an operator that a type does not have)
    /// goes to the engine as it was written: it knows more forms than we do, and refuses the rest in
    /// its own words. Only for engines whose own meaning is PostgreSQL's.
    pub engine_decides: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { limits: Limits::default(), aggregates: true, engine_decides: false }
    }
}
