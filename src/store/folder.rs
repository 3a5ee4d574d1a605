//! Writing a run folder: append-only tables, and documents that are replaced whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use modewise_problems::Field;
use ndarray::CowArray;
use ndarray_npy::WriteNpyExt;
use serde::{Deserialize, Serialize};

use super::{
    atomic::{UNFINISHED, write_atomically, write_json},
    checkpoint,
    error::{StoreError, io_error},
    fields::{Drawn, FieldFormat},
    network,
    schema::{HISTORY_COLUMNS, MODES_COLUMNS, ORDER_COLUMNS},
};

/// A table that only grows, flushed and synced every few seconds.
struct Table {
    path: PathBuf,
    writer: csv::Writer<File>,
    synced: Instant,
}

const SYNC_EVERY: Duration = Duration::from_secs(3);

impl Table {
    fn create(path: PathBuf, columns: &[String]) -> Result<Self, StoreError> {
        let file = File::create(&path).map_err(io_error("create", &path))?;
        let mut table = Self::over(path, file);
        table.write(columns)?;
        table.flush()?;
        Ok(table)
    }

    fn reopen(path: PathBuf) -> Result<Self, StoreError> {
        let file = OpenOptions::new().append(true).open(&path).map_err(io_error("open", &path))?;
        Ok(Self::over(path, file))
    }

    fn over(path: PathBuf, file: File) -> Self {
        Self {
            path,
            writer: csv::WriterBuilder::new().flexible(false).from_writer(file),
            synced: Instant::now(),
        }
    }

    fn write<T: AsRef<[u8]>>(&mut self, cells: impl IntoIterator<Item = T>) -> Result<(), StoreError> {
        let written = self.writer.write_record(cells);
        written.map_err(|error| io_error("write", &self.path)(csv_io(error)))?;
        if self.synced.elapsed() > SYNC_EVERY {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.writer.flush().map_err(io_error("write", &self.path))?;
        self.writer.get_ref().sync_data().map_err(io_error("write", &self.path))?;
        self.synced = Instant::now();
        Ok(())
    }

    fn length(&mut self) -> Result<u64, StoreError> {
        self.flush()?;
        let metadata = self.writer.get_ref().metadata().map_err(io_error("read", &self.path))?;
        Ok(metadata.len())
    }

    fn truncate(&mut self, length: u64) -> Result<(), StoreError> {
        let have = self.length()?;
        if have < length {
            let reason = format!("it has {have} bytes where {length} were written");
            return Err(StoreError::Damaged { path: self.path.clone(), reason });
        }
        self.writer.get_ref().set_len(length).map_err(io_error("write", &self.path))
    }
}

fn csv_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// How long the tables were at some moment; what came later is cut off on resuming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lengths {
    history: u64,
    modes: u64,
    order: u64,
}

/// A run folder being written.
pub struct RunFolder {
    path: PathBuf,
    /// In which formats fields are stored besides NumPy's, and their title.
    formats: Vec<FieldFormat>,
    title: String,
    history: Table,
    modes: Table,
    order: Table,
}

/// Holds a run folder for one writer: the lock of its history, which ends with the process.
fn lock(path: &Path, history: &File) -> Result<(), StoreError> {
    match history.try_lock() {
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::Busy(path.into())),
        // A file system without locks is not worth an error.
        _ => Ok(()),
    }
}

/// The copy of a problem file in the folder of its run.
pub const PROBLEM_FILE: &str = "problem.toml";

/// What `--force` clears away: our own files, nothing else.
const OWN_FILES: [&str; 10] = [
    "experiment.toml",
    PROBLEM_FILE,
    "manifest.json",
    "history.csv",
    "modes.csv",
    "order.csv",
    "summary.json",
    "progress.json",
    checkpoint::FILES[0],
    checkpoint::FILES[1],
];

