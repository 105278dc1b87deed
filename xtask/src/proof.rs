//! `docs/proof.md` names the tests that prove what is promised: each of them exists.

const PROOF: &str = "docs/proof.md";

/// Checks the names in `text` against the files of the repository, given as path and text.
pub(crate) fn check(text: &str, files: &[(String, String)], errors: &mut Vec<String>) {
    let mut found = 0;
    for (number, line) in text.lines().enumerate() {
        // What is between backticks is every second piece.
        for (file, test) in line.split('`').skip(1).step_by(2).filter_map(named) {
            found += 1;
            if let Err(why) = check_one(&file, test, files) {
                errors.push(format!("{PROOF}:{}: `{file}::{test}`: {why}", number + 1));
            }
        }
    }
    if found == 0 {
        errors.push(format!("{PROOF}: names no test; they are written `folder/file.rs::name`"));
    }
}

/// `fleet/leases.rs::many_processes_load_once`.
fn named(code: &str) -> Option<(String, &str)> {
    let (file, test) = code.split_once(".rs::")?;
    Some((format!("{file}.rs"), test))
}

/// A file is named by the end of its path, as much of it as tells it from all others.
fn check_one(file: &str, test: &str, files: &[(String, String)]) -> Result<(), &'static str> {
    let end = format!("/{file}");
    let mut meant = files.iter().filter(|(path, _)| path == file || path.ends_with(&end));
    let (_, text) = meant.next().ok_or("there is no such file")?;
    if meant.next().is_some() {
        return Err("several files end like that: write more of the path");
    }
    let lines: Vec<&str> = text.lines().collect();
    let head = format!("fn {test}(");
    let is_test = |index: usize| {
        // What stands above belongs to it as long as it is an attribute or a comment.
        let above = lines[..index].iter().rev().map(|line| line.trim_start());
        let mut above = above.take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        above.any(|line| line.starts_with("#[") && line.contains("test"))
    };
    let mut functions = (0..lines.len()).filter(|index| begins(lines[*index], &head)).peekable();
    functions.peek().ok_or("there is no such function in it")?;
    if functions.any(is_test) { Ok(()) } else { Err("this function is no test") }
}

/// Whether a function with this head begins in the line.
fn begins(line: &str, head: &str) -> bool {
    let code = line.trim_start();
    let code = code.strip_prefix("pub ").unwrap_or(code);
    code.strip_prefix("async ").unwrap_or(code).starts_with(head)
}

#[cfg(test)]
mod tests {
    use super::check;

    fn errors(text: &str) -> Vec<String> {
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let tests = "#[tokio::test]\nasync fn one() {}\n\n/// Helps.\nasync fn help() {}\n// fn gone() {}\n";
        let files = [
            file("tests/tests/fleet/leases.rs", tests),
            file("tests/tests/fleet/keys.rs", "#[test]\n    fn two() {}\n"),
            file("tests/tests/other/keys.rs", "#[test]\n#[should_panic]\nfn two() {}\n"),
        ];
        let mut errors = Vec::new();
        check(text, &files, &mut errors);
        errors
    }

    #[test]
    fn names_of_tests_are_accepted() {
        assert_eq!(errors("`fleet/leases.rs::one`, `cargo x` and `fleet/keys.rs::two`"), Vec::<String>::new());
        assert_eq!(errors("| a | `other/keys.rs::two` |\n| b | `tests/tests/fleet/leases.rs::one` |").len(), 0);
    }

    #[test]
    fn names_of_nothing_are_refused() {
        for (text, why) in [
            ("`fleet/leases.rs::two`", "no such function"),
            ("`fleet/leases.rs::gone`", "no such function"),
            ("`fleet/leases.rs::on`", "no such function"),
            ("`fleet/leases.rs::help`", "no test"),
            ("`fleet/gone.rs::one`", "no such file"),
            ("`eet/leases.rs::one`", "no such file"),
            ("`keys.rs::two`", "several files"),
            ("fleet/leases.rs::one", "names no test"),
        ] {
            let errors = errors(text);
            assert!(errors.len() == 1 && errors[0].contains(why), "{text}: {errors:?}");
        }
    }
}
