//! What stands behind FROM: tables, the rows of functions and what these are made of, and how they
//! are joined.

use super::{Renderer, WRITTEN, Written};
use crate::dialect::Error;
use crate::statement::Columns;
use mag_query::Expr;
use mag_query::select::{Body, Both, From, Join, Keeps, Select, Shape, Source};

/// The rows that the round before has found. No table of a person has a name of this kind.
fn again_name(number: u32) -> String {
    format!("mag again {number}")
}

impl Renderer<'_> {
    /// The rows of a source, without its alias; what narrows them besides goes to the conditions.
    /// `apart`: those that the asker may not see are not among them.
    pub(super) fn rows_of(
        &mut self,
        source: &Source,
        conditions: &mut Vec<String>,
        apart: bool,
    ) -> Result<String, Error> {
        let alias = Self::alias(source.id);
        let rows = match &source.from {
            From::Table(table) => self.dialect.table(self.catalog.table(*table)),
            From::Again { of, .. } => self.dialect.quote(&again_name(*of)),
            From::Written(table) => match &self.written {
                Written::InWith => WRITTEN.to_owned(),
                Written::Where(condition) => {
                    conditions.push(condition.replace("{alias}", &alias));
                    self.dialect.table(self.catalog.table(*table))
                }
            },
            From::Function { id, shape, body: Some(rows), .. } => {
                let rows = self.function_rows(rows, shape)?;
                match shape {
                    // A function that gives one row gives one without values when it finds none.
                    Shape::Row(_) if !self.catalog.function(*id).set => format!(
                        "(SELECT r.* FROM (SELECT 1) AS one LEFT JOIN ({rows}) AS r ON TRUE)"
                    ),
                    Shape::Row(_) | Shape::Scalar(_) | Shape::Columns(_) => format!("({rows})"),
                }
            }
            From::Function { id, arguments, shape, body: None } => {
                let call = self.function_call(*id, arguments)?;
                match shape {
                    // In the list of columns a function may give a row of no known type.
                    Shape::Scalar(_) => format!("(SELECT {call} AS value)"),
                    Shape::Row(_) | Shape::Columns(_) => call,
                }
            }
        };
        match source.rule.as_ref().filter(|rule| apart && !rule.is_always()) {
            Some(rule) => {
                let rule = self.expr(rule, &[])?;
                Ok(format!("(SELECT * FROM {rows} AS {alias} WHERE {rule})"))
            }
            None => Ok(rows),
        }
    }

    /// A row that the asker may not see is no partner: its rule stands beside the condition.
    pub(super) fn join(
        &mut self,
        join: &Join,
        rule: Option<&Expr>,
        rows: &str,
    ) -> Result<String, Error> {
        let word = match join.keeps {
            Keeps::Neither => "JOIN",
            Keeps::Before => "LEFT JOIN",
            Keeps::Itself => "RIGHT JOIN",
            Keeps::Both => "FULL JOIN",
        };
        let mut on = self.expr(&join.on, &[])?;
        if let Some(rule) = rule.filter(|rule| !rule.is_always()) {
            on = format!("{on} AND {}", self.expr(rule, &[])?);
        }
        Ok(format!(" {word} {rows} ON {on}"))
    }

    /// The rows of a function of the rules, under the names of its columns.
    fn function_rows(&mut self, rows: &Body, shape: &Shape) -> Result<String, Error> {
        let known: Columns = match shape {
            Shape::Scalar(ty) => vec![("value".into(), ty.clone())],
            Shape::Columns(columns) => columns.to_vec(),
            Shape::Row(table) => {
                let columns = self.catalog.table(*table).columns.iter();
                columns.map(|column| (column.name.clone(), column.ty.clone())).collect()
            }
        };
        let named = |sql: &str, name: &str| format!("{sql} AS {}", self.dialect.quote(name));
        match rows {
            Body::Select(select) => self.select_rows(select, &known),
            Body::Recursive { number, all, first, again } => {
                let first = self.function_rows(first, shape)?;
                let again = self.select_rows(again, &known)?;
                let name = self.dialect.quote(&again_name(*number));
                let columns: Vec<String> =
                    known.iter().map(|(name, _)| self.dialect.quote(name)).collect();
                let word = if *all { "UNION ALL" } else { "UNION" };
                Ok(format!(
                    "WITH RECURSIVE {name} ({}) AS (SELECT * FROM ({first}) AS l {word} {again}) \
                     SELECT * FROM {name}",
                    columns.join(", ")
                ))
            }
            Body::Both { how, left, right } => {
                let word = match how {
                    Both::UnionAll => "UNION ALL",
                    Both::Union => "UNION",
                    Both::Intersect => "INTERSECT",
                    Both::Except => "EXCEPT",
                };
                let (left, right) =
                    (self.function_rows(left, shape)?, self.function_rows(right, shape)?);
                // Each by itself: engines bind these words in different orders.
                Ok(format!("SELECT * FROM ({left}) AS l {word} SELECT * FROM ({right}) AS r"))
            }
            Body::Steps => Err(Error::Unsupported {
                engine: self.dialect.name(),
                what: "reading the rows of a function before it was called".into(),
            }),
            Body::Told(told) if told.is_empty() => {
                let columns: Vec<String> =
                    known.iter().map(|(name, _)| named("NULL", name)).collect();
                Ok(format!("SELECT {} WHERE FALSE", columns.join(", ")))
            }
            Body::Told(told) => {
                let places = (1..).zip(&known);
                let columns: Vec<String> =
                    places.map(|(n, (name, _))| named(&format!("column{n}"), name)).collect();
                let mut values = Vec::with_capacity(told.len());
                for row in told {
                    let cells = row.iter().zip(&known);
                    let cells = cells.map(|(value, (_, ty))| self.bind(value.clone(), ty.clone()));
                    values.push(format!("({})", cells.collect::<Result<Vec<_>, _>>()?.join(", ")));
                }
                Ok(format!("SELECT {} FROM (VALUES {})", columns.join(", "), values.join(", ")))
            }
        }
    }

    /// The outputs of a select, under the names of these columns.
    fn select_rows(&mut self, select: &Select, known: &Columns) -> Result<String, Error> {
        let body = self.body(select, None, true)?;
        let mut columns = Vec::with_capacity(known.len());
        for (output, (name, _)) in select.outputs.iter().zip(known) {
            let piece = self.output(output, select)?;
            let cell = self.dialect.common(piece);
            columns.push(format!("{cell} AS {}", self.dialect.quote(name)));
        }
        let tail = self.tail(select)?;
        Ok(format!("SELECT {}{body}{tail}", columns.join(", ")))
    }

    fn function_call(
        &mut self,
        id: mag_model::FunctionId,
        arguments: &[mag_query::select::Argument],
    ) -> Result<String, Error> {
        let known = self.catalog.function(id);
        let name = self.dialect.function(&known.schema, &known.name)?;
        let mut given = Vec::new();
        for argument in arguments {
            let value = self.expr(&argument.value, &[])?;
            let declared = known.arguments.get(argument.place);
            given.push(match declared {
                Some(declared) => {
                    let variadic = if declared.variadic { "VARIADIC " } else { "" };
                    let row = argument.place == 0 && declared.row_of.is_some();
                    if declared.name.is_empty() || row {
                        format!("{variadic}{value}")
                    } else {
                        format!("{variadic}{} => {value}", self.dialect.quote(&declared.name))
                    }
                }
                None => value,
            });
        }
        Ok(format!("{name}({})", given.join(", ")))
    }
}
