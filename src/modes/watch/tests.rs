use std::f64::consts::PI;

use modewise_problems::{Condition, Grid};
use modewise_solvers::ReferenceKind;

use super::*;
use crate::modes::TransformKind;

fn watch_on(
    reference: &Field,
    kind: TransformKind,
    choice: &ModeChoice,
    white: bool,
    tol: f64,
) -> Result<ModeWatch, ModeChoiceError> {
    let grid = reference.grid();
    let sides = vec![[Condition::Dirichlet; 2]; grid.dimension()];
    let spectrum = Spectrum::new(grid, &sides, kind);
    let reference = Reference::new(ReferenceKind::Discrete, reference.clone());
    ModeWatch::new(&reference, spectrum, choice, white, tol)
}

fn field(grid: &Grid, a: f64, b: f64) -> Field {
    Field::from_batch(grid, |points, out| {
        points.evaluate(out, |x| a * (PI * x[0]).sin() + b * (3.0 * PI * x[0]).sin());
    })
}

#[test]
fn first_passage_settling_and_order() {
    let grid = Grid::new(&[[0.0, 1.0]], &[16]).unwrap();
    let reference = field(&grid, 1.0, 0.5);
    let mut watch = watch_on(&reference, TransformKind::Sine, &ModeChoice::Auto, false, 0.1).unwrap();
    // Mode 3 is reached at step 2, lost at 3 and settled at 4; mode 1 is never reached.
    for (step, third) in [(0, 0.0), (1, 0.3), (2, 0.49), (3, 0.4), (4, 0.5), (5, 0.5)] {
        watch.look(step, step as f64, 0.0, &field(&grid, 0.0, third));
    }
    let passages: Vec<_> = watch.passages().map(|(name, _, passage)| (name.to_string(), *passage)).collect();
    assert_eq!(passages[0], ("1".into(), Passage::default()));
    assert_eq!(passages[1].1, Passage { reached: Some((2, 2.0, 0.0)), settled: Some(4) });
    assert_eq!(watch.order_index(), Some(-1.0));
    assert_eq!(watch.watched_every(), "1");
    let state = watch.save().unwrap();
    let mut again = watch_on(&reference, TransformKind::Sine, &ModeChoice::Auto, false, 0.1).unwrap();
    again.restore(&state).unwrap();
    assert_eq!(again.save().unwrap(), state);
}

#[test]
fn the_difference_is_complex() {
    // A field with the right amplitude and the wrong sign is wrong, not exact.
    let grid = Grid::new(&[[0.0, 1.0]], &[16]).unwrap();
    let reference = field(&grid, 1.0, 0.0);
    let mut watch = watch_on(&reference, TransformKind::Sine, &ModeChoice::Auto, false, 0.1).unwrap();
    watch.look(0, 0.0, 0.0, &field(&grid, -1.0, 0.0));
    let (_, state) = watch.states().next().unwrap();
    assert!((state.relative.unwrap() - 2.0).abs() < 1e-14);
    let (_, untracked) = watch.states().nth(1).unwrap();
    assert_eq!(untracked.relative, None, "a mode the reference lacks has no relative error");
}

#[test]
fn shells_collect_the_modes_of_a_ring() {
    let grid = Grid::new(&[[0.0, 1.0]; 2], &[16]).unwrap();
    let waves = |a: f64| {
        Field::from_batch(&grid, |points, out| {
            points.evaluate(out, |x| {
                let sine = |k: f64, t: f64| (k * PI * t).sin();
                a * (3.0 * sine(3.0, x[0]) * sine(4.0, x[1]) + 4.0 * sine(4.0, x[0]) * sine(3.0, x[1]))
            });
        })
    };
    let choice = "3:4,shell:5".parse().unwrap();
    let mut watch = watch_on(&waves(1.0), TransformKind::Sine, &choice, false, 0.1).unwrap();
    watch.look(0, 0.0, 0.0, &waves(0.5));
    let tracked: Vec<String> = watch.tracked().map(ModeName::to_string).collect();
    assert_eq!(tracked, ["3:4", "shell:5"]);
    let (_, shell) = watch.states().find(|(name, _)| **name == ModeName::Shell(5)).unwrap();
    assert!((shell.amplitude - 2.5).abs() < 1e-13 && (shell.relative.unwrap() - 0.5).abs() < 1e-13);
}

