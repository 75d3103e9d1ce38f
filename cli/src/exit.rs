//! Exit codes: few, fixed, made for scripts. `mobo help exit-codes` prints this list.

use mag_contract::{Class, codes};

pub(crate) const DONE: u8 = 0;
pub(crate) const FAILED: u8 = 1;
pub(crate) const WRONG: u8 = 2;
pub(crate) const NO_BOARD: u8 = 3;
pub(crate) const DENIED: u8 = 4;
pub(crate) const MISSING: u8 = 5;
pub(crate) const CONFLICT: u8 = 6;
pub(crate) const LATE: u8 = 7;
pub(crate) const UNHEALTHY: u8 = 8;
pub(crate) const INTERRUPTED: u8 = 130;

pub(crate) const PAGE: &[(u8, &str)] = &[
    (DONE, "done"),
    (FAILED, "it failed"),
    (WRONG, "the command, its input or a setting is wrong"),
    (NO_BOARD, "no board is running"),
    (DENIED, "denied, or it needs consent"),
    (MISSING, "what was named is not there"),
    (CONFLICT, "it conflicts with what is there"),
    (LATE, "it took too long, or the board is busy"),
    (UNHEALTHY, "unhealthy: a health check, `check`, `config:check` or the doctor found something"),
    (INTERRUPTED, "interrupted with Ctrl-C"),
];

/// The exit code of a fault, by its class and, where that is too coarse, by its code.
pub(crate) fn of(class: Class, code: &str) -> u8 {
    let is = |known: codes::Code| known.id == code;
    match class {
        _ if is(codes::NO_BOARD) => NO_BOARD,
        _ if is(codes::NEEDS_CONSENT) || is(codes::DESTRUCTIVE_STEP) => DENIED,
        _ if is(codes::DISK_FULL) => FAILED,
        Class::Invalid | Class::Unsupported => WRONG,
        Class::Unknown | Class::Denied => DENIED,
        Class::Missing => MISSING,
        Class::Conflict => CONFLICT,
        Class::TooMuch | Class::Busy | Class::Late => LATE,
        Class::Broken => FAILED,
    }
}

/// The same for a problem that came over the wire.
pub(crate) fn of_problem(problem: &serde_json::Value) -> u8 {
    let code = problem.get("code").and_then(serde_json::Value::as_str).unwrap_or_default();
    let known = codes::find(code).map(|code| code.class);
    of(known.unwrap_or(Class::Broken), code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_the_exit_code_that_scripts_were_promised() {
        let check = |code: codes::Code, expected| assert_eq!(of(code.class, code.id), expected);
        check(codes::NO_BOARD, NO_BOARD);
        check(codes::NEEDS_CONSENT, DENIED);
        check(codes::DENIED, DENIED);
        check(codes::BAD_INPUT, WRONG);
        check(codes::NO_PREVIEW, WRONG);
        check(codes::NO_PART, MISSING);
        check(codes::TWO_BOARDS, CONFLICT);
        check(codes::TOO_LATE, LATE);
        check(codes::BUG, FAILED);
    }
}
