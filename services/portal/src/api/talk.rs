//! Calls about fees, messages and papers of a dossier, linked dossiers, and what is printed.

use super::types::{
    Fees, Group, List, Message, NewGroup, OwnDocument, Papers, PaymentReport, RetentionNotice,
};
use super::{Answered, Api, segment};
use chrono::NaiveDate;
use kit::client::Answer;
use serde_json::Value;

impl Api<'_> {
    /// Files dossiers together, all or none.
    pub(crate) async fn file_group(self, group: &NewGroup, key: &str) -> Answered<Group> {
        let call = self
            .call("POST", "/api/v1/dossier-groups")?
            .header("idempotency-key", key);
        Ok(call.json(group).send_json().await?)
    }

    /// The receipt of a paid fee.
    pub(crate) async fn fee_receipt(self, id: &str, fee: u32) -> Answered<Answer> {
        let path = format!("/api/v1/dossiers/{}/fees/{fee}/receipt.pdf", segment(id));
        self.download(&path).await
    }

    /// The book of one's desk.
    pub(crate) async fn register(self, from: NaiveDate, to: NaiveDate) -> Answered<Answer> {
        let path = format!("/api/v1/reports/register.pdf?from={from}&to={to}");
        self.download(&path).await
    }

    /// What is to be paid for a dossier.
    pub(crate) async fn fees(self, id: &str) -> Answered<Fees> {
        self.get(&format!("/api/v1/dossiers/{}/fees", segment(id)))
            .await
    }

    /// Changes what is to be paid, on the version that the person saw. `to` is the path below the dossier.
    pub(crate) async fn change_fees(
        self,
        id: &str,
        to: &str,
        version: i64,
        key: &str,
        body: &Value,
    ) -> Answered<Fees> {
        let path = format!("/api/v1/dossiers/{}/{to}", segment(id));
        let call = self
            .call("POST", &path)?
            .header("if-match", &format!("\"{version}\""))
            .header("idempotency-key", key);
        Ok(call.json(body).send_json().await?)
    }

    /// What the payment platform reported about one's agency.
    pub(crate) async fn payments(
        self,
        outcome: Option<&str>,
        cursor: Option<&str>,
    ) -> Answered<List<PaymentReport>> {
        let query: Vec<(&str, &str)> = [("outcome", outcome), ("cursor", cursor)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        self.find("/api/v1/payments", &query).await
    }

    /// The papers of a dossier.
    pub(crate) async fn papers(self, id: &str) -> Answered<Papers> {
        self.get(&format!("/api/v1/dossiers/{}/papers", segment(id)))
            .await
    }

    /// Changes what is noted of originals, on the version that the person saw.
    pub(crate) async fn change_papers(
        self,
        id: &str,
        to: &str,
        version: i64,
        key: &str,
        body: &Value,
    ) -> Answered<Papers> {
        let path = format!("/api/v1/dossiers/{}/{to}", segment(id));
        let call = self
            .call("POST", &path)?
            .header("if-match", &format!("\"{version}\""))
            .header("idempotency-key", key);
        Ok(call.json(body).send_json().await?)
    }

    /// What ends with its retention within one's reach, the earliest first.
    pub(crate) async fn retention_notices(
        self,
        cursor: Option<&str>,
    ) -> Answered<List<RetentionNotice>> {
        let path = "/api/v1/dossier-retention-notices";
        match cursor {
            Some(cursor) => self.find(path, &[("cursor", cursor)]).await,
            None => self.get(path).await,
        }
    }

    /// Holds a dossier back beyond its retention, or lets it go.
    pub(crate) async fn retention_hold(
        self,
        id: &str,
        to: &str,
        version: i64,
        key: &str,
        body: &Value,
    ) -> Answered<Value> {
        let path = format!("/api/v1/dossiers/{}/{to}", segment(id));
        let call = self
            .call("POST", &path)?
            .header("if-match", &format!("\"{version}\""))
            .header("idempotency-key", key);
        Ok(call.json(body).send_json().await?)
    }

    /// Results of one's own dossiers.
    pub(crate) async fn documents(self, cursor: Option<&str>) -> Answered<List<OwnDocument>> {
        match cursor {
            Some(cursor) => self.find("/api/v1/documents", &[("cursor", cursor)]).await,
            None => self.get("/api/v1/documents").await,
        }
    }

    /// Messages on a dossier, newest first.
    pub(crate) async fn messages(self, id: &str, cursor: Option<&str>) -> Answered<List<Message>> {
        let path = format!("/api/v1/dossiers/{}/messages", segment(id));
        match cursor {
            Some(cursor) => self.find(&path, &[("cursor", cursor)]).await,
            None => self.get(&path).await,
        }
    }

    /// Writes a message.
    pub(crate) async fn write_message(
        self,
        id: &str,
        key: &str,
        body: &Value,
    ) -> Answered<Message> {
        let path = format!("/api/v1/dossiers/{}/messages", segment(id));
        let call = self.call("POST", &path)?.header("idempotency-key", key);
        Ok(call.json(body).send_json().await?)
    }
}
