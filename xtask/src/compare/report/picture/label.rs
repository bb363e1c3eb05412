//! Labels beside points, none on top of another.

/// A rectangle on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Area {
    pub(super) fn around((x, y): (i32, i32), radius: i32) -> Self {
        Self {
            left: x - radius,
            top: y - radius,
            width: 2 * radius,
            height: 2 * radius,
        }
    }

    fn overlap(self, other: Self) -> i64 {
        let shared = |a: i32, a_len: i32, b: i32, b_len: i32| {
            i64::from(((a + a_len).min(b + b_len) - a.max(b)).max(0))
        };
        shared(self.left, self.width, other.left, other.width)
            * shared(self.top, self.height, other.top, other.height)
    }

    fn is_inside(self, other: Self) -> bool {
        let size = i64::from(self.width) * i64::from(self.height);
        self.overlap(other) == size
    }
}

/// For each point a place for its label of the given width and height: the nearest that lies inside
/// `bounds` and covers neither a point nor a label; where there is none, the one that covers least.
pub(super) fn place(
    points: &[(i32, i32)],
    sizes: &[(i32, i32)],
    radius: i32,
    bounds: Area,
) -> Vec<Area> {
    let mut taken: Vec<Area> = points.iter().map(|&p| Area::around(p, radius)).collect();
    let mut placed = Vec::new();
    for (&point, &size) in points.iter().zip(sizes) {
        let candidates = candidates(point, size, radius).into_iter();
        let inside = candidates.filter(|candidate| candidate.is_inside(bounds));
        let covered = |area: &Area| taken.iter().map(|other| area.overlap(*other)).sum::<i64>();
        // `min_by_key` takes the first of equals.
        let best = inside.min_by_key(covered).unwrap_or(Area {
            left: point.0,
            top: point.1,
            width: size.0,
            height: size.1,
        });
        taken.push(best);
        placed.push(best);
    }
    placed
}

/// Beside, above and below the point, then farther and farther away.
fn candidates((x, y): (i32, i32), (width, height): (i32, i32), radius: i32) -> Vec<Area> {
    let mut candidates = Vec::new();
    for step in 0..8 {
        let far = radius + step * height * 2 / 3;
        let (right, left) = (x + radius, x - radius - width);
        let (above, below) = (y - far - height, y + far);
        let middle = (x - width / 2, y - height / 2);
        let here = [
            (right, middle.1 - step * height * 2 / 3),
            (left, middle.1 - step * height * 2 / 3),
            (middle.0, above),
            (middle.0, below),
            (right, above),
            (right, below),
            (left, above),
            (left, below),
            (right, middle.1 + step * height * 2 / 3),
            (left, middle.1 + step * height * 2 / 3),
        ];
        candidates.extend(here.map(|(left, top)| Area {
            left,
            top,
            width,
            height,
        }));
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_a_crowd_cover_nothing_and_stay_inside() {
        let bounds = Area {
            left: 0,
            top: 0,
            width: 300,
            height: 200,
        };
        let points = [
            (40, 100),
            (44, 102),
            (48, 99),
            (280, 100),
            (283, 104),
            (150, 198),
        ];
        let sizes = [(70, 12); 6];
        let placed = place(&points, &sizes, 5, bounds);
        for (i, label) in placed.iter().enumerate() {
            assert!(label.is_inside(bounds), "{label:?}");
            let others = placed[i + 1..].iter().copied();
            let markers = points.iter().map(|&p| Area::around(p, 5));
            for other in others.chain(markers) {
                assert_eq!(label.overlap(other), 0, "{label:?} on {other:?}");
            }
        }
    }

    #[test]
    fn a_point_alone_has_its_label_to_the_right() {
        let bounds = Area::around((0, 0), 100);
        let placed = place(&[(0, 0)], &[(20, 10)], 5, bounds);
        assert_eq!((placed[0].left, placed[0].top), (5, -5));
    }
}
