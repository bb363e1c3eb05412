//! The look of an engine, which is the same in every figure and table.

use leastwise_report::{Cell, Kind, Look, Series};

use crate::compare::record::{CellRecord, RunRecord};

/// The engines of a run, each with the index of its look.
#[derive(Clone, Debug)]
pub(super) struct Looks(Vec<(String, usize)>);

impl Looks {
    /// A backend that this build knows has the same look in every run. Other backends get the looks after these.
    pub(super) fn new(run: &RunRecord) -> Self {
        let known = leastwise_backends::names();
        let mut next = known.len();
        let mut slot = |backend: &str| {
            let place = known.iter().position(|name| *name == backend);
            place.unwrap_or_else(|| {
                next += 1;
                next - 1
            })
        };
        let engines = run.engines.iter();
        Self(
            engines
                .map(|engine| (engine.engine.clone(), slot(&engine.backend)))
                .collect(),
        )
    }

    pub(super) fn slot(&self, engine: &str) -> usize {
        let found = self.0.iter().find(|(name, _)| name == engine);
        found.map_or(leastwise_report::LOOKS - 1, |(_, slot)| *slot)
    }

    pub(super) fn look(&self, engine: &str) -> Look {
        Look::new(self.slot(engine))
    }

    /// Every engine, for a legend.
    pub(super) fn legend(&self) -> Vec<Series> {
        let entry = |(name, slot): &(String, usize)| {
            let none: [(f64, f64); 0] = [];
            Series::new(name, Look::new(*slot), none).kind(Kind::MarkedLine)
        };
        self.0.iter().map(entry).collect()
    }

    pub(super) fn engine(&self, engine: &str) -> Cell {
        Cell::from(engine).look(self.slot(engine))
    }

    /// `faer/svd`, or only the engine for a product.
    pub(super) fn contender(&self, cell: &CellRecord) -> Cell {
        Cell::from(cell.label()).look(self.slot(&cell.engine))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::samples::run;

    #[test]
    fn an_engine_looks_the_same_whoever_else_takes_part() {
        let mut few = run();
        few.engines.remove(0);
        let (all, few) = (Looks::new(&run()), Looks::new(&few));
        for (name, slot) in &few.0 {
            assert_eq!(all.slot(name), *slot, "{name}");
        }
        assert_ne!(all.slot("faer"), all.slot("nalgebra"));
    }
}
