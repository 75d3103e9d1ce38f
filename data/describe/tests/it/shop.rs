//! The source that is described, its rules, and the files that tell how it is described.

use mag_guard::ruleset::{Grant, GrantOn, Mask, MaskWith, RoleRule, Ruleset};
use mag_guard::{Guard, May};
use mag_model::Catalog;
use mag_model::catalog::Draft;
use mag_query::error::Verb;
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) fn catalog() -> Arc<Catalog> {
    of("shop.draft.json")
}

/// Names of tables and columns may hold anything.
pub(crate) fn hostile() -> Arc<Catalog> {
    of("hostile.draft.json")
}

fn of(file: &str) -> Arc<Catalog> {
    let text = std::fs::read_to_string(path(file)).unwrap();
    let draft: Draft = serde_json::from_str(&text).unwrap();
    Arc::new(draft.build(7).unwrap())
}

/// `anon` may look at people without their mail, and add orders; it calls `add` only.
pub(crate) fn anon(catalog: &Arc<Catalog>) -> May {
    let grant = |on| Grant { role: "anon".into(), schema: "public".into(), on };
    let columns = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let rules = Ruleset {
        roles: vec![RoleRule { name: "anon".into(), ..RoleRule::default() }],
        grants: vec![
            grant(GrantOn::Table {
                name: "people".into(),
                verbs: vec![Verb::Select],
                columns: columns(&["id", "name", "created_at"]),
            }),
            grant(GrantOn::Table {
                name: "orders".into(),
                verbs: vec![Verb::Insert],
                columns: columns(&["person_id", "note"]),
            }),
            grant(GrantOn::Function { name: "add".into() }),
        ],
        masks: vec![Mask {
            role: "anon".into(),
            schema: "public".into(),
            table: "people".into(),
            column: "name".into(),
            with: MaskWith::Null,
        }],
        ..Ruleset::default()
    };
    Guard::new(&rules, catalog).may("anon")
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file)
}

/// The file holds what is made; `UPDATE_GOLDEN=1` writes it anew.
pub(crate) fn check_file(file: &str, made: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path(file), made).unwrap();
        return;
    }
    let known = std::fs::read_to_string(path(file)).unwrap_or_default();
    if known != made {
        let at = known.lines().zip(made.lines()).position(|(a, b)| a != b).unwrap_or(0);
        let (was, is) = (known.lines().nth(at), made.lines().nth(at));
        panic!(
            "{file} differs from line {}:\n- {was:?}\n+ {is:?}\nUPDATE_GOLDEN=1 writes it anew",
            at + 1
        );
    }
}
