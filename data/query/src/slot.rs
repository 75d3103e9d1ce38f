//! The places of a plan that are filled anew for each call of the same shape: what the caller wrote
//! as a literal, and what a policy asks of the session. A plan knows for each value which place it
//! stands in, so it can be planned once and filled often.
//! Never: a value that decides what the plan is. Such a value belongs to the shape.

use crate::expr::{Asker, Expr};
use crate::payload::Given;
use crate::plan::{Cell, Plan, Work};
use crate::select::Select;
use crate::shape::Written;
use mag_model::{BadValue, Type, Value, json, literal};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The n-th literal of the call, in the order in which it is planned.
    Given(u32),
    /// What is known of the asker.
    Asker(Asker),
}

/// What stands in the slots of one call of one session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filling {
    pub given: Vec<Value>,
    pub askers: Vec<(Asker, Value)>,
}

/// What a slot without a value holds: it opens nothing.
const NOTHING: &Value = &Value::Null;

impl Filling {
    pub fn get(&self, slot: Slot) -> &Value {
        let found = match slot {
            Slot::Given(n) => self.given.get(n as usize),
            Slot::Asker(asker) => {
                self.askers.iter().find(|(known, _)| *known == asker).map(|(_, value)| value)
            }
        };
        found.unwrap_or(NOTHING)
    }
}

/// How the literal of a slot becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// By the rules of the type.
    Literal,
    /// It is the text as it was written.
    Verbatim,
    /// A cell of a payload.
    Cell,
}

#[derive(Clone, Debug, PartialEq)]
struct Place {
    ty: Type,
    reading: Reading,
    /// Where the literal is in memory: it tells whether the walk over the call and the planner mean
    /// the same one.
    at: (usize, usize),
}

/// The literals of a call as the planner met them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slots {
    places: Vec<Place>,
    /// A literal was left to the engine: another one of its place may become a value.
    lost: bool,
}

impl Slots {
    pub(crate) fn next(&self) -> u32 {
        // Limits keep calls far below; beyond it no slot fits its literal, and nothing is kept.
        u32::try_from(self.places.len()).unwrap_or(u32::MAX)
    }
    pub(crate) fn take_text(&mut self, text: &str, ty: &Type, reading: Reading) -> u32 {
        let slot = self.next();
        self.places.push(Place { ty: ty.clone(), reading, at: address(&Written::Text(text)) });
        slot
    }
    pub(crate) fn take_cell(&mut self, given: &Given, ty: &Type) {
        let at = address(&Written::Cell(given));
        self.places.push(Place { ty: ty.clone(), reading: Reading::Cell, at });
    }
    pub(crate) fn lose(&mut self) {
        self.lost = true;
    }

