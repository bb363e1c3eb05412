//! Parameters that are formulas of others: `tau2=3*tau1`.

use leastwise_expression::{Expression, Program};

use crate::columns::Columns;
use crate::error::{Result, bad_input};

/// A tie as the user states it.
pub(crate) struct Tie<'a> {
    pub(crate) name: &'a str,
    expression: Expression,
}

impl<'a> Tie<'a> {
    /// # Errors
    /// A mistake in the formula, with its place.
    pub(crate) fn new(name: &'a str, formula: &str) -> Result<Self> {
        let expression = Expression::parse(formula);
        let expression =
            expression.map_err(|mistake| bad_input(format!("--tie, {name}, {mistake}")))?;
        Ok(Self { name, expression })
    }

    /// The names of the parameters from which this one follows.
    fn needs(&self) -> impl Iterator<Item = &str> {
        self.expression.names()
    }
}

/// A tie that can be evaluated.
#[derive(Clone)]
pub(crate) struct Follower {
    program: Program,
    /// The formula, for people.
    pub(crate) text: String,
    /// The bounds of the model. Outside, the tie is NaN, which a fit avoids.
    pub(crate) limits: (f64, f64),
}

impl Follower {
    /// The value, from all parameters before this one.
    pub(crate) fn value(&self, before: &[f64]) -> f64 {
        let value = self.raw(before);
        if self.limits.0 <= value && value <= self.limits.1 {
            value
        } else {
            f64::NAN
        }
    }

    /// The value of the formula, wherever it is.
    pub(crate) fn raw(&self, before: &[f64]) -> f64 {
        self.program.value(&[], before)
    }

    /// The places of the parameters in which the formula is linear together.
    pub(crate) fn linear(&self) -> Vec<usize> {
        self.program.linear()
    }
}

/// All parameters, in an order in which each tie follows the parameters that it needs.
pub(crate) struct Order {
    pub(crate) names: Vec<String>,
    /// For each parameter, its tie.
    pub(crate) followers: Vec<Option<Follower>>,
    /// For each tied parameter, the places of the parameters in its formula.
    pub(crate) needs: Vec<(usize, Vec<usize>)>,
}

impl Order {
    /// `own` are the parameters of the model. A formula may have others that are `given` a value.
    ///
    /// # Errors
    /// A tie of a name that is no parameter, a formula with such a name, and a circle of ties.
    pub(crate) fn new(
        own: Vec<String>,
        given: &[&str],
        ties: &[Tie<'_>],
        columns: &Columns,
    ) -> Result<Self> {
        let names = all_names(own, given, ties, columns)?;
        let names = sorted(&names, ties)?;
        let mut order = Self {
            followers: vec![None; names.len()],
            needs: Vec::new(),
            names,
        };
        for tie in ties {
            let place = |name: &str| order.names.iter().position(|known| known == name);
            let Some(own) = place(tie.name) else {
                continue;
            };
            let before: Vec<&str> = order.names[..own].iter().map(String::as_str).collect();
            let program = tie.expression.program(&[], &before);
            let program =
                program.map_err(|mistake| bad_input(format!("--tie, {}, {mistake}", tie.name)))?;
            let needs = tie.needs().filter_map(place).collect();
            order.needs.push((own, needs));
            order.followers[own] = Some(Follower {
                program,
                text: tie.expression.to_string(),
                limits: (f64::NEG_INFINITY, f64::INFINITY),
            });
        }
        Ok(order)
    }
}

/// The parameters of the model, and those that only ties have.
fn all_names(
    own: Vec<String>,
    given: &[&str],
    ties: &[Tie<'_>],
    columns: &Columns,
) -> Result<Vec<String>> {
    let mut names = own;
    let mut known = 0;
    // A tie may bring names whose ties bring more.
    while known < names.len() {
        let name = names[known].clone();
        known += 1;
        let Some(tie) = ties.iter().find(|tie| tie.name == name) else {
            continue;
        };
        for need in tie.needs() {
            if names.iter().any(|known| known == need) {
                continue;
            }
            if given.contains(&need) {
                names.push(need.to_owned());
            } else if need != "pi" {
                let problem = unknown(need, &names, columns);
                let mistake = tie.expression.mistake(need, &problem);
                return Err(bad_input(format!("--tie, {name}, {mistake}")));
            }
        }
    }
    if let Some(tie) = ties.iter().find(|tie| !names.iter().any(|n| n == tie.name)) {
        return Err(bad_input(format!(
            "--tie: the model has no parameter {}; its parameters are {}",
            tie.name,
            names.join(", ")
        )));
    }
    Ok(names)
}

fn unknown(name: &str, names: &[String], columns: &Columns) -> String {
    if columns.callable().iter().any(|(column, _)| column == name) {
        return format!("{name} is a column, but a tie is a formula of parameters");
    }
    let hint = if name == "e" {
        "; Euler's number is exp(1)"
    } else {
        ""
    };
    format!(
        "{name} is not a parameter; the parameters are {}; for another one, add {name}=… to --start or --fix{hint}",
        names.join(", ")
    )
}

/// The names in their order, except that a tied one waits for those that it needs.
fn sorted(names: &[String], ties: &[Tie<'_>]) -> Result<Vec<String>> {
    let mut sorted: Vec<String> = Vec::with_capacity(names.len());
    while sorted.len() < names.len() {
        let is_ready = |name: &&String| {
            let tie = ties.iter().find(|tie| tie.name == **name);
            let is_known = |need: &str| {
                sorted.iter().any(|known| known == need) || !names.iter().any(|n| n == need)
            };
            !sorted.contains(*name) && tie.is_none_or(|tie| tie.needs().all(is_known))
        };
        let Some(next) = names.iter().find(is_ready) else {
            return Err(circle(ties, &sorted));
        };
        sorted.push(next.clone());
    }
    Ok(sorted)
}

/// Names a circle among the ties that wait for each other.
fn circle(ties: &[Tie<'_>], sorted: &[String]) -> crate::error::Error {
    let waiting = |name: &str| {
        let tie = ties.iter().find(|tie| tie.name == name);
        tie.filter(|tie| !sorted.iter().any(|known| known == tie.name))
    };
    let mut path: Vec<&str> = Vec::new();
    let mut next = ties.iter().find(|tie| waiting(tie.name).is_some());
    while let Some(tie) = next.filter(|tie| !path.contains(&tie.name)) {
        path.push(tie.name);
        // One of the names that it needs waits, too.
        next = tie.needs().find_map(waiting);
    }
    let first = next.map_or("", |tie| tie.name);
    let start = path.iter().position(|name| *name == first).unwrap_or(0);
    let circle = &path[start..];
    bad_input(match circle {
        [one] => format!("--tie: {one} follows from itself"),
        _ => format!(
            "--tie: {} and {first} follow from each other in a circle",
            circle.join(", ")
        ),
    })
}
