//! The contenders of a table, by name.

use serde::{Deserialize, Serialize};

/// The contenders, in the order of the cells of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Contestants {
    pub(crate) names: Vec<String>,
    /// For each contender, whether it has requirements to meet.
    pub(crate) is_ours: Vec<bool>,
}

impl Contestants {
    /// Whether `cells` has one entry for each contender.
    pub(crate) fn fit<C>(&self, cells: &[C]) -> bool {
        self.names.len() == self.is_ours.len()
            && cells.len() == self.names.len()
            && !cells.is_empty()
    }

    /// The place of the peer by whose times the others are divided.
    pub(crate) fn peer(&self) -> Option<usize> {
        self.is_ours.iter().position(|ours| !ours)
    }

    pub(crate) fn first(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// The places and names of the contenders that have requirements to meet.
    pub(crate) fn ours(&self) -> impl Iterator<Item = (usize, &str)> {
        let all = self.names.iter().map(String::as_str).enumerate();
        all.filter(|&(place, _)| self.is_ours[place])
    }

    /// The places of all contenders, with their names in a table.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (usize, String)> {
        let label = |(name, &is_ours)| {
            let prefix = if is_ours { "trust region, " } else { "" };
            format!("{prefix}{name}")
        };
        self.names.iter().zip(&self.is_ours).map(label).enumerate()
    }
}
