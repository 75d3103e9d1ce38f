//! What is told and asked about identities, on the bus: facts after somebody came or went, hooks
//! before somebody is let in. The names are those that guards and extensions know.
//! Never: a password, a token, a code.

use mag_contract::Fact;
use mag_contract::hook::Hook;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// Somebody signed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoggedIn {
    pub project: String,
    pub user: String,
    /// `password`, `otp`, `oauth`, `anonymous` …
    pub method: String,
    pub session: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}
impl Fact for LoggedIn {
    const NAME: &'static str = "auth.user.login";
    const DURABLE: bool = true;
    const CAPABILITIES: &'static [&'static str] = &["auth.read"];
}

/// The same under its short name, for those who only count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserLogin {
    pub project: String,
    pub user: String,
}
impl Fact for UserLogin {
    const NAME: &'static str = "user.login";
    const CAPABILITIES: &'static [&'static str] = &["auth.read"];
}

/// Sessions were ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoggedOut {
    pub project: String,
    pub user: String,
    /// `local`, `others`, `global`, `reuse` (a refresh token came twice), `admin`
    pub scope: String,
    pub sessions: Vec<String>,
}
impl Fact for LoggedOut {
    const NAME: &'static str = "auth.user.logout";
    const DURABLE: bool = true;
    const CAPABILITIES: &'static [&'static str] = &["auth.read"];
}

/// A token came that was good once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenExpired {
    pub project: String,
}
impl Fact for TokenExpired {
    const NAME: &'static str = "auth.token.expired";
    const CAPABILITIES: &'static [&'static str] = &["auth.read"];
}

/// Somebody was known, and may not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PermissionDenied {
    pub project: String,
    pub actor: String,
    pub wanted: String,
    pub why: String,
}
impl Fact for PermissionDenied {
    const NAME: &'static str = "auth.permission.denied";
    const CAPABILITIES: &'static [&'static str] = &["auth.read"];
}

/// Users were made, changed or deleted; whoever keeps something of them reads it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserChanged {
    pub project: String,
    pub user: String,
    /// `created`, `changed`, `banned`, `deleted`
    pub what: String,
}
impl Fact for UserChanged {
    const NAME: &'static str = "auth.user.changed";
    const DURABLE: bool = true;
    const CAPABILITIES: &'static [&'static str] = &["auth.read"];
}

/// What somebody may do has changed: memberships, teams, roles, bindings. Whoever keeps a decision
/// asks again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RightsChanged {
    pub project: String,
    pub organization: String,
    /// Nobody in particular when a role or a whole organization changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `created`, `changed`, `transferred`, `deleted`, `member`, `left`, `team`, `role`, `bound`,
    /// `unbound`, `invited`, `joined`
    pub what: String,
}
impl Fact for RightsChanged {
    const NAME: &'static str = "auth.rights.changed";
    const DURABLE: bool = true;
    const CAPABILITIES: &'static [&'static str] = &["auth.read"];
}

/// Somebody acts as somebody else from now on, for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Impersonated {
    pub project: String,
    /// Who really acts.
    pub actor: String,
    /// As whom.
    pub user: String,
    pub session: String,
    pub why: String,
    /// Milliseconds since 1970.
    pub until: i64,
}
impl Fact for Impersonated {
    const NAME: &'static str = "auth.user.impersonated";
    const DURABLE: bool = true;
    const CAPABILITIES: &'static [&'static str] = &["auth.read"];
}

/// An agent wants to do what is above its risk level, and waits for somebody to decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalAsked {
    pub project: String,
    pub agent: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    pub ask: String,
    pub what: String,
    pub risk: String,
}
impl Fact for ApprovalAsked {
    const NAME: &'static str = "auth.approval.asked";
    const DURABLE: bool = true;
    const CAPABILITIES: &'static [&'static str] = &["auth.read"];
}

/// Somebody decided about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalDecided {
    pub project: String,
    pub agent: String,
    pub ask: String,
    /// `approved` or `denied`
    pub state: String,
    pub by: String,
}
impl Fact for ApprovalDecided {
    const NAME: &'static str = "auth.approval.decided";
    const DURABLE: bool = true;
    const CAPABILITIES: &'static [&'static str] = &["auth.read"];
}

/// Somebody is about to become a user. A handler may change the metadata, or refuse.
#[derive(Clone, Debug)]
pub struct BeforeUserCreated {
    pub project: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub user_metadata: Map<String, Json>,
    pub app_metadata: Map<String, Json>,
}
impl Hook for BeforeUserCreated {
    const NAME: &'static str = "before_user_created";
}

/// A token is about to be signed. A handler may add claims of its own; who it is for, until when
/// and with which role is not its to say.
#[derive(Clone, Debug)]
pub struct BeforeTokenIssued {
    pub project: String,
    pub user: String,
    pub method: String,
    pub claims: Map<String, Json>,
}
impl Hook for BeforeTokenIssued {
    const NAME: &'static str = "before_token_issued";
}

/// A password was tried. A handler may refuse the one that fits.
#[derive(Clone, Debug)]
pub struct PasswordTried {
    pub project: String,
    pub user: String,
    pub fits: bool,
}
impl Hook for PasswordTried {
    const NAME: &'static str = "password_verification_attempt";
}

/// A second factor was tried. A handler may refuse the one that fits.
#[derive(Clone, Debug)]
pub struct FactorTried {
    pub project: String,
    pub user: String,
    pub factor: String,
    pub fits: bool,
}
impl Hook for FactorTried {
    const NAME: &'static str = "mfa_verification_attempt";
}

/// Whether somebody holds a permission is about to be told. A handler may decide otherwise.
#[derive(Clone, Debug)]
pub struct PermissionResolver {
    pub project: String,
    pub actor: String,
    pub permission: String,
    pub allowed: bool,
    pub why: String,
}
impl Hook for PermissionResolver {
    const NAME: &'static str = "permission_resolver";
}
