//! The files that were uploaded or that batches wrote. They are kept in memory, because they live no longer than the
//! server and hostile names cannot leave a folder that does not exist.

mod object;
mod store;

pub(crate) use object::{DeletedFile, FileObject, PURPOSES};
pub(crate) use store::{FileStore, NewFile};
