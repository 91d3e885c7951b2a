//! One connection, never opened again: commands out, answers in, in order.
//!
//! The codec is the library's. Its clients connect again by themselves and then report what a new connection met, so the socket is ours.

use crate::environment::Address;
use combine::parser::combinator::AnySendSyncPartialState;
use combine::stream::{Decoder, PointerOffset};
use redis::{Cmd, RedisError, Value};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Why there is no good answer.
#[derive(Debug)]
pub enum Failed {
    /// The connection ended, in the field's words.
    Ended(String),
    /// There is no connection, in the field's words.
    NoConnection(String),
    /// The server's own error: its code, and the text behind it.
    Said(String, String),
    /// Something that is no answer.
    Odd(String),
}

impl Failed {
    fn of_io(e: &std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        let words = crate::backend::attempt::io_words(e);
        match e.kind() {
            K::UnexpectedEof | K::ConnectionReset | K::BrokenPipe | K::ConnectionAborted => Self::Ended(words),
            _ => Self::NoConnection(words),
        }
    }
    fn of_answer(e: &RedisError) -> Self {
        if e.is_connection_dropped() {
            Self::Ended("end of file".into())
        } else if e.is_io_error() {
            Self::NoConnection(e.to_string())
        } else {
            Self::Odd(e.to_string())
        }
    }
}

/// An open connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
    decoder: Decoder<AnySendSyncPartialState, PointerOffset<[u8]>>,
    /// Answers that have not come yet: one that comes late must not be taken for the next question's.
    owed: usize,
}

impl Connection {
    /// Connects; nothing is sent.
    ///
    /// # Errors
    /// No connection comes about.
    pub async fn open(address: &Address) -> Result<Self, Failed> {
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await;
        let stream = stream.map_err(|e| Failed::NoConnection(crate::backend::attempt::io_words(&e)))?;
        let _ = stream.set_nodelay(true);
        Ok(Self { stream: BufReader::new(stream), decoder: Decoder::new(), owed: 0 })
    }

    /// Sends a command and waits for nothing.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn send(&mut self, words: &[&str]) -> Result<(), Failed> {
        let mut command = Cmd::new();
        for word in words {
            command.arg(*word);
        }
        self.write(&command.get_packed_command()).await
    }

    /// Sends a line as a person types it; the server takes it apart.
    ///
    /// # Errors
    /// The connection ended, or the server's error.
    pub async fn line(&mut self, line: &str) -> Result<Value, Failed> {
        self.caught_up().await?;
        self.write(format!("{line}\r\n").as_bytes()).await?;
        self.answer().await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        self.owed += 1;
        self.stream.write_all(bytes).await.map_err(|e| Failed::of_io(&e))
    }

    /// Asks, and waits for the answer to this question.
    ///
    /// # Errors
    /// The connection ended, or the server's error.
    pub async fn ask(&mut self, words: &[&str]) -> Result<Value, Failed> {
        self.caught_up().await?;
        self.send(words).await?;
        self.answer().await
    }

    /// Waits for what earlier questions are owed.
    async fn caught_up(&mut self) -> Result<(), Failed> {
        while self.owed > 0 {
            match self.answer().await {
                Ok(_) | Err(Failed::Said(..)) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// The next answer. What the server tells besides, of channels, is passed over.
    async fn answer(&mut self) -> Result<Value, Failed> {
        loop {
            match self.read().await? {
                Value::Push { .. } => {}
                Value::ServerError(e) => {
                    self.owed = self.owed.saturating_sub(1);
                    return Err(Failed::Said(e.code().to_string(), e.details().unwrap_or_default().to_string()));
                }
                value => {
                    self.owed = self.owed.saturating_sub(1);
                    return Ok(value);
                }
            }
        }
    }

    async fn read(&mut self) -> Result<Value, Failed> {
        redis::parse_redis_value_async(&mut self.decoder, &mut self.stream).await.map_err(|e| Failed::of_answer(&e))
    }

    /// Subscribes. The answer is told like what comes through the channel later.
    ///
    /// # Errors
    /// The connection ended, or the server's error.
    pub async fn subscribe(&mut self, channel: &str) -> Result<(), Failed> {
        self.caught_up().await?;
        self.send(&["SUBSCRIBE", channel]).await?;
        loop {
            match self.read().await? {
                Value::Push { kind: redis::PushKind::Subscribe, .. } => {
                    self.owed = self.owed.saturating_sub(1);
                    return Ok(());
                }
                Value::Push { .. } => {}
                Value::ServerError(e) => {
                    self.owed = self.owed.saturating_sub(1);
                    return Err(Failed::Said(e.code().to_string(), e.details().unwrap_or_default().to_string()));
                }
                other => return Err(Failed::Odd(format!("{other:?}"))),
            }
        }
    }
}

/// A text in an answer.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.clone()),
        Value::Okay => Some("OK".into()),
        _ => None,
    }
}
