//! What a door asks for, by names and texts: every door makes calls, and nothing else reaches rows.
//! A call says what was meant, not whether it makes sense; that is the plan's work.

use crate::payload::{Given, Payload};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Call {
    /// Where tables, relations and functions are looked for.
    pub schema: String,
    /// Schemas in which functions that act as columns are looked for besides.
    pub searched: Vec<String>,
    pub act: Act,
    pub count: Option<Count>,
    /// A write that would touch more rows is undone.
    pub max_affected: Option<u64>,
    pub wish: Wish,
}

/// What is wanted of an answer besides its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// So many rows are read or touched; with another number all is undone.
    pub exactly: Option<u64>,
    pub form: Form,
    /// Moments are told in the zone of the transaction, not in UTC.
    pub zoned: bool,
    /// What only the engine knows is told as it writes it, and not as JSON has it.
    pub texts: bool,
    /// The engine's own plan instead of an answer.
    pub explain: Option<Explain>,
}

/// What the rows of an answer become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Rows,
    /// One value, which a function of the engine makes of all rows.
    Gathered(Gather),
    /// A GeoJSON collection, where the engine knows about geometry.
    Geo,
}

/// `schema.name(rows)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gather {
    pub schema: String,
    pub name: String,
    /// It takes rows of the table, whole, and not any rows.
    pub of_table: bool,
    /// What it gives is bytes and not text.
    pub bytes: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explain {
    pub json: bool,
    /// It is run as well, and undone.
    pub analyze: bool,
    pub verbose: bool,
    pub settings: bool,
    pub buffers: bool,
    pub wal: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Read(Read),
    Insert(Insert),
    Update(Update),
    Delete(Delete),
    Invoke(Invoke),
}

impl Default for Act {
    fn default() -> Self {
        Self::Read(Read::default())
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    pub table: String,
    pub query: Query,
}

/// What is taken of a table, a function's rows or an embedded relation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    pub select: Vec<Pick>,
    /// All of them hold.
    pub filter: Vec<Filter>,
    pub order: Vec<Order>,
    pub limit: Option<u64>,
    pub offset: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    /// `*`
    All,
    Field(PickField),
    Embed(Embed),
}

/// `alias:column->path::cast.sum()::cast`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PickField {
    /// Without a field it is `count()`.
    pub field: Option<Field>,
    pub rename: Option<String>,
    pub cast: Option<String>,
    pub aggregate: Option<Aggregate>,
    pub aggregate_cast: Option<String>,
}

/// `alias:relation!hint!inner(...)` and `...relation(...)`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embed {
    /// A table, view, foreign key, key column, or a function of the row.
    pub relation: String,
    pub rename: Option<String>,
    pub hint: Option<String>,
    pub join: Join,
    pub spread: bool,
    pub query: Query,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Join {
    /// Rows without a partner stay.
    #[default]
    Left,
    Inner,
}

/// A column, or what is found inside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    pub column: String,
    pub path: Vec<Step>,
}

/// `->key`, `->0`, and with two heads `as_text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub to: Place,
    pub as_text: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Key(String),
    Index(i32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Test(Test),
}

/// One condition on a field; `Is(Null)` on the name of an embed asks whether it is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub field: Field,
    pub op: Op,
}

/// Patterns come with `%` and `_`; a door that lets people write `*` has changed it already.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    Compare(Comparison, Operand),
    Pattern(Pattern, Operand),
    In(Vec<String>),
    Is(Is),
    Search(Search),
    /// `cs cd ov sl sr nxr nxl adj`
    Sets(SetOp, String),
}

