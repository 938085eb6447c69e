//! The data file, plain or gzip, as a stream of records that never grows out of bounds.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;
use indicatif::ProgressBar;

/// No record of a sound file is longer: a quote that is never closed would
/// otherwise swallow the rest of the file into one field.
const LONGEST_RECORD: usize = 1024 * 1024;

/// A CSV reader over the file; call [`Source::next_record`] before each record.
pub(crate) type Records = csv::Reader<Source>;

/// The file's decompressed bytes, counted per record.
pub(crate) struct Source {
    bytes: Box<dyn Read + Send>,
    since_record: usize,
}

impl Source {
    /// Says that a record has ended, so that the next may be as long again.
    pub(crate) fn next_record(&mut self) {
        self.since_record = 0;
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.since_record += count;
        if self.since_record > LONGEST_RECORD {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a row is longer than 1 MiB: is there a quote that is never closed?",
            ));
        }
        Ok(count)
    }
}

/// Opens the file; `progress` counts the bytes read from disk.
pub(crate) fn open(path: &Path, delimiter: u8, progress: &ProgressBar) -> io::Result<Records> {
    let file = File::open(path)?;
    progress.set_length(file.metadata()?.len());
    let mut file = BufReader::with_capacity(64 * 1024, progress.wrap_read(file));
    let bytes: Box<dyn Read + Send> = if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    Ok(csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(Source { bytes, since_record: 0 }))
}
