//! The tables.

use leastwise_report::format::{counted, human_time};
use leastwise_report::{Column, Document, Section, Table};

use super::figure::figure;
use super::plan::Plan;
use super::question::{Question, STEPS};
use super::row::{Entry, Record, Row};
use super::run::{LEVELS, Point, Run, State};
use crate::compare::statistics::median;

/// The largest number of singular triplets that fits the page.
const TRIPLETS: usize = 6;

/// A section for each question.
pub(super) fn document(record: &Record) -> Document {
    let plan = &record.header.plan;
    let sections = plan.flags.questions().iter().map(|&question| {
        let cases = record.rows.iter().filter(|row| row.question == question);
        section(question, &cases.collect::<Vec<_>>(), plan)
    });
    sections.fold(Document::new("Rivals"), Document::with)
}

/// The section of a question: a heading, the tables, the meaning of their columns, and the figure.
fn section(question: Question, cases: &[&Row], plan: &Plan) -> Section {
    let section = Section::new(heading(question, plan));
    let section = match question {
        Question::Scale => scale(section, cases),
        Question::Tuning => tuning(section, cases),
        Question::Condition => condition(section, cases, plan),
        Question::Noise => noise(section, cases, plan),
    };
    section.with(figure(question, cases))
}

fn heading(question: Question, plan: &Plan) -> String {
    let (flags, net) = (&plan.flags, &plan.flags.net);
    format!(
        "{}\nW1 {m}x{k}, W2 {k}x{n}, {s} samples; medians of {draws} draws from seed {seed}, up to \
         {budget} a run;\n{engine} {version}, {threads}. Times are those of one \
         machine.",
        match question {
            Question::Scale =>
                "Start scale: steps and time until the loss is below a share of ‖Y‖²",
            Question::Tuning =>
                "Every method tuned: steps and time until the loss is below 1e-20·‖Y‖²",
            Question::Condition =>
                "Condition of A: the remaining loss, and the remaining share of A's singular triplets",
            Question::Noise =>
                "Noise and too few hidden units: the loss above its optimum, over ‖Y‖²",
        },
        m = net.ydim,
        k = net.wdim,
        n = net.xdim,
        s = net.samples,
        draws = flags.seeds(),
        seed = net.seed,
        budget = duration(flags.seconds()),
        engine = plan.engine,
        version = plan.version,
        threads = counted(plan.threads, "thread"),
    )
}

/// A method in a case.
type Line<'r> = (&'r Row, &'r Entry);

fn lines<'r>(cases: &[&'r Row]) -> impl Iterator<Item = Line<'r>> {
    let cases = cases.iter().copied();
    cases.flat_map(|case| case.entries.iter().map(move |entry| (case, entry)))
}

/// The name of a case is shown only in its first row.
fn label(&(case, entry): &Line<'_>) -> String {
    let is_first = case
        .entries
        .first()
        .is_some_and(|first| std::ptr::eq(first, entry));
    if is_first {
        case.label.clone()
    } else {
        String::new()
    }
}

fn optimiser((_, entry): &Line<'_>) -> String {
    entry.contender.rival.name().to_owned()
}

fn setting((_, entry): &Line<'_>) -> String {
    number(entry.contender.setting)
}

fn scale(section: Section, cases: &[&Row]) -> Section {
    let [a, b, c] = LEVELS.map(|level| format!("to {level:.0e}"));
    let table = Table::by(
        2,
        lines(cases),
        &[
            ("start", &label),
            ("optimiser", &optimiser),
            ("setting", &setting),
            (&a, &|(_, entry)| steps_and_time(entry, 0)),
            (&b, &|(_, entry)| steps_and_time(entry, 1)),
            (&c, &|(_, entry)| steps_and_time(entry, 2)),
            ("draws", &|(_, entry)| draws(entry, 2)),
            ("at the end", &|(_, entry)| excess(entry, after_seconds)),
        ],
    );
    section.with(table).paragraph(
        "A cell is steps / time, or - if most draws did not reach the level; \"draws\" is the number of \
         draws that reached 1e-20, where a run ends.",
    )
}

