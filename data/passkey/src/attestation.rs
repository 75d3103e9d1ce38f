//! What an authenticator says of itself beside a new key. It is asked for `none`: that, or a word by
//! the key alone. Never: chains of certificates, whose roots nobody here has chosen to trust.

use crate::cbor::Value;
use crate::key::PublicKey;
use crate::problem::Problem;

/// `signed` is the authenticator's data with the hash of the browser's.
pub(crate) fn as_asked(told: &Value, signed: &[u8], key: &PublicKey) -> Result<(), Problem> {
    let statement = told.named("attStmt");
    match (told.named("fmt").and_then(Value::text), statement) {
        (Some("none"), Some(Value::Map(members))) if members.is_empty() => Ok(()),
        // A browser that was asked for nothing takes the maker's word away, and lets the key's own
        // pass: it tells that the key is there, and nothing of the one who built it.
        (Some("packed"), Some(statement)) if statement.named("x5c").is_none() => {
            if statement.named("alg").and_then(Value::int) != Some(key.algorithm()) {
                return Err(Problem::BadSignature);
            }
            let signature = statement.named("sig").and_then(Value::bytes);
            key.verifies(signed, signature.ok_or(Problem::BadSignature)?)
        }
        _ => Err(Problem::Attested),
    }
}
