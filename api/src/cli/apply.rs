//! `rolecall apply`: has a running server apply a plan that was made and read before, and follows it to its end.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::client::{Client, ClientError};
use super::plan::{PlanError, say};
use super::{block_on, failed};
use crate::config::{ApplyOptions, ClientOptions};
use crate::limits::PLAN_POLL_PAUSE;

const SECOND_PERSON: &str = "urn:rolecall:problem:plan_second_person";

/// Applies the plan that was read.
pub(super) fn run(options: &ApplyOptions) -> ExitCode {
    match block_on(applied(options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

async fn applied(options: &ApplyOptions) -> Result<(), PlanError> {
    let client = Client::of(&options.client)?;
    let plan = format!("{}/plans/{}", options.client.path(), options.plan);
    let body = json!({ "hash": options.hash, "recheck": options.recheck });
    follow(&client, &plan, &body).await
}

/// Applies a plan that was just made.
pub(super) async fn made(client: &Client, server: &ClientOptions, made: &Value) -> Result<(), PlanError> {
    let plan = format!("{}/plans/{}", server.path(), text(made, "id"));
    let followed = follow(client, &plan, &json!({ "hash": made["hash"] })).await;
    followed.map_err(|error| match error {
        PlanError::Client(ClientError::Refused { body, .. }) if text(&body, "type") == SECOND_PERSON => {
            PlanError::SecondPerson(command(server, made))
        }
        error => error,
    })
}

/// The command that applies this plan and no other.
pub(super) fn command(server: &ClientOptions, made: &Value) -> String {
    let (plan, hash, organization) = (text(made, "id"), text(made, "hash"), server.organization);
    format!("rolecall apply {plan} --hash {hash} --organization {organization}")
}

/// Has the plan at this path applied, and says how far it is until it has ended.
async fn follow(client: &Client, plan: &str, body: &Value) -> Result<(), PlanError> {
    let mut now = client.post(&format!("{plan}/apply"), body).await?;
    while text(&now, "status") == "applying" {
        say(&progress(&now));
        tokio::time::sleep(PLAN_POLL_PAUSE).await;
        now = client.get(plan).await?;
    }
    if text(&now, "status") == "stopped" {
        return Err(PlanError::Stopped);
    }
    say("applied");
    Ok(())
}

fn progress(plan: &Value) -> String {
    let progress = &plan["progress"];
    format!("{} of {} groups", progress["groups_done"], progress["groups_total"])
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}
