//! Advisors: what is wrong with a structure, why, and what to do about it. Each is a small pure
//! function over a catalog and the facts beside it.
//! Never: a connection, a change; a remedy is a text for somebody to read.

pub mod advisor;
mod advisors;
pub mod facts;
mod scene;

pub use advisor::{Advisor, Engines, Finding, Level};
pub use advisors::ADVISORS;
pub use facts::{Engine, Facts};

use mag_migrate::{Structure, outline::outline};
use mag_model::Catalog;
use mag_model::catalog::draft::Draft;
use scene::Scene;

/// The findings of all advisors of the engine, the worst first.
pub fn lint(catalog: &Catalog, facts: &Facts) -> Vec<Finding> {
    lint_draft(&with_views(catalog), facts)
}

/// Of a structure that was read from scripts: before anything has run.
pub fn lint_structure(structure: &Structure, engine: Engine) -> Vec<Finding> {
    lint_draft(&structure.draft, &Facts::of(structure, engine))
}

pub fn lint_draft(draft: &Draft, facts: &Facts) -> Vec<Finding> {
    let scene = Scene { draft, facts };
    let mut findings = Vec::new();
    for advisor in ADVISORS.iter().filter(|a| a.engines.has(facts.engine)) {
        findings.extend(advisor.run(&scene));
    }
    findings.sort_by(|a, b| (a.level, a.advisor, &a.object).cmp(&(b.level, b.advisor, &b.object)));
    findings
}

/// Views have no text in a catalog, but names, kinds and columns.
fn with_views(catalog: &Catalog) -> Draft {
    use mag_model::catalog::draft::{ColumnDraft, TableDraft};
    let mut draft = outline(catalog);
    for (_, view) in catalog.tables().filter(|(_, table)| table.is_view()) {
        let mut table = TableDraft::new(&*view.schema, &*view.name);
        table.kind = view.kind;
        table.columns =
            view.columns.iter().map(|c| ColumnDraft::new(&*c.name, c.ty.to_string())).collect();
        draft.tables.push(table);
    }
    draft
}
