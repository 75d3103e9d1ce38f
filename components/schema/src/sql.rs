//! `sql:run`: SQL as a person writes it. It only reads unless writing is asked for, and that promise
//! is the engine's: what is looked at here is for a clear answer, not for the lock.

mod answer;

use crate::hands::{At, Hands, Spot};
use answer::{Answer, Set, csv};
use mag_adapter::engine::Rebuild;
use mag_adapter::{Access, Bound, Console, Ending};
use mag_contract::operation::Call;
use mag_contract::{Effect, Example, Fault, Operation, codes};
use mag_migrate::{Consents, Effects, Script, Statement};
use mag_model::Value;
use mag_query::Rules;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::time::Duration;
use tokio::time::Instant;

pub(crate) struct Run;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// The statement.
    sql: String,
    /// A value for `$1` (`?1` on SQLite), several times for `$2` and so on. A number is a number,
    /// `null` is NULL, everything else is a text; `"5"` in quotes is a text as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    param: Vec<String>,
    /// It may change rows and structure.
    #[serde(default)]
    write: bool,
    /// More than one statement, all in one transaction.
    #[serde(default)]
    script: bool,
    /// Runs as this role, where the engine has roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// The id of the user that `auth.uid()` gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// Claims of the token, as a JSON object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claims: Option<Map<String, Json>>,
    /// Shows how it would be run instead.
    #[serde(default)]
    explain: bool,
    /// Shows how it was run, with times.
    #[serde(default)]
    analyze: bool,
    /// Rows to show at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    /// Seconds that it may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout: Option<f64>,
    #[serde(default)]
    format: Format,
    /// Says yes to one destructive step: `drop_table people`. Each needs its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    consent: Vec<String>,
    #[serde(flatten)]
    at: At,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    #[default]
    Table,
    Csv,
    /// Rows as objects.
    Json,
}

impl Operation for Run {
    type Input = Input;
    type Output = Answer;
    const NAME: &'static str = "sql:run";
    const SUMMARY: &'static str = "Runs one statement, or a script, and shows its rows";
    const EFFECT: Effect = Effect::Write;
    const PERMISSION: &'static str = "sql.run";
    const POSITIONAL: &'static [&'static str] = &["sql"];
    const ALIASES: &'static [&'static str] = &["sql"];
    const PREVIEW: bool = true;
    const WITHIN: Duration = Duration::from_secs(3600);
    const ABOUT: &'static str = "It only reads unless `--write` is given, and the engine holds that: a transaction that cannot write, one statement, a time limit. A preview runs it and takes it back.";
    fn examples() -> Vec<Example> {
        vec![
            Example::new(
                "A question",
                json!({ "sql": "SELECT 1 AS one" }),
                json!({ "answers": [{ "columns": [{ "name": "one" }], "rows": [[1]] }] }),
            ),
            Example::new(
                "With a value beside it, never inside of it",
                json!({ "sql": "SELECT ?1 AS said", "param": ["it's"], "format": "json" }),
                json!({ "answers": [{ "objects": [{ "said": "it's" }] }] }),
            ),
            Example::refused(
                "What would write, without being asked to",
                json!({ "sql": "CREATE TABLE t (a INTEGER)" }),
                codes::NOT_WRITABLE_SOURCE.id,
            ),
            Example::refused(
                "Two statements that are no script",
                json!({ "sql": "SELECT 1; SELECT 2" }),
                codes::BAD_SCRIPT.id,
            ),
        ]
    }
}

/// Nobody watches longer.
const TIMEOUT_MAX: Duration = Duration::from_secs(3000);
/// More rows are a dump.
const ROWS_MAX: u64 = 100_000;

