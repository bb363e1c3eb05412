//! A fit whose rows are shared by the ranks of a parallel program.

use leastwise_core::{Error, Result, Scalar};

use super::builder::{Fit, check as check_all, free_indices, without_held};
use super::guarded::{Guarded, Whole};
use super::{Fitted, Parameters};
use crate::caught::OPERATION;
use crate::ranks::{Message, Number, Ranks, hash};
use crate::tall::{Layers, Part, Sample, Tall, Team, Walk};
use crate::{LeastSquaresProblem, Observer, check};

/// A [`Fit`] of rows that are shared by the ranks of a parallel program; see [`Fit::across`].
#[derive(Clone, Debug)]
pub struct RankedFit<'b, 'r, T: Scalar> {
    fit: Fit<'b, T>,
    ranks: &'r Ranks,
}

impl<'b, T: Scalar> Fit<'b, T> {
    /// The same fit of the rows of all ranks. Set the other options before, which must be those of all ranks.
    ///
    /// Every rank runs it at the same time, with a problem of its own rows, and gets the same parameters and statistics with
    /// the same bits. [`Fitted::residuals`] and [`Fitted::jacobian`] are those of its rows. The problems have the same
    /// parameters, and differ in their data only. A rank may have no rows ([`Curve::of_part`](crate::Curve::of_part)).
    ///
    /// The rows can be evaluated on their own ([`by_rows`](LeastSquaresProblem::by_rows)), as those of a
    /// [`Curve`](crate::Curve). J is never stored, whatever its size; see [`Fit::run`] for tall problems. The result has the
    /// same bits whenever the same ranks have the same rows. With another number of ranks, rounding differs. It is at most a
    /// small multiple of that of one process, because a row passes through at most ⌈log₂ R⌉ more merges for R ranks.
    ///
    /// [Observers](Observer) of all ranks see each step, and one of them stops all ranks.
    ///
    /// ```
    /// use leastwise_core::{Error, Result};
    /// use leastwise_faer::Faer;
    /// use leastwise_optim::ranks::on_threads;
    /// use leastwise_optim::{Curve, FiniteDifferences, Fit};
    ///
    /// let t: Vec<f64> = (0..12).map(f64::from).collect();
    /// let y: Vec<f64> = t.iter().map(|t| 3.0 * (-0.4 * t).exp() + 1e-3 * (5.0 * t).sin()).collect();
    /// let decay = |t: f64, p: &[f64]| p[0] * (-p[1] * t).exp();
    ///
    /// let fits: Vec<Result<_>> = on_threads(3, |ranks| {
    ///     // Rows 0 to 3, 4 to 7 and 8 to 11.
    ///     let own = 4 * ranks.rank()..4 * (ranks.rank() + 1);
    ///     let curve = Curve::of_part(2, decay, &t[own.clone()], &y[own])?;
    ///     let problem = FiniteDifferences::central(curve);
    ///     let backend = Faer::default();
    ///     Fit::new(&backend).across(ranks).run(&problem, &[1.0, 1.0])
    /// });
    /// for fitted in &fits {
    ///     let fitted = fitted.as_ref().map_err(Error::clone)?;
    ///     assert!(fitted.is_success() && fitted.observations == 12);
    ///     assert_eq!(fitted.parameters, fits[0].as_ref().map_err(Error::clone)?.parameters);
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn across<'r>(self, ranks: &'r Ranks) -> RankedFit<'b, 'r, T> {
        RankedFit { fit: self, ranks }
    }
}

/// What a rank tells the others before a run.
struct Card<T> {
    /// What is equal on all ranks, in the order of [`EQUAL`].
    equal: Vec<u64>,
    rows: usize,
    observations: usize,
    is_streamed: bool,
    numbers: [T; 2],
    draft_error: Option<T>,
}

/// What [`Card::equal`] has.
const EQUAL: [&str; 6] = [
    "options of the fit",
    "number of parameters",
    "start",
    "bounds",
    "derivatives",
    "scalar type",
];

impl<T: Scalar> Message for Card<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.equal.write(bytes);
        (self.rows, self.observations, self.is_streamed).write(bytes);
        for number in self.numbers {
            Number(number).write(bytes);
        }
        self.draft_error.map(Number).write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let equal = Message::read(bytes)?;
        let (rows, observations, is_streamed) = Message::read(bytes)?;
        let numbers = [Number::read(bytes)?.0, Number::read(bytes)?.0];
        let draft_error = Option::<Number<T>>::read(bytes)?.map(|number| number.0);
        Some(Self {
            equal,
            rows,
            observations,
            is_streamed,
            numbers,
            draft_error,
        })
    }
}

impl<T: Scalar> RankedFit<'_, '_, T> {
    /// As [`Fit::run`], with the rows of all ranks.
    ///
    /// # Errors
    /// As [`Fit::run`]. [`Error::Rank`] with the error of the first rank that has one, and the row of this rank; all ranks
    /// return it. [`Error::InvalidArgument`] for a problem whose rows cannot be evaluated on their own, or with fewer
    /// residuals than free parameters, for [geodesic
    /// acceleration](crate::levenberg_marquardt::TrustRegion::with_geodesic_acceleration), and for ties, several starts, and
    /// profiles.
    pub fn run<P>(&self, problem: &P, start: impl Into<Parameters<T>>) -> Result<Fitted<T>>
    where
        P: LeastSquaresProblem<T> + ?Sized,
    {
        self.run_observed(problem, start, &mut [])
    }

