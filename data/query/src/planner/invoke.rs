//! Calls of functions: which one of a name takes the arguments, and what its rows are.

use super::Planner;
use crate::call::{self, Arguments, Body, Pick, Query};
use crate::error::{Error, NoFunction, Signature};
use crate::expr::Expr;
use crate::payload::Given;
use crate::plan::Invoke;
use crate::select::{Argument, From, Shape, Source};
use mag_model::catalog::{Argument as Known, Function, Returns};
use mag_model::{FunctionId, Type, Value, hint, json, types::CompositeType};
use std::sync::Arc;

impl Planner<'_> {
    pub(super) fn invoke(&mut self, call: &call::Invoke) -> Result<Invoke, Error> {
        let named = named(&call.arguments)?;
        let id = self.find_function(call, named.as_deref())?;
        let function = self.catalog.function(id);
        let arguments = match &call.arguments {
            Arguments::Body(body) if function.unnamed().is_some() => self.whole(function, body)?,
            _ => self.named(function, named.as_deref().unwrap_or(&[]))?,
        };
        let shape = match &function.returns {
            Returns::Rows(table) => Shape::Row(*table),
            Returns::Columns(columns) => Shape::Columns(columns.to_vec().into()),
            Returns::Scalar(ty) => match ty.base() {
                Type::Composite(composite) => Shape::Columns(composite.fields.to_vec().into()),
                _ => Shape::Scalar(ty.clone()),
            },
            Returns::Void => Shape::Scalar(Type::Void),
        };
        let scalar = matches!(shape, Shape::Scalar(_));
        let source = Source {
            id: self.fresh(),
            from: From::Function { id, arguments, shape, body: None },
            rule: None,
            join: None,
        };
        // Of a value there is nothing to pick: it is the answer.
        let all;
        let query = if scalar {
            all = Query { select: vec![Pick::All], ..call.query.clone() };
            &all
        } else {
            &call.query
        };
        let select = self.root(source, query)?;
        let (single, void) = (!function.set, matches!(function.returns, Returns::Void));
        let read_only = call.read_only;
        Ok(Invoke { function: id, steps: Vec::new(), select, scalar, single, void, read_only })
    }

    /// The function that a call means, when there is one.
    pub(super) fn called(&self, call: &call::Invoke) -> Option<FunctionId> {
        self.find_function(call, named(&call.arguments).ok()?.as_deref()).ok()
    }

    fn find_function(
        &self,
        call: &call::Invoke,
        named: Option<&[(String, Given)]>,
    ) -> Result<FunctionId, Error> {
        let of_name: Vec<FunctionId> = self
            .catalog
            .find_functions(self.schema, &call.function)
            .iter()
            .copied()
            .filter(|id| self.callable(*id))
            .collect();
        let fits =
            |id: &FunctionId| named.is_some_and(|named| takes(self.catalog.function(*id), named));
        let mut found: Vec<FunctionId> = of_name.iter().copied().filter(fits).collect();
        if let (true, Arguments::Body(body)) = (found.is_empty(), &call.arguments) {
            found = of_name
                .iter()
                .copied()
                .filter(|id| takes_whole(self.catalog.function(*id), body))
                .collect();
        }
        match &*found {
            [only] => Ok(*only),
            [] => Err(self.no_function(call, named, &of_name)),
            several => {
                let each = several.iter().map(|id| signature(self.catalog.function(*id)));
                let mut candidates: Vec<Signature> = each.collect();
                candidates.sort_by(|a, b| {
                    let by_length = a.arguments.len().cmp(&b.arguments.len());
                    by_length.then_with(|| a.arguments.cmp(&b.arguments))
                });
                let (schema, name) = (self.schema.to_owned(), call.function.clone());
                Err(Error::AmbiguousFunction { schema, name, candidates })
            }
        }
    }

    fn callable(&self, id: FunctionId) -> bool {
        self.sight.function(id) && self.catalog.function(id).callable()
    }

    fn no_function(
        &self,
        call: &call::Invoke,
        named: Option<&[(String, Given)]>,
        of_name: &[FunctionId],
    ) -> Error {
        let mut arguments: Vec<String> =
            named.unwrap_or(&[]).iter().map(|(name, _)| name.clone()).collect();
        arguments.sort();
        arguments.dedup();
        let nearest = if of_name.is_empty() {
            let names = self.catalog.schema(self.schema).into_iter().flat_map(|schema| {
                let seen = |name: &&str| {
                    let known = self.catalog.find_functions(self.schema, name);
                    known.iter().any(|id| self.callable(*id))
                };
                schema.function_names().filter(seen).collect::<Vec<_>>()
            });
            let of_name = |name| self.catalog.find_functions(self.schema, name).iter().copied();
            hint::nearest(&call.function, names)
                .and_then(|name| of_name(name).find(|id| self.callable(*id)))
        } else {
            // Among those of the name, the one whose list of arguments reads most alike.
            let lists: Vec<(String, FunctionId)> =
                of_name.iter().map(|id| (argument_list(self.catalog.function(*id)), *id)).collect();
            let near = hint::nearest_among(
                &listed(arguments.iter().map(String::as_str).collect()),
                lists.iter().map(|(l, _)| l.as_str()),
            );
            near.and_then(|near| lists.iter().find(|(list, _)| list == near)).map(|(_, id)| *id)
        };
        Error::NoFunction(Box::new(NoFunction {
            schema: self.schema.to_owned(),
            name: call.function.clone(),
            arguments,
            body: match &call.arguments {
                Arguments::Named(_) => None,
                Arguments::Body(Body::Json(_)) => Some("json"),
                Arguments::Body(Body::Text(_)) => Some("text"),
                Arguments::Body(Body::Xml(_)) => Some("xml"),
                Arguments::Body(Body::Bytes(_)) => Some("bytea"),
            },
            nearest: nearest.map(|id| signature(self.catalog.function(id))),
        }))
    }

    fn named(
        &mut self,
        function: &Function,
        named: &[(String, Given)],
    ) -> Result<Vec<Argument>, Error> {
        Self::count(&mut self.values, named.len(), self.limits.values, "listed values")?;
        let mut arguments = Vec::new();
        for (place, known) in function.arguments.iter().enumerate() {
            let given = || named.iter().filter(|(name, _)| **name == *known.name);
            let Some((_, last)) = given().next_back() else { continue };
            let ty = self.taken(known);
            let texts = given().all(|(_, given)| matches!(given, Given::Text(_)));
            let value = match (known.variadic, known.ty.element()) {
                (true, Some(element)) if texts => {
                    let items = given().map(|(_, given)| self.given(given, element, &known.name));
                    Value::array(items.collect::<Result<_, _>>()?)
                }
                _ => self.given(last, &ty, &known.name)?,
            };
            arguments.push(Argument { place, value: Expr::value(value, ty) });
        }
        Ok(arguments)
    }

    /// The type of what is given for an argument. A row of a table comes as an object, and the name
    /// of its type is what tells functions of one name apart.
    fn taken(&self, argument: &Known) -> Type {
        let Some(table) = argument.row_of.map(|id| self.catalog.table(id)) else {
            return argument.ty.clone();
        };
        let columns = table.columns.iter();
        Type::Composite(Arc::new(CompositeType {
            schema: table.schema.clone(),
            name: table.name.clone(),
            fields: columns.map(|column| (column.name.clone(), column.ty.clone())).collect(),
        }))
    }

    fn whole(&mut self, function: &Function, body: &Body) -> Result<Vec<Argument>, Error> {
        let Some(Known { ty, .. }) = function.unnamed() else { return Ok(Vec::new()) };
        let value = match body {
            Body::Json(text) if ty.is_json() => self.given(&Given::Json(text.clone()), ty, "")?,
            Body::Json(text) | Body::Text(text) | Body::Xml(text) => {
                self.given(&Given::Text(text.clone()), ty, "")?
            }
            Body::Bytes(bytes) => Value::Bytes(bytes.clone()),
        };
        Ok(vec![Argument { place: 0, value: Expr::value(value, ty.clone()) }])
    }
}

