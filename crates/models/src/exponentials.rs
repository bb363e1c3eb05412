//! Sums of exponentials.

use crate::data::Data;
use crate::family::{Family, Known};
use crate::grid::geometric;
use crate::projection::best;

/// Σ aₖ·exp(−x/τₖ) + c.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exponentials {
    terms: usize,
}

/// The values of one τ for 1, 2, 3 and more terms. All combinations are tried.
const CANDIDATES: [usize; 4] = [60, 30, 16, 12];

impl Exponentials {
    pub(crate) fn new(terms: usize) -> Self {
        Self { terms }
    }

    /// Values of τ. A single exponential may grow.
    fn times(self, data: &Data) -> Vec<f64> {
        let span = data.span();
        let low = 0.5 * span / data.count as f64;
        let count = CANDIDATES[(self.terms - 1).min(CANDIDATES.len() - 1)];
        let decays = geometric(low, 10.0 * span, count);
        if self.terms > 1 {
            return decays;
        }
        let growths = decays.iter().map(|tau| -tau);
        growths.chain(decays.iter().copied()).collect()
    }
}

/// All ascending choices of `terms` of the `values`.
fn choices(values: &[f64], terms: usize) -> Vec<Vec<f64>> {
    if terms == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, first) in values.iter().enumerate() {
        for mut rest in choices(&values[at + 1..], terms - 1) {
            rest.insert(0, *first);
            all.push(rest);
        }
    }
    all
}

impl Family for Exponentials {
    fn name(&self) -> String {
        match self.terms {
            1 => "exponential".to_owned(),
            terms => format!("exponentials{terms}"),
        }
    }

    fn formula(&self) -> String {
        let names = self.parameters();
        let term = |k: usize| format!("{}*exp(-x/{}) + ", names[2 * k], names[2 * k + 1]);
        (0..self.terms).map(term).collect::<String>() + "c"
    }

    fn parameters(&self) -> Vec<String> {
        let names = |k: usize| match self.terms {
            1 => ["a".to_owned(), "tau".to_owned()],
            _ => [format!("a{k}"), format!("tau{k}")],
        };
        let terms = (1..=self.terms).flat_map(names);
        terms.chain(["c".to_owned()]).collect()
    }

    fn value(&self, x: f64, p: &[f64]) -> f64 {
        let (terms, background) = p.split_at(2 * self.terms);
        let terms = terms.chunks(2).map(|term| term[0] * (-x / term[1]).exp());
        terms.sum::<f64>() + background[0]
    }

    fn gradient(&self, x: f64, p: &[f64], gradient: &mut [f64]) -> f64 {
        let mut value = p[2 * self.terms];
        for (term, gradient) in p.chunks_exact(2).zip(gradient.chunks_exact_mut(2)) {
            let exponential = (-x / term[1]).exp();
            value += term[0] * exponential;
            gradient[0] = exponential;
            gradient[1] = term[0] * exponential * (x / term[1]) / term[1];
        }
        gradient[2 * self.terms] = 1.0;
        value
    }

    fn guess(&self, data: &Data, known: &Known) -> Option<Vec<f64>> {
        let held = &known.held[..];
        let data = data.averaged(512);
        let places: Vec<usize> = (0..self.terms).map(|k| 2 * k + 1).collect();
        let free = places
            .iter()
            .filter(|&&place| held[place].is_none())
            .count();
        let candidates = choices(&self.times(&data), free).into_iter().map(|times| {
            let mut times = times.into_iter();
            let time = |&place: &usize| {
                let tried = held[place].or_else(|| times.next());
                known.nearest(place, tried.unwrap_or(f64::NAN))
            };
            places.iter().map(time).collect::<Vec<f64>>()
        });
        // The columns begin at 1 at one end of the data, so that none overflows.
        let origin = |tau: f64| if tau > 0.0 { data.first() } else { data.last() };
        let found = best(
            &data,
            candidates,
            self.terms + 1,
            |x, times, row| {
                for (entry, tau) in row.iter_mut().zip(times) {
                    *entry = ((origin(*tau) - x) / tau).exp();
                }
                row[times.len()] = 1.0;
            },
            |times: &Vec<f64>| {
                let height =
                    |(k, tau): (usize, &f64)| known.coefficient(2 * k, (-origin(*tau) / tau).exp());
                let heights = times.iter().enumerate().map(height);
                let background = known.coefficient(2 * self.terms, 1.0);
                heights.chain([background]).collect::<Vec<_>>()
            },
        )?;
        let c = &found.coefficients;
        let term = |(tau, c): (&f64, &f64)| [c * (origin(*tau) / tau).exp(), *tau];
        let terms = found.alpha.iter().zip(c).flat_map(term);
        Some(terms.chain(c.last().copied()).collect())
    }
}
