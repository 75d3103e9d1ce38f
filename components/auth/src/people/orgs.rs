//! Organizations, who belongs to them, their teams and what they work on, as rows of the base.

use crate::home::{Home, Row, any_of};
use mag_contract::{Fault, codes};
use mag_query::Call;
use mag_query::call::Filter;
use serde_json::{Value as Json, json};
use uuid::Uuid;

impl Home {
    pub(crate) fn membership_row(&self, organization: Uuid, user: Uuid, by: Option<Uuid>) -> Json {
        let now = self.now();
        json!({
            "id": Uuid::new_v4(), "organization_id": organization, "user_id": user,
            "status": "active", "created_at": now, "updated_at": now, "created_by": by,
        })
    }

    /// The organization that was meant, by its slug or its id.
    pub(crate) async fn organization(&self, given: &str) -> Result<Row, Fault> {
        let which = match Uuid::parse_str(given) {
            Ok(id) => Filter::eq("id", &id.to_string()),
            Err(_) => Filter::eq("slug", &given.to_lowercase()),
        };
        let found = self.find_base("organizations", vec![which]).await?;
        found
            .into_iter()
            .next()
            .ok_or_else(|| missing("organization", given).hint("`mobo org:list` shows them"))
    }

    pub(crate) async fn team(&self, organization: Uuid, given: &str) -> Result<Row, Fault> {
        let which = match Uuid::parse_str(given) {
            Ok(id) => Filter::eq("id", &id.to_string()),
            Err(_) => Filter::eq("slug", &given.to_lowercase()),
        };
        let filter = vec![of(organization), which];
        self.find_base("teams", filter).await?.into_iter().next().ok_or_else(|| {
            missing("team", given).hint("`mobo team:list` shows those of an organization")
        })
    }

    /// A project that an organization works on.
    pub(crate) async fn worked_on(&self, organization: Uuid, given: &str) -> Result<Row, Fault> {
        let which = match Uuid::parse_str(given) {
            Ok(id) => Filter::eq("id", &id.to_string()),
            Err(_) => Filter::eq("slug", &given.to_lowercase()),
        };
        let filter = vec![of(organization), which];
        self.find_base("projects", filter).await?.into_iter().next().ok_or_else(|| {
            missing("project of the organization", given)
                .hint("`mobo org:project:add` says that an organization works on a project")
        })
    }

    pub(crate) async fn membership(
        &self,
        organization: Uuid,
        user: Uuid,
    ) -> Result<Option<Row>, Fault> {
        let filter = vec![of(organization), Filter::eq("user_id", &user.to_string())];
        Ok(self.find_base("memberships", filter).await?.into_iter().next())
    }

    /// Whoever is bound to something in an organization belongs to it.
    pub(crate) async fn needs_member(&self, organization: &Row, user: Uuid) -> Result<(), Fault> {
        let id = id_of(organization)?;
        if self.membership(id, user).await?.is_some_and(|m| m.text("status") == Some("active")) {
            return Ok(());
        }
        let slug = organization.words("slug");
        let message = format!("this user is no active member of organization `{slug}`");
        Err(Fault::new(codes::STATE_CONFLICT, message)
            .hint(format!("`mobo org:member:add {slug} …` makes it one")))
    }

    /// Takes a member out with all that it holds there. The calls belong together.
    pub(crate) async fn leaving(&self, organization: Uuid, user: Uuid) -> Result<Vec<Call>, Fault> {
        let mine = || vec![of(organization), Filter::eq("user_id", &user.to_string())];
        let teams = self.find_base("team_members", mine()).await?;
        let mut calls = vec![self.delete_base("role_bindings", mine())];
        if !teams.is_empty() {
            calls.push(self.delete_base("team_members", mine()));
        }
        calls.push(self.delete_base("memberships", mine()));
        Ok(calls)
    }

    /// Display names of users, by their ids.
    pub(crate) async fn names_of(
        &self,
        users: Vec<String>,
    ) -> Result<std::collections::HashMap<String, Row>, Fault> {
        if users.is_empty() {
            return Ok(std::collections::HashMap::new());
        }
        let rows = self.find_base("users", vec![any_of("id", users)]).await?;
        Ok(rows.into_iter().map(|row| (row.words("id").to_owned(), row)).collect())
    }
}

pub(crate) fn of(organization: Uuid) -> Filter {
    Filter::eq("organization_id", &organization.to_string())
}

pub(crate) fn id_of(row: &Row) -> Result<Uuid, Fault> {
    row.id("id").ok_or_else(|| Fault::new(codes::BUG, "a row has no id"))
}

/// What was named is not there; so much of the name is told back.
pub(crate) fn missing(what: &str, given: &str) -> Fault {
    let shown: String = given.chars().take(80).collect();
    Fault::new(codes::NO_SUCH_NAME, format!("there is no {what} `{shown}`"))
}

/// A short name for addresses: lower case letters, digits and `-`.
pub(crate) fn slug(given: &str) -> Result<String, Fault> {
    const LENGTH_MAX: usize = 63;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let odd = given.starts_with('-') || given.ends_with('-');
    if given.is_empty() || given.len() > LENGTH_MAX || odd || !given.chars().all(plain) {
        let shown: String = given.chars().take(80).collect();
        return Err(Fault::new(codes::BAD_INPUT, format!("`{shown}` is no short name"))
            .hint("it is made of lower case letters, digits and `-`, such as `acme-europe`"));
    }
    Ok(given.to_owned())
}
