//! The order of names as people sort words: signs before digits before letters, and the case of a
//! letter only where nothing else differs. Generated files keep their order when a name changes case.

use std::cmp::Ordering;

const SIGNS: &str = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let by_letters = a.chars().map(weight).cmp(b.chars().map(weight));
    // Small letters first.
    by_letters.then_with(|| {
        let case = |c: char| c.is_uppercase();
        a.chars().map(case).cmp(b.chars().map(case))
    })
}

fn weight(c: char) -> (u8, u32) {
    if c.is_whitespace() {
        return (0, c.into());
    }
    if let Some(at) = SIGNS.find(c) {
        return (1, u32::try_from(at).unwrap_or(u32::MAX));
    }
    if c.is_numeric() {
        return (2, c.into());
    }
    (3, c.to_lowercase().next().unwrap_or(c).into())
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn names_are_in_the_order_of_words() {
        let mut names = ["user1", "User", "user", "zoo", "user_id", "Äpfel", "apple", "user-id"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(names, ["apple", "user", "User", "user_id", "user-id", "user1", "zoo", "Äpfel"]);
    }
}
