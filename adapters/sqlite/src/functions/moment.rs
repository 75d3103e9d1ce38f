//! `now()`: the moment at which the transaction's work began, the same in all its statements.

use crate::native::HARMLESS;
use mag_model::time;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub(crate) fn install(db: &Connection, moment: &Arc<AtomicI64>) -> rusqlite::Result<()> {
    for name in ["now", "transaction_timestamp"] {
        let moment = moment.clone();
        db.create_scalar_function(name, 0, HARMLESS, move |_| {
            Ok(time::timestamptz_json(moment.load(Ordering::Relaxed)))
        })?;
    }
    Ok(())
}
