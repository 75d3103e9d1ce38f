//! Which status a SQLSTATE is answered with.

use http::StatusCode;

/// `known`: the caller showed who it is, so that a refusal is no question of showing it.
pub(super) fn status(state: &str, message: &str, known: bool) -> StatusCode {
    let missing_role = message.starts_with("role") && message.ends_with("does not exist");
    let number = match state {
        "23503" | "23505" => 409,
        "25006" => 405,
        "21000" if message.ends_with("requires a WHERE clause") => 400,
        "21000" => 500,
        "22023" if missing_role => 401,
        "42883" if message.starts_with("function xmlagg(") => 406,
        "42883" | "42P01" => 404,
        "42P17" | "53400" => 500,
        "42501" if known => 403,
        "42501" => 401,
        "57P01" => 503,
        "P0001" => 400,
        _ => match (state.get(..2).unwrap_or_default(), state.get(2..)) {
            ("PT", Some(number)) => {
                return number
                    .parse()
                    .ok()
                    .and_then(|n: u16| StatusCode::from_u16(n).ok())
                    .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            }
            ("08" | "53", _) => 503,
            ("0L" | "0P" | "28", _) => 403,
            (
                "09" | "25" | "2D" | "38" | "39" | "3B" | "40" | "54" | "55" | "57" | "58" | "F0"
                | "HV" | "P0" | "XX",
                _,
            ) => 500,
            _ => 400,
        },
    };
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use super::status;

    #[test]
    fn a_class_of_errors_has_a_status() {
        let check =
            |state: &str, expected: u16| assert_eq!(status(state, "", true), expected, "{state}");
        check("23505", 409);
        check("22P02", 400);
        check("42P01", 404);
        check("08006", 503);
        check("P0001", 400);
        check("P0002", 500);
        check("PT402", 402);
        check("PT40A", 500);
        check("", 400);
        assert_eq!(status("42501", "", false), 401);
        assert_eq!(status("42501", "", true), 403);
        assert_eq!(status("22023", "role \"x\" does not exist", true), 401);
    }
}
