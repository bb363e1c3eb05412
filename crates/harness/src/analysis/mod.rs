//! What a stored result says: who is fastest among those that are right, from which size on, what the
//! adapters cost, which contender to take, and what makes the times doubtful.

mod groups;
mod recommendation;
mod warnings;

pub use groups::{
    AdapterCost, Crossover, CrossoverPoint, Group, Row, adapter_columns, adapter_costs, crossovers,
    gflops, groups, operation_label, peak_gflops, ratio,
};
pub use recommendation::{recommendation, recommended};
pub use warnings::warnings;
