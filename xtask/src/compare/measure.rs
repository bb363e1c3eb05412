//! Times, in rounds over all contenders.

use std::time::{Duration, Instant};

/// Something to time.
pub(super) struct Contender<'a> {
    run: Box<dyn FnMut() + 'a>,
    repetitions: u32,
    /// Nanoseconds of one repetition, a sample a round.
    pub(super) samples_ns: Vec<f64>,
}

/// Long enough that the clock and the loop do not show.
const SAMPLE: Duration = Duration::from_millis(2);

impl<'a> Contender<'a> {
    /// Warms up, and finds how many repetitions fill a sample.
    pub(super) fn new(mut run: Box<dyn FnMut() + 'a>) -> Self {
        run();
        let mut repetitions = 1;
        loop {
            let start = Instant::now();
            (0..repetitions).for_each(|_| run());
            if start.elapsed() >= SAMPLE || repetitions > 1 << 20 {
                break;
            }
            repetitions *= 2;
        }
        Self {
            run,
            repetitions,
            samples_ns: Vec::new(),
        }
    }

    fn sample(&mut self) {
        let start = Instant::now();
        (0..self.repetitions).for_each(|_| (self.run)());
        let elapsed = start.elapsed().as_secs_f64() * 1e9;
        self.samples_ns.push(elapsed / f64::from(self.repetitions));
    }
}

/// One sample of every contender a round, in an order that turns by one each round.
pub(super) fn interleaved(contenders: &mut [Contender<'_>], rounds: usize, tick: impl Fn()) {
    let count = contenders.len();
    for round in 0..rounds {
        for i in 0..count {
            contenders[(i + round) % count].sample();
            tick();
        }
    }
}

/// The lower quartile, the median and the upper quartile of a sample that is not empty.
pub(super) fn quartiles(samples: &[f64]) -> [f64; 3] {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    [1, 2, 3].map(|quarter| {
        let fourfold = quarter * last;
        // The mean of the neighbours where the quartile falls between two.
        f64::midpoint(sorted[fourfold / 4], sorted[fourfold.div_ceil(4)])
    })
}
