//! People and whoever else signs in, as rows: users, the ways in which they sign in, sessions,
//! codes that were sent to them.

pub(crate) mod agents;
pub(crate) mod codes;
pub(crate) mod flows;
pub(crate) mod homes;
pub(crate) mod invitations;
pub(crate) mod orgs;
pub(crate) mod roles;
pub(crate) mod sessions;
pub(crate) mod users;

pub(crate) use homes::Homes;
pub(crate) use sessions::Method;
pub(crate) use users::User;
