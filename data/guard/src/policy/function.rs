//! `CREATE FUNCTION ... LANGUAGE sql`, read as what is kept of it, and written from that.
//! Never: a clause that is passed over although it would change what the function does.

use super::Problem;
use super::scope::{folded, names};
use crate::ruleset::{ArgumentRule, FunctionRule};
use mag_model::catalog::Volatility;
use mag_model::catalog::draft::ReturnsDraft;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// Longer ones are programs, and not functions of a database.
const LENGTH_MAX: usize = 65_536;

/// The function, and whether it may take the place of one that is there.
pub fn parse_function(sql: &str) -> Result<(FunctionRule, bool), Problem> {
    if sql.len() > LENGTH_MAX {
        return Err(format!("the statement is longer than {LENGTH_MAX} bytes"));
    }
    let dialect = PostgreSqlDialect {};
    let parser = Parser::new(&dialect).try_with_sql(sql).map_err(said)?;
    Reader { parser }.function()
}

fn said(error: ParserError) -> Problem {
    error.to_string()
}

struct Reader<'a> {
    parser: Parser<'a>,
}

impl Reader<'_> {
    fn function(mut self) -> Result<(FunctionRule, bool), Problem> {
        self.parser.expect_keyword_is(Keyword::CREATE).map_err(said)?;
        let replace = self.parser.parse_keywords(&[Keyword::OR, Keyword::REPLACE]);
        if !self.parser.parse_keyword(Keyword::FUNCTION) {
            return Err("the statement is not CREATE FUNCTION".into());
        }
        let name = self.parser.parse_object_name(false).map_err(said)?;
        let mut parts = names(&name)?;
        let name = parts.pop().unwrap_or_default();
        let schema = parts.pop().unwrap_or_else(crate::ruleset::public);
        let mut function = FunctionRule {
            schema,
            name,
            arguments: self.arguments()?,
            returns: ReturnsDraft::Void,
            set: false,
            volatility: Volatility::Volatile,
            body: String::new(),
        };
        if self.word("returns") {
            (function.returns, function.set) = self.returns()?;
        }
        let mut language = None;
        let mut body = None;
        loop {
            if self.parser.consume_token(&Token::SemiColon) {
                continue;
            }
            if self.parser.peek_token().token == Token::EOF {
                break;
            }
            self.clause(&mut function, &mut language, &mut body)?;
        }
        match language.as_deref() {
            Some("sql") | None => {}
            Some(other) => {
                return Err(format!("only LANGUAGE sql can be guarded, and this is {other}"));
            }
        }
        function.body = body.ok_or("a function needs a body: AS $$ ... $$")?.trim().to_owned();
        Ok((function, replace))
    }

    fn clause(
        &mut self,
        function: &mut FunctionRule,
        language: &mut Option<String>,
        body: &mut Option<String>,
    ) -> Result<(), Problem> {
        let token = self.parser.next_token().token;
        let Token::Word(word) = &token else {
            return Err(format!("`{token}` is no clause of a function"));
        };
        match &*word.value.to_lowercase() {
            "language" => *language = Some(self.name_or_text()?.to_lowercase()),
            "as" => *body = Some(self.text()?),
            "return" => {
                let expr = self.parser.parse_expr().map_err(said)?;
                *body = Some(format!("SELECT {expr}"));
            }
            "immutable" => function.volatility = Volatility::Immutable,
            "stable" => function.volatility = Volatility::Stable,
            "volatile" => function.volatility = Volatility::Volatile,
            "called" => self.words(&["on", "null", "input"])?,
            "parallel" => drop(self.name_or_text()?),
            "cost" | "rows" => {
                self.parser.parse_number_value().map_err(said)?;
            }
            "not" => self.words(&["leakproof"])?,
            "leakproof" | "external" => {}
            "security" if self.word("invoker") => {}
            "security" => {
                return Err(
                    "a function runs with the rights of whoever calls it; SECURITY DEFINER \
                            is not possible here"
                        .into(),
                );
            }
            // Names are found in the schema of the function, whatever the path is.
            "set" if self.word("search_path") => {
                self.parser.next_token();
                while !matches!(&self.parser.peek_token().token, Token::Word(word) if starts_clause(&word.value))
                    && self.parser.peek_token().token != Token::EOF
                {
                    self.parser.next_token();
                }
            }
            other => return Err(format!("`{other}` is not possible in a function here")),
        }
        Ok(())
    }

    fn arguments(&mut self) -> Result<Vec<ArgumentRule>, Problem> {
        self.parser.expect_token(&Token::LParen).map_err(said)?;
        let mut arguments = Vec::new();
        if self.parser.consume_token(&Token::RParen) {
            return Ok(arguments);
        }
        loop {
            for mode in ["out", "inout", "variadic"] {
                if self.word(mode) {
                    return Err(format!("{} arguments are not possible here", mode.to_uppercase()));
                }
            }
            // `in` is a word that no argument can have as its name.
            let _ = self.parser.parse_keyword(Keyword::IN);
            let [_, next] = self.parser.peek_tokens::<2>();
            let unnamed = matches!(next, Token::Comma | Token::RParen | Token::LParen | Token::Eq)
                || matches!(&next, Token::Word(word) if word.keyword == Keyword::DEFAULT);
            let name = match unnamed {
                true => String::new(),
                false => folded(&self.parser.parse_identifier().map_err(said)?),
            };
            let ty = self.ty()?;
            let given = self.parser.parse_keyword(Keyword::DEFAULT)
                || self.parser.consume_token(&Token::Eq);
            let default = match given {
                true => Some(self.parser.parse_expr().map_err(said)?.to_string()),
                false => None,
            };
            arguments.push(ArgumentRule { name, ty, default });
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        self.parser.expect_token(&Token::RParen).map_err(said)?;
        Ok(arguments)
    }

    fn returns(&mut self) -> Result<(ReturnsDraft, bool), Problem> {
        if self.parser.parse_keyword(Keyword::TABLE) {
            self.parser.expect_token(&Token::LParen).map_err(said)?;
            let mut columns = Vec::new();
            loop {
                let name = folded(&self.parser.parse_identifier().map_err(said)?);
                columns.push((name, self.ty()?));
                if !self.parser.consume_token(&Token::Comma) {
                    break;
                }
            }
            self.parser.expect_token(&Token::RParen).map_err(said)?;
            return Ok((ReturnsDraft::Columns(columns), true));
        }
        let set = self.word("setof");
        let ty = self.ty()?;
        Ok(match ty.split_once('.') {
            _ if ty == "void" => (ReturnsDraft::Void, set),
            // What is no table is taken as a type.
            Some((schema, table)) => {
                let (schema, table) = (schema.to_owned(), table.to_owned());
                (ReturnsDraft::Rows { schema, table }, set)
            }
            None => (ReturnsDraft::Rows { schema: crate::ruleset::public(), table: ty }, set),
        })
    }

    /// As a catalog knows it: names that are not quoted are lower case.
    fn ty(&mut self) -> Result<String, Problem> {
        let ty = self.parser.parse_data_type().map_err(said)?;
        Ok(match &ty {
            sqlparser::ast::DataType::Custom(name, modifiers) if modifiers.is_empty() => {
                names(name)?.join(".")
            }
            other => other.to_string().to_lowercase(),
        })
    }

    fn word(&mut self, wanted: &str) -> bool {
        let here = matches!(&self.parser.peek_token().token, Token::Word(word)
            if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted));
        if here {
            self.parser.next_token();
        }
        here
    }
    fn words(&mut self, wanted: &[&str]) -> Result<(), Problem> {
        match wanted.iter().all(|word| self.word(word)) {
            true => Ok(()),
            false => Err(format!("`{}` was expected", wanted.join(" "))),
        }
    }
    fn name_or_text(&mut self) -> Result<String, Problem> {
        match self.parser.next_token().token {
            Token::Word(word) => Ok(word.value),
            Token::SingleQuotedString(text) => Ok(text),
            other => Err(format!("a name was expected, and there is `{other}`")),
        }
    }
    fn text(&mut self) -> Result<String, Problem> {
        match self.parser.next_token().token {
            Token::DollarQuotedString(text) => Ok(text.value),
            Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) => Ok(text),
            other => Err(format!("the body was expected, and there is `{other}`")),
        }
    }
}

