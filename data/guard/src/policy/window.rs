//! What a row is told about those that stand with it: functions with OVER, named windows and frames.
//! A window is over rows that the guard has let through: what is hidden counts in none.

use super::Problem;
use super::body::coerced;
use super::literals::settled;
use super::scope::{Scopes, folded, names};
use mag_model::{BadValue, Type};
use mag_query::Expr;
use mag_query::call::Aggregate;
use mag_query::expr::{Bound, Frame, Literal, Unit, Window};
use mag_query::select::Sort;
use sqlparser::ast::{self, Expr as Ast};

pub(super) fn has_window(expr: &Expr) -> bool {
    let mut found = false;
    expr.visit(&mut |expr| found |= matches!(expr, Expr::Window { .. }));
    found
}

/// A number in a window that PostgreSQL refuses when it meets it. An argument is none yet while a
/// function is made.
pub(crate) fn out_of_range(expr: &Expr) -> Option<BadValue> {
    let Expr::Window { function, arguments, frame, .. } = expr else { return None };
    let at_least = |expr: &Expr, least: i64| match expr {
        Expr::Value(Literal { value, slot: None, .. }) => {
            value.as_int().is_some_and(|n| n >= least)
        }
        _ => true,
    };
    let positive = |at: usize, state, message: &str| {
        let fits = arguments.get(at).is_none_or(|argument| at_least(argument, 1));
        (!fits).then(|| BadValue::new(state, message))
    };
    let told = match function {
        Window::Ntile => positive(0, "22014", "argument of ntile must be greater than zero"),
        Window::NthValue => positive(1, "22016", "argument of nth_value must be greater than zero"),
        Window::Lag | Window::Lead => {
            let fits = arguments.get(1).is_none_or(|argument| at_least(argument, 0));
            let message =
                "the distance of lag and lead must not be negative: take the other of the two";
            (!fits).then(|| BadValue::new("22023", message))
        }
        _ => None,
    };
    told.or_else(|| {
        let mut distances = frame.iter().flat_map(|frame| frame.distances());
        let fits = distances.all(|distance| at_least(distance, 0));
        (!fits).then(|| {
            BadValue::new("22013", "the distances of a frame must not be negative or null")
        })
    })
}

