//! One topology, from its start to what was found.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Topology;
use super::fault::Fault;
use super::fleet::Fleet;
use super::inject::inject;
use super::schedule::Schedule;
use super::servers::Servers;
use crate::args::Args;
use crate::check::{self, Episode, Findings};
use crate::client::settings::Settings;
use crate::client::source::Source;
use crate::moment::now;
use crate::popularity::Random;

/// Between the recovery from one fault and the next one.
const PAUSE: Duration = Duration::from_secs(2);

/// After the last one: longer than anything may stay stale.
const QUIET: Duration = Duration::from_secs(9);

/// What a run came to.
pub(crate) struct Run {
    pub(crate) topology: Topology,
    pub(crate) findings: Findings,
    /// Seconds until the tier was used again, for each fault there was.
    pub(crate) recoveries: BTreeMap<&'static str, Vec<f64>>,
    /// Failovers that have provably lost acknowledged writes.
    pub(crate) lossy: usize,
    /// What did not go as it should, beside what was read.
    pub(crate) wrong: Vec<String>,
    pub(crate) seconds: f64,
}

impl Run {
    /// The limits that are broken.
    pub(crate) fn broken(&self, recovery: Duration) -> Vec<String> {
        let mut broken = self.wrong.clone();
        let findings = &self.findings;
        if findings.outside > 0 {
            broken.push(format!("{} reads were older than promised", findings.outside));
        }
        if findings.failed > 0 {
            broken.push(format!("{} calls failed", findings.failed));
        }
        for (fault, took) in &self.recoveries {
            let longest = took.iter().copied().fold(0.0, f64::max);
            if longest > recovery.as_secs_f64() {
                broken.push(format!("after {fault} the tier was not used for {longest:.3} s"));
            }
        }
        broken
    }
}

/// Runs it.
pub(crate) fn run(args: &Args, topology: Topology) -> Result<Run, String> {
    let mut schedule = Schedule::new(args, topology)?;
    let folder = tempfile::Builder::new().prefix("cache-chaos-").tempdir().map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let database = folder.path().join("rows.sqlite");
    let source = runtime.block_on(async {
        let source = Source::open(&database).await;
        source.fill().await;
        source
    });
    let servers = Servers::start(topology, args.clients);
    let settings = Settings {
        name: String::new(),
        index: 0,
        clients: args.clients,
        url: String::new(),
        database,
        history: folder.path().to_owned(),
        seed: args.seed,
        rate: (args.rate / args.clients as u64).max(1),
        cluster: topology == Topology::Cluster,
        verbose: args.verbose,
    };
    let begun = now();
    let mut fleet = Fleet::start(&settings, &|client| servers.url(client));
    fleet.probe()?;
    let mut progress = Progress { begun, episodes: Vec::new(), recoveries: BTreeMap::new(), wrong: Vec::new() };
    let mut random = Random::new(args.seed ^ 0x6368_616f);
    std::thread::sleep(PAUSE);
    while fleet.reads() < args.reads || !schedule.is_between_rounds() || progress.episodes.is_empty() {
        let Some(fault) = schedule.next() else { break };
        progress.go_through(fault, &servers, &mut fleet, &mut random);
        servers.tidy();
        std::thread::sleep(PAUSE);
    }
    std::thread::sleep(QUIET);
    let seconds = (now() - begun) as f64 / 1e9;
    let (histories, unwell) = fleet.end();
    progress.wrong.extend(unwell);
    eprintln!("{}: {seconds:.0} s, checking", topology.name());
    let finally = runtime.block_on(source.versions());
    let findings = check::check(&histories, args.clients, &progress.episodes, &finally)?;
    let lossy = progress.episodes.iter().filter(|episode| episode.lost > 0).count();
    Ok(Run { topology, findings, recoveries: progress.recoveries, lossy, wrong: progress.wrong, seconds })
}

/// What has happened so far.
struct Progress {
    begun: u64,
    episodes: Vec<Episode>,
    recoveries: BTreeMap<&'static str, Vec<f64>>,
    wrong: Vec<String>,
}

impl Progress {
    fn go_through(&mut self, fault: Fault, servers: &Servers, fleet: &mut Fleet, random: &mut Random) {
        let name = fault.name();
        let from = now();
        eprint!("{:7.1} s {:9} reads  {name:18} ", (from - self.begun) as f64 / 1e9, fleet.reads());
        let mended = inject(fault, servers, fleet, random);
        let until = match fleet.probe() {
            Ok(until) => {
                let took = until.saturating_sub(mended.at) as f64 / 1e9;
                self.recoveries.entry(name).or_default().push(took);
                eprintln!("lasted {:4.1} s, used again after {took:.3} s", (mended.at - from) as f64 / 1e9);
                until
            }
            Err(wrong) => {
                eprintln!("{wrong}");
                self.wrong.push(format!("after {name} {wrong}"));
                now()
            }
        };
        if mended.lost > 0 {
            eprintln!("{:30} {} acknowledged writes of the driver are lost", "", mended.lost);
        }
        let stalled = mended.stalled.map(|client| (client, mended.at));
        self.episodes.push(Episode { name, from, until, lost: mended.lost, stalled });
    }
}
