//! What is cached in the simulated fleet: regions, keys, the rows that their values are read from, and their names.

use std::collections::HashMap;

use cache_oracle::{Oracle, Slot};

/// Keys in each region.
pub const KEYS: usize = 3;

/// A region of the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Values with a tag that is known before the load.
    Users,
    /// Values with a tag that only the value knows.
    Orgs,
    /// Values that are built from two users and a row of their own.
    Pages,
    /// Values that are built from a page and an org.
    Books,
    /// Values that are served stale and renewed in the background.
    Feeds,
    /// Values that may not exist, whose absence is kept.
    Drafts,
    /// Values that are verified with each read.
    Stock,
    /// Values that their only writer puts.
    Carts,
    /// Values of a `#[cached]` function whose writers announce themselves.
    Prices,
    /// Values that are built from a cart and a row of their own.
    Bills,
}

/// All regions.
pub const KINDS: [Kind; 10] = [
    Kind::Users,
    Kind::Orgs,
    Kind::Pages,
    Kind::Books,
    Kind::Feeds,
    Kind::Drafts,
    Kind::Stock,
    Kind::Carts,
    Kind::Prices,
    Kind::Bills,
];

impl Kind {
    /// The region's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["users", "orgs", "pages", "books", "feeds", "drafts", "stock", "carts", "prices", "bills"][self as usize]
    }

    /// The tag of a key, if the region has tags.
    #[must_use]
    pub fn tag(self, key: usize) -> Option<String> {
        match self {
            Self::Users => Some(format!("team:{}", key % 2)),
            Self::Orgs => Some(format!("org:{}", key % 2)),
            Self::Prices => Some("tariff".to_owned()),
            _ => None,
        }
    }

    /// The row that a load of this key itself reads from the source.
    #[must_use]
    pub fn own_row(self, key: usize) -> Option<usize> {
        (self != Self::Books).then_some(self as usize * KEYS + key)
    }

    /// The entries that a load of this key reads through the cache, before its own row.
    #[must_use]
    pub fn ingredients(self, key: usize) -> Vec<Entry> {
        match self {
            Self::Pages => vec![Entry::of(Self::Users, key), Entry::of(Self::Users, (key + 1) % KEYS)],
            Self::Bills => vec![Entry::of(Self::Carts, key)],
            Self::Books => vec![Entry::of(Self::Pages, key), Entry::of(Self::Orgs, key)],
            _ => Vec::new(),
        }
    }

    /// Whether what an invalidation has returned for is seen everywhere from then on.
    #[must_use]
    pub fn is_strong(self) -> bool {
        self == Self::Stock
    }

    /// Whether a row of this region does not exist at a version.
    #[must_use]
    pub fn is_absent(self, version: u64) -> bool {
        self == Self::Drafts && version % 3 == 2
    }
}

/// A key of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The region.
    pub kind: Kind,
    /// The key.
    pub key: usize,
}

impl Entry {
    /// A key of a region.
    #[must_use]
    pub fn of(kind: Kind, key: usize) -> Self {
        Self { kind, key }
    }

    /// A number for each.
    #[must_use]
    pub fn index(self) -> usize {
        self.kind as usize * KEYS + self.key
    }

    /// The entry with this number.
    #[must_use]
    pub fn at(index: usize) -> Self {
        Self::of(KINDS[index / KEYS], index % KEYS)
    }

    /// How the fleet calls it.
    #[must_use]
    pub fn text(self) -> String {
        format!("{}:{}", self.kind.name(), self.key)
    }

    /// The rows that its value is built from, in the order in which the value carries them.
    #[must_use]
    pub fn rows(self) -> Vec<usize> {
        let ingredients = self.kind.ingredients(self.key).into_iter().flat_map(Self::rows);
        ingredients.chain(self.kind.own_row(self.key)).collect()
    }
}

