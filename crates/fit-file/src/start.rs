//! Where a fit starts, and which parameters are held or tied.

use leastwise_core::Error as CoreError;
use leastwise_optim::{Bounds, Parameters};

use crate::args::FitArgs;
use crate::assignments::{formulas, ranges, values};
use crate::data::Data;
use crate::error::{Result, bad_input};
use crate::formula::{Chosen, Formula, Known};
use crate::ties::{Follower, Tie};

/// What the user states about parameters.
pub(crate) struct Stated<'a> {
    starts: Vec<(&'a str, f64)>,
    fixed: Vec<(&'a str, f64)>,
    ranges: Vec<(&'a str, f64, f64)>,
    pub(crate) ties: Vec<Tie<'a>>,
}

/// Where a fit starts.
pub(crate) struct Start {
    pub(crate) values: Vec<f64>,
    pub(crate) bounds: Bounds<f64>,
    /// The places of the parameters that keep their values.
    pub(crate) held: Vec<usize>,
    /// For each parameter, its tie.
    followers: Vec<Option<Follower>>,
}

impl<'a> Stated<'a> {
    pub(crate) fn of(args: &'a FitArgs) -> Result<Self> {
        let ties = formulas("--tie", args.tie.as_deref())?.into_iter();
        let ties: Result<Vec<Tie<'a>>> = ties
            .map(|(name, formula)| Tie::new(name, formula))
            .collect();
        let stated = Self {
            starts: values("--start", args.start.as_deref())?,
            fixed: values("--fix", args.fix.as_deref())?,
            ranges: ranges("--bounds", args.bounds.as_deref())?,
            ties: ties?,
        };
        let is_started = |name: &str| stated.starts.iter().any(|(known, _)| *known == name);
        if let Some((name, _)) = stated.fixed.iter().find(|(name, _)| is_started(name)) {
            let problem = format!("--fix: {name} has a value in --start, too; give it one value");
            return Err(bad_input(problem));
        }
        for tie in &stated.ties {
            stated.check_tie(tie.name)?;
        }
        Ok(stated)
    }

    /// Refuses a tied parameter that has a value or bounds.
    fn check_tie(&self, name: &str) -> Result<()> {
        let is = |known: &str| known == name;
        let flag = if self.starts.iter().any(|(known, _)| is(known)) {
            "a value in --start"
        } else if self.fixed.iter().any(|(known, _)| is(known)) {
            "a value in --fix"
        } else if self.ranges.iter().any(|(known, ..)| is(known)) {
            "bounds in --bounds"
        } else {
            return Ok(());
        };
        let problem = format!("--tie: {name} follows from other parameters, but it has {flag}");
        Err(bad_input(problem))
    }

    /// The names of the parameters that have a value, or follow from others.
    pub(crate) fn given(&self) -> Vec<&'a str> {
        let values = self.starts.iter().chain(&self.fixed);
        let valued = values.map(|(name, _)| *name);
        valued.chain(self.ties.iter().map(|tie| tie.name)).collect()
    }

    /// The start: the values of the user, the guess of a model beside them, moved into the bounds, and the ties.
    pub(crate) fn start(&self, chosen: &Chosen, data: &Data, is_robust: bool) -> Result<Start> {
        let mut start = Start {
            values: vec![f64::NAN; chosen.parameters.len()],
            bounds: bounds(chosen, &self.ranges)?,
            held: Vec::new(),
            followers: chosen.followers.clone(),
        };
        for &(name, value) in &self.starts {
            start.values[place("--start", name, &chosen.parameters)?] = value;
        }
        for &(name, value) in &self.fixed {
            let j = place("--fix", name, &chosen.parameters)?;
            start.values[j] = value;
            start.held.push(j);
        }
        start.check_bounds(&chosen.parameters)?;
        if let Formula::Known(known) = &chosen.formula {
            start.guess(known, chosen, data, is_robust)?;
        }
        start.follow(&chosen.parameters)?;
        Ok(start)
    }
}

impl Start {
    /// The number of parameters that are fitted.
    pub(crate) fn free(&self) -> usize {
        let tied = self.followers.iter().flatten().count();
        self.values.len() - self.held.len() - tied
    }

    /// The parameters of a fit that starts at these values.
    pub(crate) fn parameters(&self, values: &[f64], names: &[String]) -> Parameters<f64> {
        self.with_held(values, names, &self.held)
    }

    /// The same with other parameters held.
    pub(crate) fn with_held(
        &self,
        values: &[f64],
        names: &[String],
        held: &[usize],
    ) -> Parameters<f64> {
        let mut parameters = Parameters::new();
        for (j, name) in names.iter().enumerate() {
            parameters = match self.followers[j].clone() {
                Some(follower) => parameters.tied(name, move |before| follower.value(before)),
                None if held.contains(&j) => parameters.held(name, values[j]),
                None => parameters.free(name, values[j]),
            };
        }
        parameters.with_bounds(self.bounds.clone())
    }

    /// Fills the values that the user does not give with the guess of a model. If bounds or ties change it, the others are
    /// guessed again beside what they have become.
    fn guess(
        &mut self,
        known: &Known,
        chosen: &Chosen,
        data: &Data,
        is_robust: bool,
    ) -> Result<()> {
        let model = &known.model;
        let mut bounds = model.bounds();
        for (k, &place) in known.places.iter().enumerate() {
            let (low, high) = (self.bounds.lower()[place], self.bounds.upper()[place]);
            // Bounds of a fit are valid.
            bounds = bounds.clone().with(k, low, high).unwrap_or(bounds);
        }
        let guess = |values: &[f64]| {
            let mut search = model.search(&data.x, &data.y);
            if let Some(sigmas) = &data.sigmas {
                search = search.with_sigmas(sigmas);
            }
            if is_robust {
                search = search.robust();
            }
            let own = known.places.iter().map(|&place| values[place]).enumerate();
            let held: Vec<(usize, f64)> = own.filter(|(_, value)| !value.is_nan()).collect();
            search.with_bounds(&bounds).with_held(&held).guess()
        };
        let first = guess(&self.values).map_err(|error| {
            let name = model.name();
            bad_input(format!("--model {name}: {}", reason(&error)))
        })?;
        let mut beside = self.values.clone();
        for (&place, &guessed) in known.places.iter().zip(&first) {
            let (low, high) = (self.bounds.lower()[place], self.bounds.upper()[place]);
            self.values[place] = guessed.clamp(low, high);
            if self.values[place] != guessed {
                beside[place] = self.values[place];
            }
        }
        self.follow(&chosen.parameters)?;
        for (tied, needs) in &chosen.needs {
            for &place in needs.iter().chain([tied]) {
                beside[place] = self.values[place];
            }
        }
        // Without a second guess, the first one is still a start.
        let second = guess(&beside).unwrap_or(first);
        for (&place, guessed) in known.places.iter().zip(second) {
            if beside[place].is_nan() {
                let (low, high) = (self.bounds.lower()[place], self.bounds.upper()[place]);
                self.values[place] = guessed.clamp(low, high);
            }
        }
        Ok(())
    }

    /// Refuses values of the user beyond the bounds. A value that is not known is NaN.
    fn check_bounds(&self, names: &[String]) -> Result<()> {
        for (j, name) in names.iter().enumerate() {
            let (low, high) = (self.bounds.lower()[j], self.bounds.upper()[j]);
            if self.values[j] < low || self.values[j] > high {
                let flag = if self.held.contains(&j) {
                    "--fix"
                } else {
                    "--start"
                };
                return Err(bad_input(format!(
                    "{flag}: {name} = {} is outside its bounds, {low} to {high}",
                    self.values[j]
                )));
            }
        }
        Ok(())
    }

    /// Computes the tied parameters.
    fn follow(&mut self, names: &[String]) -> Result<()> {
        for (j, follower) in self.followers.iter().enumerate() {
            let Some(follower) = follower else {
                continue;
            };
            let value = follower.raw(&self.values[..j]);
            let (low, high) = follower.limits;
            let problem = if !value.is_finite() {
                "it must be a finite number".to_owned()
            } else if value < low || value > high {
                format!("the bounds of the model are {low} to {high}")
            } else {
                self.values[j] = value;
                continue;
            };
            let name = &names[j];
            return Err(bad_input(format!(
                "--tie: {name} = {} is {value} at the start, but {problem}",
                follower.text
            )));
        }
        Ok(())
    }
}

/// The place of a parameter.
fn place(flag: &str, name: &str, parameters: &[String]) -> Result<usize> {
    let place = parameters.iter().position(|parameter| parameter == name);
    place.ok_or_else(|| {
        bad_input(format!(
            "{flag}: the model has no parameter {name}; its parameters are {}",
            parameters.join(", ")
        ))
    })
}

/// The bounds of the model and those of the user.
fn bounds(chosen: &Chosen, ranges: &[(&str, f64, f64)]) -> Result<Bounds<f64>> {
    let mut bounds = chosen.bounds.clone();
    for &(name, low, high) in ranges {
        let j = place("--bounds", name, &chosen.parameters)?;
        let (own_low, own_high) = (bounds.lower()[j], bounds.upper()[j]);
        bounds = bounds.with(j, low.max(own_low), high.min(own_high)).map_err(|_| {
            bad_input(format!(
                "--bounds: {name} from {low} to {high} has nothing in common with the bounds of the model, {own_low} to \
                 {own_high}"
            ))
        })?;
    }
    Ok(bounds)
}

/// The argument and the detail of an error, without the operation.
fn reason(error: &CoreError) -> String {
    match error {
        CoreError::Shape {
            argument, detail, ..
        }
        | CoreError::InvalidArgument {
            argument, detail, ..
        } => {
            format!("{argument} {detail}")
        }
        other => other.to_string(),
    }
}
