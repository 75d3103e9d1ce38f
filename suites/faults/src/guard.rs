//! A part that asks before it acts, and a handler of that hook that misbehaves.

use mag_contract::hook::{Hook, Terms};
use mag_contract::{Component, Effect, Example, Fault, Life, Manifest, Operation, Wiring, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// The value that handlers may change.
#[derive(Clone, Debug)]
struct Wish(String);
impl Hook for Wish {
    const NAME: &'static str = "guard.wish";
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Handler {
    #[default]
    Well,
    Sleep,
    /// Holds its thread.
    Block,
    Panic,
    Refuse,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GuardSettings {
    /// What the handler does.
    pub handler: Handler,
    /// The time it has, in milliseconds.
    pub within_ms: u64,
}
impl Default for GuardSettings {
    fn default() -> Self {
        Self { handler: Handler::Well, within_ms: 50 }
    }
}

struct Ask;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct AskInput {
    /// What is wished for.
    pub wish: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Granted {
    pub wish: String,
}

impl Operation for Ask {
    type Input = AskInput;
    type Output = Granted;
    const NAME: &'static str = "guard:ask";
    const SUMMARY: &'static str = "Asks the handlers of a hook for a wish";
    const EFFECT: Effect = Effect::Read;
    const PERMISSION: &'static str = "guard.ask";
    const POSITIONAL: &'static [&'static str] = &["wish"];
    fn examples() -> Vec<Example> {
        vec![Example::new("A wish", json!({ "wish": "tea" }), json!({ "wish": "tea, please" }))]
    }
}

pub struct Guard;

impl Component for Guard {
    type Settings = GuardSettings;

    fn manifest(_: &GuardSettings) -> Manifest {
        Manifest::new("guard", "1.0.0", "asks a hook whose handler misbehaves").operation::<Ask>()
    }
    async fn assemble(settings: GuardSettings, wiring: &mut Wiring) -> Result<Self, Fault> {
        let bus = wiring.bus();
        let polite = |wish: Wish| async move { Ok(Wish(format!("{}, please", wish.0))) };
        bus.handle(Terms { priority: 10, ..Terms::default() }, polite);
        let terms = Terms { within: Duration::from_millis(settings.within_ms), ..Terms::default() };
        bus.handle(terms, move |wish: Wish| async move {
            match settings.handler {
                Handler::Well => Ok(wish),
                Handler::Sleep => {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    Ok(wish)
                }
                Handler::Block => {
                    std::thread::sleep(Duration::from_millis(400));
                    Ok(wish)
                }
                Handler::Panic => panic!("the handler broke"),
                Handler::Refuse => Err(Fault::new(codes::HOOK_REFUSED, "no tea today")),
            }
        });
        wiring.operation::<Ask, _, _>(move |input, _| {
            let bus = bus.clone();
            async move { Ok(Granted { wish: bus.ask(Wish(input.wish)).await?.0 }) }
        });
        Ok(Self)
    }
    async fn self_test(&self) -> Result<(), Fault> {
        Ok(())
    }
    async fn run(self, mut life: Life) -> Result<(), Fault> {
        life.ready();
        life.draining().await;
        Ok(())
    }
}
