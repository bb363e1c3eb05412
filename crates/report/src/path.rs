//! Paths on a page: cut at edges and corners, and thinned.

/// A point on the page: right and down, in units.
pub(crate) type Place = (f64, f64);

/// The pieces of a path between two heights, and the point where it leaves at the top for good.
pub(crate) fn cut(path: &[Place], top: f64, bottom: f64) -> (Vec<Vec<Place>>, Option<Place>) {
    let is_above = |p: Place| p.1 < top;
    let is_below = |p: Place| p.1 > bottom;
    // The point nearest to `p` on the segment from `p` to `to` that is inside.
    let inside = |p: Place, to: Place| {
        let y = p.1.clamp(top, bottom);
        let share = (y - p.1) / (to.1 - p.1);
        match p.1 == y {
            true => p,
            // A point at infinity has no position, so the line goes straight up.
            false if !p.1.is_finite() => (to.0, y),
            false => (p.0 + share * (to.0 - p.0), y),
        }
    };
    let mut pieces: Vec<Vec<Place>> = Vec::new();
    let mut is_inside = false;
    for ends in path.windows(2) {
        let (from, to) = (ends[0], ends[1]);
        if is_above(from) && is_above(to) || is_below(from) && is_below(to) {
            is_inside = false;
            continue;
        }
        if !is_inside {
            pieces.push(vec![inside(from, to)]);
        }
        let end = inside(to, from);
        pieces
            .last_mut()
            .into_iter()
            .for_each(|piece| piece.push(end));
        is_inside = end == to;
    }
    let end = pieces.last().and_then(|piece| piece.last().copied());
    let leaves = path.last().is_some_and(|&last| is_above(last));
    (pieces, end.filter(|end| leaves && end.1 == top))
}

/// Omits the points that lie within half a unit of the last one kept, so that thousands of points do not
/// enlarge an SVG.
pub(crate) fn thinned(piece: &[Place]) -> Vec<Place> {
    let mut kept: Vec<Place> = Vec::new();
    for (i, &point) in piece.iter().enumerate() {
        let near = |last: &Place| (point.0 - last.0).abs().max((point.1 - last.1).abs()) < 0.5;
        if !kept.last().is_some_and(near) || i + 1 == piece.len() {
            kept.push(point);
        }
    }
    kept
}

/// The pieces of a path between its sharp corners. The mitres of bitmaps extend far beyond such corners.
pub(crate) fn smooth_pieces(points: &[(i32, i32)]) -> Vec<Vec<(i32, i32)>> {
    let mut pieces: Vec<Vec<(i32, i32)>> = Vec::new();
    for &point in points {
        let Some(piece) = pieces.last_mut() else {
            pieces.push(vec![point]);
            continue;
        };
        let corner = piece[piece.len() - 1];
        if point == corner {
            continue;
        }
        let before = piece.len().checked_sub(2).map(|place| piece[place]);
        let is_sharp = before.is_some_and(|before| {
            let step = |(x, y): (i32, i32), (to_x, to_y): (i32, i32)| {
                (f64::from(to_x - x), f64::from(to_y - y))
            };
            let (a, b) = (step(before, corner), step(corner, point));
            // A turn of more than 60°.
            a.0 * b.0 + a.1 * b.1 < 0.5 * a.0.hypot(a.1) * b.0.hypot(b.1)
        });
        if is_sharp {
            pieces.push(vec![corner, point]);
        } else {
            piece.push(point);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_where_it_leaves_and_where_it_comes_back() {
        let path = [
            (0.0, 5.0),
            (1.0, 9.0),
            (2.0, 13.0),
            (3.0, 13.0),
            (4.0, 9.0),
            (5.0, -1.0),
        ];
        let (pieces, leaves) = cut(&path, 0.0, 10.0);
        let first = vec![(0.0, 5.0), (1.0, 9.0), (1.25, 10.0)];
        let second = vec![(3.75, 10.0), (4.0, 9.0), (4.9, 0.0)];
        assert_eq!(pieces, [first, second]);
        assert_eq!(leaves, Some((4.9, 0.0)));
        let overflow = [(0.0, 5.0), (1.0, f64::NEG_INFINITY)];
        let (pieces, leaves) = cut(&overflow, 0.0, 10.0);
        assert_eq!(pieces, [vec![(0.0, 5.0), (0.0, 0.0)]]);
        assert_eq!(leaves, Some((0.0, 0.0)));
        let (pieces, leaves) = cut(&[(0.0, -2.0), (1.0, -1.0)], 0.0, 10.0);
        assert_eq!((pieces.len(), leaves), (0, None));
    }

    #[test]
    fn a_path_is_cut_at_sharp_corners_alone() {
        let path = [(0, 0), (10, 0), (10, 0), (20, 5), (10, 5)];
        let pieces = smooth_pieces(&path);
        assert_eq!(
            pieces,
            [vec![(0, 0), (10, 0), (20, 5)], vec![(20, 5), (10, 5)]]
        );
    }
}
