//! What this part can do itself: links into the admin screen, and the sessions behind it.

use crate::sessions::{SessionRow, Sessions};
use mag_contract::operation::{Call, Expect};
use mag_contract::{Effect, Example, Manifest, Operation, Wiring};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

pub(crate) fn declare(manifest: Manifest) -> Manifest {
    manifest.operation::<Link>().operation::<List>().operation::<SignOut>()
}

pub(crate) fn offer(wiring: &mut Wiring, sessions: &Arc<Sessions>) {
    let held = sessions.clone();
    wiring.operation::<Link, _, _>(move |_, call: Call| {
        let held = held.clone();
        async move {
            let token = held.make_link(call.actor).await?;
            Ok(LinkMade { path: format!("/#link={token}"), minutes: 15 })
        }
    });
    let held = sessions.clone();
    wiring.operation::<List, _, _>(move |_, _| {
        let sessions = held.rows();
        async move { Ok(SessionList { sessions }) }
    });
    let held = sessions.clone();
    wiring.operation::<SignOut, _, _>(move |input: SignOutInput, _| {
        let held = held.clone();
        async move {
            let ended = held
                .end_where("admin", |_, s| input.all || input.id.as_ref() == Some(&s.id))
                .await?;
            Ok(SignedOut { ended })
        }
    });
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Nothing {}

struct Link;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct LinkMade {
    /// To be put behind the address of the board. What follows the `#` never leaves the browser.
    pub path: String,
    /// It opens once, within so many minutes.
    pub minutes: u32,
}

impl Operation for Link {
    type Input = Nothing;
    type Output = LinkMade;
    const NAME: &'static str = "admin:link";
    const SUMMARY: &'static str = "Makes a link that opens the admin screen once, as you";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "admin.link";
    fn examples() -> Vec<Example> {
        vec![Example::new(
            "A link for the next quarter of an hour",
            json!({}),
            json!({ "minutes": 15 }),
        )]
    }
}

struct List;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SessionList {
    pub sessions: Vec<SessionRow>,
}

impl Operation for List {
    type Input = Nothing;
    type Output = SessionList;
    const NAME: &'static str = "admin:sessions";
    const SUMMARY: &'static str = "Lists who is signed in to the admin screen";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "admin.sessions.read";
    fn examples() -> Vec<Example> {
        vec![Example::new("Who is here", json!({}), json!({ "sessions": [] }))]
    }
}

struct SignOut;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SignOutInput {
    /// The session, as `admin:sessions` lists it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Every session.
    #[serde(default)]
    pub all: bool,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SignedOut {
    pub ended: u64,
}

impl Operation for SignOut {
    type Input = SignOutInput;
    type Output = SignedOut;
    const NAME: &'static str = "admin:signout";
    const SUMMARY: &'static str = "Ends a session of the admin screen, or all of them";
    const EFFECT: Effect = Effect::Admin;
    const PERMISSION: &'static str = "admin.sessions.write";
    const POSITIONAL: &'static [&'static str] = &["id"];
    fn examples() -> Vec<Example> {
        vec![
            Example::new("Everybody", json!({ "all": true }), json!({ "ended": 0 })),
            Example {
                title: "One that is over already",
                input: json!({ "id": "0123456789ab" }),
                expect: Expect::Answer(json!({ "ended": 0 })),
            },
        ]
    }
}
