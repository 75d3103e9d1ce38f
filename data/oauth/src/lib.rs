//! The rules of an OAuth 2.1 server as values in and values out: which app may ask, for what, where
//! people are sent back to, and what the pages say on which they agree. RFC 6749, 7591, 7636, 8252,
//! 8414, 8707, 9207, and OpenID Connect.
//! Pure: no clock, no chance, nothing is fetched. Never: a token, a secret, a row.

pub mod authorize;
pub mod client;
pub mod metadata;
pub mod page;
pub mod pkce;
pub mod problem;
pub mod redirect;
pub mod scope;

pub use authorize::Wish;
pub use client::{AuthMethod, Metadata};
pub use problem::{Kind, Problem};
