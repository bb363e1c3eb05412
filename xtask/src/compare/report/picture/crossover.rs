//! Who is fastest at which size: the time of each library over that of the fastest, against n.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::axis::{LABEL_HEIGHT, LogAxis};
use super::frame::{Frame, PANEL, RIGHT};
use super::multiples::{Multiples, Panel};
use super::style::{Engines, INK, MUTED};
use crate::compare::analysis;
use crate::compare::record::Results;
use crate::compare::report::sections::ranges;
use crate::compare::statistics::Interval;
use crate::drawing::{Drawn, Pixels};

/// A panel for each operation and method.
pub(crate) type Crossover = Multiples<CrossoverPanel>;

impl Crossover {
    /// `None` if nothing of this scalar type was timed at several sizes.
    pub(crate) fn new(results: &Results, scalar: &str) -> Option<Self> {
        let crossovers = analysis::crossovers(results);
        let swept = crossovers
            .iter()
            .filter(|crossover| crossover.scalar == scalar && crossover.points.len() > 1);
        let panels: Vec<CrossoverPanel> = swept.map(CrossoverPanel::new).collect();
        (!panels.is_empty()).then(|| Self {
            title: format!("Time over that of the fastest library, {scalar}: lower is better"),
            note: "Filled: within noise of the fastest at that size, as are the colours of the strip. \
                   Bars: 95 % intervals.",
            panels,
            engines: Engines::new(&results.run),
        })
    }
}

/// One operation by one method.
pub(crate) struct CrossoverPanel {
    title: String,
    sizes: Vec<usize>,
    /// Of each engine, by size, the time over the shortest.
    curves: Vec<(String, Vec<(usize, Interval)>)>,
    /// Of each size, those that noise cannot tell from the fastest.
    winners: Vec<Vec<String>>,
    description: String,
}

impl CrossoverPanel {
    fn new(crossover: &analysis::Crossover) -> Self {
        let mut curves: Vec<(String, Vec<(usize, Interval)>)> = Vec::new();
        for point in &crossover.points {
            for (engine, ratio) in &point.ratios {
                match curves.iter_mut().find(|(name, _)| name == engine) {
                    Some((_, curve)) => curve.push((point.size, *ratio)),
                    None => curves.push((engine.clone(), vec![(point.size, *ratio)])),
                }
            }
        }
        let points = crossover.points.iter();
        let (label, scalar) = (&crossover.label, &crossover.scalar);
        Self {
            title: format!("{label}, {scalar}"),
            sizes: points.clone().map(|point| point.size).collect(),
            winners: points.map(|point| point.winners.clone()).collect(),
            curves,
            description: format!("{label}, {scalar}, fastest by n: {}", ranges(crossover)),
        }
    }

    fn highest_ratio(&self) -> f64 {
        let ratios = self.curves.iter().flat_map(|(_, curve)| curve);
        ratios.map(|(_, ratio)| ratio.mid).fold(1.0, f64::max)
    }
}

impl Panel for CrossoverPanel {
    fn description(&self) -> String {
        self.description.clone()
    }

    fn draw<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        engines: &Engines,
        px: Pixels,
    ) -> Drawn<B> {
        let x = LogAxis::at(&self.sizes);
        // Some air, and below 1 enough for the strip of winners.
        let high = (1.25 * self.highest_ratio()).max(2.5);
        let mut y = LogAxis::over(high.powf(-0.14), high, LABEL_HEIGHT, |ratio| {
            format!("{ratio}×")
        });
        y.ticks.retain(|tick| tick.at >= 0.0);
        let frame = Frame {
            title: &self.title,
            x_name: "n, for n×n matrices",
            y_name: "time / fastest",
            x: &x,
            y: &y,
            size: PANEL,
            right: RIGHT,
            px,
        };
        frame.draw(area)?;
        let one = frame.y_of(1.0);
        let baseline = PathElement::new(
            [(frame.left(), one), (frame.right(), one)],
            MUTED.stroke_width(px.unsigned(1.0)),
        );
        area.draw(&baseline)?;
        // The first engine on top of the others.
        for (engine, curve) in self.curves.iter().rev() {
            let style = engines.style(engine);
            let place =
                |&(n, ratio): &(usize, Interval)| (frame.x_of(n as f64), frame.y_of(ratio.mid));
            let points: Vec<(i32, i32)> = curve.iter().map(place).collect();
            style.line(area, &points, px)?;
            for (&(_, ratio), &(x, y)) in curve.iter().zip(&points) {
                let ends = [(x, frame.y_of(ratio.low)), (x, frame.y_of(ratio.high))];
                area.draw(&PathElement::new(
                    ends,
                    style.color.stroke_width(px.unsigned(1.4)),
                ))?;
                style.point(area, (x, y), ratio.low <= 1.0, px)?;
            }
        }
        self.draw_strip(area, &frame, engines)
    }
}

/// The height of the strip of winners, in units.
const STRIP: f64 = 9.0;

impl CrossoverPanel {
    /// Along the axis, the colours of those that win at each size, side by side where several do.
    fn draw_strip<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        frame: &Frame<'_>,
        engines: &Engines,
    ) -> Drawn<B> {
        let bottom = frame.bottom();
        let top = bottom - frame.px.of(STRIP);
        let centers: Vec<i32> = self.sizes.iter().map(|&n| frame.x_of(n as f64)).collect();
        for (i, winners) in self.winners.iter().enumerate() {
            let (center, first, last) = (centers[i], i == 0, i + 1 == centers.len());
            let left = if first {
                frame.left()
            } else {
                i32::midpoint(centers[i - 1], center)
            };
            let right = if last {
                frame.right()
            } else {
                i32::midpoint(center, centers[i + 1])
            };
            let count = i32::try_from(winners.len()).unwrap_or(1).max(1);
            let edge = |place: i32| left + (right - left) * place / count;
            for (place, winner) in (0..).zip(winners) {
                let color = engines.style(winner).color;
                let corners = [(edge(place), top), (edge(place + 1), bottom)];
                area.draw(&Rectangle::new(corners, color.filled()))?;
            }
            if !first {
                let border = [(left, top), (left, bottom)];
                area.draw(&PathElement::new(
                    border,
                    INK.stroke_width(frame.px.unsigned(1.0)),
                ))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::samples::{product, results};
    use crate::drawing;

    #[test]
    fn one_size_is_no_sweep() {
        let alone = results(vec![product(4, "faer", 80.0), product(4, "nalgebra", 90.0)]);
        assert!(Crossover::new(&alone, "f64").is_none());
    }

    #[test]
    fn a_picture_names_its_panels_and_engines_and_says_who_wins_where() {
        let mut cells = Vec::new();
        for (n, faer, nalgebra) in [(4, 80.0, 50.0), (32, 80.0, 80.0), (256, 80.0, 160.0)] {
            cells.extend([product(n, "faer", faer), product(n, "nalgebra", nalgebra)]);
        }
        let plot = Crossover::new(&results(cells), "f64").unwrap();
        let panel = &plot.panels()[0];
        assert!(
            panel.description().contains("4 nalgebra"),
            "{}",
            panel.description()
        );
        let wins = |n: usize| panel.winners[n].len();
        assert_eq!([wins(0), wins(1), wins(2)], [1, 2, 1]);
        let svg = drawing::inline_svg(&plot, &[]).unwrap();
        for text in ["matmul, f64", "faer", "nalgebra", "256", "95 % intervals"] {
            assert!(svg.contains(text), "{text}");
        }
    }
}
