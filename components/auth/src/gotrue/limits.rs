//! How often one address may try: at sending, at guessing, at making accounts.

use crate::settings::Limits as Numbers;
use mag_contract::Timestamp;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Path {
    SignUp,
    SignIn,
    Refresh,
    Verify,
    Send,
    Anonymous,
}

pub(crate) struct Limits {
    numbers: Numbers,
    table: Mutex<HashMap<(Path, IpAddr), (i64, u32)>>,
}

const FIVE_MINUTES_MS: i64 = 300_000;
const HOUR_MS: i64 = 3_600_000;
/// Addresses that are remembered at once; a flood of them forgets the old windows first.
const PLACES_MAX: usize = 65_536;

impl Limits {
    pub(crate) fn new(numbers: Numbers) -> Self {
        Self { numbers, table: Mutex::default() }
    }

    /// Counts a try; `false` when it is one too many. The machine itself is not counted by address.
    pub(crate) fn admits(&self, path: Path, from: Option<IpAddr>, now: Timestamp) -> bool {
        let Some(from) = from else { return true };
        let (max, window) = match path {
            Path::SignUp => (self.numbers.sign_ups, FIVE_MINUTES_MS),
            Path::SignIn => (self.numbers.sign_ins, FIVE_MINUTES_MS),
            Path::Refresh => (self.numbers.token_refreshes, FIVE_MINUTES_MS),
            Path::Verify => (self.numbers.verifications, FIVE_MINUTES_MS),
            Path::Send => (self.numbers.sends, FIVE_MINUTES_MS),
            Path::Anonymous => (self.numbers.anonymous_sign_ins_per_hour, HOUR_MS),
        };
        let began = now.millis().div_euclid(window);
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (path, subscriber(from));
        if table.len() >= PLACES_MAX && !table.contains_key(&key) {
            let current = |path: &Path| match path {
                Path::Anonymous => now.millis().div_euclid(HOUR_MS),
                _ => now.millis().div_euclid(FIVE_MINUTES_MS),
            };
            table.retain(|(path, _), (at, _)| *at == current(path));
            if table.len() >= PLACES_MAX {
                table.clear();
            }
        }
        let place = table.entry(key).or_insert((began, 0));
        if place.0 != began {
            *place = (began, 0);
        }
        place.1 = place.1.saturating_add(1);
        place.1 <= max
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
    fn an_address_tries_so_often_and_then_waits() {
        let limits = Limits::new(Numbers { verifications: 2, ..Numbers::default() });
        let at: Option<IpAddr> = "203.0.113.7".parse().ok();
        let try_at = |seconds: i64| limits.admits(Path::Verify, at, Timestamp(seconds * 1000));
        assert!(try_at(0) && try_at(1) && !try_at(2) && !try_at(299));
        assert!(limits.admits(Path::Send, at, Timestamp(0)), "each path counts by itself");
        assert!(try_at(300));
        for n in 0..200_000u32 {
            limits.admits(Path::Verify, Some(IpAddr::V4(n.into())), Timestamp(0));
        }
        assert!(limits.table.lock().unwrap().len() <= PLACES_MAX);
    }
}
