//! Calls of administrators about accounts.

use super::types::{List, ManagedAccount};
use super::{Answered, Api};
use serde_json::Value;
use uuid::Uuid;

impl Api<'_> {
    /// Accounts within one's reach, by login.
    pub(crate) async fn accounts(
        self,
        agency: Option<&str>,
        active: Option<bool>,
        cursor: Option<&str>,
    ) -> Answered<List<ManagedAccount>> {
        let active = active.map(|active| if active { "true" } else { "false" });
        let query: Vec<(&str, &str)> = [("agency", agency), ("active", active), ("cursor", cursor)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        self.find("/api/v1/accounts", &query).await
    }

    /// One account.
    pub(crate) async fn account(self, id: Uuid) -> Answered<ManagedAccount> {
        self.get(&format!("/api/v1/accounts/{id}")).await
    }

    /// Creates an account. The key stands for the body with its password: the API does not look at that when it compares.
    pub(crate) async fn create_account(self, key: &str, body: &Value) -> Answered<ManagedAccount> {
        let call = self
            .call("POST", "/api/v1/accounts")?
            .header("idempotency-key", key);
        Ok(call.json(body).send_json().await?)
    }

    /// Changes an account at the version that the person saw.
    pub(crate) async fn change_account(
        self,
        id: Uuid,
        version: i64,
        body: &Value,
    ) -> Answered<ManagedAccount> {
        let call = self
            .call("PATCH", &format!("/api/v1/accounts/{id}"))?
            .header("if-match", &format!("\"{version}\""));
        Ok(call.json(body).send_json().await?)
    }

    /// Takes the second factor of an account away.
    pub(crate) async fn reset_second_factor(self, id: Uuid) -> Answered<()> {
        let path = format!("/api/v1/accounts/{id}/second-factor");
        self.call("DELETE", &path)?.send().await?.success().await?;
        Ok(())
    }
}
