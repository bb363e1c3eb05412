//! A formula whose names have a meaning: a flat list of operations.

use std::cell::RefCell;
use std::f64::consts::PI;

use crate::function::{Function, Function2};
use crate::grammar::Name;
use crate::operator::Operator;
use crate::tree::{Id, Node};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Constant(f64),
    Column(usize),
    Parameter(usize),
    Negate(Id),
    Binary(Operator, Id, Id),
    Call(Function, Id),
    Call2(Function2, Id, Id),
}

/// A formula f(x, p) of columns x and parameters p, which computes its value and its gradient ∂f/∂p.
///
/// Columns and parameters have the order in which [`Expression::program`](crate::Expression::program) got their names.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    operations: Vec<Operation>,
    /// Whether each operation depends on a parameter.
    depends: Vec<bool>,
    parameters: usize,
}

thread_local! {
    /// The results of the operations, and their adjoints.
    static WORK: RefCell<(Vec<f64>, Vec<f64>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

impl Program {
    /// # Errors
    /// The first name that is no column, no parameter, and not `pi`.
    pub(crate) fn new<'n>(
        nodes: &[Node],
        names: &'n [Name],
        columns: &[&str],
        parameters: &[&str],
    ) -> Result<Self, &'n Name> {
        let meaning = |name: &'n Name| {
            let at = |names: &[&str]| names.iter().position(|known| *known == name.text);
            at(parameters)
                .map(Operation::Parameter)
                .or_else(|| at(columns).map(Operation::Column))
                .or_else(|| (name.text == "pi").then_some(Operation::Constant(PI)))
                .ok_or(name)
        };
        let meanings: Result<Vec<Operation>, _> = names.iter().map(meaning).collect();
        let meanings = meanings?;
        let mut program = Self {
            operations: Vec::with_capacity(nodes.len()),
            depends: Vec::with_capacity(nodes.len()),
            parameters: parameters.len(),
        };
        // The place of the operation of each node.
        let mut places = Vec::with_capacity(nodes.len());
        for node in nodes {
            let operation = match *node {
                Node::Number(value) => Operation::Constant(value),
                Node::Name(name) => meanings[name],
                Node::Negate(a) => Operation::Negate(places[a]),
                Node::Binary(operator, a, b) => Operation::Binary(operator, places[a], places[b]),
                Node::Call(function, a) => Operation::Call(function, places[a]),
                Node::Call2(function, a, b) => Operation::Call2(function, places[a], places[b]),
            };
            places.push(program.push(operation));
        }
        Ok(program)
    }

    /// Appends an operation. Operations on constants are computed at once.
    fn push(&mut self, operation: Operation) -> Id {
        let depends = match operation {
            Operation::Constant(_) | Operation::Column(_) => false,
            Operation::Parameter(_) => true,
            Operation::Negate(a) | Operation::Call(_, a) => self.depends[a],
            Operation::Binary(_, a, b) | Operation::Call2(_, a, b) => {
                self.depends[a] || self.depends[b]
            }
        };
        let constant = |a: Id| match self.operations[a] {
            Operation::Constant(value) => Some(value),
            _ => None,
        };
        let folded = match operation {
            Operation::Negate(a) => constant(a).map(|a| -a),
            Operation::Call(function, a) => constant(a).map(|a| function.value(a)),
            Operation::Binary(operator, a, b) => constant(a)
                .zip(constant(b))
                .map(|(a, b)| operator.value(a, b)),
            Operation::Call2(function, a, b) => constant(a)
                .zip(constant(b))
                .map(|(a, b)| function.value(a, b)),
            _ => None,
        };
        if let Some(value) = folded {
            // Constant operands are single operations, and the last ones.
            self.operations.truncate(first(operation));
            self.depends.truncate(first(operation));
            return self.push(Operation::Constant(value));
        }
        self.operations.push(operation);
        self.depends.push(depends);
        self.operations.len() - 1
    }

    /// The number of parameters.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// The parameters in which the formula is linear: for given values of the others, it is c₀ + Σ cⱼ·pⱼ. Of a product of
    /// two parameters, the first is one of them, and the second is not.
    ///
    /// ```
    /// let decay = leastwise_expression::Expression::parse("a*exp(-t/tau) + c")?;
    /// assert_eq!(decay.program(&["t"], &["a", "tau", "c"])?.linear(), [0, 2]);
    /// # Ok::<(), leastwise_expression::Mistake>(())
    /// ```
    #[must_use]
    pub fn linear(&self) -> Vec<usize> {
        let mut is_linear = vec![false; self.parameters];
        for parameter in 0..self.parameters {
            is_linear[parameter] = true;
            is_linear[parameter] = self.degree(&is_linear) <= 1;
        }
        let linear = (0..self.parameters).filter(|&parameter| is_linear[parameter]);
        linear.collect()
    }

    /// 0 if the formula does not depend on the chosen parameters, 1 if it is linear in them, and 2 otherwise.
    fn degree(&self, is_chosen: &[bool]) -> u8 {
        let mut degrees: Vec<u8> = Vec::with_capacity(self.operations.len());
        for operation in &self.operations {
            let only_constant = |degree: u8| if degree == 0 { 0 } else { 2 };
            let degree = match *operation {
                Operation::Constant(_) | Operation::Column(_) => 0,
                Operation::Parameter(parameter) => u8::from(is_chosen[parameter]),
                Operation::Negate(a) => degrees[a],
                Operation::Binary(Operator::Plus | Operator::Minus, a, b) => {
                    degrees[a].max(degrees[b])
                }
                Operation::Binary(Operator::Times, a, b) => (degrees[a] + degrees[b]).min(2),
                Operation::Binary(Operator::Over, a, b) if degrees[b] == 0 => degrees[a],
                Operation::Binary(_, a, b) | Operation::Call2(_, a, b) => {
                    only_constant(degrees[a].max(degrees[b]))
                }
                Operation::Call(_, a) => only_constant(degrees[a]),
            };
            degrees.push(degree);
        }
        degrees.last().copied().unwrap_or(0)
    }

    /// f(x, p). A column or a parameter that is missing is NaN.
    #[must_use]
    pub fn value(&self, columns: &[f64], parameters: &[f64]) -> f64 {
        WORK.with_borrow_mut(|(values, _)| self.forward(columns, parameters, values))
    }

    /// Writes ∂f/∂p to `gradient`, and returns f(x, p). Entries beyond the parameters become 0.
    pub fn gradient(&self, columns: &[f64], parameters: &[f64], gradient: &mut [f64]) -> f64 {
        WORK.with_borrow_mut(|(values, adjoints)| {
            let value = self.forward(columns, parameters, values);
            self.backward(values, adjoints, gradient);
            value
        })
    }

    fn forward(&self, columns: &[f64], parameters: &[f64], values: &mut Vec<f64>) -> f64 {
        values.clear();
        let entry = |of: &[f64], at: usize| of.get(at).copied().unwrap_or(f64::NAN);
        for operation in &self.operations {
            let value = match *operation {
                Operation::Constant(value) => value,
                Operation::Column(at) => entry(columns, at),
                Operation::Parameter(at) => entry(parameters, at),
                Operation::Negate(a) => -values[a],
                Operation::Binary(operator, a, b) => operator.value(values[a], values[b]),
                Operation::Call(function, a) => function.value(values[a]),
                Operation::Call2(function, a, b) => function.value(values[a], values[b]),
            };
            values.push(value);
        }
        values.last().copied().unwrap_or(f64::NAN)
    }

    /// The adjoint of an operation is the derivative of f with respect to its result.
    fn backward(&self, values: &[f64], adjoints: &mut Vec<f64>, gradient: &mut [f64]) {
        gradient.fill(0.0);
        adjoints.clear();
        adjoints.resize(values.len(), 0.0);
        if let Some(last) = adjoints.last_mut() {
            *last = 1.0;
        }
        for (at, operation) in self.operations.iter().enumerate().rev() {
            let adjoint = adjoints[at];
            if !self.depends[at] || adjoint == 0.0 {
                continue;
            }
            let mut add = |operand: Id, derivative: f64| {
                // A derivative of 0 must not become NaN if the adjoint is infinite.
                if derivative != 0.0 {
                    adjoints[operand] += adjoint * derivative;
                }
            };
            match *operation {
                Operation::Constant(_) | Operation::Column(_) => {}
                Operation::Parameter(parameter) => {
                    if let Some(entry) = gradient.get_mut(parameter) {
                        *entry += adjoint;
                    }
                }
                Operation::Negate(a) => add(a, -1.0),
                Operation::Call(function, a) => add(a, function.derivative(values[a], values[at])),
                Operation::Binary(operator, a, b) => {
                    if self.depends[a] {
                        add(a, operator.by_first(values[a], values[b]));
                    }
                    if self.depends[b] {
                        add(b, operator.by_second(values[a], values[b], values[at]));
                    }
                }
                Operation::Call2(function, a, b) => {
                    let (by_a, by_b) = function.derivatives(values[a], values[b]);
                    add(a, by_a);
                    add(b, by_b);
                }
            }
        }
    }
}

/// The place of the first operand of an operation.
fn first(operation: Operation) -> Id {
    match operation {
        Operation::Negate(a)
        | Operation::Call(_, a)
        | Operation::Binary(_, a, _)
        | Operation::Call2(_, a, _) => a,
        _ => usize::MAX,
    }
}
