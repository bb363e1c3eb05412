//! A formula that was read.

use std::fmt;
use std::str::FromStr;

use crate::grammar::{self, Name};
use crate::mistake::Mistake;
use crate::operator::{ATOM, NEGATION, Operator};
use crate::program::Program;
use crate::token::{begins_name, continues_name};
use crate::tree::Node;

/// A formula of numbers, names, operators and functions.
///
/// `Display` prints it with as few parentheses as possible. Reading the printed text gives the same formula, unless
/// its blanks make the text longer than a formula may be.
///
/// ```
/// use leastwise_expression::Expression;
///
/// let gaussian = Expression::parse("a * exp(-((x-mu)/sigma)**2/2)")?;
/// assert_eq!(gaussian.to_string(), "a*exp(-((x - mu)/sigma)^2/2)");
/// assert_eq!(gaussian.names().collect::<Vec<_>>(), ["a", "x", "mu", "sigma"]);
/// # Ok::<(), leastwise_expression::Mistake>(())
/// ```
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    nodes: Vec<Node>,
    names: Vec<Name>,
}

/// Formulas are equal if their trees are.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.nodes == other.nodes && self.names().eq(other.names())
    }
}

impl Expression {
    /// Reads a formula.
    ///
    /// # Errors
    /// [`Mistake`] with its place.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let (nodes, names) = grammar::parse(text)?;
        Ok(Self {
            text: text.to_owned(),
            nodes,
            names,
        })
    }

    /// The names in the order of their first occurrence. `pi` is one of them, if the formula has it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &name.text[..])
    }

    /// A mistake at the first occurrence of a name, for callers that give a name its meaning.
    #[must_use]
    pub fn mistake(&self, name: &str, problem: &str) -> Mistake {
        let name = self.names.iter().find(|known| known.text == name);
        Mistake::new(&self.text, name.map_or(0, |name| name.at), problem)
    }

    /// Gives each name its meaning: an entry of `columns`, an entry of `parameters`, or π. A name in both lists is a
    /// parameter.
    ///
    /// # Errors
    /// [`Mistake`] for the first other name, with the names of all columns and parameters.
    pub fn program(&self, columns: &[&str], parameters: &[&str]) -> Result<Program, Mistake> {
        Program::new(&self.nodes, &self.names, columns, parameters).map_err(|name| {
            let mut problem = format!(
                "{} is neither a column nor a parameter; the columns are {}, and the parameters are {}",
                name.text,
                list(columns),
                list(parameters)
            );
            if name.text == "e" {
                problem += "; Euler's number is exp(1)";
            }
            self.mistake(&name.text, &problem)
        })
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

impl FromStr for Expression {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        Self::parse(text)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The operands that are not yet part of an operation, each with its precedence.
        let mut printed: Vec<(u8, String)> = Vec::new();
        for node in &self.nodes {
            let next = match *node {
                Node::Number(value) => (ATOM, number(value)),
                Node::Name(name) => (ATOM, quoted(&self.names[name].text)),
                Node::Negate(_) => {
                    let operand = enclosed(printed.pop(), NEGATION);
                    (NEGATION, format!("-{operand}"))
                }
                Node::Binary(operator, ..) => {
                    let own = operator.precedence();
                    let (left, right) = match operator {
                        Operator::Power => (ATOM, NEGATION),
                        _ => (own, own + 1),
                    };
                    let right = enclosed(printed.pop(), right);
                    let left = enclosed(printed.pop(), left);
                    (own, format!("{left}{}{right}", operator.sign()))
                }
                Node::Call(function, _) => {
                    let argument = enclosed(printed.pop(), 0);
                    (ATOM, format!("{}({argument})", function.name()))
                }
                Node::Call2(function, ..) => {
                    let second = enclosed(printed.pop(), 0);
                    let first = enclosed(printed.pop(), 0);
                    (ATOM, format!("{}({first}, {second})", function.name()))
                }
            };
            printed.push(next);
        }
        f.write_str(&enclosed(printed.pop(), 0))
    }
}

/// An operand, in parentheses if its precedence is below `least`.
fn enclosed(operand: Option<(u8, String)>, least: u8) -> String {
    match operand {
        Some((precedence, text)) if precedence < least => format!("({text})"),
        Some((_, text)) => text,
        None => String::new(),
    }
}

/// The shortest text that is read as this number.
fn number(value: f64) -> String {
    let text = format!("{value:?}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// A name, between backticks if it would be read as something else.
fn quoted(name: &str) -> String {
    let is_column = name
        .strip_prefix('$')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()));
    let is_word = name.starts_with(begins_name) && name.chars().all(continues_name);
    if is_column || is_word {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}
