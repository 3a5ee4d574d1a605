//! Unions of many balls, such as molecules: the distance from one in a time that grows as the logarithm of their number.
//!
//! A tree halves the balls along the longest side of the box of their centres, down to a few. The distance of x from the balls
//! of a node is at least that from the box of their centres less the largest radius, so that nodes farther than the nearest
//! ball found so far are not entered (Bentley, *Commun. ACM* 18 (1975) 509; Friedman, Bentley, Finkel, *ACM Trans. Math.
//! Softw.* 3 (1977) 209).

use super::shape::{Shape, distance};

/// Balls that are not halved.
const FEW: usize = 4;
/// Rounding of bounds, as a share of what they are made of: the distance is that of the nearest ball bit for bit.
const SLACK: f64 = 1e-12;

/// Balls in space, in a tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Balls {
    /// In the order of the leaves.
    balls: Vec<Ball>,
    /// The whole first; the first half of a node follows it.
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Ball {
    centre: [f64; 3],
    radius: f64,
}

#[derive(Debug, Clone, PartialEq)]
struct Node {
    /// The box of the centres.
    hull: [[f64; 2]; 3],
    /// The largest radius.
    radius: f64,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// These balls.
    Leaf(std::ops::Range<usize>),
    /// Two halves; this is the node of the second.
    Halves(usize),
}

impl Balls {
    /// Those of `shapes`, if there are many and all are balls in space.
    pub fn of(shapes: &[(String, Shape)]) -> Option<Self> {
        let ball = |(_, shape): &(String, Shape)| match shape {
            Shape::Ball { centre, radius } => {
                Some(Ball { centre: centre.as_slice().try_into().ok()?, radius: *radius })
            }
            _ => None,
        };
        let mut balls: Vec<Ball> = shapes.iter().map(ball).collect::<Option<_>>()?;
        if balls.len() <= FEW {
            return None;
        }
        let mut nodes = Vec::new();
        grow(&mut balls, 0, &mut nodes);
        Some(Self { balls, nodes })
    }

    /// The distance of `x` from the nearest of them, negative inside: −r at the centre of one that no other reaches.
    pub fn signed_distance(&self, x: &[f64]) -> f64 {
        let mut nearest = f64::INFINITY;
        self.visit(0, x, &mut nearest);
        nearest
    }

    /// Whether `x` is in one of them: only those around it are looked at.
    pub fn contains(&self, x: &[f64]) -> bool {
        let mut nearest = 0.0;
        if self.nodes[0].bound(x) <= 0.0 {
            self.visit(0, x, &mut nearest);
        }
        nearest < 0.0
    }

    fn visit(&self, node: usize, x: &[f64], nearest: &mut f64) {
        match &self.nodes[node].kind {
            Kind::Leaf(own) => {
                for ball in &self.balls[own.clone()] {
                    *nearest = nearest.min(distance(x, &ball.centre) - ball.radius);
                }
            }
            Kind::Halves(second) => {
                let (first, second) = (node + 1, *second);
                let bounds = (self.nodes[first].bound(x), self.nodes[second].bound(x));
                let (near, far) = if bounds.1 < bounds.0 {
                    ((bounds.1, second), (bounds.0, first))
                } else {
                    ((bounds.0, first), (bounds.1, second))
                };
                if near.0 <= *nearest {
                    self.visit(near.1, x, nearest);
                }
                if far.0 <= *nearest {
                    self.visit(far.1, x, nearest);
                }
            }
        }
    }
}

impl Node {
    /// No ball of the node is nearer.
    #[inline(always)]
    fn bound(&self, x: &[f64]) -> f64 {
        let mut squares = 0.0;
        for ([lower, upper], x) in self.hull.iter().zip(x) {
            let excess = (lower - x).max(x - upper).max(0.0);
            squares += excess * excess;
        }
        let far = squares.sqrt();
        far - self.radius - SLACK * (far + self.radius)
    }
}

/// Adds the node of `balls`, of which the first has the number `first`, and those below it.
fn grow(balls: &mut [Ball], first: usize, nodes: &mut Vec<Node>) {
    let mut hull = [[f64::INFINITY, f64::NEG_INFINITY]; 3];
    for ball in balls.iter() {
        for (ends, x) in hull.iter_mut().zip(ball.centre) {
            *ends = [ends[0].min(x), ends[1].max(x)];
        }
    }
    let radius = balls.iter().fold(0.0, |largest: f64, ball| largest.max(ball.radius));
    let own = nodes.len();
    nodes.push(Node { hull, radius, kind: Kind::Leaf(first..first + balls.len()) });
    if balls.len() <= FEW {
        return;
    }
    let length = |axis: &usize| hull[*axis][1] - hull[*axis][0];
    let longest = (0..3).max_by(|a, b| length(a).total_cmp(&length(b))).unwrap_or(0);
    let middle = balls.len() / 2;
    balls.select_nth_unstable_by(middle, |a, b| a.centre[longest].total_cmp(&b.centre[longest]));
    let (lower, upper) = balls.split_at_mut(middle);
    grow(lower, first, nodes);
    nodes[own].kind = Kind::Halves(nodes.len());
    grow(upper, first + middle, nodes);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in [0, 1) that look random.
    fn numbers() -> impl FnMut() -> f64 {
        let mut state = 1u64;
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    #[test]
    fn distances_are_those_of_a_search_through_all_balls() {
        let mut number = numbers();
        for count in [5, 8, 9, 500] {
            let mut ball = |i: usize| {
                let centre = [(); 3].map(|()| 20.0 * number() - 10.0);
                // Some far larger than others, some in the same place.
                let centre = if i % 7 == 3 { [1.0, 2.0, 3.0] } else { centre };
                Shape::ball(&centre, if i % 11 == 1 { 6.0 * number() + 0.1 } else { number() + 0.5 }).unwrap()
            };
            let shapes: Vec<_> = (0..count).map(|i| (i.to_string(), ball(i))).collect();
            let balls = Balls::of(&shapes).unwrap();
            for _ in 0..2000 {
                let x = [(); 3].map(|()| 40.0 * number() - 20.0);
                let all =
                    shapes.iter().map(|(_, shape)| shape.signed_distance(&x)).fold(f64::INFINITY, f64::min);
                assert_eq!(balls.signed_distance(&x), all, "{count} balls, {x:?}");
                assert_eq!(balls.contains(&x), all < 0.0, "{count} balls, {x:?}");
            }
        }
    }

    #[test]
    fn few_balls_and_other_shapes_have_no_tree() {
        let ball = |centre: &[f64]| ("a".to_string(), Shape::ball(centre, 1.0).unwrap());
        assert!(Balls::of(&vec![ball(&[0.0; 3]); 4]).is_none());
        assert!(Balls::of(&vec![ball(&[0.0; 2]); 9]).is_none());
        let mut shapes = vec![ball(&[0.0; 3]); 9];
        assert!(Balls::of(&shapes).is_some());
        shapes[5].1 = Shape::cuboid(&[[0.0, 1.0]; 3]).unwrap();
        assert!(Balls::of(&shapes).is_none());
    }
}
