//! The one path of a study: plan → rows → record → document and bars.
//!
//! A study defines what is run, what the record shows, and what must hold. Storage, `--resume`, progress, the page,
//! HTML and `report` come with the path. A study that is [`Timed`] measures each contender in a process of its own.

mod crew;
pub(crate) mod number;
mod path;
mod record;
mod rows;
mod store;
pub(crate) mod text;

use leastwise_report::Document;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use crew::{Crew, Desk, DeskArgs, Timed, turns, work};
#[cfg(test)]
pub(crate) use path::read;
pub(crate) use path::{StudyArgs, render, run};
pub(crate) use record::Record;
pub(crate) use rows::Rows;
pub(crate) use store::find;

/// A study; the type itself holds its own flags.
pub(crate) trait Study: clap::Args {
    /// The command, the default folder, and the markers in a page.
    const NAME: &'static str;
    /// The line before the lines of [`bars`](Self::bars).
    const MISSED: &'static str = "";
    /// Whether it measures time, which an unoptimised build must not do.
    const IS_TIMED: bool;
    /// The plan of a run. A run continues only a record of the same plan.
    type Plan: Clone + PartialEq + Serialize + DeserializeOwned;
    /// The result that is measured and stored in one step.
    type Row: Serialize + DeserializeOwned;

    /// The flags, checked.
    ///
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out.
    fn plan(&self) -> anyhow::Result<Self::Plan>;

    /// Measures every row, always in the same order, by [`Rows::take`].
    ///
    /// # Errors
    /// What cannot be measured.
    fn run(plan: &Self::Plan, rows: &mut Rows<Self::Row>) -> anyhow::Result<()>;

    /// Whether the row has what the plan asks for. A stored row may have been edited.
    fn fits(plan: &Self::Plan, row: &Self::Row) -> bool;

    /// The parts of a page, by the names of their markers. Each of several parts is one section of the document.
    fn parts(_plan: &Self::Plan) -> Vec<String> {
        vec![Self::NAME.to_owned()]
    }

    /// The document of a record, which has at least one row, and all rows fit.
    fn document(record: &Record<Self::Plan, Self::Row>) -> Document;

    /// A line for each requirement that the record does not meet.
    fn bars(_record: &Record<Self::Plan, Self::Row>) -> Vec<String> {
        Vec::new()
    }
}
