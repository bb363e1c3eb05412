//! The conformance suite.

use leastwise_blocks::Blocks;
use leastwise_conformance::suite;

leastwise_conformance::traps!(leastwise_blocks::Blocks);

#[test]
fn the_suite() {
    let report = suite::run::<f64>(&Blocks, &[]).and(suite::run::<f32>(&Blocks, &[]));
    report.assert_passed(6252);
}
