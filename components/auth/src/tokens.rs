//! Signed tokens, as JOSE has them: read, verified against keys that were handed in, made.
//! Pure: the time is handed in, nothing is fetched. A key never comes from the token itself:
//! `jku`, `x5u`, `x5c` and `jwk` of its header are not even read.

pub mod algorithm;
pub mod claims;
pub mod jspath;
pub mod jwk;
pub mod jws;
pub mod keyset;
pub mod problem;
pub mod signing;

pub use algorithm::Algorithm;
pub use jspath::JsPath;
pub use jwk::VerifyKey;
pub use keyset::KeySet;
pub use problem::Problem;
pub use signing::SigningKey;