/// A literal as it was written, or a list of them of which any or all must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    One(String),
    /// Nothing among them is NULL.
    AnyOf(Vec<Option<String>>),
    AllOf(Vec<Option<String>>),
    /// What should be a list, as it was written, and is none.
    NoList(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    Eq,
    Neq,
    Lt,
    Lte,
    Gt,
    Gte,
    /// Differs, NULL being a value like others.
    Distinct,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    Like,
    Ilike,
    /// A POSIX regular expression.
    Match,
    Imatch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Is {
    Null,
    NotNull,
    True,
    False,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    pub mode: SearchMode,
    /// `english`, `simple`; the engine's own default when absent.
    pub language: Option<String>,
    pub query: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SearchMode {
    /// `to_tsquery`: words with `&`, `|`, `!`, `<->`
    Operators,
    /// `plainto_tsquery`: all words
    Plain,
    /// `phraseto_tsquery`: the words in this order
    Phrase,
    /// `websearch_to_tsquery`: quotes, `or`, `-`
    Web,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetOp {
    Contains,
    ContainedBy,
    Overlaps,
    LeftOf,
    RightOf,
    NotRightOf,
    NotLeftOf,
    Adjacent,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub key: OrderKey,
    pub descending: bool,
    /// As PostgreSQL has it when absent: last when ascending, first when descending.
    pub nulls_first: Option<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum OrderKey {
    Field(Field),
    /// A field of an embed that each row has one of at most.
    Related {
        embed: String,
        field: Field,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Count {
    Exact,
    /// What the engine's statistics say.
    Planned,
    /// Exact for few, planned for many.
    Estimated,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Insert {
    pub table: String,
    pub payload: Payload,
    /// Only these, whatever the payload has beyond them.
    pub columns: Option<Vec<String>>,
    pub missing: Missing,
    pub on_conflict: Option<OnConflict>,
    /// What to tell of the written rows; nothing when absent.
    pub returning: Option<Query>,
}

/// What a column gets that a row of a bulk does not mention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    #[default]
    Null,
    Default,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnConflict {
    /// The key that may clash; the primary key when absent.
    pub columns: Option<Vec<String>>,
    pub resolution: Resolution,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resolution {
    #[default]
    Merge,
    Ignore,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Update {
    pub table: String,
    /// One row of new values.
    pub payload: Payload,
    pub columns: Option<Vec<String>>,
    pub missing: Missing,
    pub filter: Vec<Filter>,
    pub returning: Option<Query>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delete {
    pub table: String,
    pub filter: Vec<Filter>,
    pub returning: Option<Query>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Invoke {
    pub function: String,
    pub arguments: Arguments,
    pub query: Query,
    /// Nothing may be written, whatever the function is.
    pub read_only: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Arguments {
    /// In the order given; a variadic one may come several times.
    Named(Vec<(String, Given)>),
    /// The whole body for the one argument without a name; its members are tried as names first
    /// when it is a JSON object.
    Body(Body),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Json(std::sync::Arc<str>),
    Text(std::sync::Arc<str>),
    Xml(std::sync::Arc<str>),
    Bytes(std::sync::Arc<[u8]>),
}

impl Query {
    /// Everything of the table.
    pub fn all() -> Self {
        Self { select: vec![Pick::All], ..Self::default() }
    }
    /// The embedded query that the path of names leads to: by its new name when it has one.
    pub fn embed_mut<'a, S: AsRef<str>>(&mut self, path: &'a [S]) -> Result<&mut Self, &'a str> {
        let mut query = self;
        for name in path {
            let found = query.select.iter_mut().find_map(|pick| match pick {
                Pick::Embed(embed) if embed.name() == name.as_ref() => Some(embed),
                Pick::Embed(_) | Pick::All | Pick::Field(_) => None,
            });
            query = &mut found.ok_or_else(|| name.as_ref())?.query;
        }
        Ok(query)
    }
}

impl Embed {
    pub fn name(&self) -> &str {
        self.rename.as_deref().unwrap_or(&self.relation)
    }
}

impl Field {
    pub fn column(name: impl Into<String>) -> Self {
        Self { column: name.into(), path: Vec::new() }
    }
}

impl Pick {
    pub fn column(name: impl Into<String>) -> Self {
        Self::Field(PickField { field: Some(Field::column(name)), ..PickField::default() })
    }
}

impl Filter {
    pub fn compare(column: &str, comparison: Comparison, literal: &str) -> Self {
        let op = Op::Compare(comparison, Operand::One(literal.into()));
        Self::Test(Test { field: Field::column(column), op })
    }
    pub fn eq(column: &str, literal: &str) -> Self {
        Self::compare(column, Comparison::Eq, literal)
    }
}

impl Call {
    /// With these schemas for functions that act as columns.
    #[must_use]
    pub fn searching(mut self, schemas: &[String]) -> Self {
        self.searched = schemas.to_vec();
        self
    }
    pub fn read(schema: impl Into<String>, table: impl Into<String>, query: Query) -> Self {
        let act = Act::Read(Read { table: table.into(), query });
        Self { schema: schema.into(), act, ..Self::default() }
    }
}
