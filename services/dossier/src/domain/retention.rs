//! How long what belongs to a dossier is kept (thời hạn bảo quản, Luật Lưu trữ 33/2024/QH15), and what is left of it then.

use super::act::Act;
use super::dossier::{
    Apology, Attachment, Details, Dossier, HandOver, Original, Payment, Personal, Proposal,
    Representative, ResultFile, Supplement,
};
use super::fee::{Fee, State};
use super::journal::Entry;
use crate::Retention;
use chrono::{DateTime, Duration, Months, Utc};
use contracts::{Address, Applicant, DossierStatus, ReturnWay};
use serde_json::Value;

/// What stands where a name stood.
pub(crate) const NOBODY: &str = "(đã ẩn danh)";
/// What stands where words of people stood.
pub(crate) const NOTHING: &str = "(đã xóa)";

/// What ends at its own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Papers of the applicant, and what was sent with messages: contents are destroyed.
    Paper,
    /// Results, drafts of them too: contents are destroyed.
    Result,
    /// The dossier itself: its personal data is made unknowable.
    Dossier,
}

impl Class {
    /// Every class.
    pub(crate) const ALL: [Class; 3] = [Self::Paper, Self::Result, Self::Dossier];

    /// The stable name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Result => "result",
            Self::Dossier => "dossier",
        }
    }

    /// The inverse of [`Class::as_str`].
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }

    /// What is done when it ends.
    pub(crate) fn act(self) -> Act {
        match self {
            Self::Paper => Act::RemovePapers,
            Self::Result => Act::RemoveResults,
            Self::Dossier => Act::Pseudonymise,
        }
    }

    /// Years after the end of the dossier; 0: for ever.
    pub(crate) fn years(self, kept: &Retention) -> u32 {
        match self {
            Self::Paper => kept.paper_years,
            Self::Result => kept.result_years,
            Self::Dossier => kept.dossier_years,
        }
    }

    /// Dossiers filed after this cannot be due by `by`; none: it is kept for ever.
    pub(crate) fn horizon(self, kept: &Retention, by: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let years = self.years(kept);
        if years == 0 {
            return None;
        }
        // Months have ends of their own, so a day more than it takes.
        (by + Duration::days(3)).checked_sub_months(Months::new(years.saturating_mul(12)))
    }
}

/// The states of a dossier with which nothing more is done, by themselves.
pub(crate) const OVER: [DossierStatus; 4] = [
    DossierStatus::NotReceived,
    DossierStatus::Withdrawn,
    DossierStatus::Stopped,
    DossierStatus::Returned,
];

/// Until when something is kept that ended then; none: for ever.
pub(crate) fn until(ended: DateTime<Utc>, years: u32) -> Option<DateTime<Utc>> {
    if years == 0 {
        return None;
    }
    ended.checked_add_months(Months::new(years.saturating_mul(12)))
}

/// When a dossier came to an end; none while it goes on.
pub(crate) fn ended(d: &Dossier, journal: &[Entry]) -> Option<DateTime<Utc>> {
    journal
        .iter()
        .rev()
        .find(|e| e.to == d.status && e.from != Some(d.status))
        .map(|e| e.at)
        .filter(|_| OVER.contains(&d.status))
}

/// A name of a file that tells of nobody: its kind is kept.
pub(crate) fn plain_name(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, kind))
            if (1..=5).contains(&kind.len()) && kind.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            format!("tep.{kind}")
        }
        Some(_) | None => "tep".to_owned(),
    }
}

/// Makes the persons of a dossier unknowable (khử nhận dạng). Number, procedure, agency, dates, state and who decided stay, so that
/// books and counts do; the owner's account stays tied, itself a pseudonym once it is closed. Every member is named here, so that a
/// new one stops the build until somebody has thought of it.
pub(crate) fn pseudonymise(d: &mut Dossier, now: DateTime<Utc>) {
    let Personal {
        applicant,
        answers,
        return_way,
        hand_over,
        representative,
    } = &mut d.personal;
    person(applicant);
    answers.clear();
    let ReturnWay {
        method: _,
        receiver_name,
        receiver_phone,
        address,
    } = return_way;
    (*receiver_name, *receiver_phone, *address) = (None, None, None);
    if let Some(HandOver {
        receiver_name,
        receiver_identity_number,
        note,
    }) = hand_over
    {
        NOBODY.clone_into(receiver_name);
        (*receiver_identity_number, *note) = (None, None);
    }
    if let Some(Representative {
        name,
        identity_number,
        phone,
        file,
        valid_to: _,
    }) = representative
    {
        NOBODY.clone_into(name);
        identity_number.clear();
        phone.clear();
        plain(file);
    }
    details(&mut d.details, now);
}

