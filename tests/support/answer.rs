//! What came back from `/graphql`.

use serde_json::Value;

/// An answer, as JSON and in words.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    text: String,
    body: Value,
}

impl Answer {
    /// Reads a response to its end.
    pub async fn from(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{status}: the answer is not JSON ({error}): {text}"));
        Self { status, text, body }
    }

    /// The data of an answer without errors.
    #[track_caller]
    pub fn data(&self) -> &Value {
        assert!(self.errors().is_empty(), "{}", self.pretty());
        &self.body["data"]
    }

    /// The data beside which there may be errors.
    pub fn partial_data(&self) -> &Value {
        &self.body["data"]
    }

    /// The errors.
    pub fn errors(&self) -> &[Value] {
        self.body["errors"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The codes of the errors.
    pub fn error_codes(&self) -> Vec<&str> {
        self.errors()
            .iter()
            .map(|error| error["extensions"]["code"].as_str().unwrap_or("(no code)"))
            .collect()
    }

    /// How many statements the answer took.
    #[track_caller]
    pub fn count_statements(&self) -> u64 {
        self.cost("statements")
    }

    /// A number of what the answer cost.
    #[track_caller]
    pub fn cost(&self, name: &str) -> u64 {
        let cost = self.body["extensions"]["cost"][name].as_u64();
        cost.unwrap_or_else(|| panic!("the answer does not tell its cost: {}", self.pretty()))
    }

    /// Data and errors for a snapshot: in the order in which the server gave them, without what
    /// may differ from run to run.
    pub fn pretty(&self) -> String {
        // serde_json's own values would sort the fields.
        let mut body: async_graphql::Value = serde_json::from_str(&self.text).unwrap();
        if let async_graphql::Value::Object(fields) = &mut body {
            fields.shift_remove("extensions");
        }
        serde_json::to_string_pretty(&body).unwrap()
    }
}
