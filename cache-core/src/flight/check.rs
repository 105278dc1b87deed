//! What holds of a flight whenever nobody holds its lock.

use super::{State, Verdict};
use crate::touch::Touch;

impl<V> State<V> {
    /// Asserts the books of a flight that others can find.
    pub(crate) fn check(&self, now: Touch) {
        assert!(!self.running.is_empty(), "a flight is known in which no load runs: who joins it would wait for ever");
        assert!(self.width > 0, "a flight in which no load may run");
        assert!(self.touched <= now, "a key was touched in the future");
        let mut numbers: Vec<u64> = self.running.iter().map(|running| running.load).collect();
        numbers.extend(self.waiting.keys());
        numbers.sort_unstable();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "a load or a ticket has the number of another one");
        assert!(numbers.last().is_none_or(|last| *last <= self.next), "a number that was not given yet");
        for waiter in self.waiting.values() {
            assert!(waiter.start <= now, "a waiter came in the future");
            assert!(waiter.verdict.is_none() || waiter.waker.is_none(), "a waiter was told and not woken");
            if let Some(Verdict::Lead(place)) = &waiter.verdict {
                assert!(place.load <= self.next && place.start <= now, "a seat that was not given yet");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::Time;
    use crate::flight::{Flight, Joined, Now};
    use crate::touch::Touch;

    const NOW: Now = Now { touch: Touch::NONE, time: Time::NEVER };

    #[test]
    fn a_flight_with_a_load_passes() {
        let flight = Flight::<()>::new(0);
        assert!(matches!(flight.lock().join(NOW, false, false), Joined::Lead(_)));
        assert!(matches!(flight.lock().join(NOW, false, false), Joined::Wait(_)));
        flight.lock().check(Touch::NONE);
    }

    #[test]
    #[should_panic(expected = "would wait for ever")]
    fn a_flight_without_a_load_is_found() {
        let flight = Flight::<()>::new(0);
        assert!(matches!(flight.lock().join(NOW, false, false), Joined::Lead(_)));
        assert!(matches!(flight.lock().join(NOW, false, false), Joined::Wait(_)));
        flight.lock().running.clear();
        flight.lock().check(Touch::NONE);
    }
}
