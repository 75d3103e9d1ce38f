//! Which user of the machine a number is.

use std::collections::HashMap;

#[derive(Default)]
pub(crate) struct Users(HashMap<u32, String>);

/// A socket of one owner is opened by the owner and by root; more is not worth remembering.
const REMEMBERED: usize = 16;

impl Users {
    /// The name, or the number where the machine has no name for it.
    pub(crate) fn name(&mut self, uid: u32) -> String {
        if let Some(name) = self.0.get(&uid) {
            return name.clone();
        }
        let listed = std::fs::read("/etc/passwd").unwrap_or_default();
        let name = name_in(&String::from_utf8_lossy(&listed), uid).unwrap_or(uid.to_string());
        if self.0.len() < REMEMBERED {
            self.0.insert(uid, name.clone());
        }
        name
    }
}

fn name_in(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid) && !name.is_empty()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_number_becomes_the_name_that_the_machine_gives_it() {
        let passwd = "root:x:0:0:root:/:/bin/sh\nbroken line\nada:x:1000:1000::/home/ada:/bin/sh\n";
        assert_eq!(super::name_in(passwd, 1000).as_deref(), Some("ada"));
        assert_eq!(super::name_in(passwd, 7), None);
    }
}
