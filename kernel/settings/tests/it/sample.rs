//! The sections of a small board.

use mag_contract::Secret;
use mag_settings::{Bytes, Section, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Gate {
    /// The port on which the API answers.
    #[schemars(range(min = 1))]
    pub(crate) port: u16,
    /// The largest body of a request.
    #[schemars(extend("x-live" = true, "x-maximum" = "1GiB"))]
    pub(crate) body_max: Bytes,
    /// How long a request may take.
    #[schemars(extend("x-live" = true, "x-minimum" = "10ms"))]
    pub(crate) patience: Span,
    /// How answers are packed.
    pub(crate) packing: Packing,
    /// Origins that may call.
    pub(crate) origins: Vec<String>,
    /// What a request costs.
    pub(crate) price: f64,
    /// Encryption, when wanted.
    pub(crate) tls: Option<Tls>,
    pub(crate) limits: Limits,
    /// The address to listen on.
    pub(crate) address: Option<std::net::IpAddr>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            port: 8000,
            body_max: Bytes::of_mib(10),
            patience: Span::of_secs(30),
            packing: Packing::Auto,
            origins: vec!["http://localhost".into()],
            price: 0.5,
            tls: None,
            limits: Limits { burst: 9, steady: 3 },
            address: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Packing {
    /// As the client prefers.
    Auto,
    /// With gzip.
    Gzip,
    /// As they are.
    Plain,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// The certificate.
    pub(crate) cert_file: String,
    #[serde(default)]
    pub(crate) ciphers: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) burst: u32,
    pub(crate) steady: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vault {
    /// Signs tokens.
    pub(crate) key: Secret<String>,
    /// An older key that is still good.
    #[serde(default)]
    pub(crate) old_key: Option<Secret<String>>,
    #[serde(default = "standard_pepper")]
    pub(crate) pepper: Secret<String>,
    /// Who may sign in, and with which secret.
    #[serde(default)]
    pub(crate) providers: BTreeMap<String, Provider>,
    #[serde(default)]
    pub(crate) places: Vec<Place>,
}

fn standard_pepper() -> Secret<String> {
    Secret::new("salted".into())
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Provider {
    pub(crate) id: String,
    pub(crate) secret: Secret<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Place {
    Disk { folder: String },
    Bucket { url: String, size: u8 },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Levels {
    /// The level of parts that are not named.
    #[schemars(extend("x-live" = true))]
    pub(crate) level: String,
    /// Levels of single parts.
    #[schemars(extend("x-live" = true))]
    pub(crate) parts: BTreeMap<String, String>,
}

pub(crate) fn sections() -> Vec<Section> {
    vec![
        Section::of::<Levels>("log", "What is written down."),
        Section::of::<Gate>("parts.gate", "The HTTP door."),
    ]
}

pub(crate) fn with_vault() -> Vec<Section> {
    let mut all = sections();
    all.push(Section::of::<Vault>("vault", "Keys."));
    all
}