impl Scopes<'_> {
    /// The names that WINDOW gives, each of which can build on those before it.
    pub(super) fn name_windows(
        &mut self,
        definitions: &[ast::NamedWindowDefinition],
    ) -> Result<(), Problem> {
        for ast::NamedWindowDefinition(name, meant) in definitions {
            let name = folded(name);
            if self.named_windows.iter().any(|(known, _)| *known == name) {
                return Err(format!("window \"{name}\" is already defined"));
            }
            let ast::NamedWindowExpr::WindowSpec(spec) = meant else {
                return Err(format!("WINDOW {name} AS needs brackets"));
            };
            let spec = self.resolved(spec)?;
            // One that nobody uses is a mistake as well when it cannot be read.
            self.window_parts(&spec)?;
            self.named_windows.push((name, spec));
        }
        Ok(())
    }

    fn named_window(&self, name: &ast::Ident) -> Result<&ast::WindowSpec, Problem> {
        let name = folded(name);
        let known = self.named_windows.iter().find(|(known, _)| *known == name);
        known.map(|(_, spec)| spec).ok_or_else(|| format!("window \"{name}\" does not exist"))
    }

    /// A window without a name in it.
    fn resolved(&self, spec: &ast::WindowSpec) -> Result<ast::WindowSpec, Problem> {
        let Some(name) = &spec.window_name else { return Ok(spec.clone()) };
        let base = self.named_window(name)?;
        if !spec.partition_by.is_empty() {
            return Err(format!("cannot override PARTITION BY clause of window \"{name}\""));
        }
        if !spec.order_by.is_empty() && !base.order_by.is_empty() {
            return Err(format!("cannot override ORDER BY clause of window \"{name}\""));
        }
        if base.window_frame.is_some() {
            return Err(format!(
                "cannot copy window \"{name}\" because it has a frame clause; write OVER {name}"
            ));
        }
        let order = if spec.order_by.is_empty() { &base.order_by } else { &spec.order_by };
        Ok(ast::WindowSpec {
            window_name: None,
            partition_by: base.partition_by.clone(),
            order_by: order.clone(),
            window_frame: spec.window_frame.clone(),
        })
    }

    /// `rank() OVER (PARTITION BY ... ORDER BY ...)`
    pub(super) fn window(&mut self, function: &ast::Function) -> Result<Expr, Problem> {
        let refused = |why: &str| format!("`{function}` cannot be guarded: {why}");
        let spec = match &function.over {
            Some(ast::WindowType::WindowSpec(spec)) => self.resolved(spec)?,
            Some(ast::WindowType::NamedWindow(name)) => self.named_window(name)?.clone(),
            None => return Err(refused("it has no window")),
        };
        if function.null_treatment.is_some() || !function.within_group.is_empty() {
            return Err(refused("no engine here takes NULLS or WITHIN GROUP in a window"));
        }
        // None of them stands in another.
        let windows = std::mem::replace(&mut self.windows, false);
        let made = self.told_over(function, &spec);
        self.windows = windows;
        made
    }

    fn told_over(
        &mut self,
        function: &ast::Function,
        spec: &ast::WindowSpec,
    ) -> Result<Expr, Problem> {
        let parts = names(&function.name)?;
        let [name] = &*parts else { return Err(format!("`{function}` is no window function")) };
        let named = Window::NAMED.into_iter().find(|known| known.name() == name);
        let (known, arguments) = match named {
            Some(known) => {
                if function.filter.is_some() {
                    return Err(format!("FILTER is not implemented for {name}"));
                }
                (known, self.window_arguments(known, function)?)
            }
            None => match self.gathering(function)? {
                Some(Expr::Aggregate { distinct: true, .. }) => {
                    return Err("DISTINCT is not implemented for window functions".into());
                }
                Some(Expr::Aggregate { function, argument, .. }) => {
                    (Window::Gathers(function), argument.into_iter().map(|inner| *inner).collect())
                }
                _ => return Err(format!("`{name}` is no window function that can be guarded")),
            },
        };
        let (partition, order) = self.window_parts(spec)?;
        let frame = match &spec.window_frame {
            Some(frame) => Some(Box::new(self.frame(frame, &order)?)),
            None => None,
        };
        let arguments = arguments.into_iter().map(settled).collect();
        let window = Expr::Window { function: known, arguments, partition, order, frame };
        match out_of_range(&window) {
            Some(bad) => Err(bad.to_string()),
            None => Ok(window),
        }
    }

    fn window_arguments(
        &mut self,
        known: Window,
        function: &ast::Function,
    ) -> Result<Vec<Expr>, Problem> {
        let list = match &function.args {
            ast::FunctionArguments::List(list)
                if list.duplicate_treatment.is_none() && list.clauses.is_empty() =>
            {
                &list.args[..]
            }
            _ => return Err(format!("`{function}` has other arguments than {}", known.name())),
        };
        let given: Option<Vec<&Ast>> = list
            .iter()
            .map(|argument| match argument {
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            })
            .collect();
        let given = given.unwrap_or_default();
        let fits = match known {
            Window::Ntile | Window::FirstValue | Window::LastValue => given.len() == 1,
            Window::NthValue => given.len() == 2,
            Window::Lag | Window::Lead => (1..=3).contains(&given.len()),
            _ => given.is_empty(),
        };
        if !fits || given.len() != list.len() {
            return Err(format!("{} takes another number of arguments", known.name()));
        }
        let mut arguments = Vec::with_capacity(given.len());
        for (at, ast) in given.into_iter().enumerate() {
            let number = at == 1 || known == Window::Ntile;
            arguments.push(match (number, at) {
                (true, _) => self.number(Some(ast))?.ok_or("a number is missing")?,
                (false, 2) => coerced(self.lower(ast)?, &settled_type(&arguments))?,
                (false, _) => self.lower(ast)?,
            });
        }
        Ok(arguments)
    }

    fn window_parts(&mut self, spec: &ast::WindowSpec) -> Result<(Vec<Expr>, Vec<Sort>), Problem> {
        let partition = spec.partition_by.iter().map(|expr| self.lower(expr).map(settled));
        let partition = partition.collect::<Result<Vec<_>, _>>()?;
        let mut order = Vec::with_capacity(spec.order_by.len());
        for term in &spec.order_by {
            let descending = term.options.asc == Some(false);
            let nulls_first = term.options.nulls_first.unwrap_or(descending);
            order.push(Sort { expr: settled(self.lower(&term.expr)?), descending, nulls_first });
        }
        Ok((partition, order))
    }

    fn frame(&mut self, frame: &ast::WindowFrame, order: &[Sort]) -> Result<Frame, Problem> {
        use ast::WindowFrameBound as Said;
        let unit = match frame.units {
            ast::WindowFrameUnits::Rows => Unit::Rows,
            ast::WindowFrameUnits::Range => Unit::Range,
            ast::WindowFrameUnits::Groups => Unit::Groups,
        };
        if unit == Unit::Groups && order.is_empty() {
            return Err("GROUPS mode requires an ORDER BY clause".into());
        }
        let end = frame.end_bound.as_ref().unwrap_or(&Said::CurrentRow);
        // How far behind: the start is never further than the end.
        let place = |bound: &Said| match bound {
            Said::Preceding(_) => 0,
            Said::CurrentRow => 1,
            Said::Following(_) => 2,
        };
        let backwards = place(&frame.start_bound) > place(end)
            || matches!(frame.start_bound, Said::Following(None))
            || matches!(end, Said::Preceding(None));
        if backwards {
            return Err("a frame cannot end before it starts".into());
        }
        let mut bound = |said: &Said| -> Result<Bound, Problem> {
            Ok(match said {
                Said::Preceding(None) => Bound::First,
                Said::Preceding(Some(ast)) => Bound::Before(self.distance(unit, ast, order)?),
                Said::CurrentRow => Bound::Current,
                Said::Following(Some(ast)) => Bound::After(self.distance(unit, ast, order)?),
                Said::Following(None) => Bound::Last,
            })
        };
        Ok(Frame { unit, start: bound(&frame.start_bound)?, end: bound(end)? })
    }

    fn distance(&mut self, unit: Unit, ast: &Ast, order: &[Sort]) -> Result<Expr, Problem> {
        if unit == Unit::Range {
            let number = |ty: &Type| {
                matches!(
                    ty.base(),
                    Type::Int2 | Type::Int4 | Type::Int8 | Type::Float4 | Type::Float8
                )
            };
            let fits = matches!(order, [only] if number(&only.expr.ty()));
            if !fits {
                return Err(
                    "a RANGE with a distance needs one ORDER BY column, of whole numbers or \
                            floats: SQLite measures no others; take ROWS or GROUPS"
                        .into(),
                );
            }
        }
        self.number(Some(ast))?.ok_or_else(|| "a frame needs a distance".to_owned())
    }

    /// An aggregate, with what DISTINCT and FILTER make of it; nothing when it is none.
    pub(super) fn gathering(&mut self, function: &ast::Function) -> Result<Option<Expr>, Problem> {
        let parts = names(&function.name)?;
        let aggregate = match parts.last().map(String::as_str) {
            Some("count") => Aggregate::Count,
            Some("sum") => Aggregate::Sum,
            Some("avg") => Aggregate::Avg,
            // False comes before true.
            Some("min" | "bool_and" | "every") => Aggregate::Min,
            Some("max" | "bool_or") => Aggregate::Max,
            _ => return Ok(None),
        };
        let name = parts.last().map_or("", String::as_str);
        let ast::FunctionArguments::List(list) = &function.args else {
            return Err(format!("`{function}` has no argument"));
        };
        let of_function = self.function.is_some();
        let odd = !of_function && (list.duplicate_treatment.is_some() || function.filter.is_some());
        if odd || (!of_function && function.over.is_some()) {
            return Err(format!("`{function}` is not part of the language of policies"));
        }
        if !list.clauses.is_empty() {
            return Err(format!("`{function}` cannot be guarded: an aggregate takes no order"));
        }
        let outside = std::mem::replace(&mut self.aggregates, function.over.is_some());
        let windows = std::mem::replace(&mut self.windows, false);
        let parts = self.gathered_parts(aggregate, list, function.filter.as_deref());
        (self.aggregates, self.windows) = (outside, windows);
        let (argument, condition) = parts?;
        if let Some(argument) = &argument {
            let ty = argument.ty();
            let fits = match name {
                "sum" | "avg" => ty.is_number() || matches!(ty.base(), Type::Interval),
                "bool_and" | "bool_or" | "every" => matches!(ty.base(), Type::Bool),
                _ => true,
            };
            if of_function && !fits {
                return Err(format!("function {name}({ty}) does not exist"));
            }
        }
        let distinct = matches!(list.duplicate_treatment, Some(ast::DuplicateTreatment::Distinct))
            && !matches!(aggregate, Aggregate::Min | Aggregate::Max);
        if distinct && (aggregate != Aggregate::Count || argument.is_none()) {
            return Err(format!(
                "{name}(DISTINCT ...) cannot be guarded: gather the rows of a select with DISTINCT"
            ));
        }
        // What the condition leaves out is no value.
        let argument = match condition {
            None => argument,
            Some(condition) => {
                let value =
                    argument.unwrap_or_else(|| Expr::value(mag_model::Value::Int(1), Type::Int4));
                Some(Expr::Case { branches: vec![(condition, value)], otherwise: None })
            }
        };
        let argument = argument.map(Box::new);
        Ok(Some(Expr::Aggregate { function: aggregate, argument, distinct }))
    }

    fn gathered_parts(
        &mut self,
        aggregate: Aggregate,
        list: &ast::FunctionArgumentList,
        filter: Option<&Ast>,
    ) -> Result<(Option<Expr>, Option<Expr>), Problem> {
        let argument = match &*list.args {
            [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Wildcard)]
                if aggregate == Aggregate::Count =>
            {
                None
            }
            [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr))] => {
                Some(self.lower(expr)?)
            }
            _ => return Err("an aggregate needs one argument".into()),
        };
        let filter = filter.map(|filter| self.condition(filter)).transpose()?;
        Ok((argument, filter))
    }
}

fn settled_type(arguments: &[Expr]) -> Type {
    arguments.first().map_or(Type::Text, |first| settled(first.clone()).ty())
}
