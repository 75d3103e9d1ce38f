//! What somebody holds: the roles that are bound to them and to their teams, with what those roles
//! inherit, and where. One answer for people, agents and services, at every door.
//! Never: what a role of a database may do with a row; that is the guard's.

use crate::home::{Home, Row, any_of};
use mag_contract::{Fault, Permissions, Timestamp};
use mag_query::call::Filter;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// Roles inside each other; nobody reads a chain that is longer.
const DEPTH_MAX: usize = 8;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rights {
    pub(crate) grants: Vec<Grant>,
    /// Every role that was looked at, bound or inherited.
    pub(crate) roles: BTreeSet<String>,
}

/// One permission, and how it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grant {
    pub(crate) permission: String,
    /// From the role that is bound to the one that has it written in.
    pub(crate) through: Vec<String>,
    pub(crate) binding: String,
    /// The team that the role is bound to, when it is not the user.
    pub(crate) team: Option<String>,
    pub(crate) organization: Uuid,
    pub(crate) organization_slug: String,
    pub(crate) scope: Scope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Organization,
    Project(Uuid),
    Team(Uuid),
}

/// Where somebody wants to do something. Nothing said is anywhere at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) organization: Option<Uuid>,
    pub(crate) project: Option<Uuid>,
    pub(crate) team: Option<Uuid>,
}

impl Grant {
    fn holds(&self, wanted: &str) -> bool {
        Permissions::of([self.permission.as_str()]).hold(wanted)
    }
    fn is_at(&self, place: &Place) -> bool {
        if place.organization.is_some_and(|wanted| wanted != self.organization) {
            return false;
        }
        match self.scope {
            Scope::Organization => true,
            Scope::Project(of) => place.project.map_or(place.team.is_none(), |p| p == of),
            Scope::Team(of) => place.team.map_or(place.project.is_none(), |t| t == of),
        }
    }
    /// In a sentence, for whoever asks why.
    pub(crate) fn tells(&self) -> String {
        let role = self.through.first().map(String::as_str).unwrap_or_default();
        let mut text = match &self.team {
            Some(team) => format!("role `{role}`, bound to its team `{team}`"),
            None => format!("role `{role}`"),
        };
        let of = &self.organization_slug;
        text.push_str(&match self.scope {
            Scope::Organization => format!(" in organization `{of}`"),
            Scope::Project(id) => format!(" in project {id} of organization `{of}`"),
            Scope::Team(id) => format!(" in team {id} of organization `{of}`"),
        });
        if self.through.len() > 1 {
            text.push_str(&format!(", which inherits from `{}`,", self.through[1..].join("`, `")));
        }
        text.push_str(&format!(" holds `{}` (binding {})", self.permission, self.binding));
        text
    }
}

impl Rights {
    pub(crate) fn find(&self, wanted: &str, place: &Place) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.holds(wanted) && grant.is_at(place))
    }
}

/// What the rows say, before anybody asks for something.
#[derive(Default)]
pub(crate) struct Book {
    pub(crate) bindings: Vec<Row>,
    /// Slugs of the organizations that count: active ones that the user is an active member of.
    pub(crate) organizations: HashMap<Uuid, String>,
    /// The user's teams, with their names.
    pub(crate) teams: HashMap<Uuid, String>,
    pub(crate) roles: HashMap<Uuid, String>,
    pub(crate) parents: BTreeMap<Uuid, Vec<Uuid>>,
    pub(crate) permissions: HashMap<Uuid, Vec<String>>,
}

impl Book {
    /// Pure: the time is handed in.
    pub(crate) fn rights(&self, now: Timestamp) -> Rights {
        let mut rights = Rights::default();
        for binding in &self.bindings {
            if binding.time("expires_at").is_some_and(|at| at <= now) {
                continue;
            }
            let Some(organization) = binding.id("organization_id") else { continue };
            let Some(slug) = self.organizations.get(&organization) else { continue };
            let team = match binding.id("holder_team_id") {
                Some(team) => match self.teams.get(&team) {
                    Some(name) => Some(name.clone()),
                    None => continue,
                },
                None => None,
            };
            let scope = match (binding.id("project_id"), binding.id("team_id")) {
                (Some(project), _) => Scope::Project(project),
                (None, Some(team)) => Scope::Team(team),
                (None, None) => Scope::Organization,
            };
            let Some(role) = binding.id("role_id") else { continue };
            for (role, through) in self.closure(role) {
                rights.roles.extend(through.iter().cloned());
                for permission in self.permissions.get(&role).into_iter().flatten() {
                    rights.grants.push(Grant {
                        permission: permission.clone(),
                        through: through.clone(),
                        binding: binding.words("id").to_owned(),
                        team: team.clone(),
                        organization,
                        organization_slug: slug.clone(),
                        scope,
                    });
                }
            }
        }
        rights
    }

