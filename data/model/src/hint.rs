//! "Perhaps you meant …": the nearest of the names that the asker may know. Near by shared pieces
//! of three letters, as PostgREST's users know it; small slips in short names are found too.

/// The nearest name, when it shares enough of its letters to be worth saying.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given_pieces = pieces(given);
    known
        .into_iter()
        .map(|name| (likeness(&given_pieces, &pieces(name)), name))
        .filter(|(score, _)| *score >= NEAR_ENOUGH)
        .max_by(|(a, x), (b, y)| a.total_cmp(b).then_with(|| y.cmp(x)))
        .map(|(_, name)| name)
}

/// The share of common pieces from which a name is told; below it a hint misleads.
const NEAR_ENOUGH: f64 = 0.45;

/// Longer names are compared by their beginning; no name of a table is as long.
const LETTERS_MAX: usize = 128;

fn pieces(name: &str) -> Vec<[char; 3]> {
    let padded: Vec<char> = std::iter::once('-')
        .chain(name.chars().take(LETTERS_MAX).flat_map(char::to_lowercase))
        .chain(std::iter::once('-'))
        .collect();
    padded.windows(3).map(|w| [w[0], w[1], w[2]]).collect()
}

/// The cosine of the two bags of pieces.
fn likeness(a: &[[char; 3]], b: &[[char; 3]]) -> f64 {
    let count = |of: &[[char; 3]], piece: &[char; 3]| of.iter().filter(|p| *p == piece).count();
    let dot = |x: &[[char; 3]], y: &[[char; 3]]| {
        let shared: usize = x.iter().map(|piece| count(y, piece)).sum();
        f64::from(u32::try_from(shared).unwrap_or(u32::MAX))
    };
    let norm = (dot(a, a) * dot(b, b)).sqrt();
    if norm == 0.0 { 0.0 } else { dot(a, b) / norm }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_near_name_is_told_and_a_far_one_is_not() {
        let known = ["projects", "clients", "tasks", "car_model_sales"];
        assert_eq!(nearest("project", known), Some("projects"));
        assert_eq!(nearest("cliens", known), Some("clients"));
        assert_eq!(nearest("car_model_sales_202101", known), Some("car_model_sales"));
        assert_eq!(nearest("fakefake", known), None);
        assert_eq!(nearest("", known), None);
    }
}
