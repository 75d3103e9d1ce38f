//! Rules in words: what a policy says, as one would tell it to a person. What has no words here is
//! shown as it was written.

use mag_guard::ruleset::{Command, GrantOn, PolicyRule, Ruleset};
use mag_query::error::Verb;
use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Select,
    SelectItem, SetExpr, TableFactor, UnaryOperator, Value,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

/// `authenticated may read the rows where owner_id is their own id`.
pub fn policy(rule: &PolicyRule) -> String {
    let who = listed(&rule.roles).unwrap_or_else(|| "everyone".into());
    let verb = match rule.command {
        Command::All => "read, add, change and delete",
        Command::Select => "read",
        Command::Insert => "add",
        Command::Update => "change",
        Command::Delete => "delete",
    };
    let using = rule.using.as_deref();
    let check = rule.check.as_deref();
    // Where only one of the two is written it counts for both.
    let (found, left) = match rule.command {
        Command::Insert => (check.or(using), None),
        Command::Select | Command::Delete => (using, None),
        Command::Update | Command::All => (using, check.filter(|check| Some(*check) != using)),
    };
    let rows = match found.map(condition) {
        None if rule.command == Command::All && left.is_some() => "rows".to_owned(),
        None => "no rows".into(),
        Some(words) => match (words.as_str(), rule.permissive) {
            ("true", _) => "all rows".into(),
            ("false", _) => "no rows".into(),
            (words, true) => format!("the rows where {words}"),
            (words, false) => format!("only rows where {words}"),
        },
    };
    let after = left.map(condition).map(|words| match words.as_str() {
        "true" => ", to anything".to_owned(),
        "false" => ", to nothing".to_owned(),
        words => format!(", and only so that afterwards {words}"),
    });
    format!("{who} may {verb} {rows}{}", after.unwrap_or_default())
}

/// All that is said about one table: who may do what, on which rows, and what is hidden.
pub fn table(rules: &Ruleset, schema: &str, table: &str) -> Vec<String> {
    let mut told = Vec::new();
    for grant in rules.grants.iter().filter(|grant| grant.schema == schema) {
        let (verbs, columns) = match &grant.on {
            GrantOn::Table { name, verbs, columns } if name == table => (verbs, columns.as_deref()),
            GrantOn::AllTables { verbs } => (verbs, None),
            GrantOn::Table { .. } | GrantOn::Function { .. } | GrantOn::AllFunctions => continue,
        };
        let verbs: Vec<String> = verbs.iter().map(|verb| verb_word(*verb).to_owned()).collect();
        let Some(verbs) = listed(&verbs) else { continue };
        let columns = columns.and_then(listed);
        let columns = columns.map(|columns| format!(", of the columns {columns}"));
        told.push(format!(
            "{} has the right to {verbs}{}",
            grant.role,
            columns.unwrap_or_default()
        ));
    }
    let named = |rule: &&PolicyRule| rule.schema == schema && rule.table == table;
    told.extend(rules.policies.iter().filter(named).map(policy));
    for mask in &rules.masks {
        if mask.schema == schema && mask.table == table {
            told.push(format!(
                "{} sees `{}` changed, and cannot search by it",
                mask.role, mask.column
            ));
        }
    }
    let open = rules.open_rows.iter().any(|name| name.schema == schema && name.table == table);
    let has_policies = rules.policies.iter().any(|rule| named(&rule));
    if open {
        told.push("whoever has a right to it has it on all rows".into());
    } else if !has_policies {
        told.push("no policy opens a row: only roles that pass policies by see any".into());
    }
    let bypass: Vec<String> =
        rules.roles.iter().filter(|role| role.bypass).map(|role| role.name.clone()).collect();
    if let Some(roles) = listed(&bypass) {
        told.push(format!("{roles} may do everything"));
    }
    told
}