fn tuning(section: Section, cases: &[&Row]) -> Section {
    let goal = |entry: &Entry, value: fn(&Point) -> f64| -> Vec<f64> {
        let reached = entry.runs.iter().map(|run| run.reached[2].as_ref());
        reached.map(|at| at.map_or(f64::INFINITY, value)).collect()
    };
    let steps = |entry| goal(entry, |p| p.step as f64);
    let seconds = |entry| goal(entry, |p| p.seconds);
    let counted = |entry: &Entry, count: fn(&Run) -> usize| {
        let counts: Vec<_> = entry.runs.iter().map(|run| count(run) as f64).collect();
        whole(median(&counts))
    };
    let table = Table::by(
        1,
        lines(cases),
        &[
            ("optimiser", &optimiser),
            ("setting", &setting),
            ("steps", &|(_, entry)| whole(median(&steps(entry)))),
            ("range", &|(_, entry)| range(&steps(entry), whole)),
            ("time", &|(_, entry)| duration(median(&seconds(entry)))),
            ("range", &|(_, entry)| range(&seconds(entry), duration)),
            ("evaluations", &|(_, entry)| {
                counted(entry, |run| run.evaluations.of_the_problem())
            }),
            ("solves", &|(_, entry)| {
                counted(entry, |run| run.evaluations.solves)
            }),
            ("draws", &|(_, entry)| draws(entry, 2)),
        ],
    );
    section.with(table).lines(tuning_effort(cases))
}

fn tuning_effort(cases: &[&Row]) -> [String; 3] {
    let candidates = cases.iter().flat_map(|case| &case.tuned);
    let count = candidates
        .map(|tuned| tuned.candidates.len())
        .max()
        .unwrap_or(0);
    [
        format!(
            "{count} candidates for each method on two other draws: nine decades, then four around the \
             best."
        ),
        "\"setting\" is the step size. For adaptive damping, it is λ at the start over the curvature."
            .to_owned(),
        "\"evaluations\" are those of residual, gradient or Jacobian; - means not reached within the time limit."
            .to_owned(),
    ]
}

fn condition(section: Section, cases: &[&Row], plan: &Plan) -> Section {
    let count = plan.flags.net.xdim.min(plan.flags.net.ydim);
    let shown: Vec<usize> = if count <= TRIPLETS {
        (0..count).collect()
    } else {
        (0..TRIPLETS)
            .map(|i| i * (count - 1) / (TRIPLETS - 1))
            .collect()
    };
    let table = |state: fn(&Run) -> Option<&State>| {
        let first = ["κ₂(A)", "optimiser", "loss/‖Y‖²"].map(str::to_owned);
        let titles = shown.iter().map(|i| format!("of σ{}", i + 1));
        let mut table = Table::of_numbers(first.into_iter().chain(titles));
        table.columns[1].is_number = false;
        for line in lines(cases) {
            let entry = line.1;
            let missing =
                |&i: &usize| median_or_dash(entry, |run| Some(*state(run)?.missing.get(i)?));
            let first = [
                label(&line),
                entry.contender.to_string(),
                excess(entry, state),
            ];
            table.push(first.into_iter().chain(shown.iter().map(missing)));
        }
        table
    };
    let mut by_seconds = table(after_seconds);
    by_seconds.columns.push(Column::number("draws"));
    let rows = by_seconds
        .groups
        .iter_mut()
        .flat_map(|group| &mut group.rows);
    for (row, (_, entry)) in rows.zip(lines(cases)) {
        row.cells.push(draws(entry, 2).into());
    }
    section
        .paragraph(format!("After {STEPS} steps:"))
        .with(table(after_steps))
        .paragraph(format!("After {}:", duration(plan.flags.seconds())))
        .with(by_seconds)
        .paragraph(
            "\"of σᵢ\" is the share of A's triplet i that is still missing, |uᵢᵀ(A − W1·W2)vᵢ|/σᵢ: 1 \
             means that nothing is learnt. Rounding leaves about 1e-16·σ₁/σᵢ. \"draws\" is \
             the number of draws that reached 1e-20.",
        )
}

