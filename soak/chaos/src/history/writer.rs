//! The file of a process.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use parking_lot::Mutex;

use super::{Record, bytes};

/// How many bytes of reads may wait: what is lost if the process is killed.
const UNWRITTEN: usize = 32 * 1024;

/// Appends to the file of a process.
#[derive(Debug)]
pub(crate) struct Writer(Mutex<Open>);

#[derive(Debug)]
struct Open {
    file: File,
    unwritten: Vec<u8>,
}

impl Writer {
    /// # Panics
    ///
    /// If the file cannot be made.
    pub(crate) fn create(path: &Path) -> Self {
        let file = File::create(path).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        Self(Mutex::new(Open { file, unwritten: Vec::new() }))
    }

    /// Notes something down. What others rely on is with the system when this returns, and outlives the process.
    pub(crate) fn note(&self, record: &Record) {
        let mut open = self.0.lock();
        bytes::write(record, &mut open.unwritten);
        let may_wait = matches!(record, Record::Read { .. } | Record::Load { .. });
        if !may_wait || open.unwritten.len() > UNWRITTEN {
            open.flush();
        }
    }

    /// Hands everything to the system.
    pub(crate) fn flush(&self) {
        self.0.lock().flush();
    }
}

impl Open {
    fn flush(&mut self) {
        self.file.write_all(&self.unwritten).expect("the disk has room");
        self.unwritten.clear();
    }
}
