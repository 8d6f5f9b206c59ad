//! Filters, and how many of what was found each value of each of them would leave.

use super::{Entry, Index, Query};
use crate::domain::content::{Level, ServiceLevel};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What can be filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facet {
    /// Lĩnh vực.
    Field,
    /// Cấp thực hiện.
    Level,
    /// Mức độ dịch vụ.
    ServiceLevel,
    /// Đối tượng thực hiện.
    Subject,
    /// Sự kiện đời người, vòng đời doanh nghiệp.
    LifeEvent,
    /// Cơ quan công bố.
    Agency,
}

impl Facet {
    /// All six.
    pub const ALL: &'static [Facet] = &[
        Facet::Field,
        Facet::Level,
        Facet::ServiceLevel,
        Facet::Subject,
        Facet::LifeEvent,
        Facet::Agency,
    ];

    /// The name of its parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            Facet::Field => "field",
            Facet::Level => "level",
            Facet::ServiceLevel => "serviceLevel",
            Facet::Subject => "subject",
            Facet::LifeEvent => "lifeEvent",
            Facet::Agency => "agency",
        }
    }

    /// The inverse of [`Facet::as_str`].
    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.as_str() == s)
    }

    /// The values that an entry has: what one filters by, and its name.
    fn values(self, e: &Entry) -> Vec<(&str, &str)> {
        match self {
            Facet::Field => vec![(e.field.code.as_str(), e.field.name.as_str())],
            Facet::Level => e.levels.iter().map(|l| (l.as_str(), "")).collect(),
            Facet::ServiceLevel => vec![(e.service_level.as_str(), "")],
            Facet::Subject => e
                .subjects
                .iter()
                .map(|s| (s.code.as_str(), s.name.as_str()))
                .collect(),
            Facet::LifeEvent => e.groups.iter().map(|g| (g.as_str(), g.as_str())).collect(),
            Facet::Agency => vec![(e.promulgator.code.as_str(), e.promulgator.name.as_str())],
        }
    }
}

/// One value of a facet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FacetValue {
    /// What to filter by.
    #[schema(example = "G15-TP07")]
    pub value: String,
    /// Its name; empty where the value says all.
    #[schema(example = "Hộ tịch")]
    pub name: String,
    /// How many procedures of what was found have it, were this filter open.
    #[schema(example = 38)]
    pub count: u64,
}

/// Which entries, besides the query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Field code.
    pub field: Option<String>,
    /// Tier.
    pub level: Option<Level>,
    /// How far it goes online.
    pub service_level: Option<ServiceLevel>,
    /// Code of who may file it.
    pub subject: Option<String>,
    /// Life event.
    pub life_event: Option<String>,
    /// Code of who published it.
    pub agency: Option<String>,
}

impl Filter {
    /// Whether an entry passes all filters.
    pub(super) fn admits(&self, e: &Entry) -> bool {
        self.admits_but(e, None)
    }

    /// Whether an entry passes all filters but one.
    fn admits_but(&self, e: &Entry, but: Option<Facet>) -> bool {
        let open = |facet| but == Some(facet);
        (open(Facet::Field) || self.field.as_ref().is_none_or(|f| e.field.code == *f))
            && (open(Facet::Level) || self.level.is_none_or(|l| e.levels.contains(&l)))
            && (open(Facet::ServiceLevel)
                || self.service_level.is_none_or(|s| e.service_level == s))
            && (open(Facet::Subject)
                || self
                    .subject
                    .as_ref()
                    .is_none_or(|s| e.subjects.iter().any(|n| n.code == *s)))
            && (open(Facet::LifeEvent)
                || self
                    .life_event
                    .as_ref()
                    .is_none_or(|g| e.groups.contains(g)))
            && (open(Facet::Agency)
                || self
                    .agency
                    .as_ref()
                    .is_none_or(|a| e.promulgator.code == *a))
    }
}

impl Index {
    /// The values of a facet over what a query finds, the most frequent first.
    pub fn facet(&self, query: &Query, filter: &Filter, facet: Facet) -> Vec<FacetValue> {
        let mut counts: BTreeMap<&str, (&str, u64)> = BTreeMap::new();
        for (i, _) in self.scored(query) {
            let Some(e) = self.entries.get(i) else {
                continue;
            };
            if !filter.admits_but(e, Some(facet)) {
                continue;
            }
            for (value, name) in facet.values(e) {
                counts.entry(value).or_insert((name, 0)).1 += 1;
            }
        }
        let mut values: Vec<FacetValue> = counts
            .into_iter()
            .filter(|(value, _)| !value.is_empty())
            .map(|(value, (name, count))| FacetValue {
                value: value.to_owned(),
                name: name.to_owned(),
                count,
            })
            .collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        values
    }

    /// Whether any entry has this value of a facet.
    pub fn has(&self, facet: Facet, value: &str) -> bool {
        self.entries
            .iter()
            .any(|e| facet.values(e).iter().any(|(v, _)| *v == value))
    }

    /// How many procedures there are at a tier, and of each service level there.
    pub fn crossed(&self) -> Vec<(Level, ServiceLevel, u64)> {
        let mut counts: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        let at = |level: Level| Level::ALL.iter().position(|l| *l == level).unwrap_or(0);
        let services = [
            ServiceLevel::Full,
            ServiceLevel::Partial,
            ServiceLevel::Information,
        ];
        for e in &self.entries {
            for level in &e.levels {
                let service = services
                    .iter()
                    .position(|s| *s == e.service_level)
                    .unwrap_or(0);
                *counts.entry((at(*level), service)).or_default() += 1;
            }
        }
        counts
            .into_iter()
            .filter_map(|((l, s), n)| Some((*Level::ALL.get(l)?, *services.get(s)?, n)))
            .collect()
    }
}
