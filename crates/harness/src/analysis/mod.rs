//! Analyses a stored result: the fastest right contender by size, the cost of the adapters, a recommended
//! contender, and reasons to doubt the times.

mod groups;
mod recommendation;
mod verified;
mod warnings;

pub use groups::{
    AdapterCost, Crossover, CrossoverPoint, Group, Row, adapter_columns, adapter_costs, crossovers,
    gflops, groups, operation_label, peak_gflops, ratio,
};
pub use recommendation::{recommendation, recommended};
pub use verified::verified;
pub use warnings::warnings;
