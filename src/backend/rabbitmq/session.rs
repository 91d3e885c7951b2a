//! A connection that was open before the trigger: one raw connection, never reconnected. And the operations of the drill's lists.

use super::amqp::{Target, connect, identity, observe};
use super::codes::Asked;
use super::{CONSUMER, Operation};
use crate::backend::Credential;
use crate::backend::attempt::{Attempt, Ending, PROBE_TIMEOUT, SET_UP_TIMEOUT, timed_out};
use crate::observation::{Saw, Stage};
use lapin::options::{
    BasicCancelOptions, BasicConsumeOptions, BasicGetOptions, BasicNackOptions, BasicPublishOptions,
    ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, Consumer};
use std::time::Duration;

/// So often, and so far apart, a connection's last words are waited for.
const WORDS_TRIES: u32 = 10;
const WORDS_DELAY: Duration = Duration::from_millis(1);

/// An open connection with a channel.
pub struct Session {
    connection: Connection,
    channel: Channel,
    target: Target,
    asked: Asked,
    ending: Ending,
    /// Runs as long as it is held.
    _consumer: Option<Consumer>,
}

impl Session {
    /// Opens a session of a kind; what was seen where it cannot be opened in time. `queue` is what a consumer reads.
    ///
    /// # Errors
    /// The login or the preparation of that kind did not succeed.
    pub async fn open(
        target: &Target,
        credential: &Credential,
        kind: &str,
        queue: Option<&str>,
        patience: Duration,
    ) -> Result<Self, (Stage, Saw)> {
        let asked = target.asked(credential);
        let attempt = async {
            let (connection, ending) = connect(target, credential, &format!("drill-{kind}")).await?;
            let opened = connection.create_channel().await;
            let channel = opened.map_err(|e| (Stage::Login, observe(&e, Stage::Login, &asked)))?;
            let consumer = match queue.filter(|_| kind == CONSUMER) {
                Some(queue) => Some(consume(&channel, queue, &asked).await?),
                None => None,
            };
            let (target, asked) = (target.clone(), asked.clone());
            Ok(Self { connection, channel, target, asked, ending, _consumer: consumer })
        };
        tokio::time::timeout(patience, attempt).await.unwrap_or_else(|_| Err((Stage::Login, timed_out(patience))))
    }

    /// Whether it still answers: a question to which every user gets an answer.
    pub async fn probe(&self) -> (Stage, Saw) {
        let question = identity(&self.channel, &self.target, Stage::Open, &self.asked);
        match tokio::time::timeout(PROBE_TIMEOUT, question).await {
            Ok(Ok(server)) => (Stage::Open, Saw::Accepted { server }),
            // The broker's own word, where it came before the question, says more than the closed connection.
            Ok(Err((stage, saw))) => (stage, self.word_of_the_end().await.unwrap_or(saw)),
            Err(_) => (Stage::Open, timed_out(PROBE_TIMEOUT)),
        }
    }

    /// What the broker said when it closed the connection, where it did: the client library knows of the end a moment before its words.
    async fn word_of_the_end(&self) -> Option<Saw> {
        for _ in 0..WORDS_TRIES {
            if let Some(said) = self.ending.get() {
                return Some(said.clone());
            }
            tokio::time::sleep(WORDS_DELAY).await;
        }
        None
    }

    /// Does what an operation says, and undoes it.
    pub async fn operate(&self, operation: &Operation) -> Saw {
        let run = async {
            // What is denied closes its channel: each has one of its own.
            let channel = self.connection.create_channel().await.map_err(|e| self.scope(&e))?;
            self.act(&channel, operation).await?;
            identity(&channel, &self.target, Stage::Scope, &self.asked).await.map_err(|(_, saw)| saw)
        };
        match tokio::time::timeout(SET_UP_TIMEOUT, run).await {
            Ok(Ok(server)) => Saw::Accepted { server },
            Ok(Err(saw)) => saw,
            Err(_) => timed_out(SET_UP_TIMEOUT),
        }
    }

    fn scope(&self, error: &lapin::Error) -> Saw {
        observe(error, Stage::Scope, &self.asked)
    }

    async fn act(&self, channel: &Channel, operation: &Operation) -> Result<(), Saw> {
        let scope = |e: lapin::Error| self.scope(&e);
        match operation {
            Operation::Publish(exchange) => self.publish(channel, exchange).await,
            Operation::Consume(queue) => {
                let consumer = consume(channel, queue, &self.asked).await.map_err(|(_, saw)| saw)?;
                channel.basic_cancel(consumer.tag(), BasicCancelOptions::default()).await.map_err(scope)
            }
            Operation::Get(queue) => {
                let got = channel.basic_get(queue.as_str().into(), BasicGetOptions::default()).await.map_err(scope)?;
                let Some(message) = got else { return Ok(()) };
                let back = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
                channel.basic_nack(message.delivery_tag, back).await.map_err(scope)
            }
            Operation::Declare(queue) => {
                let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
                let name = || queue.as_str().into();
                channel.queue_declare(name(), options, FieldTable::default()).await.map_err(scope)?;
                channel.queue_delete(name(), QueueDeleteOptions::default()).await.map(|_| ()).map_err(scope)
            }
        }
    }

    /// Published is what was routed to a queue and confirmed. It expires there at once, so nothing of it is left.
    async fn publish(&self, channel: &Channel, exchange: &str) -> Result<(), Saw> {
        let scope = |e: lapin::Error| self.scope(&e);
        channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(scope)?;
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let properties = BasicProperties::default().with_expiration("0".into());
        let sent = channel.basic_publish(exchange.into(), "drill".into(), options, b"drill", properties).await;
        match sent.map_err(scope)?.await.map_err(scope)? {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(_)) => Err(Saw::Unclassified { what: "no queue is bound to the exchange".into() }),
            _ => Err(Saw::Unclassified { what: "the broker did not confirm".into() }),
        }
    }
}

async fn consume(channel: &Channel, queue: &str, asked: &Asked) -> Attempt<Consumer> {
    let options = BasicConsumeOptions::default();
    let started = channel.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await;
    started.map_err(|e| (Stage::Scope, observe(&e, Stage::Scope, asked)))
}
