//! What an ordinary client does: the SDK, without retries, without a look at its surroundings, a new connection for every client.

use super::codes::{self, Said};
use super::keys::Keys;
use super::signed::REGION;
use crate::backend::attempt::timed_out;
use crate::environment::Address;
use crate::observation::Saw;
use aws_credential_types::Credentials;
use aws_sdk_s3::config::{
    BehaviorVersion, Region, RequestChecksumCalculation, ResponseChecksumValidation, StalledStreamProtectionConfig,
    retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use std::time::Duration;

/// A client of S3.
pub fn s3(address: &Address, keys: &Keys<'_>, patience: Duration) -> aws_sdk_s3::Client {
    let session = keys.session.map(String::from);
    // No expiry is told: the server decides, not the client.
    let credentials = Credentials::new(keys.access, keys.secret, session, None, "drill");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(format!("http://{address}"))
        .force_path_style(true)
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(patience))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

/// A client of STS, who has nothing but an identity token.
pub fn sts(address: &Address, patience: Duration) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(aws_sdk_sts::config::BehaviorVersion::latest())
        .region(aws_sdk_sts::config::Region::new(REGION))
        .endpoint_url(format!("http://{address}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(patience))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

fn timeouts(patience: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(patience)
        .operation_attempt_timeout(patience)
        .operation_timeout(patience)
        .build()
}

/// A failed call at the door `s3`.
pub fn seen_at_s3<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, patience: Duration) -> Saw {
    seen(error, patience, codes::s3)
}

/// A failed call at the door `sts`.
pub fn seen_at_sts<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, patience: Duration) -> Saw {
    seen(error, patience, codes::sts)
}

/// What the server answered, if it did; else what the library met. What the library decides by itself is no answer.
fn seen<E: ProvideErrorMetadata>(
    error: &SdkError<E, HttpResponse>,
    patience: Duration,
    answered: impl Fn(&Said<'_>) -> Saw,
) -> Saw {
    match error {
        SdkError::ServiceError(failed) => {
            let (raw, meta) = (failed.raw(), failed.err().meta());
            answered(&Said {
                status: raw.status().as_u16(),
                minio: raw.headers().get("server") == Some("MinIO"),
                code: meta.code().unwrap_or_default(),
                message: meta.message().unwrap_or_default(),
            })
        }
        SdkError::TimeoutError(_) => timed_out(patience),
        SdkError::DispatchFailure(failed) if failed.is_timeout() => timed_out(patience),
        SdkError::DispatchFailure(failed) => match failed.as_connector_error() {
            Some(e) if e.is_io() || e.is_other() => Saw::Unreachable { why: io_of(e) },
            _ => Saw::Unclassified { what: "the client could not send it".into() },
        },
        SdkError::ResponseError(failed) => {
            let status = failed.raw().status().as_u16();
            Saw::Unclassified { what: format!("HTTP {status} that cannot be read") }
        }
        _ => Saw::Unclassified { what: "the client could not make the request".into() },
    }
}

fn io_of(error: &aws_smithy_runtime_api::client::result::ConnectorError) -> String {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(e) = source {
        if let Some(io) = e.downcast_ref::<std::io::Error>() {
            return crate::backend::attempt::io_words(io);
        }
        source = e.source();
    }
    "connection closed".into()
}
