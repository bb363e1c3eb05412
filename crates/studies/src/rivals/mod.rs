//! `rivals`: where Levenberg-Marquardt wins against rivals that are tuned with the same effort, and
//! where it does not.

mod args;
mod contender;
mod figure;
mod problem;
mod results;
mod run;
mod study;
mod table;
mod tune;

pub(crate) use args::RivalsArgs;

use crate::publish;
use results::Bench;
use study::Study;

/// Runs the studies, prints their tables and writes `rivals.json`, the figures and the tables of a
/// page.
///
/// # Errors
/// [`BadInput`](crate::error::BadInput) for flags that cannot be carried out, found before any
/// work; otherwise what failed.
pub(crate) fn run(args: &RivalsArgs) -> anyhow::Result<()> {
    let plan = args.plan()?;
    let mut bench = Bench::prepare(&plan)?;
    publish::check_writable(&plan.out)?;
    if let Some(page) = &plan.page {
        let names: Vec<_> = plan.studies.iter().copied().map(marker).collect();
        publish::check_page("--page", page, &names)?;
    }
    let results = bench.run_all()?;
    let data = publish::json(&plan.out, "rivals.json", &results)?;
    let document =
        |study: &results::StudyResults| (marker(study.study), table::document(study, &results));
    let documents: Vec<_> = results.studies.iter().map(document).collect();
    publish::publish(&documents, &plan.out, Some(data), plan.page.as_deref())
}

fn marker(study: Study) -> String {
    format!("rivals-{}", study.name())
}
