//! Everything about migrations that needs no server: which there are, which are applied, what a
//! script does, how two structures differ. Texts and the history are handed in.
//! Never: a connection, a file, a clock of its own.

pub mod checksum;
pub mod column;
pub mod consent;
pub mod copy;
pub mod dialect;
pub mod diff;
pub mod dump;
pub mod effects;
pub mod envelope;
pub mod error;
pub mod folder;
pub mod history;
pub mod lex;
pub mod name;
pub mod observe;
pub mod outline;
mod parse;
pub mod plan;
pub mod rules;
pub mod script;
pub mod status;
pub mod structure;

pub use consent::Consents;
pub use dialect::{Dialect, POSTGRES, SQLITE};
pub use diff::{Change, Diff};
pub use effects::{Danger, Effects, Mode, Warning};
pub use error::{Error, Misplaced};
pub use folder::{Migration, read_folder};
pub use history::{Applied, State};
pub use name::{Version, scaffold};
pub use plan::{Direction, Plan, Step, Target};
pub use script::{Script, Statement};
pub use status::{Line, Standing, Status};
pub use structure::Structure;
