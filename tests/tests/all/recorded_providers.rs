//! Every recorded provider gets the answers it expects, and everybody is where the story says after every step.

use std::collections::BTreeSet;

use rolecall_tests::fixture::{Source, Step, folders, stories};
use rolecall_tests::player;
use rolecall_tests::scim::Scim;
use rolecall_tests::server::Server;
use tokio::task::JoinSet;

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

#[tokio::test]
async fn pingfederate_is_understood_as_far_as_its_requests_can_be_guessed() {
    play_all("pingfederate").await;
}

#[tokio::test]
async fn onelogin_and_its_templates_are_understood() {
    play_all("onelogin").await;
}

#[tokio::test]
async fn jumpcloud_is_understood() {
    play_all("jumpcloud").await;
}

#[tokio::test]
async fn google_workspace_is_understood() {
    play_all("google").await;
}

#[tokio::test]
async fn authentik_is_understood() {
    play_all("authentik").await;
}

#[tokio::test]
async fn keycloak_is_understood() {
    play_all("keycloak").await;
}

#[tokio::test]
async fn sailpoint_is_understood_as_far_as_its_requests_can_be_guessed() {
    play_all("sailpoint").await;
}

/// SailPoint sends one request for each change of a member, many at a time; Entra and Okta send theirs at once, too.
#[tokio::test]
async fn changes_of_one_group_that_come_at_once_are_none_lost() {
    let server = Server::start().await;
    let organization = server.organization("Example Corp").await;
    let scim = organization.connect(&server.public(), "sailpoint").await.scim;
    let group = scim.create_group("Engineering", &[]).await;
    let mut users = BTreeSet::new();
    for number in 1..=40 {
        users.insert(scim.create_user(&format!("user{number}@example.com")).await);
    }
    let mut requests = JoinSet::new();
    for user in users.clone() {
        let (scim, group) = (scim.clone(), group.clone());
        requests.spawn(async move { scim.add_member(&group, &user).await });
    }
    requests.join_all().await;
    assert_eq!(members(&scim, &group).await, users);

    let (gone, kept): (Vec<_>, Vec<_>) = users.into_iter().enumerate().partition(|(number, _)| number % 2 == 0);
    let mut requests = JoinSet::new();
    for (_, user) in gone {
        let (scim, group) = (scim.clone(), group.clone());
        requests.spawn(async move { scim.remove_member(&group, &user).await });
    }
    requests.join_all().await;
    let kept: BTreeSet<String> = kept.into_iter().map(|(_, user)| user).collect();
    assert_eq!(members(&scim, &group).await, kept);
}

async fn members(scim: &Scim, group: &str) -> BTreeSet<String> {
    let group = scim.http.get(&format!("/Groups/{group}")).await.expect(200).json();
    let members = group["members"].as_array().expect("a group has a list of members");
    members
        .iter()
        .map(|member| member["value"].as_str().expect("a member has a value").to_owned())
        .collect()
}

#[test]
fn every_step_says_how_its_shape_is_known() {
    for folder in folders() {
        for (file, story) in stories(&folder) {
            for step in &story.steps {
                assert!(!step.evidence.is_empty(), "{}: {}", file.display(), step.name);
            }
        }
    }
}

/// Docs of what a provider does are not records of what it sends.
#[test]
fn providers_without_public_requests_are_not_claimed_to_be_known() {
    let unknown = [
        ("pingone", &["DELETE"][..]),
        ("onelogin", &["GET", "PUT"][..]),
        ("google", &["GET", "POST"][..]),
        ("sailpoint", &["GET"][..]),
    ];
    for (folder, known) in unknown {
        for (file, story) in stories(folder) {
            let guessed = |step: &&Step| !known.contains(&step.request.method.as_str());
            for step in story.steps.iter().filter(guessed) {
                assert_eq!(step.source, Source::Inferred, "{}: {}", file.display(), step.name);
            }
        }
    }
}
