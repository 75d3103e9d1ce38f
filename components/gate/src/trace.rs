//! A trace id for requests that bring none: 128 bits that nobody has had before, without asking
//! the machine for chance each time.

use mag_contract::exchange::{TraceId, trace_of};
use mag_contract::{Fault, codes};
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) struct TraceIds {
    key: u64,
    count: AtomicU64,
}

impl TraceIds {
    pub(crate) fn new() -> Result<Self, Fault> {
        let no_chance = |e| Fault::new(codes::IO, "the machine gives no random bytes").because(e);
        let key = getrandom::u64().map_err(no_chance)?;
        let count = AtomicU64::new(getrandom::u64().map_err(no_chance)?);
        Ok(Self { key, count })
    }

    pub(crate) fn of(&self, headers: &http::HeaderMap) -> TraceId {
        let given = headers.get("traceparent").and_then(|v| v.to_str().ok()).and_then(trace_of);
        TraceId(given.map_or_else(|| self.next(), Into::into))
    }

    fn next(&self) -> std::sync::Arc<str> {
        let n = self.count.fetch_add(1, Ordering::Relaxed);
        // The low bit keeps it from being all zeros.
        let id = u128::from(mixed(n)) << 64 | u128::from(mixed(n ^ self.key) | 1);
        let digits = std::array::from_fn::<u8, 32, _>(|place| {
            let digit = (id >> (4 * (31 - place))) & 0xf;
            b"0123456789abcdef"[digit as usize]
        });
        std::str::from_utf8(&digits).unwrap_or_default().into()
    }
}

/// A bijection that spreads neighbours apart (the finaliser of SplitMix64).
fn mixed(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_request_has_an_id_of_its_own() {
        let ids = super::TraceIds::new().unwrap();
        let made: std::collections::HashSet<_> = (0..1_000).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 1_000);
        for id in made {
            let parent = format!("00-{id}-00f067aa0ba902b7-01");
            assert_eq!(mag_contract::exchange::trace_of(&parent), Some(&*id));
        }
    }
}
