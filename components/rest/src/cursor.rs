//! Pages that follow each other by their last row and not by a number of rows: what is written
//! meanwhile neither repeats a row nor skips one. The order is made complete by the primary key; a
//! cursor holds the keys of the last row of a page, and fits the order and the filters that it was
//! made for alone. Pure.
//! Never: a right. What a cursor says is a condition as the caller could have written it, and is
//! planned and guarded as such; a forged one opens nothing.

use crate::parse::bound;
use crate::problem::Problem;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mag_model::catalog::Table;
use mag_model::literal;
use mag_query::call::{
    Comparison, Field, Filter, Is, Op, Operand, Order, OrderKey, Pick, PickField, Query, Test,
};
use mag_query::{Answer, Body};

/// Which page is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cursor {
    First,
    After(String),
}

impl Cursor {
    /// The value of the parameter `cursor`; anything else is a condition on a column of that name.
    pub fn of_parameter(value: &str) -> Option<Self> {
        match value.strip_prefix("after.") {
            Some(token) => Some(Self::After(token.to_owned())),
            None => (value == "first").then_some(Self::First),
        }
    }
}

/// Rows of a page that does not say how many it wants.
const PAGE: u64 = 100;
/// More keys than this are no order that anyone reads.
const KEYS_MAX: usize = 32;
/// The name of a key among the columns, with its number: no column is called so.
const KEY: &str = "\u{1}cursor";

/// A walk over rows from page to page.
#[derive(Clone, Debug)]
pub struct Walk {
    keys: Vec<Key>,
    page: u64,
    fingerprint: String,
    /// The parameters of the next page, but for its cursor.
    next: String,
    /// Whether the keys are surely those of one row: a view may show a key for each of several.
    apart: bool,
}

#[derive(Clone, Debug)]
struct Key {
    field: Field,
    descending: bool,
    nulls_first: bool,
    nullable: bool,
}

impl Walk {
    /// Makes the query one for a page of what the query string asks, and a row more that tells whether another page follows.
    pub fn begin(
        cursor: &Cursor,
        asked: &str,
        table: &Table,
        rows_max: Option<u64>,
        query: &mut Query,
    ) -> Result<Self, Problem> {
        let bad = |why: &str| Err(Problem::bad_cursor(why));
        if query.offset.is_some() {
            return bad("a cursor says where a page begins: leave out `offset` and `Range`");
        }
        if query.select.iter().any(gathers) {
            return bad("rows that are counted or summed have no order to walk along");
        }
        let keys = keys(table, &query.order)?;
        let page = query.limit.unwrap_or(PAGE);
        let page = rows_max.map_or(page, |most| page.min(most));
        if page == 0 {
            return bad("a page needs at least one row");
        }
        let (next, bound) = bound(asked);
        let walk = Self {
            fingerprint: fingerprint(&[&table.schema, &table.name, &bound]),
            next,
            keys,
            page,
            apart: !table.is_view(),
        };
        if let Cursor::After(token) = cursor {
            let values = walk.read(token)?;
            query.filter.push(after(&walk.keys, &values));
        }
        query.order = walk.keys.iter().map(Key::order).collect();
        for (n, key) in walk.keys.iter().enumerate() {
            query.select.push(Pick::Field(PickField {
                field: Some(key.field.clone()),
                rename: Some(format!("{KEY} {n}")),
                // As text each value comes back as what it was.
                cast: Some("text".into()),
                ..PickField::default()
            }));
        }
        query.limit = Some(page.saturating_add(1));
        Ok(walk)
    }

    /// How many rows the plan may have to read: one more than the page.
    pub fn rows_max(&self) -> u64 {
        self.page.saturating_add(1)
    }

