//! Parts by the names that people say: `gate`, and `maggate` as it stands on the box.

use crate::board::Board;
use mag_contract::PartId;

impl Board {
    /// The part that is meant; a name that fits none stays as it was said, for the error.
    pub fn named(&self, said: &str) -> PartId {
        let known = |name: &str| self.kernel().registry.state(&PartId::new(name)).is_some();
        PartId::new(meant(said, known))
    }
}

fn meant(said: &str, known: impl Fn(&str) -> bool) -> &str {
    match said.strip_prefix("mag") {
        Some(short) if !known(said) && known(short) => short,
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn a_part_answers_to_its_name_on_the_box_as_well() {
        let known = |name: &str| ["gate", "magnet"].contains(&name);
        assert_eq!(meant("maggate", known), "gate");
        assert_eq!(meant("gate", known), "gate");
        assert_eq!(meant("magnet", known), "magnet");
        assert_eq!(meant("magauth", known), "magauth");
    }
}
