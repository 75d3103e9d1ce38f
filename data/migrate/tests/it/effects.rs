use crate::golden;
use mag_migrate::{Dialect, Effects, Mode, POSTGRES, SQLITE, Script};

fn told(dialect: &dyn Dialect, sql: &str) -> String {
    let effects = match Script::read(sql, dialect) {
        Ok(script) => Effects::of(&script, dialect),
        Err(error) => return format!("error: {error}"),
    };
    let mut lines = Vec::new();
    if let Mode::OneByOne { line, why } = &effects.mode {
        lines.push(format!("one by one ({line}): {why}"));
    }
    for danger in &effects.dangers {
        lines.push(format!("danger ({}): {}: {}", danger.line, danger.consent(), danger.why));
    }
    for warning in &effects.warnings {
        let instead = warning.instead.as_ref().map(|i| format!(" → {i}")).unwrap_or_default();
        let (kind, object) = (warning.kind, &warning.object);
        lines.push(format!("{kind} ({}): {object}: {}{instead}", warning.line, warning.why));
    }
    if lines.is_empty() { "harmless".into() } else { lines.join("\n") }
}

#[test]
fn what_scripts_do_to_postgres() {
    golden::check("effects-postgres.txt", |_, sql| told(&POSTGRES, sql));
}

#[test]
fn what_scripts_do_to_sqlite() {
    golden::check("effects-sqlite.txt", |_, sql| told(&SQLITE, sql));
}

#[test]
fn with_the_structure_at_hand_a_widening_is_no_danger() {
    use mag_model::catalog::draft::{ColumnDraft, Draft, TableDraft};
    let table = TableDraft::new("public", "t")
        .column(ColumnDraft::new("small", "integer"))
        .column(ColumnDraft::new("price", "numeric(10,2)"));
    let draft = Draft { tables: vec![table], ..Draft::default() };
    let catalog = draft.build(1).unwrap();
    let dangers = |sql: &str| {
        let script = Script::read(sql, &POSTGRES).unwrap();
        let effects = Effects::on(&script, &POSTGRES, Some(&catalog));
        effects.dangers.into_iter().map(|d| d.why).collect::<Vec<_>>()
    };
    assert_eq!(dangers("ALTER TABLE t ALTER small TYPE bigint"), Vec::<String>::new());
    assert_eq!(dangers("ALTER TABLE t ALTER price TYPE numeric(12, 2)"), Vec::<String>::new());
    assert_eq!(
        dangers("ALTER TABLE t ALTER small SET DATA TYPE smallint USING small::smallint"),
        ["numbers beyond the smaller type are refused (to smallint)"]
    );
    assert_eq!(
        dangers("ALTER TABLE t ALTER price TYPE numeric(12,1)"),
        ["digits beyond the new precision are cut, or refused (to numeric(12,1))"]
    );
}
