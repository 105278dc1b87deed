//! Many keys at once, as the model expects it.

use crate::callers::Begun;
use crate::model::Model;
use crate::real::of_batch;
use crate::script::{Failed, Key, Load, Settings, Value};

/// The results, or the error that answers for all.
pub(crate) type Results = Result<Vec<Option<Value>>, Failed>;

impl Model {
    /// The results and the keys of the batch, when nobody else loads any of them.
    pub(crate) fn load_many(&mut self, keys: &[Key], load: &Load, found: &[Key]) -> (Results, Vec<Key>) {
        let mut distinct: Vec<Key> = Vec::new();
        for key in keys {
            if !distinct.contains(key) {
                distinct.push(*key);
            }
        }
        let known: Vec<_> = distinct.iter().map(|key| self.look_of_batch(*key)).collect();
        // An error that is known answers for all; nothing is loaded then.
        if let Some(failed) = known.iter().find_map(|known| known.and_then(Result::err)) {
            return (Err(failed), Vec::new());
        }
        let missing: Vec<Key> =
            distinct.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(key, _)| *key).collect();
        let is_cached = self.enabled;
        let begun: Vec<Begun> = missing
            .iter()
            .filter(|_| is_cached)
            .map(|key| Begun { place: self.give_place(*key), settings: Settings::default(), copies: true })
            .collect();
        self.counts.loads += begun.len() as u64;
        let built_from = if missing.is_empty() { Vec::new() } else { self.reads(load) };
        if !missing.is_empty() {
            load.meanwhile.iter().for_each(|change| self.change(change));
        }
        let mut results = known;
        for (index, key) in missing.iter().enumerate() {
            let loaded = load.loaded.map(|value| found.contains(key).then(|| of_batch(*key, value)));
            let result = begun.get(index).map_or(loaded, |begun| self.land(begun, *key, loaded, &built_from));
            let index = distinct.iter().position(|each| each == key).expect("it is among them");
            results[index] = Some(result);
        }
        let of = |key: &Key| {
            let index = distinct.iter().position(|each| each == key).expect("it is among them");
            results[index].expect("what was missing was loaded")
        };
        (keys.iter().map(of).collect(), missing)
    }
}
