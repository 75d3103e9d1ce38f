//! "Perhaps you meant …": the nearest of the names that the asker may know. Near by edits among
//! those that share a piece of two letters, as PostgREST's users know it.

/// The nearest name of a table, column or function: three letters of four are right, so that a guess
/// at a name does not bring one to light.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_of(given, known, 0.75)
}

/// The nearest of few names that belong together: the relations of a table, the arguments of a
/// function. A third of the letters is enough.
pub fn nearest_among<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_of(given, known, 0.33)
}

/// Further off than this PostgreSQL takes no column for another one.
const EDITS_MAX: usize = 3;

/// The nearest columns as PostgreSQL tells them: half of the letters may be others, and three at most.
/// Two that are as near are both told, more of them are no help.
pub fn nearest_columns<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let letters = |name: &str| name.chars().take(LETTERS_MAX).collect::<Vec<char>>();
    let given = letters(given);
    let mut least = EDITS_MAX.min(given.len() / 2);
    let mut nearest = Vec::new();
    for name in known {
        let letters = letters(name);
        if given.len().abs_diff(letters.len()) > least {
            continue;
        }
        let distance = edits(&given, &letters);
        if distance < least {
            (least, nearest) = (distance, Vec::new());
        }
        if distance == least {
            nearest.push(name);
        }
    }
    if nearest.len() > 2 { Vec::new() } else { nearest }
}

/// Longer names are compared by their beginning; no name of a table is as long.
const LETTERS_MAX: usize = 128;

fn nearest_of<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
    least: f64,
) -> Option<&'a str> {
    let given = letters(given);
    let pieces = pieces(&given);
    known
        .into_iter()
        .filter_map(|name| {
            let letters = letters(name);
            // Names of very different lengths are not counted out letter by letter.
            if reach(&given, &letters) < least {
                return None;
            }
            let meet = self::pieces(&letters).iter().any(|piece| pieces.contains(piece));
            let likeness = likeness(&given, &letters);
            (meet && likeness >= least).then_some((likeness, name))
        })
        .max_by(|(a, x), (b, y)| a.total_cmp(b).then_with(|| y.cmp(x)))
        .map(|(_, name)| name)
}

fn letters(name: &str) -> Vec<char> {
    name.chars().take(LETTERS_MAX).flat_map(char::to_lowercase).collect()
}

/// Pairs of letters that follow each other, the edges included; signs are no letters.
fn pieces(letters: &[char]) -> Vec<[char; 2]> {
    let words = letters.iter().copied().filter(|c| c.is_alphanumeric() || matches!(c, ',' | ' '));
    let padded: Vec<char> = std::iter::once('-').chain(words).chain(std::iter::once('-')).collect();
    if padded.len() < 3 {
        return Vec::new();
    }
    padded.windows(2).map(|pair| [pair[0], pair[1]]).collect()
}

/// One for the same, less for every edit, by the longer of the two.
fn likeness(a: &[char], b: &[char]) -> f64 {
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let longer = a.len().max(b.len());
    if longer == 0 { 0.0 } else { 1.0 - count(edits(a, b)) / count(longer) }
}

/// The likeness that two names of these lengths could have at best.
fn reach(a: &[char], b: &[char]) -> f64 {
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let (shorter, longer) = (a.len().min(b.len()), a.len().max(b.len()));
    if longer == 0 { 0.0 } else { count(shorter) / count(longer) }
}

fn edits(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{nearest, nearest_among, nearest_columns};

    #[test]
    fn columns_are_told_as_postgresql_tells_them() {
        let known = ["description", "name1", "name2", "ab"];
        let check = |given: &str, near: &[&str]| {
            assert_eq!(nearest_columns(given, known), near, "{given}");
        };
        check("descriptionxxx", &["description"]);
        check("descriptionxxxx", &[]);
        check("Description", &["description"]);
        check("DESCRIPTION", &[]);
        check("name", &["name1", "name2"]);
        check("nme1", &["name1"]);
        check("ac", &["ab"]);
        check("xx", &[]);
        check("", &[]);
        assert!(nearest_columns("nam", ["nam1", "nam2", "nam3"]).is_empty());
        assert_eq!(
            nearest_columns("nam12", ["nam1x", "namxx", "xam1x", "nam1y"]),
            ["nam1x", "nam1y"]
        );
    }

    #[test]
    fn a_near_name_is_told_and_a_far_one_is_not() {
        let known = ["projects", "clients", "tasks", "car_model_sales"];
        assert_eq!(nearest("project", known), Some("projects"));
        assert_eq!(nearest("projectx", known), Some("projects"));
        assert_eq!(nearest("projecxx", known), Some("projects"));
        assert_eq!(nearest("projxxxx", known), None);
        assert_eq!(nearest("cliens", known), Some("clients"));
        assert_eq!(nearest("car_model_sales_202101", known), None);
        assert_eq!(nearest("fakefake", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn among_few_names_a_far_one_is_told_as_well() {
        let known = ["car_model_sales", "brands"];
        assert_eq!(nearest_among("car_model_sales_202101", known), Some("car_model_sales"));
        assert_eq!(nearest_among("(a, b, smthelse)", ["(a, b)"]), Some("(a, b)"));
        assert_eq!(nearest_among("(a, b)", ["()", "(x, y)"]), Some("(x, y)"));
        assert_eq!(nearest_among("(any_arg)", ["(name)"]), None);
        assert_eq!(nearest_among("()", ["(name)"]), None);
    }
}
