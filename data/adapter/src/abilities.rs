//! What an engine can do. A door asks before it promises, and the book's table is made from this.

use std::collections::BTreeSet;

/// Everything that is not in here every engine must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ability {
    /// Holds row policies by itself, for a role and claims.
    NativePolicies,
    /// Runs stored functions.
    Functions,
    /// Estimates how many rows a plan gives.
    PlannedCounts,
    /// Changes of structure inside a transaction.
    TransactionalDdl,
    /// Types of its own, beyond the ones of the model.
    ForeignTypes,
    /// Full-text search with stems of a language.
    LanguageSearch,
    /// Says when its structure changes, without being asked.
    TellsOfStructure,
    /// Says when its rows change, without being asked.
    TellsOfRows,
    /// Several writers at a time.
    ParallelWrites,
    /// Cancels a running statement.
    Cancels,
    /// Inserts a row through a view, or changes the one that is there.
    UpsertsThroughViews,
    /// Tells moments in the zone that the caller asks for.
    TellsInZones,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// `postgres`, `sqlite`: for people and for logs; nothing is decided by it.
    pub engine: String,
    pub version: String,
    pub abilities: BTreeSet<Ability>,
}

impl Abilities {
    pub fn can(&self, ability: Ability) -> bool {
        self.abilities.contains(&ability)
    }
}
