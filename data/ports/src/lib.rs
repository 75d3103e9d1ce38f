//! The sockets that carry data: how parts of the board reach rows, know who asks, and open engines
//! without knowing each other.
//! Never: a driver, a runtime, a door's dialect.

pub mod authn;
pub mod cluster;
pub mod driver;
pub mod events;
pub mod identity;
mod plans;
pub mod project;
pub mod settings;
pub mod staff;
pub mod store;
pub mod survey;
pub mod track;
pub mod trouble;
pub mod view;

pub use authn::{Authn, AuthnSocket, Credentials, Denied, Identity};
pub use cluster::{Cluster, ClusterSocket};
pub use driver::{Connection, Database, Driver, Opening, Place};
pub use project::{Project, ProjectRef};
pub use staff::{
    Account, Invited, Newcomer, Proof, SignIn, SignedIn, Staff, StaffSocket, TotpBegun,
};
pub use store::{Source, Store, StoreSocket};
pub use trouble::Trouble;
pub use view::View;
