//! In which form an answer is given: what the client accepts, and what the thing that was asked can
//! be given as. A function that returns a domain called `image/png` is an image; an aggregate that
//! does makes images of rows.

use crate::media::{Media, Plan};
use crate::problem::Problem;
use mag_model::TableId;
use mag_model::catalog::{Catalog, Function, Returns};
use mag_query::call::Gather;

/// How the body is made of the rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A list, or for a function the value that it gives.
    Json {
        stripped: bool,
    },
    /// The only row.
    Object {
        stripped: bool,
    },
    Csv,
    Geo,
    /// By an aggregate of the database.
    Gathered(Gather),
    /// The value of a function, as it is.
    Raw,
}

impl Shape {
    /// It is made here, of the cells of rows.
    pub fn is_of_cells(&self) -> bool {
        match self {
            Self::Json { .. } | Self::Object { .. } | Self::Csv => true,
            Self::Geo | Self::Gathered(_) | Self::Raw => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub shape: Shape,
    pub media: Media,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Thing<'a> {
    Table(TableId),
    Function(&'a Function),
}

pub struct Negotiation<'a> {
    pub catalog: &'a Catalog,
    /// Those that are exposed: what one of them has for rows, all of them are given as.
    pub schemas: &'a [String],
    pub thing: Thing<'a>,
    /// Nothing but `*` is picked: what is made for whole rows fits.
    pub whole: bool,
    pub plans: bool,
}

impl Negotiation<'_> {
    /// The first acceptable form.
    pub fn of(&self, accepted: &[Media]) -> Result<Offer, Problem> {
        accepted
            .iter()
            .find_map(|media| self.offer(media))
            .ok_or_else(|| Problem::not_acceptable(accepted))
    }

    fn offer(&self, media: &Media) -> Option<Offer> {
        match media {
            Media::Object { stripped } => {
                Some(Offer { shape: Shape::Object { stripped: *stripped }, media: media.clone() })
            }
            Media::JsonStripped => {
                Some(Offer { shape: Shape::Json { stripped: true }, media: media.clone() })
            }
            Media::Plan(plan) if self.plans => {
                let Plan { of, .. } = &**plan;
                let shape = self.offer(of)?.shape;
                Some(Offer { shape, media: media.clone() })
            }
            Media::Plan(_) => None,
            other => self.own(other).or_else(|| self.any(other)).or_else(|| built_in(other)),
        }
    }

    fn is_exposed(&self, schema: &str) -> bool {
        self.schemas.iter().any(|known| known == schema)
    }

    /// What the database has for this table or function.
    fn own(&self, media: &Media) -> Option<Offer> {
        if !self.whole {
            return None;
        }
        match self.thing {
            Thing::Function(function) if !rows_of_table(function) => {
                let (name, _) = function.media.as_ref()?;
                let fits = &**name == "*/*" || Media::parse(name) == *media;
                fits.then(|| Offer { shape: Shape::Raw, media: resolved(name) })
            }
            Thing::Function(function) => match function.returns {
                Returns::Rows(table) => self.of_table(table, media),
                _ => None,
            },
            Thing::Table(table) => self.of_table(table, media),
        }
    }

    fn of_table(&self, table: TableId, media: &Media) -> Option<Offer> {
        let known = || {
            let all = self.catalog.aggregates().iter();
            all.filter(|a| self.is_exposed(&a.schema) && a.of == Some(table))
        };
        let everything = known().find(|aggregate| &*aggregate.media == "*/*");
        let found = everything
            .or_else(|| known().find(|aggregate| Media::parse(&aggregate.media) == *media))?;
        Some(gathered(found, true))
    }

    /// What the database has for rows of any kind.
    fn any(&self, media: &Media) -> Option<Offer> {
        let mut all = self.catalog.aggregates().iter();
        let found = all.find(|aggregate| {
            self.is_exposed(&aggregate.schema)
                && aggregate.of.is_none()
                && Media::parse(&aggregate.media) == *media
        })?;
        Some(gathered(found, false))
    }
}

fn gathered(aggregate: &mag_model::catalog::Aggregate, of_table: bool) -> Offer {
    let gather = Gather {
        schema: aggregate.schema.to_string(),
        name: aggregate.name.to_string(),
        of_table,
        bytes: aggregate.bytes,
    };
    Offer { shape: Shape::Gathered(gather), media: resolved(&aggregate.media) }
}

fn built_in(media: &Media) -> Option<Offer> {
    let json = Shape::Json { stripped: false };
    Some(match media {
        Media::Any | Media::Json => Offer { shape: json, media: Media::Json },
        Media::Csv => Offer { shape: Shape::Csv, media: Media::Csv },
        Media::GeoJson => Offer { shape: Shape::Geo, media: Media::GeoJson },
        _ => return None,
    })
}

fn rows_of_table(function: &Function) -> bool {
    matches!(function.returns, Returns::Rows(_))
}

/// What may be anything is told as bytes.
fn resolved(name: &str) -> Media {
    if name == "*/*" { Media::Octets } else { Media::parse(name) }
}
