//! What there is to read: which rows each entry is built from, and which entries an invalidation covers.

/// How many rows the source has.
pub(crate) const ROWS: u32 = 1000;

/// How many owners the rows have.
const OWNERS: u32 = 16;

/// The regions, each with one entry per row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Kind {
    /// One row, dropped by its key.
    Plain,
    /// One row, dropped by its tags: one is known before the load, one after it.
    Tagged,
    /// Built from a plain and a tagged cached value.
    Outer,
    /// One row, served long after its ttl while it is loaded anew.
    Stale,
    /// One row, which no process keeps.
    Strong,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Plain, Self::Tagged, Self::Outer, Self::Stale, Self::Strong];
}

/// The number of an entry.
pub(crate) type Entry = u32;

pub(crate) fn entry(kind: Kind, row: u32) -> Entry {
    kind as u32 * ROWS + row
}

/// Region and key of an entry.
pub(crate) fn parts(entry: Entry) -> (Kind, u32) {
    (Kind::ALL[(entry / ROWS) as usize], entry % ROWS)
}

/// Whose row it is. Loads find it in the value.
pub(crate) fn owner(row: u32) -> u32 {
    row % OWNERS
}

/// The tagged row that is in the outer value of a row, beside the plain one.
pub(crate) fn partner(row: u32) -> u32 {
    (row + ROWS / 2) % ROWS
}

/// The rows that an entry is built from.
pub(crate) fn rows(entry: Entry) -> Vec<usize> {
    match parts(entry) {
        (Kind::Outer, row) => vec![row as usize, partner(row) as usize],
        (_, row) => vec![row as usize],
    }
}

/// What an invalidation names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cover {
    /// One entry.
    Key(Entry),
    /// The tag of a row.
    RowTag(u32),
    /// The tag of an owner.
    OwnerTag(u32),
    /// The region of plain entries.
    Region,
    /// The plain entries whose key begins with this digit.
    Pattern(u32),
    /// Everything.
    All,
}

impl Cover {
    /// Calls `found` with each covered entry and the row of it whose changes must be seen: values built from what is
    /// covered are covered as well.
    pub(crate) fn each(self, mut found: impl FnMut(Entry, u32)) {
        let mut plain = |row: u32| {
            found(entry(Kind::Plain, row), row);
            found(entry(Kind::Outer, row), row);
        };
        match self {
            Self::Key(key) => match parts(key) {
                (Kind::Plain, row) => plain(row),
                (_, row) => found(key, row),
            },
            Self::Region => (0..ROWS).for_each(plain),
            Self::Pattern(digit) => (0..ROWS).filter(|row| first_digit(*row) == digit).for_each(plain),
            Self::RowTag(row) => tagged(row, &mut found),
            Self::OwnerTag(owned) => {
                (0..ROWS).filter(|row| owner(*row) == owned).for_each(|row| tagged(row, &mut found));
            }
            Self::All => (0..ROWS).for_each(|row| {
                tagged(row, &mut found);
                for kind in [Kind::Plain, Kind::Outer, Kind::Stale, Kind::Strong] {
                    found(entry(kind, row), row);
                }
            }),
        }
    }

    /// As two numbers.
    pub(crate) fn code(self) -> (u8, u32) {
        match self {
            Self::Key(entry) => (0, entry),
            Self::RowTag(row) => (1, row),
            Self::OwnerTag(owner) => (2, owner),
            Self::Region => (3, 0),
            Self::Pattern(digit) => (4, digit),
            Self::All => (5, 0),
        }
    }

    pub(crate) fn decode(code: u8, about: u32) -> Option<Self> {
        Some(match code {
            0 => Self::Key(about),
            1 => Self::RowTag(about),
            2 => Self::OwnerTag(about),
            3 => Self::Region,
            4 => Self::Pattern(about),
            5 => Self::All,
            _ => return None,
        })
    }
}

/// The tagged entry of a row, and the outer one that it is in.
fn tagged(row: u32, found: &mut impl FnMut(Entry, u32)) {
    found(entry(Kind::Tagged, row), row);
    found(entry(Kind::Outer, partner(row)), row);
}

fn first_digit(mut number: u32) -> u32 {
    while number >= 10 {
        number /= 10;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::{Cover, Kind, ROWS, entry, partner, rows};

    fn covered(cover: Cover) -> Vec<(u32, u32)> {
        let mut all = Vec::new();
        cover.each(|entry, row| all.push((entry, row)));
        all
    }

    #[test]
    fn every_cover_names_rows_that_its_entries_are_built_from() {
        let key = Cover::Key(entry(Kind::Strong, 7));
        for cover in [key, Cover::RowTag(600), Cover::OwnerTag(3), Cover::Region, Cover::Pattern(1), Cover::All] {
            for (entry, row) in covered(cover) {
                assert!(rows(entry).contains(&(row as usize)), "{cover:?} names {row} in {entry}");
            }
            let (code, about) = cover.code();
            assert_eq!(Cover::decode(code, about), Some(cover));
        }
    }

    #[test]
    fn what_is_built_from_something_is_covered_with_it() {
        assert!(covered(Cover::RowTag(600)).contains(&(entry(Kind::Outer, partner(600)), 600)));
        assert!(covered(Cover::Key(entry(Kind::Plain, 7))).contains(&(entry(Kind::Outer, 7), 7)));
        // Five entries a row, and the outer one has two rows.
        assert_eq!(covered(Cover::All).len(), ROWS as usize * 6);
    }
}
