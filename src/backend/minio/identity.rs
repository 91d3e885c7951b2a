//! The door `sts`: an identity token buys a session, which ends when the token does.

use super::PATIENCE;
use super::keys::Keys;
use super::sdk;
use super::target::Target;
use crate::backend::attempt::timed_out;
use crate::environment::Address;
use crate::observation::{Saw, Stage};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// A session as it was bought. Its secrets are in nobody's log: who keeps it makes them known to the redactor.
pub struct Bought {
    /// The public name.
    pub access: String,
    /// What signs.
    pub secret: String,
    /// Its token.
    pub session: String,
    /// When it ends, as the server states it.
    pub ends: jiff::Timestamp,
}

/// What is bought besides: less than the role gives, or more than it may.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes {
    /// How long it is to live, s.
    pub seconds: Option<i32>,
}

/// What a token says of itself. Nothing of it is believed: the server looks at the signature.
pub fn claims(token: &str) -> Option<Value> {
    let body = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()
}

/// Whom a token is for.
pub fn audience(token: &str) -> Option<String> {
    let claims = claims(token)?;
    let audience = &claims["aud"];
    audience.as_str().or_else(|| audience.get(0)?.as_str()).map(String::from)
}

/// Whose the sessions are that a token buys: the name by which all of them are ended.
pub fn parent(token: &str) -> Option<String> {
    let claims = claims(token)?;
    let (sub, iss) = (claims["sub"].as_str()?, claims["iss"].as_str()?);
    Some(URL_SAFE_NO_PAD.encode(Sha256::digest(format!("openid:{sub}:{iss}"))))
}

/// The role of an audience, as `MinIO` names it.
pub fn role_arn(audience: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, audience.as_bytes());
    format!("arn:minio:iam:::role/{}", URL_SAFE_NO_PAD.encode(digest))
}

/// Buys a session in a role.
///
/// # Errors
/// What was seen instead.
pub async fn buy(
    address: &Address,
    token: &str,
    role: &str,
    wishes: Wishes,
    patience: Duration,
) -> Result<Bought, Saw> {
    let client = sdk::sts(address, patience);
    let request = client
        .assume_role_with_web_identity()
        .role_arn(role)
        .role_session_name("drill")
        .web_identity_token(token)
        .set_duration_seconds(wishes.seconds);
    let answer = request.send().await.map_err(|e| sdk::seen_at_sts(&e, patience))?;
    let credentials = answer.credentials().ok_or_else(|| Saw::Unclassified { what: "no credentials".into() })?;
    let ends = credentials.expiration();
    let ends = jiff::Timestamp::new(ends.secs(), i32::try_from(ends.subsec_nanos()).unwrap_or(0));
    Ok(Bought {
        access: credentials.access_key_id().to_string(),
        secret: credentials.secret_access_key().to_string(),
        session: credentials.session_token().to_string(),
        ends: ends.map_err(|_| Saw::Unclassified { what: "an end that is no time".into() })?,
    })
}

/// Whether a session's token is signed with this secret, as a server signs with its administrator's what it sells.
fn is_signed(session: &str, secret: &str) -> bool {
    let Some((signed, signature)) = session.rsplit_once('.') else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA512, secret.as_bytes());
    ring::hmac::verify(&key, signed.as_bytes(), &signature).is_ok()
}

/// One attempt at the door: a session is bought, and its signature shows whose server sold it. With its name, which nobody keeps.
pub async fn probe(target: &Target, token: &str) -> ((Stage, Saw), Option<String>) {
    let Some(role) = audience(token).map(|audience| role_arn(&audience)) else {
        return ((Stage::Login, Saw::Unclassified { what: "no identity token".into() }), None);
    };
    let buying = buy(&target.address, token, &role, Wishes::default(), PATIENCE);
    let (saw, name) = match tokio::time::timeout(PATIENCE, buying).await {
        Ok(Ok(bought)) if is_signed(&bought.session, Keys::of(&target.administrator).secret) => {
            (Saw::Accepted { server: target.marker.clone() }, Some(bought.access))
        }
        Ok(Ok(bought)) => (Saw::Unclassified { what: "sold by another server".into() }, Some(bought.access)),
        Ok(Err(saw)) => (saw, None),
        Err(_) => (timed_out(PATIENCE), None),
    };
    ((Stage::Login, saw), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_parents_are_named_as_the_server_does() {
        assert_eq!(role_arn("reports"), "arn:minio:iam:::role/C37GiO65EZ9y8ytbD2JoGvjN4aQ");
        let body = URL_SAFE_NO_PAD.encode(r#"{"aud":"reports","sub":"e-1","iss":"http://bao:8200/v1/identity/oidc"}"#);
        let token = format!("e30.{body}.x");
        assert_eq!(audience(&token).as_deref(), Some("reports"));
        assert_eq!(parent(&token).map(|p| p.len()), Some(43));
        assert!(audience("garbage").is_none() && parent("a.b.c").is_none());
    }
}
