//! The contenders of a case.

use leastwise_backends::AdapterScalar;

use crate::judge::Known;
use crate::model::{Case, Contender, Operation};
use crate::plan::Plan;
use crate::record::EngineRecord;

/// Every backend with every method of the plan. Controls are added if times are taken.
pub(crate) fn all(
    plan: &Plan,
    case: &Case,
    known: &Known,
    engines: &[EngineRecord],
) -> Vec<Contender> {
    let contender = |backend: &str, method: Option<&str>, control| Contender {
        backend: backend.to_owned(),
        method: method.map(str::to_owned),
        control,
    };
    let backends = || engines.iter().map(|engine| engine.backend.as_str());
    let mut contenders = Vec::new();
    match case.operation() {
        Operation::Matmul => {
            contenders.extend(backends().map(|backend| contender(backend, None, false)));
            if plan.has_controls() {
                let controls = f64::products_by_hand().into_iter();
                let offered = controls.filter(|c| plan.backends.contains(&c.backend));
                contenders.extend(offered.map(|c| contender(c.backend, None, true)));
            }
        }
        Operation::Lstsq => {
            for method in &plan.methods {
                let name = method.name();
                contenders.extend(backends().map(|b| contender(b, Some(name), false)));
            }
            // Direct calls do not offer wide systems, nor systems that the method cannot solve.
            let (rows, cols, _) = known.shape;
            if plan.has_controls() && rows >= cols {
                let controls = f64::least_squares_by_hand().into_iter();
                let offered = controls.filter(|c| {
                    let solvable = known.full_rank || c.method.handles_rank_deficiency();
                    let chosen = plan.methods.contains(&c.method);
                    solvable && chosen && plan.backends.contains(&c.backend)
                });
                contenders
                    .extend(offered.map(|c| contender(c.backend, Some(c.method.name()), true)));
            }
        }
        Operation::LmFit => {
            let able = plan.methods.iter().filter(|m| m.handles_rank_deficiency());
            for method in able {
                let name = method.name();
                contenders.extend(backends().map(|b| contender(b, Some(name), false)));
            }
        }
    }
    contenders
}
