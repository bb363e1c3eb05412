//! Criterion benches of the contenders, beside the libraries of the backends: `cargo bench -p leastwise-contender-benches`.
