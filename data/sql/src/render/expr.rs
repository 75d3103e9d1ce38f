//! Expressions. Every value is bound; every name comes from the catalog.

use super::{Renderer, RowOf};
use crate::dialect::{Bind, Dialect, Error, Piece};
use crate::statement::Origin;
use mag_model::{Type, Value};
use mag_query::Slot;
use mag_query::call::Is;
use mag_query::expr::{Column, Literal};
use mag_query::select::{Embed, Show};
use mag_query::{Expr, Select};

/// The embeds that an expression may speak of: those of the select that it belongs to.
pub(super) type Embeds<'e> = &'e [Embed];

impl Renderer<'_> {
    pub(super) fn piece(&mut self, expr: &Expr, embeds: Embeds<'_>) -> Result<Piece, Error> {
        let ty = expr.ty();
        let Expr::Column(column) = expr else {
            let sql = self.expr(expr, embeds)?;
            return Ok(Piece::plain(sql, ty));
        };
        let (of, id) = (column.of, column.id);
        let (varied, spaced) = (self.is_varied(of, id), self.is_spaced(of, id));
        Ok(Piece { sql: self.column(column), ty, varied, spaced })
    }

    /// A column as it is stored.
    fn column(&self, Column { of, id, .. }: &Column) -> String {
        let merging = self.merging.as_ref().filter(|(row, _)| row == of);
        let new = merging.and_then(|(_, set)| set.iter().find(|(column, _)| column == id));
        match new {
            Some((_, value)) => value.clone(),
            None if self.excluded == Some(*of) => {
                format!("excluded.{}", self.column_name(*of, *id))
            }
            None => format!("{}.{}", self.called(*of), self.column_name(*of, *id)),
        }
    }

    /// Calls the dialect with a way to bind values, and tells of the first that could not be bound.
    pub(super) fn binding<T>(
        &mut self,
        f: impl FnOnce(&dyn Dialect, &mut Bind<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let dialect = self.dialect;
        let mut failed = None;
        let result = f(dialect, &mut |value: Value, ty: Type| {
            self.bind(value, ty).unwrap_or_else(|e| {
                failed.get_or_insert(e);
                String::new()
            })
        });
        match failed {
            Some(error) => Err(error),
            None => result,
        }
    }

    /// A condition that rows must meet: false is as good as unknown in it, so that an index may say
    /// which rows are worth a look.
    pub(super) fn wanted(&mut self, expr: &Expr, embeds: Embeds<'_>) -> Result<String, Error> {
        let before = std::mem::replace(&mut self.by_index, true);
        let text = self.expr(expr, embeds);
        self.by_index = before;
        text
    }

    pub(super) fn expr(&mut self, expr: &Expr, embeds: Embeds<'_>) -> Result<String, Error> {
        let before = self.by_index;
        self.by_index &= matches!(expr, Expr::All(_) | Expr::Any(_) | Expr::Search { .. });
        let text = self.render(expr, embeds);
        self.by_index = before;
        text
    }

    fn render(&mut self, expr: &Expr, embeds: Embeds<'_>) -> Result<String, Error> {
        Ok(match expr {
            Expr::Value(Literal { value, ty, slot }) => {
                let origin = slot.map_or(Origin::Fixed, Origin::Slot);
                self.bind_from(value.clone(), ty.clone(), origin)?
            }
            // The guard leaves none; what it has not seen opens nothing.
            Expr::Session(_) => "NULL".to_owned(),
            Expr::Column(_) => {
                let piece = self.piece(expr, embeds)?;
                self.dialect.common(piece)
            }
            Expr::Row(of) => self.whole_row(*of),
            Expr::Window { function, arguments, partition, order, frame } => {
                self.window((*function, arguments), (partition, order), frame.as_deref())?
            }
            Expr::Computed { of, function, .. } => {
                let known = self.catalog.function(*function);
                let name = self.dialect.function(&known.schema, &known.name)?;
                format!("{name}({})", self.whole_row(*of))
            }
            Expr::Path { base, steps } => {
                let base = self.piece(base, embeds)?;
                self.binding(|dialect, bind| dialect.path(&base, steps, bind))?
            }
            Expr::Through { by, expr } => {
                let name = self.dialect.function(&by.schema, &by.function)?;
                format!("{name}({})", self.expr(expr, embeds)?)
            }
            Expr::Cast { expr, to } => {
                let piece = self.piece(expr, embeds)?;
                self.dialect.cast(&piece, to)?
            }
            Expr::Compare(comparison, a, b) => {
                let (left, right) = (self.piece(a, embeds)?, self.piece(b, embeds)?);
                self.dialect.compare(*comparison, &left, &right)?
            }
            Expr::Is { expr, is } => {
                let inner = self.piece(expr, embeds)?.sql;
                let word = match is {
                    Is::Null => "NULL",
                    Is::Unknown => self.dialect.unknown(),
                    Is::NotNull => "NOT NULL",
                    Is::True => "TRUE",
                    Is::False => "FALSE",
                };
                format!("({inner} IS {word})")
            }
            Expr::All(all) => self.joined(all, " AND ", "TRUE", embeds)?,
            Expr::Any(any) => self.joined(any, " OR ", "FALSE", embeds)?,
            Expr::Not(inner) => format!("(NOT {})", self.expr(inner, embeds)?),
            Expr::OneOf { expr, list, ty, first } => {
                let mut left = self.piece(expr, embeds)?;
                left.ty = ty.clone();
                let before = self.args.len();
                let one_of = self.binding(|dialect, bind| dialect.one_of(&left, list, bind))?;
                if let Some(first) = first {
                    self.tell_origins(before, list, *first);
                }
                one_of
            }
            Expr::Pattern { kind, text, pattern } => {
                let (text, pattern) = (self.piece(text, embeds)?, self.piece(pattern, embeds)?);
                self.dialect.pattern(*kind, &text, &pattern)?
            }
            Expr::Search { text: of, mode, language, query } => {
                let text = self.piece(of, embeds)?;
                let sql = self.bind(Value::Text(query.clone()), Type::Text)?;
                let language = language.as_deref();
                let by_index = match &**of {
                    Expr::Column(Column { of, id, .. }) => match self.rows.get(of) {
                        Some(RowOf::Table(table)) if self.by_index => {
                            let place = (self.catalog.table(*table), &*self.called(*of));
                            self.dialect.index_search(place, *id, *mode, language, &sql)
                        }
                        _ => None,
                    },
                    _ => None,
                };
                let query = Piece::plain(sql, Type::Text);
                let found = self.binding(|dialect, bind| {
                    dialect.search(&text, *mode, language, &query, bind)
                })?;
                match by_index {
                    Some(by_index) => format!("({by_index} AND {found})"),
                    None => found,
                }
            }
            Expr::Sets(op, a, b) => {
                let (left, right) = (self.piece(a, embeds)?, self.piece(b, embeds)?);
                self.dialect.sets(*op, &left, &right)?
            }
            Expr::Arithmetic(op, a, b) => {
                let (left, right) = (self.piece(a, embeds)?, self.piece(b, embeds)?);
                self.dialect.arithmetic(*op, &left, &right, &expr.ty())?
            }
            Expr::Call { function, arguments } => {
                let pieces = arguments.iter().map(|a| self.piece(a, embeds));
                let pieces = pieces.collect::<Result<Vec<_>, _>>()?;
                self.dialect.call(*function, &pieces)?
            }
            Expr::Case { branches, otherwise } => {
                let mut text = String::from("CASE");
                for (when, then) in branches {
                    let (when, then) = (self.expr(when, embeds)?, self.expr(then, embeds)?);
                    text.push_str(&format!(" WHEN {when} THEN {then}"));
                }
                if let Some(otherwise) = otherwise {
                    text.push_str(&format!(" ELSE {}", self.expr(otherwise, embeds)?));
                }
                text + " END"
            }
            Expr::Exists(select) => format!("EXISTS ({})", self.bare(select, "1")?),
            Expr::InSelect { expr, select } => {
                let piece = self.piece(expr, embeds)?;
                self.in_select(&piece, select)?
            }
            Expr::Scalar(select) => format!("({})", self.valued(select)?),
            Expr::Embed(at) => self.embed_json(*at, embeds)?,
            Expr::Embedded(at) => {
                let inner = &embeds[*at].select;
                if inner.limit == Some(0) {
                    "FALSE".to_owned()
                } else if inner.grouped && inner.group.is_empty() {
                    // A count of nothing is a row as well.
                    if inner.offset > 0 { "FALSE" } else { "TRUE" }.to_owned()
                } else {
                    format!("EXISTS ({})", self.tied(&embeds[*at], "1")?)
                }
            }
            Expr::FromEmbed { embed, output, .. } => self.embed_output(*embed, *output, embeds)?,
            Expr::Aggregate { argument: Some(argument), distinct: true, .. } => {
                let piece = self.piece(argument, embeds)?;
                self.binding(|dialect, bind| dialect.count_distinct(&piece, bind))?
            }
            Expr::Aggregate { function, argument, .. } => {
                let argument = argument.as_ref().map(|a| self.piece(a, embeds)).transpose()?;
                self.dialect.aggregate(*function, argument.as_ref())?
            }
        })
    }

    /// A dialect binds the values of a list one by one, or all of them as one array.
    fn tell_origins(&mut self, before: usize, list: &[Value], first: u32) {
        let bound = &mut self.args[before..];
        if bound.len() == list.len() && bound.iter().zip(list).all(|(arg, v)| arg.value == *v) {
            for (slot, arg) in (first..).zip(bound) {
                arg.origin = Origin::Slot(Slot::Given(slot));
            }
        } else if let ([arg], Ok(count)) = (bound, u32::try_from(list.len())) {
            arg.origin = Origin::List { first, count };
        }
    }

    fn joined(
        &mut self,
        exprs: &[Expr],
        word: &str,
        empty: &str,
        embeds: Embeds<'_>,
    ) -> Result<String, Error> {
        match exprs {
            [] => Ok(empty.to_owned()),
            [only] => self.expr(only, embeds),
            several => {
                let each = several.iter().map(|expr| self.expr(expr, embeds));
                Ok(format!("({})", each.collect::<Result<Vec<_>, _>>()?.join(word)))
            }
        }
    }

    fn whole_row(&self, of: mag_query::Ref) -> String {
        let table = match self.rows.get(&of) {
            Some(RowOf::Touched(table)) => Some(self.catalog.table(*table)),
            _ => None,
        };
        self.dialect.row(&self.called(of), table)
    }

    fn in_select(&mut self, piece: &Piece, select: &Select) -> Result<String, Error> {
        let Some(output) = select.outputs.first() else { return Ok("FALSE".to_owned()) };
        // Compared inside, by the rule that the types of both sides have: `IN` would take the
        // engine's own.
        let alike = output.expr.ty() == piece.ty
            && self.dialect.compares_plainly(&piece.ty)
            && !matches!(piece.ty.base(), Type::Timestamp | Type::TimestampTz);
        if alike || select.grouped || select.limit.is_some() {
            return Ok(format!("({} IN ({}))", piece.sql, self.valued(select)?));
        }
        self.enter(select);
        let inner = self.piece(&output.expr, &select.embeds)?;
        let same = self.dialect.compare(mag_query::call::Comparison::Eq, piece, &inner)?;
        let list = self.bare(select, &same)?;
        // NULL in the list keeps its meaning: not found, and not surely absent.
        Ok(format!("(TRUE IN ({list}))"))
    }

    /// An embed as JSON: joined already, or asked for here.
    fn embed_json(&mut self, at: usize, embeds: Embeds<'_>) -> Result<String, Error> {
        let embed = &embeds[at];
        if self.dialect.lateral() {
            return Ok(format!("{}.j", Self::embed_alias(embed)));
        }
        Ok(format!("({})", self.embed_select(embed)?))
    }

    fn embed_output(
        &mut self,
        at: usize,
        output: usize,
        embeds: Embeds<'_>,
    ) -> Result<String, Error> {
        let embed = &embeds[at];
        if self.dialect.lateral() && embed.show == Show::Spread {
            return Ok(format!("{}.o{output}", Self::embed_alias(embed)));
        }
        self.one_output(embed, output)
    }
}
