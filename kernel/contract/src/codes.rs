//! Every error code of the product, in one list. Each has a page `docs/errors/MFxxxx.md`, which
//! `mobo explain MFxxxx` prints and a test looks for.
//!
//! `1` request · `2` catalog · `3` identity and rights · `4` conflict · `5` engines ·
//! `6` extensions · `7` the board and its parts · `8` settings and the machine · `9` our bugs.

use crate::fault::Class;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    pub id: &'static str,
    pub class: Class,
    pub title: &'static str,
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

macro_rules! codes {
    ($($name:ident $id:ident $class:ident $title:literal;)*) => {
        $(pub const $name: Code = Code { id: stringify!($id), class: Class::$class, title: $title };)*
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    NO_OPERATION      MF1001 Missing     "no operation has this name";
    BAD_INPUT         MF1002 Invalid     "the input of an operation does not fit its schema";
    NO_PREVIEW        MF1003 Unsupported "this operation cannot be previewed";
    NEEDS_CONSENT     MF1004 Invalid     "a destructive operation needs its own consent";
    CANCELLED         MF1005 Conflict    "the call was cancelled";
    NO_ROUTE          MF1006 Missing     "nothing answers at this address";
    BAD_METHOD        MF1007 Unsupported "the address does not answer this method";
    BAD_BODY          MF1008 Invalid     "the request's body cannot be read";
    BODY_TOO_LARGE    MF1009 TooMuch     "the request's body is larger than the limit";
    TOO_LATE          MF1010 Late        "the operation did not end in time";
    NO_SUCH_NAME      MF1011 Missing     "the thing that was named does not exist";
    TOO_MANY_CALLS    MF1012 TooMuch     "more calls at once than the limit";
    NOT_ACCEPTABLE    MF1013 Invalid     "the answer cannot be given in a form that the caller accepts";
    BAD_MEDIA_TYPE    MF1014 Invalid     "the request's body is of a type that the address does not read";
    SLOW_REQUEST      MF1015 Late        "the request did not arrive in time";
    BAD_REQUEST       MF1016 Invalid     "the request breaks the rules of HTTP";
    RATE_LIMITED      MF1017 TooMuch     "requests come faster than the limit";
    HEAD_TOO_LARGE    MF1018 TooMuch     "the request's head is larger than the limit";
    BAD_VALUE         MF1020 Invalid     "a value is not of its column's type";
    BAD_FILTER        MF1021 Invalid     "a condition does not fit the type of its field";
    NOT_EMBEDDED      MF1022 Invalid     "a relation is used that the request does not embed";
    BAD_AGGREGATE     MF1023 Invalid     "an aggregate cannot be used here";
    CALL_TOO_LARGE    MF1024 TooMuch     "a call is larger than the limits";
    BAD_PAYLOAD       MF1025 Invalid     "the rows of a write cannot be read";
    BAD_WRITE         MF1026 Invalid     "a table or column does not take this write";
    MISSING_VALUE     MF1027 Invalid     "a column must have a value";
    CHECK_FAILED      MF1028 Invalid     "a row does not satisfy a check";
    TOO_MANY_AFFECTED MF1029 Invalid     "more rows would be changed than the caller allows";
    WRONG_ROW_COUNT   MF1030 Invalid     "another number of rows than the caller asks for";
    BAD_CURSOR        MF1040 Invalid     "a cursor does not fit the request";
    BAD_BATCH         MF1041 Invalid     "a batch of calls cannot be read";
    NO_TABLE          MF2001 Missing     "no table has this name";
    NO_COLUMN         MF2002 Invalid     "no column has this name";
    NO_RELATION       MF2003 Invalid     "no relation leads there";
    AMBIGUOUS_RELATION MF2004 Invalid     "several relations lead there";
    NO_FUNCTION       MF2005 Missing     "no function takes these arguments";
    AMBIGUOUS_FUNCTION MF2006 Invalid     "several functions take these arguments";
    NO_TYPE           MF2007 Invalid     "no type has this name";
    BAD_CATALOG       MF2008 Broken      "the structure of a source contradicts itself";
    NO_PROJECT        MF2009 Missing     "no project has this name";
    NO_SOURCE         MF2010 Missing     "the project has no source of this name";
    BAD_MIGRATION     MF2020 Invalid     "a migration's name or files are not as they should be";
    NO_MIGRATION      MF2021 Missing     "no migration has this version";
    NO_WAY_BACK       MF2022 Invalid     "a migration has no way back";
    BAD_SCRIPT        MF2023 Invalid     "a script cannot be taken apart into statements";
    DESTRUCTIVE_STEP  MF2024 Invalid     "a step would destroy data and nobody consented to it";
    ROWS_IN_THE_WAY   MF2025 Conflict    "rows stand in the way of a change of the structure";
    NO_CALLER         MF3001 Unknown     "the request does not say who is asking";
    BAD_TOKEN         MF3002 Unknown     "the token is not valid";
    DENIED            MF3003 Denied      "the caller lacks the permission";
    PROTECTED         MF3004 Denied      "a protected part is stopped by force only";
    UNTRUSTED_ORIGIN  MF3005 Denied      "a web page of another origin may not call this address";
    UNTRUSTED_HOST    MF3006 Denied      "the request was sent to a host name that this board does not know";
    TOO_MANY_TRIES    MF3007 TooMuch     "too many wrong tokens from one address";
    NOT_GRANTED       MF3010 Denied      "the role may not do this with the table";
    ROW_REFUSED       MF3011 Denied      "a row does not satisfy the table's policies";
    BAD_POLICY        MF3012 Invalid     "a policy cannot be read";
    POLICY_LOOP       MF3013 Invalid     "policies refer to each other in a circle";
    OVER_BUDGET       MF3014 TooMuch     "the call costs more than the role's budget";
    BAD_FUNCTION      MF3015 Invalid     "a function cannot be guarded";
    AGENT_STOPPED     MF3020 Denied      "an agent may not act now";
    AGENT_BOUND       MF3021 Denied      "an agent may not do this";
    AGENT_SPENT       MF3022 TooMuch     "an agent has spent its budget";
    NEEDS_APPROVAL    MF3023 Denied      "somebody has to approve what an agent asks for";
    STATE_CONFLICT    MF4001 Conflict    "the thing is in another state than the step needs";
    TWO_BOARDS        MF4002 Conflict    "another board runs on this data folder";
    EXISTS            MF4003 Conflict    "a thing of this name exists already";
    DUPLICATE_KEY     MF4010 Conflict    "a row with this key is there already";
    BROKEN_REFERENCE  MF4011 Conflict    "a row points to a row that is not there";
    COLLISION         MF4012 Conflict    "two transactions collided";
    MIGRATION_CHANGED MF4020 Conflict    "a migration was changed after it was applied";
    MIGRATION_LOST    MF4021 Conflict    "the files of an applied migration are gone";
    MIGRATION_OUT_OF_ORDER MF4022 Conflict "a waiting migration is older than an applied one";
    MIGRATION_RUNNING MF4024 Conflict    "somebody else is migrating the source";
    MIGRATION_HALF_DONE MF4023 Conflict  "a migration ended midway";
    ENGINE_REFUSED    MF5001 Invalid     "the engine refused the statement";
    ENGINE_GONE       MF5002 Busy        "the engine is not reachable";
    ENGINE_BUSY       MF5003 Busy        "all connections to the engine are in use";
    ENGINE_LATE       MF5004 Late        "the engine did not answer in time";
    UNSUPPORTED_BY_ENGINE MF5005 Unsupported "this engine cannot do that";
    ENGINE_BROKEN     MF5006 Broken      "the engine failed";
    NOT_WRITABLE_SOURCE MF5007 Denied      "the source may only be read";
    NO_POSTGRES       MF5008 Unsupported "no PostgreSQL is installed that can be managed";
    OTHER_MAJOR       MF5009 Conflict    "the databases were made by another major version of PostgreSQL";
    NO_BOARD          MF7001 Busy        "no board is running on this data folder";
    MISFITS           MF7002 Invalid     "the parts do not fit together";
    UNPLUGGED         MF7003 Busy        "nothing is plugged into a socket";
    NOT_ASSEMBLED     MF7004 Broken      "a part could not be assembled";
    SELF_TEST         MF7005 Broken      "a part failed its self-test";
    NOT_READY         MF7006 Late        "a part did not say that it is ready";
    PANICKED          MF7007 Broken      "a part panicked";
    RETURNED          MF7008 Broken      "a part returned without being asked to";
    HUNG              MF7009 Late        "a part stopped answering its heartbeat";
    NO_PART           MF7010 Missing     "no part has this name";
    BAD_WIRING        MF7011 Broken      "a part used what its manifest does not name";
    BROKEN_PART       MF7012 Broken      "a part ended with an error";
    ESSENTIAL_LOST    MF7013 Broken      "an essential part is lost for good";
    DRAINING          MF7014 Busy        "the board is shutting down";
    HOOK_REFUSED      MF7015 Denied      "a handler refused the request";
    HOOK_FAILED       MF7016 Broken      "a handler that guards a request failed";
    NO_JOB_HANDLER    MF7017 Missing     "no part handles this kind of job";
    JOURNAL           MF7018 Broken      "the journal of facts cannot be read or written";
    STATE             MF7019 Broken      "the board's state cannot be read or written";
    POSITION_GONE     MF7020 Missing     "the facts at this position are no longer kept";
    JOURNAL_BUSY      MF7030 Busy        "more facts wait for the disk than the journal takes";
    FACT_TOO_LARGE    MF7031 TooMuch     "a fact is larger than the journal keeps";
    BAD_SETTING       MF8001 Invalid     "a setting is misspelt, of a wrong type or missing";
    NO_SETTINGS_FILE  MF8002 Missing     "the settings file cannot be read";
    NO_SECRET         MF8003 Invalid     "a secret cannot be read";
    PORT_TAKEN        MF8004 Conflict    "a port is in use";
    NOT_WRITABLE      MF8005 Broken      "a folder cannot be written";
    DISK_FULL         MF8006 TooMuch     "the disk is full";
    NOT_INITIALISED   MF8007 Missing     "the folder holds no MagFlock installation";
    IO                MF8008 Broken      "the machine refused an input or output";
    NEEDS_RESTART     MF8009 Conflict    "the change takes effect at the next boot";
    BAD_SCHEDULE      MF8010 Invalid     "a schedule cannot be read";
    BUG               MF9001 Broken      "a bug in MagFlock";
}

pub fn find(id: &str) -> Option<Code> {
    ALL.iter().copied().find(|code| code.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_code_is_given_twice() {
        let mut ids: Vec<_> = super::ALL.iter().map(|c| c.id).collect();
        ids.sort_unstable();
        let before = ids.len();
        ids.dedup();
        assert_eq!(before, ids.len());
    }
}
