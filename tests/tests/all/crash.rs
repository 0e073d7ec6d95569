//! kill -9 under load, again and again on the same data: what was answered is there, and nothing is there by halves.

use rolecall_tests::load;
use rolecall_tests::random::Random;
use rolecall_tests::server::Server;

#[tokio::test]
async fn twenty_kills_under_load_lose_no_acknowledged_write() {
    load::survive_kills(Server::start().await, 20, Random::seeded(1)).await;
}
