//! The whole report as one JSON document. It contains the stored results, and the figures computed from them.

use serde_json::{Value, json};

use crate::compare::analysis::{self, Group};
use crate::compare::record::{Results, SCHEMA};
use crate::compare::statistics::Interval;

/// The document; METHODOLOGY.md describes its fields.
///
/// # Errors
/// The errors of serde_json.
pub(crate) fn render(results: &Results) -> anyhow::Result<String> {
    let groups: Vec<Value> = analysis::groups(results).iter().map(group).collect();
    let crossovers: Vec<Value> = analysis::crossovers(results)
        .iter()
        .map(|crossover| {
            let points = crossover.points.iter().map(|point| {
                json!({ "size": point.size, "winners": point.winners, "medians_ns": point.medians_ns })
            });
            json!({
                "operation": crossover.label,
                "scalar": crossover.scalar,
                "points": points.collect::<Vec<_>>(),
            })
        })
        .collect();
    let adapter_costs: Vec<Value> = analysis::adapter_costs(results)
        .iter()
        .map(|cost| {
            json!({
                "case": cost.adapter.case,
                "scalar": cost.adapter.scalar,
                "backend": cost.adapter.backend,
                "method": cost.adapter.method,
                "ratio": interval(cost.ratio),
                "difference_ns": cost.difference_ns,
            })
        })
        .collect();
    let document = json!({
        "schema": SCHEMA,
        "run": results.run,
        "groups": groups,
        "crossovers": crossovers,
        "adapter_costs": adapter_costs,
        "warnings": analysis::warnings(results),
    });
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn group(group: &Group<'_>) -> Value {
    let cells: Vec<Value> = group
        .rows
        .iter()
        .map(|row| {
            json!({
                "cell": row.cell,
                "ratio_to_best": row.ratio.map(interval),
                "within_noise_of_best": row.near_best,
            })
        })
        .collect();
    json!({
        "op": group.op,
        "case": group.case,
        "scalar": group.scalar,
        "cells": cells,
    })
}

/// [low, middle, high]
fn interval(interval: Interval) -> [f64; 3] {
    [interval.low, interval.mid, interval.high]
}
