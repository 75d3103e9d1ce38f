//! Keys between columns of different types.

use crate::advisor::{Advisor, Engines, Found, Level};
use crate::scene::{Scene, name_of, type_of};

pub(super) const ADVISOR: Advisor = Advisor {
    id: "foreign_key_type",
    level: Level::Warning,
    engines: Engines::All,
    title: "a foreign key joins two types",
    why: "Every join converts one of the two, often without an index, and values that fit one do not fit the other.",
    check,
};

fn check(scene: &Scene<'_>, found: &mut Vec<Found>) {
    for table in scene.tables() {
        for key in &table.foreign {
            let Some(target) = scene.find(&key.to_schema, &key.to_table) else { continue };
            let to = match (&*key.to_columns, &target.primary) {
                ([], Some(primary)) => primary.columns.clone(),
                (columns, _) => columns.to_vec(),
            };
            for (near, far) in key.columns.iter().zip(&to) {
                let near = table.columns.iter().find(|c| c.name == *near);
                let far = target.columns.iter().find(|c| c.name == *far);
                let (Some(near), Some(far)) = (near, far) else { continue };
                let text = |c: &mag_model::catalog::draft::ColumnDraft| {
                    type_of(c).map_or_else(|| c.ty.clone(), |ty| ty.plain_name())
                };
                if text(near) != text(far) {
                    let detail = format!(
                        "`{}` is {}, `{}.{}` is {}",
                        near.name,
                        text(near),
                        target.name,
                        far.name,
                        text(far)
                    );
                    found.push(Found::new(format!("{}.{}", name_of(table), key.name), detail));
                }
            }
        }
    }
}
