//! Glob patterns over `region:key` texts.

/// Whether `text` matches `pattern`: `*` is any run of characters, `?` any one, `\` makes the next one literal.
///
/// Iterative, remembering only the last `*`: time O(pattern × text) whatever the pattern, so that a hostile pattern
/// cannot explode (Kirk Krauss, "Matching Wildcards: An Algorithm", Dr. Dobb's 2008).
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<Piece> = pieces(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut read) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(Piece::Run) => {
                retry = Some((at, read));
                at += 1;
            }
            Some(Piece::One) => {
                at += 1;
                read += 1;
            }
            Some(Piece::Literal(expected)) if *expected == text[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((star, from)) = retry else { return false };
                retry = Some((star, from + 1));
                at = star + 1;
                read = from + 1;
            }
        }
    }
    pattern[at..].iter().all(|piece| matches!(piece, Piece::Run))
}

/// The literal text a pattern begins with: what cannot match is not even looked at.
pub(crate) fn literal_prefix(pattern: &str) -> String {
    pieces(pattern)
        .into_iter()
        .map_while(|piece| match piece {
            Piece::Literal(character) => Some(character),
            Piece::Run | Piece::One => None,
        })
        .collect()
}

enum Piece {
    Run,
    One,
    Literal(char),
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        pieces.push(match character {
            '*' => Piece::Run,
            '?' => Piece::One,
            '\\' => Piece::Literal(characters.next().unwrap_or('\\')),
            other => Piece::Literal(other),
        });
    }
    pieces
}

#[cfg(test)]
mod any_input;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("user:*", "user:42", true),
            ("user:*", "user:", true),
            ("user:*", "users:42", false),
            ("*:42", "user:42", true),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("u?er:*", "user:1", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            (r"a\*b", "a*b", true),
            (r"a\*b", "axb", false),
            ("käse:*", "käse:1", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_hostile_pattern_stays_cheap() {
        let pattern = "*a".repeat(200);
        assert!(!matches(&pattern, &"a".repeat(199).repeat(5).replace('a', "b")));
    }

    #[test]
    fn the_prefix_ends_at_the_first_wildcard() {
        assert_eq!(literal_prefix(r"user\*:*x"), "user*:");
        assert_eq!(literal_prefix("*"), "");
    }
}
