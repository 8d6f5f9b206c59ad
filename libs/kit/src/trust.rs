//! The CAs of our own (`SSL_CERT_DIR`; in the chart `ca.secretName`): when they end, as a metric. When one has ended, nobody whom it
//! signed is trusted. The public ones are not looked at: they come with the image.

use crate::metrics::{Gauges, Labels};
use crate::{Runtime, config};
use anyhow::Context as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::path::Path;
use std::time::Duration;

/// Between two looks: a Secret that is mounted changes under a process that runs.
const EVERY: Duration = Duration::from_secs(3600);

/// Refuses a folder that cannot be read: whose CA is missing would be trusted by no name, or, worse, not looked at.
///
/// # Errors
/// Names the variable and the folder.
pub(crate) fn check(folders: Option<&str>) -> anyhow::Result<()> {
    for folder in folders.into_iter().flat_map(|folders| folders.split(':')) {
        std::fs::read_dir(folder).with_context(|| {
            format!(
                "SSL_CERT_DIR: cannot read the folder it names, {folder} (in Kubernetes: the Secret of ca.secretName, or the key in it, is missing)"
            )
        })?;
    }
    Ok(())
}

/// Tells for each file when the first certificate in it ends, unix seconds, now and every hour.
pub(crate) fn watch(service: &str, rt: &Runtime) {
    let Some(folders) = config::variable("SSL_CERT_DIR") else {
        return;
    };
    let gauges = rt.metrics.gauges(
        "ca_expires_timestamp_seconds",
        "When the first CA in a file of our own ends, unix seconds",
    );
    let service = service.to_owned();
    let stopping = rt.lifecycle.stopping();
    rt.lifecycle.spawn("certificates", async move {
        loop {
            gauges.clear();
            for folder in folders.split(':') {
                if let Err(error) = look(Path::new(folder), &service, &gauges) {
                    tracing::warn!(%error, folder, "the certificates of SSL_CERT_DIR cannot be read");
                }
            }
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    });
}

/// A few small files, once an hour: not worth another thread.
fn look(folder: &Path, service: &str, gauges: &Gauges) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.path().is_file() {
            continue;
        }
        if let Some(end) = first_end(&std::fs::read(entry.path())?) {
            let labels = Labels {
                service: service.to_owned(),
                kind: entry.file_name().to_string_lossy().into_owned(),
            };
            gauges.get_or_create(&labels).set(end);
        }
    }
    Ok(())
}

/// The end of whichever certificate of a PEM text ends first, unix seconds; `None` when there is none that can be read.
fn first_end(pem: &[u8]) -> Option<i64> {
    CertificateDer::pem_slice_iter(pem)
        .filter_map(Result::ok)
        .filter_map(|der| {
            let (_rest, certificate) = x509_parser::parse_x509_certificate(&der).ok()?;
            Some(certificate.validity().not_after.timestamp())
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Until 2076-03-09T03:47:32Z.
    const LONG: &str = "-----BEGIN CERTIFICATE-----\n\
MIIBdjCCARugAwIBAgIUNtTfMt4SW+W5xpJAa3yI4STLF+wwCgYIKoZIzj0EAwIw\n\
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjcwMzQ3MzJaGA8yMDc2MDMwOTAzNDcz\n\
MlowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNg5\n\
9NTzFEZ4RbVhpcC7sE2rzvGzXaAcp/rqrliC1E7YZdF8tLGYAkjFUZoZJ17luZbf\n\
OXz8nF70EyrxlOxkobCjUzBRMB0GA1UdDgQWBBR439uDrYRqOCp2EooVLfj1EUj+\n\
0jAfBgNVHSMEGDAWgBR439uDrYRqOCp2EooVLfj1EUj+0jAPBgNVHRMBAf8EBTAD\n\
AQH/MAoGCCqGSM49BAMCA0kAMEYCIQDWzB54dQeIUYGpj1UFO/v+C1paPNrBY/Fq\n\
T9ClWiYffAIhALZ9Jwf5NPCqMMC1b8U4u9p89QrFVPhsZKEWA+N7epQD\n\
-----END CERTIFICATE-----\n";
    /// Until 2051-07-19T03:47:32Z.
    const SHORT: &str = "-----BEGIN CERTIFICATE-----\n\
MIIBdTCCARugAwIBAgIUfe/hKEu4VWQqqX6tKoMYQGESQiIwCgYIKoZIzj0EAwIw\n\
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjcwMzQ3MzJaGA8yMDUxMDcxOTAzNDcz\n\
MlowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJW5\n\
uy7pEUcOVvio4uBoPtLEYq+wMQsKVr2KQYgDbjNZQUh9eGJjSG2sN5LbSB7X1Qg5\n\
n1uuQwQcsphLE94gHxKjUzBRMB0GA1UdDgQWBBQz1sTgKXBah/nkTQrqpolvSL9w\n\
FjAfBgNVHSMEGDAWgBQz1sTgKXBah/nkTQrqpolvSL9wFjAPBgNVHRMBAf8EBTAD\n\
AQH/MAoGCCqGSM49BAMCA0gAMEUCIQCRwzzeo07jkZX54nM6gCmnfLJ8ai0mHdnG\n\
H/a/syep/gIgU5QVsguiX2veDyPltD6tcZUYqWS7u6kRFf0g0QaDRqE=\n\
-----END CERTIFICATE-----\n";

    #[test]
    fn the_first_end_in_a_file_counts() {
        assert_eq!(first_end(LONG.as_bytes()), Some(3_350_951_252));
        let both = format!("# our own\n{LONG}{SHORT}");
        assert_eq!(first_end(both.as_bytes()), Some(2_573_351_252));
        assert_eq!(first_end(b"no certificate"), None);
    }

    #[test]
    fn each_file_of_the_folder_is_told_and_a_folder_that_is_missing_is_an_error() {
        let folder = std::env::temp_dir().join(format!("motcua-ca-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("a-folder")).expect("folder");
        std::fs::write(folder.join("ca.crt"), SHORT).expect("write");
        std::fs::write(folder.join("notes.txt"), "nothing").expect("write");
        let metrics = crate::Metrics::new();
        let gauges = metrics.gauges("ca_expires_timestamp_seconds", "When");
        let looked = look(&folder, "gateway", &gauges);
        std::fs::remove_dir_all(&folder).expect("remove");
        looked.expect("looks");
        let text = metrics.render();
        assert!(
            text.contains("motcua_ca_expires_timestamp_seconds{service=\"gateway\",kind=\"ca.crt\"} 2573351252"),
            "{text}"
        );
        assert!(!text.contains("notes.txt"), "{text}");
        assert!(look(&folder, "gateway", &gauges).is_err());
        let path = folder.to_string_lossy();
        let refused = check(Some(&path)).expect_err("the folder is gone");
        assert!(refused.to_string().contains(&*path), "{refused}");
        assert!(
            check(None).is_ok() && check(Some(&std::env::temp_dir().to_string_lossy())).is_ok()
        );
    }
}
