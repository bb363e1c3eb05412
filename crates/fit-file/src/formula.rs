//! What is fitted: a formula that a person typed, or a model that starts itself.

use std::borrow::Cow;

use leastwise_expression::{Expression, Program};
use leastwise_models::Model;
use leastwise_optim::Bounds;

use crate::columns::Columns;
use crate::error::{Result, bad_input};
use crate::ties::{Follower, Order, Tie};

/// The function f(row, p). A row has the columns that f uses.
pub(crate) enum Formula {
    Typed(Program),
    Known(Known),
}

/// A model that starts itself, among the parameters of a fit.
pub(crate) struct Known {
    pub(crate) model: Model,
    /// The place of each parameter of the model.
    pub(crate) places: Vec<usize>,
}

impl Known {
    /// The parameters of the model. They are the first ones, unless ties have changed the order.
    fn own<'p>(&self, p: &'p [f64]) -> Cow<'p, [f64]> {
        if self.places.iter().enumerate().all(|(k, &j)| k == j) {
            Cow::Borrowed(&p[..self.places.len()])
        } else {
            self.places.iter().map(|&j| p[j]).collect()
        }
    }

    fn gradient(&self, x: f64, p: &[f64], gradient: &mut [f64]) {
        let own = self.own(p);
        match own {
            Cow::Borrowed(own) => {
                let (first, rest) = gradient.split_at_mut(own.len());
                self.model.gradient(x, own, first);
                rest.fill(0.0);
            }
            Cow::Owned(own) => {
                let mut derivatives = vec![0.0; own.len()];
                self.model.gradient(x, &own, &mut derivatives);
                gradient.fill(0.0);
                for (&place, derivative) in self.places.iter().zip(derivatives) {
                    gradient[place] = derivative;
                }
            }
        }
    }
}

impl Formula {
    pub(crate) fn value(&self, row: &[f64], p: &[f64]) -> f64 {
        match self {
            Self::Typed(program) => program.value(row, p),
            Self::Known(known) => known.model.value(row[0], &known.own(p)),
        }
    }

    pub(crate) fn gradient(&self, row: &[f64], p: &[f64], gradient: &mut [f64]) {
        match self {
            Self::Typed(program) => {
                program.gradient(row, p, gradient);
            }
            Self::Known(known) => known.gradient(row[0], p, gradient),
        }
    }
}

/// A model, with the columns and the parameters that it has.
pub(crate) struct Chosen {
    pub(crate) formula: Formula,
    /// The right-hand side, for people.
    pub(crate) text: String,
    /// The columns of a row.
    pub(crate) columns: Vec<usize>,
    /// All parameters. Tied ones follow those that they need.
    pub(crate) parameters: Vec<String>,
    /// For each parameter, its tie.
    pub(crate) followers: Vec<Option<Follower>>,
    /// For each tied parameter, the places of the parameters in its formula.
    pub(crate) needs: Vec<(usize, Vec<usize>)>,
    /// The parameters in which the formula is linear, whatever the others are.
    pub(crate) linear: Vec<usize>,
    /// The bounds that the model itself has. A tied parameter has none, because its tie has them.
    pub(crate) bounds: Bounds<f64>,
}

