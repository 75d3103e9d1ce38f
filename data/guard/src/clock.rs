//! What a call says of the clock (`created=lt.now`) becomes the time of its session: the same for all
//! of the call.

use crate::session::Session;
use mag_model::{Type, Value, time};
use mag_query::expr::{Arithmetic, Asker};
use mag_query::plan::Cell;
use mag_query::{Expr, Work};

pub(crate) fn tell(work: &mut Work, session: &Session) {
    work.each_expr_deep_mut(&mut |expr| {
        if let Some(known) = told(expr, session) {
            *expr = known;
        }
    });
    let cells: Vec<&mut Cell> = match work {
        Work::Insert(insert) => insert.rows.iter_mut().flatten().collect(),
        Work::Update(update) => update.set.iter_mut().map(|(_, cell)| cell).collect(),
        Work::Read(_) | Work::Delete(_) | Work::Invoke(_) => return,
    };
    for cell in cells {
        if let Cell::Expr(expr) = cell
            && let Expr::Value(literal) = &**expr
        {
            *cell = Cell::Value(literal.value.clone());
        }
    }
}

fn told(expr: &Expr, session: &Session) -> Option<Expr> {
    let Expr::Cast { expr: inner, to } = expr else { return None };
    let micros = match &**inner {
        Expr::Session(Asker::Time) => match session.known(Asker::Time) {
            Value::TimestampTz(micros) => micros,
            _ => return None,
        },
        inner => days(inner, session)?.checked_mul(time::DAY)?,
    };
    let value = match to {
        Type::TimestampTz => Value::TimestampTz(micros),
        Type::Timestamp => Value::Timestamp(micros),
        Type::Date => Value::Date(i32::try_from(micros.div_euclid(time::DAY)).ok()?),
        Type::Time => Value::Time(micros.rem_euclid(time::DAY)),
        _ => return None,
    };
    Some(Expr::value(value, to.clone()))
}

fn days(expr: &Expr, session: &Session) -> Option<i64> {
    match expr {
        Expr::Session(Asker::Date) => match session.known(Asker::Date) {
            Value::Date(days) => Some(i64::from(days)),
            _ => None,
        },
        Expr::Arithmetic(op, date, by) => {
            let days = days(date, session)?;
            let Expr::Value(by) = &**by else { return None };
            let Value::Int(by) = by.value else { return None };
            match op {
                Arithmetic::Add => days.checked_add(by),
                Arithmetic::Subtract => days.checked_sub(by),
                _ => None,
            }
        }
        _ => None,
    }
}
