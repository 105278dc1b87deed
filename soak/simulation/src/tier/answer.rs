//! What a request came to, for whoever still waits.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use cache_core::backend::BackendError;
use parking_lot::Mutex;

use super::server::Output;

/// Where the answer of one request goes. Nobody may wait for it any more.
#[derive(Clone, Default)]
pub(super) struct Slot(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    answer: Option<Result<Vec<Output>, BackendError>>,
    waker: Option<Waker>,
}

impl Slot {
    /// The first answer counts.
    pub(super) fn answer(&self, answer: Result<Vec<Output>, BackendError>) {
        let waker = {
            let mut state = self.0.lock();
            state.answer.get_or_insert(answer);
            state.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Future for Slot {
    type Output = Result<Vec<Output>, BackendError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.lock();
        match state.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}
