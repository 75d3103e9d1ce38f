//! How tables hang together: foreign keys, seen from both ends, through views that show the
//! columns of a key, and across junction tables. Only the many-to-one side is stored.

use super::{Catalog, ColumnId, FunctionId, TableId};
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

/// `from` points to `to`: each row of `from` has at most one row of `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub constraint: Arc<str>,
    pub from: TableId,
    pub to: TableId,
    /// A column of `from` and the column of `to` that it equals.
    pub pairs: Box<[(ColumnId, ColumnId)]>,
    /// The columns are a key of `from` too, so that each row of `to` has at most one row of `from`.
    pub one_to_one: bool,
}

/// A way from one table to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    pub origin: TableId,
    pub target: TableId,
    pub kind: RelationKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RelationKind {
    OneToMany(LinkId),
    ManyToOne(LinkId),
    /// `backwards` when the key is in the target.
    OneToOne {
        link: LinkId,
        backwards: bool,
    },
    /// The junction points to the origin by the first link and to the target by the second.
    ManyToMany {
        junction: TableId,
        near: LinkId,
        far: LinkId,
    },
    Computed(FunctionId),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    pub(crate) all: Vec<Link>,
    pub(crate) outgoing: HashMap<TableId, Vec<LinkId>>,
    pub(crate) incoming: HashMap<TableId, Vec<LinkId>>,
    pub(crate) computed_columns: HashMap<TableId, Vec<FunctionId>>,
    pub(crate) computed_relations: HashMap<TableId, Vec<FunctionId>>,
}

impl Links {
    pub(crate) fn add(&mut self, link: Link) {
        let id = LinkId(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.outgoing.entry(link.from).or_default().push(id);
        self.incoming.entry(link.to).or_default().push(id);
        self.all.push(link);
    }
    fn of(map: &HashMap<TableId, Vec<LinkId>>, table: TableId) -> &[LinkId] {
        map.get(&table).map_or(&[], Vec::as_slice)
    }
    pub(super) fn computed_column(
        &self,
        catalog: &Catalog,
        table: TableId,
        name: &str,
    ) -> Option<FunctionId> {
        let of_table = self.computed_columns.get(&table)?;
        of_table.iter().copied().find(|id| &*catalog.function(*id).name == name)
    }
    pub(super) fn computed_columns(&self, table: TableId) -> &[FunctionId] {
        self.computed_columns.get(&table).map_or(&[], Vec::as_slice)
    }
    pub(super) fn computed_relations(&self, table: TableId) -> &[FunctionId] {
        self.computed_relations.get(&table).map_or(&[], Vec::as_slice)
    }
    pub(super) fn weight(&self) -> usize {
        let links: usize = self.all.iter().map(|l| size_of::<Link>() + l.pairs.len() * 4).sum();
        links + (self.outgoing.len() + self.incoming.len()) * 64
    }
}

impl Catalog {
    pub fn link(&self, id: LinkId) -> &Link {
        &self.links.all[id.0 as usize]
    }
    pub fn links(&self) -> &[Link] {
        &self.links.all
    }
    /// The keys of the table that point elsewhere.
    pub fn outgoing(&self, table: TableId) -> &[LinkId] {
        Links::of(&self.links.outgoing, table)
    }
    /// The keys elsewhere that point to the table.
    pub fn incoming(&self, table: TableId) -> &[LinkId] {
        Links::of(&self.links.incoming, table)
    }

    /// Every relation of the table that a key makes, sorted by target, kind and constraint, so that
    /// a list of candidates reads the same each time.
    pub fn relations(&self, origin: TableId) -> Vec<Relation> {
        let mut found = Vec::new();
        for id in self.outgoing(origin).iter().copied() {
            let link = self.link(id);
            let kind = if link.one_to_one {
                RelationKind::OneToOne { link: id, backwards: false }
            } else {
                RelationKind::ManyToOne(id)
            };
            found.push(Relation { origin, target: link.to, kind });
        }
        for id in self.incoming(origin).iter().copied() {
            let link = self.link(id);
            let kind = if link.one_to_one {
                RelationKind::OneToOne { link: id, backwards: true }
            } else {
                RelationKind::OneToMany(id)
            };
            found.push(Relation { origin, target: link.from, kind });
            self.across_junction(origin, id, &mut found);
        }
        found.sort_by(|a, b| self.sort_key(a).cmp(&self.sort_key(b)));
        found
    }

    /// A table is a junction when the columns of two of its keys are within its primary key. A key that
    /// points to a table and to views of it is one key: across it a row would only find itself.
    fn across_junction(&self, origin: TableId, near: LinkId, found: &mut Vec<Relation>) {
        let junction = self.link(near).from;
        let table = self.table(junction);
        let within = |id: LinkId| {
            let link = self.link(id);
            !link.one_to_one && link.pairs.iter().all(|(c, _)| table.primary_columns().contains(c))
        };
        if !within(near) {
            return;
        }
        for far in self.outgoing(junction).iter().copied() {
            let (one, other) = (self.link(near), self.link(far));
            let apart = one.constraint != other.constraint && one.pairs != other.pairs;
            if apart && within(far) {
                let kind = RelationKind::ManyToMany { junction, near, far };
                found.push(Relation { origin, target: self.link(far).to, kind });
            }
        }
    }

    fn sort_key<'a>(&'a self, relation: &Relation) -> impl Ord + use<'a> {
        let target = self.table(relation.target);
        let name = |id: LinkId| (&*self.link(id).constraint, &*self.link(id).pairs);
        let (rank, junction, first, second) = match relation.kind {
            RelationKind::OneToMany(id) => (0, "", Some(name(id)), None),
            RelationKind::ManyToOne(id) => (1, "", Some(name(id)), None),
            RelationKind::OneToOne { link, backwards } => {
                (2, if backwards { "b" } else { "a" }, Some(name(link)), None)
            }
            RelationKind::ManyToMany { junction, near, far } => {
                (3, &*self.table(junction).name, Some(name(near)), Some(name(far)))
            }
            RelationKind::Computed(id) => (4, &*self.function(id).name, None, None),
        };
        (&*target.schema, &*target.name, rank, junction, first, second)
    }
}

impl Relation {
    pub fn is_self(&self) -> bool {
        self.origin == self.target
    }
    /// Whether a row of the origin has at most one row of the target.
    pub fn to_one(&self, catalog: &Catalog) -> bool {
        match self.kind {
            RelationKind::ManyToOne(_) | RelationKind::OneToOne { .. } => true,
            RelationKind::OneToMany(_) | RelationKind::ManyToMany { .. } => false,
            RelationKind::Computed(id) => {
                let function = catalog.function(id);
                !function.set || function.one_row
            }
        }
    }
}
