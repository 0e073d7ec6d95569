//! How many requests an organization may have answered: so many per second, and a short burst above that.
//!
//! Each running organization has a limit of its own, so one that floods the server is refused while the others are not.

use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::config::RequestsPerSecond;
use crate::limits::SCIM_BURST_DURATION;

// The names that SailPoint's SCIM connector reads unless told otherwise; no RFC has any yet. Times are seconds from now.
const LIMIT: HeaderName = HeaderName::from_static("x-rate-limit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-rate-limit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-rate-limit-reset");
const RETRY_AFTER_SECONDS: HeaderName = HeaderName::from_static("x-rate-limit-retry-after-seconds");

/// The limit of one organization.
#[derive(Debug)]
pub(crate) struct RateLimit {
    limiter: RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>,
    per_second: NonZeroU32,
    burst: NonZeroU32,
}

/// How an organization stands with its limit after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Requests that a whole burst has.
    limit: u32,
    /// Requests that may follow at once.
    remaining: u32,
    /// How long until a whole burst is there again.
    reset: Duration,
    /// How long the request should have waited, if it is to be refused.
    pub(crate) retry_after: Option<Duration>,
}

impl RateLimit {
    /// A limit; none where the operator wants none.
    pub(crate) fn of(rate: RequestsPerSecond) -> Option<Self> {
        let per_second = NonZeroU32::new(rate.0)?;
        let seconds = u32::try_from(SCIM_BURST_DURATION.as_secs()).unwrap_or(u32::MAX);
        let burst = per_second.saturating_mul(NonZeroU32::new(seconds)?);
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Some(Self {
            limiter: RateLimiter::direct(quota).with_middleware(),
            per_second,
            burst,
        })
    }

    /// Charges one request.
    pub(crate) fn charge(&self) -> Standing {
        match self.limiter.check() {
            Ok(state) => self.standing(state.remaining_burst_capacity(), None),
            Err(not_until) => {
                let pause = not_until.wait_time_from(DefaultClock::default().now());
                self.standing(0, Some(whole_seconds(pause)))
            }
        }
    }

    fn standing(&self, remaining: u32, retry_after: Option<Duration>) -> Standing {
        let missing = self.burst.get().saturating_sub(remaining);
        Standing {
            limit: self.burst.get(),
            remaining,
            reset: Duration::from_secs(u64::from(missing.div_ceil(self.per_second.get()))),
            retry_after,
        }
    }
}

/// `Retry-After` has whole seconds, and one that says 0 asks for the same again. Okta understands no other form.
fn whole_seconds(pause: Duration) -> Duration {
    let more = u64::from(pause.subsec_nanos() > 0);
    Duration::from_secs((pause.as_secs() + more).max(1))
}

impl Standing {
    /// Tells the client.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset.as_secs()));
        if let Some(pause) = self.retry_after {
            headers.insert(RETRY_AFTER_SECONDS, HeaderValue::from(pause.as_secs()));
        }
    }
}

/// Carries the standing from where a request is charged, which is once its caller is known, to its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Charged(Arc<OnceLock<Standing>>);

impl Charged {
    /// What the guard put into the extensions of a request; nobody reads what is noted without one.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Notes the standing. A request is charged once.
    pub(crate) fn note(&self, standing: Standing) {
        self.0.get_or_init(|| standing);
    }

    /// The standing, if the request was charged.
    pub(crate) fn standing(&self) -> Option<Standing> {
        self.0.get().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_and_what_follows_is_told_when_to_come_again() {
        let limit = RateLimit::of(RequestsPerSecond(1_000)).unwrap();
        let first = limit.charge();
        assert_eq!((first.limit, first.retry_after), (2_000, None));
        assert!(
            first.remaining < 2_000 && first.reset == Duration::from_secs(1),
            "{first:?}"
        );
        let passed = std::iter::repeat_with(|| limit.charge()).take_while(|standing| standing.retry_after.is_none());
        assert!(passed.count() >= 1_999);
    }

    #[test]
    fn who_is_refused_waits_a_whole_number_of_seconds() {
        for (pause, expected) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (2_500, 3)] {
            let pause = whole_seconds(Duration::from_millis(pause));
            assert_eq!(pause, Duration::from_secs(expected));
        }
    }

    #[test]
    fn nothing_is_limited_where_the_limit_is_zero() {
        assert!(RateLimit::of(RequestsPerSecond(0)).is_none());
    }

    #[test]
    fn a_client_reads_where_it_stands() {
        let limit = RateLimit::of(RequestsPerSecond(10)).unwrap();
        let mut headers = HeaderMap::new();
        limit.standing(5, None).write(&mut headers);
        let read = |headers: &HeaderMap, name| headers.get(name).cloned();
        assert_eq!(read(&headers, LIMIT).unwrap(), "20");
        assert_eq!(read(&headers, REMAINING).unwrap(), "5");
        assert_eq!(read(&headers, RESET).unwrap(), "2");
        assert_eq!(read(&headers, RETRY_AFTER_SECONDS), None);
        limit.standing(0, Some(Duration::from_secs(3))).write(&mut headers);
        assert_eq!(read(&headers, RETRY_AFTER_SECONDS).unwrap(), "3");
    }
}
