//! Calls become plans: names are resolved and literals typed here, once.
//! Pure: no clock, no tasks, no sockets. The catalog is handed in.

pub mod answer;
pub mod call;
pub mod error;
pub mod expr;
pub mod limits;
pub mod notation;
pub mod payload;
pub mod plan;
pub mod planner;
pub mod select;
pub mod shape;
pub mod sight;
pub mod slot;

pub use answer::{Answer, Body, Rows};
pub use call::Call;
pub use error::Error;
pub use expr::{Expr, Ref};
pub use limits::{Limits, Options};
pub use payload::{Given, Payload};
pub use plan::{Plan, Rules, Work};
pub use planner::{plan, plan_with_slots};
pub use select::Select;
pub use shape::Shape;
pub use sight::{Everything, Sight};
pub use slot::{Filling, Slot, Slots};
