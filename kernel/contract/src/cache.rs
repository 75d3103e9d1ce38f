//! A bounded cache with time to live and tags. What is cached can always be made again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::Instant;

/// Cheap to clone; all clones are one cache.
pub struct Cache<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    entries: quick_cache::sync::Cache<K, Arc<Entry<V>>>,
    ttl: Duration,
    /// How often each tag was invalidated; an entry that has seen fewer is stale.
    tags: RwLock<HashMap<String, u64>>,
    hits: AtomicU64,
    misses: AtomicU64,
}

struct Entry<V> {
    value: V,
    until: Instant,
    tags: Vec<(String, u64)>,
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub fn new(entries_max: usize, ttl: Duration) -> Self {
        Self(Arc::new(Inner {
            entries: quick_cache::sync::Cache::new(entries_max),
            ttl,
            tags: RwLock::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }))
    }

    pub fn get(&self, key: &K) -> Option<V> {
        let found = self.0.entries.get(key).filter(|entry| self.is_fresh(entry));
        let counter = if found.is_some() { &self.0.hits } else { &self.0.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found.map(|entry| entry.value.clone())
    }

    pub fn put(&self, key: K, value: V, tags: &[&str]) {
        let known = self.0.tags.read().unwrap_or_else(PoisonError::into_inner);
        let seen = |tag: &&str| ((*tag).to_owned(), known.get(*tag).copied().unwrap_or(0));
        let tags = tags.iter().map(seen).collect();
        drop(known);
        let until = Instant::now() + self.0.ttl;
        self.0.entries.insert(key, Arc::new(Entry { value, until, tags }));
    }

    pub fn remove(&self, key: &K) {
        self.0.entries.remove(key);
    }

    /// Everything that was put with this tag is gone, at once and whatever its number.
    pub fn invalidate(&self, tag: &str) {
        let mut tags = self.0.tags.write().unwrap_or_else(PoisonError::into_inner);
        *tags.entry(tag.to_owned()).or_default() += 1;
    }

    pub fn clear(&self) {
        self.0.entries.clear();
    }

    /// Hits and misses so far.
    pub fn counts(&self) -> (u64, u64) {
        (self.0.hits.load(Ordering::Relaxed), self.0.misses.load(Ordering::Relaxed))
    }

    fn is_fresh(&self, entry: &Entry<V>) -> bool {
        if Instant::now() >= entry.until {
            return false;
        }
        let tags = self.0.tags.read().unwrap_or_else(PoisonError::into_inner);
        entry.tags.iter().all(|(tag, seen)| tags.get(tag).copied().unwrap_or(0) == *seen)
    }
}

#[cfg(test)]
mod tests {
    use super::Cache;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn an_entry_ends_with_its_time_its_tag_or_its_room() {
        let cache = Cache::new(4, Duration::from_secs(60));
        cache.put("a", 1, &["users"]);
        cache.put("b", 2, &["orders"]);
        assert_eq!((cache.get(&"a"), cache.get(&"b")), (Some(1), Some(2)));
        cache.invalidate("users");
        assert_eq!((cache.get(&"a"), cache.get(&"b")), (None, Some(2)));
        cache.put("a", 3, &["users"]);
        assert_eq!(cache.get(&"a"), Some(3));
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(cache.get(&"b"), None);
        for key in ["c", "d", "e", "f", "g", "h"] {
            cache.put(key, 0, &[]);
        }
        let held = ["a", "b", "c", "d", "e", "f", "g", "h"]
            .iter()
            .filter(|k| cache.0.entries.peek(*k).is_some());
        assert!(held.count() <= 4);
        assert_eq!(cache.counts(), (4, 2));
    }
}
