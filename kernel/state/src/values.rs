//! Small values that a part wants to find again after a restart: JSON under a key.

use crate::faults;
use crate::state::State;
use mag_contract::{Fault, Timestamp, codes};
use rusqlite::{OptionalExtension, params};

#[derive(Clone)]
pub struct Values {
    state: State,
    /// `part:`, before every key.
    space: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    pub key: String,
    pub value: serde_json::Value,
    pub updated_at: Timestamp,
}

/// A value is a setting or a cursor; what is larger is a table or a file.
const VALUE_MAX: usize = 1024 * 1024;
const KEY_MAX: usize = 256;
/// A list is held in memory.
const LIST_MAX: u32 = 10_000;

impl Values {
    pub(crate) fn of(state: State, part: &str) -> Result<Self, Fault> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if part.is_empty() || part.len() > KEY_MAX || !part.bytes().all(plain) {
            return Err(Fault::new(codes::BAD_INPUT, format!("`{part}` cannot name a part")));
        }
        Ok(Self { state, space: format!("{part}:") })
    }

    pub async fn get(&self, key: &str) -> Result<Option<serde_json::Value>, Fault> {
        let key = self.key(key)?;
        let text = self
            .state
            .read(move |db| {
                db.prepare_cached("SELECT value FROM system_state WHERE key = ?1")
                    .and_then(|mut s| s.query_row([key], |row| row.get::<_, String>(0)).optional())
                    .map_err(|e| faults::sqlite("read a value", e))
            })
            .await?;
        text.map(|text| parse(&text)).transpose()
    }

    /// Returns when the value is on the disk.
    pub async fn put(&self, key: &str, value: &serde_json::Value) -> Result<(), Fault> {
        let (key, text, now) = (self.key(key)?, value.to_string(), self.state.now());
        if text.len() > VALUE_MAX {
            return Err(Fault::new(
                codes::BAD_INPUT,
                format!("a value of {} bytes is larger than {VALUE_MAX}", text.len()),
            ));
        }
        self.state
            .write(move |db| {
                db.prepare_cached(
                    "INSERT INTO system_state (key, value, updated_at) VALUES (?1, ?2, ?3)
                     ON CONFLICT (key) DO UPDATE SET value = ?2, updated_at = ?3",
                )
                .and_then(|mut s| s.execute(params![key, text, now.millis()]))
                .map_err(|e| faults::sqlite("write a value", e))
                .map(drop)
            })
            .await
    }

    /// Whether there was one.
    pub async fn delete(&self, key: &str) -> Result<bool, Fault> {
        let key = self.key(key)?;
        self.state
            .write(move |db| {
                db.prepare_cached("DELETE FROM system_state WHERE key = ?1")
                    .and_then(|mut s| s.execute([key]))
                    .map_err(|e| faults::sqlite("delete a value", e))
                    .map(|gone| gone > 0)
            })
            .await
    }

    /// The values whose keys begin so, by key.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Value>, Fault> {
        let space = self.space.len();
        let from = format!("{}{prefix}", self.space);
        // No key holds the last character there is (`key` sees to that), so all are before it.
        let to = format!("{from}{}", char::MAX);
        let rows = self
            .state
            .read(move |db| {
                db.prepare_cached(
                    "SELECT key, value, updated_at FROM system_state
                     WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3",
                )
                .and_then(|mut s| {
                    s.query_map(params![from, to, LIST_MAX], |row| {
                        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?))
                    })?
                    .collect::<rusqlite::Result<Vec<_>>>()
                })
                .map_err(|e| faults::sqlite("list values", e))
            })
            .await?;
        rows.into_iter()
            .map(|(key, text, at)| {
                let key = key[space..].to_owned();
                Ok(Value { key, value: parse(&text)?, updated_at: Timestamp(at) })
            })
            .collect()
    }

    fn key(&self, key: &str) -> Result<String, Fault> {
        if key.is_empty() || key.len() > KEY_MAX || key.contains(['\0', char::MAX]) {
            return Err(Fault::new(codes::BAD_INPUT, "a key has 1 to 256 bytes of plain text"));
        }
        Ok(format!("{}{key}", self.space))
    }
}

pub(crate) fn parse(text: &str) -> Result<serde_json::Value, Fault> {
    serde_json::from_str(text)
        .map_err(|e| Fault::new(codes::STATE, "a stored value is not JSON").because(e))
}
