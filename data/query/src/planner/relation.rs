//! Which relation a name means: the disambiguation that PostgREST's users know. A table's name, a
//! constraint, a key column or a function leads there; a hint chooses among several.

use super::{Planner, Scope};
use crate::error::{Candidate, Cardinality, Error, Near, NoRelation, Way};
use mag_model::catalog::{ColumnId, LinkId, Relation, RelationKind, Returns};
use mag_model::{TableId, hint};

impl Planner<'_> {
    pub(super) fn find_relation(
        &self,
        outer: &Scope,
        target: &str,
        hint: Option<&str>,
    ) -> Result<Relation, Error> {
        let Some(origin) = outer.table else {
            return Err(self.no_relation(outer, target, hint, &[]));
        };
        if let Some(computed) = self.computed_relation(origin, target) {
            return Ok(computed);
        }
        let mut known = self.catalog.relations(origin);
        known.retain(|relation| self.may_know(relation));
        let mut found = known.iter().filter(|relation| self.means(relation, target, hint));
        match (found.next(), found.next()) {
            (None, _) => Err(self.no_relation(outer, target, hint, &known)),
            (Some(only), None) => Ok(only.clone()),
            (Some(_), Some(_)) => Err(Error::AmbiguousRelation {
                origin: outer.label.to_string(),
                target: target.to_owned(),
                candidates: known
                    .iter()
                    .filter(|relation| self.means(relation, target, hint))
                    .map(|relation| self.candidate(relation))
                    .collect(),
            }),
        }
    }

    fn computed_relation(&self, origin: TableId, name: &str) -> Option<Relation> {
        let functions = self.catalog.computed_relations(origin).iter().copied();
        let id = functions.filter(|id| self.sight.function(*id)).find(|id| {
            let function = self.catalog.function(*id);
            *function.name == *name && *function.schema == *self.schema
        })?;
        match self.catalog.function(id).returns {
            Returns::Rows(target) if self.sight.table(target) => {
                Some(Relation { origin, target, kind: RelationKind::Computed(id) })
            }
            _ => None,
        }
    }

    /// The target is in the schema of the call, and neither it nor a column that leads to it is
    /// hidden from the asker.
    fn may_know(&self, relation: &Relation) -> bool {
        let target = self.catalog.table(relation.target);
        let seen = |id: LinkId| {
            let link = self.catalog.link(id);
            self.sight.table(link.from)
                && self.sight.table(link.to)
                && link.pairs.iter().all(|(near, far)| {
                    self.sight.column(link.from, *near) && self.sight.column(link.to, *far)
                })
        };
        *target.schema == *self.schema
            && match relation.kind {
                RelationKind::OneToMany(link)
                | RelationKind::ManyToOne(link)
                | RelationKind::OneToOne { link, .. } => seen(link),
                // A junction that is not shown is no way.
                RelationKind::ManyToMany { junction, near, far } => {
                    *self.catalog.table(junction).schema == *self.schema && seen(near) && seen(far)
                }
                RelationKind::Computed(_) => true,
            }
    }

    fn means(&self, relation: &Relation, target: &str, hint: Option<&str>) -> bool {
        let table = self.catalog.table(relation.target);
        let by_name = *table.name == *target;
        // A key between a table and itself is two relations: the many by the table's name, the one
        // by the name of the column.
        if relation.is_self() {
            let many = matches!(relation.kind, RelationKind::OneToMany(_));
            let one = matches!(relation.kind, RelationKind::ManyToOne(_));
            return match hint {
                None => by_name && many || one && self.origin_column(relation) == Some(target),
                Some(hint) => by_name && many && self.target_column(relation) == Some(hint),
            };
        }
        let constraint = self.constraint(relation);
        match hint {
            None => {
                by_name
                    || !table.is_view()
                        && (constraint == Some(target)
                            || self.origin_column(relation) == Some(target))
            }
            Some(hint) => {
                by_name
                    && (constraint == Some(hint)
                        || self.origin_column(relation) == Some(hint)
                        || self.target_column(relation) == Some(hint)
                        || self.junction(relation) == Some(hint))
            }
        }
    }

    fn constraint(&self, relation: &Relation) -> Option<&str> {
        match relation.kind {
            RelationKind::OneToMany(link)
            | RelationKind::ManyToOne(link)
            | RelationKind::OneToOne { link, .. } => Some(&self.catalog.link(link).constraint),
            RelationKind::ManyToMany { .. } | RelationKind::Computed(_) => None,
        }
    }
    fn junction(&self, relation: &Relation) -> Option<&str> {
        match relation.kind {
            RelationKind::ManyToMany { junction, .. } => Some(&self.catalog.table(junction).name),
            _ => None,
        }
    }
    /// The only column of the key on the side of the origin.
    fn origin_column(&self, relation: &Relation) -> Option<&str> {
        self.sides(relation).and_then(|(origin, _)| self.only(relation.origin, &origin))
    }
    fn target_column(&self, relation: &Relation) -> Option<&str> {
        self.sides(relation).and_then(|(_, target)| self.only(relation.target, &target))
    }
    fn only(&self, table: TableId, columns: &[ColumnId]) -> Option<&str> {
        match columns {
            [only] => Some(&self.catalog.column(table, *only).name),
            _ => None,
        }
    }
    fn sides(&self, relation: &Relation) -> Option<(Vec<ColumnId>, Vec<ColumnId>)> {
        let (link, backwards) = match relation.kind {
            RelationKind::OneToMany(link) => (link, true),
            RelationKind::ManyToOne(link) => (link, false),
            RelationKind::OneToOne { link, backwards } => (link, backwards),
            RelationKind::ManyToMany { .. } | RelationKind::Computed(_) => return None,
        };
        let (from, to): (Vec<_>, Vec<_>) = self.catalog.link(link).pairs.iter().copied().unzip();
        Some(if backwards { (to, from) } else { (from, to) })
    }

    fn candidate(&self, relation: &Relation) -> Candidate {
        let names = |table: TableId, columns: &[ColumnId]| {
            columns.iter().map(|c| self.catalog.column(table, *c).name.to_string()).collect()
        };
        let name = |table: TableId| self.catalog.table(table).name.to_string();
        let (cardinality, hint, way) = match relation.kind {
            RelationKind::ManyToMany { junction, near, far } => {
                let columns = |id: LinkId| -> Vec<ColumnId> {
                    self.catalog.link(id).pairs.iter().map(|(column, _)| *column).collect()
                };
                let way = Way::Junction {
                    junction: name(junction),
                    near: self.catalog.link(near).constraint.to_string(),
                    near_columns: names(junction, &columns(near)),
                    far: self.catalog.link(far).constraint.to_string(),
                    far_columns: names(junction, &columns(far)),
                };
                (Cardinality::ManyToMany, name(junction), way)
            }
            RelationKind::Computed(id) => {
                let function = self.catalog.function(id).name.to_string();
                (Cardinality::OneToMany, function.clone(), Way::Function { function })
            }
            RelationKind::OneToMany(_)
            | RelationKind::ManyToOne(_)
            | RelationKind::OneToOne { .. } => {
                let cardinality = match relation.kind {
                    RelationKind::OneToMany(_) => Cardinality::OneToMany,
                    RelationKind::OneToOne { .. } => Cardinality::OneToOne,
                    _ => Cardinality::ManyToOne,
                };
                let (origin, target) = self.sides(relation).unwrap_or_default();
                let constraint = self.constraint(relation).unwrap_or_default().to_owned();
                let way = Way::Key {
                    constraint: constraint.clone(),
                    origin_columns: names(relation.origin, &origin),
                    target_columns: names(relation.target, &target),
                };
                (cardinality, constraint, way)
            }
        };
        let (origin, target) = (name(relation.origin), name(relation.target));
        Candidate { cardinality, origin, target, hint, way }
    }

    /// To a table of the schema of the call, by whatever way.
    fn leads_anywhere(&self, origin: TableId) -> bool {
        let of_schema = |id: TableId| *self.catalog.table(id).schema == *self.schema;
        let functions = self.catalog.computed_relations(origin);
        functions.iter().any(|id| self.sight.function(*id))
            || self.catalog.relations(origin).iter().any(|relation| of_schema(relation.target))
    }

    /// Among the tables of the schema from which something leads somewhere.
    fn nearest_origin(&self, name: &str) -> Option<&str> {
        let tables = self.catalog.schema(self.schema)?.tables();
        let known = tables.filter(|(_, id)| self.sight.table(*id) && self.leads_anywhere(*id));
        hint::nearest_among(name, known.map(|(name, _)| name))
    }

    fn no_relation(
        &self,
        outer: &Scope,
        target: &str,
        given: Option<&str>,
        known: &[Relation],
    ) -> Error {
        let names = || known.iter().map(|relation| &*self.catalog.table(relation.target).name);
        let leads = outer.table.is_some_and(|origin| self.leads_anywhere(origin));
        let nearest = if known.is_empty() && !leads {
            // Nothing leads anywhere from there, so it is meant less than what is wanted.
            let origin = self.nearest_origin(&outer.label);
            origin.map(|name| Near::Origin(name.to_owned()))
        } else if names().any(|name| name == target) {
            let hints: Vec<String> = known
                .iter()
                .filter(|relation| *self.catalog.table(relation.target).name == *target)
                .map(|relation| self.candidate(relation).hint)
                .collect();
            let near =
                given.and_then(|hint| hint::nearest_among(hint, hints.iter().map(String::as_str)));
            near.map(|name| Near::Hint(name.to_owned()))
        } else {
            hint::nearest_among(target, names()).map(|name| Near::Target(name.to_owned()))
        };
        Error::NoRelation(Box::new(NoRelation {
            schema: self.schema.to_owned(),
            origin: outer.label.to_string(),
            target: target.to_owned(),
            hint: given.map(str::to_owned),
            nearest,
        }))
    }
}
