//! What an operator can turn: the section `[auth]`, in the words that users of GoTrue know.

use mag_contract::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where the gate is when nobody says otherwise.
pub(crate) const DEFAULT_URL: &str = "http://127.0.0.1:8000";

/// The section `[auth]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The app's address, to which people are sent back.
    pub site_url: String,
    /// Where this board is reached from outside: links in mails and the issuer of tokens begin so.
    /// While it is not said, whoever is at this machine is answered by the address they have called.
    pub external_url: String,
    /// Further addresses that people may be sent back to; `*` stands for a part without `/` and
    /// `.`, `**` for anything.
    pub uri_allow_list: Vec<String>,
    /// Nobody can register by themselves.
    pub disable_signup: bool,
    pub anonymous_enabled: bool,
    pub email_enabled: bool,
    pub phone_enabled: bool,
    /// Sign in by a link or a code that is mailed.
    pub magic_link_enabled: bool,
    pub manual_linking_enabled: bool,
    /// Addresses count as confirmed without a mail.
    pub mailer_autoconfirm: bool,
    pub sms_autoconfirm: bool,
    /// A new address is confirmed at the old one as well.
    pub secure_email_change_enabled: bool,
    /// Seconds that a mailed link or code is good.
    pub mailer_otp_exp: u32,
    pub sms_otp_exp: u32,
    /// Digits of a code.
    pub otp_length: u32,
    /// Seconds between two mails or messages to one person.
    pub max_frequency: u32,
    /// Seconds that an access token is good.
    pub jwt_exp: u32,
    /// A refresh token that was used may be used again within so many seconds.
    pub refresh_token_reuse_interval: u32,
    /// Hours after which a session ends, however it is used; 0 is never.
    pub sessions_timebox_hours: u32,
    /// Hours without use after which a session ends; 0 is never.
    pub sessions_inactivity_hours: u32,
    pub password_min_length: u32,
    /// Lists of characters; a password has one of each.
    pub password_required_characters: Vec<String>,
    /// Refuses passwords that everybody tries first.
    pub password_refuse_common: bool,
    /// A change of the password asks for a code when the sign-in is older than a day.
    pub password_reauthentication: bool,
    pub mfa_totp_enabled: bool,
    pub mfa_max_factors: u32,
    /// Security keys and passkeys as second factors.
    pub mfa_webauthn_enabled: bool,
    /// Sign in with a passkey alone.
    pub passkeys_enabled: bool,
    pub webauthn: Webauthn,
    pub oauth_server: OauthServer,
    /// Pages that are asked before something happens, by name: `send_sms`, `send_email`,
    /// `before_user_created`, `custom_access_token`, `password_verification_attempt`,
    /// `mfa_verification_attempt`.
    pub hooks: BTreeMap<String, HttpHook>,
    pub limits: Limits,
    /// What calls of AI agents cost, for the budgets that are counted in credits.
    pub prices: Prices,
    pub smtp: Smtp,
    /// Subjects and texts of mails, by name: `confirmation`, `invite`, `recovery`, `magic_link`,
    /// `email_change`, `reauthentication`.
    pub templates: BTreeMap<String, Template>,
    /// The same in other languages, by their names: `de`, `pt-br`. Whoever has `language` or
    /// `locale` in their metadata, or a browser that asks for it, gets that one.
    pub languages: BTreeMap<String, BTreeMap<String, Template>>,
    /// Providers of sign-ins, by name: `google`, `github`, `keycloak` or one of your own.
    pub external: BTreeMap<String, Provider>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            site_url: "http://localhost:3000".into(),
            external_url: DEFAULT_URL.into(),
            uri_allow_list: vec![],
            disable_signup: false,
            anonymous_enabled: false,
            email_enabled: true,
            phone_enabled: false,
            magic_link_enabled: true,
            manual_linking_enabled: false,
            mailer_autoconfirm: false,
            sms_autoconfirm: false,
            secure_email_change_enabled: true,
            mailer_otp_exp: 3_600,
            sms_otp_exp: 60,
            otp_length: 6,
            max_frequency: 60,
            jwt_exp: 3_600,
            refresh_token_reuse_interval: 10,
            sessions_timebox_hours: 0,
            sessions_inactivity_hours: 0,
            password_min_length: 8,
            password_required_characters: vec![],
            password_refuse_common: true,
            password_reauthentication: false,
            mfa_totp_enabled: true,
            mfa_max_factors: 10,
            mfa_webauthn_enabled: true,
            passkeys_enabled: true,
            webauthn: Webauthn::default(),
            oauth_server: OauthServer::default(),
            hooks: BTreeMap::new(),
            limits: Limits::default(),
            prices: Prices::default(),
            smtp: Smtp::default(),
            templates: BTreeMap::new(),
            languages: BTreeMap::new(),
            external: BTreeMap::new(),
        }
    }
}

