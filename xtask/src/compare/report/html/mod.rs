//! The report as one page: plots, sortable tables and what they mean, without anything from outside.
//!
//! maud escapes whatever the page shows; only the style sheet, the script and the plots go in as they
//! are. The page's own content security policy forbids it the network.

mod adapters;
mod facts;
mod groups;
mod overview;
mod page;
mod parts;
mod plots;
mod reading;
mod table;

use crate::compare::record::Results;

/// The page.
///
/// # Errors
/// What the drawing library reports.
pub(crate) fn render(results: &Results) -> anyhow::Result<String> {
    Ok(page::page(results)?.into_string())
}

#[cfg(test)]
mod tests;