    /// A role and all that it inherits from, each once, with the way to it.
    fn closure(&self, role: Uuid) -> Vec<(Uuid, Vec<String>)> {
        let mut seen = BTreeSet::from([role]);
        let mut found = vec![];
        let mut next = vec![(role, vec![])];
        for _ in 0..DEPTH_MAX {
            let mut after = vec![];
            for (role, way) in next {
                let Some(name) = self.roles.get(&role) else { continue };
                let mut way: Vec<String> = way;
                way.push(name.clone());
                for parent in self.parents.get(&role).into_iter().flatten() {
                    if seen.insert(*parent) {
                        after.push((*parent, way.clone()));
                    }
                }
                found.push((role, way));
            }
            next = after;
        }
        found
    }
}

impl Home {
    /// What this user holds now.
    pub(crate) async fn rights(&self, user: Uuid) -> Result<Rights, Fault> {
        let mut book = Book::default();
        let mine = || Filter::eq("user_id", &user.to_string());
        let active = vec![mine(), Filter::eq("status", "active")];
        let memberships = self.find_base("memberships", active).await?;
        let ids = ids_of(&memberships, "organization_id");
        if ids.is_empty() {
            return Ok(Rights::default());
        }
        let active = vec![any_of("id", ids), Filter::eq("status", "active")];
        for row in self.find_base("organizations", active).await? {
            if let Some(id) = row.id("id") {
                book.organizations.insert(id, row.words("slug").to_owned());
            }
        }
        let teams = ids_of(&self.find_base("team_members", vec![mine()]).await?, "team_id");
        let mut held = mine();
        if !teams.is_empty() {
            for row in self.find_base("teams", vec![any_of("id", teams.clone())]).await? {
                if let Some(id) = row.id("id") {
                    book.teams.insert(id, row.words("slug").to_owned());
                }
            }
            held = Filter::Any(vec![held, any_of("holder_team_id", teams)]);
        }
        book.bindings = self.find_base("role_bindings", vec![held]).await?;
        self.read_roles(&mut book).await?;
        Ok(book.rights(self.now()))
    }

    /// Everything that the roles of the bindings are made of.
    async fn read_roles(&self, book: &mut Book) -> Result<(), Fault> {
        let mut wanted = ids_of(&book.bindings, "role_id");
        for _ in 0..DEPTH_MAX {
            wanted.retain(|id| Uuid::parse_str(id).is_ok_and(|id| !book.roles.contains_key(&id)));
            if wanted.is_empty() {
                break;
            }
            for row in self.find_base("roles", vec![any_of("id", wanted.clone())]).await? {
                if let Some(id) = row.id("id") {
                    book.roles.insert(id, row.words("name").to_owned());
                }
            }
            let parents = self.find("role_parents", vec![any_of("role_id", wanted)]).await?;
            wanted = ids_of(&parents, "parent_id");
            for row in parents {
                if let (Some(role), Some(parent)) = (row.id("role_id"), row.id("parent_id")) {
                    book.parents.entry(role).or_default().push(parent);
                }
            }
        }
        let roles: Vec<String> = book.roles.keys().map(Uuid::to_string).collect();
        book.permissions = self.permissions_of(roles).await?;
        Ok(())
    }

    /// The permissions that are written into these roles, by role.
    pub(crate) async fn permissions_of(
        &self,
        roles: Vec<String>,
    ) -> Result<HashMap<Uuid, Vec<String>>, Fault> {
        let mut by_role: HashMap<Uuid, Vec<String>> = HashMap::new();
        if roles.is_empty() {
            return Ok(by_role);
        }
        let held = self.find_base("role_permissions", vec![any_of("role_id", roles)]).await?;
        let ids = ids_of(&held, "permission_id");
        if ids.is_empty() {
            return Ok(by_role);
        }
        let named = self.find_base("permissions", vec![any_of("id", ids)]).await?;
        let names: HashMap<&str, &str> =
            named.iter().map(|row| (row.words("id"), row.words("name"))).collect();
        for row in &held {
            if let (Some(role), Some(name)) =
                (row.id("role_id"), names.get(row.words("permission_id")))
            {
                by_role.entry(role).or_default().push((*name).to_owned());
            }
        }
        by_role.values_mut().for_each(|names| names.sort());
        Ok(by_role)
    }
}

