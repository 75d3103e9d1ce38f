//! What a call asked, in words: its statement with `?` where a value stood, for the log of slow calls.
//! Pure. Never: a value, a name that the caller has made up, the rules that the guard has put in.

use mag_adapter::Console;
use mag_guard::Authorised;
use mag_migrate::Dialect;
use mag_migrate::lex::{Kind, Lexer};
use mag_model::catalog::{Catalog, TableId};
use mag_query::call::{Aggregate, Comparison, Is, Pattern};
use mag_query::expr::{Arithmetic, PathPlace};
use mag_query::plan::{Cell, Work};
use mag_query::select::{From, Select, Shape as Rows, Sort};
use mag_query::{Expr, Plan, Ref};
use std::collections::HashMap;
use std::sync::Arc;

/// Enough to know a statement again. Longer ones end with `…`.
const LENGTH_MAX: usize = 1_000;
/// Plans of one transaction that are told.
const PLANS_MAX: usize = 8;
/// Places of a list, of columns or of conditions, that are told one by one.
const LIST_MAX: usize = 40;
/// Relations, conditions and expressions inside each other.
const DEPTH_MAX: usize = 12;

/// Of a call that begins: what is needed to tell it later, should it turn out to be slow.
pub(crate) fn of_plans(plans: &[Authorised<Plan>]) -> String {
    let mut told = Told::new();
    for (n, plan) in plans.iter().take(PLANS_MAX).enumerate() {
        if n > 0 {
            told.say("; ");
        }
        tell(plan.outline(), &mut told);
    }
    if plans.len() > PLANS_MAX {
        told.say("; …");
    }
    told.text
}

pub(crate) fn of_plan(plan: &Plan) -> String {
    let mut told = Told::new();
    tell(plan, &mut told);
    told.text
}

fn tell(plan: &Plan, told: &mut Told) {
    Teller { plan, names: HashMap::new(), told }.work();
}

/// Of what the console is given: its first statement that says something.
pub(crate) fn of_script(console: &Console, dialect: &dyn Dialect) -> String {
    let first = console.then.first().filter(|_| console.sql.trim().is_empty());
    of_sql(first.map_or(&console.sql, |bound| &bound.sql), dialect)
}

/// Of SQL as a person wrote it.
fn of_sql(sql: &str, dialect: &dyn Dialect) -> String {
    let mut told = Told::new();
    let mut lexer = Lexer::new(sql, dialect.grammar(), false);
    let mut end = 0;
    // What is never closed may be anything: nothing of it is shown.
    while let Ok(Some(token)) = lexer.token() {
        if token.start > end && end > 0 {
            told.say(" ");
        }
        match token.kind {
            Kind::Text | Kind::Number => told.say("?"),
            Kind::Word | Kind::Name | Kind::Sign => told.say(&sql[token.start..token.end]),
        }
        end = token.end;
        if told.full {
            break;
        }
    }
    told.text
}

struct Told {
    text: String,
    full: bool,
}

impl Told {
    fn new() -> Self {
        Self { text: String::new(), full: false }
    }
    fn say(&mut self, words: &str) {
        if self.full {
            return;
        }
        let room = LENGTH_MAX - self.text.len();
        if words.len() <= room {
            self.text.push_str(words);
            return;
        }
        let end = (0..=room).rev().find(|at| words.is_char_boundary(*at)).unwrap_or(0);
        self.text.push_str(&words[..end]);
        self.text.push('…');
        self.full = true;
    }
}

enum Named {
    Table(TableId),
    Columns(Arc<[(Arc<str>, mag_model::Type)]>),
}

struct Teller<'p, 't> {
    plan: &'p Plan,
    names: HashMap<Ref, Named>,
    told: &'t mut Told,
}

