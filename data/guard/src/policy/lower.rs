//! From the parsed SQL to an expression of plans. What has no meaning on every engine is refused
//! here, by name.

use super::literals::{beside, comparable, number, quoted, typed};
use super::scope::{Scopes, folded, names};
use super::{DEPTH_MAX, Problem};
use mag_model::{Type, Value};
use mag_query::Expr;
use mag_query::call::{Comparison, Is, Pattern, SetOp};
use mag_query::expr::{Arithmetic, Asker, Builtin, PathPlace, PathStep};
use sqlparser::ast::{self, BinaryOperator as Sql, Expr as Ast, UnaryOperator};
use std::sync::Arc;

impl Scopes<'_> {
    pub(super) fn lower(&mut self, ast: &Ast) -> Result<Expr, Problem> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("the expression is nested too deeply".into());
        }
        let lowered = self.lower_here(ast);
        self.depth -= 1;
        lowered
    }

    fn lower_here(&mut self, ast: &Ast) -> Result<Expr, Problem> {
        let is = |scopes: &mut Self, inner: &Ast, is: Is| {
            let expr = scopes.lower(inner)?;
            if !matches!(is, Is::Null | Is::NotNull) && expr.ty() != Type::Bool {
                return Err(format!("`{inner}` is not boolean"));
            }
            Ok(Expr::Is { expr: Box::new(expr), is })
        };
        match ast {
            Ast::Nested(inner) => self.lower(inner),
            Ast::Identifier(ident) => self.name(ident),
            Ast::CompoundIdentifier(idents) => self.qualified(idents),
            Ast::Value(value) => self.value(&value.value),
            Ast::TypedString(typed_string) => {
                let text = typed_string.value.clone().into_string();
                let text = text.ok_or_else(|| format!("`{ast}` is not a literal"))?;
                typed(quoted(&text), &self.named_type(&typed_string.data_type)?)
            }
            Ast::IsNull(inner) => is(self, inner, Is::Null),
            Ast::IsNotNull(inner) => is(self, inner, Is::NotNull),
            Ast::IsTrue(inner) => is(self, inner, Is::True),
            Ast::IsFalse(inner) => is(self, inner, Is::False),
            Ast::IsUnknown(inner) => is(self, inner, Is::Unknown),
            Ast::IsNotTrue(inner) => is(self, inner, Is::True).map(Expr::negated),
            Ast::IsNotFalse(inner) => is(self, inner, Is::False).map(Expr::negated),
            Ast::IsNotUnknown(inner) => is(self, inner, Is::Unknown).map(Expr::negated),
            Ast::IsDistinctFrom(a, b) => self.compare(Comparison::Distinct, a, b),
            Ast::IsNotDistinctFrom(a, b) => {
                self.compare(Comparison::Distinct, a, b).map(Expr::negated)
            }
            Ast::UnaryOp { op: UnaryOperator::Not, expr } => Ok(self.condition(expr)?.negated()),
            Ast::UnaryOp { op: UnaryOperator::Minus, expr } => match &**expr {
                Ast::Value(value) => match &value.value {
                    ast::Value::Number(digits, _) => number(&format!("-{digits}")),
                    _ => Err(format!("`{ast}` is not a number")),
                },
                _ => {
                    let zero = Expr::value(Value::Int(0), Type::Int4);
                    let expr = self.lower(expr)?;
                    Ok(Expr::Arithmetic(Arithmetic::Subtract, Box::new(zero), Box::new(expr)))
                }
            },
            Ast::UnaryOp { op: UnaryOperator::Plus, expr } => self.lower(expr),
            Ast::BinaryOp { left, op, right } => self.binary(left, op, right),
            Ast::Like { negated, any: false, expr, pattern, escape_char: None } => {
                self.pattern(Pattern::Like, *negated, expr, pattern)
            }
            Ast::ILike { negated, any: false, expr, pattern, escape_char: None } => {
                self.pattern(Pattern::Ilike, *negated, expr, pattern)
            }
            Ast::Between { expr, negated, low, high } => {
                let low = self.compare(Comparison::Gte, expr, low)?;
                let between = low.and(self.compare(Comparison::Lte, expr, high)?);
                Ok(if *negated { between.negated() } else { between })
            }
            Ast::InList { expr, list, negated } => {
                let tests = list.iter().map(|item| self.compare(Comparison::Eq, expr, item));
                let any = Expr::Any(tests.collect::<Result<_, _>>()?);
                Ok(if *negated { any.negated() } else { any })
            }
            Ast::InSubquery { expr, subquery, negated } => {
                let found = self.in_select(expr, subquery)?;
                Ok(if *negated { found.negated() } else { found })
            }
            Ast::Exists { subquery, negated } => {
                let exists = Expr::Exists(Box::new(self.subselect(subquery, false)?));
                Ok(if *negated { exists.negated() } else { exists })
            }
            Ast::Subquery(query) => self.scalar(query),
            Ast::AnyOp { left, compare_op: Sql::Eq, right, .. } => self.equals_any(left, right),
            Ast::Cast { expr, data_type, array: false, format: None, .. } => {
                let to = self.named_type(data_type)?;
                match self.lower(expr)? {
                    literal @ Expr::Value(_) if literal.ty() == Type::Unknown => {
                        typed(literal, &to)
                    }
                    expr => Ok(Expr::Cast { expr: Box::new(expr), to }),
                }
            }
            Ast::Case { operand: None, conditions, else_result, .. } => {
                let branches = conditions
                    .iter()
                    .map(|c| Ok((self.condition(&c.condition)?, self.lower(&c.result)?)))
                    .collect::<Result<Vec<_>, Problem>>()?;
                let otherwise = else_result.as_ref().map(|e| self.lower(e)).transpose()?;
                Ok(Expr::Case { branches, otherwise: otherwise.map(Box::new) })
            }
            Ast::Function(function) if self.windows && function.over.is_some() => {
                self.window(function)
            }
            Ast::Function(function) if self.aggregates && gathers(function) => self.output(ast),
            Ast::Function(function) => self.function(function),
            Ast::Trim { trim_where: None, trim_what: None, trim_characters: None, expr } => {
                let arguments = vec![self.lower(expr)?];
                Ok(Expr::Call { function: Builtin::Trim, arguments })
            }
            other => Err(format!("`{other}` is not part of the language of policies")),
        }
    }

    pub(super) fn condition(&mut self, ast: &Ast) -> Result<Expr, Problem> {
        let expr = typed(self.lower(ast)?, &Type::Bool)?;
        if matches!(expr.ty().base(), Type::Bool) {
            Ok(expr)
        } else {
            Err(format!("`{ast}` is not boolean"))
        }
    }

    fn name(&self, ident: &ast::Ident) -> Result<Expr, Problem> {
        if ident.quote_style.is_none() {
            let asker = match &*ident.value.to_lowercase() {
                "current_user" | "current_role" | "session_user" | "user" => Some(Asker::Role),
                "current_timestamp" => Some(Asker::Time),
                "current_date" => Some(Asker::Date),
                _ => None,
            };
            if let Some(asker) = asker {
                return Ok(Expr::Session(asker));
            }
        }
        self.column(ident)
    }

    fn value(&self, value: &ast::Value) -> Result<Expr, Problem> {
        match value {
            ast::Value::Number(digits, _) => number(digits),
            ast::Value::Boolean(b) => Ok(Expr::value(Value::Bool(*b), Type::Bool)),
            ast::Value::Null => Ok(Expr::value(Value::Null, Type::Unknown)),
            ast::Value::SingleQuotedString(text) | ast::Value::EscapedStringLiteral(text) => {
                Ok(quoted(text))
            }
            ast::Value::DollarQuotedString(text) => Ok(quoted(&text.value)),
            ast::Value::Placeholder(text) => {
                let n = text.strip_prefix('$').and_then(|n| n.parse::<usize>().ok());
                let argument = n.and_then(|n| self.argument(n.checked_sub(1)?));
                argument.ok_or_else(|| format!("there is no parameter {text}"))
            }
            other => Err(format!("`{other}` is not a literal that policies know")),
        }
    }

    pub(super) fn named_type(&self, data_type: &ast::DataType) -> Result<Type, Problem> {
        let name = data_type.to_string();
        self.catalog
            .find_type(self.schema, &name.to_lowercase())
            .or_else(|| self.catalog.find_type(self.schema, name.trim_matches('"')))
            .ok_or_else(|| format!("type \"{name}\" does not exist"))
    }

    fn compare(&mut self, comparison: Comparison, a: &Ast, b: &Ast) -> Result<Expr, Problem> {
        let (a, b) = beside(self.lower(a)?, self.lower(b)?)?;
        let (left, right) = (a.ty(), b.ty());
        if !comparable(&left, &right) {
            return Err(format!("operator does not exist: {left} = {right}; cast one of the two"));
        }
        Ok(Expr::compare(comparison, a, b))
    }

    fn pattern(
        &mut self,
        kind: Pattern,
        negated: bool,
        text: &Ast,
        pattern: &Ast,
    ) -> Result<Expr, Problem> {
        let (text, pattern) = (self.lower(text)?, typed(self.lower(pattern)?, &Type::Text)?);
        if !text.ty().is_text() {
            return Err(format!("a pattern needs a text and not a {}", text.ty()));
        }
        let matches = Expr::Pattern { kind, text: Box::new(text), pattern: Box::new(pattern) };
        Ok(if negated { matches.negated() } else { matches })
    }

    fn binary(&mut self, left: &Ast, op: &Sql, right: &Ast) -> Result<Expr, Problem> {
        match op {
            Sql::And => Ok(self.condition(left)?.and(self.condition(right)?)),
            Sql::Or => Ok(Expr::Any(vec![self.condition(left)?, self.condition(right)?])),
            Sql::Eq => self.compare(Comparison::Eq, left, right),
            Sql::NotEq => self.compare(Comparison::Neq, left, right),
            Sql::Lt => self.compare(Comparison::Lt, left, right),
            Sql::LtEq => self.compare(Comparison::Lte, left, right),
            Sql::Gt => self.compare(Comparison::Gt, left, right),
            Sql::GtEq => self.compare(Comparison::Gte, left, right),
            Sql::Plus => self.arithmetic(Arithmetic::Add, left, right),
            Sql::Minus => self.arithmetic(Arithmetic::Subtract, left, right),
            Sql::Multiply => self.arithmetic(Arithmetic::Multiply, left, right),
            Sql::Divide => self.arithmetic(Arithmetic::Divide, left, right),
            Sql::Modulo => self.arithmetic(Arithmetic::Modulo, left, right),
            Sql::StringConcat => self.arithmetic(Arithmetic::Concat, left, right),
            Sql::PGRegexMatch => self.pattern(Pattern::Match, false, left, right),
            Sql::PGRegexIMatch => self.pattern(Pattern::Imatch, false, left, right),
            Sql::PGRegexNotMatch => self.pattern(Pattern::Match, true, left, right),
            Sql::PGRegexNotIMatch => self.pattern(Pattern::Imatch, true, left, right),
            Sql::PGLikeMatch => self.pattern(Pattern::Like, false, left, right),
            Sql::PGILikeMatch => self.pattern(Pattern::Ilike, false, left, right),
            Sql::Arrow => self.path(left, right, false),
            Sql::LongArrow => self.path(left, right, true),
            Sql::AtArrow => self.sets(SetOp::Contains, left, right),
            Sql::ArrowAt => self.sets(SetOp::ContainedBy, left, right),
            Sql::PGOverlap => self.sets(SetOp::Overlaps, left, right),
            Sql::Question => {
                let json = self.lower(left)?;
                let key = typed(self.lower(right)?, &Type::Text)?;
                if !matches!(json.ty().base(), Type::Jsonb) {
                    return Err(format!("operator does not exist: {} ? text", json.ty()));
                }
                Ok(Expr::Call { function: Builtin::HasKey, arguments: vec![json, key] })
            }
            other => Err(format!("operator `{other}` is not part of the language of policies")),
        }
    }

    fn arithmetic(&mut self, op: Arithmetic, left: &Ast, right: &Ast) -> Result<Expr, Problem> {
        let (a, b) = beside(self.lower(left)?, self.lower(right)?)?;
        Ok(Expr::Arithmetic(op, Box::new(a), Box::new(b)))
    }

    fn sets(&mut self, op: SetOp, left: &Ast, right: &Ast) -> Result<Expr, Problem> {
        let (a, b) = beside(self.lower(left)?, self.lower(right)?)?;
        let fits = matches!(
            (a.ty().base(), op),
            (Type::Array(_) | Type::Range(_), _)
                | (Type::Jsonb, SetOp::Contains | SetOp::ContainedBy)
        );
        if fits && comparable(&a.ty(), &b.ty()) {
            Ok(Expr::Sets(op, Box::new(a), Box::new(b)))
        } else {
            Err(format!("no such operator between {} and {}", a.ty(), b.ty()))
        }
    }

    /// `json -> 'key'` and `json ->> 0`; steps after each other are one path.
    fn path(&mut self, base: &Ast, step: &Ast, as_text: bool) -> Result<Expr, Problem> {
        let to = match self.lower(step)? {
            Expr::Value(literal) => match literal.value {
                Value::Text(key) => PathPlace::Key(key),
                Value::Int(index) => PathPlace::Index(
                    i32::try_from(index).map_err(|_| "an index is out of range".to_owned())?,
                ),
                _ => return Err(format!("`{step}` is neither a key nor an index")),
            },
            _ => return Err(format!("`{step}` is neither a key nor an index")),
        };
        let step = PathStep { to, as_text };
        match self.lower(base)? {
            Expr::Path { base, mut steps } if steps.last().is_some_and(|s| !s.as_text) => {
                steps.push(step);
                Ok(Expr::Path { base, steps })
            }
            base if base.ty().is_json() => {
                Ok(Expr::Path { base: Box::new(base), steps: vec![step] })
            }
            base => Err(format!("operator does not exist: {} ->", base.ty())),
        }
    }

    /// `a = ANY (list)`, where the list is an array, a literal of one, or a sub-select.
    fn equals_any(&mut self, left: &Ast, right: &Ast) -> Result<Expr, Problem> {
        match right {
            Ast::Nested(inner) => self.equals_any(left, inner),
            Ast::Subquery(query) => self.in_select(left, query),
            Ast::Array(array) => {
                let tests = array.elem.iter().map(|item| self.compare(Comparison::Eq, left, item));
                Ok(Expr::Any(tests.collect::<Result<_, _>>()?))
            }
            _ => {
                let expr = self.lower(left)?;
                let list = typed(self.lower(right)?, &Type::array_of(expr.ty()))?;
                let element = list.ty().element().cloned();
                let expr = match &element {
                    Some(element) => typed(expr, element)?,
                    None => expr,
                };
                if !element.is_some_and(|element| comparable(&expr.ty(), &element)) {
                    return Err(format!("`{right}` is not a list of {}", expr.ty()));
                }
                Ok(Expr::Call { function: Builtin::InArray, arguments: vec![expr, list] })
            }
        }
    }

    fn function(&mut self, function: &ast::Function) -> Result<Expr, Problem> {
        if function.over.is_some() || function.filter.is_some() {
            return Err(format!("`{function}` is not part of the language of policies"));
        }
        let parts = names(&function.name)?;
        let mut arguments = Vec::new();
        match &function.args {
            ast::FunctionArguments::None => {}
            ast::FunctionArguments::List(list)
                if list.duplicate_treatment.is_none() && list.clauses.is_empty() =>
            {
                for argument in &list.args {
                    match argument {
                        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(ast)) => {
                            arguments.push(self.lower(ast)?);
                        }
                        other => return Err(format!("`{other}` cannot be an argument here")),
                    }
                }
            }
            _ => return Err(format!("`{function}` is not part of the language of policies")),
        }
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let asker = match (&*parts, arguments.len()) {
            (["auth", "uid"], 0) => Some(Asker::Id),
            (["auth", "role"], 0) => Some(Asker::Role),
            (["auth", "email"], 0) => Some(Asker::Email),
            (["auth", "jwt"], 0) => Some(Asker::Claims),
            (
                ["now" | "statement_timestamp" | "transaction_timestamp" | "current_timestamp"],
                0,
            ) => Some(Asker::Time),
            (["current_date"], 0) => Some(Asker::Date),
            (["current_user" | "current_role" | "session_user" | "user"], 0) => Some(Asker::Role),
            _ => None,
        };
        if let Some(asker) = asker {
            return Ok(Expr::Session(asker));
        }
        // How policies asked for claims before there was `auth.jwt()`.
        if let (["current_setting"], Some(Expr::Value(setting))) = (&*parts, arguments.first()) {
            return match setting.value.as_str() {
                Some("request.jwt.claims") => Ok(Expr::Session(Asker::Claims)),
                Some("request.jwt.claim.sub") => {
                    let id = Box::new(Expr::Session(Asker::Id));
                    Ok(Expr::Cast { expr: id, to: Type::Text })
                }
                Some("request.jwt.claim.role" | "role") => Ok(Expr::Session(Asker::Role)),
                Some("request.jwt.claim.email") => Ok(Expr::Session(Asker::Email)),
                _ => Err(format!("`{function}` is not a setting that policies know")),
            };
        }
        let name = match &*parts {
            [name] | ["pg_catalog", name] => *name,
            _ => return Err(format!("function {} is not one that policies know", function.name)),
        };
        let known = match name {
            "char_length" | "character_length" => Some(Builtin::Length),
            "trim" => Some(Builtin::Trim),
            name => Builtin::NAMED.into_iter().find(|known| known.name() == name),
        };
        let known = known
            .ok_or_else(|| format!("function {} is not one that policies know", function.name))?;
        self.call(known, arguments)
    }

    fn call(&self, function: Builtin, arguments: Vec<Expr>) -> Result<Expr, Problem> {
        let (least, most) = match function {
            Builtin::Lower | Builtin::Upper | Builtin::Length | Builtin::Abs | Builtin::Trim => {
                (1, 1)
            }
            Builtin::NullIf | Builtin::StartsWith | Builtin::InArray | Builtin::HasKey => (2, 2),
            Builtin::Coalesce | Builtin::Concat | Builtin::Greatest | Builtin::Least => (1, 100),
        };
        if !(least..=most).contains(&arguments.len()) {
            return Err(format!("{} takes another number of arguments", function.name()));
        }
        let known = arguments.iter().map(Expr::ty).find(|ty| *ty != Type::Unknown);
        let wanted = match function {
            Builtin::Coalesce | Builtin::NullIf | Builtin::Greatest | Builtin::Least => {
                known.unwrap_or(Type::Text)
            }
            Builtin::Abs => Type::Numeric(None),
            _ => Type::Text,
        };
        let arguments = arguments.into_iter().map(|argument| typed(argument, &wanted));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let texts = matches!(
            function,
            Builtin::Lower | Builtin::Upper | Builtin::Length | Builtin::Trim | Builtin::StartsWith
        );
        if let Some(odd) = arguments.iter().find(|a| texts && !a.ty().is_text()) {
            return Err(format!("function {}({}) does not exist", function.name(), odd.ty()));
        }
        Ok(Expr::Call { function, arguments })
    }

    pub(super) fn alias(ident: &ast::Ident) -> String {
        folded(ident)
    }
}

/// It is a function over the rows of a select.
pub(super) fn gathers(function: &ast::Function) -> bool {
    let name = function.name.to_string().to_lowercase();
    let known = ["count", "sum", "avg", "min", "max", "bool_and", "bool_or", "every"];
    known.contains(&&*name)
}

/// The name that a column of a sub-select has does not matter: there is one.
pub(super) fn unnamed() -> Arc<str> {
    Arc::from("value")
}