fn verb_word(verb: Verb) -> &'static str {
    match verb {
        Verb::Select => "read",
        Verb::Insert => "add",
        Verb::Update => "change",
        Verb::Delete => "delete",
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[String]) -> Option<String> {
    let (last, before) = names.split_last()?;
    Some(if before.is_empty() { last.clone() } else { format!("{} and {last}", before.join(", ")) })
}

/// An expression of a policy in words; as it was written when it cannot be read.
pub fn condition(sql: &str) -> String {
    let parsed = Parser::new(&PostgreSqlDialect {})
        .try_with_sql(sql)
        .and_then(|mut parser| parser.parse_expr());
    parsed.map_or_else(|_| format!("`{sql}`"), |expr| truth(&expr))
}

/// Something that holds or does not.
fn truth(expr: &Expr) -> String {
    match expr {
        Expr::Nested(inner) => truth(inner),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            let side =
                |side: &Expr| if is_or(side) { format!("({})", truth(side)) } else { truth(side) };
            format!("{} and {}", side(left), side(right))
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            format!("{} or {}", truth(left), truth(right))
        }
        Expr::BinaryOp { left, op, right } => compared(left, op, right),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => match unwrapped(expr) {
            Expr::Exists { subquery, negated } => exists(subquery, !negated),
            column if is_name(column) => format!("{} is not true", thing(column)),
            other => format!("not ({})", truth(other)),
        },
        Expr::IsNull(of) => format!("{} has no value", thing(of)),
        Expr::IsNotNull(of) => format!("{} has a value", thing(of)),
        Expr::IsTrue(of) => format!("{} is true", thing(of)),
        Expr::IsFalse(of) => format!("{} is false", thing(of)),
        Expr::IsNotTrue(of) => format!("{} is not true", thing(of)),
        Expr::IsNotFalse(of) => format!("{} is not false", thing(of)),
        Expr::InList { expr, list, negated } => {
            let list: Vec<String> = list.iter().map(thing).collect();
            let one = if *negated { "none of" } else { "one of" };
            format!("{} is {one} {}", thing(expr), list.join(", "))
        }
        Expr::InSubquery { expr, subquery, negated } => {
            let one = if *negated { "none of" } else { "one of" };
            match rows_of(subquery) {
                Some(rows) => format!("{} is {one} {rows}", thing(expr)),
                None => written(&Expr::Subquery(subquery.clone())),
            }
        }
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => {
            format!("{} is one of {}", thing(left), members(right))
        }
        Expr::Between { expr, negated, low, high } => {
            let not = if *negated { "not " } else { "" };
            format!("{} is {not}between {} and {}", thing(expr), thing(low), thing(high))
        }
        Expr::Like { negated, expr, pattern, .. } | Expr::ILike { negated, expr, pattern, .. } => {
            let looks = if *negated { "does not look like" } else { "looks like" };
            format!("{} {looks} {}", thing(expr), thing(pattern))
        }
        Expr::Exists { subquery, negated } => exists(subquery, *negated),
        Expr::Value(value) => match &value.value {
            Value::Boolean(true) => "true".into(),
            Value::Boolean(false) => "false".into(),
            other => other.to_string(),
        },
        name if is_name(name) => format!("{} is true", thing(name)),
        other => written(other),
    }
}

fn is_or(expr: &Expr) -> bool {
    matches!(unwrapped(expr), Expr::BinaryOp { op: BinaryOperator::Or, .. })
}

fn is_name(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
}

fn compared(left: &Expr, op: &BinaryOperator, right: &Expr) -> String {
    // `auth.uid() = owner_id` is about the owner as well.
    let turned = asker(left).is_some() && is_name(unwrapped(right));
    let (left, right) = match op {
        BinaryOperator::Eq | BinaryOperator::NotEq if turned => (right, left),
        _ => (left, right),
    };
    let words = match op {
        BinaryOperator::Eq => "is",
        BinaryOperator::NotEq => "is not",
        BinaryOperator::Lt => "is less than",
        BinaryOperator::LtEq => "is at most",
        BinaryOperator::Gt => "is more than",
        BinaryOperator::GtEq => "is at least",
        BinaryOperator::AtArrow => "contains",
        BinaryOperator::ArrowAt => "is contained in",
        BinaryOperator::PGOverlap => "shares something with",
        other => return format!("`{left} {other} {right}`"),
    };
    format!("{} {words} {}", thing(left), thing(right))
}

