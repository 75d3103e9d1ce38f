//! Where MagAuth's rows are, and the one way to them: calls through the source, like everybody's.
//! On PostgreSQL the tables are in schema `auth`, elsewhere in `public` under the prefix `auth_`.

use mag_contract::{Clock, Fault, Timestamp, codes};
use mag_guard::Session;
use mag_ports::Source;
use mag_query::answer::Body;
use mag_query::call::{
    Act, Delete, Field, Filter, Insert, Is, Op, Operand, Order, OrderKey, Query, Test, Update,
};
use mag_query::{Call, Options, Payload};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone)]
pub(crate) struct Home {
    pub(crate) source: Arc<dyn Source>,
    /// Nil in a database of the project's own; the project's id where several share one.
    pub(crate) instance: Uuid,
    native: bool,
    clock: Clock,
}

/// A row as it came: texts are texts, whatever the engine calls the type.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row(pub(crate) Map<String, Json>);

impl Home {
    pub(crate) fn new(source: Arc<dyn Source>, instance: Uuid, clock: Clock) -> Self {
        let native = source.database().base().schema == "mag";
        Self { source, instance, native, clock }
    }

    /// Schema and name of a table of ours.
    pub(crate) fn place(&self, table: &str) -> (&'static str, String) {
        if self.native { ("auth", table.to_owned()) } else { ("public", format!("auth_{table}")) }
    }

