//! The demo from its start to its end, as `rolecall demo --exit` runs it.

use super::{play, temporary_folder};
use crate::config::DemoOptions;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_plays_to_its_end() {
    let nowhere = "127.0.0.1:0".parse().unwrap();
    let options = DemoOptions {
        exit: true,
        listen: nowhere,
        ops_listen: nowhere,
    };
    let folder = temporary_folder();
    let played = play(&options, folder.clone()).await;
    std::fs::remove_dir_all(folder).unwrap();
    played.unwrap();
}
