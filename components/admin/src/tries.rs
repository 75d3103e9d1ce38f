//! Wrong tokens are counted by address. The right token is never turned away: it cannot be
//! guessed, and whoever shares an address with a mistaken script keeps their way in.

use mag_contract::{Clock, Timestamp};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered at once; beyond it the one that began first is forgotten.
const ADDRESSES: usize = 1_024;

pub(crate) struct Tries {
    max: u32,
    clock: Clock,
    table: Mutex<HashMap<IpAddr, Window>>,
}

struct Window {
    began: Timestamp,
    wrong: u32,
}

impl Tries {
    pub(crate) fn new(max: u32, clock: Clock) -> Self {
        Self { max, clock, table: Mutex::default() }
    }

    /// How long an address with too many wrong tries waits, without counting another.
    pub(crate) fn waits(&self, from: IpAddr) -> Option<Duration> {
        let now = self.clock.now();
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let window = table.get(&subscriber(from))?;
        let left = WINDOW.checked_sub(now.since(window.began))?;
        (window.wrong >= self.max).then_some(left)
    }

    /// Counts a wrong try; how long to wait, when there were too many.
    pub(crate) fn wrong(&self, from: IpAddr) -> Option<Duration> {
        let from = subscriber(from);
        let now = self.clock.now();
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= ADDRESSES && !table.contains_key(&from) {
            table.retain(|_, window| now.since(window.began) < WINDOW);
            let oldest = table.iter().min_by_key(|(_, w)| w.began).map(|(at, _)| *at);
            if let (true, Some(oldest)) = (table.len() >= ADDRESSES, oldest) {
                table.remove(&oldest);
            }
        }
        let window = table.entry(from).or_insert(Window { began: now, wrong: 0 });
        if now.since(window.began) >= WINDOW {
            *window = Window { began: now, wrong: 0 };
        }
        window.wrong = window.wrong.saturating_add(1);
        let left = WINDOW.saturating_sub(now.since(window.began));
        (window.wrong > self.max).then_some(left)
    }
}

/// One IPv6 subscriber has a whole /64 to send from.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_too_many_wrong_tries_an_address_waits_for_its_minute_to_end() {
        let clock = Clock::held(0);
        let tries = Tries::new(2, clock.clone());
        let at: IpAddr = "203.0.113.7".parse().unwrap();
        assert_eq!((tries.wrong(at), tries.wrong(at)), (None, None));
        clock.advance(Duration::from_secs(20));
        assert_eq!(tries.wrong(at), Some(Duration::from_secs(40)));
        assert_eq!(tries.wrong("203.0.113.8".parse().unwrap()), None, "others are not meant");
        clock.advance(Duration::from_secs(40));
        assert_eq!(tries.wrong(at), None);
    }

    #[test]
    fn the_table_has_a_bound_and_a_subscriber_one_place_in_it() {
        let tries = Tries::new(1, Clock::held(0));
        for n in 0..10_000u32 {
            tries.wrong(IpAddr::V4(n.into()));
        }
        assert_eq!(tries.table.lock().unwrap().len(), ADDRESSES);
        assert_eq!(tries.wrong("2001:db8::1".parse().unwrap()), None);
        assert!(tries.wrong("2001:db8::2".parse().unwrap()).is_some());
    }
}
