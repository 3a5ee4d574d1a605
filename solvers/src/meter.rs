//! The cost model: every kernel charges its flops by closed form, and one work unit is one ω-Jacobi
//! sweep on the task's finest grid.

use std::ops::{Index, IndexMut};

/// What flops are charged to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Before step 0.
    Setup,
    /// Taking steps.
    Iterate,
    /// Sampling for observers.
    Observe,
}

/// Flops charged so far, by phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Meter {
    unit: f64,
    phase: Phase,
    charged: [f64; 3],
}

impl Meter {
    /// A meter whose work unit is `unit` flops.
    pub fn new(unit: f64) -> Self {
        Self { unit, phase: Phase::Setup, charged: [0.0; 3] }
    }

    /// Charges `flops` to the current phase.
    pub fn charge(&mut self, flops: f64) {
        let phase = self.phase;
        self[phase] += flops;
    }

    /// Flops of one work unit.
    pub fn unit(&self) -> f64 {
        self.unit
    }

    /// What is charged from now on belongs to `phase`. Only the driver turns this.
    pub fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Work units of set-up and steps; observation costs no solver anything.
    pub fn work_units(&self) -> f64 {
        (self[Phase::Setup] + self[Phase::Iterate]) / self.unit
    }

    /// Work units of one phase.
    pub fn work_units_of(&self, phase: Phase) -> f64 {
        self[phase] / self.unit
    }

    /// Flops by phase: set-up, iterate, observe.
    pub fn charged(&self) -> [f64; 3] {
        self.charged
    }

    /// Puts back what an interrupted run had charged.
    pub fn restore(&mut self, charged: [f64; 3]) {
        self.charged = charged;
    }
}

impl Index<Phase> for Meter {
    type Output = f64;
    fn index(&self, phase: Phase) -> &f64 {
        &self.charged[phase as usize]
    }
}

impl IndexMut<Phase> for Meter {
    fn index_mut(&mut self, phase: Phase) -> &mut f64 {
        &mut self.charged[phase as usize]
    }
}
