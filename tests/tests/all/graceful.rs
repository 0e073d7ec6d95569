//! SIGTERM under load: the server answers what it has taken, stops, and has lost nothing.

use rolecall_tests::event_stream::EventStream;
use rolecall_tests::load;
use rolecall_tests::server::Server;

#[tokio::test]
async fn a_server_asked_to_stop_under_load_ends_well_and_loses_nothing() {
    let mut server = Server::start().await;
    let acme = server.organization("Acme").await;
    let connection = acme.connect(&server.public(), "okta").await;
    let mut writers = load::writers(&connection, 8, 7).await;
    for _ in 0..3 {
        let head = acme.head_after(0).await;
        // An open event stream has no end of its own, and must not keep the server from stopping.
        let _reader = EventStream::open(&acme, head).await;
        let mut status = None;
        writers = load::write_until(writers, 200, async || status = Some(server.terminate().await)).await;
        assert!(status.unwrap().success(), "{status:?}:\n{}", server.log());

        server.start_again().await;
        load::check_and_resume(&mut writers, &acme).await;
        load::check_entries(&acme, 0).await;
    }
    let report = acme.verify().await;
    assert_eq!(report["outcome"], "equal", "{report}");
}
