//! A progress bar in a terminal, a line per quarter elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::format::thousands;

/// Progress of a fill, counted in rows.
pub(super) struct Progress {
    total: u64,
    done: u64,
    what: &'static str,
    terminal: bool,
    drawn: Option<Instant>,
    quarters: u64,
}

impl Progress {
    pub(super) fn new(total: u64) -> Self {
        Self { total, done: 0, what: "", terminal: std::io::stdout().is_terminal(), drawn: None, quarters: 0 }
    }

    /// What is being done from here on.
    pub(super) fn now(&mut self, what: &'static str) {
        self.what = what;
        self.drawn = None;
        self.advance(0);
    }

    /// `rows` more are in.
    pub(super) fn advance(&mut self, rows: u64) {
        self.done = (self.done + rows).min(self.total);
        if self.terminal {
            // Ten times a second is smooth, and costs nothing.
            if self.drawn.is_none_or(|drawn| drawn.elapsed() > Duration::from_millis(100)) {
                self.drawn = Some(Instant::now());
                self.draw();
            }
        } else if self.done * 4 / self.total.max(1) > self.quarters {
            self.quarters = self.done * 4 / self.total.max(1);
            crate::say!("  {:>3} %  {} rows", self.quarters * 25, thousands(self.done));
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&mut self) {
        if self.terminal {
            print(format_args!("\r\x1b[K"));
        }
    }

    fn draw(&self) {
        const WIDTH: u64 = 30;
        let filled = (self.done * WIDTH / self.total.max(1)) as usize;
        let percent = self.done * 100 / self.total.max(1);
        // 70 columns at most, so that it never wraps in a terminal of 80.
        print(format_args!(
            "\r  [{}{}] {percent:>3} %  {:>9}  {}\x1b[K",
            "#".repeat(filled),
            ".".repeat(WIDTH as usize - filled),
            thousands(self.done),
            self.what,
        ));
    }
}

fn print(text: std::fmt::Arguments<'_>) {
    let mut out = std::io::stdout();
    let _ = out.write_fmt(text).and_then(|()| out.flush());
}
