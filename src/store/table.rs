//! A CSV file of a run folder as named columns, with errors that name the file, the line and the column.

use std::{
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use thiserror::Error;

/// Why a run folder could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// A file is missing or unreadable.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `summary.json` is not what it should be.
    #[error("{path}, line {line}: {message}")]
    Json {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What was expected.
        message: String,
    },
    /// A cell of a table cannot be read.
    #[error("{path}, line {line}: column `{column}` holds `{found}`")]
    Cell {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        found: String,
    },
    /// A field file is damaged or belongs to another grid.
    #[error("cannot read the field {path}: {message}")]
    Field {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
}

impl ReadError {
    /// An error of the file system at `path`.
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }
}

/// A table in memory.
pub(super) struct Table {
    path: PathBuf,
    header: Vec<String>,
    records: Vec<csv::StringRecord>,
}

impl Table {
    /// Reads a table; a missing file is an empty table. A torn last line is left out.
    pub(super) fn read(path: &Path) -> Result<Self, ReadError> {
        let mut table = Self { path: path.to_path_buf(), header: Vec::new(), records: Vec::new() };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(table),
            Err(error) => return Err(ReadError::io(path, error)),
        };
        // A row without its line end may have lost digits.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let failed = |error: csv::Error| ReadError::io(path, io::Error::other(error.to_string()));
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(&bytes[..whole]);
        table.header = reader.headers().map_err(failed)?.iter().map(str::to_string).collect();
        for record in reader.records() {
            table.records.push(record.map_err(failed)?);
        }
        Ok(table)
    }

    /// The rows, top to bottom.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|record| Row { table: self, record })
    }
}

/// One row of a table.
#[derive(Clone, Copy)]
pub(super) struct Row<'t> {
    table: &'t Table,
    record: &'t csv::StringRecord,
}

impl<'t> Row<'t> {
    /// The cell under a column; empty where there is no such column.
    pub(super) fn text(self, column: &str) -> &'t str {
        let at = self.table.header.iter().position(|name| name == column);
        at.and_then(|at| self.record.get(at)).unwrap_or("")
    }

    /// The value of a cell that must not be empty.
    pub(super) fn required<T: FromStr>(self, column: &str) -> Result<T, ReadError> {
        let found = self.text(column);
        found.parse().map_err(|_| ReadError::Cell {
            path: self.table.path.clone(),
            line: self.record.position().map_or(0, csv::Position::line),
            column: column.to_string(),
            found: found.to_string(),
        })
    }

    /// The value of a cell, none where it is empty.
    pub(super) fn optional<T: FromStr>(self, column: &str) -> Result<Option<T>, ReadError> {
        if self.text(column).is_empty() { Ok(None) } else { self.required(column).map(Some) }
    }
}
