//! Who may ask how often: a bucket for each address, key, user and door, refilled evenly. One number a
//! bucket (the moment at which it will be full again), so a million requests cost no memory.
//! Never: who a caller is. A key is counted as it was shown, known or not; a user as a door names them.

use crate::settings::Settings;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use mag_contract::door::Peer;
use mag_contract::{Fault, codes};
use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Limits are requests in a minute: short enough to wait for, long enough for a page that loads.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);
/// Locks are shared by this many groups of buckets.
const SHARDS: usize = 16;
/// Buckets of one group: with 24 bytes each, all of them together stay under 5 MB. When a group is
/// full of buckets in use, it begins anew: a flood of addresses lets some through, never all wait.
const SHARD_MAX: usize = 8_192;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum By {
    Address,
    Key,
    Door,
    User,
}

impl By {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Key => "key",
            Self::Door => "door",
            Self::User => "user",
        }
    }
}

/// How a bucket stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) by: By,
    pub(crate) limit: u32,
    pub(crate) left: u32,
    /// Until the bucket is full again, or, when the request is refused, until it may be repeated.
    pub(crate) wait: Duration,
    pub(crate) refused: bool,
    /// The first refusal since the bucket held anything.
    pub(crate) first: bool,
}

pub(crate) struct Limiter {
    born: Instant,
    hasher: RandomState,
    shards: [Mutex<HashMap<u64, Bucket>>; SHARDS],
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    /// Nanoseconds after `born` at which it is full.
    full_at: u64,
    told: bool,
}

impl Limiter {
    pub(crate) fn new() -> Self {
        Self { born: Instant::now(), hasher: RandomState::new(), shards: Default::default() }
    }

    pub(crate) fn id(&self, by: By, who: &impl Hash) -> u64 {
        self.hasher.hash_one((by, who))
    }

    pub(crate) fn take(&self, by: By, id: u64, limit: u32, cost: u32) -> Standing {
        let now = u64::try_from(self.born.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let shard = &self.shards[usize::from(id.to_le_bytes()[0]) % SHARDS];
        let mut buckets = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= SHARD_MAX && !buckets.contains_key(&id) {
            buckets.retain(|_, bucket| bucket.full_at > now);
            if buckets.len() >= SHARD_MAX {
                buckets.clear();
            }
        }
        step(buckets.entry(id).or_default(), by, limit, cost, now)
    }
}

/// The whole arithmetic: a bucket holds `limit` tokens, each comes back after `WINDOW / limit`.
fn step(bucket: &mut Bucket, by: By, limit: u32, cost: u32, now: u64) -> Standing {
    let window = WINDOW.as_secs() * 1_000_000_000;
    let each = (window / u64::from(limit.max(1))).max(1);
    let full_at = bucket.full_at.max(now);
    let after = full_at.saturating_add(each.saturating_mul(cost.into()));
    let refused = after > now.saturating_add(window);
    let first = refused && !bucket.told;
    bucket.told = refused;
    let (full_at, wait) = match refused {
        true => (full_at, after - now - window),
        false => (after, after - now),
    };
    bucket.full_at = full_at;
    let left = (now + window).saturating_sub(full_at) / each;
    let left = u32::try_from(left).unwrap_or(u32::MAX);
    Standing { by, limit, left, wait: Duration::from_nanos(wait), refused, first }
}

/// The limits of one gate.
pub(crate) struct Rates {
    limiter: Limiter,
    address: u32,
    key: u32,
    user: u32,
    doors: BTreeMap<String, u32>,
}

impl Rates {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            limiter: Limiter::new(),
            address: settings.limit_address,
            key: settings.limit_key,
            user: settings.limit_user,
            doors: settings.limit_door.clone(),
        }
    }

    pub(crate) fn is_off(&self) -> bool {
        self.address == 0 && self.key == 0 && self.user == 0 && self.doors.is_empty()
    }

    /// Whether a door shall say who the user is.
    pub(crate) fn asks_for_user(&self) -> bool {
        self.user > 0
    }

    /// Counts a request of somebody who has signed in.
    pub(crate) fn take_of_user(&self, user: &str, cost: u32) -> Standing {
        self.limiter.take(By::User, self.limiter.id(By::User, &user), self.user, cost)
    }

    /// Counts a request against every limit there is; the tightest is told.
    pub(crate) fn take(
        &self,
        door: &'static str,
        address: Option<IpAddr>,
        headers: &HeaderMap,
        cost: u32,
    ) -> Option<Standing> {
        let at = |by, who: &dyn Fn() -> u64, limit: u32| {
            (limit > 0).then(|| self.limiter.take(by, who(), limit, cost))
        };
        let of_address = address.and_then(|address| {
            at(By::Address, &|| self.limiter.id(By::Address, &address), self.address)
        });
        let of_door = address.and_then(|address| {
            let limit = self.doors.get(door).copied().unwrap_or_default();
            at(By::Door, &|| self.limiter.id(By::Door, &(address, door)), limit)
        });
        let of_key = key_of(headers)
            .and_then(|key| at(By::Key, &|| self.limiter.id(By::Key, &key), self.key));
        let all = [of_address, of_door, of_key].into_iter().flatten();
        all.min_by_key(Standing::tightness)
    }
}

impl Standing {
    fn tightness(&self) -> (bool, u32) {
        (!self.refused, self.left)
    }

