//! Named things whose name changes: the period of the old name ends where that of the new one begins.

use super::Field;
use chrono::NaiveDate;

/// What a list of named things changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Periods {
    /// New things, or new periods of known ones.
    pub created: usize,
    /// Periods that differ from before.
    pub updated: usize,
    /// What is to be written.
    pub write: Vec<Field>,
}

/// Compares a list with what is known. A changed name without a period of its own holds from `dated` on and ends the period of the old
/// one on the day before.
pub fn periods(listed: Vec<Field>, have: &[Field], dated: NaiveDate) -> Periods {
    let Periods {
        mut created,
        mut updated,
        mut write,
    } = Periods::default();
    for f in listed {
        let of_code = || have.iter().filter(|h| h.code == f.code);
        let explicit = f.valid_from.is_some() || f.valid_to.is_some();
        if let Some(same) =
            of_code().find(|h| h.valid_from == f.valid_from && (explicit || h.valid_to.is_none()))
        {
            if same.name == f.name && same.valid_to == f.valid_to {
                continue;
            }
            if explicit {
                updated += 1;
                write.push(f);
                continue;
            }
        }
        match of_code().find(|h| h.valid_to.is_none()) {
            None => {
                created += 1;
                write.push(f);
            }
            Some(open) if explicit => {
                created += 1;
                // The open period ends where the new one begins.
                if let Some(last) = f.valid_from.and_then(|d| d.pred_opt())
                    && open.valid_from.is_none_or(|from| from <= last)
                {
                    write.push(Field {
                        valid_to: Some(last),
                        ..open.clone()
                    });
                }
                write.push(f);
            }
            Some(open) if open.name == f.name => {}
            Some(open) if open.valid_from.is_some_and(|from| from >= dated) => {
                updated += 1;
                write.push(Field {
                    name: f.name,
                    ..open.clone()
                });
            }
            Some(open) => {
                created += 1;
                write.push(Field {
                    valid_to: dated.pred_opt(),
                    ..open.clone()
                });
                write.push(Field {
                    valid_from: Some(dated),
                    ..f
                });
            }
        }
    }
    Periods {
        created,
        updated,
        write,
    }
}
