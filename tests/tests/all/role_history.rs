//! Who had which role when, and why: told by the history, proved by deriving the log again, and safe from tampering.

use rolecall_tests::admin::{Connection, Organization};
use rolecall_tests::rule;
use rolecall_tests::scim::{self, Scim};
use rolecall_tests::server::Server;
use serde_json::{Value, json};

const ANA: &str = "ana@example.com";

/// Ana becomes admin by a rule, loses that, and is deactivated; returns the rule's id and Ana's.
async fn roles_come_and_go(organization: &Organization, scim: &Scim) -> (Value, String) {
    let rule = organization.add_rule(rule::admins_administrate()).await["id"].clone();
    let ana = scim.create_user(ANA).await;
    let group = scim.create_group("Admins", &[]).await;
    scim.add_member(&group, &ana).await;
    scim.remove_member(&group, &ana).await;
    scim.set_active(&ana, false).await;
    (rule, ana)
}

#[tokio::test]
async fn the_history_of_a_user_lists_every_role_change_with_its_cause_and_claims() {
    let server = Server::start().await;
    let acme = server.organization("Acme").await;
    let Connection { id: connection, scim } = acme.connect(&server.public(), "okta").await;
    let (rule, ana) = roles_come_and_go(&acme, &scim).await;

    let history = acme.history(&ana).await;
    let changes: Vec<_> = history
        .iter()
        .map(|change| (&change["from"], &change["to"], &change["cause"]))
        .collect();
    let expected = [
        (json!(null), json!("user"), json!("user_created")),
        (json!("user"), json!("admin"), json!("member_added")),
        (json!("admin"), json!("user"), json!("default_fallback")),
        (json!("user"), json!(null), json!("user_deactivated")),
    ];
    assert_eq!(
        changes,
        expected.each_ref().map(|(from, to, cause)| (from, to, cause)),
        "{history:#?}"
    );

    let granted = &history[1];
    assert_eq!(granted["before"], json!([]), "{granted}");
    assert_eq!(granted["after"][0]["role"], "admin", "{granted}");
    assert_eq!(granted["after"][0]["rule_id"], rule, "{granted}");
    assert_eq!(granted["actor"]["connection"], connection.as_str(), "{granted}");
    // Every change cites the entry it is in: the same position and the same time.
    let entries = acme.events_after(0).await;
    for change in &history {
        let entry = entries
            .iter()
            .find(|entry| entry["position"] == change["position"])
            .unwrap();
        assert_eq!(entry["at"], change["at"], "{change}");
    }
}

#[tokio::test]
async fn the_history_is_the_same_after_a_restart_and_the_log_derives_to_it() {
    let mut server = Server::start().await;
    let acme = server.organization("Acme").await;
    let scim = acme.connect(&server.public(), "okta").await.scim;
    let (_, ana) = roles_come_and_go(&acme, &scim).await;
    let (history, entries) = (acme.history(&ana).await, acme.events_after(0).await);

    server.kill();
    server.start_again().await;

    assert_eq!(acme.history(&ana).await, history);
    assert_eq!(acme.events_after(0).await, entries);
    let report = acme.verify().await;
    assert_eq!(report["outcome"], "equal", "{report}");
    assert_eq!(report["entries"], entries.len(), "{report}");
}

#[tokio::test]
async fn a_role_held_by_a_second_claim_outlives_the_first() {
    let server = Server::start().await;
    let acme = server.organization("Acme").await;
    let scim = acme.connect(&server.public(), "okta").await.scim;
    let (_, _) = roles_come_and_go(&acme, &scim).await;
    let extension = "urn:ietf:params:scim:schemas:extension:rolecall:2.0:User";
    let mut ben = scim::user("ben@example.com");
    ben["schemas"] = json!([scim::USER, extension]);
    ben[extension] = json!({ "organizationRole": "admin" });
    let ben = scim.http.post("/Users", &ben).await.expect(201).text("id");
    let admins = acme.group("Admins").await["id"].as_str().unwrap().to_owned();

    scim.add_member(&admins, &ben).await;
    scim.remove_member(&admins, &ben).await;

    assert_eq!(acme.user("ben@example.com").await["role"], "admin");
    assert_eq!(
        acme.history(&ben).await.len(),
        1,
        "the role never changed after it was given"
    );
}