/// Other apps sign people in with this board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OauthServer {
    pub enabled: bool,
    /// Apps register themselves, as clients of MCP do; people see that nobody has checked them.
    pub allow_dynamic_registration: bool,
    /// So many at once; those that nobody has used for a day make room.
    pub dynamic_clients_max: u32,
    /// A page of your own where people sign in and agree, instead of the board's: it is opened with
    /// `?authorization_id=…` and asks `/auth/v1/oauth/authorizations`.
    pub consent_url: Option<String>,
}

impl Default for OauthServer {
    fn default() -> Self {
        Self {
            enabled: true,
            allow_dynamic_registration: true,
            dynamic_clients_max: 1_000,
            consent_url: None,
        }
    }
}

/// A page of yours that is asked, and the secret by which it knows that we ask.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HttpHook {
    pub uri: String,
    /// `v1,whsec_…`; several with `|` between while one replaces another.
    pub secrets: Option<Secret<String>>,
}

/// Where passkeys are made and used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Webauthn {
    /// The domain that passkeys belong to; the host of `site_url` when nothing is said.
    pub rp_id: Option<String>,
    /// What people read; the domain when nothing is said.
    pub rp_display_name: Option<String>,
    /// Pages that may ask for them; that of `site_url` when nothing is said.
    pub rp_origins: Vec<String>,
}

/// How often one address may try, in five minutes unless it says an hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    pub sign_ups: u32,
    pub sign_ins: u32,
    pub token_refreshes: u32,
    pub verifications: u32,
    /// Requests that send something.
    pub sends: u32,
    pub anonymous_sign_ins_per_hour: u32,
    /// Mails and messages of one project in an hour, whoever asks.
    pub mails_per_hour: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_ups: 30,
            sign_ins: 30,
            token_refreshes: 150,
            verifications: 30,
            sends: 30,
            anonymous_sign_ins_per_hour: 30,
            mails_per_hour: 300,
        }
    }
}

/// In thousandths of a credit. What a credit is worth is the operator's to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Prices {
    /// Each call, at whatever door.
    pub call: u32,
    /// Each row that is answered or written.
    pub row: u32,
    /// Each second that an engine works.
    pub second: u32,
}

impl Default for Prices {
    fn default() -> Self {
        Self { call: 100, row: 1, second: 1_000 }
    }
}

/// The server that mails go out by; without a host they stay in the development mailbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Smtp {
    pub host: Option<String>,
    pub port: u16,
    pub user: Option<String>,
    pub password: Option<Secret<String>>,
    /// `starttls`, `tls`, or `none` for a server on this machine.
    pub encryption: Encryption,
    pub sender: String,
    pub sender_name: String,
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            host: None,
            port: 587,
            user: None,
            password: None,
            encryption: Encryption::Starttls,
            sender: "noreply@localhost".into(),
            sender_name: "MagFlock".into(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    Starttls,
    Tls,
    None,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Template {
    pub subject: Option<String>,
    /// HTML with `{{ .ConfirmationURL }}`, `{{ .Token }}`, `{{ .TokenHash }}`, `{{ .SiteURL }}`,
    /// `{{ .Email }}`, `{{ .NewEmail }}`, `{{ .RedirectTo }}`, `{{ .Data.name }}`.
    pub body: Option<String>,
}

/// A provider that people can sign in with. What a preset knows need not be said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    pub client_id: String,
    pub secret: Option<Secret<String>>,
    /// The issuer, whose endpoints are found by discovery.
    pub url: Option<String>,
    /// What is asked for beside the preset's scopes.
    pub scopes: Vec<String>,
    /// Further clients whose id tokens are accepted, such as those of phone apps.
    pub accepted_client_ids: Vec<String>,
    /// People whose provider tells no address may come in.
    pub email_optional: bool,
}