pub(crate) async fn run(hands: &Hands, input: Input, call: Call) -> Result<Answer, Fault> {
    let spot = hands.find(&input.at)?;
    let script = Script::read(&input.sql, spot.dialect())?;
    look(&input, &script)?;
    if input.write {
        may_write(&spot, &input, &script, &call)?;
    }
    let most = input.rows.unwrap_or(hands.settings.sql_rows).clamp(1, ROWS_MAX);
    let within = match input.timeout {
        None => Duration::from_millis(hands.settings.sql_statement_ms),
        Some(seconds) => Duration::try_from_secs_f64(seconds)
            .map_err(|_| Fault::new(codes::BAD_INPUT, "`timeout` is no number of seconds"))?,
    };
    let mut console = Console {
        sql: text(&spot, &input)?,
        script: input.script,
        timeout: Some(within.min(TIMEOUT_MAX)),
        // One more tells that there are more.
        rows_max: Some(most + 1),
        values: input.param.iter().map(|text| value(text)).collect(),
        ..Console::reading("")
    };
    if input.write {
        console.access = Access::Write;
        console.ending = if call.preview { Ending::RollBack } else { Ending::Commit };
    }
    let framed = script.framed(spot.dialect()).filter(|_| input.write);
    let first = framed.as_ref().map_or(0, |inner| inner.start);
    if let Some(inner) = framed {
        // The engine keeps the frame: the statements within it are one transaction.
        let within = script.statements.get(inner).unwrap_or_default();
        console.then = within.iter().map(|one| Bound::new(one.text.clone(), vec![])).collect();
        console.sql = String::new();
        console.rebuild = Some(Rebuild::default());
    }
    as_somebody(&spot, &input, &mut console)?;
    let begun = Instant::now();
    let answered = spot.database().console(console).await;
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let answers = answered.map_err(|error| told(error, &script, first))?;
    if input.write && !call.preview && script.statements.iter().any(changes_structure) {
        spot.source.refresh().await?;
    }
    let explained = input.explain || input.analyze;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut sets: Vec<Set> =
        answers.into_iter().map(|rows| Set::of(rows, most, input.format)).collect();
    // Statements that answer nothing say nothing.
    if sets.len() > 1 {
        sets.retain(|set| !set.columns.is_empty() || set.affected.is_some());
    }
    Ok(Answer {
        at: spot.label(),
        plan: explained.then(|| sets.iter().flat_map(answer::lines).collect()),
        csv: match (input.format, explained) {
            (Format::Csv, false) => Some(sets.iter().map(csv).collect::<Vec<_>>().join("\n")),
            _ => None,
        },
        statements: script.statements.len(),
        took_ms,
        answers: match explained || input.format == Format::Csv {
            true => sets.into_iter().map(|set| Set { rows: vec![], ..set }).collect(),
            false => sets,
        },
    })
}

/// What would be refused later is refused now, in words that help.
fn look(input: &Input, script: &Script) -> Result<(), Fault> {
    match script.statements.as_slice() {
        [] => {
            return Err(Fault::new(codes::BAD_SCRIPT, "there is no statement"));
        }
        [_] => {}
        [_, second, ..] if !input.script => {
            let message = format!("line {} begins a second statement", second.line);
            return Err(Fault::new(codes::BAD_SCRIPT, message)
                .hint("run it with `--script`, or one statement at a time"));
        }
        _ if !input.param.is_empty() => {
            return Err(Fault::new(codes::BAD_INPUT, "values belong to a single statement"));
        }
        _ if input.explain || input.analyze => {
            return Err(Fault::new(codes::BAD_INPUT, "one statement at a time can be explained"));
        }
        _ => {}
    }
    if (input.user.is_some() || input.claims.is_some()) && input.role.is_none() {
        return Err(Fault::new(codes::BAD_INPUT, "claims are those of a role")
            .hint("add `--role authenticated`"));
    }
    Ok(())
}

