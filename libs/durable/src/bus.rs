//! The way from one service's outbox to another's task table: `RabbitMQ`, or a function call in one process.

use crate::db::Db;
use crate::rabbit::{Rabbit, RabbitConfig};
use crate::task::receive;
use contracts::CloudEvent;
use futures_util::future::join_all;
use kit::Runtime;
use std::sync::{Arc, PoisonError, RwLock};
use uuid::Uuid;

/// The bus. Cheap to clone.
#[derive(Clone)]
pub enum Bus {
    /// All services in this process.
    InProcess(InProcess),
    /// `RabbitMQ`.
    Rabbit(Rabbit),
}

/// Who listens in this process.
#[derive(Clone, Default)]
pub struct InProcess(Arc<RwLock<State>>);

#[derive(Default)]
struct State {
    held: bool,
    listeners: Vec<Listener>,
}

#[derive(Clone)]
struct Listener {
    consumer: String,
    types: Vec<String>,
    db: Db,
}

/// One message on its way.
pub(crate) struct Outgoing {
    pub(crate) seq: i64,
    pub(crate) id: Uuid,
    pub(crate) event_type: String,
    pub(crate) payload: String,
}

/// What became of it.
pub(crate) struct Outcome {
    pub(crate) seq: i64,
    pub(crate) result: Result<(), String>,
}

/// Nothing can be sent at the moment.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BusError(pub(crate) String);

impl Bus {
    /// A bus inside this process.
    pub fn in_process() -> Self {
        Self::InProcess(InProcess::default())
    }

    /// `RabbitMQ`. Connects when there is something to send or to receive, and again for ever; a broker that is away stops nothing
    /// but the messages, which wait in the outbox.
    pub fn rabbit(config: RabbitConfig, rt: &Runtime) -> Self {
        Self::Rabbit(Rabbit::new(config, rt))
    }

    /// Keeps an in-process bus shut until [`Bus::release`]: while services start one after the other, an event must not be sent
    /// before all its listeners are there. Without effect on `RabbitMQ`, whose queues outlive the processes.
    pub fn hold(&self) {
        self.set_held(true);
    }

    /// Lets events flow.
    pub fn release(&self) {
        self.set_held(false);
    }

    fn set_held(&self, held: bool) {
        if let Self::InProcess(InProcess(state)) = self {
            state.write().unwrap_or_else(PoisonError::into_inner).held = held;
        }
    }

    pub(crate) fn is_held(&self) -> bool {
        match self {
            Self::InProcess(InProcess(state)) => {
                state.read().unwrap_or_else(PoisonError::into_inner).held
            }
            Self::Rabbit(_) => false,
        }
    }

    /// Sends lanes side by side, and one after the other within a lane: what follows a message that failed is not reported.
    pub(crate) async fn send(&self, lanes: Vec<Vec<Outgoing>>) -> Result<Vec<Outcome>, BusError> {
        match self {
            Self::InProcess(local) => local.send(lanes).await,
            Self::Rabbit(rabbit) => rabbit.send(lanes).await,
        }
    }
}

impl InProcess {
    /// Adds a listener; one that is there already is replaced.
    pub(crate) fn listen(&self, consumer: &str, types: &[String], db: &Db) {
        if types.is_empty() {
            return;
        }
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state
            .listeners
            .retain(|listener| listener.consumer != consumer);
        state.listeners.push(Listener {
            consumer: consumer.to_owned(),
            types: types.to_vec(),
            db: db.clone(),
        });
    }

    async fn send(&self, lanes: Vec<Vec<Outgoing>>) -> Result<Vec<Outcome>, BusError> {
        let listeners = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .listeners
            .clone();
        let listeners = &listeners;
        let lanes = lanes.into_iter().map(|lane| async move {
            let mut outcomes = Vec::new();
            for message in lane {
                let result = deliver(listeners, &message).await;
                let failed = result.is_err();
                outcomes.push(Outcome {
                    seq: message.seq,
                    result,
                });
                if failed {
                    break;
                }
            }
            outcomes
        });
        Ok(join_all(lanes).await.into_iter().flatten().collect())
    }
}

/// Into the table of each listener. A crash half way repeats it; the tables' keys absorb that.
async fn deliver(listeners: &[Listener], message: &Outgoing) -> Result<(), String> {
    let event: CloudEvent =
        serde_json::from_str(&message.payload).map_err(|error| error.to_string())?;
    let mut nobody = true;
    for listener in listeners
        .iter()
        .filter(|l| l.types.contains(&message.event_type))
    {
        nobody = false;
        receive(
            &listener.db,
            &listener.consumer,
            std::slice::from_ref(&event),
        )
        .await
        .map_err(|error| format!("{}: {error}", listener.consumer))?;
    }
    if nobody {
        Err("unroutable: nobody listens to this type".to_owned())
    } else {
        Ok(())
    }
}
