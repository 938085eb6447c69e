//! Tables in Markdown, and the places in `bench/README.md` where they stand.

use std::fmt::Write as _;
use std::path::Path;

use tokio::process::Command;
use tokio_postgres::Client;

use crate::error::BenchError;

/// A table whose first column is text and whose others are figures.
pub(crate) struct Table {
    text: String,
}

impl Table {
    /// A table with these column titles.
    pub(crate) fn new(titles: &[&str]) -> Self {
        let mut table = Self { text: String::new() };
        table.row(titles);
        let figures = "---:|".repeat(titles.len() - 1);
        let _ = writeln!(table.text, "|---|{figures}");
        table
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: &[impl AsRef<str>]) {
        let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
        let _ = writeln!(self.text, "| {} |", cells.join(" | "));
    }

    /// Adds a paragraph below.
    pub(crate) fn note(&mut self, note: &str) {
        let _ = writeln!(self.text, "\n{note}");
    }

    /// The Markdown.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// A ratio beside its aim, said plainly.
pub(crate) fn verdict(ratio: f64, aim: f64) -> String {
    let word = if ratio <= aim { "kept" } else { "**missed**" };
    format!("{ratio:.2} × (aim ≤ {aim} ×: {word})")
}

/// Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`.
pub(crate) fn replace_section(document: &str, name: &str, text: &str) -> Option<String> {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let start = document.find(&open)? + open.len();
    let end = start + document[start..].find(&close)?;
    Some(format!("{}{}\n{}", &document[..start], text.trim_end(), &document[end..]))
}

/// Writes a section into the file.
pub(crate) fn write_section(path: &Path, name: &str, text: &str) -> Result<(), BenchError> {
    let document = std::fs::read_to_string(path).map_err(BenchError::file(path))?;
    let replaced = replace_section(&document, name, text).ok_or_else(|| {
        BenchError::program(path.display().to_string(), format!("has no section <!-- {name} -->"))
    })?;
    std::fs::write(path, replaced).map_err(BenchError::file(path))
}

/// Day and machine of a measurement, without any name of either.
pub(crate) async fn circumstances(database: &Client) -> Result<String, BenchError> {
    const SETTINGS: &str =
        "SELECT split_part(current_setting('server_version'), ' ', 1), PostGIS_Lib_Version(),
        (SELECT string_agg(format('%s %s', name, current_setting(name)), ', ' ORDER BY name)
         FROM pg_settings WHERE name IN ('fsync', 'jit', 'random_page_cost', 'shared_buffers'))";
    let row = database
        .query_one(SETTINGS, &[])
        .await
        .map_err(BenchError::database("asking for versions"))?;
    let (postgresql, postgis, settings): (String, String, String) =
        (row.get(0), row.get(1), row.get(2));
    let read = |path: &str, name: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines()
            .find_map(|line| {
                Some(line.strip_prefix(name)?.trim_start_matches([':', ' ', '\t']).to_owned())
            })
            .unwrap_or_default()
    };
    let kilobytes = read("/proc/meminfo", "MemTotal")
        .split(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or(0.0);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    Ok(format!(
        "{date}; {cores} cores ({model}), {gigabytes:.0} GB; load, servers and database on this one machine; {rustc}; \
         PostgreSQL {postgresql} ({settings}), PostGIS {postgis}.",
        date = chrono::Utc::now().date_naive(),
        model = read("/proc/cpuinfo", "model name"),
        gigabytes = kilobytes / f64::from(1 << 20),
        rustc = rustc_version().await,
    ))
}

async fn rustc_version() -> String {
    let output = Command::new("rustc").arg("--version").output().await;
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    text.split(" (").next().unwrap_or_default().trim().to_owned()
}

/// Shows a table to whoever runs the benchmark.
#[expect(
    clippy::print_stdout,
    reason = "tables are what this program is for; all else goes to standard error"
)]
pub(crate) fn print(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_section_changes() {
        let document = "a\n<!-- list -->\nold\n<!-- /list -->\nb\n<!-- size -->\n<!-- /size -->\n";
        let replaced = replace_section(document, "list", "new\n").unwrap();
        assert_eq!(
            replaced,
            "a\n<!-- list -->\nnew\n<!-- /list -->\nb\n<!-- size -->\n<!-- /size -->\n"
        );
        assert_eq!(
            replace_section(&replaced, "size", "x").unwrap(),
            replaced.replace("<!-- size -->\n", "<!-- size -->\nx\n")
        );
        assert_eq!(replace_section(document, "other", "new"), None);
    }

    #[test]
    fn a_table_is_markdown() {
        let mut table = Table::new(&["what", "ms"]);
        table.row(&["one", "1.0"]);
        assert_eq!(table.text(), "| what | ms |\n|---|---:|\n| one | 1.0 |\n");
    }

    #[test]
    fn a_miss_is_called_a_miss() {
        assert_eq!(verdict(0.66, 0.8), "0.66 × (aim ≤ 0.8 ×: kept)");
        assert_eq!(verdict(1.0, 0.8), "1.00 × (aim ≤ 0.8 ×: **missed**)");
    }
}
