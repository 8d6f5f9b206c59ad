//! Which faults in which order: the same seed gives the same row.
#![expect(
    clippy::indexing_slicing,
    reason = "what is not there ends the harness"
)]

use super::servers::Server;
use super::world::{Line, SERVICES, STORED};
use std::fmt;

/// One fault, with what it hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// All processes of a service are killed and started again.
    ServiceKilled(&'static str),
    /// One of two processes is killed; the other goes on.
    ReplicaKilled(&'static str),
    /// SIGTERM to one process after the other, as at a new release.
    RollingRestart(&'static str),
    ServerKilled(Server),
    BrokerRestarted,
    /// Every channel of the broker dies, and with them all consumers.
    ConsumersWiped,
    /// Stopped for longer than heartbeats allow.
    BrokerPaused,
    /// The broker takes no messages.
    DiskAlarm,
    CutBeforeCommit(&'static str),
    CutAfterCommit(&'static str),
    RedisEmptied,
    LineCut(&'static str, Line),
    LineDelayed(&'static str, Line),
    /// Nothing goes through and nothing is closed.
    LineSilent(&'static str, Line),
    HalfClosed(&'static str, Line),
    ReplyCut(&'static str, Line),
    Duplicates,
    Reordered,
    Panic,
    Poison,
    /// A service's clock is five minutes off.
    ClockOff(&'static str),
    ObjectStoreFull,
}

/// Kinds of faults, of which each has its figures.
const KINDS: [&str; 23] = [
    "service killed",
    "one of two replicas killed",
    "rolling restart",
    "PostgreSQL killed",
    "RabbitMQ killed",
    "Redis killed",
    "RabbitMQ restarted",
    "consumers wiped",
    "RabbitMQ paused",
    "disk alarm of RabbitMQ",
    "cut before COMMIT",
    "cut after COMMIT",
    "Redis emptied",
    "line cut",
    "line delayed",
    "line silent",
    "line half-closed",
    "reply cut in its middle",
    "duplicates delivered",
    "messages reordered",
    "handler panics",
    "messages that cannot be read",
    "clock five minutes off",
];
/// Kinds of the short form: what is taken away is there again within seconds.
const SHORT: [&str; 14] = [
    "service killed",
    "one of two replicas killed",
    "rolling restart",
    "PostgreSQL killed",
    "RabbitMQ killed",
    "Redis killed",
    "consumers wiped",
    "cut before COMMIT",
    "cut after COMMIT",
    "line cut",
    "duplicates delivered",
    "messages reordered",
    "handler panics",
    "messages that cannot be read",
];
/// The one that needs a file system of its own.
const FULL: &str = "object store full";

impl Fault {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::ServiceKilled(_) => "service killed",
            Self::ReplicaKilled(_) => "one of two replicas killed",
            Self::RollingRestart(_) => "rolling restart",
            Self::ServerKilled(Server::Postgres) => "PostgreSQL killed",
            Self::ServerKilled(Server::Broker) => "RabbitMQ killed",
            Self::ServerKilled(Server::Redis) => "Redis killed",
            Self::BrokerRestarted => "RabbitMQ restarted",
            Self::ConsumersWiped => "consumers wiped",
            Self::BrokerPaused => "RabbitMQ paused",
            Self::DiskAlarm => "disk alarm of RabbitMQ",
            Self::CutBeforeCommit(_) => "cut before COMMIT",
            Self::CutAfterCommit(_) => "cut after COMMIT",
            Self::RedisEmptied => "Redis emptied",
            Self::LineCut(..) => "line cut",
            Self::LineDelayed(..) => "line delayed",
            Self::LineSilent(..) => "line silent",
            Self::HalfClosed(..) => "line half-closed",
            Self::ReplyCut(..) => "reply cut in its middle",
            Self::Duplicates => "duplicates delivered",
            Self::Reordered => "messages reordered",
            Self::Panic => "handler panics",
            Self::Poison => "messages that cannot be read",
            Self::ClockOff(_) => "clock five minutes off",
            Self::ObjectStoreFull => FULL,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            Self::ServiceKilled(service)
            | Self::ReplicaKilled(service)
            | Self::RollingRestart(service)
            | Self::CutBeforeCommit(service)
            | Self::CutAfterCommit(service)
            | Self::ClockOff(service) => write!(f, ": {service}"),
            Self::LineCut(service, line)
            | Self::LineDelayed(service, line)
            | Self::LineSilent(service, line)
            | Self::HalfClosed(service, line)
            | Self::ReplyCut(service, line) => write!(f, ": {service}, {line}"),
            _ => Ok(()),
        }
    }
}

/// A small generator of numbers (`SplitMix64`): the row must be the same on every machine and with every release of a library.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for n in (1..all.len()).rev() {
            all.swap(n, self.below(n + 1));
        }
    }
}

/// `count` faults: every kind before any comes again, in an order of the seed.
pub(super) fn plan(seed: u64, count: usize, own_disk: bool) -> Vec<Fault> {
    let mut dice = Dice::new(seed);
    // Services take their turns, so that each is killed as often as the others.
    let mut turn = dice.below(SERVICES.len());
    let mut faults = Vec::new();
    while faults.len() < count {
        let mut kinds = KINDS.to_vec();
        if own_disk {
            kinds.push(FULL);
        }
        dice.shuffle(&mut kinds);
        for kind in kinds {
            turn += 1;
            faults.push(draw(kind, turn, &mut dice));
        }
    }
    faults.truncate(count);
    faults
}

/// Each kind of the short form once, in an order of the seed.
pub(super) fn short(seed: u64) -> Vec<Fault> {
    let mut dice = Dice::new(seed);
    let mut turn = dice.below(SERVICES.len());
    let mut kinds = SHORT.to_vec();
    dice.shuffle(&mut kinds);
    let draws = kinds.into_iter().map(|kind| {
        turn += 1;
        draw(kind, turn, &mut dice)
    });
    draws.collect()
}

/// How many kinds there are.
pub(super) fn kinds(own_disk: bool) -> usize {
    KINDS.len() + usize::from(own_disk)
}

fn draw(kind: &str, turn: usize, dice: &mut Dice) -> Fault {
    let service = SERVICES[turn % SERVICES.len()];
    // Those that work on dossiers all the time, so that there is something to be cut.
    let busy = ["dossier", "notifications", "postal"];
    // The identity service is the clock of all tokens: five minutes off there is an outage by design, and no question of messages.
    let clocks = ["catalogue", "dossier", "notifications", "postal"];
    let stored = dice.one(&STORED);
    let line = match dice.below(5) {
        0 | 1 => (stored, Line::To(Server::Postgres)),
        2 => (dice.one(&busy), Line::To(Server::Broker)),
        3 => (dice.one(&["gateway", "identity"]), Line::To(Server::Redis)),
        _ => (
            dice.one(&[
                "dossier",
                "notifications",
                "postal",
                "identity",
                "catalogue",
            ]),
            Line::Front,
        ),
    };
    let (at, to) = line;
    match kind {
        "service killed" => Fault::ServiceKilled(service),
        "one of two replicas killed" => Fault::ReplicaKilled(service),
        "rolling restart" => Fault::RollingRestart(service),
        "PostgreSQL killed" => Fault::ServerKilled(Server::Postgres),
        "RabbitMQ killed" => Fault::ServerKilled(Server::Broker),
        "Redis killed" => Fault::ServerKilled(Server::Redis),
        "RabbitMQ restarted" => Fault::BrokerRestarted,
        "consumers wiped" => Fault::ConsumersWiped,
        "RabbitMQ paused" => Fault::BrokerPaused,
        "disk alarm of RabbitMQ" => Fault::DiskAlarm,
        "cut before COMMIT" => Fault::CutBeforeCommit(dice.one(&busy)),
        "cut after COMMIT" => Fault::CutAfterCommit(dice.one(&busy)),
        "Redis emptied" => Fault::RedisEmptied,
        "line cut" => Fault::LineCut(at, to),
        "line delayed" => Fault::LineDelayed(at, to),
        "line silent" => Fault::LineSilent(at, to),
        "line half-closed" => Fault::HalfClosed(at, to),
        "reply cut in its middle" => Fault::ReplyCut(at, to),
        "duplicates delivered" => Fault::Duplicates,
        "messages reordered" => Fault::Reordered,
        "handler panics" => Fault::Panic,
        "messages that cannot be read" => Fault::Poison,
        "clock five minutes off" => Fault::ClockOff(dice.one(&clocks)),
        _ => Fault::ObjectStoreFull,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_seed_gives_one_row_with_every_kind_in_it() {
        let row = plan(7, 24, true);
        assert_eq!(row, plan(7, 24, true));
        assert_ne!(row, plan(8, 24, true));
        let kinds: BTreeSet<&str> = row.iter().map(|fault| fault.kind()).collect();
        assert_eq!(kinds.len(), 24);
    }

    #[test]
    fn a_short_row_has_each_of_its_kinds_once() {
        let row = short(7);
        assert_eq!(row, short(7));
        let kinds: BTreeSet<&str> = row.iter().map(|fault| fault.kind()).collect();
        assert_eq!(kinds, BTreeSet::from(SHORT));
        assert_eq!(row.len(), SHORT.len());
    }

    #[test]
    fn a_long_row_kills_every_service() {
        let killed: BTreeSet<String> = plan(1, 500, true)
            .into_iter()
            .filter(|fault| matches!(fault, Fault::ServiceKilled(_)))
            .map(|fault| fault.to_string())
            .collect();
        assert_eq!(killed.len(), SERVICES.len());
    }
}
