//! What things in the shop are called.

/// Slug, name, and what the category sells.
pub(super) const CATEGORIES: [(&str, &str, [&str; 6]); 20] = [
    ("audio", "Audio", ["Headphones", "Speaker", "Turntable", "Amplifier", "Radio", "Microphone"]),
    ("baby", "Baby", ["Stroller", "Crib", "Bottle", "Rattle", "Blanket", "Bib"]),
    ("bikes", "Bikes", ["Saddle", "Helmet", "Pump", "Bell", "Pannier", "Lamp"]),
    ("books", "Books", ["Atlas", "Cookbook", "Novel", "Dictionary", "Diary", "Biography"]),
    ("camping", "Camping", ["Tent", "Stove", "Hammock", "Lantern", "Flask", "Sleeping Bag"]),
    ("coffee", "Coffee", ["Grinder", "Kettle", "Mug", "Filter", "Espresso Machine", "Milk Jug"]),
    ("computers", "Computers", ["Keyboard", "Monitor", "Mouse", "Laptop", "Dock", "Webcam"]),
    ("furniture", "Furniture", ["Desk", "Chair", "Bookcase", "Sofa", "Table", "Stool"]),
    ("games", "Games", ["Puzzle", "Chess Set", "Dice", "Card Game", "Board Game", "Domino"]),
    ("garden", "Garden", ["Spade", "Hose", "Rake", "Planter", "Bench", "Shears"]),
    ("kitchen", "Kitchen", ["Pan", "Knife", "Whisk", "Grater", "Bowl", "Colander"]),
    ("lighting", "Lighting", ["Lamp", "Chandelier", "Spotlight", "Candle", "Bulb", "Lampshade"]),
    ("music", "Music", ["Guitar", "Violin", "Drum", "Flute", "Ukulele", "Metronome"]),
    ("office", "Office", ["Stapler", "Notebook", "Pen", "Folder", "Scissors", "Whiteboard"]),
    ("pets", "Pets", ["Leash", "Basket", "Bowl", "Brush", "Collar", "Aquarium"]),
    ("shoes", "Shoes", ["Boots", "Sandals", "Sneakers", "Slippers", "Loafers", "Clogs"]),
    ("sports", "Sports", ["Racket", "Ball", "Dumbbell", "Yoga Mat", "Skipping Rope", "Goggles"]),
    ("tools", "Tools", ["Hammer", "Saw", "Drill", "Wrench", "Chisel", "Spirit Level"]),
    ("toys", "Toys", ["Kite", "Teddy Bear", "Robot", "Train", "Yo-yo", "Building Blocks"]),
    ("travel", "Travel", ["Suitcase", "Backpack", "Pillow", "Umbrella", "Wallet", "Adapter"]),
];

pub(super) const QUALITIES: [&str; 16] = [
    "Compact", "Classic", "Sturdy", "Elegant", "Light", "Folding", "Vintage", "Modern", "Quiet", "Bright", "Handmade",
    "Reliable", "Slim", "Giant", "Clever", "Everyday",
];

pub(super) const MATERIALS: [&str; 12] =
    ["Oak", "Steel", "Bamboo", "Copper", "Leather", "Linen", "Cork", "Glass", "Walnut", "Carbon", "Wool", "Ceramic"];

pub(super) const FIRST_NAMES: [&str; 16] = [
    "Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Niklaus", "Radia", "Tony", "Margaret", "Dennis",
    "Hedy", "Ken", "Karen", "Robin",
];

pub(super) const LAST_NAMES: [&str; 16] = [
    "Abbott",
    "Bianchi",
    "Costa",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Horvat",
    "Ito",
    "Jansen",
    "Kowalska",
    "Lindqvist",
    "Murphy",
    "Novak",
    "Okafor",
    "Petrov",
];

pub(super) const CITIES: [&str; 12] =
    ["Lisbon", "Oslo", "Vienna", "Prague", "Porto", "Lyon", "Ghent", "Turin", "Basel", "Cork", "Riga", "Graz"];
