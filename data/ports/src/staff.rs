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

pub type Told<'a, T> = BoxFuture<'a, Result<T, Fault>>;

pub trait Staff: Send + Sync {
    /// Whether nobody has been made yet: the first one is made by whoever has the first link.
    fn is_empty(&self) -> Told<'_, bool>;
    fn create_first(&self, newcomer: Newcomer) -> Told<'_, Actor>;
    fn sign_in(&self, shown: SignIn) -> Told<'_, SignedIn>;
    /// Somebody was invited, and comes with what the mail had.
    fn accept(&self, invited: Invited) -> Told<'_, Actor>;
    /// Who it is now, with the permissions of now; a fault when they may no longer come in.
    fn actor<'a>(&'a self, id: &'a str) -> Told<'a, Actor>;
    fn account<'a>(&'a self, id: &'a str) -> Told<'a, Account>;

    /// The rest is for somebody who is in already. What they are about to change asks for the
    /// password again: a screen may have been left open.
    fn begin_totp<'a>(&'a self, id: &'a str, password: Secret<String>) -> Told<'a, TotpBegun>;
    fn confirm_totp<'a>(
        &'a self,
        id: &'a str,
        factor: &'a str,
        code: Secret<String>,
    ) -> Told<'a, ()>;
    fn drop_totp<'a>(&'a self, id: &'a str, proof: Proof) -> Told<'a, ()>;
    fn change_password<'a>(
        &'a self,
        id: &'a str,
        proof: Proof,
        new: Secret<String>,
    ) -> Told<'a, ()>;

    /// Whoever holds this key or token, for doors that show operations to programs.
    fn holder<'a>(&'a self, shown: &'a Secret<String>, door: &'static str) -> Told<'a, Actor>;
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
pub struct Invited {
    pub token: Secret<String>,
    pub name: String,
    pub password: Secret<String>,
}

/// That it is still the same person.
#[derive(Clone, Debug)]
pub struct Proof {
    pub password: Secret<String>,
    pub code: Option<Secret<String>>,
}

#[derive(Clone, Debug)]
pub enum SignedIn {
    In(Actor),
    /// The password was right; a code of the second factor is missing.
    NeedsCode,
}

/// What people are shown of themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub email: String,
    /// Whether a second factor is enrolled.
    pub totp: bool,
}

/// A second factor that waits for its first code.
#[derive(Clone, Debug)]
pub struct TotpBegun {
    pub id: String,
    pub secret: Secret<String>,
    /// As authenticator apps read it.
    pub uri: Secret<String>,
    /// The same as a picture, in SVG.
    pub qr: Secret<String>,
}