    /// Whether these are the slots of these literals, one for one.
    pub fn fit(&self, literals: &[Written<'_>]) -> bool {
        !self.lost
            && self.places.len() == literals.len()
            && self.places.iter().zip(literals).all(|(place, written)| place.at == address(written))
    }

    /// The values of other literals in the same places; nothing when one of them is no value of its
    /// type, which the planner then tells, or leaves to the engine.
    pub fn read(&self, literals: &[Written<'_>]) -> Option<Vec<Value>> {
        if self.places.len() != literals.len() {
            return None;
        }
        let each = self.places.iter().zip(literals).map(|(place, written)| match *written {
            Written::Text(text) => match place.reading {
                Reading::Literal => literal::parse(text, &place.ty).ok(),
                Reading::Verbatim => Some(Value::text(text)),
                Reading::Cell => None,
            },
            Written::Cell(given) => match place.reading {
                Reading::Cell => Self::read_cell(given, &place.ty).ok(),
                Reading::Literal | Reading::Verbatim => None,
            },
            Written::Json(text) => match place.reading {
                Reading::Cell => Self::read_json(text, &place.ty).ok(),
                Reading::Literal | Reading::Verbatim => None,
            },
        });
        each.collect()
    }

    pub(crate) fn read_cell(given: &Given, ty: &Type) -> Result<Value, BadValue> {
        Ok(match given {
            Given::Missing | Given::Null => Value::Null,
            Given::Json(text) => Self::read_json(text, ty)?,
            Given::Text(text) => literal::parse(text, ty)?,
        })
    }

    /// A JSON null is no value, in a JSON column as well.
    fn read_json(text: &str, ty: &Type) -> Result<Value, BadValue> {
        match text.trim() {
            "null" => Ok(Value::Null),
            _ => json::read_as(text, ty),
        }
    }

    /// Bytes, roughly.
    pub fn weight(&self) -> usize {
        self.places.len() * size_of::<Place>()
    }
}

/// Nothing is read through it. A cell that is not there has no place of its own.
fn address(written: &Written<'_>) -> (usize, usize) {
    match written {
        Written::Text(text) => (text.as_ptr().addr(), text.len()),
        Written::Cell(Given::Missing) => (0, 0),
        Written::Cell(given) => (std::ptr::from_ref(*given).addr(), 0),
        // The planner never sees one.
        Written::Json(_) => (0, usize::MAX),
    }
}

impl Plan {
    /// Puts the values of a call into the slots.
    pub fn fill(&mut self, filling: &Filling) {
        self.each_slot_mut(&mut |slot, value| value.clone_from(filling.get(slot)));
    }

    /// Takes the values out of the slots: what is kept of a plan holds nobody's data.
    pub fn empty(&mut self) {
        self.each_slot_mut(&mut |_, value| *value = Value::Null);
    }

    /// What the plan asks of the session.
    pub fn askers(&mut self) -> Vec<Asker> {
        let mut askers = Vec::new();
        self.each_slot_mut(&mut |slot, _| {
            if let Slot::Asker(asker) = slot
                && !askers.contains(&asker)
            {
                askers.push(asker);
            }
        });
        askers
    }

    fn each_slot_mut(&mut self, f: &mut dyn FnMut(Slot, &mut Value)) {
        if let Some((first, cells)) = self.work.cells_mut() {
            let values = cells.filter_map(|cell| match cell {
                Cell::Value(value) => Some(value),
                Cell::Default | Cell::Expr(_) => None,
            });
            for (slot, value) in (first..).zip(values) {
                f(Slot::Given(slot), value);
            }
        }
        self.work.each_expr_deep_mut(&mut |expr| match expr {
            Expr::Value(literal) => {
                if let Some(slot) = literal.slot {
                    f(slot, &mut literal.value);
                }
            }
            Expr::OneOf { list, first: Some(first), .. } => {
                for (slot, value) in (*first..).zip(list) {
                    f(Slot::Given(slot), value);
                }
            }
            _ => {}
        });
    }
}

impl Work {
    /// The written cells with the slot of their first value.
    fn cells_mut(&mut self) -> Option<(u32, Box<dyn Iterator<Item = &mut Cell> + '_>)> {
        match self {
            Self::Insert(insert) => {
                Some((insert.first?, Box::new(insert.rows.iter_mut().flatten())))
            }
            Self::Update(update) => {
                Some((update.first?, Box::new(update.set.iter_mut().map(|(_, cell)| cell))))
            }
            Self::Read(_) | Self::Delete(_) | Self::Invoke(_) => None,
        }
    }

    /// Calls `f` on every expression, wherever it stands.
    pub fn each_expr_deep_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        let cells: Vec<&mut Cell> = match self {
            Self::Insert(insert) => {
                if let Some(from) = &mut insert.from {
                    from.each_expr_deep_mut(f);
                }
                let conflict = insert.on_conflict.as_mut();
                let change = conflict.and_then(|conflict| conflict.change.as_deref_mut());
                let set = change.into_iter().flat_map(|change| &mut change.set);
                let rows = insert.rows.iter_mut().flatten();
                rows.chain(set.map(|(_, cell)| cell)).collect()
            }
            Self::Update(update) => update.set.iter_mut().map(|(_, cell)| cell).collect(),
            Self::Invoke(invoke) => {
                invoke.steps.iter_mut().for_each(|step| step.each_expr_deep_mut(f));
                Vec::new()
            }
            Self::Read(_) | Self::Delete(_) => Vec::new(),
        };
        for cell in cells {
            if let Cell::Expr(expr) = cell {
                expr.visit_deep_mut(f);
            }
        }
        let mut conditions: Vec<&mut Option<Expr>> = Vec::new();
        let select: Option<&mut Select> = match self {
            Self::Read(select) => Some(select),
            Self::Insert(insert) => {
                conditions.push(&mut insert.check);
                if let Some(conflict) = &mut insert.on_conflict {
                    conditions.extend([&mut conflict.using, &mut conflict.check]);
                    conditions.extend(conflict.change.as_mut().map(|change| &mut change.filter));
                }
                insert.returning.as_mut()
            }
            Self::Update(update) => {
                conditions.extend([&mut update.filter, &mut update.using, &mut update.check]);
                update.returning.as_mut()
            }
            Self::Delete(delete) => {
                conditions.extend([&mut delete.filter, &mut delete.using]);
                delete.returning.as_mut()
            }
            Self::Invoke(invoke) => Some(&mut invoke.select),
        };
        for condition in conditions.into_iter().flatten() {
            condition.visit_deep_mut(f);
        }
        if let Some(select) = select {
            select.each_expr_deep_mut(f);
        }
    }
}
