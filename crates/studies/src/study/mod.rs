//! The one path of a study: plan → rows → record → document and bars.
//!
//! A study says what is run, what the record shows, and what must hold. Storage, `--resume`, progress, the page, the
//! HTML and `report` come with the path.

pub(crate) mod number;
mod path;
mod record;
mod rows;
mod store;

use leastwise_report::Document;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use path::{StudyArgs, render, run};
pub(crate) use record::Record;
pub(crate) use rows::Rows;
pub(crate) use store::find;

/// A study; the type itself holds its own flags.
pub(crate) trait Study: clap::Args {
    /// The command, the default folder, and the markers in a page.
    const NAME: &'static str;
    /// What it says that bars are missed: the line before theirs.
    const MISSED: &'static str = "";
    /// Whether it measures time, which an unoptimised build must not.
    const IS_TIMED: bool;
    /// What is asked for, and of whom. A run goes on with a record of the same plan alone.
    type Plan: Clone + PartialEq + Serialize + DeserializeOwned;
    /// What is measured in one go, and stored then.
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

    /// Whether the row has what the plan asks for. Somebody may have edited a stored one.
    fn fits(plan: &Self::Plan, row: &Self::Row) -> bool;

    /// What the record shows; it has one row at least, and all of them fit.
    fn document(record: &Record<Self::Plan, Self::Row>) -> Document;

    /// A line for each bar that is missed.
    fn bars(_record: &Record<Self::Plan, Self::Row>) -> Vec<String> {
        Vec::new()
    }
}
