//! Who is asking. People, AI agents, service accounts and the system are all users, checked the
//! same way at every door.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    Human,
    AiAgent,
    ServiceAccount,
    System,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: String,
    pub name: String,
    /// The user for whom an agent or a service acts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on_behalf_of: Option<String>,
    pub permissions: Permissions,
}

impl Actor {
    /// The board itself: what it does by schedule or to heal.
    pub fn system() -> Self {
        Self {
            kind: ActorKind::System,
            id: "system".into(),
            name: "the board".into(),
            on_behalf_of: None,
            permissions: Permissions::all(),
        }
    }
    /// Whoever may open the local socket owns the installation.
    pub fn owner(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            kind: ActorKind::Human,
            id: format!("os:{name}"),
            name,
            on_behalf_of: None,
            permissions: Permissions::all(),
        }
    }
}

/// Permission strings such as `board.read`; `board.*` holds all that begin so, `*` holds all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Permissions(Vec<String>);

impl Permissions {
    pub fn all() -> Self {
        Self(vec!["*".into()])
    }
    pub fn of<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
    pub fn hold(&self, wanted: &str) -> bool {
        self.0.iter().any(|held| holds(held, wanted))
    }
    /// Within one project: `shop/rows.*` holds `rows.read` in project `shop`, and nowhere else.
    pub fn hold_in(&self, project: &str, wanted: &str) -> bool {
        self.hold(wanted)
            || self.0.iter().any(|held| {
                held.split_once('/').is_some_and(|(of, held)| of == project && holds(held, wanted))
            })
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

fn holds(held: &str, wanted: &str) -> bool {
    match held.strip_suffix('*') {
        None => held == wanted,
        Some("") => true,
        Some(prefix) => prefix.ends_with('.') && wanted.starts_with(prefix),
    }
}

#[cfg(test)]
mod tests {
    use super::Permissions;

    #[test]
    fn a_star_holds_what_begins_so_and_nothing_else() {
        let held = Permissions::of(["board.*", "jobs.read", "bo*"]);
        assert!(held.hold("board.parts.write") && held.hold("jobs.read"));
        assert!(!held.hold("boards.read") && !held.hold("jobs.write") && !held.hold("board"));
        assert!(Permissions::all().hold("anything"));
        assert!(!Permissions::default().hold("board.read"));
    }

    #[test]
    fn what_is_held_in_one_project_is_held_nowhere_else() {
        let held = Permissions::of(["shop/rows.*", "blog/*", "board.read"]);
        assert!(held.hold_in("shop", "rows.read") && held.hold_in("blog", "anything"));
        assert!(held.hold_in("shop", "board.read"), "what is held everywhere is held there");
        assert!(!held.hold_in("shop", "schema.read") && !held.hold_in("blo", "rows.read"));
        assert!(!held.hold("rows.read") && !held.hold("blo/rows.read"));
        assert!(held.hold("shop/rows.read"), "whoever holds it there may give it there");
    }
}
