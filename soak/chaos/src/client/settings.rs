//! What the driver tells a client at its start.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::COMMAND;

/// The settings of a client.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// For people.
    pub(crate) name: String,
    /// Which of the clients it is, or takes the place of.
    pub(crate) index: usize,
    /// How many clients there are.
    pub(crate) clients: usize,
    pub(crate) url: String,
    pub(crate) database: PathBuf,
    pub(crate) history: PathBuf,
    pub(crate) seed: u64,
    /// Reads a second.
    pub(crate) rate: u64,
    /// Whether the servers are a cluster.
    pub(crate) cluster: bool,
    /// Whether what happens to the tier is told.
    pub(crate) verbose: bool,
}

impl Settings {
    /// The arguments that hand them over.
    pub(crate) fn hand_to(&self, command: &mut Command) {
        let path = |path: &Path| path.to_str().expect("temporary folders have names in UTF-8").to_owned();
        let words = [self.index.to_string(), self.clients.to_string(), self.seed.to_string(), self.rate.to_string()];
        command.arg(COMMAND).arg(&self.name).arg(&self.url).arg(path(&self.database)).arg(path(&self.history));
        command.args(words).arg(self.cluster.to_string()).arg(self.verbose.to_string());
    }

    /// # Panics
    ///
    /// If they are not what [`hand_to`](Self::hand_to) makes.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Self {
        let mut next = || words.next().expect("the driver starts clients");
        let (name, url, database, history) = (next(), next(), next().into(), next().into());
        let mut number = || next().parse::<u64>().expect("a number");
        let (index, clients) = (number() as usize, number() as usize);
        let (seed, rate) = (number(), number());
        let (cluster, verbose) = (next() == "true", next() == "true");
        Self { name, index, clients, url, database, history, seed, rate, cluster, verbose }
    }
}
