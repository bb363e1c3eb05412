//! Where a fit starts, and which parameters are held or tied.

use leastwise_core::Error as CoreError;
use leastwise_optim::{Bounds, Parameters};

use crate::args::FitArgs;
use crate::assignments::{formulas, ranges, values};
use crate::error::{Result, bad_input};
use crate::formula::{Chosen, Formula};
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

    /// The start: the guess of a model, moved into the bounds of the user, the values of the user, and the ties.
    pub(crate) fn start(&self, chosen: &Chosen, (x, y): (&[f64], &[f64])) -> Result<Start> {
        let bounds = bounds(chosen, &self.ranges)?;
        let mut values = vec![f64::NAN; chosen.parameters.len()];
        if let Formula::Known(known) = &chosen.formula {
            let guess = known.model.guess(x, y).map_err(|error| {
                let name = known.model.name();
                bad_input(format!("--model {name}: {}", reason(&error)))
            })?;
            for (&place, value) in known.places.iter().zip(guess) {
                values[place] = value;
            }
        }
        for (j, value) in values.iter_mut().enumerate() {
            *value = value.clamp(bounds.lower()[j], bounds.upper()[j]);
        }
        for &(name, value) in &self.starts {
            values[place("--start", name, &chosen.parameters)?] = value;
        }
        let mut held = Vec::new();
        for &(name, value) in &self.fixed {
            let j = place("--fix", name, &chosen.parameters)?;
            values[j] = value;
            held.push(j);
        }
        let mut start = Start {
            values,
            bounds,
            held,
            followers: chosen.followers.clone(),
        };
        start.check_bounds(&chosen.parameters)?;
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

    fn check_bounds(&self, names: &[String]) -> Result<()> {
        for (j, name) in names.iter().enumerate() {
            let (low, high) = (self.bounds.lower()[j], self.bounds.upper()[j]);
            let is_within = low <= self.values[j] && self.values[j] <= high;
            if self.followers[j].is_none() && !is_within {
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