/// Fields of a run that has gone wrong, whose even sine modes are zero by symmetry.
#[test]
fn nothing_is_reached_by_a_field_that_is_huge_or_not_finite() {
    let grid = Grid::new(&[[0.0, 1.0]], &[16]).unwrap();
    let constant = |value: f64| Field::from_values(&grid, vec![value; grid.nodes()]).unwrap();
    let all = [TransformKind::Fourier];
    for (kind, value) in all
        .into_iter()
        .flat_map(|kind| [2e6, -1e9, 1e300, f64::MAX, f64::INFINITY, f64::NAN].map(|value| (kind, value)))
    {
        let choice = "1,2,3".parse().unwrap();
        let mut watch = watch_on(&field(&grid, 1.0, 0.5), kind, &choice, false, 0.1).unwrap();
        watch.look(0, 0.0, 0.0, &constant(0.0));
        let start: Vec<Passage> = watch.passages().map(|(.., passage)| *passage).collect();
        watch.look(1, 1.0, 1.0, &constant(value));
        assert!(watch.states().all(|(_, state)| state.relative.is_none()), "{kind:?} of {value}");
        assert!(watch.passages().all(|(.., passage)| passage.settled.is_none()));
        let reached: Vec<_> = watch.passages().map(|(.., passage)| passage.reached).collect();
        assert_eq!(reached, start.iter().map(|passage| passage.reached).collect::<Vec<_>>());
        watch.restore(&watch.save().unwrap()).unwrap();
    }
    // Large beside a larger start it is an error like any other.
    let mut watch =
        watch_on(&field(&grid, 1.0, 0.5), TransformKind::Sine, &ModeChoice::Auto, false, 0.1).unwrap();
    watch.look(0, 0.0, 0.0, &constant(1e3));
    let mut again = watch.fresh();
    again.restore(&watch.save().unwrap()).unwrap();
    for mut watch in [watch, again] {
        watch.look(1, 1.0, 1.0, &constant(2e6));
        assert!(watch.states().next().unwrap().1.relative.unwrap() > 1e6);
    }
    // A start that is not finite is no scale.
    let choice = ModeChoice::All;
    let mut watch = watch_on(&constant(0.0), TransformKind::Sine, &choice, true, 0.1).unwrap();
    watch.look(0, 0.0, 0.0, &constant(f64::INFINITY));
    assert!(watch.scales().all(|(_, scale)| scale == 0.0));
}

#[test]
fn a_fresh_watch_is_a_new_one() {
    let grid = Grid::new(&[[0.0, 1.0]; 2], &[12, 9]).unwrap();
    let waves = |a: f64| {
        Field::from_batch(&grid, |points, out| {
            points.evaluate(out, |x| a * (PI * x[0]).sin() * (2.0 * PI * x[1]).sin() + a * a * x[0]);
        })
    };
    for white in [false, true] {
        let new = || watch_on(&waves(1.0), TransformKind::Fourier, &ModeChoice::All, white, 0.5).unwrap();
        let mut used = new();
        used.look(0, 0.0, 0.0, &waves(3.0));
        used.look(7, 0.0, 0.0, &waves(1.1));
        let (mut fresh, mut new) = (used.fresh(), new());
        assert_eq!(fresh.save().unwrap(), new.save().unwrap());
        for watch in [&mut fresh, &mut new] {
            watch.look(0, 0.0, 0.0, &waves(2.0));
            watch.look(1, 1.0, 0.0, &waves(1.2));
        }
        assert_eq!(fresh.save().unwrap(), new.save().unwrap());
        let bits = |watch: &ModeWatch| -> Vec<u64> {
            watch.states().map(|(_, state)| state.amplitude.to_bits()).collect()
        };
        assert_eq!(bits(&fresh), bits(&new));
    }
}

/// Every shell by the definition: the root of the squares of its modes, found by their names.
#[test]
fn shells_by_names() {
    let grid = Grid::new(&[[0.0, 1.0]; 3], &[5, 4, 6]).unwrap();
    let noise = |i: usize| ((i * i * 7919 + 13 * i) % 1000) as f64 / 500.0 - 1.0;
    let field = |shift: usize| {
        Field::from_values(&grid, (0..grid.nodes()).map(|i| noise(i + shift)).collect()).unwrap()
    };
    for kind in [TransformKind::Fourier] {
        let mut watch = watch_on(&field(0), kind, &ModeChoice::All, false, 0.1).unwrap();
        watch.look(0, 0.0, 0.0, &field(5));
        let mut sums = std::collections::BTreeMap::new();
        for (name, state) in watch.states().filter(|(name, _)| matches!(name, ModeName::Single(_))) {
            *sums.entry(name.magnitude().round() as u64).or_insert(0.0) += state.amplitude.powi(2);
        }
        let shells: Vec<(u64, f64)> = watch
            .states()
            .filter_map(|(name, state)| match name {
                ModeName::Shell(s) => Some((*s, state.amplitude)),
                ModeName::Single(_) => None,
            })
            .collect();
        assert_eq!(shells.len(), sums.len());
        for ((shell, amplitude), (expected, sum)) in shells.into_iter().zip(sums) {
            assert_eq!(shell, expected);
            assert!((amplitude - sum.sqrt()).abs() < 1e-14);
        }
    }
}
