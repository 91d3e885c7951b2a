//! One raw connection, which is opened once and never again: what sessions and the administration need.

use super::codes;
use super::keys::Keys;
use super::signed::{self, Unsigned};
use crate::backend::attempt::io_words;
use crate::environment::Address;
use crate::observation::Saw;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};

/// No answer that is asked for here is longer; what is longer is read bit by bit.
const LARGEST_BODY: usize = 8 << 20;
/// By this header of an object a server is known.
pub const MARKER_HEADER: &str = "x-amz-meta-drill";
/// What a slow reader lets pile up on its own side.
const NARROW_BYTES: u32 = 64 * 1024;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// HTTP's.
    pub status: u16,
    /// It says that it is `MinIO`.
    pub minio: bool,
    /// Of the object, if it is one of ours.
    pub marker: Option<String>,
    /// All of it.
    pub body: Bytes,
}

impl Answer {
    /// As an observation; `server` is what shows who answered with a success.
    pub fn observed(&self, server: Option<String>) -> Saw {
        if (200..300).contains(&self.status) {
            return match server {
                Some(server) => Saw::Accepted { server },
                None => Saw::Unclassified { what: format!("HTTP {} without this server's mark", self.status) },
            };
        }
        let text = String::from_utf8_lossy(&self.body);
        let (code, message) = error_of(&text);
        codes::s3(&codes::Said { status: self.status, minio: self.minio, code: &code, message: &message })
    }

    /// Code and message, for what has to work.
    pub fn words(&self) -> String {
        let (code, message) = error_of(&String::from_utf8_lossy(&self.body));
        format!("{} {code}: {message}", self.status)
    }
}

/// Code and message of an error, in XML (S3, STS) or JSON (the administration).
pub fn error_of(text: &str) -> (String, String) {
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
        let of = |key: &str| json[key].as_str().unwrap_or_default().to_string();
        return (of("Code"), of("Message"));
    }
    let of = |tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>"))?;
        let (value, _) = rest.split_once(&format!("</{tag}>"))?;
        Some(
            value
                .replace("&#34;", "\"")
                .replace("&#39;", "'")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&"),
        )
    };
    (of("Code").unwrap_or_default(), of("Message").unwrap_or_default())
}

/// A connection.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Connection {
    /// Connects; the time-out is the caller's.
    ///
    /// # Errors
    /// There is no connection.
    pub async fn open(address: &Address) -> Result<Self, Saw> {
        let tcp = TcpStream::connect((address.host.as_str(), address.port)).await;
        Self::over(tcp.map_err(|e| unreachable(&e))?, address).await
    }

    /// The same with little room for what nobody has read yet.
    ///
    /// # Errors
    /// There is no connection.
    pub async fn narrow(address: &Address) -> Result<Self, Saw> {
        let found =
            tokio::net::lookup_host((address.host.as_str(), address.port)).await.map_err(|e| unreachable(&e))?;
        let mut last = Saw::Unreachable { why: "no address".into() };
        for at in found {
            let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
            let connected = match socket.and_then(|s| s.set_recv_buffer_size(NARROW_BYTES).map(|()| s)) {
                Ok(socket) => socket.connect(at).await,
                Err(e) => Err(e),
            };
            match connected {
                Ok(tcp) => return Self::over(tcp, address).await,
                Err(e) => last = unreachable(&e),
            }
        }
        Err(last)
    }

    async fn over(tcp: TcpStream, address: &Address) -> Result<Self, Saw> {
        let _ = tcp.set_nodelay(true);
        let (sender, connection) = http1::handshake(TokioIo::new(tcp)).await.map_err(|e| of_hyper(&e))?;
        // Ends with the connection, or when nobody can send over it any more.
        tokio::spawn(async move {
            if let Err(e) = connection.await {
                tracing::trace!(error = %e, "a connection ended");
            }
        });
        Ok(Self { sender, host: address.to_string() })
    }

    /// As requests over it name the server.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// One signed request, its answer read to the end.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn ask(&mut self, keys: &Keys<'_>, method: &str, target: &str, body: &[u8]) -> Result<Answer, Saw> {
        let request = Unsigned { method, host: &self.host, target, body };
        let headers = signed::headers(keys, request).map_err(|what| Saw::Unclassified { what })?;
        self.send(method, target, &headers, body).await
    }

    /// One request as it is.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Answer, Saw> {
        let response = self.begin(method, target, headers, body).await?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LARGEST_BODY).collect().await;
        let body = body.map_err(|e| match e.downcast::<hyper::Error>() {
            Ok(e) => of_hyper(&e),
            Err(_) => Saw::Unclassified { what: "an answer without an end".into() },
        })?;
        Ok(Answer {
            status: head.status.as_u16(),
            minio: is_minio(&head.headers),
            marker: marker_of(&head.headers),
            body: body.to_bytes(),
        })
    }

    /// One request, of whose answer only the head was read.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn begin(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Response<Incoming>, Saw> {
        let mut request = Request::builder().method(method).uri(target).header("Host", &self.host);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body)));
        let request = request.map_err(|e| Saw::Unclassified { what: e.to_string() })?;
        self.sender.ready().await.map_err(|e| of_hyper(&e))?;
        self.sender.send_request(request).await.map_err(|e| of_hyper(&e))
    }
}

/// Which of our servers an object's headers name.
pub fn marker_of(headers: &hyper::HeaderMap) -> Option<String> {
    headers.get(MARKER_HEADER).and_then(|v| v.to_str().ok()).map(String::from)
}

/// Who says so of itself.
pub fn is_minio(headers: &hyper::HeaderMap) -> bool {
    headers.get("server").is_some_and(|v| v.as_bytes() == b"MinIO")
}

fn unreachable(e: &std::io::Error) -> Saw {
    Saw::Unreachable { why: io_words(e) }
}

/// Nothing of a connection's end is the server's word: it ends none because of a credential.
pub fn of_hyper(error: &hyper::Error) -> Saw {
    let mut source = std::error::Error::source(error);
    while let Some(e) = source {
        if let Some(io) = e.downcast_ref::<std::io::Error>() {
            return unreachable(io);
        }
        source = e.source();
    }
    if error.is_closed() || error.is_canceled() || error.is_incomplete_message() {
        Saw::Unreachable { why: "end of file".into() }
    } else {
        Saw::Unclassified { what: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::error_of;

    #[test]
    fn an_error_is_read_in_both_of_its_forms() {
        let s3 = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>a &#34;b&#34;</Message></Error>";
        let json = r#"{"Code":"XMinioAdminNoSuchAccessKey","Message":"x"}"#;
        assert_eq!(error_of(s3), ("AccessDenied".into(), "a \"b\"".into()));
        assert_eq!(error_of(json), ("XMinioAdminNoSuchAccessKey".into(), "x".into()));
        assert_eq!(error_of("garbage"), (String::new(), String::new()));
    }
}