    /// As [`run`](Self::run), with the observers of this rank.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_observed<P>(
        &self,
        problem: &P,
        start: impl Into<Parameters<T>>,
        observers: &mut [&mut dyn Observer<T>],
    ) -> Result<Fitted<T>>
    where
        P: LeastSquaresProblem<T> + ?Sized,
    {
        let parameters = start.into();
        // One copy of the optimiser, as in `Fit::run_observed`.
        let problem: &dyn LeastSquaresProblem<T> = &problem;
        let possible = self.fit.refuse_several("across ranks", &parameters);
        let resumed = possible.and_then(|()| {
            let bounds = parameters.bounds().cloned();
            self.fit.resumed(parameters, bounds.as_ref())
        });
        let parameters = self.ranks.agree(resumed)?;
        let walk = Walk::Alone(problem);
        let (guarded, part) = self.together(walk, &parameters)?;
        check_all(&guarded, &parameters)?;
        check_determined(&guarded, &parameters)?;
        let fixed = without_held(&guarded, &parameters)?;
        let free = free_indices(fixed.as_ref(), &parameters);
        let at = (&guarded, &free[..]);
        self.fit.run_tall(at, (walk, &part), parameters, observers)
    }

    /// 1.4826·median |rᵢ| of the residuals at `parameters`, of all ranks. It has the bits of
    /// [`robust_scale`](crate::robust_scale) of all these residuals. The robust loss of the fit is not applied.
    ///
    /// The median is found digit by digit, in at most six passes over the rows.
    ///
    /// # Errors
    /// As [`run`](Self::run). [`Error::NonFinite`] for a residual that is not finite.
    pub fn robust_scale<P>(&self, problem: &P, parameters: &[T]) -> Result<T>
    where
        P: LeastSquaresProblem<T> + ?Sized,
    {
        let walk = Walk::Alone(&problem);
        let (guarded, part) = self.together(walk, &parameters.into())?;
        check::entries(
            "robust_scale",
            "parameters",
            guarded.parameters(),
            parameters.len(),
        )?;
        let none = Sample::none();
        let free: Vec<usize> = (0..parameters.len()).collect();
        let layers = Layers {
            sample: None,
            m: part.rows.len(),
            total: part.total,
            is_streamed: part.is_streamed,
            pilot: &none,
            values: parameters,
            free: &free,
            bounds: None,
            free_bounds: None,
            loss: None,
            constant_norm: T::zero(),
            jacobian_error: T::EPSILON,
            draft_error: None,
            rows_per_block: 1024,
        };
        Tall::new(walk, part.team, layers).robust_scale(parameters)
    }

    /// The problem of all ranks.
    fn together<'p>(
        &self,
        walk: Walk<'p, T>,
        parameters: &Parameters<T>,
    ) -> Result<(Guarded<'p, T>, Part<'_>)> {
        let guarded = Guarded::new(walk, parameters.bounds());
        let card = guarded.as_ref().map_err(Error::clone).and_then(|guarded| {
            let Some(by_rows) = guarded.by_rows() else {
                let detail = "must evaluate rows on their own to be fitted across ranks";
                return Err(check::invalid(OPERATION, "problem", detail.to_owned()));
            };
            if self.fit.control().is_accelerated() {
                let detail = "must have no geodesic acceleration to fit across ranks";
                return Err(check::invalid(OPERATION, "control", detail.to_owned()));
            }
            let bits: Vec<u64> = parameters
                .start()
                .iter()
                .map(|x| x.as_f64().to_bits())
                .collect();
            Ok(Card {
                equal: vec![
                    self.fit.digest(parameters),
                    guarded.parameters() as u64,
                    hash(&bits),
                    hash(&format!("{:?}", guarded.bounds())),
                    u64::from(guarded.draft_error().is_some()),
                    size_of::<T>() as u64,
                ],
                rows: guarded.residuals(),
                observations: guarded.observations(),
                is_streamed: by_rows.is_streamed(),
                numbers: [guarded.constant_norm(), guarded.jacobian_error()],
                draft_error: guarded.draft_error(),
            })
        });
        let cards = self.ranks.gather(card)?;
        for (rank, card) in cards.iter().enumerate() {
            let differs = |(own, first): (&u64, &u64)| own != first;
            let place = card.equal.iter().zip(&cards[0].equal).position(differs);
            if let Some(what) = place.and_then(|place| EQUAL.get(place)) {
                let detail = format!(
                    "{OPERATION}: the {what} must be equal on all ranks, but differs from rank 0"
                );
                return Err(Error::Rank { rank, detail });
            }
        }
        let whole = Whole {
            total: cards.iter().map(|card| card.rows).sum(),
            observations: cards.iter().map(|card| card.observations).sum(),
            constant_norm: cards
                .iter()
                .fold(T::zero(), |norm, card| norm.hypot(card.numbers[0])),
            jacobian_error: cards
                .iter()
                .fold(T::zero(), |error, card| error.max(card.numbers[1])),
            draft_error: cards
                .iter()
                .filter_map(|card| card.draft_error)
                .reduce(T::max),
        };
        let first = cards[..self.ranks.rank()]
            .iter()
            .map(|card| card.rows)
            .sum();
        let guarded = guarded?;
        let part = Part {
            team: Team::of(self.ranks),
            rows: first..first + guarded.residuals(),
            total: whole.total,
            is_streamed: cards.iter().any(|card| card.is_streamed),
        };
        Ok((guarded.part_of(&whole), part))
    }
}

/// The rows of all ranks are not fewer than the parameters.
fn check_determined<T: Scalar>(problem: &Guarded<'_, T>, parameters: &Parameters<T>) -> Result<()> {
    let (free, observed) = (parameters.free_count(), problem.observations());
    if observed >= free {
        return Ok(());
    }
    let weighted = if observed < problem.total() {
        " with a weight above 0"
    } else {
        ""
    };
    let detail = format!(
        "must have as many residuals{weighted} as its {free} parameters or more to be fitted across ranks, but it has {observed}"
    );
    Err(check::invalid(OPERATION, "problem", detail))
}
