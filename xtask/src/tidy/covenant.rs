//! The covenant, as far as text can show it: no licence gate in the code, and no host on the
//! internet that the product would call by itself.

use crate::tree::File;

/// Words of products that ask for payment. Cut in two, so that this list does not find itself.
const GATES: [&str; 12] = [
    concat!("licen", "se key"),
    concat!("licen", "se_key"),
    concat!("licen", "ce key"),
    concat!("licen", "ce_key"),
    concat!("license", ":activate"),
    concat!("activate_", "license"),
    concat!("activation", "_code"),
    concat!("activation", " code"),
    concat!("is_", "premium"),
    concat!("trial_", "expired"),
    concat!("requires a ", "paid"),
    concat!("upgrade ", "your plan"),
];
/// Hosts that code may name: this machine, and names that are never called.
const KNOWN_HOSTS: [&str; 7] = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    "0.0.0.0",
    "json-schema.org",
    "www.w3.org",
    // The documentation of the dialect, as its own document names it.
    "postgrest.org",
];
/// Documentation's own (RFC 2606): nobody can have them.
const DOCUMENTED: [&str; 3] = ["example.com", "example.org", "example"];
/// Where people sign in with an account elsewhere: called when an operator has set one up, with a
/// client id of their own there, and somebody chooses it.
const SIGN_IN: [&str; 11] = [
    "accounts.google.com",
    "api.github.com",
    "appleid.apple.com",
    "discord.com",
    "github.com",
    "gitlab.com",
    "id.twitch.tv",
    "login.microsoftonline.com",
    "oauth2.googleapis.com",
    "slack.com",
    "www.linkedin.com",
];
/// The one list that may name them.
const SIGN_IN_LIST: &str = "components/auth/src/gotrue/oidc.rs";
/// What is not in the binary, or serves only to test it.
const OUTSIDE: [&str; 5] = ["xtask", "testing", "suites", "benches", "docs"];

pub(super) fn check(files: &[File]) -> Vec<String> {
    let mut complaints = vec![];
    for file in files.iter().filter(|file| in_product(file)) {
        for (number, line) in product_lines(&file.text) {
            let at = format!("{}:{number}", file.path);
            let lower = line.to_lowercase();
            if let Some(gate) = GATES.iter().find(|gate| lower.contains(**gate)) {
                complaints.push(format!("{at}: `{gate}`: nothing is sold here (COVENANT.md)"));
            }
            let may = |host: &&str| {
                KNOWN_HOSTS.contains(host)
                    || is_documented(host)
                    || (file.path == SIGN_IN_LIST && SIGN_IN.contains(host))
            };
            for host in hosts(line).filter(|host| !may(host)) {
                complaints.push(format!(
                    "{at}: names the host `{host}`: nothing phones home (COVENANT.md)"
                ));
            }
        }
    }
    complaints
}

fn is_documented(host: &str) -> bool {
    DOCUMENTED.iter().any(|known| {
        host.strip_suffix(known).is_some_and(|front| front.is_empty() || front.ends_with('.'))
    })
}

fn in_product(file: &File) -> bool {
    let code = ["rs", "ts", "tsx"].iter().any(|extension| file.is(extension));
    code && !OUTSIDE.iter().any(|folder| file.under(folder))
        && !file.path.split('/').any(|part| part == "tests")
}

/// Lines with their numbers, without comments and without the tests at the end.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(number, line)| (number + 1, line))
}

/// The hosts of the addresses in a line; one that is filled in at run time is not a host.
fn hosts(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("://").filter_map(|(at, _)| {
        if !line[..at].ends_with("http") && !line[..at].ends_with("https") {
            return None;
        }
        let rest = &line[at + 3..];
        let bracketed = rest.starts_with('[');
        let end = rest.find(|c: char| match c {
            ']' => false,
            ':' => !bracketed,
            c => !c.is_alphanumeric() && !"[.-".contains(c),
        });
        let host = &rest[..end.unwrap_or(rest.len())];
        let host = host.split_once(']').map_or(host, |(inner, _)| &rest[..inner.len() + 1]);
        (!host.is_empty()).then_some(host)
    })
}

#[cfg(test)]
mod tests {
    use super::{GATES, hosts};
    use crate::tree::File;

    fn check(path: &str, text: &str) -> Vec<String> {
        super::check(&[File::new(path, text)])
    }

    #[test]
    fn a_licence_gate_in_the_product_is_found() {
        let text = format!("//! x\nlet why = \"please enter your {}\";\n", GATES[0]);
        assert_eq!(check("components/x/src/a.rs", &text).len(), 1);
        assert_eq!(check("components/x/tests/a.rs", &text).len(), 0);
    }

    #[test]
    fn a_host_on_the_internet_is_found_in_code_but_not_in_comments_and_tests() {
        let call = "get(\"https://stats.vendor.io/ping\")";
        assert_eq!(
            check("kernel/x/src/a.rs", call),
            [
                "kernel/x/src/a.rs:1: names the host `stats.vendor.io`: nothing phones home (COVENANT.md)"
            ]
        );
        assert!(
            check("kernel/x/src/a.rs", &format!("// see {call}\n#[cfg(test)]\n{call}")).is_empty()
        );
    }

    #[test]
    fn the_hosts_of_a_line_are_read_without_port_and_path() {
        let line =
            "http://127.0.0.1:8000/x https://[::1]:1/ http://{host}/ https://a-b.c mongodb://no";
        assert_eq!(hosts(line).collect::<Vec<_>>(), ["127.0.0.1", "[::1]", "a-b.c"]);
    }
}
