//! A statement: its text, its values, and what its columns are.

use mag_model::{Type, Value};
use mag_query::{Filling, Slot};
use std::borrow::Cow;
use std::sync::Arc;

/// Names and types, in their order.
pub type Columns = Vec<(Arc<str>, Type)>;

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub text: String,
    /// In the order of their numbers in the text.
    pub args: Vec<Arg>,
    /// The columns that come back, with the types in which they come: a type that only the engine
    /// knows comes as JSON.
    pub columns: Columns,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    pub value: Value,
    pub ty: Type,
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Every plan of the shape has it.
    Fixed,
    Slot(Slot),
    /// The values of so many slots as one array.
    List {
        first: u32,
        count: u32,
    },
    /// The n-th part of the keys that were handed in, counted through.
    Key(u32),
}

/// A statement without its values, for all plans of one shape. It is rendered from a plan whose
/// slots are empty, so it can hold no value of anyone.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    pub text: String,
    pub columns: Columns,
    /// A fixed value stands for itself.
    sources: Vec<(Origin, Value)>,
}

impl Form {
    pub fn of(statement: Statement) -> Self {
        let Statement { text, args, columns } = statement;
        let sources = args.into_iter().map(|arg| (arg.origin, arg.value)).collect();
        Self { text, columns, sources }
    }

    /// The values in the order of their numbers in the text.
    pub fn values<'a>(
        &'a self,
        filling: &'a Filling,
        keys: &'a [Value],
    ) -> impl ExactSizeIterator<Item = Cow<'a, Value>> {
        self.sources.iter().map(move |(origin, fixed)| match *origin {
            Origin::Fixed => Cow::Borrowed(fixed),
            Origin::Slot(slot) => Cow::Borrowed(filling.get(slot)),
            Origin::List { first, count } => {
                let slots = (first..first.saturating_add(count)).map(Slot::Given);
                Cow::Owned(Value::array(slots.map(|slot| filling.get(slot).clone()).collect()))
            }
            Origin::Key(n) => Cow::Borrowed(keys.get(n as usize).unwrap_or(&Value::Null)),
        })
    }
}
