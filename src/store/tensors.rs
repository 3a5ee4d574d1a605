//! Named arrays and a document beside them in one safetensors file, sealed by a checksum.
//!
//! A file that was cut short, at whatever byte, or that changed on the disk is refused: the format knows its own
//! length, and the CRC-32 (ISO 3309) in the header covers the document, the names and the numbers.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    fs, io,
    io::Write,
    path::Path,
};

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    atomic::write_atomically,
    error::{StoreError, io_error},
};

/// The key of the header's metadata: the checksum and, after a space, the document. There is one key alone, since the
/// format keeps no order of several, and the same run has to give the same bytes.
const DOCUMENT: &str = "modewise";

/// Arrays by name.
pub(super) type Arrays = BTreeMap<String, Vec<f64>>;

/// Writes `arrays` and `document` to `path`, whole or not at all.
///
/// # Errors
/// The disk is full, or another reason of the system.
pub(super) fn write(
    path: &Path,
    arrays: &Arrays,
    document: &impl Serialize,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let bytes: Vec<(&str, Vec<u8>)> = arrays
        .iter()
        .map(|(name, array)| (name.as_str(), array.iter().flat_map(|x| x.to_le_bytes()).collect()))
        .collect();
    let document = serde_json::to_string(document)?;
    let sum = checksum(&document, bytes.iter().map(|(name, bytes)| (*name, bytes.as_slice())));
    let mut views = Vec::with_capacity(bytes.len());
    for (name, bytes) in &bytes {
        views.push((*name, TensorView::new(Dtype::F64, vec![bytes.len() / size_of::<f64>()], bytes)?));
    }
    let beside = HashMap::from([(DOCUMENT.to_string(), format!("{sum} {document}"))]);
    let file = safetensors::serialize(views, Some(beside))?;
    Ok(write_atomically(path, |out| out.write_all(&file)).map_err(io_error("write", path))?)
}

/// Reads what [`write`] wrote to `path`; `None` if there is no such file.
///
/// # Errors
/// It cannot be read, or is damaged.
pub(super) fn read<D: DeserializeOwned>(path: &Path) -> Result<Option<(Arrays, D)>, StoreError> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(io_error("read", path))?,
    };
    open(&bytes).map(Some).map_err(|reason| StoreError::Damaged { path: path.into(), reason })
}

/// The content of a file, or what is wrong with it.
fn open<D: DeserializeOwned>(bytes: &[u8]) -> Result<(Arrays, D), String> {
    let cut = |error| match error {
        safetensors::SafeTensorError::HeaderTooSmall
        | safetensors::SafeTensorError::InvalidHeaderLength
        | safetensors::SafeTensorError::MetadataIncompleteBuffer => "it was cut short".to_string(),
        other => other.to_string(),
    };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(cut)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(cut)?;
    let beside = header.metadata().as_ref().and_then(|beside| beside.get(DOCUMENT)?.split_once(' '));
    let (stored, document) = beside.ok_or("it was not written by modewise")?;
    let mut views: Vec<(String, TensorView<'_>)> = tensors.tensors();
    views.sort_by(|one, other| one.0.cmp(&other.0));
    if stored != checksum(document, views.iter().map(|(name, view)| (name.as_str(), view.data()))) {
        return Err("its checksum is wrong".into());
    }
    let document = serde_json::from_str(document).map_err(|error| error.to_string())?;
    let numbers = |bytes: &[u8]| bytes.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    let arrays = views.into_iter().map(|(name, view)| (name, numbers(view.data()))).collect();
    Ok((arrays, document))
}

/// Over the document and the arrays in the order of their names.
fn checksum<'a>(document: &str, arrays: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut sum = crc32fast::Hasher::new();
    sum.update(document.as_bytes());
    for (name, bytes) in arrays {
        sum.update(name.as_bytes());
        sum.update(bytes);
    }
    format!("{:08x}", sum.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cut at every byte, and with every byte changed, it is refused; nothing in it is read as something else.
    #[test]
    fn no_damaged_file_is_taken_for_a_whole_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("arrays.safetensors");
        let arrays = Arrays::from([("a".into(), vec![1.0, -0.0, f64::NAN]), ("b.c".into(), vec![2.5])]);
        write(&path, &arrays, &"beside").unwrap();
        let whole = fs::read(&path).unwrap();
        let (read_back, beside): (Arrays, String) = read(&path).unwrap().unwrap();
        assert_eq!(beside, "beside");
        let bits = |arrays: &Arrays| -> Vec<u64> { arrays.values().flatten().map(|x| x.to_bits()).collect() };
        assert_eq!(bits(&read_back), bits(&arrays));
        for length in 0..whole.len() {
            assert_eq!(open::<String>(&whole[..length]).unwrap_err(), "it was cut short", "{length}");
        }
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            // Some of the header is blanks and names of types; what can be read has to be the same.
            if let Ok((arrays, beside)) = open::<String>(&changed) {
                assert_eq!((bits(&arrays), beside.as_str()), (bits(&read_back), "beside"), "{place}");
            }
        }
        assert!(read::<String>(&folder.path().join("none")).unwrap().is_none());
    }
}
