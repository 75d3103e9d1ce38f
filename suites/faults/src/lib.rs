//! Parts that misbehave in every way that the board promises to survive. Only tests plug them in.

mod faulty;
mod guard;
mod scribe;
mod slow;

pub use faulty::Faulty;
pub use guard::Guard;
pub use scribe::{Scribe, Written};
pub use slow::SlowListener;
