//! Passkeys: what an authenticator has made or signed is read and verified here (Web Authentication,
//! level 3). Pure: challenges and keys are handed in, nothing is kept.
//! Never: trust in what an authenticator says of its maker. It is asked for none, and one that tells
//! of it all the same is refused.

mod attestation;
pub mod cbor;
pub mod ceremony;
pub mod key;
pub mod made;
pub mod options;
pub mod problem;

pub use ceremony::{Asserted, Expected, Registered, asserted, registered};
pub use key::PublicKey;
pub use problem::Problem;