fn may_write(spot: &Spot, input: &Input, script: &Script, call: &Call) -> Result<(), Fault> {
    spot.writable()?;
    if !call.actor.permissions.hold("sql.write") {
        return Err(Fault::new(
            codes::DENIED,
            "`sql:run --write` needs the permission `sql.write`",
        ));
    }
    if spot.keeps_rules()?
        && let Some(rule) = script
            .statements
            .iter()
            .find(|s| !matches!(mag_migrate::rules::read(&s.text), Ok(None)))
    {
        let message = format!("line {}: this engine has no words for rules", rule.line);
        return Err(Fault::new(codes::UNSUPPORTED_BY_ENGINE, message)
            .hint("`mobo policy:create`, `mobo grant:add` and migrations keep them beside it"));
    }
    let catalog = spot.source.view()?.catalog.clone();
    let effects = Effects::on(script, spot.dialect(), Some(&catalog));
    if !call.preview {
        Consents::to(&input.consent).check([("the statement", &effects)])?;
    }
    Ok(())
}

fn text(spot: &Spot, input: &Input) -> Result<String, Fault> {
    if !input.explain && !input.analyze {
        return Ok(input.sql.clone());
    }
    let head = spot.dialect().explain(input.analyze).map_err(|why| {
        Fault::new(codes::UNSUPPORTED_BY_ENGINE, why).hint("`--explain` shows its plan")
    })?;
    Ok(format!("{head}{}", input.sql))
}

/// `5`, `1.5`, `true`, `null`, `"5"`, and anything else as a text.
fn value(text: &str) -> Value {
    match serde_json::from_str::<Json>(text) {
        Ok(Json::Null) => Value::Null,
        Ok(Json::Bool(yes)) => Value::Bool(yes),
        Ok(Json::String(text)) => Value::text(text),
        Ok(Json::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(n), _) => Value::Int(n),
            // What a float would change stays as it was written.
            (None, Some(n)) if n.to_string() == text => Value::Float8(n),
            _ => Value::text(text),
        },
        Ok(Json::Array(_) | Json::Object(_)) | Err(_) => Value::text(text),
    }
}

fn as_somebody(spot: &Spot, input: &Input, console: &mut Console) -> Result<(), Fault> {
    let Some(role) = &input.role else { return Ok(()) };
    if spot.source.view()?.rules != Rules::Native {
        let message = format!("this engine has no roles, so no SQL can be run as `{role}`");
        return Err(Fault::new(codes::UNSUPPORTED_BY_ENGINE, message)
            .hint("`mobo policy:test` shows which rows a role sees"));
    }
    let mut claims = input.claims.clone().unwrap_or_default();
    claims.insert("role".into(), json!(role));
    if let Some(user) = &input.user {
        claims.insert("sub".into(), json!(user));
    }
    console.role = Some(role.clone());
    console.settings.push(("request.jwt.claims".into(), Json::Object(claims).to_string()));
    Ok(())
}

fn changes_structure(statement: &Statement) -> bool {
    let first = statement.text.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    !matches!(&*first, "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "VALUES" | "TABLE" | "SHOW")
}

/// `first`: the statement of the script that the engine was told first.
fn told(error: mag_adapter::EngineError, script: &Script, first: usize) -> Fault {
    let line = error
        .statement
        .filter(|_| script.statements.len() > 1)
        .and_then(|at| script.statements.get(first + at))
        .map(|statement| statement.line);
    let fault: Fault = error.into();
    let fault = match fault.code() == codes::NOT_WRITABLE_SOURCE {
        true => fault.hint("`--write` is what lets it write"),
        false => fault,
    };
    match line {
        Some(line) => fault.details(format!("line {line}; nothing of the script has happened")),
        None => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, value};

    #[test]
    fn a_value_is_what_it_looks_like_and_nothing_is_lost_of_it() {
        for (text, expected) in [
            ("5", Value::Int(5)),
            ("-1", Value::Int(-1)),
            ("1.5", Value::Float8(1.5)),
            ("0.1000", Value::text("0.1000")),
            ("123456789012345678901234567890", Value::text("123456789012345678901234567890")),
            ("true", Value::Bool(true)),
            ("null", Value::Null),
            ("\"5\"", Value::text("5")),
            ("007", Value::text("007")),
            ("it's", Value::text("it's")),
            ("", Value::text("")),
            ("[1,2]", Value::text("[1,2]")),
            ("{\"a\":1}", Value::text("{\"a\":1}")),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }
}
