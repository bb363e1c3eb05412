//! Growth curves.

use std::error::Error;

use leastwise::{Curve, Faer, FiniteDifferences, Fit, Many, Starts};
use leastwise_report::Axis;

use super::page::{Page, chart, columns, data, line, spaced};

pub(crate) const TITLE: &str = "Growth curves: five orange trees";
pub(crate) const QUESTION: &str = "
The circumference of five orange trees was measured seven times (Draper and Smith 1998). How large do they become, and when do
they grow fastest? Do the trees differ?

The model is the logistic curve y = a/(1 + exp(−(t − mid)/scale)). a is the final size, and mid is the age of the fastest growth.
`run_many` fits all trees from the same start.";
pub(crate) const WATCH: &str = "
With seven data and three parameters, each tree has four degrees of freedom: the intervals are 2.8 standard errors wide on
either side. The final size is extrapolated, because the last data are not at the plateau. Trees 1 and 4 differ in the final
size by 71 ± 19 mm, which is almost four standard errors. No two trees differ in mid or scale by more than two. A model with
common mid and scale would determine them better: the chapter on lifetimes has such a global fit. Data of the same tree
follow each other, so their errors may not be independent.";

const DATA: &str = include_str!("data/growth.csv");

pub(crate) fn run(page: &mut Page) -> Result<(), Box<dyn Error>> {
    let table = columns(DATA)?;
    let age = &table[0];
    let trees = &table[1..];
    let model = |t: f64, p: &[f64]| p[0] / (1.0 + (-(t - p[1]) / p[2]).exp());
    let problem = |tree: usize| {
        let curve = Curve::new(3, model, age, &trees[tree])?;
        Ok(FiniteDifferences::central(curve))
    };
    let backend = Faer::default();
    let start = Starts::Shared(&[180.0, 700.0, 350.0]);
    let fitted = Fit::new(&backend).run_many(trees.len(), problem, start, &Many::new())?;
    page.print("tree   final size / mm      mid / days    scale / days");
    for tree in 0..trees.len() {
        let entry = |j| {
            let (p, error) = (&fitted.parameters, &fitted.standard_errors);
            format!("{:8.0} ± {:3.0}", p[(tree, j)], error[(tree, j)])
        };
        page.print(format!(
            "{:4}   {}  {}  {}",
            tree + 1,
            entry(0),
            entry(1),
            entry(2)
        ));
    }
    page.print(format!(
        "{} of {} fits succeeded",
        fitted.successes(),
        fitted.len()
    ));

    // The picture.
    let x = spaced(0.0, 1800.0, 200);
    let mut series = Vec::new();
    for (tree, y) in trees.iter().enumerate() {
        let p: Vec<f64> = (0..3).map(|j| fitted.parameters[(tree, j)]).collect();
        // The legend has one entry for a name.
        let name = format!("tree {}", tree + 1);
        series.push(data(&name, tree, age, y));
        series.push(line(&name, tree, &x, |t| model(t, &p)));
    }
    page.draw(chart(
        Axis::linear("age / days"),
        Axis::linear("circumference / mm"),
        series,
    ));
    Ok(())
}