impl RunFolder {
    /// Makes the folder `path` and its empty tables; `scalars` are the solvers' own columns of
    /// history.csv, `seeds` adds a column `seed` to every table.
    ///
    /// # Errors
    /// The folder is not empty and `force` is not given, or it cannot be written.
    pub fn create(path: &Path, force: bool, scalars: &[String], seeds: bool) -> Result<Self, StoreError> {
        fs::create_dir_all(path).map_err(io_error("create", path))?;
        let mut entries = fs::read_dir(path).map_err(io_error("read", path))?;
        if entries.next().is_some() {
            if !force {
                return Err(StoreError::NotEmpty(path.into()));
            }
            clear(path)?;
        }
        let fields = path.join("fields");
        fs::create_dir_all(&fields).map_err(io_error("create", &fields))?;
        let columns = |names: &[&str], more: &[String]| {
            let names = names.iter().map(|name| name.to_string());
            let seed = seeds.then(|| "seed".to_string());
            names.chain(more.iter().cloned()).chain(seed).collect::<Vec<_>>()
        };
        let history = Table::create(path.join("history.csv"), &columns(&HISTORY_COLUMNS, scalars))?;
        lock(path, history.writer.get_ref())?;
        Ok(Self {
            history,
            modes: Table::create(path.join("modes.csv"), &columns(&MODES_COLUMNS, &[]))?,
            order: Table::create(path.join("order.csv"), &columns(&ORDER_COLUMNS, &[]))?,
            path: path.into(),
            formats: Vec::new(),
            title: String::new(),
        })
    }

    /// Opens a folder again, to append to it.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn reopen(path: &Path) -> Result<Self, StoreError> {
        let history = Table::reopen(path.join("history.csv"))?;
        lock(path, history.writer.get_ref())?;
        remove_unfinished(path)?;
        remove_unfinished(&path.join("fields"))?;
        Ok(Self {
            history,
            modes: Table::reopen(path.join("modes.csv"))?,
            order: Table::reopen(path.join("order.csv"))?,
            path: path.into(),
            formats: Vec::new(),
            title: String::new(),
        })
    }

    /// The same, with fields stored in these formats too, under a title of one line.
    #[must_use]
    pub fn storing(self, formats: &[FieldFormat], title: String) -> Self {
        Self { formats: formats.to_vec(), title, ..self }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a row to history.csv.
    ///
    /// # Errors
    /// The disk is full, or another reason of the system.
    pub fn history(&mut self, cells: &[String]) -> Result<(), StoreError> {
        self.history.write(cells)
    }

    /// Appends a row to modes.csv.
    ///
    /// # Errors
    /// As [`RunFolder::history`].
    pub fn mode(&mut self, cells: &[String]) -> Result<(), StoreError> {
        self.modes.write(cells)
    }

    /// Appends a row to order.csv.
    ///
    /// # Errors
    /// As [`RunFolder::history`].
    pub fn order(&mut self, cells: &[String]) -> Result<(), StoreError> {
        self.order.write(cells)
    }

    /// Everything written so far is on the disk after this; returns the tables' lengths.
    ///
    /// # Errors
    /// As [`RunFolder::history`].
    pub fn sync(&mut self) -> Result<Lengths, StoreError> {
        Ok(Lengths {
            history: self.history.length()?,
            modes: self.modes.length()?,
            order: self.order.length()?,
        })
    }

    /// Cuts the tables back.
    ///
    /// # Errors
    /// As [`RunFolder::history`].
    pub fn truncate(&mut self, lengths: Lengths) -> Result<(), StoreError> {
        self.history.truncate(lengths.history)?;
        self.modes.truncate(lengths.modes)?;
        self.order.truncate(lengths.order)
    }

    /// Writes `fields/<name>.npy`, an array of the grid's shape, and the same in other formats that were asked for;
    /// not-a-number where nodes are not `inside`.
    ///
    /// # Errors
    /// As [`RunFolder::history`].
    pub fn field(&self, name: &str, field: &Field, inside: Option<&[bool]>) -> Result<(), StoreError> {
        let path = self.path.join("fields").join(format!("{name}.npy"));
        let mut view = CowArray::from(field.view());
        if let Some(inside) = inside {
            let outside = view.iter_mut().zip(inside).filter(|(_, inside)| !**inside);
            outside.for_each(|(u, _)| *u = f64::NAN);
        }
        write_atomically(&path, |file| view.write_npy(file).map_err(io::Error::other))
            .map_err(io_error("write", &path))?;
        let drawn = Drawn { field, inside, title: &self.title };
        for format in self.formats.iter().filter(|format| !format.is_always()) {
            let path = path.with_extension(format.name);
            write_atomically(&path, |file| format.write(&drawn, file)).map_err(io_error("write", &path))?;
        }
        Ok(())
    }

    /// Removes the fields of `name` at other steps than these: what an interrupted run wrote last.
    ///
    /// # Errors
    /// As [`RunFolder::history`].
    pub fn keep_fields(&self, name: &str, steps: &[u64]) -> Result<(), StoreError> {
        for path in files(&self.path.join("fields"))? {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let step = stem.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')?.parse().ok());
            if step.is_some_and(|step: u64| !steps.contains(&step)) {
                remove_if_there(&path)?;
            }
        }
        Ok(())
    }

    /// Writes a document as JSON.
    ///
    /// # Errors
    /// As [`RunFolder::history`].
    pub fn json(&self, name: &str, document: &impl Serialize) -> Result<(), StoreError> {
        let path = self.path.join(name);
        write_json(&path, document).map_err(io_error("write", &path))
    }

    /// Writes a document as text.
    ///
    /// # Errors
    /// As [`RunFolder::history`].
    pub fn text(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let path = self.path.join(name);
        write_atomically(&path, |file| file.write_all(text.as_bytes())).map_err(io_error("write", &path))
    }

    /// Removes a document, if it is there.
    ///
    /// # Errors
    /// It is there and cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        remove_if_there(&self.path.join(name))
    }
}