    /// The one that is told of two.
    pub(crate) fn tighter(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.tightness() < self.tightness() => other,
            _ => self,
        }
    }

    /// How much is left, with every answer.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let by = self.by.name();
        let policy = format!("\"{by}\";q={};w={}", self.limit, WINDOW.as_secs());
        let wait = self.seconds();
        let left = format!("\"{by}\";r={};t={wait}", self.left);
        for (name, text) in [("ratelimit-policy", policy), ("ratelimit", left)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
        // The same in the words that clients of an earlier draft read.
        headers.insert("ratelimit-limit", self.limit.into());
        headers.insert("ratelimit-remaining", self.left.into());
        headers.insert("ratelimit-reset", wait.into());
        if self.refused {
            headers.insert(RETRY_AFTER, wait.into());
        }
    }

    fn seconds(&self) -> u64 {
        self.wait.as_secs() + u64::from(self.wait.subsec_nanos() > 0)
    }

    pub(crate) fn fault(&self) -> Fault {
        let (by, limit) = (self.by.name(), self.limit);
        Fault::new(codes::RATE_LIMITED, format!("more than {limit} requests a minute by {by}"))
            .hint(format!("go on in {} s; `Retry-After` says it too", self.seconds()))
    }
}

/// Whoever has a network of their own has 2^64 addresses: they count as one.
pub(crate) fn address_of(peer: &Peer) -> Option<IpAddr> {
    match peer {
        Peer::Local { .. } => None,
        Peer::Network(from) => Some(match from.ip().to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
            v4 @ IpAddr::V4(_) => v4,
        }),
    }
}

/// The key or token that a request shows, in whichever of the two ways: it counts as one, however it
/// is written.
pub(crate) fn key_of(headers: &HeaderMap) -> Option<&[u8]> {
    let shown = |name: &str| headers.get(name).map(|value| value.as_bytes().trim_ascii());
    let key = shown("apikey").filter(|key| !key.is_empty());
    key.or_else(|| shown(AUTHORIZATION.as_str()).map(bare))
}

/// A token without the name of its scheme.
fn bare(shown: &[u8]) -> &[u8] {
    match shown.split_at_checked("bearer".len()) {
        Some((scheme, token))
            if scheme.eq_ignore_ascii_case(b"bearer") && token.starts_with(b" ") =>
        {
            token.trim_ascii()
        }
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_bucket_gives_its_limit_at_once_and_then_one_after_another() {
        let mut bucket = Bucket::default();
        for left in (0..60).rev() {
            let standing = step(&mut bucket, By::Address, 60, 1, 0);
            assert_eq!((standing.left, standing.refused), (left, false));
        }
        let refused = step(&mut bucket, By::Address, 60, 1, 0);
        assert!(refused.refused && refused.first);
        assert_eq!(refused.wait, Duration::from_secs(1));
        assert!(!step(&mut bucket, By::Address, 60, 1, 0).first, "told once");
        assert!(!step(&mut bucket, By::Address, 60, 1, SECOND).refused, "one has come back");
        let again = step(&mut bucket, By::Address, 60, 1, SECOND);
        assert!(again.refused && again.first);
    }

    #[test]
    fn a_request_may_cost_more_or_nothing() {
        let mut bucket = Bucket::default();
        assert_eq!(step(&mut bucket, By::Key, 10, 4, 0).left, 6);
        assert_eq!(step(&mut bucket, By::Key, 10, 0, 0).left, 6);
        assert!(step(&mut bucket, By::Key, 10, 7, 0).refused);
        assert_eq!(step(&mut bucket, By::Key, 10, 6, 0).left, 0);
    }

    #[test]
    fn more_callers_than_there_is_room_for_do_not_grow_it() {
        let limiter = Limiter::new();
        for id in 0..(SHARDS * SHARD_MAX * 2) as u64 {
            limiter.take(By::Address, id, 60, 1);
        }
        let held: usize = limiter.shards.iter().map(|s| s.lock().unwrap().len()).sum();
        assert!(held <= SHARDS * SHARD_MAX, "{held}");
    }

    #[test]
    fn a_key_is_one_key_however_it_is_shown() {
        let of = |lines: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, HeaderValue::from_static(value));
            }
            key_of(&headers).map(<[u8]>::to_vec)
        };
        let key = Some(b"k1".to_vec());
        assert_eq!(of(&[("apikey", "k1")]), key);
        assert_eq!(of(&[("authorization", "Bearer k1")]), key);
        assert_eq!(of(&[("authorization", "bEARER    k1")]), key);
        assert_eq!(of(&[("apikey", ""), ("authorization", "Bearer k1")]), key);
        assert_eq!(of(&[("apikey", "k1"), ("authorization", "Bearer token")]), key);
        assert_eq!(of(&[("authorization", "Basic k1")]), Some(b"Basic k1".to_vec()));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn one_network_is_one_caller() {
        let of = |text: &str| address_of(&Peer::Network(text.parse().unwrap())).unwrap();
        assert_eq!(of("[2001:db8::1]:1"), of("[2001:db8::ffff:2]:9"));
        assert_ne!(of("[2001:db8::1]:1"), of("[2001:db8:0:1::1]:1"));
        assert_eq!(of("[::ffff:10.0.0.1]:1"), of("10.0.0.1:2"));
    }
}
