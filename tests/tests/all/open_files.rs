//! Connections that anybody can open must not take the files that the log needs.

use std::net::TcpStream;

use rolecall_tests::server::Server;
use serde_json::json;

#[tokio::test]
async fn more_idle_connections_than_open_files_stop_neither_the_log_nor_the_operator() {
    let mut server = Server::start().await;
    assert!(server.terminate().await.success());
    server.start_again_with_open_files(256).await;
    let root = server.root();
    root.post("/organizations", &json!({"name": "Before"}))
        .await
        .expect(201);

    let address = server.address();
    let address = address.strip_prefix("http://").unwrap();
    // More than the server may open, and no more than the system lets wait beside those.
    let idle: Vec<_> = (0..260).map(|_| TcpStream::connect(address).unwrap()).collect();
    // The client of `root` has kept its connection.
    for number in 0..20 {
        let name = format!("During {number}");
        root.post("/organizations", &json!({ "name": name })).await.expect(201);
    }
    server.ops().get("/healthz").await.expect(200);
    server.ops().get("/readyz").await.expect(200);
    drop(idle);
    assert!(server.log().contains("leaves room for"), "{}", server.log());
}
