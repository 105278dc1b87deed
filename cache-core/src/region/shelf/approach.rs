//! Before a load: take what another process has loaded, or the right to load for all.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::found::{Elsewhere, Seen};
use super::ticket::{FAILED, Right};
use super::{Shelf, Ticket};
use crate::backend::{BackendError, Lease, MARK};
use crate::event::Event;
use crate::fleet_name::{FleetName, NameRef};
use crate::foundation::Known;
use crate::freshness::jittered;
use crate::shared::Shared;
use crate::tag::Tag;
use crate::tier::{Captured, Tier, ValueName};
use crate::version::Version;

/// How long to wait before asking again whether another process's load has ended: from, and at most.
const POLL: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(100));

/// What a load takes instead of its own value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Accept {
    /// What is fresh, or stale for less than this.
    Any { stale: Duration },
    /// What is fresh for longer than what is to be replaced, by a tenth of its time.
    NewerThan(Duration),
    /// Nothing: the source is to be asked.
    Nothing,
}

/// What an approach came to.
#[derive(Debug)]
pub(crate) enum Approach<V> {
    Found(Elsewhere<V>),
    Load(Ticket),
    /// Another process loads it. Only for those who do not wait for it.
    Busy,
}

/// Whether somebody waits for another process's load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    Waits,
    /// It has others to load first: who waited while it held leases could wait for one who waits for it.
    None,
}

/// What is to be approached.
#[derive(Debug, Clone)]
pub(crate) struct Errand<'a> {
    pub(crate) name: ValueName,
    /// The tags that are known before the load.
    pub(crate) tags: &'a [Tag],
    /// How long an entry of the region lives at most.
    pub(crate) life: Duration,
    pub(crate) accept: Accept,
    /// Whether "there is none" is an answer.
    pub(crate) absences: bool,
    /// How long to wait for another process's load, if not as long as the tier's settings say.
    pub(crate) patience: Option<Duration>,
    /// Whether a load around it builds on what is found.
    pub(crate) built_on: bool,
}

/// To be loaded for this process alone.
pub(super) fn alone<V>(shared: &Arc<Shared>, errand: &Errand<'_>) -> Approach<V> {
    Approach::Load(Ticket::new(shared, &errand.name, Right::None))
}

impl Errand<'_> {
    /// `region:key`.
    pub(crate) fn key(&self) -> &str {
        self.name.key()
    }

    /// The names of the tags.
    pub(super) fn tag_names(&self) -> impl Iterator<Item = NameRef<'_>> {
        self.tags.iter().map(|tag| NameRef::Tag(tag.as_str()))
    }
}

impl Accept {
    pub(super) fn takes(self, left: Result<Option<Duration>, Duration>, fresh_for: Option<Duration>) -> bool {
        match (self, left) {
            (Self::Any { .. }, Ok(_)) => true,
            (Self::Any { stale }, Err(over)) => over < stale,
            (Self::NewerThan(remaining), Ok(Some(left))) => {
                left > remaining.saturating_add(fresh_for.unwrap_or_default() / 10)
            }
            (Self::NewerThan(_), _) | (Self::Nothing, _) => false,
        }
    }
}

