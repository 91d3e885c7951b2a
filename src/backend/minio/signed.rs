//! Signatures (`SigV4`) for requests that the SDK has no call for, or that must go over a connection of drill's own.

use super::keys::Keys;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use std::time::{Duration, SystemTime};

/// Where `MinIO` says that it is.
pub const REGION: &str = "us-east-1";

/// What is signed.
#[derive(Clone, Copy)]
pub struct Unsigned<'a> {
    /// GET, PUT, …
    pub method: &'a str,
    /// As in the header.
    pub host: &'a str,
    /// Path and query, percent-encoded.
    pub target: &'a str,
    /// Empty where there is none.
    pub body: &'a [u8],
}

/// The headers by which a request is `keys`'s.
///
/// # Errors
/// The request cannot be signed; in words.
pub fn headers(keys: &Keys<'_>, request: Unsigned<'_>) -> Result<Vec<(String, String)>, String> {
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let instructions = instructions(keys, request, settings, SignableBody::Bytes(request.body))?;
    Ok(instructions.headers().map(|(name, value)| (name.to_string(), value.to_string())).collect())
}

/// The same request as a URL's path and query that whoever has it may use for so long.
///
/// # Errors
/// The request cannot be signed; in words.
pub fn presigned(keys: &Keys<'_>, request: Unsigned<'_>, valid: Duration) -> Result<String, String> {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(valid);
    let instructions = instructions(keys, request, settings, SignableBody::UnsignedPayload)?;
    let mut url = hyper::http::Request::builder()
        .method(request.method)
        .uri(format!("http://{}{}", request.host, request.target))
        .body(())
        .map_err(|e| e.to_string())?;
    instructions.apply_to_request_http1x(&mut url);
    url.uri().path_and_query().map(ToString::to_string).ok_or_else(|| "no path".to_string())
}

fn instructions(
    keys: &Keys<'_>,
    request: Unsigned<'_>,
    mut settings: SigningSettings,
    body: SignableBody<'_>,
) -> Result<aws_sigv4::http_request::SigningInstructions, String> {
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    let session = keys.session.map(String::from);
    let identity = Credentials::new(keys.access, keys.secret, session, None, "drill").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name("s3")
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .map_err(|e| e.to_string())?
        .into();
    let url = format!("http://{}{}", request.host, request.target);
    let host = [("host", request.host)];
    let signable = SignableRequest::new(request.method, url, host.into_iter(), body).map_err(|e| e.to_string())?;
    Ok(sign(signable, &params).map_err(|e| e.to_string())?.into_parts().0)
}

/// A text as a part of a path or as a value of a query: everything but the unreserved is encoded, as the signature does it.
pub fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// An object's path.
pub fn path(bucket: &str, key: &str) -> String {
    let parts: Vec<String> = key.split('/').map(encoded).collect();
    format!("/{bucket}/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_what_is_sent() {
        assert_eq!(path("app", "reports/q 3+é.txt"), "/app/reports/q%203%2B%C3%A9.txt");
        let keys = Keys { access: "AKIA", secret: "secret", session: Some("token"), identity: None };
        let request = Unsigned { method: "GET", host: "localhost:9000", target: "/app/a", body: b"" };
        let names: Vec<String> = headers(&keys, request).expect("signed").into_iter().map(|(name, _)| name).collect();
        assert!(
            ["authorization", "x-amz-security-token", "x-amz-content-sha256"]
                .iter()
                .all(|n| names.iter().any(|m| m == n))
        );
        let url = presigned(&keys, request, Duration::from_secs(60)).expect("signed");
        assert!(
            url.starts_with("/app/a?") && url.contains("X-Amz-Signature=") && url.contains("X-Amz-Expires=60"),
            "{url}"
        );
        assert!(!url.contains("secret"));
    }
}
