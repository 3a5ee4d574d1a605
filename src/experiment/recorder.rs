//! The observer of a run: watches the modes, and writes what is recorded into the run folder.

use modewise_solvers::{
    Observer, Sample, Schedule, Snapshot,
    observe::{Cost, ObserveError, Start},
};
use serde::{Deserialize, Serialize};

use crate::{
    modes::{ModeWatch, energy_above_nyquist},
    store::{
        RunFolder,
        folder::{Lengths, cell, optional_cell},
        schema::Milestone,
    },
};

/// One step a decade has its field stored.
const FIELDS: Schedule = Schedule::Log { per_decade: 1 };

/// Records one run of one solver.
pub(super) struct Recorder<'a> {
    pub folder: &'a mut RunFolder,
    /// Where modes are watched.
    pub watch: Option<ModeWatch>,
    /// Which watched steps are stored; `None` for all.
    pub record: Option<Schedule>,
    pub label: &'a str,
    /// The value of the column `seed`, where there is one.
    pub seed: Option<u64>,
    /// The name of stored fields, where they are stored.
    pub field_name: Option<String>,
    /// Which nodes are inside the domain, where not all are.
    pub inside: Option<&'a [bool]>,
    /// Whether fields are stored before the last step too.
    pub stores_fields: bool,
    /// The scalar columns of history.csv.
    pub columns: &'a [String],
    /// Whether u is known between the nodes: it is a network, to be kept.
    pub is_network: bool,
    state: State,
    /// For each column the place of its scalar in a sample.
    places: Vec<Option<usize>>,
    energy_above_nyquist: Option<f64>,
    last: Option<Snapshot>,
}

#[derive(Default, Serialize, Deserialize)]
struct State {
    next_record: u64,
    next_field: u64,
    /// Steps whose fields are stored.
    fields: Vec<u64>,
    milestones: Vec<Milestone>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    lengths: Lengths,
    watch: String,
    state: State,
}

impl<'a> Recorder<'a> {
    pub fn new(
        folder: &'a mut RunFolder,
        watch: Option<ModeWatch>,
        record: Option<Schedule>,
        label: &'a str,
        columns: &'a [String],
    ) -> Self {
        Self {
            folder,
            watch,
            record,
            label,
            seed: None,
            field_name: None,
            inside: None,
            stores_fields: true,
            columns,
            is_network: false,
            state: State::default(),
            places: Vec::new(),
            energy_above_nyquist: None,
            last: None,
        }
    }

    /// The share of the last u's energy above the grid's Nyquist, where u is known between the nodes.
    pub fn energy_above_nyquist(&self) -> Option<f64> {
        self.energy_above_nyquist
    }

    /// The state at the last step, where u is known between the nodes: the trained network.
    pub fn take_network(&mut self) -> Option<Snapshot> {
        self.last.take()
    }

    /// The milestones passed so far.
    pub fn milestones(&self) -> &[Milestone] {
        &self.state.milestones
    }

    fn record(&mut self, sample: &Sample<'_>) -> Result<(), ObserveError> {
        let head =
            [self.label.to_string(), sample.step.to_string(), cell(sample.work_units), cell(sample.seconds)];
        let seed = self.seed.map(|seed| seed.to_string());
        let mut row = head.to_vec();
        row.push(optional_cell(sample.residual));
        row.push(optional_cell(sample.errors.map(|errors| errors.l2)));
        row.push(optional_cell(sample.errors.map(|errors| errors.max)));
        row.extend(self.places.iter().map(|place| optional_cell(place.map(|place| sample.scalars[place]))));
        row.extend(seed.clone());
        self.folder.history(&row)?;
        for (name, state) in self.watch.iter().flat_map(ModeWatch::states) {
            let mut row = head.to_vec();
            row.push(name.to_string());
            row.push(cell(state.amplitude));
            row.push(optional_cell(Some(state.complex.re)));
            row.push(optional_cell(Some(state.complex.im)));
            row.push(optional_cell(state.relative));
            row.extend(seed.clone());
            self.folder.mode(&row)?;
        }
        Ok(())
    }
}

impl Observer for Recorder<'_> {
    fn start(&mut self, start: &Start<'_>) -> Result<(), ObserveError> {
        let place = |column: &String| start.scalar_names.iter().position(|name| name == column);
        self.places = self.columns.iter().map(place).collect();
        Ok(())
    }

    fn observe(&mut self, sample: &Sample<'_>) -> Result<(), ObserveError> {
        if let (Some(watch), Some(field)) = (&mut self.watch, sample.values.field()) {
            watch.look(sample.step, sample.work_units, sample.seconds, field);
        }
        let always = sample.milestone || sample.last;
        if always || sample.step >= self.state.next_record {
            self.record(sample)?;
            let next = self.record.as_ref().map_or(0, |schedule| schedule.next(sample.step, Cost::default()));
            self.state.next_record = next;
        }
        if let (Some(name), Some(field)) = (&self.field_name, sample.values.field())
            && (always || sample.step >= self.state.next_field)
            && (self.stores_fields || sample.last)
        {
            self.folder.field(&format!("{name}-{}", sample.step), field, self.inside)?;
            self.state.fields.push(sample.step);
            self.state.next_field = FIELDS.next(sample.step, Cost::default());
        }
        if sample.milestone && sample.step > 0 && self.state.milestones.iter().all(|m| m.step != sample.step)
        {
            self.state.milestones.push(Milestone {
                step: sample.step,
                work_units: sample.work_units,
                seconds: sample.seconds,
                error_max: sample.errors.map(|errors| errors.max).filter(|error| error.is_finite()),
            });
        }
        if sample.last && self.is_network {
            // Outside of shapes a network is anything.
            let is_whole = self.inside.is_none();
            self.energy_above_nyquist = is_whole.then(|| energy_above_nyquist(sample).ok()).flatten();
            self.last = Some(sample.snapshot()?);
        }
        Ok(())
    }

    fn save(&mut self) -> Result<String, ObserveError> {
        let state = std::mem::take(&mut self.state);
        let saved = Saved {
            lengths: self.folder.sync()?,
            watch: self.watch.as_ref().map(ModeWatch::save).transpose()?.unwrap_or_default(),
            state,
        };
        let text = serde_json::to_string(&saved)?;
        self.state = saved.state;
        Ok(text)
    }

    fn restore(&mut self, state: &str) -> Result<(), ObserveError> {
        let saved: Saved = serde_json::from_str(state)?;
        self.folder.truncate(saved.lengths)?;
        if let Some(name) = &self.field_name {
            self.folder.keep_fields(name, &saved.state.fields)?;
        }
        if let Some(watch) = &mut self.watch {
            watch.restore(&saved.watch)?;
        }
        self.state = saved.state;
        Ok(())
    }
}
