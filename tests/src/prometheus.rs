//! A real Prometheus that scrapes a server, and the queries that a person or a dashboard would ask of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary;
use crate::http::{Answer, Http, Origin};
use crate::wait;

const START_LIMIT: Duration = Duration::from_secs(60);

/// How often it scrapes; a rate needs two scrapes.
pub const SCRAPE_INTERVAL: &str = "200ms";

/// A running Prometheus. It is killed when dropped.
#[derive(Debug)]
pub struct Prometheus {
    child: Child,
    http: Http,
    _folder: TempDir,
}

/// One value of a result, with its labels.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Labels, without `instance` and `job`, which are the same in all.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

impl Prometheus {
    /// Starts one that scrapes `target` (host and port).
    pub async fn scraping(target: &str) -> Prometheus {
        let folder = tempfile::tempdir().expect("failed to create a folder for Prometheus");
        let (config, log) = (
            folder.path().join("prometheus.yml"),
            folder.path().join("prometheus.log"),
        );
        // JSON is YAML too.
        let settings = json!({
            "global": { "scrape_interval": SCRAPE_INTERVAL, "scrape_timeout": SCRAPE_INTERVAL },
            "scrape_configs": [{ "job_name": "rolecall", "static_configs": [{ "targets": [target] }] }],
        });
        std::fs::write(&config, settings.to_string()).expect("failed to write the configuration");
        let child = Command::new(binary::prometheus_tool("prometheus"))
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .args(["--web.listen-address=127.0.0.1:0", "--log.format=json"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("failed to create the log"))
            .spawn()
            .expect("failed to start Prometheus");

        let origin = Origin::default();
        let http = Http::new(&origin, "/api/v1", "");
        let mut prometheus = Prometheus {
            child,
            http,
            _folder: folder,
        };
        let address = wait::until("Prometheus says where it listens", START_LIMIT, async || {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            if let Some(status) = prometheus.child.try_wait().expect("failed to look after Prometheus") {
                panic!("Prometheus ended ({status}):\n{text}");
            }
            ready_address(&text)
        })
        .await;
        origin.set(&format!("http://{address}"));
        prometheus
    }

    /// What a query gives now.
    ///
    /// # Errors
    ///
    /// What Prometheus says is wrong with the query.
    pub async fn query(&self, query: &str) -> Result<Vec<Sample>, String> {
        let request = self.http.request("GET", "/query").query(&[("query", query)]);
        let answer = Answer::of(format!("query {query}"), request)
            .await
            .map_err(|error| error.to_string())?
            .json();
        if answer["status"] != "success" {
            return Err(answer["error"].to_string());
        }
        let result = answer["data"]["result"]
            .as_array()
            .ok_or_else(|| format!("no vector: {answer}"))?;
        Ok(result.iter().map(sample).collect())
    }

    /// What a query gives as soon as it gives something; it is asked again until scrapes have brought it.
    pub async fn eventually(&self, query: &str) -> Vec<Sample> {
        self.eventually_such_that(query, |samples| !samples.is_empty()).await
    }

    /// What a query gives as soon as that is as wanted.
    pub async fn eventually_such_that(&self, query: &str, wanted: impl Fn(&[Sample]) -> bool) -> Vec<Sample> {
        wait::until(&format!("Prometheus answers {query}"), START_LIMIT, async || {
            let samples = self
                .query(query)
                .await
                .unwrap_or_else(|error| panic!("{query}: {error}"));
            wanted(&samples).then_some(samples)
        })
        .await
    }
}

/// The address in the log, once the log says that queries are answered, too.
fn ready_address(log: &str) -> Option<String> {
    let entries: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    entries
        .iter()
        .find(|entry| entry["msg"] == "Server is ready to receive web requests.")?;
    let listening = entries.iter().find(|entry| entry["msg"] == "Listening on")?;
    listening["address"].as_str().map(str::to_owned)
}

fn sample(item: &Value) -> Sample {
    let labels = item["metric"].as_object().expect("a sample has labels").iter();
    let labels = labels.filter(|(name, _)| !["instance", "job"].contains(&name.as_str()));
    let labels = labels
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let value = item["value"][1].as_str().and_then(|text| text.parse().ok());
    Sample {
        labels,
        value: value.unwrap_or_else(|| panic!("no number in {item}")),
    }
}

impl Sample {
    /// The value of a label; empty when there is none, as Prometheus has it.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