    fn read(&self, token: &str) -> Result<Vec<Option<String>>, Problem> {
        let bad = || Problem::bad_cursor("the cursor is none that this door has made");
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| bad())?;
        let (fingerprint, values): (String, Vec<Option<String>>) =
            serde_json::from_slice(&bytes).map_err(|_| bad())?;
        if fingerprint != self.fingerprint || values.len() != self.keys.len() {
            return Err(Problem::bad_cursor(
                "the cursor was made for another order, other filters or another table",
            ));
        }
        Ok(values)
    }

    /// Takes the keys and the row too many out of the answer; the cursor of the next page when there
    /// is one. `most` is what the plan could read at all.
    ///
    /// # Errors
    /// The next page would leave out a row: it has the keys of the last one here.
    pub fn end(&self, answer: &mut Answer, most: Option<u64>) -> Result<Option<String>, Problem> {
        let Body::Rows(rows) = &mut answer.body else { return Ok(None) };
        let Some(width) = rows.columns.len().checked_sub(self.keys.len()) else { return Ok(None) };
        // A budget of the role may leave less than was asked for.
        let page = most.map_or(self.page, |most| self.page.min(most.saturating_sub(1).max(1)));
        let page = usize::try_from(page).unwrap_or(usize::MAX);
        let full = most.is_some_and(|most| most <= 1) && rows.rows.len() == page;
        let more = rows.rows.len() > page || full;
        let keys = |at: usize| rows.rows.get(at).and_then(|row| row.get(width..));
        let ties = page > 0 && keys(page).is_some_and(|keys_of| keys(page - 1) == Some(keys_of));
        if ties || (full && !self.apart) {
            return Err(Problem::cursor_ties());
        }
        rows.rows.truncate(page);
        let token = rows.rows.last().filter(|_| more).map(|row| self.token(row.get(width..)));
        rows.columns.truncate(width);
        rows.rows.iter_mut().for_each(|row| row.truncate(width));
        answer.rows = u64::try_from(rows.rows.len()).unwrap_or(u64::MAX);
        Ok(token)
    }

    fn token(&self, values: Option<&[mag_model::Value]>) -> String {
        let values = values.unwrap_or_default().iter();
        let values: Vec<Option<String>> =
            values.map(|value| (!value.is_null()).then(|| literal::text(value))).collect();
        let json = serde_json::json!([self.fingerprint, values]).to_string();
        URL_SAFE_NO_PAD.encode(json)
    }

    /// `Link` to the next page: it is where this one is.
    pub fn link(&self, token: &str) -> String {
        let joint = if self.next.is_empty() { "" } else { "&" };
        format!("<?{}{joint}cursor=after.{token}>; rel=\"next\"", self.next)
    }
}

fn gathers(pick: &Pick) -> bool {
    match pick {
        Pick::All => false,
        Pick::Field(field) => field.aggregate.is_some() || field.field.is_none(),
        Pick::Embed(embed) => embed.spread && embed.query.select.iter().any(gathers),
    }
}

fn keys(table: &Table, order: &[Order]) -> Result<Vec<Key>, Problem> {
    let mut keys: Vec<Key> = Vec::with_capacity(order.len() + 1);
    for Order { key, descending, nulls_first } in order {
        let OrderKey::Field(field) = key else {
            return Err(Problem::bad_cursor("a cursor cannot follow the order of a relation"));
        };
        let column = table.find(&field.column).filter(|_| field.path.is_empty());
        keys.push(Key {
            nullable: column.is_none_or(|id| table.column(id).nullable),
            field: field.clone(),
            descending: *descending,
            nulls_first: nulls_first.unwrap_or(*descending),
        });
    }
    if table.telling_columns().is_empty() {
        return Err(Problem::bad_cursor("a cursor needs a table with a primary key"));
    }
    for id in table.telling_columns() {
        let column = table.column(*id);
        let field = Field::column(&*column.name);
        if keys.iter().all(|key| key.field != field) {
            let (descending, nulls_first, nullable) = (false, false, column.nullable);
            keys.push(Key { field, descending, nulls_first, nullable });
        }
    }
    if keys.len() > KEYS_MAX {
        return Err(Problem::bad_cursor("the order has too many keys for a cursor"));
    }
    Ok(keys)
}

impl Key {
    fn order(&self) -> Order {
        Order {
            key: OrderKey::Field(self.field.clone()),
            descending: self.descending,
            nulls_first: Some(self.nulls_first),
        }
    }
    fn test(&self, op: Op) -> Filter {
        Filter::Test(Test { field: self.field.clone(), op })
    }
    fn same(&self, value: Option<&str>) -> Filter {
        self.test(match value {
            Some(text) => Op::Compare(Comparison::Eq, Operand::One(text.to_owned())),
            None => Op::Is(Is::Null),
        })
    }
    /// What comes behind the value in this order; nothing does when absent.
    fn behind(&self, value: Option<&str>) -> Option<Filter> {
        let Some(text) = value else {
            return self.nulls_first.then(|| self.test(Op::Is(Is::NotNull)));
        };
        let comparison = if self.descending { Comparison::Lt } else { Comparison::Gt };
        let beyond = self.test(Op::Compare(comparison, Operand::One(text.to_owned())));
        if self.nulls_first || !self.nullable {
            return Some(beyond);
        }
        Some(Filter::Any(vec![beyond, self.test(Op::Is(Is::Null))]))
    }
}

/// The rows behind the one with these keys: equal in the first keys, and behind it in the next.
fn after(keys: &[Key], values: &[Option<String>]) -> Filter {
    let mut ways = Vec::with_capacity(keys.len());
    for (n, (key, value)) in keys.iter().zip(values).enumerate() {
        let Some(behind) = key.behind(value.as_deref()) else { continue };
        let before = keys.iter().zip(values).take(n);
        let mut all: Vec<Filter> = before.map(|(key, value)| key.same(value.as_deref())).collect();
        all.push(behind);
        ways.push(Filter::All(all));
    }
    Filter::Any(ways)
}

/// What a cursor is bound to, short: whoever changes it gets an error and no other rows. It keeps no
/// secret, and needs none.
fn fingerprint(parts: &[&str]) -> String {
    // FNV-1a, 64 bits.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    format!("{hash:016x}")
}
