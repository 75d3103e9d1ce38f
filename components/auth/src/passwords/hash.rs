//! Hashes as texts: made as Argon2id, read in the forms of other systems as well.

use crate::vault::fill;
use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use mag_contract::secret::same;
use mag_contract::{Fault, codes};

/// 19 MiB and two passes: what OWASP recommends at least.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT: usize = 16;
const OUTPUT: usize = 32;
/// What a hash from outside may cost at most: it is run for every sign-in.
const MEMORY_KIB_MAX: u32 = 262_144;
const PASSES_MAX: u32 = 16;
const BCRYPT_COST_MAX: u32 = 14;
const SCRYPT_LOG_N_MAX: u8 = 17;

pub(super) fn of(password: &[u8]) -> Result<String, Fault> {
    let mut salt = [0; SALT];
    fill(&mut salt)?;
    let broken = || Fault::new(codes::BUG, "a password cannot be hashed");
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT)).map_err(|_| broken())?;
    let mut output = [0; OUTPUT];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, &salt, &mut output)
        .map_err(|_| broken())?;
    let (salt, output) =
        (BASE64_STANDARD_NO_PAD.encode(salt), BASE64_STANDARD_NO_PAD.encode(output));
    Ok(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${output}"))
}

pub(super) fn fits(password: &[u8], hash: &str) -> bool {
    if hash.starts_with("$2") {
        let cost = hash.split('$').nth(2).and_then(|cost| cost.parse::<u32>().ok());
        let bearable = cost.is_some_and(|cost| cost <= BCRYPT_COST_MAX);
        // The others cut a long password at 72 bytes as well.
        let cut = password.get(..72).unwrap_or(password);
        return bearable && bcrypt::verify(cut, hash).unwrap_or(false);
    }
    match Phc::read(hash) {
        Some(phc) => phc.of(password).is_some_and(|output| same(&output, &phc.output)),
        None => false,
    }
}

/// Whether it is a form that can be verified.
pub(crate) fn is_known(hash: &str) -> bool {
    let bcrypt = ["$2a$", "$2b$", "$2x$", "$2y$"].iter().any(|form| hash.starts_with(form));
    bcrypt && hash.len() == 60 || Phc::read(hash).is_some()
}

/// Whether a new hash of the same password would be no better.
pub(crate) fn is_current(hash: &str) -> bool {
    hash.starts_with(&format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"))
}

struct Phc {
    how: How,
    salt: Vec<u8>,
    output: Vec<u8>,
}

enum How {
    Argon2(Algorithm, Params),
    Scrypt(scrypt::Params),
    /// Firebase's: a key of the project is encrypted with what scrypt makes of the password.
    Firebase {
        params: scrypt::Params,
        separator: Vec<u8>,
        key: Vec<u8>,
    },
}

impl Phc {
    /// `$fbscrypt$v=1,n=…,r=…,p=…,ss=…,sk=…$salt$hash`, as users of GoTrue know it,
    /// `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, `$scrypt$ln=…,r=…,p=…$salt$hash`
    fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.strip_prefix('$')?.split('$').collect();
        let (name, settings, salt, output) = match parts[..] {
            [name, "v=19", settings, salt, output] => (name, settings, salt, output),
            [name, settings, salt, output] => (name, settings, salt, output),
            _ => return None,
        };
        let number = |wanted: &str| {
            let mut pairs = settings.split(',').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| *name == wanted)?.1.parse::<u32>().ok()
        };
        let bytes = |text: &str| BASE64_STANDARD_NO_PAD.decode(text.trim_end_matches('=')).ok();
        let (salt, output) = (bytes(salt)?, bytes(output)?);
        if salt.len() < 8 || !(16..=64).contains(&output.len()) {
            return None;
        }
        let how = match name {
            "argon2id" | "argon2i" => {
                let (memory, passes) = (number("m")?, number("t")?);
                if memory > MEMORY_KIB_MAX || passes > PASSES_MAX {
                    return None;
                }
                let algorithm =
                    if name == "argon2id" { Algorithm::Argon2id } else { Algorithm::Argon2i };
                let params = Params::new(memory, passes, number("p")?.min(16), Some(output.len()));
                How::Argon2(algorithm, params.ok()?)
            }
            "scrypt" => {
                let log_n = u8::try_from(number("ln")?).ok()?;
                let (r, p) = (number("r")?, number("p")?);
                if log_n > SCRYPT_LOG_N_MAX || r > 16 || p > 4 {
                    return None;
                }
                How::Scrypt(scrypt::Params::new(log_n, r, p).ok()?)
            }
            "fbscrypt" => {
                let text = |wanted: &str| {
                    let mut pairs = settings.split(',').filter_map(|pair| pair.split_once('='));
                    bytes(pairs.find(|(name, _)| *name == wanted)?.1)
                };
                let log_n = u8::try_from(number("n")?).ok()?;
                let (r, p, key) = (number("r")?, number("p")?, text("sk")?);
                let bearable = log_n <= SCRYPT_LOG_N_MAX && r <= 16 && p <= 4;
                if !bearable || number("v")? != 1 || key.len() != output.len() {
                    return None;
                }
                let params = scrypt::Params::new(log_n, r, p).ok()?;
                How::Firebase { params, separator: text("ss")?, key }
            }
            _ => return None,
        };
        Some(Self { how, salt, output })
    }

    fn of(&self, password: &[u8]) -> Option<Vec<u8>> {
        let mut output = vec![0; self.output.len()];
        match &self.how {
            How::Argon2(algorithm, params) => {
                Argon2::new(*algorithm, Version::V0x13, params.clone())
                    .hash_password_into(password, &self.salt, &mut output)
                    .ok()?;
            }
            How::Scrypt(params) => {
                scrypt::scrypt(password, &self.salt, params, &mut output).ok()?;
            }
            How::Firebase { params, separator, key } => {
                let salt = [&self.salt[..], separator].concat();
                let mut derived = [0; 32];
                scrypt::scrypt(password, &salt, params, &mut derived).ok()?;
                output.copy_from_slice(key);
                counted(&derived, &mut output);
            }
        }
        Some(output)
    }
}

