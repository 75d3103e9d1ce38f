//! Expressions of a plan: filters, policies, picks and orders are all said in these. Names are
//! resolved and literals typed; a value never becomes part of a text.

mod types;
mod visit;
mod window;

pub use types::aggregate_type;
pub use window::{Bound, Frame, Unit, Window};

use crate::call::{Aggregate, Comparison, Is, Pattern, SearchMode, SetOp};
use crate::select::{Select, Sort};
use crate::slot::Slot;
use mag_model::catalog::{ColumnId, FunctionId, Representation};
use mag_model::{Type, Value};
use std::sync::Arc;
use types::{arithmetic_type, call_type};

/// One appearance of a table in a plan. Numbers are given once, so an inner part of a plan can
/// speak of an outer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ref(pub u32);

#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Value(Literal),
    /// What is known of the asker. Only in policies; the guard puts the value in its place, so no
    /// engine ever meets one.
    Session(Asker),
    Column(Column),
    /// A function of a row that acts as a column of it.
    Computed {
        of: Ref,
        function: FunctionId,
        ty: Type,
    },
    /// A whole row, for a function of the row.
    Row(Ref),
    /// What is found inside JSON; a base of another type is taken as its JSON form.
    Path {
        base: Box<Expr>,
        steps: Vec<PathStep>,
    },
    Cast {
        expr: Box<Expr>,
        to: Type,
    },
    /// Shown or read in another way, by a function of the engine.
    Through {
        by: Arc<Representation>,
        expr: Box<Expr>,
    },
    Compare(Comparison, Box<Expr>, Box<Expr>),
    Is {
        expr: Box<Expr>,
        is: Is,
    },
    /// True when empty.
    All(Vec<Expr>),
    /// False when empty.
    Any(Vec<Expr>),
    Not(Box<Expr>),
    /// `expr = ANY(list)`
    OneOf {
        expr: Box<Expr>,
        list: Vec<Value>,
        ty: Type,
        /// The slot of the first value; those of the others follow.
        first: Option<u32>,
    },
    Pattern {
        kind: Pattern,
        text: Box<Expr>,
        pattern: Box<Expr>,
    },
    Search {
        text: Box<Expr>,
        mode: SearchMode,
        language: Option<Arc<str>>,
        query: Arc<str>,
    },
    Sets(SetOp, Box<Expr>, Box<Expr>),
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    Call {
        function: Builtin,
        arguments: Vec<Expr>,
    },
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Exists(Box<Select>),
    /// `expr IN (select)`: the select has one output.
    InSelect {
        expr: Box<Expr>,
        select: Box<Select>,
    },
    /// A select of one output and one row.
    Scalar(Box<Select>),
    /// The embed of the select at hand as JSON: an object, a list, or null.
    Embed(usize),
    /// The embed of the select at hand has a row.
    Embedded(usize),
    /// An output of an embed: its value when to-one, the JSON list of its values when to-many.
    FromEmbed {
        embed: usize,
        output: usize,
        ty: Type,
    },
    Aggregate {
        function: Aggregate,
        argument: Option<Box<Expr>>,
        /// Equal values count once. Only in functions of the rules.
        distinct: bool,
    },
    /// Of each row among those that are left of all conditions. Only in functions of the rules.
    Window {
        function: Window,
        arguments: Vec<Expr>,
        partition: Vec<Expr>,
        order: Vec<Sort>,
        frame: Option<Box<Frame>>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    pub value: Value,
    pub ty: Type,
    /// Where the value came from, when another call of the same shape brings another one. Nothing
    /// may then be decided by the value: what is made of it is used for those as well.
    pub slot: Option<Slot>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// `auth.uid()`
    Id,
    /// `auth.role()`
    Role,
    /// `auth.email()`
    Email,
    /// `auth.jwt()`
    Claims,
    /// `now()`
    Time,
    /// `current_date`
    Date,
}

