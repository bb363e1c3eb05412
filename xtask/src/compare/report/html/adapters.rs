//! What the call through the adapters takes beyond the library called by hand.

use maud::{Markup, html};

use super::parts::{contender, size_heading, small};
use super::table::{Body, Entry, Row, Table, numbers, words};
use crate::compare::analysis::{AdapterCost, adapter_columns, adapter_costs};
use crate::compare::record::Results;
use crate::compare::report::human_time;
use crate::compare::report::picture::Engines;

/// `None` if no library was called by hand.
pub(super) fn section(results: &Results, engines: &Engines) -> Option<Markup> {
    let costs = adapter_costs(results);
    if costs.is_empty() {
        return None;
    }
    let scalars = results.run.options.scalars.iter();
    let tables: Vec<Table> = scalars
        .map(|scalar| costs.iter().filter(|cost| cost.adapter.scalar == *scalar))
        .filter(|costs| costs.clone().next().is_some())
        .map(|costs| table(&costs.collect::<Vec<_>>(), engines))
        .collect();
    Some(html! {
        section #adapters aria-labelledby="adapters-heading" {
            h2 #adapters-heading { "Cost of the adapters" }
            p {
                "The time of a call through the adapter over that of the library called by hand, which \
                 checks nothing, and the difference of the two. Where the adapter's own algorithm beats \
                 the library's driver, it is negative. Grey: noise may be all there is."
            }
            @for table in &tables { (table) }
        }
    })
}

/// A row for each contender, a column for each case.
fn table(costs: &[&AdapterCost<'_>], engines: &Engines) -> Table {
    let columns = adapter_columns(costs);
    let mut contenders: Vec<&AdapterCost<'_>> = Vec::new();
    for cost in costs {
        if !contenders.iter().any(|known| same_contender(known, cost)) {
            contenders.push(cost);
        }
    }
    contenders.sort_by_key(|cost| cost.adapter.label());
    let mut header = vec![words("library/method")];
    header.extend(
        columns
            .iter()
            .map(|(size, case)| numbers(&size.map_or_else(|| (*case).to_owned(), size_heading))),
    );
    let rows = contenders.iter().map(|contended| {
        let mut entries = vec![Entry::text(name(contended, engines))];
        entries.extend(columns.iter().map(|wanted| {
            let found = costs
                .iter()
                .find(|cost| same_contender(cost, contended) && cost.column() == *wanted);
            found.map_or_else(|| Entry::plain(None, |_| String::new()), |cost| entry(cost))
        }));
        Row {
            entries,
            class: None,
        }
    });
    let scalar = costs.first().map_or("", |cost| &cost.adapter.scalar);
    Table {
        caption: format!("Adapter over library by hand, {scalar}"),
        header,
        bodies: vec![Body {
            title: None,
            rows: rows.collect(),
        }],
    }
}

fn same_contender(a: &AdapterCost<'_>, b: &AdapterCost<'_>) -> bool {
    a.adapter.op == b.adapter.op && a.adapter.contender() == b.adapter.contender()
}

fn name(cost: &AdapterCost<'_>, engines: &Engines) -> Markup {
    html! {
        (contender(cost.adapter, engines))
        @if cost.adapter.method.is_none() { "/" wbr; "matmul" }
    }
}

fn entry(cost: &AdapterCost<'_>) -> Entry {
    let uncertain = cost.ratio.low <= 1.0 && cost.ratio.high >= 1.0;
    let sign = if cost.difference_ns < 0.0 { "−" } else { "+" };
    let difference = format!("{sign}{}", human_time(cost.difference_ns.abs()));
    let entry = Entry::number(Some(cost.ratio.mid), |ratio| {
        html! { (percent(ratio)) (small(&difference)) }
    });
    if uncertain {
        entry.class("number uncertain")
    } else {
        entry
    }
}

fn percent(ratio: f64) -> String {
    match format!("{:+.0} %", 100.0 * (ratio - 1.0)).as_str() {
        "+0 %" | "-0 %" => "0 %".to_owned(),
        signed => signed.replace('-', "−"),
    }
}
