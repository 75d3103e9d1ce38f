//! Sign-ins as people and attackers try them, against the built binary: a real browser, real mail,
//! real providers and real clients in `clients`, made-up tokens and requests beside it.
