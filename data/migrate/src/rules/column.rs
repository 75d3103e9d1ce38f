//! Another name for a column, in all that rules say of it: rights, masks and the texts of policies.
//! Never: a text in which the name could mean another column; that is refused with its place.

use super::{BadChange, of_table};
use crate::lex::{Kind, POSTGRES, Token, tokens};
use mag_guard::ruleset::{MaskWith, TableName};
use mag_guard::{GrantOn, Ruleset};

pub(super) fn rename(
    rules: &mut Ruleset,
    table: &TableName,
    column: &str,
    to: &str,
) -> Result<(), BadChange> {
    let name = Name { table: &table.table, column, to };
    for policy in &mut rules.policies {
        let own = policy.schema == table.schema && policy.table == table.table;
        let place = format!("the policy \"{}\" of \"{}\"", policy.name, policy.table);
        for text in [&mut policy.using, &mut policy.check].into_iter().flatten() {
            *text = name.within(text, own, &place)?;
        }
    }
    for mask in &mut rules.masks {
        let own = mask.schema == table.schema && mask.table == table.table;
        let place = format!("the mask of \"{}\".\"{}\"", mask.table, mask.column);
        if let MaskWith::Expression(text) = &mut mask.with {
            *text = name.within(text, own, &place)?;
        }
        if own && mask.column == column {
            to.clone_into(&mut mask.column);
        }
    }
    for grant in rules.grants.iter_mut().filter(|g| of_table(g, &table.schema, &table.table)) {
        if let GrantOn::Table { columns: Some(columns), .. } = &mut grant.on {
            columns.iter_mut().filter(|known| **known == column).for_each(|c| to.clone_into(c));
        }
    }
    match rules.functions.iter().find(|function| name.is_in(&function.body)) {
        Some(function) => Err(name.unclear(&format!("the function \"{}\"", function.name))),
        None => Ok(()),
    }
}

struct Name<'a> {
    table: &'a str,
    column: &'a str,
    to: &'a str,
}

impl Name<'_> {
    /// `own`: a bare name in it is a column of the table.
    fn within(&self, text: &str, own: bool, place: &str) -> Result<String, BadChange> {
        let found = tokens(text, POSTGRES, false);
        let asks = found.iter().any(|t| is(text, t, "select"));
        if !own && !self.names_table(text, &found) {
            return Ok(text.to_owned());
        }
        let mut edits = Vec::new();
        for (at, token) in found.iter().enumerate() {
            if !is(text, token, self.column) || written(text, found.get(at + 1)) == "(" {
                continue;
            }
            let of_table = at >= 2
                && written(text, found.get(at - 1)) == "."
                && is(text, &found[at - 2], self.table);
            let bare = at == 0 || written(text, found.get(at - 1)) != ".";
            match (of_table, bare) {
                (true, _) => edits.push(*token),
                // In a question within it the name may be a column of another table.
                (false, true) if asks => return Err(self.unclear(place)),
                (false, true) if own => edits.push(*token),
                (false, _) => {}
            }
        }
        let mut told = text.to_owned();
        for token in edits.into_iter().rev() {
            told.replace_range(token.start..token.end, &crate::dialect::ident(self.to));
        }
        Ok(told)
    }

    /// Both names stand in it.
    fn is_in(&self, text: &str) -> bool {
        let found = tokens(text, POSTGRES, false);
        self.names_table(text, &found) && found.iter().any(|t| is(text, t, self.column))
    }
    fn names_table(&self, text: &str, found: &[Token]) -> bool {
        found.iter().any(|token| is(text, token, self.table))
    }
    fn unclear(&self, place: &str) -> BadChange {
        BadChange::Stands(format!(
            "{place} names \"{}\" in a way that may mean another table's: drop it first, and make it anew with \"{}\"",
            self.column, self.to
        ))
    }
}

fn written<'a>(text: &'a str, token: Option<&Token>) -> &'a str {
    token.map_or("", |token| &text[token.start..token.end])
}

fn is(text: &str, token: &Token, name: &str) -> bool {
    let written = &text[token.start..token.end];
    match token.kind {
        Kind::Word => written.eq_ignore_ascii_case(name),
        Kind::Name => written.trim_matches('"') == name,
        Kind::Text | Kind::Number | Kind::Sign => false,
    }
}
