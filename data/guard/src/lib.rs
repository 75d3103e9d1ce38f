//! Plans become authorised plans: rights, policies, masks and budgets are applied here and nowhere
//! else. Closed by default. Pure: who is asking and what is granted are handed in.

pub mod authorised;
pub mod session;

pub use authorised::Authorised;
pub use session::Session;
