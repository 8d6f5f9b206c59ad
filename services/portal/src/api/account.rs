//! Calls about one's own account: who one is, where one is signed in, what is kept of one.

use super::types::{Access, DataRequest, List, Mandate, Me, Purpose, SecondFactor, SignedIn};
use super::{Answered, Api, segment};

impl Api<'_> {
    /// The account behind the token.
    pub(crate) async fn me(self) -> Answered<Me> {
        self.get("/api/v1/me").await
    }

    /// For whom one may act, and who may act for one.
    pub(crate) async fn mandates(self) -> Answered<List<Mandate>> {
        self.get("/api/v1/me/mandates").await
    }

    /// One's second factor.
    pub(crate) async fn second_factor(self) -> Answered<SecondFactor> {
        self.get("/api/v1/me/second-factor").await
    }

    /// Where one is signed in, newest first.
    pub(crate) async fn my_sessions(self) -> Answered<List<SignedIn>> {
        self.get("/api/v1/me/sessions").await
    }

    /// Signs out of one session.
    pub(crate) async fn end_my_session(self, id: &str) -> Answered<()> {
        let path = format!("/api/v1/me/sessions/{}", segment(id));
        self.call("DELETE", &path)?.send().await?.success().await?;
        Ok(())
    }

    /// Signs out everywhere, here as well.
    pub(crate) async fn end_my_sessions(self) -> Answered<()> {
        let call = self.call("DELETE", "/api/v1/me/sessions")?;
        call.send().await?.success().await?;
        Ok(())
    }

    /// Who read one's account, newest first.
    pub(crate) async fn my_readers(self) -> Answered<List<Access>> {
        self.get("/api/v1/me/access-log").await
    }

    /// The register of purposes.
    pub(crate) async fn purposes(self) -> Answered<List<Purpose>> {
        self.get("/api/v1/data-purposes").await
    }

    /// One's requests about one's data.
    pub(crate) async fn my_data_requests(self) -> Answered<List<DataRequest>> {
        self.get("/api/v1/me/data-requests").await
    }

    /// Makes a request about one's data.
    pub(crate) async fn ask_about_data(self, right: &str, text: &str) -> Answered<()> {
        let body = serde_json::json!({ "right": right, "text": text });
        let call = self.call("POST", "/api/v1/me/data-requests")?;
        let _made: DataRequest = call.json(&body).send_json().await?;
        Ok(())
    }
}
