//! The socket that knows the people who run an installation: how the admin screen lets them in.
//! Never: a cookie, a route; a door keeps those.

use futures::future::BoxFuture;
use mag_contract::{Actor, Fault, Secret, Socket};
use std::net::IpAddr;

pub struct StaffSocket;

impl Socket for StaffSocket {
    type Port = dyn Staff;
    const NAME: &'static str = "auth.staff";
}

pub trait Staff: Send + Sync {
    /// Whether nobody has been made yet: the first one is made by whoever has the first link.
    fn is_empty(&self) -> BoxFuture<'_, Result<bool, Fault>>;
    fn create_first(&self, newcomer: Newcomer) -> BoxFuture<'_, Result<Actor, Fault>>;
    fn sign_in(&self, shown: SignIn) -> BoxFuture<'_, Result<SignedIn, Fault>>;
    /// Who it is now, with the permissions of now; a fault when they may no longer come in.
    fn actor(&self, id: &str) -> BoxFuture<'_, Result<Actor, Fault>>;
}

#[derive(Clone, Debug)]
pub struct Newcomer {
    pub name: String,
    pub email: String,
    pub password: Secret<String>,
}

#[derive(Clone, Debug)]
pub struct SignIn {
    pub email: String,
    pub password: Secret<String>,
    /// The six digits of a second factor.
    pub code: Option<Secret<String>>,
    pub from: Option<IpAddr>,
}

#[derive(Clone, Debug)]
pub enum SignedIn {
    In(Actor),
    /// The password was right; a code of the second factor is missing.
    NeedsCode,
}
