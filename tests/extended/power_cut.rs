//! Power cuts: a file system that stops taking writes under the server, and comes back with what had reached the disk.
//!
//! The server is killed under load, its loop-mounted ext4 is shut down without flushing anything (`EXT4_IOC_SHUTDOWN` with
//! `NOLOGFLUSH`), and the file system is mounted again. A server that relies on anything less than a synced write loses what
//! it acknowledged. Needs root.

use std::path::{Path, PathBuf};
use std::process::Command;

use rolecall_tests::load;
use rolecall_tests::random::Random;
use rolecall_tests::server::Server;

const ROUNDS: u64 = 15;
const IMAGE_BYTES: u64 = 512 * 1024 * 1024;

/// An ext4 in a file, mounted through a loop device for as long as this lives.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn new() -> Disk {
        let disk = Disk {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::File::create(disk.image())
            .unwrap()
            .set_len(IMAGE_BYTES)
            .unwrap();
        run("mkfs.ext4", &[Path::new("-q"), &disk.image()]);
        std::fs::create_dir(disk.mount_point()).unwrap();
        disk.mount();
        disk
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("disk.img")
    }

    fn mount_point(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn mount(&self) {
        run(
            "mount",
            &[Path::new("-o"), Path::new("loop"), &self.image(), &self.mount_point()],
        );
    }

    fn unmount(&self) {
        run("umount", &[&self.mount_point()]);
    }

    /// From here on nothing reaches the disk, not even what the kernel holds for it.
    fn cut_power(&self) {
        // _IOR('X', 125, __u32) with EXT4_GOING_FLAGS_NOLOGFLUSH. Perl is in every Debian; ours is a crate without `unsafe`.
        let script = r#"
            my $flags = pack("L", 2);
            open(my $folder, "<", $ARGV[0]) or die "open: $!";
            defined ioctl($folder, 0x8004587D, $flags) or die "ioctl: $!";
        "#;
        run("perl", &[Path::new("-e"), Path::new(script), &self.mount_point()]);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Best effort: a failed test must not leave a mount behind, and has already said why it failed.
        let _ = Command::new("umount").arg("--lazy").arg(self.mount_point()).status();
    }
}

fn run(program: &str, arguments: &[&Path]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?} failed (is this root?): {errors}"
    );
}

#[tokio::test]
async fn a_power_cut_under_load_loses_no_acknowledged_write() {
    let disk = Disk::new();
    let data = disk.mount_point().join("data");
    let mut random = Random::seeded(3);
    let mut server = Server::start_with_data(data).await;
    let acme = server.organization("Acme").await;
    let connection = acme.connect(&server.public(), "okta").await;
    let mut writers = load::writers(&connection, 8, 5).await;
    let mut head = 0;
    for _ in 0..ROUNDS {
        let acknowledged = 50 + random.below(1000);
        writers = load::write_until(writers, acknowledged, async || {
            // A real cut stops both at once. Here the process goes first: an fdatasync that is under way while ext4 shuts
            // down can return success for data that it drops, and the server would answer for it. What was answered before
            // the kill and was not synced is lost in the cut all the same.
            server.kill();
            disk.cut_power();
        })
        .await;
        disk.unmount();
        disk.mount();
        server.start_again().await;
        load::check_and_resume(&mut writers, &acme).await;
        let now = load::check_entries(&acme, head).await;
        assert!(
            now >= head + acknowledged,
            "{acknowledged} writes were answered after {head}, the log ends at {now}"
        );
        head = now;
    }
    let report = acme.verify().await;
    assert_eq!(report["outcome"], "equal", "{report}");
    server.kill();
    disk.unmount();
}
