//! The keys that sign a project's tokens: listed, replaced with an overlap, revoked.

use super::{Office, input, operations};
use crate::tokens::Algorithm;
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, Timestamp, codes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

operations! {
    List => list;
    Rotate => rotate;
    Revoke => revoke;
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SigningKeyRow {
    pub kid: String,
    pub algorithm: String,
    /// `current` signs, `previous` only verifies, `revoked` does neither.
    pub status: String,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SigningKeys {
    pub keys: Vec<SigningKeyRow>,
}

input! { ListInput in project; }

pub(super) struct List;

impl Operation for List {
    type Input = ListInput;
    type Output = SigningKeys;
    const NAME: &'static str = "signing:list";
    const SUMMARY: &'static str = "Lists the keys that sign a project's tokens";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "auth.keys.read";
    fn examples() -> Vec<Example> {
        vec![Example::new("Those of the default project", json!({}), json!({}))]
    }
}

async fn list(office: Arc<Office>, input: ListInput, _: Call) -> Result<SigningKeys, Fault> {
    let project = office.project(input.project.as_deref())?;
    let ring = office.rings.of(project.id).await?;
    let mut keys: Vec<SigningKeyRow> = ring
        .signing
        .iter()
        .map(|key| SigningKeyRow {
            kid: key.kid.clone(),
            algorithm: key.algorithm.to_owned(),
            status: key.status.clone(),
            created_at: key.created_at,
        })
        .collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.created_at));
    Ok(SigningKeys { keys })
}

input! { RotateInput in project;
    /// `ES256`, `ES384` or `EdDSA`.
    #[serde(default = "es256")]
    pub algorithm: String,
}
fn es256() -> String {
    "ES256".into()
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Rotated {
    pub kid: String,
    pub algorithm: String,
}

pub(super) struct Rotate;

impl Operation for Rotate {
    type Input = RotateInput;
    type Output = Rotated;
    const NAME: &'static str = "signing:rotate";
    const SUMMARY: &'static str = "Signs tokens with a new key from now on; older tokens stay good";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.keys.write";
    fn examples() -> Vec<Example> {
        vec![
            Example::new("A new key", json!({}), json!({ "algorithm": "ES256" })),
            Example::refused(
                "A shared secret is no key of ours",
                json!({ "algorithm": "HS256" }),
                codes::BAD_INPUT.id,
            ),
        ]
    }
}

async fn rotate(office: Arc<Office>, input: RotateInput, _: Call) -> Result<Rotated, Fault> {
    let project = office.project(input.project.as_deref())?;
    let known = Algorithm::ALL.map(Algorithm::name);
    let algorithm = Algorithm::named(&input.algorithm).ok_or_else(|| {
        Fault::new(codes::BAD_INPUT, format!("`{}` is no algorithm of keys", input.algorithm))
            .nearest(&input.algorithm, known)
    })?;
    // The first key has to be there, so that tokens of before stay good.
    office.rings.of(project.id).await?;
    let kid = office.rings.book().await?.make_signing(project.id, algorithm).await?;
    office.rings.renew(project.id).await?;
    Ok(Rotated { kid, algorithm: algorithm.name().to_owned() })
}

input! { RevokeInput in project;
    /// The key, as `mobo signing:list` shows it.
    pub kid: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Revoked {
    pub kid: String,
}

pub(super) struct Revoke;

impl Operation for Revoke {
    type Input = RevokeInput;
    type Output = Revoked;
    const NAME: &'static str = "signing:revoke";
    const SUMMARY: &'static str = "Refuses every token that a replaced key has signed";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "auth.keys.write";
    const POSITIONAL: &'static [&'static str] = &["kid"];
    fn examples() -> Vec<Example> {
        let nobody = json!({ "kid": "00000000-0000-0000-0000-000000000000" });
        vec![Example::refused("A key that is not there", nobody, codes::NO_SUCH_NAME.id)]
    }
}

async fn revoke(office: Arc<Office>, input: RevokeInput, _: Call) -> Result<Revoked, Fault> {
    let project = office.project(input.project.as_deref())?;
    let kid = super::identifier(&input.kid, "a signing key")?.to_string();
    let ring = office.rings.of(project.id).await?;
    let key = ring.signing.iter().find(|key| key.kid == kid).ok_or_else(|| {
        Fault::new(codes::NO_SUCH_NAME, format!("the project has no signing key `{kid}`"))
            .hint("`mobo signing:list` shows them")
    })?;
    if key.status == "current" {
        return Err(Fault::new(codes::STATE_CONFLICT, "this key signs the tokens of today")
            .hint("`mobo signing:rotate` makes another one first"));
    }
    office.rings.book().await?.revoke_signing(project.id, &kid).await?;
    office.rings.renew(project.id).await?;
    Ok(Revoked { kid })
}