fn named(arguments: &Arguments) -> Result<Option<Vec<(String, Given)>>, Error> {
    match arguments {
        Arguments::Named(named) => Ok(Some(named.clone())),
        Arguments::Body(Body::Json(text)) => members(text),
        Arguments::Body(Body::Text(_) | Body::Xml(_) | Body::Bytes(_)) => Ok(None),
    }
}

/// The members of a JSON object, or of the first of a list, as arguments; `None` when the body is
/// something else.
fn members(text: &Arc<str>) -> Result<Option<Vec<(String, Given)>>, Error> {
    if text.trim().is_empty() {
        return Ok(Some(Vec::new()));
    }
    let named = |text: &str| {
        let members = json::members(text)?.into_iter();
        Ok(Some(members.map(|(name, json)| (name, Given::Json(json))).collect()))
    };
    match text.trim_start().as_bytes().first() {
        Some(b'{') => named(text),
        Some(b'[') => match json::items(text)?.first() {
            Some(first) if first.trim_start().starts_with('{') => named(first),
            Some(_) => Ok(None),
            None => Ok(Some(Vec::new())),
        },
        _ => {
            json::check(text)?;
            Ok(None)
        }
    }
}

/// All given names are arguments, and all required ones are given.
fn takes(function: &Function, named: &[(String, Given)]) -> bool {
    let known = |name: &str| function.arguments.iter().any(|a| *a.name == *name);
    let given = |a: &Known| named.iter().any(|(name, _)| **name == *a.name);
    named.iter().all(|(name, _)| known(name))
        && function.arguments.iter().all(|a| !a.required || given(a))
}

fn takes_whole(function: &Function, body: &Body) -> bool {
    let Some(argument) = function.unnamed() else { return false };
    match body {
        Body::Json(_) => argument.ty.is_json(),
        Body::Text(_) => matches!(argument.ty.base(), Type::Text),
        Body::Xml(_) => matches!(argument.ty.base(), Type::Xml),
        Body::Bytes(_) => matches!(argument.ty.base(), Type::Bytea),
    }
}

fn argument_list(function: &Function) -> String {
    listed(function.arguments.iter().map(|a| &*a.name).collect())
}

fn listed(mut names: Vec<&str>) -> String {
    names.sort_unstable();
    format!("({})", names.join(", "))
}

fn signature(function: &Function) -> Signature {
    Signature {
        schema: function.schema.to_string(),
        name: function.name.to_string(),
        arguments: function
            .arguments
            .iter()
            .map(|a| (a.name.to_string(), a.ty.plain_name()))
            .collect(),
    }
}
