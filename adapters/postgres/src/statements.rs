//! The statements that one connection has prepared, by their text: the least used one leaves when
//! there are too many. A name is never given twice, so a stale one cannot be mistaken.

use crate::types;
use crate::wire::Field;
use std::collections::HashMap;
use std::sync::Arc;

pub(crate) struct Statements {
    known: HashMap<Arc<str>, Entry>,
    leaving: Vec<String>,
    max: usize,
    clock: u64,
    names: u64,
}

struct Entry {
    prepared: Prepared,
    used: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) name: Arc<str>,
    pub(crate) fields: Arc<[Field]>,
    /// Which fields are asked for in binary form: only known ones whose form is cheaper to read.
    pub(crate) binary: Arc<[bool]>,
}

impl Prepared {
    pub(crate) fn unknown(name: String) -> Self {
        Self { name: Arc::from(name), fields: Arc::default(), binary: Arc::default() }
    }
    pub(crate) fn known(name: Arc<str>, fields: Arc<[Field]>) -> Self {
        let binary = fields.iter().map(|field| types::binary_wins(field.oid)).collect();
        Self { name, fields, binary }
    }
}

impl Statements {
    /// None is kept when `max` is zero: behind a pooler the next transaction may meet another
    /// server process, which knows nothing of them.
    pub(crate) fn new(max: usize) -> Self {
        Self { known: HashMap::new(), leaving: Vec::new(), max, clock: 0, names: 0 }
    }

    pub(crate) fn find(&mut self, sql: &str) -> Option<Prepared> {
        self.clock += 1;
        let entry = self.known.get_mut(sql)?;
        entry.used = self.clock;
        Some(entry.prepared.clone())
    }

    /// Empty is the statement without a name, which lasts until the next one.
    pub(crate) fn new_name(&mut self) -> String {
        if self.max == 0 {
            return String::new();
        }
        self.names += 1;
        format!("m{}", self.names)
    }

    pub(crate) fn keep(&mut self, sql: &str, prepared: Prepared) {
        if self.max == 0 {
            return;
        }
        if self.known.len() >= self.max
            && let Some(oldest) =
                self.known.iter().min_by_key(|(_, entry)| entry.used).map(|(sql, _)| sql.clone())
            && let Some(entry) = self.known.remove(&oldest)
        {
            self.leaving.push(entry.prepared.name.to_string());
        }
        self.clock += 1;
        let known = self.known.insert(Arc::from(sql), Entry { prepared, used: self.clock });
        // The same text twice in one exchange: the first name has no use any more.
        if let Some(double) = known {
            self.leaving.push(double.prepared.name.to_string());
        }
    }

    pub(crate) fn forget(&mut self, name: &str) {
        self.known.retain(|_, entry| &*entry.prepared.name != name);
        self.leaving.push(name.to_owned());
    }

    /// Names that the server may let go of.
    pub(crate) fn leaving(&mut self) -> Vec<String> {
        std::mem::take(&mut self.leaving).into_iter().filter(|name| !name.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(statements: &mut Statements, sql: &str) {
        let name = statements.new_name();
        statements.keep(sql, Prepared::unknown(name));
    }

    #[test]
    fn the_least_used_statement_leaves_and_its_name_is_never_given_again() {
        let mut statements = Statements::new(2);
        keep(&mut statements, "a");
        keep(&mut statements, "b");
        assert!(statements.find("a").is_some());
        keep(&mut statements, "c");
        assert!(statements.find("b").is_none());
        assert_eq!(statements.leaving(), ["m2"]);
        assert_eq!(statements.leaving(), Vec::<String>::new());
        assert_eq!(statements.new_name(), "m4");
    }

    #[test]
    fn behind_a_pooler_nothing_is_kept() {
        let mut statements = Statements::new(0);
        keep(&mut statements, "a");
        assert!(statements.find("a").is_none());
        assert_eq!(statements.new_name(), "");
    }
}
