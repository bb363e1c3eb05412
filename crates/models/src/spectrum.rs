//! The spectrum of data at any x: the least-squares fit of a sinusoid with a mean at each frequency.
//!
//! Source: M. Zechmeister, M. Kürster, *The generalised Lomb-Scargle periodogram*, Astronomy and Astrophysics 496 (2009).

use std::f64::consts::TAU;

use crate::data::Data;

/// The frequencies per 1/span. Between two of them, a line at full resolution loses less than a tenth of its power.
const OVERSAMPLING: f64 = 8.0;

/// The largest number of data of a spectrum, and of frequencies. They keep its time near a second.
const DATA: usize = 1024;
const FREQUENCIES: usize = 1 << 18;

/// After this many frequencies, the rotated phases are computed again, so that rounding errors do not add up.
const ROTATIONS: usize = 256;

/// The best fit of e·(α·sin + β·cos) + c at one frequency.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) frequency: f64,
    pub(crate) amplitude: f64,
    pub(crate) phase: f64,
    pub(crate) mean: f64,
    /// The sum of squares that remains, for y divided by the scale of the data.
    pub(crate) remainder: f64,
}

/// The data of a spectrum, and its frequencies.
pub(crate) struct Spectrum {
    data: Data,
    /// The squares of the weights.
    squares: Vec<f64>,
    step: f64,
    count: usize,
}

impl Spectrum {
    /// Frequencies from 1/(4·span) on. For equal distances of x, they end at the Nyquist frequency. Otherwise they end
    /// at twice the mean one, because uneven distances tell higher frequencies apart.
    pub(crate) fn new(data: &Data) -> Self {
        let span = data.span();
        let step = 1.0 / (OVERSAMPLING * span);
        let mean = span / (data.x.len().max(2) - 1) as f64;
        let is_even = data
            .x
            .windows(2)
            .all(|x| (x[1] - x[0] - mean).abs() < 1e-3 * mean);
        let highest = if is_even { 0.5 / mean } else { 1.0 / mean };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number below 2¹⁸"
        )]
        let count = (highest / step).min(FREQUENCIES as f64) as usize;
        // Every k-th datum would hide high frequencies. Uneven places do not.
        let data = if data.x.len() > DATA {
            sampled(data)
        } else {
            data.clone()
        };
        Self {
            squares: data.weights.iter().map(|weight| weight * weight).collect(),
            data,
            step,
            count,
        }
    }

    /// The strongest line between two frequencies, which may be equal, with an envelope exp(−(x − x₀)/τ) from the first datum
    /// x₀ on. The `mean` may be known, too.
    pub(crate) fn strongest(
        &self,
        tau: f64,
        (low, high): (f64, f64),
        mean: Option<f64>,
    ) -> Option<Line> {
        let x0 = self.data.first();
        let first = 2;
        let envelope: Vec<f64> = self
            .data
            .x
            .iter()
            .map(|x| (-(x - x0) / tau).exp())
            .collect();
        let step: Vec<(f64, f64)> = self
            .data
            .x
            .iter()
            .map(|x| (TAU * self.step * (x - x0)).sin_cos())
            .collect();
        let mut waves = vec![(0.0, 0.0); envelope.len()];
        // Limits that are closer together than the frequencies have one between them.
        if high - low < self.step {
            let frequency = low + 0.5 * (high - low);
            self.fill(&mut waves, frequency, &envelope);
            let line = self.line(frequency, &waves, mean);
            return line.filter(|line| line.remainder.is_finite());
        }
        let mut found: Option<Line> = None;
        for k in first..=self.count.max(first) {
            if (k - first) % ROTATIONS == 0 {
                self.fill(&mut waves, self.step * k as f64, &envelope);
            } else {
                for ((sin, cos), (s, c)) in waves.iter_mut().zip(&step) {
                    (*sin, *cos) = (*sin * c + *cos * s, *cos * c - *sin * s);
                }
            }
            let frequency = k as f64 * self.step;
            if frequency < low || frequency > high {
                continue;
            }
            let line = self.line(frequency, &waves, mean);
            if let Some(line) = line.filter(|line| line.remainder.is_finite())
                && found.is_none_or(|found| line.remainder < found.remainder)
            {
                found = Some(line);
            }
        }
        found
    }

    /// Writes e·sin and e·cos at each datum.
    fn fill(&self, waves: &mut [(f64, f64)], frequency: f64, envelope: &[f64]) {
        let x0 = self.data.first();
        for ((wave, x), e) in waves.iter_mut().zip(&self.data.x).zip(envelope) {
            let (sin, cos) = (TAU * frequency * (x - x0)).sin_cos();
            *wave = (e * sin, e * cos);
        }
    }

    /// The fit at one frequency, from the normal equations. The columns are nearly orthogonal.
    fn line(&self, frequency: f64, waves: &[(f64, f64)], mean: Option<f64>) -> Option<Line> {
        let mut sums = [0.0; 9];
        let known = mean.unwrap_or(0.0);
        for ((&(s, c), &y), &square) in waves.iter().zip(&self.data.y).zip(&self.squares) {
            let y = y - known;
            let terms = [s, c, y, s * s, s * c, c * c, s * y, c * y, y * y];
            for (sum, term) in sums.iter_mut().zip(terms) {
                *sum += square * term;
            }
        }
        let m: f64 = self.squares.iter().sum();
        let [mut s, mut c, mut y, ss, sc, cc, sy, cy, yy] = sums.map(|sum| sum / m);
        if mean.is_some() {
            // Nothing is fitted beside the wave.
            (s, c, y) = (0.0, 0.0, 0.0);
        }
        // Without the means.
        let (ss, sc, cc) = (ss - s * s, sc - s * c, cc - c * c);
        let (sy, cy, yy) = (sy - s * y, cy - c * y, yy - y * y);
        let determinant = ss * cc - sc * sc;
        if determinant <= 1e-6 * ss * cc {
            return None;
        }
        let by_sin = (sy * cc - cy * sc) / determinant;
        let by_cos = (cy * ss - sy * sc) / determinant;
        let amplitude = by_sin.hypot(by_cos);
        // The phase at x = 0, between −π and π.
        let phase = by_cos.atan2(by_sin) - TAU * frequency * self.data.first();
        Some(Line {
            frequency,
            amplitude: amplitude * self.data.scale,
            phase: phase - TAU * (phase / TAU).round(),
            mean: (known + y - by_sin * s - by_cos * c) * self.data.scale,
            remainder: m * (yy - by_sin * sy - by_cos * cy),
        })
    }
}

/// `DATA` data at uneven places, from the first to the last.
fn sampled(data: &Data) -> Data {
    let last = data.x.len() - 1;
    // The places k·last/DATA, moved by up to half of their distance with the golden ratio.
    let place = |k: usize| {
        let move_by = (k as f64 * 0.618_033_988_749_895).fract() - 0.5;
        let at = (k as f64 + move_by) * last as f64 / (DATA - 1) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the place of a datum"
        )]
        let at = at.round().clamp(0.0, last as f64) as usize;
        at
    };
    let pick = |values: &[f64]| (0..DATA).map(|k| values[place(k)]).collect();
    Data {
        x: pick(&data.x),
        y: pick(&data.y),
        weights: pick(&data.weights),
        ..*data
    }
}