fn exists(query: &Query, negated: bool) -> String {
    let there = if negated { "there is no row in" } else { "there is a row in" };
    match (select_of(query).and_then(source), select_of(query)) {
        (Some(table), Some(select)) => {
            let given = select.selection.as_ref().map(|s| format!(" where {}", truth(s)));
            format!("{there} {table}{}", given.unwrap_or_default())
        }
        _ => format!("`{}EXISTS ({query})`", if negated { "NOT " } else { "" }),
    }
}

/// What a subselect gives: `team_id of memberships where user_id is their own id`.
fn rows_of(query: &Query) -> Option<String> {
    let select = select_of(query)?;
    let [SelectItem::UnnamedExpr(shown) | SelectItem::ExprWithAlias { expr: shown, .. }] =
        &select.projection[..]
    else {
        return None;
    };
    let given = select.selection.as_ref().map(|s| format!(" where {}", truth(s)));
    Some(format!("the {} of {}{}", thing(shown), source(select)?, given.unwrap_or_default()))
}

fn members(list: &Expr) -> String {
    match unwrapped(list) {
        Expr::Subquery(query) => rows_of(query).unwrap_or_else(|| written(list)),
        Expr::Array(array) => array.elem.iter().map(thing).collect::<Vec<_>>().join(", "),
        other => thing(other),
    }
}

fn select_of(query: &Query) -> Option<&Select> {
    match &*query.body {
        SetExpr::Select(select) => Some(select),
        _ => None,
    }
}

fn source(select: &Select) -> Option<String> {
    let [only] = &select.from[..] else { return None };
    if !only.joins.is_empty() {
        return None;
    }
    match &only.relation {
        TableFactor::Table { name, .. } => {
            let parts: Vec<String> = name.0.iter().map(|part| part.to_string()).collect();
            let bare: Vec<&str> = parts.iter().map(|p| p.trim_matches('"')).collect();
            Some(bare.last().copied().unwrap_or_default().to_owned())
        }
        _ => None,
    }
}

fn unwrapped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => unwrapped(inner),
        other => other,
    }
}

/// A value: a column, something of the one who asks, a literal.
fn thing(expr: &Expr) -> String {
    if let Some(words) = asker(expr) {
        return words;
    }
    match unwrapped(expr) {
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(parts) => match &parts[..] {
            [.., of, name] => format!("{} of {}", name.value, of.value),
            _ => written(expr),
        },
        Expr::Value(value) => value.value.to_string(),
        Expr::TypedString(typed) => typed.value.to_string(),
        other => written(other),
    }
}

/// What is asked of the one who asks.
fn asker(expr: &Expr) -> Option<String> {
    match unwrapped(expr) {
        // `(select auth.uid())` is asked once and not for each row.
        Expr::Subquery(query) => {
            let select = select_of(query)?;
            match (&select.projection[..], select.from.is_empty()) {
                ([SelectItem::UnnamedExpr(shown)], true) => asker(shown),
                _ => None,
            }
        }
        Expr::Function(function) => {
            let name = function.name.to_string().to_ascii_lowercase();
            let words = match name.as_str() {
                "auth.uid" => "their own id",
                "auth.role" => "their role",
                "auth.email" => "their e-mail address",
                "auth.jwt" => "their token",
                "now" | "current_timestamp" => "now",
                "current_date" => "today",
                "current_setting" => return setting(function),
                _ => return None,
            };
            Some(words.into())
        }
        Expr::BinaryOp { left, op: BinaryOperator::Arrow | BinaryOperator::LongArrow, right } => {
            let of = asker(left)?;
            let Expr::Value(value) = unwrapped(right) else { return None };
            let name = match &value.value {
                Value::SingleQuotedString(name) => name.clone(),
                other => other.to_string(),
            };
            Some(match of.split_once(" of ") {
                Some((outer, token)) => {
                    format!("{}.{name}` of {token}", outer.trim_end_matches('`'))
                }
                None => format!("`{name}` of {of}"),
            })
        }
        _ => None,
    }
}

