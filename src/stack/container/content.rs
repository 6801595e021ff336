//! A tag for what an image is built from: the same files give the same, so that nothing is built twice.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that are in no image: version control, and what runs of ours leave.
const LEFT_OUT: [&str; 2] = [".git", "target/stack-test"];

/// Bytes of the tag that are kept.
const TAG: usize = 16;

/// The tag of a Containerfile and all that it sees.
///
/// # Errors
/// What cannot be read.
pub(super) fn tag(containerfile: &Path, context: &Path) -> Result<String, (PathBuf, io::Error)> {
    let mut hasher = blake3::Hasher::new();
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| (path, error)
    };
    hasher.update(&fs::read(containerfile).map_err(failed(containerfile))?);
    let mut folders = vec![context.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut paths: Vec<PathBuf> =
            entries.map_err(failed(&folder))?.into_iter().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let below = path.strip_prefix(context).unwrap_or(&path);
            if LEFT_OUT.iter().any(|left_out| below == Path::new(left_out)) {
                continue;
            }
            let kind = fs::symlink_metadata(&path).map_err(failed(&path))?.file_type();
            hasher.update(below.as_os_str().as_encoded_bytes());
            if kind.is_dir() {
                hasher.update(b"\0folder\0");
                folders.push(path);
            } else if kind.is_symlink() {
                let target = fs::read_link(&path).map_err(failed(&path))?;
                hasher.update(b"\0link\0").update(target.as_os_str().as_encoded_bytes());
            } else if kind.is_file() {
                let file = fs::File::open(&path).map_err(failed(&path))?;
                hasher.update(b"\0file\0").update_reader(file).map_err(failed(&path))?;
            }
            hasher.update(b"\0");
        }
    }
    Ok(hasher.finalize().to_hex()[..TAG].to_owned())
}
