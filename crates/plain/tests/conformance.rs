//! The traps and the suite of leastwise-conformance.

use leastwise_conformance::suite;
use leastwise_plain::Plain;

leastwise_conformance::traps!(leastwise_plain::Plain);

#[test]
fn the_suite() {
    let report = suite::run::<f64>(&Plain, &[]).and(suite::run::<f32>(&Plain, &[]));
    report.assert_passed(6252);
}
