use mag_migrate::consent::Consents;
use mag_migrate::status::Allow;
use mag_migrate::{
    Applied, Effects, Error, Migration, POSTGRES, Plan, Script, State, Status, Target, Version,
};

fn version(day: u32) -> Version {
    Version::parse(&format!("202601{day:02}000000")).unwrap()
}
fn migration(day: u32) -> Migration {
    let mut migration = Migration::new(version(day), format!("m{day}"), format!("up {day}"));
    migration.down = Some(format!("down {day}"));
    migration
}
fn applied(day: u32) -> Applied {
    let file = migration(day);
    Applied {
        track: "app".into(),
        version: file.version.clone(),
        name: file.name.clone(),
        checksum: file.checksum.clone(),
        state: State::Done,
        statements: 1,
        down: file.down,
    }
}
fn files(days: &[u32]) -> Vec<Migration> {
    days.iter().map(|d| migration(*d)).collect()
}
fn history(days: &[u32]) -> Vec<Applied> {
    days.iter().map(|d| applied(*d)).collect()
}
fn texts(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|s| s.sql.as_str()).collect()
}
fn strict() -> Allow {
    Allow::default()
}

#[test]
fn status_tells_where_files_and_history_contradict() {
    let mut done = history(&[1, 2, 4, 6]);
    done[1].checksum = "other".into();
    done[3].state = State::Failed;
    done[3].statements = 3;
    let status = Status::of(&files(&[1, 2, 3, 6, 7]), &done);
    assert_eq!(
        status.to_string(),
        "applied      20260101000000_m1\n\
         changed      20260102000000_m2\n\
         out of order 20260103000000_m3\n\
         lost         20260104000000_m4\n\
         half done    20260106000000_m6\n\
         pending      20260107000000_m7\n"
    );
}

#[test]
fn up_runs_what_waits_in_order_and_as_far_as_asked() {
    let files = files(&[1, 2, 3, 4]);
    let done = history(&[1]);
    let up = |target: Target| Plan::up(&files, &done, &target, strict()).unwrap();
    assert_eq!(texts(&up(Target::Newest)), ["up 2", "up 3", "up 4"]);
    assert_eq!(texts(&up(Target::Count(1))), ["up 2"]);
    assert_eq!(texts(&up(Target::To(version(3)))), ["up 2", "up 3"]);
    assert_eq!(texts(&up(Target::To(version(1)))), Vec::<&str>::new());
    let unknown = Plan::up(&files, &done, &Target::To(version(9)), strict());
    assert_eq!(unknown, Err(Error::NoMigration { version: "20260109000000".into() }));
}

#[test]
fn nothing_runs_while_history_and_files_contradict() {
    let refused = |days: &[u32], done: Vec<Applied>| {
        Plan::up(&files(days), &done, &Target::Newest, strict()).unwrap_err()
    };
    let mut changed = history(&[1]);
    changed[0].checksum = "other".into();
    assert_eq!(refused(&[1, 2], changed).code().id, "MF4020");
    assert_eq!(refused(&[2], history(&[1])).code().id, "MF4021");
    assert_eq!(refused(&[1, 2], history(&[2])).code().id, "MF4022");
    let mut half = history(&[1]);
    half[0].state = State::Begun;
    assert_eq!(refused(&[1, 2], half).code().id, "MF4023");
    let allowed = Allow { out_of_order: true };
    let plan = Plan::up(&files(&[1, 2]), &history(&[2]), &Target::Newest, allowed).unwrap();
    assert_eq!(texts(&plan), ["up 1"]);
}

#[test]
fn down_runs_the_newest_first_and_knows_the_way_back_of_files_that_are_gone() {
    let down =
        |files: &[Migration], done: &[Applied], target: Target| Plan::down(files, done, &target);
    let done = history(&[1, 2, 3]);
    let all = files(&[1, 2, 3]);
    assert_eq!(texts(&down(&all, &done, Target::Newest).unwrap()), ["down 3"]);
    assert_eq!(texts(&down(&all, &done, Target::To(version(1))).unwrap()), ["down 3", "down 2"]);
    assert_eq!(
        texts(&down(&files(&[1]), &done, Target::Nothing).unwrap()),
        ["down 3", "down 2", "down 1"]
    );
    let mut no_way = history(&[1]);
    no_way[0].down = None;
    assert_eq!(
        down(&[], &no_way, Target::Newest).unwrap_err(),
        Error::NoWayBack { migration: "20260101000000_m1".into() }
    );
}

#[test]
fn redo_takes_a_changed_migration_down_and_up_again() {
    let mut all = files(&[1, 2, 3]);
    all[2].up = "up 3, better".into();
    let mut done = history(&[1, 2, 3]);
    done[2].checksum = "as it was".into();
    let plan = Plan::redo(&all, &done, 2).unwrap();
    assert_eq!(texts(&plan), ["down 3", "down 2", "up 2", "up 3, better"]);
}

#[test]
fn each_destructive_step_needs_its_own_consent() {
    let sql = "DROP TABLE people;\nALTER TABLE pets DROP COLUMN name;\nCREATE TABLE t (id int);";
    let effects = Effects::of(&Script::read(sql, &POSTGRES).unwrap(), &POSTGRES);
    let check = |consents: &[&str]| Consents::to(consents).check([("m1", &effects)]);
    let Err(Error::Destructive(missing)) = check(&["drop-table: People"]) else { panic!() };
    let missing: Vec<&str> = missing.iter().map(|m| m.consent.as_str()).collect();
    assert_eq!(missing, ["drop_column pets.name"]);
    assert_eq!(check(&["drop_table people", "drop_column pets.name"]), Ok(()));
    let error = check(&["drop_table pets", "yes"]).unwrap_err();
    assert_eq!(error.to_string(), "2 steps would destroy what cannot be brought back");
    assert_eq!(
        error.hint().unwrap(),
        "consent to each that is meant: `drop_table people`, `drop_column pets.name`"
    );
    assert_eq!(Consents::everything().check([("m1", &effects)]), Ok(()));
}