/// Removes an earlier run, and whatever else there is not.
fn clear(path: &Path) -> Result<(), StoreError> {
    if let Ok(history) = File::open(path.join("history.csv")) {
        lock(path, &history)?;
    }
    for name in OWN_FILES {
        remove_if_there(&path.join(name))?;
    }
    remove_unfinished(path)?;
    let is_field = |name: &str| {
        let (stem, end) = name.rsplit_once('.').unzip();
        let stem = stem.filter(|_| end.is_some_and(|end| FieldFormat::named(end).is_some()));
        let step = stem.and_then(|stem| stem.rsplit_once('-')).map(|(_, step)| step);
        stem == Some("reference")
            || step.is_some_and(|step| !step.is_empty() && step.bytes().all(|b| b.is_ascii_digit()))
    };
    remove_own(&path.join("fields"), is_field)?;
    remove_own(&path.join(network::FOLDER), |name| name.ends_with(network::SUFFIX))?;
    let is_figure = |name: &str| {
        crate::figure::REGISTRY
            .iter()
            .any(|figure| name.strip_prefix(figure.name).is_some_and(|end| matches!(end, ".svg" | ".png")))
    };
    remove_own(&path.join("figures"), is_figure)
}

/// Removes the files of `folder` that are ours, and the folder if it is empty then.
fn remove_own(folder: &Path, is_own: impl Fn(&str) -> bool) -> Result<(), StoreError> {
    if !folder.is_dir() {
        return Ok(());
    }
    remove_unfinished(folder)?;
    for path in files(folder)? {
        if path.file_name().is_some_and(|name| is_own(&name.to_string_lossy())) {
            remove_if_there(&path)?;
        }
    }
    // Not empty: something of the user's stays.
    let _ = fs::remove_dir(folder);
    Ok(())
}

/// Removes temporary files that a killed run left.
fn remove_unfinished(folder: &Path) -> Result<(), StoreError> {
    for path in files(folder)? {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED)) {
            remove_if_there(&path)?;
        }
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = fs::read_dir(folder).map_err(io_error("read", folder))?;
    entries.map(|entry| Ok(entry.map_err(io_error("read", folder))?.path())).collect()
}

pub(crate) fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("remove", path)(error)),
        _ => Ok(()),
    }
}

/// A number as it stands in a table: the shortest text that reads back as the same number, and
/// nothing for what is no finite number.
pub fn cell(value: f64) -> String {
    if value.is_finite() { format!("{value:?}") } else { String::new() }
}

/// An optional number; nothing where there is none.
pub fn optional_cell(value: Option<f64>) -> String {
    value.map(cell).unwrap_or_default()
}
