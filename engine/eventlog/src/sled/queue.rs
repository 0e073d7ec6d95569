//! Appends that wait for the committer.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::guard;
use crate::limits::{COMMIT_APPENDS_MAX, COMMIT_BYTES_MAX, WAITING_APPENDS_MAX, WAITING_BYTES_MAX};
use crate::{Answer, Append, LogError, Position};

/// Holds what waits, within limits.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    closed: bool,
}

/// An append and whom to tell.
pub(super) struct Waiting {
    pub(super) append: Append,
    pub(super) reply: Reply,
}

/// Tells the caller exactly once, even if it is dropped on the way.
pub(super) struct Reply {
    answer: Option<Answer>,
    pub(super) since: Instant,
}

impl Reply {
    pub(super) fn new(answer: Answer) -> Reply {
        Reply {
            answer: Some(answer),
            since: Instant::now(),
        }
    }

    pub(super) fn send(mut self, outcome: Result<Position, LogError>) {
        self.send_once(outcome);
    }

    fn send_once(&mut self, outcome: Result<Position, LogError>) {
        let Some(answer) = self.answer.take() else { return };
        // A caller that panics must not take the log down with it.
        if let Err(panic) = guard::catch(|| answer(outcome)) {
            tracing::error!("the answer to an append panicked: {panic}");
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.send_once(Err(LogError::Stopped));
    }
}

impl Queue {
    /// Adds an append, or refuses it when the queue is closed or full.
    pub(super) fn push(&self, append: Append, reply: Reply) {
        let refused = {
            let mut state = self.lock();
            let bytes = append.bytes();
            if state.closed {
                LogError::Stopped
            } else if state.waiting.len() >= WAITING_APPENDS_MAX || state.bytes + bytes > WAITING_BYTES_MAX {
                LogError::Busy
            } else {
                state.bytes += bytes;
                state.waiting.push_back(Waiting { append, reply });
                self.arrived.notify_one();
                return;
            }
        };
        reply.send(Err(refused));
    }

    /// Waits for appends and takes as many as one commit may hold. `None` once the queue is closed and empty.
    pub(super) fn take(&self) -> Option<Vec<Waiting>> {
        let mut state = self.lock();
        while state.waiting.is_empty() {
            if state.closed {
                return None;
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let mut taken = Vec::new();
        let mut bytes = 0;
        while taken.len() < COMMIT_APPENDS_MAX && bytes < COMMIT_BYTES_MAX {
            let Some(waiting) = state.waiting.pop_front() else {
                break;
            };
            bytes += waiting.append.bytes();
            taken.push(waiting);
        }
        state.bytes -= bytes;
        Some(taken)
    }

    /// Takes no more appends; those that wait are still to be taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    /// Takes no more appends, and refuses those that wait.
    pub(super) fn refuse_all(&self) {
        let waiting = {
            let mut state = self.lock();
            state.closed = true;
            state.bytes = 0;
            std::mem::take(&mut state.waiting)
        };
        self.arrived.notify_all();
        for refused in waiting {
            refused.reply.send(Err(LogError::Stopped));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
