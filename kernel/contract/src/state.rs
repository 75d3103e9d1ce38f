//! What a part remembers across boots: small values by key, in the board's own store.

use crate::fault::Fault;
use futures::future::BoxFuture;
use serde_json::Value as Json;

pub trait KeyValues: Send + Sync {
    fn get(&self, key: &str) -> BoxFuture<'static, Result<Option<Json>, Fault>>;
    /// On disk when it resolves.
    fn put(&self, key: &str, value: Json) -> BoxFuture<'static, Result<(), Fault>>;
    fn delete(&self, key: &str) -> BoxFuture<'static, Result<(), Fault>>;
    fn list(&self, prefix: &str) -> BoxFuture<'static, Result<Vec<(String, Json)>, Fault>>;
}
