//! The grammar: from tokens to a tree, by the shunting-yard algorithm.
//!
//! Operators wait on a stack until an operator that binds less tightly follows. Source: E. W. Dijkstra, *Algol 60
//! translation*, report MR 35/61 of the Mathematisch Centrum (1961).

use crate::function::{self, Function, Function2};
use crate::mistake::Mistake;
use crate::operator::{NEGATION, Operator};
use crate::token::{Placed, Token, tokens};
use crate::tree::{Id, Node};

/// The longest formula, in bytes. It keeps the memory and the time of a pass small.
const LONGEST: usize = 10_000;

/// A name, and the byte of its first occurrence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) at: usize,
}

/// What waits for its operands.
#[derive(Clone, Copy, Debug)]
enum Waiting {
    Negate,
    Binary(Operator),
    /// An open parenthesis at a byte, and the function before it.
    Open(usize, Option<Callee>),
}

#[derive(Clone, Copy, Debug)]
enum Callee {
    One(Function),
    /// The first argument is the node, as soon as it is known.
    Two(Function2, Option<Id>),
    Power(Option<Id>),
}

impl Callee {
    fn named(name: &str) -> Option<Self> {
        let one = Function::named(name).map(Self::One);
        let two = || Function2::named(name).map(|f| Self::Two(f, None));
        one.or_else(two)
            .or((name == "pow").then_some(Self::Power(None)))
    }
}

/// Whether the name is that of a function.
pub(crate) fn is_function(name: &str) -> bool {
    Callee::named(name).is_some()
}

struct Builder<'a> {
    text: &'a str,
    nodes: Vec<Node>,
    names: Vec<Name>,
    waiting: Vec<Waiting>,
    /// The operands that are complete.
    operands: Vec<Id>,
}

/// The nodes and the names of a formula.
///
/// # Errors
/// [`Mistake`] with its place.
pub(crate) fn parse(text: &str) -> Result<(Vec<Node>, Vec<Name>), Mistake> {
    if text.len() > LONGEST {
        let problem = format!(
            "a formula has at most {LONGEST} bytes, but this one has {}",
            text.len()
        );
        return Err(Mistake::new(text, 0, problem));
    }
    let tokens = tokens(text)?;
    let mut builder = Builder {
        text,
        nodes: Vec::new(),
        names: Vec::new(),
        waiting: Vec::new(),
        operands: Vec::new(),
    };
    let mut needs_operand = true;
    for (place, token) in tokens.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| &tokens[before]);
        let next = tokens.get(place + 1);
        needs_operand = if needs_operand {
            builder.operand(before, token, next)?
        } else {
            builder.operator(before, token)?
        };
    }
    if needs_operand {
        return Err(builder.missing_operand(tokens.last(), text.len()));
    }
    builder.reduce(0, true);
    if let Some(&Waiting::Open(at, _)) = builder.waiting.last() {
        return Err(builder.mistake(at, "this parenthesis is not closed"));
    }
    Ok((builder.nodes, builder.names))
}

