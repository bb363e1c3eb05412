//! The one path of a study: plan → rows → record → document and bars.
//!
//! A study defines the runs, the tables of the record, and the requirements. The path adds storage, `--resume`,
//! progress, the page, HTML and `report`. A study that is [`Timed`] measures each contender in a process of its own.

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

/// A study. The type that implements it holds the flags of the study.
pub(crate) trait Study: clap::Args {
    /// The name of the command, of the default folder, and of the markers in a page.
    const NAME: &'static str;
    /// The heading of the lines of [`bars`](Self::bars).
    const MISSED: &'static str = "";
    /// Whether the study measures time. An unoptimised build must not do this.
    const IS_TIMED: bool;
    /// The plan of a run. A run continues only a record of the same plan.
    type Plan: Clone + PartialEq + Serialize + DeserializeOwned;
    /// The result that is measured and stored in one step.
    type Row: Serialize + DeserializeOwned;

    /// Checks the flags, and returns the plan.
    ///
    /// # Errors
    /// [`BadInput`](crate::error::BadInput) for invalid flags.
    fn plan(&self) -> anyhow::Result<Self::Plan>;

    /// Measures every row by [`Rows::take`], always in the same order.
    ///
    /// # Errors
    /// The errors of the measurement.
    fn run(plan: &Self::Plan, rows: &mut Rows<Self::Row>) -> anyhow::Result<()>;

    /// Whether the row fits the plan. A stored row may have been edited.
    fn fits(plan: &Self::Plan, row: &Self::Row) -> bool;

    /// The names of the markers of the parts of a page. If there are several parts, each is one section of the
    /// document.
    fn parts(_plan: &Self::Plan) -> Vec<String> {
        vec![Self::NAME.to_owned()]
    }

    /// The document of a record. The record has at least one row, and all rows fit the plan.
    fn document(record: &Record<Self::Plan, Self::Row>) -> Document;

    /// A line for each requirement that the record does not meet.
    fn bars(_record: &Record<Self::Plan, Self::Row>) -> Vec<String> {
        Vec::new()
    }
}
