//! What a project's doors may be told: the settings that the users of each dialect know, under
//! their own names. Plain data, kept in project zero.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProjectSettings {
    pub rest: RestSettings,
    pub tokens: TokenSettings,
    pub auth: AuthSettings,
}

/// What a project has of its own in the place of the board's section `[auth]`, under the same names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuthSettings {
    /// The app's address, to which people are sent back.
    pub site_url: Option<String>,
    /// Where the project is reached from outside: links in mails and the issuer of tokens begin so.
    pub external_url: Option<String>,
    /// Further addresses that people may be sent back to.
    pub uri_allow_list: Option<Vec<String>>,
    pub disable_signup: Option<bool>,
    pub anonymous_enabled: Option<bool>,
    pub email_enabled: Option<bool>,
    pub phone_enabled: Option<bool>,
    pub magic_link_enabled: Option<bool>,
    pub manual_linking_enabled: Option<bool>,
    /// Addresses count as confirmed without a mail.
    pub mailer_autoconfirm: Option<bool>,
    pub secure_email_change_enabled: Option<bool>,
    /// Seconds that a mailed link or code is good.
    pub mailer_otp_exp: Option<u32>,
    /// Seconds that an access token is good.
    pub jwt_exp: Option<u32>,
    pub password_min_length: Option<u32>,
    pub mfa_totp_enabled: Option<bool>,
    /// Those of the board's providers that people of this project sign in with; all when absent.
    pub providers: Option<Vec<String>>,
}

/// The REST door, in PostgREST's words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RestSettings {
    /// Schemas that are shown; the first one answers when a request names none.
    pub schemas: Vec<String>,
    /// Schemas in which functions, types and operators are looked for besides.
    pub extra_search_path: Vec<String>,
    /// The role of a request without credentials; nobody gets in without when it is absent.
    pub anon_role: Option<String>,
    /// Rows of an answer at most, at every level.
    pub max_rows: Option<u64>,
    pub tx_end: TxEnd,
    pub aggregates_enabled: bool,
    pub plan_enabled: bool,
    /// A function that is called before each request: `schema.name`.
    pub pre_request: Option<String>,
    /// A function whose answer is the root's.
    pub root_spec: Option<String>,
    pub openapi_mode: OpenapiMode,
    pub openapi_security_active: bool,
    pub openapi_server_proxy_uri: Option<String>,
    pub server_timing_enabled: bool,
    /// Origins that browsers may ask from; all when absent.
    pub cors_allowed_origins: Option<Vec<String>>,
    /// Settings that statements can read: `app.settings.name`.
    pub app_settings: BTreeMap<String, String>,
    /// Settings of a role that are set for its transactions, as the database has them.
    pub hoisted_tx_settings: Vec<String>,
    /// The header with the trace of a request, given back with the answer.
    pub server_trace_header: Option<String>,
    /// Milliseconds that the engine may work on one request.
    pub statement_timeout_ms: Option<u64>,
}

impl Default for RestSettings {
    fn default() -> Self {
        let hoisted = [
            "statement_timeout",
            "plan_filter.statement_cost_limit",
            "default_transaction_isolation",
        ];
        Self {
            schemas: vec!["public".into()],
            extra_search_path: vec!["public".into()],
            anon_role: Some("anon".into()),
            max_rows: None,
            tx_end: TxEnd::Commit,
            aggregates_enabled: false,
            plan_enabled: false,
            pre_request: None,
            root_spec: None,
            openapi_mode: OpenapiMode::FollowPrivileges,
            openapi_security_active: false,
            openapi_server_proxy_uri: None,
            server_timing_enabled: false,
            cors_allowed_origins: None,
            app_settings: BTreeMap::new(),
            hoisted_tx_settings: hoisted.map(String::from).to_vec(),
            server_trace_header: None,
            statement_timeout_ms: None,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TxEnd {
    #[default]
    Commit,
    CommitAllowOverride,
    Rollback,
    RollbackAllowOverride,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OpenapiMode {
    #[default]
    FollowPrivileges,
    IgnorePrivileges,
    Disabled,
}

/// How tokens of a project are verified, in PostgREST's words, for tokens that are made elsewhere.
/// Tokens that MagAuth makes for the project are always accepted.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenSettings {
    /// A shared secret, a JSON Web Key, or a set of them. Kept sealed, never shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt_secret: Option<String>,
    pub jwt_secret_is_base64: bool,
    pub jwt_aud: Option<String>,
    /// Where the role is in the claims: `.role`, `.app_metadata.roles[0]`.
    pub jwt_role_claim_key: String,
    /// Verified tokens that are kept; 0 keeps none.
    pub jwt_cache_max_entries: u32,
}

/// The secret is in no log.
impl std::fmt::Debug for TokenSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenSettings")
            .field("jwt_secret", &self.jwt_secret.as_ref().map(|_| "***"))
            .field("jwt_aud", &self.jwt_aud)
            .field("jwt_role_claim_key", &self.jwt_role_claim_key)
            .finish_non_exhaustive()
    }
}

impl Default for TokenSettings {
    fn default() -> Self {
        Self {
            jwt_secret: None,
            jwt_secret_is_base64: false,
            jwt_aud: None,
            jwt_role_claim_key: ".role".into(),
            jwt_cache_max_entries: 1_000,
        }
    }
}
