//! The growth of a time: the exponent p of t ∝ nᵖ.

/// The slope of log t over log n by least squares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exponent {
    pub(super) slope: f64,
    /// The standard error of the slope, from the scatter of the points. Two points have none.
    pub(super) standard_error: Option<f64>,
    /// The range of sizes of the fit.
    pub(super) from: usize,
    pub(super) to: usize,
}

/// `2.94 ± 0.03`
impl std::fmt::Display for Exponent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Adding zero turns −0 into 0.
        write!(f, "{:.2}", (100.0 * self.slope).round() / 100.0 + 0.0)?;
        self.standard_error
            .map_or(Ok(()), |error| write!(f, " ± {error:.2}"))
    }
}

impl Exponent {
    /// Fits the upper half of the sizes of `points`, where the terms of lower order are smallest, and at least two of
    /// them. A point is a size and a time, and the sizes ascend.
    ///
    /// The standard error is √( Σe² / (N − 2) / Σ(x − x̄)² ) for the residuals e of N points.
    pub(super) fn fit(points: &[(usize, f64)]) -> Option<Self> {
        let upper = &points[points.len() / 2..];
        let upper = if upper.len() < 2 { points } else { upper };
        let [(from, _), .., (to, _)] = *upper else {
            return None;
        };
        let logs: Vec<(f64, f64)> = upper
            .iter()
            .map(|&(n, t)| ((n as f64).ln(), t.ln()))
            .collect();
        let count = logs.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / count;
        let (x_mean, y_mean) = (mean(|p| p.0), mean(|p| p.1));
        let sxx: f64 = logs.iter().map(|(x, _)| (x - x_mean).powi(2)).sum();
        let products = logs.iter().map(|(x, y)| (x - x_mean) * (y - y_mean));
        let slope = products.sum::<f64>() / sxx;
        let residuals = logs.iter().map(|(x, y)| y - y_mean - slope * (x - x_mean));
        let squares: f64 = residuals.map(|e| e * e).sum();
        let error = || (squares / (count - 2.0) / sxx).sqrt();
        Some(Self {
            slope,
            standard_error: (logs.len() > 2).then(error),
            from,
            to,
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    fn power_law(exponent: f64, sizes: &[usize]) -> Vec<(usize, f64)> {
        let time = |&n: &usize| (n, 3e-9 * (n as f64).powf(exponent));
        sizes.iter().map(time).collect()
    }

    #[test]
    fn a_power_law_has_its_exponent() {
        let sizes = [8, 16, 32, 64, 128, 256];
        for exponent in [0.0, 1.0, 2.5, 6.0] {
            let fit = Exponent::fit(&power_law(exponent, &sizes)).unwrap();
            // Each logarithm is at most 30 and has a relative error of a few u, and the span of the
            // centred log n is 1.4.
            let bound = 100.0 * f64::EPSILON * (1.0 + exponent);
            assert!((fit.slope - exponent).abs() <= bound, "{fit:?}");
            assert!(fit.standard_error.unwrap() <= bound);
            assert_eq!((fit.from, fit.to), (64, 256));
        }
    }

    #[test]
    fn only_the_upper_half_counts() {
        let mut points = power_law(3.0, &[8, 16, 32, 64, 128, 256]);
        points[0].1 = 1.0;
        points[2].1 = 1.0;
        let slope = Exponent::fit(&points).unwrap().slope;
        assert!((slope - 3.0).abs() < 400.0 * f64::EPSILON, "{slope}");
    }

    #[test]
    fn few_points_have_no_error_or_no_exponent() {
        assert_eq!(Exponent::fit(&[]), None);
        assert_eq!(Exponent::fit(&[(8, 1.0)]), None);
        let fit = Exponent::fit(&[(8, 1.0), (16, 2.0)]).unwrap();
        assert!((fit.slope - 1.0).abs() < 4.0 * f64::EPSILON);
        assert_eq!(fit.standard_error, None);
        // The upper half of three points has two.
        let fit = Exponent::fit(&power_law(2.0, &[8, 16, 32])).unwrap();
        assert_eq!((fit.from, fit.standard_error), (16, None));
    }

    /// The slope over its standard error follows Student's distribution with N − 2 = 6 degrees of
    /// freedom. It is beyond 2.447 in 5 % of the draws.
    #[test]
    fn the_error_covers_what_noise_does() {
        const DRAWS: u32 = 400;
        let sizes: Vec<usize> = (0..16).map(|i| 8 << i).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut covered = 0;
        for _ in 0..DRAWS {
            let mut points = power_law(3.0, &sizes);
            for (_, time) in &mut points {
                let z: f64 = StandardNormal.sample(&mut rng);
                *time *= (0.1 * z).exp();
            }
            let fit = Exponent::fit(&points).unwrap();
            covered += u32::from((fit.slope - 3.0).abs() <= 2.447 * fit.standard_error.unwrap());
        }
        // 380 expected, with a standard deviation of 4.4.
        assert!((363..=397).contains(&covered), "{covered} of {DRAWS}");
    }
}
