//! Every recorded provider gets the answers it expects, and everybody is where the story says after every step.

use rolecall_tests::fixture::{Source, stories};
use rolecall_tests::player;
use rolecall_tests::server::Server;

async fn play_all(folder: &str) {
    let server = Server::start().await;
    for (_, story) in stories(folder) {
        player::play(&server, &story).await;
    }
}

#[tokio::test]
async fn okta_catalogue_apps_are_understood() {
    play_all("okta").await;
}

#[tokio::test]
async fn okta_custom_apps_are_understood() {
    play_all("okta-aiw").await;
}

#[tokio::test]
async fn entra_is_understood() {
    play_all("entra").await;
}

#[tokio::test]
async fn entra_with_its_flag_is_understood() {
    play_all("entra-flag").await;
}

#[tokio::test]
async fn pingone_is_understood_as_far_as_its_requests_can_be_guessed() {
    play_all("pingone").await;
}

#[test]
fn what_is_inferred_says_from_what_and_pingone_is_not_claimed_to_be_known() {
    for folder in ["okta", "okta-aiw", "entra", "entra-flag", "pingone"] {
        for (file, story) in stories(folder) {
            for step in &story.steps {
                assert!(!step.evidence.is_empty(), "{}: {}", file.display(), step.name);
            }
        }
    }
    // No request of PingOne is public but its DELETE: docs of what it does are not records of what it sends.
    for (file, story) in stories("pingone") {
        for step in story.steps.iter().filter(|step| step.request.method != "DELETE") {
            assert_eq!(step.source, Source::Inferred, "{}: {}", file.display(), step.name);
        }
    }
}
