//! The shape of a call: everything that decides its plan, as bytes, and the literals that only fill
//! it. Two calls have the same bytes exactly when they differ in nothing but literals, so the bytes
//! are compared whole and a plan is never mistaken for another.
//!
//! Every struct is taken apart without `..`: whoever gives a call another field has to say here what
//! it means for the plan.

use crate::call::{
    Act, Aggregate, Call, Comparison, Count, Delete, Embed, Field, Filter, Form, Insert, Is, Join,
    Missing, OnConflict, Op, Operand, Order, OrderKey, Pattern, Pick, PickField, Place, Query,
    Read, Resolution, SetOp, Step, Test, Update, Wish,
};
use crate::limits::{Limits, Options};
use crate::payload::{Given, Payload};

/// A literal as it was written.
#[derive(Clone, Copy, Debug)]
pub enum Written<'c> {
    Text(&'c str),
    Cell(&'c Given),
    /// A cell as it stands in a body of JSON.
    Json(&'c str),
}

#[derive(Debug)]
pub struct Shape<'c> {
    pub key: Vec<u8>,
    /// In the order in which the planner meets them.
    pub literals: Vec<Written<'c>>,
}

/// A longer shape is a call that some program made, and seldom comes again.
const KEY_MAX: usize = 4 * 1024;
/// Cells of a payload: more of them are a bulk, whose number of rows seldom comes again.
const CELLS_MAX: usize = 256;

impl<'c> Shape<'c> {
    /// Nothing for a call whose plan is not worth keeping.
    pub fn of(call: &'c Call, role: &str, options: &Options) -> Option<Self> {
        let mut shape = Self { key: Vec::with_capacity(256), literals: Vec::with_capacity(8) };
        shape.text(role);
        shape.options(options);
        let Call { schema, searched, act, count, max_affected, wish } = call;
        let Wish { exactly, form, zoned, texts, explain } = wish;
        if *form != Form::Rows || explain.is_some() {
            return None;
        }
        shape.optional(*exactly);
        shape.flag(*zoned);
        shape.flag(*texts);
        shape.texts(searched);
        shape.text(schema);
        shape.mark(count.map_or(0, |count| match count {
            Count::Exact => 1,
            Count::Planned => 2,
            Count::Estimated => 3,
        }));
        shape.optional(*max_affected);
        shape.act(act)?;
        (shape.key.len() <= KEY_MAX).then_some(shape)
    }

    fn mark(&mut self, mark: u8) {
        self.key.push(mark);
    }
    fn flag(&mut self, flag: bool) {
        self.mark(u8::from(flag));
    }
    fn long(&mut self, n: u64) {
        self.key.extend_from_slice(&n.to_le_bytes());
    }
    /// A length. Each list and each text begins with its own, so that no two shapes have the same
    /// bytes; most fit into one.
    fn length(&mut self, n: usize) {
        match u8::try_from(n) {
            Ok(short) if short < u8::MAX => self.mark(short),
            _ => {
                self.mark(u8::MAX);
                self.long(n as u64);
            }
        }
    }
    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.key.extend_from_slice(text.as_bytes());
    }
    fn optional(&mut self, n: Option<u64>) {
        self.flag(n.is_some());
        if let Some(n) = n {
            self.long(n);
        }
    }
    fn optional_text(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        if let Some(text) = text {
            self.text(text);
        }
    }
    fn texts(&mut self, texts: &[String]) {
        self.length(texts.len());
        texts.iter().for_each(|text| self.text(text));
    }
    fn literal(&mut self, text: &'c str) {
        self.literals.push(Written::Text(text));
    }

    fn options(&mut self, options: &Options) {
        let Options { limits, aggregates, engine_decides } = *options;
        self.mark(u8::from(aggregates) * 2 + u8::from(engine_decides));
        let usual = limits == Limits::default();
        self.flag(usual);
        if !usual {
            let Limits { depth, embeds, filters, filter_depth, picks, values, path, rows_max } =
                limits;
            for n in [depth, embeds, filters, filter_depth, picks, values, path] {
                self.long(n as u64);
            }
            self.optional(rows_max);
        }
    }

    fn act(&mut self, act: &'c Act) -> Option<()> {
        match act {
            Act::Read(Read { table, query }) => {
                self.mark(b'r');
                self.text(table);
                self.query(query)
            }
            Act::Insert(insert) => {
                let Insert { table, payload, columns, missing, on_conflict, returning } = insert;
                self.mark(b'i');
                self.text(table);
                // Whether a row comes twice is seen by the values.
                if on_conflict.is_some() && payload.rows.len() > 1 {
                    return None;
                }
                self.payload(payload, columns.as_deref(), *missing, payload.rows.len())?;
                self.flag(on_conflict.is_some());
                if let Some(OnConflict { columns, resolution }) = on_conflict {
                    self.flag(columns.is_some());
                    columns.iter().for_each(|columns| self.texts(columns));
                    self.mark(match resolution {
                        Resolution::Merge => 0,
                        Resolution::Ignore => 1,
                    });
                }
                self.returning(returning.as_ref())
            }
            Act::Update(update) => {
                let Update { table, payload, columns, missing, filter, returning } = update;
                self.mark(b'u');
                self.text(table);
                self.payload(payload, columns.as_deref(), *missing, 1)?;
                self.filters(filter)?;
                self.returning(returning.as_ref())
            }
            Act::Delete(Delete { table, filter, returning }) => {
                self.mark(b'd');
                self.text(table);
                self.filters(filter)?;
                self.returning(returning.as_ref())
            }
            // Which function is meant depends on what it is given.
            Act::Invoke(_) => None,
        }
    }

    fn payload(
        &mut self,
        payload: &'c Payload,
        wanted: Option<&'c [String]>,
        missing: Missing,
        rows_max: usize,
    ) -> Option<()> {
        // Whether it was one object or a list says how to answer, not what to do.
        let Payload { columns, rows, single: _ } = payload;
        let names = wanted.unwrap_or(columns);
        let rows = rows.get(..rows_max.min(rows.len()))?;
        if names.len().saturating_mul(rows.len()) > CELLS_MAX {
            return None;
        }
        self.texts(columns);
        self.flag(wanted.is_some());
        wanted.iter().for_each(|names| self.texts(names));
        self.mark(match missing {
            Missing::Null => 0,
            Missing::Default => 1,
        });
        self.length(rows.len());
        for row in rows {
            for (place, name) in names.iter().enumerate() {
                let place = match wanted {
                    None => Some(place),
                    Some(_) => columns.iter().position(|known| known == name),
                };
                let given = place.and_then(|place| row.get(place)).unwrap_or(&Given::Missing);
                let left_out = matches!((given, missing), (Given::Missing, Missing::Default));
                self.flag(left_out);
                if !left_out {
                    self.literals.push(Written::Cell(given));
                }
            }
        }
        // An update without a row sets its columns to what is missing.
        if rows.is_empty() && rows_max == 1 { None } else { Some(()) }
    }

    fn returning(&mut self, query: Option<&'c Query>) -> Option<()> {
        self.flag(query.is_some());
        query.map_or(Some(()), |query| self.query(query))
    }

    fn query(&mut self, query: &'c Query) -> Option<()> {
        let Query { select, filter, order, limit, offset } = query;
        self.length(select.len());
        // Embeds first: their literals are planned before those of the conditions here.
        for pick in select {
            match pick {
                Pick::All => self.mark(b'*'),
                Pick::Field(field) => self.pick(field),
                Pick::Embed(embed) => self.embed(embed)?,
            }
        }
        self.filters(filter)?;
        self.length(order.len());
        order.iter().for_each(|order| self.order(order));
        self.optional(*limit);
        self.optional(*offset);
        Some(())
    }

    fn pick(&mut self, pick: &'c PickField) {
        let PickField { field, rename, cast, aggregate, aggregate_cast } = pick;
        self.mark(b'f');
        self.flag(field.is_some());
        field.iter().for_each(|field| self.field(field));
        self.optional_text(rename.as_deref());
        self.optional_text(cast.as_deref());
        self.mark(aggregate.map_or(0, |aggregate| match aggregate {
            Aggregate::Count => 1,
            Aggregate::Sum => 2,
            Aggregate::Avg => 3,
            Aggregate::Min => 4,
            Aggregate::Max => 5,
        }));
        self.optional_text(aggregate_cast.as_deref());
    }

    fn embed(&mut self, embed: &'c Embed) -> Option<()> {
        let Embed { relation, rename, hint, join, spread, query } = embed;
        self.mark(b'e');
        self.text(relation);
        self.optional_text(rename.as_deref());
        self.optional_text(hint.as_deref());
        self.mark(match join {
            Join::Left => 0,
            Join::Inner => 1,
        });
        self.flag(*spread);
        self.query(query)
    }

    fn field(&mut self, field: &'c Field) {
        let Field { column, path } = field;
        self.text(column);
        self.length(path.len());
        for Step { to, as_text } in path {
            self.flag(*as_text);
            match to {
                Place::Key(key) => {
                    self.mark(b'k');
                    self.text(key);
                }
                Place::Index(index) => {
                    self.mark(b'n');
                    self.key.extend_from_slice(&index.to_le_bytes());
                }
            }
        }
    }

    fn order(&mut self, order: &'c Order) {
        let Order { key, descending, nulls_first } = order;
        match key {
            OrderKey::Field(field) => {
                self.mark(b'f');
                self.field(field);
            }
            OrderKey::Related { embed, field } => {
                self.mark(b'e');
                self.text(embed);
                self.field(field);
            }
        }
        self.flag(*descending);
        self.mark(nulls_first.map_or(2, u8::from));
    }

    fn filters(&mut self, filters: &'c [Filter]) -> Option<()> {
        self.length(filters.len());
        filters.iter().try_for_each(|filter| self.filter(filter))
    }

    fn filter(&mut self, filter: &'c Filter) -> Option<()> {
        match filter {
            Filter::All(filters) => {
                self.mark(b'&');
                self.filters(filters)
            }
            Filter::Any(filters) => {
                self.mark(b'|');
                self.filters(filters)
            }
            Filter::Not(filter) => {
                self.mark(b'!');
                self.filter(filter)
            }
            Filter::Test(Test { field, op }) => {
                self.mark(b't');
                self.field(field);
                self.op(op)
            }
        }
    }

    fn op(&mut self, op: &'c Op) -> Option<()> {
        match op {
            Op::Compare(comparison, operand) => {
                self.mark(match comparison {
                    Comparison::Eq => b'=',
                    Comparison::Neq => b'#',
                    Comparison::Lt => b'<',
                    Comparison::Lte => b'(',
                    Comparison::Gt => b'>',
                    Comparison::Gte => b')',
                    Comparison::Distinct => b'd',
                });
                self.operand(operand);
            }
            Op::Pattern(pattern, operand) => {
                self.mark(match pattern {
                    Pattern::Like => b'l',
                    Pattern::Ilike => b'i',
                    Pattern::Match => b'm',
                    Pattern::Imatch => b'n',
                });
                self.operand(operand);
            }
            Op::In(texts) => {
                self.mark(b'o');
                self.length(texts.len());
                texts.iter().for_each(|text| self.literal(text));
            }
            Op::Is(is) => {
                self.mark(b'?');
                self.mark(match is {
                    Is::Null => 0,
                    Is::NotNull => 1,
                    Is::True => 2,
                    Is::False => 3,
                    Is::Unknown => 4,
                });
            }
            // What is searched for is worth more than its plan, and seldom comes again.
            Op::Search(_) => return None,
            Op::Sets(op, text) => {
                self.mark(b's');
                self.mark(match op {
                    SetOp::Contains => 0,
                    SetOp::ContainedBy => 1,
                    SetOp::Overlaps => 2,
                    SetOp::LeftOf => 3,
                    SetOp::RightOf => 4,
                    SetOp::NotRightOf => 5,
                    SetOp::NotLeftOf => 6,
                    SetOp::Adjacent => 7,
                });
                self.literal(text);
            }
        }
        Some(())
    }

    fn operand(&mut self, operand: &'c Operand) {
        let (mark, texts) = match operand {
            Operand::One(text) => {
                self.mark(b'1');
                return self.literal(text);
            }
            Operand::AnyOf(texts) => (b'y', texts),
            Operand::AllOf(texts) => (b'a', texts),
            Operand::NoList(text) => {
                self.mark(b'n');
                return self.text(text);
            }
        };
        self.mark(mark);
        self.length(texts.len());
        for text in texts {
            self.flag(text.is_some());
            text.iter().for_each(|text| self.literal(text));
        }
    }
}
