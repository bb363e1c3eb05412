//! Labels beside points and beside the ends of lines. No label covers another.

use crate::path::Place;

/// A rectangle on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Area {
    fn around((x, y): Place, radius: f64) -> Self {
        let (left, top) = (x - radius, y - radius);
        Self::new((left, top), (2.0 * radius, 2.0 * radius))
    }

    pub(crate) fn new((left, top): Place, (width, height): (f64, f64)) -> Self {
        Self {
            left,
            top,
            width,
            height,
        }
    }

    pub(crate) fn middle(self) -> Place {
        (self.left + 0.5 * self.width, self.top + 0.5 * self.height)
    }

    /// The point of the rectangle that is nearest to a given point.
    pub(crate) fn nearest(self, (x, y): Place) -> Place {
        (
            x.clamp(self.left, self.left + self.width),
            y.clamp(self.top, self.top + self.height),
        )
    }

    pub(crate) fn overlap(self, other: Self) -> f64 {
        let shared = |a: f64, a_len: f64, b: f64, b_len: f64| {
            ((a + a_len).min(b + b_len) - a.max(b)).max(0.0)
        };
        shared(self.left, self.width, other.left, other.width)
            * shared(self.top, self.height, other.top, other.height)
    }

    pub(crate) fn is_inside(self, other: Self) -> bool {
        self.left >= other.left
            && self.top >= other.top
            && self.left + self.width <= other.left + other.width
            && self.top + self.height <= other.top + other.height
    }
}

/// A place of the given width and height for the label of each point. It is the nearest that lies inside
/// `bounds` and covers neither a point nor a label. If there is none, it is the one that covers the smallest
/// area.
pub(crate) fn beside(
    points: &[Place],
    sizes: &[(f64, f64)],
    radius: f64,
    bounds: Area,
) -> Vec<Area> {
    let mut taken: Vec<Area> = points.iter().map(|&p| Area::around(p, radius)).collect();
    let mut placed = Vec::new();
    for (&point, &size) in points.iter().zip(sizes) {
        let inside = candidates(point, size, radius).filter(|place| place.is_inside(bounds));
        let covered = |area: &Area| taken.iter().map(|other| area.overlap(*other)).sum::<f64>();
        // `min_by` takes the first of equal places.
        let best = inside.min_by(|a, b| covered(a).total_cmp(&covered(b)));
        let best = best.unwrap_or(Area::new(point, size));
        taken.push(best);
        placed.push(best);
    }
    placed
}

/// Places beside, above and below the point, at growing distances.
fn candidates(
    (x, y): Place,
    (width, height): (f64, f64),
    radius: f64,
) -> impl Iterator<Item = Area> {
    (0..8).flat_map(move |step| {
        let further = f64::from(step) * height * 2.0 / 3.0;
        let (right, left) = (x + radius, x - radius - width);
        let (above, below) = (y - radius - further - height, y + radius + further);
        let middle = (x - 0.5 * width, y - 0.5 * height);
        let here = [
            (right, middle.1 - further),
            (left, middle.1 - further),
            (middle.0, above),
            (middle.0, below),
            (right, above),
            (right, below),
            (left, above),
            (left, below),
            (right, middle.1 + further),
            (left, middle.1 + further),
        ];
        here.map(|corner| Area::new(corner, (width, height)))
    })
}

/// Positions near the wanted ones, in the same ascending order. They are `gap` apart and within the bounds,
/// if that is possible.
pub(crate) fn spread(wanted: &[f64], gap: f64, (top, bottom): (f64, f64)) -> Vec<f64> {
    let mut groups: Vec<Vec<f64>> = Vec::new();
    let first_of = |members: &[f64]| {
        let length = gap * (members.len() - 1) as f64;
        let mean = members.iter().sum::<f64>() / members.len() as f64;
        (mean - 0.5 * length).min(bottom - length).max(top)
    };
    // Groups that would overlap merge, and are centred on the mean of their members.
    for &y in wanted {
        groups.push(vec![y]);
        while let [.., before, after] = &groups[..] {
            if first_of(before) + gap * before.len() as f64 <= first_of(after) {
                break;
            }
            let merged = [before.as_slice(), after].concat();
            groups.truncate(groups.len() - 2);
            groups.push(merged);
        }
    }
    let places = groups.iter().flat_map(|members| {
        let first = first_of(members);
        (0..members.len()).map(move |place| first + gap * place as f64)
    });
    places.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_a_crowd_cover_nothing_and_stay_inside() {
        let bounds = Area::new((0.0, 0.0), (300.0, 200.0));
        let points = [
            (40, 100),
            (44, 102),
            (48, 99),
            (280, 100),
            (283, 104),
            (150, 198),
        ];
        let points = points.map(|(x, y)| (f64::from(x), f64::from(y)));
        let placed = beside(&points, &[(70.0, 12.0); 6], 5.0, bounds);
        for (i, label) in placed.iter().enumerate() {
            assert!(label.is_inside(bounds), "{label:?}");
            let others = placed[i + 1..].iter().copied();
            let markers = points.iter().map(|&p| Area::around(p, 5.0));
            for other in others.chain(markers) {
                assert_eq!(label.overlap(other), 0.0, "{label:?} on {other:?}");
            }
        }
    }

    #[test]
    fn a_point_alone_has_its_label_to_the_right() {
        let bounds = Area::around((0.0, 0.0), 100.0);
        let placed = beside(&[(0.0, 0.0)], &[(20.0, 10.0)], 5.0, bounds);
        assert_eq!((placed[0].left, placed[0].top), (5.0, -5.0));
    }

    #[test]
    fn names_near_each_other_are_spread_around_their_middle() {
        let spread = |wanted: &[f64]| spread(wanted, 10.0, (0.0, 200.0));
        assert_eq!(spread(&[50.0, 100.0]), [50.0, 100.0]);
        assert_eq!(spread(&[100.0, 100.0, 103.0]), [91.0, 101.0, 111.0]);
        assert_eq!(spread(&[0.0, 1.0]), [0.0, 10.0]);
        assert_eq!(spread(&[198.0, 199.0, 199.0]), [180.0, 190.0, 200.0]);
        assert_eq!(spread(&[100.0, 105.0, 119.0]), [97.5, 107.5, 119.0]);
    }
}
