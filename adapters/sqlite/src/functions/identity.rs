//! New ids: `gen_random_uuid()` and, sorted by time, `uuidv7()`.

use crate::native::HARMLESS;
use rusqlite::Connection;
use uuid::Uuid;

pub(crate) fn install(db: &Connection) -> rusqlite::Result<()> {
    for name in ["gen_random_uuid", "uuid_generate_v4", "uuidv4"] {
        db.create_scalar_function(name, 0, HARMLESS, |_| Ok(Uuid::new_v4().to_string()))?;
    }
    db.create_scalar_function("uuidv7", 0, HARMLESS, |_| Ok(Uuid::now_v7().to_string()))
}
