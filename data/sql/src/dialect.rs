//! What differs from engine to engine. The renderer has put the parts together already: a dialect
//! gets pieces of SQL and gives a piece of SQL.

use mag_model::catalog::{Column, Table};
use mag_model::{BadValue, ColumnId, Type, Value};
use mag_query::call::{Aggregate, Comparison, Pattern, SearchMode, SetOp};
use mag_query::expr::{Arithmetic, Builtin, PathStep};

/// A piece of SQL and the type of its value.
#[derive(Clone, Debug)]
pub struct Piece {
    pub sql: String,
    pub ty: Type,
    /// A column of which one value may be found in quite another way than the next: a partial index
    /// speaks of its table, or the engine has counted its values.
    pub varied: bool,
    /// It is stored with a blank between date and time.
    pub spaced: bool,
}

impl Piece {
    /// Of a value that no column stores.
    pub fn plain(sql: String, ty: Type) -> Self {
        Self { sql, ty, varied: false, spaced: false }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The engine has no way to say it.
    #[error("{engine} cannot do this: {what}")]
    Unsupported { engine: &'static str, what: String },
    /// A type of another engine.
    #[error("type \"{name}\" does not exist")]
    NoType { name: String },
    /// What its engine would say of the types.
    #[error("{0}")]
    Misfit(BadValue),
    #[error("a statement would bind more than {limit} values")]
    TooManyValues { limit: usize },
}

/// Binds a value and gives the place-holder that stands for it.
pub type Bind<'a> = dyn FnMut(Value, Type) -> String + 'a;

pub trait Dialect: Send + Sync {
    fn name(&self) -> &'static str;

    /// The ONE way a name gets into a statement.
    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\"").replace('\0', ""))
    }
    fn table(&self, table: &Table) -> String;
    /// The n-th value, typed where the engine would not know.
    fn placeholder(&self, n: usize, ty: &Type) -> Result<String, Error>;
    /// What stands behind `IS` for a condition of which nothing is known.
    fn unknown(&self) -> &'static str {
        "UNKNOWN"
    }
    /// How many values one statement may bind.
    fn values_max(&self) -> usize;

    /// Whether an embed is joined (`LATERAL`), or asked for each time in the list of columns.
    fn lateral(&self) -> bool;
    /// Whether rows can be written and read back in one statement (`WITH ... RETURNING`).
    fn writes_in_with(&self) -> bool;
    /// Whether `DEFAULT` may stand among values.
    fn default_among_values(&self) -> bool;
    /// In what an upsert gives back of a row: whether it was made and not changed, where the engine
    /// tells.
    fn tells_made(&self, table: &Table) -> Option<&'static str>;
    /// A condition that always holds, and by which the engine counts the rows that an upsert changes
    /// rather than makes: also through a view, which tells nothing of it.
    fn counts_changed(&self) -> Option<&'static str> {
        None
    }
    /// Whether the rows of a view that a statement changes can have another name in it.
    fn renames_changed_views(&self) -> bool {
        true
    }
    /// Whether a cell that is found again by its key is found by what is stored, whatever form its
    /// column has.
    fn keys_as_they_come(&self) -> bool {
        false
    }
    /// What tells rows apart that have no key.
    fn row_id(&self, table: &Table) -> &'static str;

    /// A value as its column stores it.
    fn stored(&self, value: Piece, _: &Column) -> String {
        value.sql
    }
    /// A value in the form that all of its type have, however its column stores it.
    fn common(&self, value: Piece) -> String {
        value.sql
    }

    /// NULL, of its type where the engine would not know it.
    fn null_of(&self, _: &Type) -> String {
        "NULL".into()
    }
    /// Whether the engine's own `=` is right for two values of the type.
    fn compares_plainly(&self, ty: &Type) -> bool;
    fn compare(&self, comparison: Comparison, left: &Piece, right: &Piece)
    -> Result<String, Error>;
    /// `left` is one of the values; `bind` gives the place-holders.
    fn one_of(&self, left: &Piece, list: &[Value], bind: &mut Bind<'_>) -> Result<String, Error>;
    fn pattern(&self, kind: Pattern, text: &Piece, pattern: &Piece) -> Result<String, Error>;
    fn search(
        &self,
        text: &Piece,
        mode: SearchMode,
        language: Option<&str>,
        query: &Piece,
        bind: &mut Bind<'_>,
    ) -> Result<String, Error>;
    /// A condition that every row meets which `search` finds in the column, by an index that has its
    /// words; where there is one. It comes before the search itself.
    fn index_search(
        &self,
        _: (&Table, &str),
        _: ColumnId,
        _: SearchMode,
        _: Option<&str>,
        _: &str,
    ) -> Option<String> {
        None
    }
    fn sets(&self, op: SetOp, left: &Piece, right: &Piece) -> Result<String, Error>;
    fn path(&self, base: &Piece, steps: &[PathStep], bind: &mut Bind<'_>) -> Result<String, Error>;
    fn cast(&self, piece: &Piece, to: &Type) -> Result<String, Error>;
    fn arithmetic(
        &self,
        op: Arithmetic,
        left: &Piece,
        right: &Piece,
        result: &Type,
    ) -> Result<String, Error>;
    fn call(&self, function: Builtin, arguments: &[Piece]) -> Result<String, Error>;
    fn aggregate(&self, function: Aggregate, argument: Option<&Piece>) -> Result<String, Error>;
    /// The same of the rows of a window, which `over` tells.
    fn aggregate_over(
        &self,
        function: Aggregate,
        argument: Option<&Piece>,
        over: &str,
    ) -> Result<String, Error> {
        Ok(format!("{} OVER ({over})", self.aggregate(function, argument)?))
    }
    /// How many different values there are.
    fn count_distinct(&self, argument: &Piece, bind: &mut Bind<'_>) -> Result<String, Error> {
        Ok(format!("count(DISTINCT {})", self.sort_key(argument, bind)?))
    }
    /// What a sort goes by.
    fn sort_key(&self, piece: &Piece, bind: &mut Bind<'_>) -> Result<String, Error>;
    /// Whether groups and their order are named by the places of columns: an expression with bound
    /// values would be another one each time that it is written. Otherwise they are written out.
    fn groups_by_place(&self) -> bool;
    /// A column that rows are gathered by, as it is shown.
    fn group_key(&self, piece: &Piece) -> String;
    /// A condition that is an error when it does not hold, where the engine can say so in the midst
    /// of a statement: a row of `table` that a policy refuses, by its `USING` or its `CHECK`.
    fn must(&self, condition: &str, table: &str, using: bool) -> Option<String>;
    /// A column as it is sent, and the type in which it comes.
    fn sent(&self, piece: &Piece) -> (String, Type);

    /// A select of the object of one row, out of the rows that `SELECT columns` + `rest` gives.
    fn one_as_json(&self, names: &[String], columns: &[Piece], rest: &str) -> String;
    /// A select of the list of the objects of all rows.
    fn many_as_json(&self, names: &[String], columns: &[Piece], rest: &str) -> String;
    /// A select of the lists of the values of each column, under these names.
    fn lists(&self, names: &[String], columns: &[Piece], rest: &str) -> String;

    /// What is embedded in a row, as a function is given it that makes a document of rows.
    fn document(&self, json: String) -> String {
        json
    }
    /// The GeoJSON collection of all rows, where the engine knows about geometry.
    fn geo(&self, _row: &str) -> Option<String> {
        None
    }

    /// `limit` and `offset`, which are bound.
    fn page(&self, limit: Option<&str>, offset: Option<&str>) -> String;
    fn function(&self, schema: &str, name: &str) -> Result<String, Error>;
    /// The whole row of a table's alias as a value of the table's type.
    fn row(&self, alias: &str, table: Option<&Table>) -> String;
}

/// The sign of a comparison; that NULL is a value like others each engine says in its own words.
pub(crate) fn sign(comparison: Comparison, distinct: &'static str) -> &'static str {
    match comparison {
        Comparison::Eq => "=",
        Comparison::Neq => "<>",
        Comparison::Lt => "<",
        Comparison::Lte => "<=",
        Comparison::Gt => ">",
        Comparison::Gte => ">=",
        Comparison::Distinct => distinct,
    }
}

/// Whether a comparison asks which value comes first.
pub(crate) fn needs_order(comparison: Comparison) -> bool {
    match comparison {
        Comparison::Eq | Comparison::Neq | Comparison::Distinct => false,
        Comparison::Lt | Comparison::Lte | Comparison::Gt | Comparison::Gte => true,
    }
}