    fn base(&self, table: &str) -> (String, String) {
        self.source.database().base().place(table)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn read(&self, table: &str, query: Query) -> Call {
        let (schema, table) = self.place(table);
        Call::read(schema, table, query)
    }

    pub(crate) fn insert(&self, table: &str, row: Json) -> Result<Call, Fault> {
        let (schema, table) = self.place(table);
        self.insert_into((schema.to_owned(), table), row)
    }

    /// A row of the base model, which stands beside ours.
    pub(crate) fn insert_base(&self, table: &str, row: Json) -> Result<Call, Fault> {
        self.insert_into(self.base(table), row)
    }

    fn insert_into(&self, (schema, table): (String, String), row: Json) -> Result<Call, Fault> {
        let payload = self.payload(row)?;
        let returning = Some(Query::all());
        let insert = Insert { table, payload, returning, ..Insert::default() };
        Ok(Call { schema, act: Act::Insert(insert), ..Call::default() })
    }

    pub(crate) fn update(
        &self,
        table: &str,
        filter: Vec<Filter>,
        row: Json,
    ) -> Result<Call, Fault> {
        let (schema, table) = self.place(table);
        self.update_in((schema.to_owned(), table), filter, row)
    }

    pub(crate) fn update_base(
        &self,
        table: &str,
        filter: Vec<Filter>,
        row: Json,
    ) -> Result<Call, Fault> {
        self.update_in(self.base(table), filter, row)
    }

    fn update_in(
        &self,
        (schema, table): (String, String),
        filter: Vec<Filter>,
        row: Json,
    ) -> Result<Call, Fault> {
        let payload = self.payload(row)?;
        let returning = Some(Query::all());
        let update = Update { table, payload, filter, returning, ..Update::default() };
        Ok(Call { schema, act: Act::Update(update), ..Call::default() })
    }

    pub(crate) fn delete(&self, table: &str, filter: Vec<Filter>) -> Call {
        let (schema, table) = self.place(table);
        self.delete_in((schema.to_owned(), table), filter)
    }

    pub(crate) fn delete_base(&self, table: &str, filter: Vec<Filter>) -> Call {
        self.delete_in(self.base(table), filter)
    }

    fn delete_in(&self, (schema, table): (String, String), filter: Vec<Filter>) -> Call {
        let delete = Delete { table, filter, returning: Some(Query::all()) };
        Call { schema, act: Act::Delete(delete), ..Call::default() }
    }

    /// Rows that all conditions hold for.
    pub(crate) async fn find(&self, table: &str, filter: Vec<Filter>) -> Result<Vec<Row>, Fault> {
        self.run(self.read(table, Query { filter, ..Query::all() })).await
    }

    pub(crate) async fn find_base(
        &self,
        table: &str,
        filter: Vec<Filter>,
    ) -> Result<Vec<Row>, Fault> {
        let (schema, table) = self.base(table);
        self.run(Call::read(schema, table, Query { filter, ..Query::all() })).await
    }

    pub(crate) async fn one(&self, table: &str, filter: Vec<Filter>) -> Result<Option<Row>, Fault> {
        let query = Query { filter, limit: Some(1), ..Query::all() };
        Ok(self.run(self.read(table, query)).await?.pop())
    }

    pub(crate) async fn run(&self, call: Call) -> Result<Vec<Row>, Fault> {
        Ok(self.all(vec![call]).await?.pop().unwrap_or_default())
    }

    /// Rows, and how many there are without a limit.
    pub(crate) async fn counted(&self, mut call: Call) -> Result<(Vec<Row>, u64), Fault> {
        call.count = Some(mag_query::call::Count::Exact);
        let session = Arc::new(Session::system(self.now()));
        let answer = self.source.run(&call, &session, &Options::default()).await?;
        let count = answer.count.unwrap_or(answer.rows);
        Ok((rows(answer.body)?, count))
    }

    /// Calls that happen together or not at all.
    pub(crate) async fn all(&self, calls: Vec<Call>) -> Result<Vec<Vec<Row>>, Fault> {
        let session = Arc::new(Session::system(self.now()));
        let answers = self.source.run_all(&calls, &session, &Options::default()).await?;
        answers.into_iter().map(|answer| rows(answer.body)).collect()
    }

    /// SQLite has no words for truth and documents: they are a number and a text there.
    fn payload(&self, row: Json) -> Result<Payload, Fault> {
        let Json::Object(mut row) = row else {
            return Err(Fault::new(codes::BUG, "a row of MagAuth's is an object"));
        };
        if !self.native {
            for value in row.values_mut() {
                match value {
                    Json::Bool(truth) => *value = Json::from(u8::from(*truth)),
                    Json::Object(_) | Json::Array(_) => *value = Json::String(value.to_string()),
                    Json::Null | Json::Number(_) | Json::String(_) => {}
                }
            }
        }
        Payload::from_json(&Json::Object(row).to_string(), None)
            .map_err(|e| Fault::new(codes::BUG, "a row of MagAuth's cannot be written").because(e))
    }

    /// A condition on a column of truth.
    pub(crate) fn is(&self, column: &str, truth: bool) -> Filter {
        let literal = match (self.native, truth) {
            (true, true) => "true",
            (true, false) => "false",
            (false, true) => "1",
            (false, false) => "0",
        };
        Filter::eq(column, literal)
    }

    pub(crate) fn here(&self) -> Filter {
        Filter::eq("instance_id", &self.instance.to_string())
    }
}

pub(crate) fn is_null(column: &str) -> Filter {
    Filter::Test(Test { field: Field::column(column), op: Op::Is(Is::Null) })
}

pub(crate) fn any_of(column: &str, values: Vec<String>) -> Filter {
    Filter::Test(Test { field: Field::column(column), op: Op::In(values) })
}

pub(crate) fn like(column: &str, pattern: String) -> Filter {
    let op = Op::Pattern(mag_query::call::Pattern::Ilike, Operand::One(pattern));
    Filter::Test(Test { field: Field::column(column), op })
}

pub(crate) fn newest_first(column: &str) -> Order {
    let key = OrderKey::Field(Field::column(column));
    Order { key, descending: true, nulls_first: Some(false) }
}

pub(crate) fn ordered(column: &str, descending: bool) -> Order {
    let key = OrderKey::Field(Field::column(column));
    Order { key, descending, nulls_first: None }
}

/// A read with an order and a limit.
pub(crate) fn page(filter: Vec<Filter>, order: Order, limit: u64, offset: u64) -> Query {
    Query { filter, order: vec![order], limit: Some(limit), offset: Some(offset), ..Query::all() }
}

fn rows(body: Body) -> Result<Vec<Row>, Fault> {
    let text = match body {
        Body::Rows(rows) => rows.to_json().into_bytes(),
        Body::Json(bytes) => bytes,
    };
    let rows: Vec<Map<String, Json>> = serde_json::from_slice(&text)
        .map_err(|e| Fault::new(codes::BUG, "the engine's answer is no list of rows").because(e))?;
    Ok(rows.into_iter().map(Row).collect())
}

impl Row {
    pub(crate) fn text(&self, column: &str) -> Option<&str> {
        self.0.get(column).and_then(Json::as_str)
    }
    /// Nothing is the empty text.
    pub(crate) fn words(&self, column: &str) -> &str {
        self.text(column).unwrap_or_default()
    }
    pub(crate) fn id(&self, column: &str) -> Option<Uuid> {
        self.text(column).and_then(|text| Uuid::parse_str(text).ok())
    }
    pub(crate) fn time(&self, column: &str) -> Option<Timestamp> {
        self.text(column).and_then(moment)
    }
    pub(crate) fn flag(&self, column: &str) -> bool {
        match self.0.get(column) {
            Some(Json::Bool(truth)) => *truth,
            Some(Json::Number(number)) => number.as_i64().unwrap_or(0) != 0,
            _ => false,
        }
    }
    pub(crate) fn number(&self, column: &str) -> Option<i64> {
        self.0.get(column).and_then(Json::as_i64)
    }
    /// A document, also where it is kept as a text.
    pub(crate) fn json(&self, column: &str) -> Json {
        match self.0.get(column) {
            Some(Json::String(text)) => serde_json::from_str(text).unwrap_or(Json::Null),
            Some(other) => other.clone(),
            None => Json::Null,
        }
    }
    pub(crate) fn object(&self, column: &str) -> Map<String, Json> {
        match self.json(column) {
            Json::Object(members) => members,
            _ => Map::new(),
        }
    }
    pub(crate) fn texts(&self, column: &str) -> Vec<String> {
        let list = self.json(column);
        let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }
}

/// A time in any of the forms that engines write.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| {
        let with_t = text.replacen(' ', "T", 1);
        Timestamp::parse(&with_t).or_else(|| Timestamp::parse(&format!("{with_t}Z")))
    })
}
