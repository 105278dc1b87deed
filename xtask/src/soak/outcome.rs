//! What bolero says about a target.

/// What a target did in its time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Inputs, those of the corpus included.
    pub(super) executions: u64,
    pub(super) corpus: u64,
}

/// The names among what a test binary says when it is asked for its targets.
pub(super) fn targets(text: &str) -> Vec<String> {
    let targets = text.lines().filter_map(|line| line.find("{\"__bolero_target\"").map(|start| &line[start..]));
    let names = targets.filter_map(|line| {
        let json: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(json["test_name"].as_str()?.to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Its line, after a tab: `run time: 1.2s | iterations/s: 20576 | corpus inputs: 4 | rng inputs: 1234 | exit reason: …`.
pub(super) fn outcome(log: &str) -> Option<Outcome> {
    let line = log.lines().find_map(|line| line.split_once("\trun time: "))?.1;
    let count = |name| {
        let field = line.split(" | ").find_map(|field| field.strip_prefix(name)?.strip_prefix(": "));
        field.and_then(|number| number.parse::<u64>().ok()).unwrap_or_default()
    };
    let corpus = count("corpus inputs");
    Some(Outcome { executions: corpus + count("rng inputs"), corpus })
}

/// What repeats the input that failed, unless it is in the corpus.
pub(super) fn seed(log: &str) -> Option<&str> {
    log.lines().find_map(|line| line.strip_prefix("BOLERO_RANDOM_SEED="))
}

#[cfg(test)]
mod tests {
    use super::{Outcome, outcome, seed, targets};

    #[test]
    fn finds_the_targets_among_the_tests() {
        let text = "running 3 tests\ntest b::c ... {\"__bolero_target\":\"v0.5.0\",\"test_name\":\"b::c\"}\nok\n\
                    {\"__bolero_target\":\"v0.5.0\",\"test_name\":\"a\"}\ntest plain ... ok\n";
        assert_eq!(targets(text), ["a", "b::c"]);
    }

    #[test]
    fn reads_how_often_a_target_ran() {
        let log = "test a ... test a ...\trun time: 2.01s | iterations/s: 17 | corpus inputs: 4 | rng inputs: 30 | exit \
                   reason: max duration (2s) exceeded\nok\n";
        assert_eq!(outcome(log), Some(Outcome { executions: 34, corpus: 4 }));
        assert_eq!(outcome("test a ...\trun time: 1ms | iterations/s: 0 | corpus inputs: 1"), {
            Some(Outcome { executions: 1, corpus: 1 })
        });
        assert_eq!(outcome("error: unknown option"), None);
    }

    #[test]
    fn reads_the_seed_of_a_finding() {
        assert_eq!(seed("=== Test Failure ===\n\nBOLERO_RANDOM_SEED=1234\n\nInput: \n"), Some("1234"));
        assert_eq!(seed("=== Test Failure ===\n\nInput: \n"), None);
    }
}
