//! Records as bytes.

use super::{Failure, Record, Told, Versions};
use crate::entries::Cover;

const START: u8 = 1;
const COMMIT: u8 = 2;
const INVALIDATED: u8 = 3;
const PUT: u8 = 4;
const READ: u8 = 5;
const FAILED: u8 = 6;
const LOAD: u8 = 7;
const DRAINED: u8 = 8;

/// Appends a record.
pub(super) fn write(record: &Record, to: &mut Vec<u8>) {
    match record {
        Record::Start { at, bound } => {
            to.push(START);
            longs(to, &[*at, *bound]);
        }
        Record::Commit { row, version, after } => {
            to.push(COMMIT);
            words(to, &[*row, *version]);
            longs(to, &[*after]);
        }
        Record::Invalidated { as_of, returned, told, covers } => {
            to.push(INVALIDATED);
            longs(to, &[*as_of, *returned]);
            to.push(*told as u8);
            to.push(covers.len() as u8);
            for (code, about) in covers.iter().map(|cover| cover.code()) {
                to.push(code);
                words(to, &[about]);
            }
        }
        Record::Put { row, version, returned, told } => {
            to.push(PUT);
            words(to, &[*row, *version]);
            longs(to, &[*returned]);
            to.push(*told as u8);
        }
        Record::Read { entry, begin, end, loaded, versions } => {
            to.push(READ);
            words(to, &[*entry]);
            longs(to, &[*begin, *end]);
            to.extend([u8::from(*loaded), versions.count]);
            words(to, versions.as_slice());
        }
        Record::Failed { entry, begin, end, how } => {
            to.push(FAILED);
            words(to, &[*entry]);
            longs(to, &[*begin, *end]);
            to.push(*how as u8);
        }
        Record::Load { entry, at } => {
            to.push(LOAD);
            words(to, &[*entry]);
            longs(to, &[*at]);
        }
        Record::Drained { asked, seen } => {
            to.push(DRAINED);
            longs(to, &[*asked, *seen]);
        }
    }
}

fn words(to: &mut Vec<u8>, words: &[u32]) {
    words.iter().for_each(|word| to.extend(word.to_le_bytes()));
}

fn longs(to: &mut Vec<u8>, longs: &[u64]) {
    longs.iter().for_each(|long| to.extend(long.to_le_bytes()));
}

/// All records of a file. A killed process may have left half of one at its end.
pub(crate) fn read_all(bytes: &[u8]) -> Vec<Record> {
    let mut left = Left(bytes);
    std::iter::from_fn(|| left.record()).collect()
}

struct Left<'b>(&'b [u8]);

impl Left<'_> {
    fn record(&mut self) -> Option<Record> {
        Some(match self.byte()? {
            START => Record::Start { at: self.long()?, bound: self.long()? },
            COMMIT => Record::Commit { row: self.word()?, version: self.word()?, after: self.long()? },
            INVALIDATED => {
                let (as_of, returned, told) = (self.long()?, self.long()?, self.told()?);
                let count = self.byte()?;
                let covers = (0..count).map(|_| Cover::decode(self.byte()?, self.word()?)).collect::<Option<_>>()?;
                Record::Invalidated { as_of, returned, told, covers }
            }
            PUT => Record::Put { row: self.word()?, version: self.word()?, returned: self.long()?, told: self.told()? },
            READ => {
                let (entry, begin, end) = (self.word()?, self.long()?, self.long()?);
                let (loaded, count) = (self.byte()? != 0, self.byte()?);
                let mut versions = Versions { count, ..Versions::default() };
                for version in versions.all.get_mut(..usize::from(count))? {
                    *version = self.word()?;
                }
                Record::Read { entry, begin, end, loaded, versions }
            }
            FAILED => {
                let (entry, begin, end) = (self.word()?, self.long()?, self.long()?);
                let how = match self.byte()? {
                    0 => Failure::Source,
                    1 => Failure::Hung,
                    _ => Failure::Mixed,
                };
                Record::Failed { entry, begin, end, how }
            }
            LOAD => Record::Load { entry: self.word()?, at: self.long()? },
            DRAINED => Record::Drained { asked: self.long()?, seen: self.long()? },
            strange => panic!("no record begins with {strange}"),
        })
    }

    fn told(&mut self) -> Option<Told> {
        Some(match self.byte()? {
            0 => Told::Queued,
            1 => Told::Fleet,
            _ => Told::Own,
        })
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, left) = self.0.split_first_chunk::<N>()?;
        self.0 = left;
        Some(*taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn word(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{read_all, write};
    use crate::entries::Cover;
    use crate::history::{Failure, Record, Told, Versions};

    #[test]
    fn what_is_written_is_read_and_half_a_record_is_none() {
        let records = vec![
            Record::Start { at: 1, bound: 8 },
            Record::Commit { row: 7, version: 2, after: u64::MAX },
            Record::Invalidated {
                as_of: 3,
                returned: 4,
                told: Told::Fleet,
                covers: vec![Cover::Key(70), Cover::Pattern(1), Cover::All],
            },
            Record::Put { row: 3, version: 9, returned: 10, told: Told::Queued },
            Record::Read { entry: 1, begin: 2, end: 3, loaded: true, versions: Versions::two(4, 5) },
            Record::Failed { entry: 1, begin: 2, end: 3, how: Failure::Hung },
            Record::Load { entry: 8, at: 9 },
            Record::Drained { asked: 11, seen: 12 },
        ];
        let mut bytes = Vec::new();
        records.iter().for_each(|record| write(record, &mut bytes));
        assert_eq!(read_all(&bytes), records);
        assert_eq!(read_all(&bytes[..bytes.len() - 1]), records[..records.len() - 1]);
    }
}
