//! Snapshots of methods whose whole state is a nodal field.

use modewise_problems::{Discrete, Field};

use crate::{Snapshot, SolverError};

/// A snapshot of a method whose whole state is u.
pub(crate) fn snapshot(u: &Field) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.arrays.insert("u".into(), u.values().to_vec());
    snapshot
}

/// u from such a snapshot.
pub(crate) fn restore(discrete: &Discrete, from: &Snapshot) -> Result<Field, SolverError> {
    let mut u = Field::zeros(discrete.grid());
    u.values_mut().copy_from_slice(from.array("u", discrete.grid().nodes())?);
    Ok(u)
}
