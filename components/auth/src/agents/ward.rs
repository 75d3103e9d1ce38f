//! The ward of the desk: what an agent may call, and what somebody may call who holds a permission
//! in one project alone. Whoever holds it everywhere and is no agent is never asked about.

use super::Agents;
use super::asks::Wanted;
use super::bounds::{Bounds, Risk};
use crate::gotrue::Gotrue;
use ::ring::digest::{SHA256, digest};
use futures::future::BoxFuture;
use mag_contract::operation::Spec;
use mag_contract::secret::HIDDEN;
use mag_contract::ward::{Ward, Wish};
use mag_contract::{Actor, ActorKind, Effect, Fault, codes};
use mag_ports::ProjectRef;
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub(crate) struct Warden {
    pub(crate) gotrue: Arc<Gotrue>,
}

/// What reaches beyond the project that it names, to the machine or to other projects: it is held
/// everywhere or not at all.
const BEYOND: [&str; 4] = ["project.create", "source.connect", "source.extend", "sql.run"];

impl Ward for Warden {
    fn holds(&self, wish: &Wish<'_>) -> Result<(), Fault> {
        self.in_its_project(wish)
    }

    fn admit<'a>(&'a self, wish: Wish<'a>) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let agents = &self.gotrue.agents;
            let known = Uuid::parse_str(&wish.actor.id).ok().and_then(|id| agents.bounds(id));
            let bounds = known.ok_or_else(|| {
                Fault::new(codes::AGENT_STOPPED, "this agent is not known to the board")
                    .hint("it comes with its own key, which `mobo agent:create` has shown")
            })?;
            self.bound(agents, &bounds, &wish).await.map_err(|fault| agents.refuse(&bounds, fault))
        })
    }

    /// The rows of an answer are its longest list.
    fn done(&self, actor: &Actor, answer: &Json, took: Duration) {
        let Some(agent) = Uuid::parse_str(&actor.id).ok() else { return };
        let agents = &self.gotrue.agents;
        if actor.kind != ActorKind::AiAgent || agents.bounds(agent).is_none() {
            return;
        }
        let lists = answer.as_object().into_iter().flat_map(Map::values).filter_map(Json::as_array);
        let rows = lists.map(Vec::len).max().unwrap_or(0);
        agents.spent(agent, u64::try_from(rows).unwrap_or(u64::MAX), took);
        agents.wake.notify_one();
    }
}

impl Warden {
    async fn bound(&self, agents: &Agents, bounds: &Bounds, wish: &Wish<'_>) -> Result<(), Fault> {
        let now = agents.clock.now();
        // A look at what would happen changes nothing.
        let effect = if wish.preview { Effect::Read } else { wish.spec.effect };
        bounds.acts(now)?;
        bounds.comes_by(Some(wish.door))?;
        bounds.uses(wish.spec.name, effect)?;
        agents.spending.left(bounds, now)?;
        let risk = Risk::of(effect);
        if risk <= bounds.risk {
            return Ok(());
        }
        let wanted = Wanted {
            what: wish.spec.name.to_owned(),
            fingerprint: fingerprint(wish),
            door: wish.door.to_owned(),
            risk,
            input: shown(wish.input, wish.spec),
        };
        let allowed = agents.asks.allow(bounds, wanted, now, Uuid::new_v4());
        // An approval that was used is on the disk before the call is made.
        let written = self.gotrue.write_asks().await;
        allowed.and(written)
    }

    /// Held in the project that the call names; the default one when it names none.
    fn in_its_project(&self, wish: &Wish<'_>) -> Result<(), Fault> {
        let wanted = wish.spec.permission;
        let refused = || {
            let message = format!("{} may not call `{}`", wish.actor.name, wish.spec.name);
            Fault::new(codes::DENIED, message).hint(format!("it takes the permission `{wanted}`"))
        };
        let names_project = wish.spec.input["properties"].get("project").is_some();
        if !names_project || BEYOND.contains(&wanted) {
            return Err(refused());
        }
        let given = wish.input.get("project").filter(|given| !given.is_null());
        let reference = match given {
            Some(Json::String(reference)) => reference.clone(),
            Some(_) => return Err(refused()),
            None => {
                let project = self.gotrue.store.get()?.project(ProjectRef::Default)?;
                project.reference.to_string()
            }
        };
        if wish.actor.permissions.hold_in(&reference, wanted) {
            return Ok(());
        }
        let message = format!(
            "{} may not call `{}` on project `{reference}`",
            wish.actor.name, wish.spec.name
        );
        Err(Fault::new(codes::DENIED, message)
            .hint(format!("it takes the permission `{wanted}` there")))
    }
}

/// The same call again has the same one, in whatever order its fields come.
fn fingerprint(wish: &Wish<'_>) -> String {
    let mut text = format!("{}\u{0}", wish.spec.name);
    sorted(wish.input, &mut text);
    crate::vault::hex(digest(&SHA256, text.as_bytes()).as_ref())
}

fn sorted(value: &Json, text: &mut String) {
    match value {
        Json::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            text.push('{');
            for name in names {
                text.push_str(&Json::from(name.as_str()).to_string());
                text.push(':');
                sorted(&members[name], text);
                text.push(',');
            }
            text.push('}');
        }
        Json::Array(items) => {
            text.push('[');
            for item in items {
                sorted(item, text);
                text.push(',');
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

/// Inputs larger than this are told by their size alone.
const SHOWN_MAX: usize = 4_096;

/// What whoever decides is shown: secrets hidden.
fn shown(input: &Json, spec: &Spec) -> Json {
    let Json::Object(members) = input else { return Json::Null };
    let properties = &spec.input["properties"];
    let hide = |(name, value): (&String, &Json)| {
        let secret = properties[name].to_string().contains("\"password\"");
        (name.clone(), if secret { HIDDEN.into() } else { value.clone() })
    };
    let shown = Json::Object(members.iter().map(hide).collect::<Map<_, _>>());
    match shown.to_string().len() {
        n if n > SHOWN_MAX => serde_json::json!({ "bytes": n }),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_fields_makes_no_other_call() {
        let text = |value: &Json| {
            let mut text = String::new();
            sorted(value, &mut text);
            text
        };
        let one: Json = serde_json::from_str(r#"{"b":[1,{"y":2,"x":1}],"a":"1"}"#).unwrap();
        let other: Json = serde_json::from_str(r#"{"a":"1","b":[1,{"x":1,"y":2}]}"#).unwrap();
        assert_eq!(text(&one), text(&other));
        for different in
            [json!({"a": 1}), json!({"a": "1"}), json!({"a": ["1"]}), json!({"a\"": 1})]
        {
            assert_ne!(text(&one), text(&different));
        }
        assert_ne!(text(&json!({"a": 1})), text(&json!({"a": "1"})));
    }
}
