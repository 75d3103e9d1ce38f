//! What a role can do in a generated world, as far as grants and masks say it: a draft of the tables and
//! columns that it can speak of, and what it may do with each.
//! Never: what the rows decide; that is asked and found out.

use mag_guard::{Command, GrantOn, Ruleset};
use mag_model::catalog::Draft;
use mag_model::catalog::draft::TableDraft;
use mag_query::error::Verb;

#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub draft: Draft,
    may: Vec<(String, Verb)>,
}

impl Seen {
    pub fn by(role: &str, draft: &Draft, rules: &Ruleset) -> Self {
        let bypass = rules.roles.iter().any(|known| known.name == role && known.bypass);
        let mut seen = Self { draft: Draft { tables: Vec::new(), ..draft.clone() }, may: vec![] };
        for table in &draft.tables {
            let verbs = if bypass { Verb::ALL.to_vec() } else { granted(role, table, rules) };
            // Whoever may not read it cannot say which rows are meant.
            if !verbs.contains(&Verb::Select) {
                continue;
            }
            let hidden = |column: &str| !bypass && hides(role, &table.name, column, rules);
            let shown = without(table, &hidden);
            for verb in verbs {
                let open = bypass || admits(role, &table.name, verb, rules);
                if open && fits(&shown, table, verb, draft) {
                    seen.may.push((table.name.clone(), verb));
                }
            }
            seen.draft.tables.push(shown);
        }
        // A way to what is not there is none.
        let there: Vec<TableDraft> = seen.draft.tables.clone();
        for table in &mut seen.draft.tables {
            table.foreign.retain(|key| there.iter().any(|other| other.name == key.to_table));
        }
        seen
    }

    pub fn may(&self, table: &str, verb: Verb) -> bool {
        self.may.iter().any(|(known, what)| known == table && *what == verb)
    }
}

fn granted(role: &str, table: &TableDraft, rules: &Ruleset) -> Vec<Verb> {
    let of = |on: &GrantOn| match on {
        GrantOn::Table { name, verbs, .. } if *name == table.name => verbs.clone(),
        GrantOn::AllTables { verbs } => verbs.clone(),
        _ => Vec::new(),
    };
    rules.grants.iter().filter(|grant| grant.role == role).flat_map(|grant| of(&grant.on)).collect()
}

/// Not among the columns that are granted, or masked: neither can be filtered or sorted by.
fn hides(role: &str, table: &str, column: &str, rules: &Ruleset) -> bool {
    let granted = rules.grants.iter().filter(|grant| grant.role == role).any(|grant| {
        matches!(&grant.on, GrantOn::Table { name, columns, .. } if name == table
            && columns.as_ref().is_none_or(|columns| columns.iter().any(|known| known == column)))
    });
    let masked = rules
        .masks
        .iter()
        .any(|mask| mask.role == role && mask.table == table && mask.column == column);
    !granted || masked
}

/// Without a policy for it no row can be put in at all.
fn admits(role: &str, table: &str, verb: Verb, rules: &Ruleset) -> bool {
    verb != Verb::Insert
        || rules.open_rows.iter().any(|open| open.table == table)
        || rules.policies.iter().any(|policy| {
            policy.table == table
                && policy.permissive
                && matches!(policy.command, Command::All | Command::Insert)
                && (policy.roles.is_empty() || policy.roles.iter().any(|known| known == role))
        })
}

/// What a row needs can be given, and what others hold on to is not taken away.
fn fits(shown: &TableDraft, whole: &TableDraft, verb: Verb, draft: &Draft) -> bool {
    match verb {
        Verb::Insert => whole.columns.iter().all(|column| {
            let given = shown.columns.iter().any(|known| known.name == column.name);
            given || column.nullable || column.default.is_some()
        }),
        Verb::Delete => !draft.tables.iter().any(|other| {
            let held = |action: &Option<String>| action.is_none();
            other.name != whole.name
                && other
                    .foreign
                    .iter()
                    .any(|key| key.to_table == whole.name && held(&key.on_delete))
        }),
        _ => true,
    }
}

fn without(table: &TableDraft, hidden: &dyn Fn(&str) -> bool) -> TableDraft {
    let mut shown = table.clone();
    let none = |columns: &[String]| !columns.iter().any(|column| hidden(column));
    shown.columns.retain(|column| !hidden(&column.name));
    shown.unique.retain(|key| none(&key.columns));
    shown.foreign.retain(|key| none(&key.columns));
    if shown.primary.as_ref().is_some_and(|key| !none(&key.columns)) {
        shown.primary = None;
    }
    shown
}
