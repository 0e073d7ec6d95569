//! kill -9 under load, many more times and from several seeds.

use rolecall_tests::load;
use rolecall_tests::random::Random;
use rolecall_tests::server::Server;

#[tokio::test]
async fn two_hundred_kills_under_load_lose_no_acknowledged_write() {
    for seed in 100..104 {
        load::survive_kills(Server::start().await, 50, Random::seeded(seed)).await;
    }
}
