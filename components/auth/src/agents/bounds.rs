//! What an agent is bound to, and what follows from that for one call. Pure: the time is handed in,
//! and what was spent is counted elsewhere.

use super::spending::Budget;
use mag_contract::{Effect, Fault, Timestamp, codes};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    pub(crate) id: Uuid,
    pub(crate) project: Uuid,
    /// The project's short name.
    pub(crate) reference: Arc<str>,
    pub(crate) name: String,
    pub(crate) owner: Option<Uuid>,
    /// Why it may not act now, in words for the agent.
    pub(crate) paused: Option<String>,
    pub(crate) expires_at: Option<Timestamp>,
    /// Operations such as `policy:list` or `policy:*`, and `rows:read` and `rows:write` for the
    /// doors to rows. All when none is named.
    pub(crate) tools: Vec<String>,
    /// All when none is named.
    pub(crate) doors: Vec<String>,
    pub(crate) read_only: bool,
    /// The highest risk that it takes alone; what is above it waits for somebody.
    pub(crate) risk: Risk,
    pub(crate) hour: Budget,
    pub(crate) day: Budget,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Risk {
    /// It looks.
    #[default]
    Low,
    /// It changes rows and things that can be changed back.
    Medium,
    /// It changes who may do what, and how the board works.
    High,
    /// It cannot be taken back.
    Critical,
}

impl Risk {
    pub(crate) const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|risk| risk.name() == name)
    }
    pub(crate) fn of(effect: Effect) -> Self {
        match effect {
            Effect::Read => Self::Low,
            Effect::Write => Self::Medium,
            Effect::Admin => Self::High,
            Effect::Destructive => Self::Critical,
        }
    }
}

impl Bounds {
    /// Whether it may act at all.
    pub(crate) fn acts(&self, now: Timestamp) -> Result<(), Fault> {
        let Self { id, name, .. } = self;
        if let Some(why) = &self.paused {
            let message = format!("agent `{name}` is paused: {why}");
            return Err(Fault::new(codes::AGENT_STOPPED, message)
                .hint(format!("stop, and ask the owner to run `mobo agent:pause {id} --resume`")));
        }
        if self.expires_at.is_some_and(|at| at <= now) {
            let message = format!("agent `{name}` has expired");
            return Err(Fault::new(codes::AGENT_STOPPED, message)
                .hint("stop, and ask the owner for more time: `mobo agent:limit … --days`"));
        }
        Ok(())
    }

    pub(crate) fn comes_by(&self, door: Option<&str>) -> Result<(), Fault> {
        let Some(door) = door.filter(|_| !self.doors.is_empty()) else { return Ok(()) };
        if self.doors.iter().any(|known| known == door) {
            return Ok(());
        }
        let message = format!("agent `{}` does not come by the door `{door}`", self.name);
        Err(Fault::new(codes::AGENT_BOUND, message)
            .hint(format!("it may come by {}", listed(&self.doors))))
    }

    /// Whether the tool is one of its own, and whether it may change anything.
    pub(crate) fn uses(&self, tool: &str, effect: Effect) -> Result<(), Fault> {
        let Self { id, name, .. } = self;
        if !self.tools.is_empty() && !self.tools.iter().any(|known| fits(known, tool)) {
            let message = format!("`{tool}` is not among the tools of agent `{name}`");
            return Err(Fault::new(codes::AGENT_BOUND, message)
                .hint(format!("it may use {}", listed(&self.tools))));
        }
        if self.read_only && effect != Effect::Read {
            let message = format!("agent `{name}` only reads, and `{tool}` changes something");
            return Err(Fault::new(codes::AGENT_BOUND, message)
                .hint(format!("the owner can let it write: `mobo agent:limit {id} --writes`")));
        }
        Ok(())
    }
}

/// `policy:list`, `policy:*`, `*`.
fn fits(pattern: &str, tool: &str) -> bool {
    match pattern.strip_suffix('*') {
        None => pattern == tool,
        Some("") => true,
        Some(prefix) => prefix.ends_with(':') && tool.starts_with(prefix),
    }
}

fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let more = if names.len() > SHOWN { " and others" } else { "" };
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
pub(super) fn scout() -> Bounds {
    Bounds {
        id: Uuid::from_u128(7),
        project: Uuid::from_u128(1),
        reference: "shop".into(),
        name: "scout".into(),
        owner: None,
        paused: None,
        expires_at: None,
        tools: vec![],
        doors: vec![],
        read_only: true,
        risk: Risk::Low,
        hour: Budget::default(),
        day: Budget::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_looks_and_changes_nothing_until_somebody_lets_it() {
        let bounds = scout();
        assert!(bounds.uses("policy:list", Effect::Read).is_ok());
        let refused = bounds.uses("policy:create", Effect::Admin).unwrap_err();
        assert_eq!(refused.code(), codes::AGENT_BOUND);
        assert!(refused.hint_text().unwrap_or_default().contains("--writes"));
        let writes = Bounds { read_only: false, ..bounds };
        assert!(writes.uses("policy:create", Effect::Admin).is_ok());
    }

    #[test]
    fn it_uses_the_tools_and_the_doors_that_it_was_given() {
        let tools = vec!["policy:*".to_owned(), "rows:read".to_owned(), "bo*".to_owned()];
        let bounds = Bounds { tools, doors: vec!["rest".into()], ..scout() };
        assert!(bounds.uses("policy:show", Effect::Read).is_ok());
        assert!(bounds.uses("rows:read", Effect::Read).is_ok());
        for tool in ["rows:write", "policies:show", "board:status", "policy"] {
            assert!(bounds.uses(tool, Effect::Read).is_err(), "{tool}");
        }
        assert!(bounds.comes_by(Some("rest")).is_ok() && bounds.comes_by(None).is_ok());
        let refused = bounds.comes_by(Some("http")).unwrap_err();
        assert_eq!(refused.hint_text(), Some("it may come by `rest`"));
        let all = Bounds { tools: vec!["*".into()], ..scout() };
        assert!(all.uses("anything:at-all", Effect::Read).is_ok());
    }

    #[test]
    fn a_paused_or_expired_one_is_told_what_to_do() {
        let paused = Bounds { paused: Some("it went astray".into()), ..scout() };
        let refused = paused.acts(Timestamp(0)).unwrap_err();
        assert!(refused.message().contains("it went astray"));
        assert!(refused.hint_text().unwrap_or_default().contains("--resume"));
        let ends = Bounds { expires_at: Some(Timestamp(10)), ..scout() };
        assert!(ends.acts(Timestamp(9)).is_ok() && ends.acts(Timestamp(10)).is_err());
    }

    #[test]
    fn risk_follows_from_what_a_call_does() {
        let risks = [Effect::Read, Effect::Write, Effect::Admin, Effect::Destructive].map(Risk::of);
        assert_eq!(risks, Risk::ALL);
        assert!(Risk::Low < Risk::Medium && Risk::High < Risk::Critical);
    }
}
