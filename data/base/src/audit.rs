//! The chain of the audit log: each row holds the hash of the one before, so a row that was changed,
//! taken out or put in between is found by whoever reads the log.

use sha2::{Digest, Sha256};

/// The hash before the first row.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A row as it is hashed: `content` is the JSON of its columns in the order of their names, without
/// the two hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    pub sequence: i64,
    pub content: String,
    pub previous_hash: String,
    pub hash: String,
}

/// The hash of a row behind another one.
pub fn chain(previous_hash: &str, sequence: i64, content: &str) -> String {
    let mut hash = Sha256::new();
    // Lengths before texts: no two rows can be cut another way into the same bytes.
    for part in [previous_hash, &sequence.to_string(), content] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The sequence of the first row that does not follow from the one before it; `None` when the chain
/// is whole. `before` is the sequence and the hash that the rows begin behind.
pub fn first_break<'a>(
    before: (i64, &str),
    rows: impl IntoIterator<Item = &'a AuditRow>,
) -> Option<i64> {
    let (mut sequence, mut hash) = (before.0, before.1.to_owned());
    for row in rows {
        let follows = sequence.checked_add(1) == Some(row.sequence)
            && row.previous_hash == hash
            && row.hash == chain(&hash, row.sequence, &row.content);
        if !follows {
            return Some(row.sequence);
        }
        sequence = row.sequence;
        hash.clone_from(&row.hash);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{AuditRow, GENESIS, chain, first_break};

    fn log(contents: &[&str]) -> Vec<AuditRow> {
        let mut previous = GENESIS.to_owned();
        let rows = (1..).zip(contents).map(|(sequence, content)| {
            let hash = chain(&previous, sequence, content);
            let previous_hash = std::mem::replace(&mut previous, hash.clone());
            AuditRow { sequence, content: (*content).into(), previous_hash, hash }
        });
        rows.collect()
    }

    #[test]
    fn a_whole_chain_is_whole_and_every_change_breaks_it_where_it_was_made() {
        let whole = log(&["a", "b", "c", "d"]);
        let check = |rows: &[AuditRow]| first_break((0, GENESIS), rows);
        assert_eq!(check(&whole), None);
        let mut changed = whole.clone();
        changed[1].content = "B".into();
        assert_eq!(check(&changed), Some(2));
        let mut taken_out = whole.clone();
        taken_out.remove(2);
        assert_eq!(check(&taken_out), Some(4));
        let mut swapped = whole.clone();
        swapped.swap(0, 1);
        assert_eq!(check(&swapped), Some(2));
        // Hashed anew, but what follows still holds the old hash.
        let mut forged = whole.clone();
        forged[2].content = "C".into();
        forged[2].hash = chain(&forged[1].hash, 3, "C");
        assert_eq!(check(&forged), Some(4));
        assert_eq!(first_break((2, &whole[1].hash), &whole[2..]), None);
    }

    #[test]
    fn no_two_rows_can_be_cut_into_the_same_bytes() {
        assert_ne!(chain("a", 1, "b"), chain("a1", 1, "b"));
        assert_ne!(chain("a", 11, "b"), chain("a", 1, "1b"));
    }
}