impl<'p> Teller<'p, '_> {
    fn say(&mut self, words: &str) {
        self.told.say(words);
    }
    fn catalog(&self) -> &'p Catalog {
        &self.plan.catalog
    }
    fn table(&mut self, id: TableId) {
        let table = self.catalog().table(id);
        self.told.say(&format!("{}.{}", table.schema, table.name));
    }
    fn list<T>(&mut self, items: impl Iterator<Item = T>, mut each: impl FnMut(&mut Self, T)) {
        for (n, item) in items.enumerate() {
            if n > 0 {
                self.say(", ");
            }
            if n >= LIST_MAX || self.told.full {
                return self.say("…");
            }
            each(self, item);
        }
    }

    fn work(&mut self) {
        let plan = self.plan;
        match &plan.work {
            Work::Read(select) => self.select(select, 0),
            Work::Insert(insert) => {
                self.names.insert(insert.target, Named::Table(insert.table));
                self.say("INSERT INTO ");
                self.table(insert.table);
                self.columns(insert.table, insert.columns.iter().copied());
                self.say(match insert.rows.len() {
                    0 | 1 => " VALUES (?)",
                    _ => " VALUES (?), …",
                });
                if let Some(conflict) = &insert.on_conflict {
                    self.say(" ON CONFLICT");
                    self.columns(insert.table, conflict.columns.iter().copied());
                    self.say(if conflict.merge.is_some() { " DO UPDATE" } else { " DO NOTHING" });
                }
                self.returning(insert.returning.as_ref());
            }
            Work::Update(update) => {
                self.names.insert(update.target, Named::Table(update.table));
                self.say("UPDATE ");
                self.table(update.table);
                self.say(" SET ");
                let known = plan.catalog.table(update.table);
                self.list(update.set.iter(), |this, (id, cell)| {
                    this.say(&known.column(*id).name);
                    this.say(match cell {
                        Cell::Default => " = DEFAULT",
                        Cell::Value(_) | Cell::Expr(_) => " = ?",
                    });
                });
                self.filter(update.filter.as_ref(), 0);
                self.returning(update.returning.as_ref());
            }
            Work::Delete(delete) => {
                self.names.insert(delete.target, Named::Table(delete.table));
                self.say("DELETE FROM ");
                self.table(delete.table);
                self.filter(delete.filter.as_ref(), 0);
                self.returning(delete.returning.as_ref());
            }
            Work::Invoke(invoke) => self.select(&invoke.select, 0),
        }
    }

    fn columns(&mut self, table: TableId, ids: impl Iterator<Item = mag_model::ColumnId>) {
        let known = self.catalog().table(table);
        self.say(" (");
        self.list(ids, |this, id| this.say(&known.column(id).name));
        self.say(")");
    }

    fn returning(&mut self, select: Option<&'p Select>) {
        if let Some(select) = select {
            self.say(" RETURNING ");
            self.learn(select);
            self.outputs(select, 0);
        }
    }

    fn learn(&mut self, select: &'p Select) {
        for source in &select.sources {
            let named = match &source.from {
                From::Table(id) | From::Written(id) => Named::Table(*id),
                From::Function { shape: Rows::Row(id), .. } => Named::Table(*id),
                From::Function { shape: Rows::Columns(columns), .. } => {
                    Named::Columns(columns.clone())
                }
                From::Function { shape: Rows::Scalar(_), .. } => continue,
                From::Again { columns, .. } => Named::Columns(columns.clone()),
            };
            self.names.insert(source.id, named);
        }
    }

    fn select(&mut self, select: &'p Select, depth: usize) {
        self.learn(select);
        self.say("SELECT ");
        self.outputs(select, depth);
        self.say(" FROM ");
        self.list(select.sources.iter(), |this, source| match &source.from {
            From::Table(id) | From::Written(id) => this.table(*id),
            From::Function { id, arguments, .. } => {
                let function = this.catalog().function(*id);
                this.say(&format!("{}.{}(", function.schema, function.name));
                this.list(arguments.iter(), |this, argument| this.expr(&argument.value, depth + 1));
                this.say(")");
            }
            From::Again { .. } => this.say("(again)"),
        });
        self.filter(select.filter.as_ref(), depth);
        if select.grouped && !select.group.is_empty() {
            self.say(" GROUP BY ");
            self.list(select.group.iter(), |this, expr| this.expr(expr, depth + 1));
        }
        if !select.order.is_empty() {
            self.say(" ORDER BY ");
            self.list(select.order.iter(), |this, Sort { expr, descending, .. }| {
                this.expr(expr, depth + 1);
                if *descending {
                    this.say(" DESC");
                }
            });
        }
        if select.limit.is_some() {
            self.say(" LIMIT ?");
        }
        if select.offset > 0 {
            self.say(" OFFSET ?");
        }
    }

    fn outputs(&mut self, select: &'p Select, depth: usize) {
        self.list(select.shown(), |this, output| match &output.expr {
            Expr::Embed(n) => match select.embeds.get(*n).filter(|_| depth < DEPTH_MAX) {
                Some(embed) => {
                    this.say("(");
                    this.select(&embed.select, depth + 1);
                    this.say(")");
                }
                None => this.say("(…)"),
            },
            expr => this.expr(expr, depth + 1),
        });
    }

    fn filter(&mut self, filter: Option<&'p Expr>, depth: usize) {
        if let Some(filter) = filter.filter(|filter| !filter.is_always()) {
            self.say(" WHERE ");
            self.expr(filter, depth + 1);
        }
    }

    fn both(&mut self, a: &'p Expr, word: &str, b: &'p Expr, depth: usize) {
        self.expr(a, depth);
        self.say(word);
        self.expr(b, depth);
    }

    fn several(&mut self, all: &'p [Expr], word: &str, none: &str, depth: usize) {
        if all.is_empty() {
            return self.say(none);
        }
        self.say("(");
        for (n, expr) in all.iter().take(LIST_MAX).enumerate() {
            if n > 0 {
                self.say(word);
            }
            self.expr(expr, depth);
        }
        self.say(if all.len() > LIST_MAX { ", …)" } else { ")" });
    }

    fn expr(&mut self, expr: &'p Expr, depth: usize) {
        if depth > DEPTH_MAX || self.told.full {
            return self.say("…");
        }
        let deeper = depth + 1;
        match expr {
            Expr::Value(_) | Expr::Session(_) => self.say("?"),
            Expr::Column(column) => {
                let name = match self.names.get(&column.of) {
                    Some(Named::Table(id)) => {
                        Some(self.catalog().column(*id, column.id).name.clone())
                    }
                    Some(Named::Columns(columns)) => {
                        columns.get(usize::from(column.id.0)).map(|(name, _)| name.clone())
                    }
                    None => None,
                };
                self.say(name.as_deref().unwrap_or("…"));
            }
            Expr::Computed { function, .. } => {
                let name = self.catalog().function(*function).name.clone();
                self.say(&name);
            }
            Expr::Row(_) => self.say("*"),
            Expr::Path { base, steps } => {
                self.expr(base, deeper);
                for step in steps {
                    // A key is a name that the caller has made up.
                    self.say(match (&step.to, step.as_text) {
                        (PathPlace::Key(_) | PathPlace::Index(_), true) => "->>?",
                        (PathPlace::Key(_) | PathPlace::Index(_), false) => "->?",
                    });
                }
            }
            Expr::Cast { expr, to } => {
                self.expr(expr, deeper);
                self.say(&format!("::{to}"));
            }
            Expr::Through { expr, .. } => self.expr(expr, deeper),
            Expr::Compare(comparison, a, b) => {
                let word = match comparison {
                    Comparison::Eq => " = ",
                    Comparison::Neq => " <> ",
                    Comparison::Lt => " < ",
                    Comparison::Lte => " <= ",
                    Comparison::Gt => " > ",
                    Comparison::Gte => " >= ",
                    Comparison::Distinct => " IS DISTINCT FROM ",
                };
                self.both(a, word, b, deeper);
            }
            Expr::Is { expr, is } => {
                self.expr(expr, deeper);
                self.say(match is {
                    Is::Null => " IS NULL",
                    Is::NotNull => " IS NOT NULL",
                    Is::True => " IS TRUE",
                    Is::False => " IS FALSE",
                    Is::Unknown => " IS UNKNOWN",
                });
            }
            Expr::All(all) => self.several(all, " AND ", "true", deeper),
            Expr::Any(any) => self.several(any, " OR ", "false", deeper),
            Expr::Not(expr) => {
                self.say("NOT ");
                self.expr(expr, deeper);
            }
            Expr::OneOf { expr, .. } => {
                self.expr(expr, deeper);
                self.say(" IN (?)");
            }
            Expr::Pattern { kind, text, pattern } => {
                let word = match kind {
                    Pattern::Like => " LIKE ",
                    Pattern::Ilike => " ILIKE ",
                    Pattern::Match => " ~ ",
                    Pattern::Imatch => " ~* ",
                };
                self.both(text, word, pattern, deeper);
            }
            Expr::Search { text, .. } => {
                self.expr(text, deeper);
                self.say(" @@ ?");
            }
            Expr::Sets(_, a, b) => self.both(a, " <set> ", b, deeper),
            Expr::Arithmetic(op, a, b) => {
                let word = match op {
                    Arithmetic::Add => " + ",
                    Arithmetic::Subtract => " - ",
                    Arithmetic::Multiply => " * ",
                    Arithmetic::Divide => " / ",
                    Arithmetic::Modulo => " % ",
                    Arithmetic::Concat => " || ",
                };
                self.both(a, word, b, deeper);
            }
            Expr::Call { function, arguments } => {
                self.say(function.name());
                self.several(arguments, ", ", "()", deeper);
            }
            Expr::Case { .. } => self.say("CASE …"),
            Expr::Exists(select) => self.inner("EXISTS (", select, deeper),
            Expr::Scalar(select) => self.inner("(", select, deeper),
            Expr::InSelect { expr, select } => {
                self.expr(expr, deeper);
                self.inner(" IN (", select, deeper);
            }
            Expr::Window { function, .. } => {
                self.say(function.name());
                self.say("() OVER (…)");
            }
            Expr::Embed(_) | Expr::FromEmbed { .. } => self.say("(…)"),
            Expr::Embedded(_) => self.say("EXISTS (…)"),
            Expr::Aggregate { function, argument, .. } => {
                self.say(match function {
                    Aggregate::Count => "count(",
                    Aggregate::Sum => "sum(",
                    Aggregate::Avg => "avg(",
                    Aggregate::Min => "min(",
                    Aggregate::Max => "max(",
                });
                match argument {
                    Some(argument) => self.expr(argument, deeper),
                    None => self.say("*"),
                }
                self.say(")");
            }
        }
    }

    fn inner(&mut self, word: &str, select: &'p Select, depth: usize) {
        self.say(word);
        self.select(select, depth);
        self.say(")");
    }
}

#[cfg(test)]
mod tests {
    use super::{LENGTH_MAX, of_sql};
    use mag_migrate::dialect::Sqlite;

    #[test]
    fn of_a_statement_all_is_told_but_its_values() {
        let told = of_sql(
            "SELECT  id, 'secret' /* why */ FROM notes\nWHERE pin = 1234 AND \"Name\" = 'it''s'",
            &Sqlite,
        );
        assert_eq!(told, "SELECT id, ? FROM notes WHERE pin = ? AND \"Name\" = ?");
        assert_eq!(of_sql("SELECT 1 + 'open secret", &Sqlite), "SELECT ? +");
        assert_eq!(of_sql("INSERT INTO a VALUES (x'beef', 1.5e3)", &Sqlite).find("beef"), None);
    }

    #[test]
    fn a_long_statement_ends_early() {
        let told = of_sql(&format!("SELECT {}", "ä, ".repeat(9_000)), &Sqlite);
        assert!(told.len() <= LENGTH_MAX + '…'.len_utf8() && told.ends_with('…'), "{told}");
    }
}