impl<V: Send + Sync + 'static> Shelf<V> {
    /// Goes to the tier before a load. Boxed, so that a load without a tier is not as large as one with it.
    pub(crate) fn approach<'a>(
        &'a self,
        shared: &'a Arc<Shared>,
        tier: &'a Tier,
        errand: &'a Errand<'a>,
    ) -> Pin<Box<dyn Future<Output = Approach<V>> + Send + 'a>> {
        tier.keep(shared);
        Box::pin(async move {
            if !self.may_look(tier, errand.key()) {
                return alone(shared, errand);
            }
            let mut seen = None;
            if errand.accept != Accept::Nothing {
                match self.look(shared, tier, errand, &mut seen).await {
                    Ok(Some(found)) => return Approach::Found(found),
                    Ok(None) => {}
                    Err(_) => return alone(shared, errand),
                }
            }
            // By itself, so that a look that finds something is not as large as this.
            Box::pin(self.ask_to_load(shared, tier, errand, seen)).await
        })
    }

    async fn ask_to_load(&self, shared: &Arc<Shared>, tier: &Tier, errand: &Errand<'_>, seen: Seen) -> Approach<V> {
        if !self.prepare(shared, tier).await {
            return alone(shared, errand);
        }
        let leased = self.take_lease(shared, tier, errand, seen, Patience::Waits).await;
        leased.unwrap_or_else(|_| alone(shared, errand))
    }

    /// Whether the tier is to be asked for a key at all.
    pub(super) fn may_look(&self, tier: &Tier, key: &str) -> bool {
        tier.is_available() && !tier.outbox.covers(NameRef::Key(key), &self.region)
    }

    /// What has to be there before a load that is going to be stored; says whether it is.
    pub(super) async fn prepare(&self, shared: &Shared, tier: &Tier) -> bool {
        // Before the first value is stored under it: who invalidates has to know all schemas.
        if !tier.is_announced(&self.region) {
            let under = tier.known(shared, NameRef::Region(&self.region));
            if !Box::pin(tier.announce(shared, &self.region, under)).await {
                return false;
            }
        }
        if self.late_tags.load(Ordering::Relaxed) && !tier.fences.are_known() {
            Box::pin(tier.know_fences(shared)).await;
        }
        true
    }

    /// Asks for the lease until it is granted, or a value is there that was not `seen` yet and can be taken, or others have
    /// had it for too long.
    pub(super) async fn take_lease(
        &self,
        shared: &Arc<Shared>,
        tier: &Tier,
        errand: &Errand<'_>,
        mut seen: Seen,
        patience: Patience,
    ) -> Result<Approach<V>, BackendError> {
        let token = Version::from_random(&*shared.random);
        let lease = tier.names.lease(errand.key());
        let began = shared.clock.now();
        let mut pause = POLL.0;
        loop {
            // What is in every entry need not be asked for if it is known: an older version could only reject.
            let (mut known, mut names): (Vec<Known>, Vec<FleetName>) = (Vec::new(), Vec::new());
            for name in [FleetName::Everything, FleetName::Region(Arc::clone(&self.region))] {
                match tier.known(shared, name.as_name()) {
                    Some(version) => known.push((name, version)),
                    None => names.push(name),
                }
            }
            for tag in errand.tag_names() {
                match tier.known_for(shared, tag, errand.life) {
                    Some(tag) => known.push(tag),
                    None => names.push(tag.keep()),
                }
            }
            if self.has_identities() {
                names.push(FleetName::Key(errand.key().into()));
            }
            let candidates = tier.candidates(shared, &names, errand.life);
            let captures: Vec<_> = candidates.iter().map(crate::tier::Candidate::as_capture).collect();
            let read_at = shared.touches.read();
            let request = Lease {
                lease: &lease,
                token: token.as_bytes(),
                ttl: tier.settings.lease,
                value: errand.name.as_str(),
                captures: &captures,
            };
            let leased = tier.ask(shared, "take a lease", || tier.backend.lease(request)).await?;
            let granted = leased.holder.is_none();
            let mut ticket = Ticket::new(shared, &errand.name, if granted { Right::Lease(token) } else { Right::None });
            let captured = tier.captured(shared, &names, &leased.captured, errand.life, read_at);
            // Stored since it was looked for. To be read once more, with what it has left to live.
            if errand.accept != Accept::Nothing
                && leased.value.is_some()
                && leased.value != seen
                && let Some(found) = Box::pin(self.look(shared, tier, errand, &mut seen)).await?
            {
                return Ok(Approach::Found(found));
            }
            ticket.life = errand.life;
            let complete = self.note_captures(&mut ticket, known, &names, &captured);
            let Some(holder) = leased.holder.filter(|_| complete) else { return Ok(Approach::Load(ticket)) };
            if holder.first() == Some(&MARK) {
                ticket.right = Right::Marked;
                return Ok(Approach::Load(ticket));
            }
            if holder == FAILED {
                return Ok(Approach::Load(ticket));
            }
            if patience == Patience::None {
                return Ok(Approach::Busy);
            }
            let wait =
                errand.patience.map_or(tier.settings.lease_wait, |patience| patience.min(tier.settings.lease_wait));
            let overdue = shared.clock.now().saturating_since(began) >= wait;
            if overdue || errand.accept == Accept::Nothing {
                let to = Some((token.as_bytes().as_slice(), tier.settings.lease));
                if tier.ask(shared, "take over a lease", || tier.backend.swap(&lease, &holder, to)).await? {
                    if overdue {
                        shared.emit(&Event::LeaseStolen { region: Arc::clone(&self.region) });
                    }
                    if ticket.right != Right::Marked {
                        ticket.right = Right::Lease(token);
                    }
                    return Ok(Approach::Load(ticket));
                }
            }
            shared.clock.sleep(jittered(pause, 50, &*shared.random)).await;
            pause = (pause * 2).min(POLL.1);
        }
    }

    /// Says whether there is a version of every name, or a mark.
    fn note_captures(
        &self,
        ticket: &mut Ticket,
        known: Vec<Known>,
        names: &[FleetName],
        captured: &[Captured],
    ) -> bool {
        ticket.captured = known;
        for (name, captured) in names.iter().zip(captured) {
            match (captured, name) {
                (Captured::Version(version), FleetName::Key(_)) => ticket.identity = Some(*version),
                (Captured::Version(version), _) => ticket.captured.push((name.clone(), *version)),
                (Captured::Mark, _) => ticket.mark(),
                // Without the version of a name nothing could be told to be old.
                (Captured::Foreign, _) if ticket.right != Right::Marked => ticket.abandon(),
                (Captured::Foreign, _) => {}
            }
        }
        !captured.contains(&Captured::Foreign)
    }
}