/// AES-256 in counter mode from zero: the stream is laid over the text.
fn counted(key: &[u8; 32], text: &mut [u8]) {
    let cipher = Aes256::new(key.into());
    for (count, chunk) in (0u128..).zip(text.chunks_mut(16)) {
        let mut block = count.to_be_bytes().into();
        cipher.encrypt_block(&mut block);
        chunk.iter_mut().zip(&block).for_each(|(byte, over)| *byte ^= over);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_and_no_other() {
        let hash = of(b"correct horse").unwrap();
        assert!(is_current(&hash) && is_known(&hash), "{hash}");
        assert!(fits(b"correct horse", &hash) && !fits(b"correct hors", &hash));
        assert_ne!(hash, of(b"correct horse").unwrap(), "each has a salt of its own");
    }

    #[test]
    fn hashes_of_other_systems_are_read() {
        let bcrypt = bcrypt::hash("password", 4).unwrap();
        assert!(fits(b"password", &bcrypt) && !fits(b"Password", &bcrypt));
        assert!(is_known(&bcrypt) && !is_current(&bcrypt));
        let mut output = [0; 32];
        let params = scrypt::Params::new(4, 8, 1).unwrap();
        scrypt::scrypt(b"password", b"saltsalt", &params, &mut output).unwrap();
        let encoded = |bytes: &[u8]| BASE64_STANDARD_NO_PAD.encode(bytes);
        let scrypt = format!("$scrypt$ln=4,r=8,p=1${}${}", encoded(b"saltsalt"), encoded(&output));
        assert!(is_known(&scrypt) && fits(b"password", &scrypt) && !fits(b"x", &scrypt));
        // The example that Firebase publishes with its scrypt.
        let firebase = "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";
        assert!(is_known(firebase) && !is_current(firebase));
        assert!(fits(b"user1password", firebase) && !fits(b"user2password", firebase));
        assert!(!is_known(&firebase.replace("v=1", "v=2")));
        assert!(!is_known(&firebase.replace("n=14", "n=40")));
        for bad in [
            "",
            "plain",
            "$",
            "$argon2id$",
            "$argon2id$v=19$m=99999999,t=2,p=1$c2FsdHNhbHQ$AAAA",
            "$scrypt$ln=40,r=8,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
            "$2b$31$aaaa",
            "$md5$x$y$z",
        ] {
            assert!(!fits(b"password", bad) && !is_known(bad), "{bad}");
        }
    }
}
