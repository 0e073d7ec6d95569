//! One organization that floods the server is refused beyond its limit, and another one does not notice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rolecall_tests::http::{Answer, Http};
use rolecall_tests::server::Server;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// What each organization may send in a second.
const LIMIT: u32 = 50;
/// What it may send at once: two seconds' worth.
const BURST: u32 = 2 * LIMIT;
/// Requests of the flood that are on their way at one time.
const FLOODERS: usize = 16;
/// What Microsoft asks a SCIM server to take from each tenant in a second.
const STEADY: u32 = 25;
/// Requests of the steady organization: five seconds of them.
const STEADY_REQUESTS: u32 = 5 * STEADY;

/// Sends requests as fast as they are answered until told to stop: how many went through, and the refusals.
async fn flood(http: Http, stop: Arc<AtomicBool>) -> (u32, Vec<Answer>) {
    let (mut answered, mut refused) = (0, Vec::new());
    while !stop.load(Ordering::Relaxed) {
        let answer = http.get("/Users?count=1").await;
        assert!(matches!(answer.status, 200 | 429), "{}: {}", answer.status, answer.body);
        if answer.status == 429 {
            refused.push(answer);
        } else {
            answered += 1;
        }
    }
    (answered, refused)
}

/// Never faster than the steady rate, however late a request was.
async fn steady(http: &Http, stop: &AtomicBool) {
    let mut beat = interval(Duration::from_secs(1) / STEADY);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 0..STEADY_REQUESTS {
        beat.tick().await;
        http.get(&format!("/Users?startIndex={}", number + 1)).await.expect(200);
    }
    stop.store(true, Ordering::Relaxed);
}

#[tokio::test]
async fn an_organization_that_floods_is_refused_and_another_one_is_answered() {
    let server = Server::start_limited(LIMIT).await;
    let flooding = server.organization("Flooding Corp").await;
    let flooding = flooding.connect(&server.public(), "okta").await.scim.http;
    let quiet = server.organization("Quiet Corp").await;
    let quiet = quiet.connect(&server.public(), "entra").await.scim.http;
    let stop = Arc::new(AtomicBool::new(false));

    let start = Instant::now();
    let mut floods = JoinSet::new();
    for _ in 0..FLOODERS {
        floods.spawn(flood(flooding.clone(), Arc::clone(&stop)));
    }
    steady(&quiet, &stop).await;

    let (answered, refused): (Vec<u32>, Vec<Vec<Answer>>) = floods.join_all().await.into_iter().unzip();
    let answered: u32 = answered.into_iter().sum();
    let refused = refused.concat();
    // However late anything was: what comes back of the limit comes back evenly.
    let most = f64::from(BURST) + f64::from(LIMIT) * start.elapsed().as_secs_f64() + 1.0;
    assert!(
        f64::from(answered) <= most,
        "{answered} requests went through, and {most} may"
    );
    assert!(!refused.is_empty(), "the flood was never refused");
    for answer in refused {
        assert_eq!(answer.media_type(), "application/scim+json");
        let pause = answer.headers["retry-after"].to_str().unwrap();
        assert!(pause.parse::<u32>().unwrap() >= 1, "{pause}");
    }
    let metrics = server.ops().get("/metrics").await.expect(200).body;
    let counted = metrics
        .lines()
        .find_map(|line| line.strip_prefix("rolecall_scim_rate_limited_total "));
    assert!(counted.unwrap().parse::<u64>().unwrap() > 0);
}