fn noise(section: Section, cases: &[&Row], plan: &Plan) -> Section {
    let steps = format!("after {STEPS} steps");
    let seconds = format!("after {}", duration(plan.flags.seconds()));
    let table = Table::by(
        2,
        lines(cases),
        &[
            ("problem", &label),
            ("optimiser", &optimiser),
            ("setting", &setting),
            (&steps, &|(_, entry)| excess(entry, after_steps)),
            (&seconds, &|(_, entry)| excess(entry, after_seconds)),
            ("to 1e-10", &|(_, entry)| steps_and_time(entry, 1)),
            ("draws", &|(_, entry)| draws(entry, 1)),
        ],
    );
    section.with(table).lines([
        "The optimum comes from an SVD of the reduced data. 0 means at the optimum or, by rounding, below it.",
        "- means that most draws did not reach 1e-10; \"draws\" is the number of draws that reached 1e-10.",
    ])
}

fn after_steps(run: &Run) -> Option<&State> {
    run.after_steps.as_ref()
}

fn after_seconds(run: &Run) -> Option<&State> {
    run.after_seconds.as_ref()
}

fn steps_and_time(entry: &Entry, level: usize) -> String {
    let of = |value: fn(&Point) -> f64| {
        let reached = entry.runs.iter().map(|run| run.reached[level].as_ref());
        let values: Vec<_> = reached.map(|at| at.map_or(f64::INFINITY, value)).collect();
        median(&values)
    };
    let (steps, seconds) = (of(|at| at.step as f64), of(|at| at.seconds));
    if steps.is_finite() {
        format!("{} / {}", whole(steps), duration(seconds))
    } else {
        "-".to_owned()
    }
}

fn draws(entry: &Entry, level: usize) -> String {
    let reached = entry.runs.iter().filter(|run| run.reached[level].is_some());
    format!("{}/{}", reached.count(), entry.runs.len())
}

/// The median excess in that state, if most draws have one.
fn excess(entry: &Entry, state: fn(&Run) -> Option<&State>) -> String {
    median_or_dash(entry, |run| Some(state(run)?.at.excess.max(0.0)))
}

fn median_or_dash(entry: &Entry, value: impl Fn(&Run) -> Option<f64>) -> String {
    let values = entry
        .runs
        .iter()
        .map(|run| value(run).unwrap_or(f64::INFINITY));
    let middle = median(&values.collect::<Vec<_>>());
    if middle.is_finite() {
        number(middle)
    } else {
        "diverged".to_owned()
    }
}

fn range(values: &[f64], show: fn(f64) -> String) -> String {
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, 0.0f64), |(low, high), &v| {
            (low.min(v), high.max(v))
        });
    match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("{}–{}", show(low), show(high)),
        (true, false) => format!("{}–∞", show(low)),
        _ => "-".to_owned(),
    }
}

fn whole(value: f64) -> String {
    if value.is_finite() {
        format!("{value:.0}")
    } else {
        "-".to_owned()
    }
}

fn number(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if (0.01..1000.0).contains(&value.abs()) {
        let digits = if value.abs() < 0.1 { 3 } else { 2 };
        format!("{value:.digits$}")
    } else {
        format!("{value:.1e}")
    }
}

fn duration(seconds: f64) -> String {
    if seconds.is_finite() {
        human_time(1e9 * seconds)
    } else {
        "-".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 1.0, 0.0316, 1.234e-7, 2e5].map(number);
        assert_eq!(shown, ["0", "1.00", "0.032", "1.2e-7", "2.0e5"]);
    }
}