fn person(applicant: &mut Applicant) {
    let Applicant {
        kind: _,
        name,
        identity_number,
        tax_code,
        phone,
        email,
        address,
    } = applicant;
    NOBODY.clone_into(name);
    (*identity_number, *tax_code, *email) = (None, None, None);
    phone.clear();
    let Address {
        province_code,
        commune_code,
        street,
    } = address;
    for part in [province_code, commune_code, street] {
        part.clear();
    }
}

fn details(details: &mut Details, now: DateTime<Utc>) {
    let Details {
        procedure: _,
        language: _,
        attachments,
        term_from: _,
        check_from: _,
        pauses: _,
        assignee_name: _,
        supplements: _,
        supplement,
        payment,
        fees,
        originals,
        proposal,
        result,
        intake: _,
        first_due_at: _,
        apology,
        ended_in: _,
        withdrawn_results,
        incidents: _,
        group: _,
        pseudonymised_at,
    } = details;
    *pseudonymised_at = Some(now);
    attachments.iter_mut().for_each(plain);
    if let Some(Supplement { items, reason, .. }) = supplement {
        NOTHING.clone_into(reason);
        for item in items {
            NOTHING.clone_into(&mut item.content);
            item.guidance = None;
        }
    }
    if let Some(Payment { reason, .. }) = payment {
        NOTHING.clone_into(reason);
    }
    fees.iter_mut().for_each(fee);
    for Original { note, returned, .. } in originals {
        *note = None;
        if let Some(returned) = returned {
            NOBODY.clone_into(&mut returned.receiver_name);
        }
    }
    if let Some(Proposal { file, note, .. }) = proposal {
        plain(file);
        *note = None;
    }
    for ResultFile { file, note, .. } in result.iter_mut().chain(withdrawn_results) {
        plain(file);
        *note = None;
    }
    if let Some(Apology { reason, .. }) = apology {
        NOTHING.clone_into(reason);
    }
}

fn plain(file: &mut Attachment) {
    file.name = plain_name(&file.name);
}

/// Amounts, dates and the numbers of papers stay: they are accounts.
fn fee(fee: &mut Fee) {
    if let Some(reason) = &mut fee.reason {
        NOTHING.clone_into(reason);
    }
    for refund in &mut fee.refunds {
        NOTHING.clone_into(&mut refund.reason);
    }
    match &mut fee.state {
        State::Exempt(exempt) => NOTHING.clone_into(&mut exempt.reason),
        State::Refunded { reason, .. } => NOTHING.clone_into(reason),
        State::Asked | State::Paid(_) => {}
    }
}

/// What is shown of an entry once its dossier is pseudonymised. The rows stay what they were, or the chain would break: nobody reads
/// them but who checks it.
pub(crate) fn veil(entry: &mut Entry) {
    if entry.agency.is_none() && entry.actor_id.is_some() {
        NOBODY.clone_into(&mut entry.actor_name);
    }
    if entry.command != Act::Pseudonymise.name()
        && let Some(reason) = &mut entry.reason
    {
        NOTHING.clone_into(reason);
    }
    if let Ok(Value::Object(mut facts)) = serde_json::from_str(&entry.data)
        && facts.remove("mandate").is_some()
    {
        entry.data = Value::Object(facts).to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_counted_in_months_and_nothing_is_missed_at_their_ends() {
        let at = |day: &str| -> DateTime<Utc> {
            format!("{day}T02:00:00Z").parse().expect("an instant")
        };
        assert_eq!(until(at("2024-02-29"), 1), Some(at("2025-02-28")));
        assert_eq!(until(at("2024-02-29"), 0), None);
        let kept = Retention {
            paper_years: 1,
            result_years: 0,
            dossier_years: 0,
            notice_days: 30,
            check_seconds: 1,
        };
        // Whatever is due by a day was filed before its horizon.
        for (filed, by) in [("2024-02-29", "2025-02-28"), ("2023-03-01", "2024-03-01")] {
            let horizon = Class::Paper.horizon(&kept, at(by)).expect("a term");
            assert!(until(at(filed), 1).is_some_and(|due| due <= at(by)));
            assert!(at(filed) <= horizon, "{filed} {horizon}");
        }
        assert_eq!(Class::Result.horizon(&kept, at("2026-11-26")), None);
    }

    #[test]
    fn a_name_of_a_file_keeps_its_kind_only() {
        for (name, plain) in [
            ("Giấy khai sinh của An.PDF", "tep.PDF"),
            ("không đuôi", "tep"),
            ("a.Nguyễn", "tep"),
            ("a.", "tep"),
        ] {
            assert_eq!(plain_name(name), plain);
        }
    }
}
