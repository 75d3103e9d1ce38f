//! A range of addresses, as people write it: `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`. Pure.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// All addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    first: IpAddr,
    /// So many bits are the same in each of them.
    same: u32,
}

impl Network {
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(of)) => {
                (first.to_bits() ^ of.to_bits()).leading_zeros() >= self.same
            }
            (IpAddr::V6(first), IpAddr::V6(of)) => {
                (first.to_bits() ^ of.to_bits()).leading_zeros() >= self.same
            }
            _ => false,
        }
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no address and no range of addresses, such as 10.0.0.5 or fd00::/8"
            )
        };
        let (first, same) = match text.split_once('/') {
            Some((first, same)) => (first, Some(same)),
            None => (text.as_str(), None),
        };
        let written: IpAddr = first.trim().parse().map_err(|_| wrong())?;
        let whole = if written.is_ipv4() { 32 } else { 128 };
        let same: u32 = match same {
            Some(same) if same.bytes().all(|byte| byte.is_ascii_digit()) => {
                same.parse().ok().filter(|same| *same <= whole).ok_or_else(wrong)?
            }
            Some(_) => return Err(wrong()),
            None => whole,
        };
        // A machine that speaks both kinds writes the older one in the newer one's form.
        let first = written.to_canonical();
        let same = if first.is_ipv4() && !written.is_ipv4() {
            same.checked_sub(96).ok_or_else(wrong)?
        } else {
            same
        };
        if same == 0 {
            return Err(format!("`{text}` is every address there is: name those of your proxies"));
        }
        let begins = match first {
            IpAddr::V4(v4) => v4.to_bits().trailing_zeros() >= 32 - same,
            IpAddr::V6(v6) => v6.to_bits().trailing_zeros() >= 128 - same,
        };
        let network = Self { first, same };
        if begins { Ok(network) } else { Err(network.cut(&text)) }
    }
}

impl Network {
    /// Whoever writes `10.1.2.3/8` has mistaken one of the two.
    fn cut(self, text: &str) -> String {
        let Self { first, same } = self;
        let first: IpAddr = match first {
            IpAddr::V4(v4) => {
                std::net::Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << (32 - same))).into()
            }
            IpAddr::V6(v6) => {
                std::net::Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << (128 - same))).into()
            }
        };
        format!("`{text}` names an address within a range: the range is {first}/{same}")
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.first.is_ipv4() { 32 } else { 128 };
        if self.same == whole {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}/{}", self.first, self.same)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    fn network(text: &str) -> Network {
        Network::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_range_holds_the_addresses_that_begin_alike() {
        let check = |range: &str, address: &str, expected: bool| {
            let held = network(range).holds(address.parse().unwrap());
            assert_eq!(held, expected, "{address} in {range}");
        };
        check("10.0.0.0/8", "10.255.0.1", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("10.0.0.5", "10.0.0.5", true);
        check("10.0.0.5", "10.0.0.4", false);
        check("10.0.0.4/31", "10.0.0.5", true);
        check("10.0.0.4/31", "10.0.0.6", false);
        check("10.0.0.5", "::ffff:10.0.0.5", true);
        check("::ffff:10.0.0.0/104", "10.1.1.1", true);
        check("fd00::/8", "fdff::1", true);
        check("fd00::/8", "fe00::1", false);
        check("2001:db8::1", "2001:db8::1", true);
        check("2001:db8::1", "2001:db8::2", false);
        check("128.0.0.0/1", "8000::", false);
        check("8000::/1", "128.0.0.0", false);
    }

    #[test]
    fn what_names_no_range_is_refused_and_what_does_is_written_back() {
        for text in ["10.0.0.5", "10.0.0.0/8", "fd00::/8", "::1"] {
            assert_eq!(network(text).to_string(), text);
        }
        assert_eq!(network("10.0.0.5/32").to_string(), "10.0.0.5");
        for text in [
            "",
            "proxy",
            "10.0.0",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/8/8",
            "fd00::/129",
            "[::1]",
            "10.0.0.5:80",
            "0.0.0.0/0",
            "::/0",
            "::ffff:0.0.0.0/96",
            "::ffff:10.0.0.0/8",
        ] {
            assert!(Network::try_from(text.to_owned()).is_err(), "{text}");
        }
        let told = Network::try_from("10.1.2.3/8".to_owned()).unwrap_err();
        assert!(told.ends_with("the range is 10.0.0.0/8"), "{told}");
    }
}
