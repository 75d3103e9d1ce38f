//! Roles of organizations, the permissions in them, and to whom they are bound, as rows.

use super::orgs::{id_of, missing};
use crate::home::{Home, Row, any_of, is_null};
use mag_contract::{Fault, Timestamp, codes};
use mag_query::Call;
use mag_query::call::Filter;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use uuid::Uuid;

/// Where a binding holds, when it is not the whole organization.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bound {
    pub(crate) project: Option<Uuid>,
    pub(crate) team: Option<Uuid>,
    pub(crate) expires_at: Option<Timestamp>,
}

impl Home {
    pub(crate) fn binding_row(
        &self,
        organization: Uuid,
        role: Uuid,
        user: Uuid,
        by: Option<Uuid>,
    ) -> Json {
        let holder = json!({ "user_id": user });
        self.binding(organization, role, holder, Bound::default(), by)
    }

    /// `holder` names a user or a team.
    pub(crate) fn binding(
        &self,
        organization: Uuid,
        role: Uuid,
        holder: Json,
        at: Bound,
        by: Option<Uuid>,
    ) -> Json {
        let now = self.now();
        let scope = match (at.project, at.team) {
            (Some(_), _) => "project",
            (None, Some(_)) => "team",
            (None, None) => "organization",
        };
        let mut row = json!({
            "id": Uuid::new_v4(), "organization_id": organization, "role_id": role,
            "scope": scope, "project_id": at.project, "team_id": at.team,
            "expires_at": at.expires_at, "created_at": now, "updated_at": now, "created_by": by,
        });
        if let (Some(row), Json::Object(holder)) = (row.as_object_mut(), holder) {
            row.extend(holder);
        }
        row
    }

    /// A role that every database has; made again where somebody took it out.
    pub(crate) async fn built_in_role(&self, name: &str) -> Result<Uuid, Fault> {
        let which = vec![Filter::eq("name", name), is_null("organization_id")];
        if let Some(row) = self.find_base("roles", which).await?.first() {
            return id_of(row);
        }
        if name != "owner" {
            return Err(
                missing("role", name).hint("`mobo org:role:list` shows the roles there are")
            );
        }
        let (id, now) = (Uuid::new_v4(), self.now());
        let row = json!({ "id": id, "name": name, "created_at": now, "updated_at": now });
        self.run(self.insert_base("roles", row)?).await?;
        let calls = self.allowing(id, &["*".to_owned()]).await?;
        self.all(calls).await?;
        Ok(id)
    }

    /// The role that was meant: one of the organization's own, or one that is built in. Never one
    /// of another organization, whatever id was given.
    pub(crate) async fn role(&self, organization: Uuid, given: &str) -> Result<Row, Fault> {
        let which = match Uuid::parse_str(given) {
            Ok(id) => Filter::eq("id", &id.to_string()),
            Err(_) => Filter::eq("name", given),
        };
        let own = Filter::eq("organization_id", &organization.to_string());
        let here = Filter::Any(vec![own, is_null("organization_id")]);
        let mut found = self.find_base("roles", vec![which, here]).await?;
        // One's own goes before the built-in one of the same name.
        found.sort_by_key(|row| row.id("organization_id").is_none());
        found.into_iter().next().ok_or_else(|| {
            missing("role", given).hint("`mobo org:role:list` shows the roles there are")
        })
    }

    /// Writes permissions into a role. Names that were never used before are made.
    pub(crate) async fn allowing(&self, role: Uuid, names: &[String]) -> Result<Vec<Call>, Fault> {
        if names.is_empty() {
            return Ok(vec![]);
        }
        let known = self.find_base("permissions", vec![any_of("name", names.to_vec())]).await?;
        let known: HashMap<&str, &str> =
            known.iter().map(|row| (row.words("name"), row.words("id"))).collect();
        let now = self.now();
        let (mut made, mut written) = (vec![], vec![]);
        for name in names {
            let id = match known.get(name.as_str()) {
                Some(id) => (*id).to_owned(),
                None => {
                    let id = Uuid::new_v4().to_string();
                    let row =
                        json!({ "id": id, "name": name, "created_at": now, "updated_at": now });
                    made.push(self.insert_base("permissions", row)?);
                    id
                }
            };
            let row = json!({ "role_id": role, "permission_id": id, "created_at": now });
            written.push(self.insert_base("role_permissions", row)?);
        }
        made.extend(written);
        Ok(made)
    }

    pub(crate) async fn parents_of(&self, role: Uuid) -> Result<Vec<Row>, Fault> {
        let of_role = vec![Filter::eq("role_id", &role.to_string())];
        let parents = self.find("role_parents", of_role).await?;
        let ids = crate::rights::ids_of(&parents, "parent_id");
        if ids.is_empty() {
            return Ok(vec![]);
        }
        self.find_base("roles", vec![any_of("id", ids)]).await
    }

    /// Whether `role` inherits from `other`, however far away: then `other` cannot inherit from it.
    pub(crate) async fn inherits(&self, role: Uuid, other: Uuid) -> Result<bool, Fault> {
        const DEPTH_MAX: usize = 16;
        let mut next = vec![role.to_string()];
        for _ in 0..DEPTH_MAX {
            if next.contains(&other.to_string()) {
                return Ok(true);
            }
            if next.is_empty() {
                return Ok(false);
            }
            let rows = self.find("role_parents", vec![any_of("role_id", next)]).await?;
            next = crate::rights::ids_of(&rows, "parent_id");
        }
        Ok(true)
    }

    /// All that a role allows, with what it inherits.
    pub(crate) async fn allows(&self, role: Uuid) -> Result<Vec<String>, Fault> {
        const DEPTH_MAX: usize = 8;
        let mut all = vec![role.to_string()];
        let mut next = all.clone();
        for _ in 0..DEPTH_MAX {
            if next.is_empty() {
                break;
            }
            let rows = self.find("role_parents", vec![any_of("role_id", next)]).await?;
            next = crate::rights::ids_of(&rows, "parent_id");
            next.retain(|id| !all.contains(id));
            all.extend(next.clone());
        }
        let mut names: Vec<String> =
            self.permissions_of(all).await?.into_values().flatten().collect();
        names.sort();
        names.dedup();
        Ok(names)
    }
}

/// `crm.view`, `crm.deals.*`, `*`.
pub(crate) fn permission(given: &str) -> Result<String, Fault> {
    const LENGTH_MAX: usize = 120;
    let word = |word: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        !word.is_empty() && word.chars().all(plain)
    };
    let bare = match given {
        "*" => return Ok("*".to_owned()),
        other => other.strip_suffix(".*").unwrap_or(other),
    };
    if given.len() > LENGTH_MAX || !bare.split('.').all(word) {
        let shown: String = given.chars().take(LENGTH_MAX).collect();
        return Err(Fault::new(codes::BAD_INPUT, format!("`{shown}` is no permission"))
            .hint("permissions are written like `crm.view`, `crm.deals.*` or `*`"));
    }
    Ok(given.to_owned())
}

#[cfg(test)]
mod tests {
    use super::permission;

    #[test]
    fn permissions_are_words_between_dots() {
        for good in ["*", "crm.view", "crm.deals.*", "crm", "a-b.c_d.9"] {
            assert_eq!(permission(good).ok().as_deref(), Some(good));
        }
        for bad in
            ["", ".", "crm.", ".view", "crm..view", "crm*", "*.view", "Crm.view", "a b", "x/*"]
        {
            assert!(permission(bad).is_err(), "{bad}");
        }
    }
}
