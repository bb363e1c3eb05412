"""Writes formulas.tsv: 1,000 formulas that Python reads, with their values.

python3 formulas.py > formulas.tsv

A line has the formula, the values of x, y, e and tau, and the value of the formula. Each formula is also evaluated with
errors of 2**-40 in each operation. It is kept only if they change the value by at most 1,000 * 2**-40.
"""

import math
import random

rng = random.Random(20240229)
ONE = "exp expm1 log log10 log2 log1p sqrt cbrt abs sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc"
TWO = "atan2 min max pow"
NAMES = ["x", "y", "e", "tau"]
ERROR = 2.0**-40


class Noisy:
    """A number whose operations have errors."""

    def __init__(self, value):
        self.value = value

    def __neg__(self):
        return Noisy(-self.value)

    def __pos__(self):
        return self


def value_of(number):
    return number.value if isinstance(number, Noisy) else number


def noisy(function):
    def call(*arguments):
        value = function(*map(value_of, arguments))
        if isinstance(value, complex):
            raise ValueError("a power of a negative base")
        return Noisy(value * (1 + rng.choice([-1, 1]) * ERROR))

    return call


for name, function in {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "truediv": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
}.items():
    setattr(Noisy, f"__{name}__", noisy(function))
    setattr(Noisy, f"__r{name}__", noisy(lambda a, b, function=function: function(b, a)))

FUNCTIONS = {name: getattr(math, name) for name in ONE.split() if name != "abs"}
FUNCTIONS |= {"abs": abs, "ln": math.log, "pow": lambda a, b: a**b, "min": min, "max": max, "atan2": math.atan2}
NOISY = {name: noisy(function) for name, function in FUNCTIONS.items()}


def number():
    return rng.choice(
        [
            lambda: str(rng.randint(0, 9)),
            lambda: f"{rng.uniform(0, 5):.3f}",
            lambda: f".{rng.randint(1, 99)}",
            lambda: f"{rng.randint(1, 9)}.",
            lambda: f"{rng.uniform(1, 9):.2f}e{rng.choice(['', '-', '+'])}{rng.randint(0, 2)}",
            lambda: f"{rng.randint(1, 9)}E{rng.choice(['', '-', '+'])}{rng.randint(0, 2)}",
        ]
    )()


def operand(depth):
    kind = rng.random()
    if depth == 0 or kind < 0.3:
        return rng.choice(NAMES) if rng.random() < 0.6 else number()
    if kind < 0.6:
        return rng.choice(["-", "-", "+", "--", "- "]) * (rng.random() < 0.3) + f"({formula(depth - 1)})"
    if kind < 0.65:
        return "pi"
    if kind < 0.9:
        return f"{rng.choice(ONE.split() + ['ln'])}{' ' * (rng.random() < 0.1)}({formula(depth - 1)})"
    return f"{rng.choice(TWO.split())}({formula(depth - 1)},{' ' * rng.randint(0, 1)}{formula(depth - 1)})"


def formula(depth):
    text = ""
    for place in range(rng.choice([1, 1, 2, 2, 3, 3, 4, 5])):
        if place:
            operator = rng.choice(["+", "-", "*", "/", "**", "**"])
            blank = " " * (rng.random() < 0.3)
            text += blank + operator + blank
        text += rng.choice([""] * 9 + ["-", "-", "+", "--"]) + operand(depth)
    return text


def evaluated(text, values, functions):
    return value_of(eval(text, {"__builtins__": {}, "pi": math.pi, **functions, **values}))


kept = set()
while len(kept) < 1000:
    text = formula(rng.randint(1, 3))
    if len(text) > 200 or text in kept or not any(operator in text for operator in "+-*/"):
        continue
    values = {name: rng.choice([round(rng.uniform(-3, 3), 2), float(rng.randint(-4, 4))]) for name in NAMES}
    try:
        value = evaluated(text, values, FUNCTIONS)
        doubles = isinstance(value, float) and 1e-30 < abs(value) < 1e30
        if not doubles:
            continue
        others = [
            evaluated(text, {name: Noisy(value) for name, value in values.items()}, NOISY) for _ in range(20)
        ]
        if any(not isinstance(o, (int, float)) or abs(o - value) > 1000 * ERROR * abs(value) for o in others):
            continue
    except (ArithmeticError, ValueError, TypeError):
        continue
    kept.add(text)
    print("\t".join([text, *map(repr, values.values()), repr(value)]))
