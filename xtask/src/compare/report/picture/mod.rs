//! The plots of a report: who is fastest at which size, and speed beside accuracy.
//!
//! Both are small multiples. As a picture they come with a title and a legend, drawn on white; a page
//! takes the panels one by one, so that they flow on a narrow screen, and colours them itself
//! ([`palette`]).

pub(crate) mod axis;
mod crossover;
pub(crate) mod frame;
mod label;
mod multiples;
mod scatter;
pub(crate) mod style;

pub(crate) use crossover::Crossover;
pub(crate) use multiples::{Multiples, Panel, Single};
pub(crate) use scatter::Scatter;
pub(crate) use style::{Engines, Sample, palette, slot_colors};