impl Chosen {
    /// The model with this name, or the formula. `given` are the names of parameters that have a value or a tie.
    ///
    /// # Errors
    /// A mistake in the formula or in a tie, with its place, and a name that is neither a column nor has a value.
    pub(crate) fn new(
        text: &str,
        (columns, x): (&Columns, usize),
        given: &[&str],
        ties: &[Tie<'_>],
    ) -> Result<Self> {
        match Model::named(text.trim()) {
            Some(model) => Self::known(model, (columns, x), given, ties),
            None => Self::typed(text, (columns, x), given, ties),
        }
    }

    fn known(
        model: Model,
        (columns, x): (&Columns, usize),
        given: &[&str],
        ties: &[Tie<'_>],
    ) -> Result<Self> {
        let own = model.parameters();
        let order = Order::new(own.clone(), given, ties, columns)?;
        let place = |name: &String| order.names.iter().position(|known| known == name);
        let places: Vec<usize> = own.iter().filter_map(place).collect();
        let mut followers = order.followers;
        let own_bounds = model.bounds();
        let mut bounds = Bounds::none(order.names.len());
        for (k, &j) in places.iter().enumerate() {
            let (low, high) = (own_bounds.lower()[k], own_bounds.upper()[k]);
            match &mut followers[j] {
                Some(follower) => follower.limits = (low, high),
                // The bounds of every model are valid.
                None => bounds = bounds.clone().with(j, low, high).unwrap_or(bounds),
            }
        }
        Ok(Self {
            text: model.formula(),
            columns: vec![x],
            parameters: order.names,
            followers,
            needs: order.needs,
            linear: Vec::new(),
            bounds,
            formula: Formula::Known(Known { model, places }),
        })
    }

    fn typed(
        text: &str,
        (columns, x): (&Columns, usize),
        given: &[&str],
        ties: &[Tie<'_>],
    ) -> Result<Self> {
        let expression =
            Expression::parse(text).map_err(|mistake| bad_input(format!("--model, {mistake}")))?;
        let names: Vec<&str> = expression.names().collect();
        let mut callable = columns.callable();
        if !callable.iter().any(|(name, _)| name == "x") {
            callable.push(("x".to_owned(), x));
        }
        let is_word = text
            .chars()
            .all(|c| c.is_alphanumeric() || c == '-' || c == '_');
        let mut parameters = Vec::new();
        let mut used: Vec<(&str, usize)> = Vec::new();
        for name in names {
            let column = callable.iter().find(|(known, _)| known == name);
            let is_column = column.is_some();
            let is_alias =
                name == "x" && column.is_some_and(|(_, column)| columns.name(*column) != "x");
            if given.contains(&name) {
                if is_column && !is_alias {
                    let problem = "this name is that of a column, but --start, --fix or --tie gives it a value";
                    return Err(bad_input(format!(
                        "--model, {}",
                        expression.mistake(name, problem)
                    )));
                }
                parameters.push(name);
            } else if let Some((_, column)) = column {
                used.push((name, *column));
            } else if name != "pi" {
                if is_word {
                    let models: Vec<String> = Model::all().iter().map(Model::name).collect();
                    return Err(bad_input(format!(
                        "--model: {text} is neither a formula nor a model; the models are {}",
                        models.join(", ")
                    )));
                }
                let hint = if name == "e" {
                    "; Euler's number is exp(1)"
                } else {
                    ""
                };
                let problem = format!(
                    "{name} is not a column and has no start; the columns are {}; for a parameter, add {name}=… to \
                     --start{hint}",
                    columns.list()
                );
                return Err(bad_input(format!(
                    "--model, {}",
                    expression.mistake(name, &problem)
                )));
            }
        }
        let own = parameters.into_iter().map(str::to_owned).collect();
        let order = Order::new(own, given, ties, columns)?;
        let names: Vec<&str> = used.iter().map(|(name, _)| *name).collect();
        let parameters: Vec<&str> = order.names.iter().map(String::as_str).collect();
        let program = expression.program(&names, &parameters);
        let program = program.map_err(|mistake| bad_input(format!("--model, {mistake}")))?;
        Ok(Self {
            linear: linear(&program, &order),
            formula: Formula::Typed(program),
            text: expression.to_string(),
            columns: used.into_iter().map(|(_, column)| column).collect(),
            bounds: Bounds::none(order.names.len()),
            parameters: order.names,
            followers: order.followers,
            needs: order.needs,
        })
    }

    /// The ties, such as `tau2 = 3*tau1`.
    pub(crate) fn ties(&self) -> impl Iterator<Item = String> {
        let pairs = self.parameters.iter().zip(&self.followers);
        pairs.filter_map(|(name, follower)| Some(format!("{name} = {}", follower.as_ref()?.text)))
    }

    /// Whether the only column is `x`, so that the model is a curve over it.
    pub(crate) fn is_curve_over(&self, x: usize) -> bool {
        self.columns.iter().all(|&column| column == x)
    }
}

/// The untied parameters in which the formula with its ties is linear.
fn linear(program: &Program, order: &Order) -> Vec<usize> {
    let of_formula = program.linear();
    let mut linear = of_formula.clone();
    for (tied, needs) in &order.needs {
        linear.retain(|j| j != tied);
        let Some(follower) = &order.followers[*tied] else {
            continue;
        };
        let of_tie = follower.linear();
        // A tie of a tie is not looked through.
        let is_needed = |(_, needs): &(usize, Vec<usize>)| needs.contains(tied);
        let is_last = !order.needs.iter().any(is_needed);
        let stays = |j: &usize| is_last && of_formula.contains(tied) && of_tie.contains(j);
        linear.retain(|j| !needs.contains(j) || stays(j));
    }
    linear
}
