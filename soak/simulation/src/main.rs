fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut args = std::env::args().skip(1);
    let from: u64 = args.next().map_or(0, |a| a.parse().unwrap());
    let count: u64 = args.next().map_or(10, |a| a.parse().unwrap());
    let begun = std::time::Instant::now();
    let mut reads = 0;
    let mut stale = 0;
    let mut bad = 0;
    let mut longest = 0;
    let mut loads = 0;
    for seed in from..from + count {
        let plan = cache_simulation::Plan::of(seed);
        let outcome = match std::panic::catch_unwind(|| cache_simulation::run(&plan, count == 1)) {
            Ok(o) => o,
            Err(p) => {
                println!("seed {seed}: PANIC {:?}", p.downcast_ref::<String>());
                bad += 1;
                continue;
            }
        };
        reads += outcome.tally.reads;
        stale += outcome.tally.stale;
        loads += outcome.tally.loads;
        longest = longest.max(outcome.tally.longest);
        if count == 1 {
            outcome.trace.iter().for_each(|line| println!("{line}"));
        }
        for finding in outcome.findings.iter().take(2) {
            bad += 1;
            println!("seed {seed}: {:.3} ms process {}: {}", finding.at as f64 / 1e6, finding.node, finding.what);
        }
        if count < 20 {
            println!("seed {seed} digest {:x} {:?}", outcome.digest, outcome.tally);
        }
    }
    let took = begun.elapsed().as_secs_f64();
    println!(
        "{count} seeds, {reads} reads, {loads} loads, {stale} stale, longest {:.1} ms, {bad} bad, {:.0}/s",
        longest as f64 / 1e6,
        reads as f64 / took
    );
}
