//! The managed PostgreSQL on a whole board: its server dies under load, and nobody has to do
//! anything.

use crate::clients::{Crowd, Door, TABLE};
use crate::installation;
use crate::kill::kill_server;
use std::time::Instant;

#[test]
fn a_managed_server_that_dies_under_load_is_back_by_itself_with_every_row() {
    if mag_kit::postgres::programs().is_none() {
        return;
    }
    let here = installation();
    let board = here.boot(&[]);
    let door = Door::make(&here, "server", "postgres");
    door.sql(&here, TABLE);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let crowd = Crowd::default();
    let writers = crowd.begin(&runtime, &board, &door, 0, 8);
    mag_kit::until("rows are acknowledged", || crowd.count() > 20);
    kill_server(&here);
    mag_kit::until("the death is noticed", || !crowd.refused.lock().unwrap().is_empty());
    let (began, before) = (Instant::now(), crowd.count());
    mag_kit::until("writers go on by themselves", || crowd.count() > before + 20);
    let back = began.elapsed();
    crowd.stop();
    for writer in writers {
        runtime.block_on(writer).unwrap();
    }
    crowd.check(&runtime, &door, &board);
    for (status, body) in crowd.refused.lock().unwrap().iter() {
        assert!(*status == 503, "who is refused is told to come back: {status} {body}");
    }
    let parts = here.json(&["component:list"]).to_string();
    assert!(parts.contains("\"postgresql\""), "{parts}");
    let status = here.json(&["postgresql:status"]);
    assert_eq!(status["state"], "running", "{status}");
    eprintln!("managed: back after {back:.1?}, {} acknowledged", crowd.count());
    assert_eq!(board.stop(), Some(0));
}
