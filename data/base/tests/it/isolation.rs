//! Who sees which rows of the base, by the guard and the operators in memory: the same list of
//! policies that PostgreSQL holds.

use mag_base::ON_SQLITE;
use mag_contract::{Actor, Timestamp};
use mag_guard::{Grant, GrantOn, Guard, RoleRule, Ruleset, Session};
use mag_model::catalog::Catalog;
use mag_model::{Value, literal};
use mag_query::error::Verb;
use mag_query::{Body, Everything, Options, Rules, notation, plan};
use mag_rows::Database;
use std::sync::Arc;

const ANN: &str = "20000000-0000-4000-8000-00000000000a";
const BEN: &str = "20000000-0000-4000-8000-00000000000b";
const AGENT: &str = "20000000-0000-4000-8000-00000000000c";
const ONE: &str = "10000000-0000-4000-8000-000000000001";
const TWO: &str = "10000000-0000-4000-8000-000000000002";
const AUDITOR: &str = "30000000-0000-4000-8000-000000000001";
const OWN_AUDITOR: &str = "30000000-0000-4000-8000-000000000002";

fn id(last: u32) -> String {
    format!("40000000-0000-4000-8000-{last:012}")
}

struct World {
    catalog: Arc<Catalog>,
    guard: Guard,
    rows: Database,
}

impl World {
    fn new() -> Self {
        let mut structure = ON_SQLITE.structure().unwrap();
        ON_SQLITE.refine(&mut structure.draft).unwrap();
        let catalog = Arc::new(structure.draft.build(1).unwrap());
        let rules = Ruleset {
            roles: vec![RoleRule { name: "authenticated".into(), ..RoleRule::default() }],
            grants: vec![Grant {
                role: "authenticated".into(),
                schema: "public".into(),
                on: GrantOn::AllTables { verbs: vec![Verb::Select] },
            }],
            policies: ON_SQLITE.policies().unwrap(),
            ..Ruleset::default()
        };
        let guard = Guard::new(&rules, &catalog);
        assert_eq!(guard.problems(), []);
        let mut world = Self { rows: Database::new(catalog.clone()), catalog, guard };
        world.settle();
        world
    }

    /// Ann is of organization one, Ben of two; the agent audits one. Each has a team and a log line.
    fn settle(&mut self) {
        let mut next = 0;
        let mut add = |table: &str, cells: &[(&str, &str)]| {
            next += 1;
            let table = self.catalog.find_table("public", &format!("mag_{table}")).unwrap();
            let known = self.catalog.table(table);
            let own = id(next);
            let cells = known.columns.iter().map(|column| {
                let given =
                    cells.iter().find(|(name, _)| *name == &*column.name).map(|(_, text)| *text);
                let text = given.or((&*column.name == "id").then_some(own.as_str()));
                text.map_or(Value::Null, |text| literal::parse(text, &column.ty).unwrap())
            });
            let row: Vec<Value> = cells.collect();
            self.rows.load(table, [row]);
        };
        for (user, org) in [(ANN, ONE), (BEN, TWO), (AGENT, ONE)] {
            add("users", &[("id", user), ("organization_id", org)]);
            add(
                "memberships",
                &[("user_id", user), ("organization_id", org), ("status", "active")],
            );
        }
        add("memberships", &[("user_id", ANN), ("organization_id", TWO), ("status", "suspended")]);
        for (org, slug) in [(ONE, "one"), (TWO, "two")] {
            add("organizations", &[("id", org), ("slug", slug)]);
            add("teams", &[("organization_id", org), ("slug", slug)]);
            add("audit_logs", &[("organization_id", org), ("actor_id", BEN), ("door", slug)]);
        }
        add("roles", &[("id", AUDITOR), ("name", "security_auditor")]);
        // An organization may call its own role whatever it likes.
        add(
            "roles",
            &[("id", OWN_AUDITOR), ("organization_id", TWO), ("name", "security_auditor")],
        );
        add(
            "role_bindings",
            &[
                ("organization_id", ONE),
                ("role_id", AUDITOR),
                ("user_id", AGENT),
                ("scope", "organization"),
            ],
        );
        add(
            "role_bindings",
            &[
                ("organization_id", ONE),
                ("role_id", AUDITOR),
                ("user_id", ANN),
                ("scope", "organization"),
                ("expires_at", "2020-01-01"),
            ],
        );
    }

    /// One column of what the user sees, in order.
    fn seen(&mut self, user: &str, table: &str, column: &str) -> Vec<String> {
        let text = format!("read mag_{table}?select={column}&order={column}");
        let call = notation::parse("public", &text).unwrap();
        let planned = plan(&call, &self.catalog, &Everything, &Options::default()).unwrap();
        let claims = format!(r#"{{"role":"authenticated","sub":"{user}"}}"#);
        let at = Timestamp(1_767_225_600_000);
        let session = Arc::new(Session::new(Actor::owner("test"), "authenticated", claims, at));
        let plan = self.guard.authorise(planned, &session, Rules::Compiled).unwrap();
        let Body::Rows(rows) = self.rows.run(&plan).unwrap().body else { panic!("no rows") };
        rows.rows.iter().map(|row| literal::text(&row[0])).collect()
    }
}

#[test]
fn members_see_their_organization_and_nothing_of_another() {
    let mut world = World::new();
    assert_eq!(world.seen(ANN, "organizations", "slug"), ["one"]);
    assert_eq!(world.seen(ANN, "teams", "slug"), ["one"]);
    assert_eq!(world.seen(BEN, "teams", "slug"), ["two"]);
    assert_eq!(world.seen(ANN, "users", "id"), [ANN, AGENT]);
    assert_eq!(world.seen(BEN, "users", "id"), [BEN]);
    let stranger = id(999);
    for table in ["users", "organizations", "memberships", "teams", "audit_logs", "role_bindings"] {
        assert_eq!(world.seen(&stranger, table, "id"), Vec::<String>::new(), "{table}");
    }
}

#[test]
fn built_in_roles_are_seen_by_all_and_own_roles_by_members() {
    let mut world = World::new();
    assert_eq!(world.seen(ANN, "roles", "id"), [AUDITOR]);
    assert_eq!(world.seen(BEN, "roles", "id"), [AUDITOR, OWN_AUDITOR]);
}

#[test]
fn an_agent_with_the_role_of_an_auditor_reads_the_log_of_its_organization_alone() {
    let mut world = World::new();
    assert_eq!(world.seen(AGENT, "audit_logs", "door"), ["one"]);
    // Her role has expired.
    assert_eq!(world.seen(ANN, "audit_logs", "door"), Vec::<String>::new());
    // Whoever acts sees what he did himself, wherever it was.
    assert_eq!(world.seen(BEN, "audit_logs", "door"), ["one", "two"]);
}
