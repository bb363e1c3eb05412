//! The structured step allocates nothing from the second step on, if the backend does not allocate.

use leastwise_backends::find;
use leastwise_optim::levenberg_marquardt::{AdaptiveDamping, Control, FixedStep};
use leastwise_optim::{Counts, LevenbergMarquardt, Optimizer};
use leastwise_two_factor::Kronecker;
use leastwise_two_factor::{TwoLayerNet, TwoLayerNetSpec};

/// The number of allocations of eight steps after the first two.
fn allocations<C>(spec: &TwoLayerNetSpec, control: C) -> u64
where
    C: for<'b> Control<f64, TwoLayerNet<f64>, Kronecker<'b, f64, dyn leastwise_core::Backend<f64>>>,
{
    let drawn = spec.draw::<f64>().unwrap();
    let backend = find::<f64>("faer", 1).unwrap();
    let mut lm = LevenbergMarquardt::new(control, Kronecker::new(&*backend));
    let (mut x, mut counts) = (drawn.start.clone(), Counts::default());
    lm.init(&drawn.net, &x, &mut counts).unwrap();
    let mut step = || {
        lm.step(&drawn.net, &mut x, &mut counts).unwrap();
    };
    step();
    step();
    allocation_counter::measure(|| (0..8).for_each(|_| step())).count_total
}

#[test]
fn steps_allocate_nothing_in_every_case_of_the_formula() {
    for (ydim, wdim, xdim) in [(10, 6, 6), (10, 3, 6), (5, 8, 7), (7, 2, 5), (40, 40, 40)] {
        let spec = TwoLayerNetSpec {
            xdim,
            wdim,
            ydim,
            nsamples: 60,
            ..TwoLayerNetSpec::default()
        };
        let undamped = allocations(&spec, FixedStep::new(0.2).unwrap());
        let damped = allocations(&spec, AdaptiveDamping::new());
        assert_eq!((undamped, damped), (0, 0), "{ydim}, {wdim}, {xdim}");
    }
}
