//! The settings of pages elsewhere: which of them may call the server from a browser.

use std::time::Duration;

use super::reader::{Reader, Setting};
use super::value;

/// Which pages of other origins may call the server from a browser.
#[derive(Debug, Clone)]
pub struct CorsConfig {
    /// Their origins; none where only pages of the server's own may.
    pub origins: Vec<String>,
    /// How long a browser remembers that it may.
    pub max_age: Duration,
}

impl CorsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        reader.section("Pages of other origins");
        Self {
            origins: reader.read(
                Setting::new(
                    "CORS_ORIGINS",
                    "",
                    "Origins whose pages may call the server from a browser, with cookies too, with\n\
                     commas between, such as https://deals.example. Empty: none but its own.",
                ),
                value::list(value::origin),
            ),
            max_age: reader.read(
                Setting::new(
                    "CORS_MAX_AGE",
                    "10m",
                    "How long a browser remembers that it may.",
                ),
                value::duration,
            ),
        }
    }
}
