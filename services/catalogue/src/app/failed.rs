//! Why a use-case did nothing: the caller's fault, or the database's.

use crate::error;
use kit::Problem;
use sea_orm::DbErr;

/// Why a use-case did nothing.
pub(crate) enum Failed {
    /// The caller's fault.
    Problem(Problem),
    /// The database's.
    Db(DbErr),
}

impl From<DbErr> for Failed {
    fn from(error: DbErr) -> Self {
        Self::Db(error)
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl durable::TxError for Failed {
    fn db_err(&self) -> Option<&DbErr> {
        match self {
            Failed::Db(error) => Some(error),
            Failed::Problem(_) => None,
        }
    }
}

impl From<Failed> for Problem {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Problem(problem) => problem,
            Failed::Db(error) => error::failed(error),
        }
    }
}
