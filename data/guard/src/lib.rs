//! Plans become authorised plans: rights, policies, masks and budgets are applied here and nowhere
//! else. Closed by default. Pure: who is asking and what is granted are handed in.

mod authorise;
pub mod authorised;
mod clock;
pub mod explain;
pub mod guard;
pub mod may;
pub mod policy;
mod quiet;
pub mod refusal;
mod rights;
mod routine;
mod rows;
pub mod ruleset;
pub mod session;
pub mod template;

pub use authorised::Authorised;
pub use explain::{Explanation, Verdict};
pub use guard::Guard;
pub use may::May;
pub use policy::{BadPolicy, function_statement, parse_function, parse_statement, policy_roles};
pub use refusal::Refusal;
pub use ruleset::{
    ArgumentRule, Budget, Command, FunctionRule, Grant, GrantOn, Mask, MaskWith, PolicyRule,
    RoleRule, Ruleset,
};
pub use session::{Leash, Session};
pub use template::Template;