impl Asker {
    pub fn ty(self) -> Type {
        match self {
            Self::Id => Type::Uuid,
            Self::Role | Self::Email => Type::Text,
            Self::Claims => Type::Jsonb,
            Self::Time => Type::TimestampTz,
            Self::Date => Type::Date,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub of: Ref,
    pub id: ColumnId,
    pub ty: Type,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathStep {
    pub to: PathPlace,
    pub as_text: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPlace {
    Key(Arc<str>),
    Index(i32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Concat,
}

/// The functions that a policy may use: the same meaning on every engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    Lower,
    Upper,
    Length,
    Coalesce,
    NullIf,
    Abs,
    Trim,
    StartsWith,
    Concat,
    Greatest,
    Least,
    /// `a = ANY(list)`
    InArray,
    /// `json ? key`
    HasKey,
}

impl Builtin {
    /// Those that are called by a name.
    pub const NAMED: [Self; 11] = [
        Self::Lower,
        Self::Upper,
        Self::Length,
        Self::Coalesce,
        Self::NullIf,
        Self::Abs,
        Self::Trim,
        Self::StartsWith,
        Self::Concat,
        Self::Greatest,
        Self::Least,
    ];
    pub fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Upper => "upper",
            Self::Length => "length",
            Self::Coalesce => "coalesce",
            Self::NullIf => "nullif",
            Self::Abs => "abs",
            Self::Trim => "btrim",
            Self::StartsWith => "starts_with",
            Self::Concat => "concat",
            Self::Greatest => "greatest",
            Self::Least => "least",
            Self::InArray => "= ANY",
            Self::HasKey => "?",
        }
    }
}

impl Expr {
    pub fn value(value: Value, ty: Type) -> Self {
        Self::Value(Literal { value, ty, slot: None })
    }
    pub fn slotted(value: Value, ty: Type, slot: Slot) -> Self {
        Self::Value(Literal { value, ty, slot: Some(slot) })
    }
    pub fn column(of: Ref, id: ColumnId, ty: Type) -> Self {
        Self::Column(Column { of, id, ty })
    }
    pub fn always() -> Self {
        Self::All(Vec::new())
    }
    pub fn never() -> Self {
        Self::Any(Vec::new())
    }
    pub fn is_always(&self) -> bool {
        matches!(self, Self::All(all) if all.iter().all(Self::is_always))
    }
    pub fn compare(comparison: Comparison, left: Self, right: Self) -> Self {
        Self::Compare(comparison, Box::new(left), Box::new(right))
    }
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a.is_always() => b,
            (a, b) if b.is_always() => a,
            (Self::All(mut all), Self::All(more)) => {
                all.extend(more);
                Self::All(all)
            }
            (Self::All(mut all), other) => {
                all.push(other);
                Self::All(all)
            }
            (one, other) => Self::All(vec![one, other]),
        }
    }
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    pub fn ty(&self) -> Type {
        match self {
            Self::Value(literal) => literal.ty.clone(),
            Self::Session(asker) => asker.ty(),
            Self::Column(column) => column.ty.clone(),
            Self::Computed { ty, .. } | Self::FromEmbed { ty, .. } => ty.clone(),
            Self::Row(_) => Type::Other(Arc::from("record")),
            Self::Path { base, steps } => match steps.last() {
                Some(step) if step.as_text => Type::Text,
                _ if matches!(base.ty().base(), Type::Json) => Type::Json,
                _ => Type::Jsonb,
            },
            Self::Cast { to, .. } => to.clone(),
            Self::Through { by, .. } => by.to.clone(),
            Self::Compare(..)
            | Self::Is { .. }
            | Self::All(_)
            | Self::Any(_)
            | Self::Not(_)
            | Self::OneOf { .. }
            | Self::Pattern { .. }
            | Self::Search { .. }
            | Self::Sets(..)
            | Self::Exists(_)
            | Self::InSelect { .. }
            | Self::Embedded(_) => Type::Bool,
            Self::Arithmetic(op, a, b) => arithmetic_type(*op, &a.ty(), &b.ty()),
            Self::Call { function, arguments } => call_type(*function, arguments),
            Self::Case { branches, otherwise } => branches
                .iter()
                .map(|(_, then)| then.ty())
                .chain(otherwise.iter().map(|o| o.ty()))
                .find(|ty| *ty != Type::Unknown)
                .unwrap_or(Type::Unknown),
            Self::Scalar(select) => {
                select.outputs.first().map_or(Type::Unknown, |output| output.expr.ty())
            }
            Self::Embed(_) => Type::Json,
            Self::Window { function, arguments, .. } => {
                function.ty(arguments.first().map(Self::ty).as_ref())
            }
            Self::Aggregate { function, argument, .. } => {
                aggregate_type(*function, argument.as_ref().map(|a| a.ty()).as_ref())
            }
        }
    }
}
