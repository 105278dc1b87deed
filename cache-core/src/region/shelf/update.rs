//! Changing a value for all in one step.

use std::sync::Arc;

use super::approach::{Errand, Patience};
use super::put::PutGoods;
use super::ticket::Right;
use super::{Accept, Approach, Shelf};
use crate::backend::{BackendError, BackendErrorKind};
use crate::shared::Shared;
use crate::tier::Tier;

/// What is to be changed, and how.
pub(crate) struct Change<'c, F, W> {
    pub(crate) errand: Errand<'static>,
    pub(crate) change: &'c mut F,
    /// Makes the new value ready to be stored.
    pub(crate) wrap: &'c W,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Changed<V> {
    Stored(V),
    Removed,
    /// Somebody came between.
    Overtaken,
    /// It is stored, and it is not known whether other versions of the program still have what was before.
    ByHalves(BackendError),
}

impl<V: Send + Sync + 'static> Shelf<V> {
    /// Changes a value under the lease: nobody else stores one meanwhile, and who invalidates the key takes the lease away.
    pub(crate) async fn change<F, W>(
        &self,
        shared: &Arc<Shared>,
        tier: &Tier,
        step: Change<'_, F, W>,
    ) -> Result<Changed<V>, BackendError>
    where
        F: FnMut(Option<V>) -> Option<V>,
        W: Fn(Option<V>) -> (Option<V>, Option<PutGoods>),
    {
        let Change { errand, change, wrap } = step;
        tier.keep(shared);
        if !self.may_look(tier, errand.key()) || !self.prepare(shared, tier).await {
            return Err(BackendError::new(
                BackendErrorKind::BreakerOpen,
                "the shared tier is not to be asked just now",
            ));
        }
        let by_force = Errand { accept: Accept::Nothing, ..errand.clone() };
        let approach = self.take_lease(shared, tier, &by_force, None, Patience::Waits).await?;
        let Approach::Load(mut ticket) = approach else { return Ok(Changed::Overtaken) };
        let Right::Lease(token) = ticket.right else {
            if ticket.right == Right::Marked {
                return Err(BackendError::new(BackendErrorKind::Refused, "a writer has announced itself for this key"));
            }
            return Ok(Changed::Overtaken);
        };
        let current = self.look(shared, tier, &errand, &mut None).await?.and_then(|found| found.value);
        let (Some(value), goods) = wrap(change(current)) else { return Ok(Changed::Removed) };
        let Some(goods) = goods else {
            return Err(BackendError::new(
                BackendErrorKind::Refused,
                "the new value cannot be stored in the shared tier",
            ));
        };
        match self.commit_put(shared, tier, errand.key(), token, &goods, || true).await {
            Some(true) => {
                ticket.settle();
                // Other versions of the program have values of their own, which are as old as what was changed.
                match tier.drop_others(shared, &self.region, errand.key(), &self.schema).await {
                    Ok(()) => Ok(Changed::Stored(value)),
                    Err(error) => Ok(Changed::ByHalves(error)),
                }
            }
            Some(false) => {
                ticket.settle();
                Ok(Changed::Overtaken)
            }
            None => Err(BackendError::new(BackendErrorKind::Timeout, "it is not known whether the value was changed")),
        }
    }
}