impl Builder<'_> {
    fn mistake(&self, at: usize, problem: impl Into<String>) -> Mistake {
        Mistake::new(self.text, at, problem)
    }

    fn push(&mut self, node: Node) {
        self.operands.push(self.nodes.len());
        self.nodes.push(node);
    }

    fn pop(&mut self) -> Id {
        // Each operator waits for operands that precede it.
        self.operands.pop().unwrap_or_default()
    }

    /// Takes a token where an operand begins. Returns whether an operand is still needed.
    fn operand(
        &mut self,
        before: Option<&Placed<'_>>,
        (token, bytes): &Placed<'_>,
        next: Option<&Placed<'_>>,
    ) -> Result<bool, Mistake> {
        let is_call = next.is_some_and(|(next, _)| *next == Token::Open);
        match *token {
            Token::Number(value) => self.push(Node::Number(value)),
            Token::Name(name) if is_call => {
                let Some(callee) = Callee::named(name) else {
                    let problem = format!(
                        "{name} is not a function; for a product, write {name}*(…); the functions are {}",
                        function::names()
                    );
                    return Err(self.mistake(bytes.start, problem));
                };
                self.waiting.push(Waiting::Open(bytes.start, Some(callee)));
                return Ok(true);
            }
            Token::Name(name) | Token::Quoted(name) => self.name(name, bytes.start),
            // The parenthesis of a call waits already.
            Token::Open => {
                let is_waiting = matches!(before, Some((Token::Name(_), _)));
                match self.waiting.last_mut() {
                    Some(Waiting::Open(at, Some(_))) if is_waiting => *at = bytes.start,
                    _ => self.waiting.push(Waiting::Open(bytes.start, None)),
                }
                return Ok(true);
            }
            Token::Minus => {
                self.waiting.push(Waiting::Negate);
                return Ok(true);
            }
            Token::Plus => return Ok(true),
            _ => return Err(self.missing_operand(before, bytes.start)),
        }
        Ok(false)
    }

    fn name(&mut self, text: &str, at: usize) {
        let known = self.names.iter().position(|name| name.text == text);
        let name = known.unwrap_or(self.names.len());
        if known.is_none() {
            self.names.push(Name {
                text: text.to_owned(),
                at,
            });
        }
        self.push(Node::Name(name));
    }

    /// Takes a token after an operand. Returns whether another operand is needed.
    fn operator(
        &mut self,
        before: Option<&Placed<'_>>,
        (token, bytes): &Placed<'_>,
    ) -> Result<bool, Mistake> {
        let operator = match token {
            Token::Plus => Operator::Plus,
            Token::Minus => Operator::Minus,
            Token::Times => Operator::Times,
            Token::Over => Operator::Over,
            Token::Power => Operator::Power,
            Token::Comma => return self.comma(bytes.start).map(|()| true),
            Token::Close => return self.close(bytes.start).map(|()| false),
            Token::Number(_) | Token::Name(_) | Token::Quoted(_) | Token::Open => {
                return Err(self.missing_operator(before, bytes.start));
            }
        };
        self.reduce(operator.precedence(), operator.groups_left());
        self.waiting.push(Waiting::Binary(operator));
        Ok(true)
    }

    /// Completes all operations that bind more tightly, or equally if `is_left`.
    fn reduce(&mut self, precedence: u8, is_left: bool) {
        while let Some(&waiting) = self.waiting.last() {
            let own = match waiting {
                Waiting::Open(..) => return,
                Waiting::Negate => NEGATION,
                Waiting::Binary(operator) => operator.precedence(),
            };
            if own < precedence || own == precedence && !is_left {
                return;
            }
            self.waiting.pop();
            let last = self.pop();
            let node = match waiting {
                Waiting::Binary(operator) => Node::Binary(operator, self.pop(), last),
                _ => Node::Negate(last),
            };
            self.push(node);
        }
    }

    fn comma(&mut self, at: usize) -> Result<(), Mistake> {
        self.reduce(0, true);
        let argument = self.operands.last().copied();
        let first = match self.waiting.last_mut() {
            Some(Waiting::Open(
                _,
                Some(Callee::Two(_, first @ None) | Callee::Power(first @ None)),
            )) => first,
            Some(Waiting::Open(_, Some(_))) => {
                return Err(self.mistake(at, "this function has no further argument"));
            }
            _ => {
                let problem = "a comma is only between the arguments of a function; the decimal mark is a point";
                return Err(self.mistake(at, problem));
            }
        };
        *first = argument;
        self.operands.pop();
        Ok(())
    }

    fn close(&mut self, at: usize) -> Result<(), Mistake> {
        self.reduce(0, true);
        let Some(Waiting::Open(_, callee)) = self.waiting.pop() else {
            return Err(self.mistake(at, "this parenthesis was not opened"));
        };
        let Some(callee) = callee else {
            return Ok(());
        };
        let last = self.pop();
        let node = match callee {
            Callee::One(function) => Node::Call(function, last),
            Callee::Two(function, Some(first)) => Node::Call2(function, first, last),
            Callee::Power(Some(first)) => Node::Binary(Operator::Power, first, last),
            Callee::Two(_, None) | Callee::Power(None) => {
                return Err(self.mistake(at, "this function needs two arguments"));
            }
        };
        self.push(node);
        Ok(())
    }

    fn missing_operand(&self, before: Option<&Placed<'_>>, at: usize) -> Mistake {
        let problem = match before.map(|(token, _)| token) {
            None if self.text.trim().is_empty() => "the formula is empty",
            Some(Token::Over) if self.text[at..].starts_with('/') => {
                "// is not an operator; write /"
            }
            Some(Token::Open) => "a number, a name or a parenthesis is missing in the parentheses",
            _ => "a number, a name or a parenthesis is missing here",
        };
        self.mistake(at, problem)
    }

    fn missing_operator(&self, before: Option<&Placed<'_>>, at: usize) -> Mistake {
        let problem = match before {
            Some((Token::Name(name), _)) if is_function(name) => {
                format!("{name} needs parentheses: {name}(…)")
            }
            _ => "an operator is missing here; a product is written with *".to_owned(),
        };
        self.mistake(at, problem)
    }
}
