//! Selects: sources, conditions, order and page; embeds as joins or as columns.

use super::{Renderer, RowOf, Written};
use crate::dialect::{Error, Piece};
use crate::statement::Columns;
use mag_model::catalog::RelationKind;
use mag_model::{Type, Value};
use mag_query::Expr;
use mag_query::select::{Embed, From, Output, Select, Show, Sort};

impl Renderer<'_> {
    /// Remembers what the numbers of the select's sources stand for.
    pub(super) fn enter(&mut self, select: &Select) {
        for source in &select.sources {
            match &source.from {
                From::Table(table) => {
                    self.rows.insert(source.id, RowOf::Table(*table));
                }
                From::Written(table) => {
                    let row = match self.written {
                        Written::InWith => RowOf::Touched(*table),
                        Written::Where(_) => RowOf::Table(*table),
                    };
                    self.rows.insert(source.id, row);
                }
                From::Function { shape, .. } => self.know(source.id, shape),
                From::Again { columns, .. } => {
                    self.rows.insert(source.id, RowOf::Columns(columns.clone()));
                }
            }
        }
    }

    pub(super) fn embed_alias(embed: &Embed) -> String {
        format!("e{}", embed.select.main().id.0)
    }

    /// `FROM ... WHERE ...`; `on` ties the rows to an outer row.
    pub(super) fn body(
        &mut self,
        select: &Select,
        on: Option<&Expr>,
        joins: bool,
    ) -> Result<String, Error> {
        self.enter(select);
        let mut conditions = Vec::new();
        // What stays on the right of a join is told where the join is, its rows as they may be seen.
        let in_order = select.sources.iter().filter_map(|source| source.join.as_ref());
        let apart = in_order.clone().any(|join| join.keeps.itself());
        let (mut from, mut joined) = (String::new(), String::new());
        for source in &select.sources {
            let rows = self.rows_of(source, &mut conditions, apart)?;
            let alias = Self::alias(source.id);
            match &source.join {
                Some(join) => {
                    let rule = source.rule.as_ref().filter(|_| !apart);
                    let join = self.join(join, rule, &format!("{rows} AS {alias}"))?;
                    if apart { from.push_str(&join) } else { joined.push_str(&join) }
                }
                None => {
                    let comma = if from.is_empty() { "" } else { ", " };
                    from.push_str(&format!("{comma}{rows} AS {alias}"));
                }
            }
        }
        let mut text = match from.is_empty() {
            // The body of a function may read nothing.
            true => String::new(),
            false => format!(" FROM {from}{joined}"),
        };
        let mut needed = Vec::new();
        if joins && self.dialect.lateral() {
            for (at, embed) in select.embeds.iter().enumerate() {
                if embed.show == Show::Nothing {
                    continue;
                }
                let alias = Self::embed_alias(embed);
                let inner = self.embed_select(embed)?;
                // One row that must be there is joined; of many it is cheaper to ask for any first.
                let must = embed.one && select.filter.as_ref().is_some_and(|f| needs(f, at));
                if must {
                    needed.push(at);
                }
                let kind = if must { "INNER" } else { "LEFT" };
                text.push_str(&format!(" {kind} JOIN LATERAL ({inner}) AS {alias} ON TRUE"));
            }
        }
        for source in select.sources.iter().filter(|source| source.join.is_none() && !apart) {
            if let Some(rule) = source.rule.as_ref().filter(|rule| !rule.is_always()) {
                conditions.push(self.expr(rule, &[])?);
            }
        }
        let joined = select.filter.as_ref().filter(|_| !needed.is_empty());
        let rest = joined.map(|filter| without(filter, &needed));
        let filter = rest.as_ref().or(select.filter.as_ref());
        for condition in on.into_iter().chain(filter).filter(|c| !c.is_always()) {
            conditions.push(self.wanted(condition, &select.embeds)?);
        }
        if !conditions.is_empty() {
            text.push_str(" WHERE ");
            text.push_str(&conditions.join(" AND "));
        }
        Ok(text)
    }

    /// The rows without order or page, as a condition or a count needs them.
    pub(super) fn bare(&mut self, select: &Select, what: &str) -> Result<String, Error> {
        let body = self.body(select, None, false)?;
        Ok(format!("SELECT {what}{body}"))
    }

    pub(super) fn tied(&mut self, embed: &Embed, what: &str) -> Result<String, Error> {
        let body = self.body(&embed.select, Some(&embed.on), false)?;
        let page = self.page(None, embed.select.offset)?;
        Ok(format!("SELECT {what}{body}{page}"))
    }

    /// A sub-select of a policy: one value for each row.
    pub(super) fn valued(&mut self, select: &Select) -> Result<String, Error> {
        let body = self.body(select, None, true)?;
        let value = match select.outputs.first() {
            Some(output) => self.expr(&output.expr, &select.embeds)?,
            None => "1".to_owned(),
        };
        let tail = self.tail(select)?;
        Ok(format!("SELECT {value}{body}{tail}"))
    }

    /// `GROUP BY ... ORDER BY ... LIMIT ... OFFSET ...`
    pub(super) fn tail(&mut self, select: &Select) -> Result<String, Error> {
        let mut text = String::new();
        if select.grouped && !select.group.is_empty() {
            let keys = match self.dialect.groups_by_place() {
                true => {
                    let shown = select.outputs.iter().filter(|o| o.shown).enumerate();
                    let plain = shown.filter(|(_, output)| !output.expr.has_aggregate());
                    let keys = plain.zip(&select.group).map(|((i, output), key)| {
                        if *key == output.expr {
                            return Ok((i + 1).to_string());
                        }
                        self.sort_key(key, select)
                    });
                    keys.collect::<Result<Vec<_>, _>>()?
                }
                false => {
                    let keys = select.group.iter().map(|expr| self.sort_key(expr, select));
                    keys.collect::<Result<Vec<_>, _>>()?
                }
            };
            text.push_str(&format!(" GROUP BY {}", keys.join(", ")));
        }
        if let Some(having) = &select.having {
            text.push_str(&format!(" HAVING {}", self.expr(having, &select.embeds)?));
        }
        for (i, sort) in select.order.iter().enumerate() {
            text.push_str(if i == 0 { " ORDER BY " } else { ", " });
            text.push_str(&self.sort(sort, select)?);
        }
        text.push_str(&self.page(select.limit, select.offset)?);
        Ok(text)
    }

    fn page(&mut self, limit: Option<u64>, offset: u64) -> Result<String, Error> {
        let mut bound = |n: Option<u64>| match n {
            Some(n) => {
                let n = i64::try_from(n).unwrap_or(i64::MAX);
                self.bind(Value::Int(n), Type::Int8).map(Some)
            }
            None => Ok(None),
        };
        let (limit, offset) = (bound(limit)?, bound(Some(offset).filter(|n| *n > 0))?);
        Ok(self.dialect.page(limit.as_deref(), offset.as_deref()))
    }

    fn sort_key(&mut self, expr: &Expr, select: &Select) -> Result<String, Error> {
        let piece = self.piece(expr, &select.embeds)?;
        self.binding(|dialect, bind| dialect.sort_key(&piece, bind))
    }

    fn sort(&mut self, sort: &Sort, select: &Select) -> Result<String, Error> {
        let shown = select.outputs.iter().filter(|o| o.shown);
        let by_place = select.grouped && self.dialect.groups_by_place();
        let place = shown.enumerate().find(|(_, o)| by_place && o.expr == sort.expr);
        let key = match place {
            Some((i, _)) => (i + 1).to_string(),
            None => self.sort_key(&sort.expr, select)?,
        };
        Ok(format!("{key} {}", direction(sort)))
    }

    pub(super) fn output(&mut self, output: &Output, select: &Select) -> Result<Piece, Error> {
        let piece = self.piece(&output.expr, &select.embeds)?;
        if select.grouped && !output.expr.has_aggregate() {
            return Ok(Piece { sql: self.dialect.group_key(&piece), ..piece });
        }
        Ok(piece)
    }

    /// The shown outputs of the outermost select, as they are sent.
    pub(super) fn whole(&mut self, select: &Select) -> Result<(String, Columns), Error> {
        self.whole_with(select, &[])
    }

    /// As `whole`, with more columns behind: in the engine's words, and what they are.
    pub(super) fn whole_with(
        &mut self,
        select: &Select,
        more: &[(&str, Type)],
    ) -> Result<(String, Columns), Error> {
        let body = self.body(select, None, true)?;
        let (mut columns, mut known) = (Vec::new(), Vec::new());
        for output in select.shown() {
            let piece = self.output(output, select)?;
            let (sql, ty) = self.dialect.sent(&piece);
            columns.push(format!("{sql} AS {}", self.dialect.quote(&output.name)));
            known.push((output.name.clone(), ty));
        }
        if columns.is_empty() && more.is_empty() {
            columns.push("NULL AS \"nothing\"".to_owned());
        }
        for (n, (sql, ty)) in more.iter().enumerate() {
            columns.push(format!("{sql} AS {}", self.dialect.quote(&format!("more {n}"))));
            known.push((format!("more {n}").into(), ty.clone()));
        }
        let tail = self.tail(select)?;
        Ok((format!("SELECT {}{body}{tail}", columns.join(", ")), known))
    }

    /// The rows as they are, or the one value that they become, beside their number.
    pub(super) fn formed(
        &mut self,
        select: &Select,
        form: &mag_query::call::Form,
    ) -> Result<(String, Columns), Error> {
        use mag_query::call::Form;
        let unsupported = |dialect: &dyn crate::dialect::Dialect| Error::Unsupported {
            engine: dialect.name(),
            what: "an answer of this form".into(),
        };
        let (value, ty) = match form {
            Form::Rows => return self.whole(select),
            Form::Geo => {
                (self.dialect.geo("r").ok_or_else(|| unsupported(self.dialect))?, Type::Text)
            }
            Form::Gathered(gather) => {
                let row = match select.main().row_of().filter(|_| gather.of_table) {
                    Some(table) => format!("r::{}", self.dialect.table(self.catalog.table(table))),
                    None => "r".to_owned(),
                };
                let name = self.dialect.function(&gather.schema, &gather.name)?;
                let ty = if gather.bytes { Type::Bytea } else { Type::Text };
                (format!("{name}({row})"), ty)
            }
        };
        let body = self.body(select, None, true)?;
        let mut columns = Vec::new();
        for output in select.shown() {
            let piece = self.output(output, select)?;
            let sql = match output.expr {
                Expr::Embed(_) => self.dialect.document(piece.sql),
                _ => piece.sql,
            };
            columns.push(format!("{sql} AS {}", self.dialect.quote(&output.name)));
        }
        let tail = self.tail(select)?;
        let inner = format!("SELECT {}{body}{tail}", columns.join(", "));
        let known = vec![("body".into(), ty), ("rows".into(), Type::Int8)];
        Ok((format!("SELECT {value} AS body, count(*) AS rows FROM ({inner}) AS r"), known))
    }

    /// The list of the objects of all rows of the outermost select.
    pub(super) fn as_json(&mut self, select: &Select) -> Result<String, Error> {
        let body = self.body(select, None, true)?;
        let (mut names, mut pieces) = (Vec::new(), Vec::new());
        for output in select.shown() {
            pieces.push(self.output(output, select)?);
            names.push(output.name.to_string());
        }
        let rest = format!("{body}{}", self.tail(select)?);
        Ok(self.dialect.many_as_json(&names, &pieces, &rest))
    }

    /// The select that an embed is joined by, or that stands for it among the columns.
    pub(super) fn embed_select(&mut self, embed: &Embed) -> Result<String, Error> {
        let select = &embed.select;
        let body = self.body(select, Some(&embed.on), true)?;
        let spread = embed.show == Show::Spread;
        let (mut names, mut pieces) = (Vec::new(), Vec::new());
        for (i, output) in select.outputs.iter().enumerate() {
            if output.shown || spread {
                pieces.push(self.output(output, select)?);
                names.push(if spread { format!("o{i}") } else { output.name.to_string() });
            }
        }
        let mut rest = format!("{body}{}", self.tail(select)?);
        if self.must_limit(embed) {
            rest.push_str(" LIMIT 1");
        }
        if spread && embed.one {
            let columns = names.iter().zip(&pieces);
            let columns: Vec<String> =
                columns.map(|(name, piece)| format!("{} AS {name}", piece.sql)).collect();
            return Ok(format!("SELECT {}{rest}", columns.join(", ")));
        }
        Ok(match (spread, embed.one) {
            (true, _) => self.dialect.lists(&names, &pieces, &rest),
            (false, true) => self.dialect.one_as_json(&names, &pieces, &rest),
            (false, false) => self.dialect.many_as_json(&names, &pieces, &rest),
        })
    }

    /// A key of a table leads to one row at most, and the planner does better without a limit. A view
    /// or a function may give more than it says.
    fn must_limit(&self, embed: &Embed) -> bool {
        let certain = match embed.relation.kind {
            RelationKind::Computed(_) => false,
            _ => !self.catalog.table(embed.relation.target).is_view(),
        };
        let bounded = embed.select.limit.is_some() || embed.select.offset > 0;
        embed.one && !bounded && !certain && self.dialect.lateral()
    }

    /// One output of an embed by itself: its value, or the list of its values.
    pub(super) fn one_output(&mut self, embed: &Embed, output: usize) -> Result<String, Error> {
        let select = &embed.select;
        let body = self.body(select, Some(&embed.on), self.dialect.lateral())?;
        let piece = self.output(&select.outputs[output], select)?;
        let tail = self.tail(select)?;
        if embed.one {
            let limit = if self.must_limit(embed) { " LIMIT 1" } else { "" };
            return Ok(format!("(SELECT {}{body}{tail}{limit})", piece.sql));
        }
        let names = ["o".to_owned()];
        Ok(format!("({})", self.dialect.lists(&names, &[piece], &format!("{body}{tail}"))))
    }
}

/// Whether no row without the embed meets the condition, because it asks for that by itself.
fn needs(filter: &Expr, at: usize) -> bool {
    match filter {
        Expr::Embedded(known) => *known == at,
        Expr::All(all) => all.iter().any(|part| needs(part, at)),
        _ => false,
    }
}

/// The condition without those that the joins hold already.
fn without(filter: &Expr, joined: &[usize]) -> Expr {
    match filter {
        Expr::Embedded(at) if joined.contains(at) => Expr::always(),
        Expr::All(all) => {
            let rest = all.iter().filter(|part| match part {
                Expr::Embedded(at) => !joined.contains(at),
                _ => true,
            });
            Expr::All(rest.map(|part| without(part, joined)).collect())
        }
        other => other.clone(),
    }
}

pub(super) fn direction(sort: &Sort) -> String {
    let direction = if sort.descending { "DESC" } else { "ASC" };
    let nulls = if sort.nulls_first { "NULLS FIRST" } else { "NULLS LAST" };
    format!("{direction} {nulls}")
}
