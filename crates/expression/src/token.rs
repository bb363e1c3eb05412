//! The tokens of a formula: numbers, names and signs.

use std::ops::Range;

use winnow::ascii::{digit0, digit1};
use winnow::combinator::{alt, delimited, opt};
use winnow::error::EmptyError;
use winnow::stream::{LocatingSlice, Location};
use winnow::token::{any, one_of, take_while};
use winnow::{Parser, Result};

use crate::mistake::Mistake;

/// A number, a name or a sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token<'a> {
    Number(f64),
    Name(&'a str),
    /// A name between backticks, which is never a function.
    Quoted(&'a str),
    Plus,
    Minus,
    Times,
    Over,
    Power,
    Open,
    Close,
    Comma,
}

/// A token and its bytes.
pub(crate) type Placed<'a> = (Token<'a>, Range<usize>);

type Input<'a> = LocatingSlice<&'a str>;

fn number(input: &mut Input<'_>) -> Result<f64, EmptyError> {
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1);
    let point_first = ('.', digit1).void();
    let digit_first = (digit1, opt(('.', digit0))).void();
    (alt((digit_first, point_first)), opt(exponent))
        .take()
        .parse_to()
        .parse_next(input)
}

pub(crate) fn begins_name(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

pub(crate) fn continues_name(character: char) -> bool {
    begins_name(character) || character.is_ascii_digit()
}

fn name<'a>(input: &mut Input<'a>) -> Result<&'a str, EmptyError> {
    let word = (one_of(begins_name), take_while(0.., continues_name)).take();
    alt((word, ('$', digit1).take())).parse_next(input)
}

/// A sign of one character.
fn sign<'a>(character: char) -> Option<Token<'a>> {
    match character {
        '^' => Some(Token::Power),
        '*' => Some(Token::Times),
        '/' => Some(Token::Over),
        '+' => Some(Token::Plus),
        '-' => Some(Token::Minus),
        '(' => Some(Token::Open),
        ')' => Some(Token::Close),
        ',' => Some(Token::Comma),
        _ => None,
    }
}

fn token<'a>(input: &mut Input<'a>) -> Result<Token<'a>, EmptyError> {
    let quoted = delimited('`', take_while(1.., |c| c != '`'), '`');
    alt((
        number.map(Token::Number),
        name.map(Token::Name),
        quoted.map(Token::Quoted),
        "**".value(Token::Power),
        any.verify_map(sign),
    ))
    .parse_next(input)
}

/// All tokens of `text`.
///
/// # Errors
/// [`Mistake`] at the first character that begins no token, and for a number beyond the range of f64.
pub(crate) fn tokens(text: &str) -> Result<Vec<Placed<'_>>, Mistake> {
    let mut input = LocatingSlice::new(text);
    let mut tokens: Vec<Placed<'_>> = Vec::new();
    loop {
        let blanks: Result<_, EmptyError> =
            take_while(0.., char::is_whitespace).parse_next(&mut input);
        blanks.unwrap_or_default();
        let at = input.current_token_start();
        if at == text.len() {
            return Ok(tokens);
        }
        let Ok((token, bytes)) = token.with_span().parse_next(&mut input) else {
            return Err(Mistake::new(text, at, unexpected(&text[at..])));
        };
        if token == Token::Number(f64::INFINITY) {
            let problem = "this number is beyond the range of a double";
            return Err(Mistake::new(text, bytes.start, problem));
        }
        tokens.push((token, bytes));
    }
}

/// Explains a character that begins no token.
fn unexpected(rest: &str) -> String {
    let first = rest.chars().next().unwrap_or(' ');
    match first {
        '−' | '–' | '—' => "this is not the minus sign of a keyboard; write -".to_owned(),
        '×' | '·' | '⋅' | '∙' => "this sign is not read; write *".to_owned(),
        '÷' | '∕' => "this sign is not read; write /".to_owned(),
        '²' => "this sign is not read; write ^2".to_owned(),
        '³' => "this sign is not read; write ^3".to_owned(),
        '=' => "a formula has no =; write only its right-hand side".to_owned(),
        '`' => "this backtick has no partner, or nothing is between the two".to_owned(),
        '.' => "this point belongs to no number; write exp(x), not np.exp(x)".to_owned(),
        '[' | ']' | '{' | '}' => "only ( and ) group; write them here".to_owned(),
        '$' => "a $ needs the number of a column, as in $2".to_owned(),
        '"' | '\'' => "a name with other characters is written between backticks".to_owned(),
        other => format!("{other:?} is no operator, number or name"),
    }
}