fn setting(function: &Function) -> Option<String> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(first)) = list.args.first()? else {
        return None;
    };
    let Expr::Value(value) = unwrapped(first) else { return None };
    let Value::SingleQuotedString(name) = &value.value else { return None };
    match name.as_str() {
        "request.jwt.claims" => Some("their token".into()),
        claim => claim
            .strip_prefix("request.jwt.claim.")
            .map(|claim| format!("`{claim}` of their token")),
    }
}

fn written(expr: &Expr) -> String {
    format!("`{expr}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_told_in_words() {
        for (sql, words) in [
            ("owner_id = auth.uid()", "owner_id is their own id"),
            ("(select auth.uid()) = owner_id", "owner_id is their own id"),
            ("published", "published is true"),
            ("not published", "published is not true"),
            ("published or author = auth.uid()", "published is true or author is their own id"),
            (
                "(a > 1 or b is null) and c <= now()",
                "(a is more than 1 or b has no value) and c is at most now",
            ),
            ("state in ('draft', 'done')", "state is one of 'draft', 'done'"),
            ("(auth.jwt() ->> 'tenant')::uuid = tenant_id", "tenant_id is `tenant` of their token"),
            (
                "auth.jwt() -> 'app_metadata' ->> 'plan' = 'pro'",
                "`app_metadata.plan` of their token is 'pro'",
            ),
            (
                "exists (select 1 from public.members m where m.team_id = posts.team_id and m.user_id = auth.uid())",
                "there is a row in members where team_id of m is team_id of posts and user_id of m is their own id",
            ),
            (
                "team_id in (select team_id from members where user_id = auth.uid())",
                "team_id is one of the team_id of members where user_id is their own id",
            ),
            ("lower(name) = 'x'", "`lower(name)` is 'x'"),
            ("name ~ '^a'", "`name ~ '^a'`"),
            ("this is no sql (", "`this is no sql (`"),
        ] {
            assert_eq!(condition(sql), words, "{sql}");
        }
    }

    #[test]
    fn a_policy_is_one_sentence() {
        let rule = |command, using: Option<&str>, check: Option<&str>| PolicyRule {
            name: "p".into(),
            schema: "public".into(),
            table: "posts".into(),
            permissive: true,
            command,
            roles: vec!["authenticated".into()],
            using: using.map(str::to_owned),
            check: check.map(str::to_owned),
        };
        for (rule, words) in [
            (rule(Command::Select, Some("true"), None), "authenticated may read all rows"),
            (
                rule(Command::Select, Some("owner = auth.uid()"), None),
                "authenticated may read the rows where owner is their own id",
            ),
            (
                rule(Command::Insert, None, Some("owner = auth.uid()")),
                "authenticated may add the rows where owner is their own id",
            ),
            (
                rule(Command::Update, Some("owner = auth.uid()"), Some("not locked")),
                "authenticated may change the rows where owner is their own id, and only so that \
                 afterwards locked is not true",
            ),
            (rule(Command::Delete, None, None), "authenticated may delete no rows"),
        ] {
            assert_eq!(policy(&rule), words);
        }
        let everyone = PolicyRule {
            roles: vec![],
            permissive: false,
            ..rule(Command::All, Some("a = 1"), None)
        };
        assert_eq!(
            policy(&everyone),
            "everyone may read, add, change and delete only rows where a is 1"
        );
    }
}