/// Which slots of the oracle a name covers.
pub struct Schema {
    /// By the name's own text: `users:1`, `#team:1`, `@users`, `*`.
    covers: HashMap<String, Vec<Slot>>,
    slots: Vec<Vec<Slot>>,
    strong: Vec<Slot>,
}

impl Schema {
    /// That of a fleet of so many processes, and its oracle.
    #[must_use]
    pub fn new(nodes: usize) -> (Self, Oracle) {
        let entries: Vec<Vec<usize>> = (0..KINDS.len() * KEYS).map(|index| Entry::at(index).rows()).collect();
        let oracle = Oracle::new(nodes, KINDS.len() * KEYS, &entries);
        let mut slots = vec![Vec::new(); KINDS.len() * KEYS];
        for (index, rows) in entries.iter().enumerate() {
            for (slot, row) in oracle.slots(index).zip(rows) {
                slots[*row].push(slot);
            }
        }
        let strong = (0..entries.len()).filter(|index| Entry::at(*index).kind.is_strong());
        let strong = strong.flat_map(|index| oracle.slots(index)).collect();
        let mut schema = Self { covers: HashMap::new(), slots, strong };
        for (kind, key) in KINDS.into_iter().flat_map(|kind| (0..KEYS).map(move |key| (kind, key))) {
            let Some(row) = kind.own_row(key) else { continue };
            let tag = kind.tag(key).map(|tag| Name::Tag(&tag).text());
            let names =
                [Name::Key(&Entry::of(kind, key).text()).text(), Name::Region(kind.name()).text(), "*".to_owned()];
            for name in names.into_iter().chain(tag) {
                let slots = schema.slots[row].clone();
                schema.covers.entry(name).or_default().extend(slots);
            }
        }
        (schema, oracle)
    }

    /// What must be read anew, wherever it is built in, when a name is invalidated: the rows that the name's entries read
    /// themselves.
    #[must_use]
    pub fn covered(&self, name: Name<'_>) -> &[Slot] {
        self.covers.get(&name.text()).map_or(&[], Vec::as_slice)
    }

    /// What must be read anew when all keys are invalidated that match.
    #[must_use]
    pub fn covered_by(&self, matches: impl Fn(&str) -> bool) -> Vec<Slot> {
        let entries = (0..KINDS.len() * KEYS).map(Entry::at).filter(|entry| matches(&entry.text()));
        entries.filter_map(|entry| entry.kind.own_row(entry.key)).flat_map(|row| self.slots[row].clone()).collect()
    }

    /// Whether the entry of a slot is verified with each read.
    #[must_use]
    pub fn is_strong(&self, slot: Slot) -> bool {
        self.strong.contains(&slot)
    }

    /// The slots that a row is in.
    #[must_use]
    pub fn with_row(&self, row: usize) -> &[Slot] {
        &self.slots[row]
    }
}

/// A name of the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name<'a> {
    /// `region:key`.
    Key(&'a str),
    /// A tag.
    Tag(&'a str),
    /// A region.
    Region(&'a str),
    /// Everything.
    Everything,
}

impl<'a> Name<'a> {
    fn text(self) -> String {
        match self {
            Self::Key(key) => key.to_owned(),
            Self::Tag(tag) => format!("#{tag}"),
            Self::Region(region) => format!("@{region}"),
            Self::Everything => "*".to_owned(),
        }
    }

    /// What a name in the tier means to invalidate: identities and tags do, nothing else.
    #[must_use]
    pub fn of_wire(wire: &'a str) -> Option<Self> {
        let (_, rest) = wire.split_once(':')?;
        if let Some(key) = rest.strip_prefix("i:{") {
            return key.strip_suffix('}').map(Self::Key);
        }
        let tag = rest.strip_prefix("t:{")?.strip_suffix('}')?;
        Some(match tag.strip_prefix('@') {
            None => Self::Tag(tag),
            Some("all") => Self::Everything,
            Some(region) => Self::Region(region.strip_prefix("r:")?),
        })
    }
}