fn starts_clause(word: &str) -> bool {
    const CLAUSES: [&str; 12] = [
        "language",
        "as",
        "return",
        "immutable",
        "stable",
        "volatile",
        "called",
        "parallel",
        "cost",
        "rows",
        "security",
        "set",
    ];
    CLAUSES.iter().any(|clause| word.eq_ignore_ascii_case(clause))
}

/// The statement that makes the function.
pub fn function_statement(function: &FunctionRule) -> String {
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let arguments: Vec<String> = function
        .arguments
        .iter()
        .map(|ArgumentRule { name, ty, default }| {
            let name = if name.is_empty() { String::new() } else { format!("{} ", quote(name)) };
            let default = default.as_ref().map(|text| format!(" DEFAULT {text}"));
            format!("{name}{ty}{}", default.unwrap_or_default())
        })
        .collect();
    let set = if function.set { "SETOF " } else { "" };
    let returns = match &function.returns {
        ReturnsDraft::Void => "void".to_owned(),
        ReturnsDraft::Scalar(ty) => format!("{set}{ty}"),
        ReturnsDraft::Rows { schema, table } if schema == "public" || schema.is_empty() => {
            format!("{set}{table}")
        }
        ReturnsDraft::Rows { schema, table } => format!("{set}{schema}.{table}"),
        ReturnsDraft::Columns(columns) => {
            let each = columns.iter().map(|(name, ty)| format!("{} {ty}", quote(name)));
            format!("TABLE ({})", each.collect::<Vec<_>>().join(", "))
        }
    };
    let volatility = match function.volatility {
        Volatility::Immutable => "IMMUTABLE",
        Volatility::Stable => "STABLE",
        Volatility::Volatile => "VOLATILE",
    };
    let mut fence = "$function$".to_owned();
    while function.body.contains(&fence) {
        fence.insert(fence.len() - 1, 'x');
    }
    let place = match function.schema.as_str() {
        "public" | "" => quote(&function.name),
        schema => format!("{}.{}", quote(schema), quote(&function.name)),
    };
    format!(
        "CREATE FUNCTION {place}({}) RETURNS {returns} LANGUAGE sql {volatility} AS {fence}{}{fence}",
        arguments.join(", "),
        function.body
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> FunctionRule {
        parse_function(text).unwrap().0
    }

    #[test]
    fn a_function_is_read_as_it_was_written() {
        let f = read(
            "create or replace function app.top(n int default 10, mood text = 'glad')
             returns setof notes language sql stable set search_path = '' as $$ select 1 $$;",
        );
        assert_eq!((f.schema.as_str(), f.name.as_str(), f.set), ("app", "top", true));
        assert_eq!(f.arguments[0].default.as_deref(), Some("10"));
        assert_eq!(f.arguments[1].default.as_deref(), Some("'glad'"));
        assert_eq!(f.volatility, Volatility::Stable);
        assert_eq!(f.body, "select 1");
        assert_eq!(read(&function_statement(&f)), f);
    }

    #[test]
    fn what_it_gives_is_a_value_rows_columns_or_nothing() {
        let returns = |text: &str| {
            let f = read(&format!("create function f() {text} as 'select 1' language sql"));
            (f.returns, f.set)
        };
        assert_eq!(returns(""), (ReturnsDraft::Void, false));
        assert_eq!(returns("returns void"), (ReturnsDraft::Void, false));
        let columns = ReturnsDraft::Columns(vec![("a".into(), "int".into())]);
        assert_eq!(returns("returns table (a int)"), (columns, true));
        let rows =
            |table: &str| ReturnsDraft::Rows { schema: "public".into(), table: table.into() };
        assert_eq!(returns("returns setof notes"), (rows("notes"), true));
        assert_eq!(returns("returns numeric"), (rows("numeric"), false));
    }

    #[test]
    fn what_would_change_its_meaning_is_refused() {
        let refused = |text: &str| assert!(parse_function(text).is_err(), "{text}");
        refused("create function f() returns int language plpgsql as 'begin end'");
        refused("create function f() returns int language sql security definer as 'select 1'");
        refused("create function f() returns int language sql strict as 'select 1'");
        refused("create function f(out a int) language sql as 'select 1'");
        refused("create function f() returns int language sql set role = 'x' as 'select 1'");
        refused("create function f() returns int language sql");
        refused("create table f (a int)");
    }
}