/// The ids in a column, each once.
pub(crate) fn ids_of(rows: &[Row], column: &str) -> Vec<String> {
    let ids: BTreeSet<&str> = rows.iter().filter_map(|row| row.text(column)).collect();
    ids.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn row(json: Json) -> Row {
        match json {
            Json::Object(members) => Row(members),
            _ => Row::default(),
        }
    }
    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    /// Organization 1 with project 10 and team 20; role 100 inherits 101, which inherits 100 again.
    fn book(binding: Json) -> Book {
        let mut whole = json!({
            "id": "b", "organization_id": id(1), "role_id": id(100), "user_id": id(7),
        });
        if let (Json::Object(whole), Json::Object(more)) = (&mut whole, binding) {
            whole.extend(more);
        }
        Book {
            bindings: vec![row(whole)],
            organizations: HashMap::from([(id(1), "acme".to_owned())]),
            teams: HashMap::from([(id(20), "sales".to_owned())]),
            roles: HashMap::from([(id(100), "seller".to_owned()), (id(101), "reader".to_owned())]),
            parents: BTreeMap::from([(id(100), vec![id(101)]), (id(101), vec![id(100)])]),
            permissions: HashMap::from([
                (id(100), vec!["crm.deals.*".to_owned()]),
                (id(101), vec!["crm.view".to_owned()]),
            ]),
        }
    }

    fn why(binding: Json, wanted: &str, place: Place) -> Option<String> {
        let rights = book(binding).rights(Timestamp(1_000));
        rights.find(wanted, &place).map(Grant::tells)
    }

    #[test]
    fn a_role_holds_what_is_written_in_it_and_what_it_inherits() {
        let anywhere = Place::default();
        assert_eq!(
            why(json!({}), "crm.deals.close", anywhere).as_deref(),
            Some("role `seller` in organization `acme` holds `crm.deals.*` (binding b)")
        );
        assert_eq!(
            why(json!({}), "crm.view", anywhere).as_deref(),
            Some(
                "role `seller` in organization `acme`, which inherits from `reader`, holds \
                 `crm.view` (binding b)"
            )
        );
        assert_eq!(why(json!({}), "crm.delete", anywhere), None);
    }

    #[test]
    fn a_binding_holds_where_it_is_bound_and_until_it_ends() {
        let at = |organization, project, team| Place { organization, project, team };
        let of_project = || json!({ "project_id": id(10) });
        assert!(why(of_project(), "crm.view", at(Some(id(1)), Some(id(10)), None)).is_some());
        assert!(why(of_project(), "crm.view", at(Some(id(1)), Some(id(11)), None)).is_none());
        assert!(why(of_project(), "crm.view", at(None, None, Some(id(20)))).is_none());
        assert!(why(json!({}), "crm.view", at(Some(id(1)), Some(id(11)), None)).is_some());
        assert!(
            why(json!({}), "crm.view", at(Some(id(2)), None, None)).is_none(),
            "another tenant"
        );
        let ended = json!({ "expires_at": Timestamp(1_000) });
        assert!(why(ended, "crm.view", Place::default()).is_none());
        let later = json!({ "expires_at": Timestamp(1_001) });
        assert!(why(later, "crm.view", Place::default()).is_some());
        let elsewhere = json!({ "organization_id": id(2) });
        assert!(why(elsewhere, "crm.view", Place::default()).is_none(), "no member there");
    }

    #[test]
    fn a_team_holds_for_its_members_alone() {
        let of_team = |team| json!({ "user_id": null, "holder_team_id": id(team) });
        let told = why(of_team(20), "crm.view", Place::default()).unwrap_or_default();
        assert!(told.starts_with("role `seller`, bound to its team `sales`"), "{told}");
        assert_eq!(why(of_team(21), "crm.view", Place::default()), None);
    }
}
