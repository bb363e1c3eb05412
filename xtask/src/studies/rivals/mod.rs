//! `rivals`: where Levenberg-Marquardt wins against rivals that are tuned with the same effort, and
//! where it does not.

mod args;
mod contender;
mod figure;
mod output;
mod problem;
mod results;
mod run;
mod study;
mod table;
mod tune;

pub(crate) use args::RivalsArgs;

use crate::terminal::print;
use crate::{drawing, markers};
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
    output::check_writable(&plan.out)?;
    if let Some(page) = &plan.page {
        let names: Vec<_> = plan.studies.iter().copied().map(marker).collect();
        markers::check("--page", page, &names)?;
    }
    let results = bench.run_all()?;
    let tables: Vec<_> = results
        .studies
        .iter()
        .map(|s| table::render(s, &results))
        .collect();
    print(&tables.join("\n"))?;
    let mut written = vec![output::write_json(&plan.out, &results)?];
    for study in &results.studies {
        let name = format!("rivals-{}", study.study.name());
        written.extend(drawing::write(
            &plan.out,
            &name,
            &figure::Picture::new(study),
        )?);
    }
    if let Some(page) = &plan.page {
        let parts = results.studies.iter().zip(&tables).map(|(study, table)| {
            (
                marker(study.study),
                format!("\n```text\n{}\n```\n", table.trim_end()),
            )
        });
        markers::update("--page", page, &parts.collect::<Vec<_>>())?;
        written.push(page.clone());
    }
    for path in written {
        print(&format!("wrote {}\n", path.display()))?;
    }
    Ok(())
}

fn marker(study: Study) -> String {
    format!("rivals-{}", study.name())
}
