//! What is fitted: a formula that a person typed, or a model that starts itself.

use leastwise_expression::{Expression, Program};
use leastwise_models::Model;
use leastwise_optim::Bounds;

use crate::columns::Columns;
use crate::error::{Result, bad_input};

/// The function f(row, p). A row has the columns that f uses.
pub(crate) enum Formula {
    Typed(Program),
    Known(Model),
}

impl Formula {
    pub(crate) fn value(&self, row: &[f64], p: &[f64]) -> f64 {
        match self {
            Self::Typed(program) => program.value(row, p),
            Self::Known(model) => model.value(row[0], p),
        }
    }

    pub(crate) fn gradient(&self, row: &[f64], p: &[f64], gradient: &mut [f64]) {
        match self {
            Self::Typed(program) => program.gradient(row, p, gradient),
            Self::Known(model) => model.gradient(row[0], p, gradient),
        };
    }
}

/// A model, with the columns and the parameters that it has.
pub(crate) struct Chosen {
    pub(crate) formula: Formula,
    /// The right-hand side, for people.
    pub(crate) text: String,
    /// The columns of a row.
    pub(crate) columns: Vec<usize>,
    pub(crate) parameters: Vec<String>,
    /// The bounds that the model itself has.
    pub(crate) bounds: Option<Bounds<f64>>,
}

impl Chosen {
    /// The model with this name, or the formula. `given` are the names of parameters that have a value.
    ///
    /// # Errors
    /// A mistake in the formula with its place, and a name that is neither a column nor has a value.
    pub(crate) fn new(text: &str, columns: &Columns, x: usize, given: &[&str]) -> Result<Self> {
        if let Some(model) = Model::named(text.trim()) {
            return Ok(Self {
                text: model.formula(),
                columns: vec![x],
                parameters: model.parameters(),
                bounds: Some(model.bounds()),
                formula: Formula::Known(model),
            });
        }
        Self::typed(text, columns, x, given)
    }

    fn typed(text: &str, columns: &Columns, x: usize, given: &[&str]) -> Result<Self> {
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
                    let problem =
                        "this name is that of a column, but --start or --fix gives it a value";
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
        let names: Vec<&str> = used.iter().map(|(name, _)| *name).collect();
        let program = expression.program(&names, &parameters);
        let program = program.map_err(|mistake| bad_input(format!("--model, {mistake}")))?;
        Ok(Self {
            formula: Formula::Typed(program),
            text: expression.to_string(),
            columns: used.into_iter().map(|(_, column)| column).collect(),
            parameters: parameters.into_iter().map(str::to_owned).collect(),
            bounds: None,
        })
    }

    /// Whether the only column is `x`, so that the model is a curve over it.
    pub(crate) fn is_curve_over(&self, x: usize) -> bool {
        self.columns.iter().all(|&column| column == x)
    }
}
