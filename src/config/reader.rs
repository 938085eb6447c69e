//! Reads variables one by one and remembers, for each, where its value came from and what is
//! wrong with it.

use std::ffi::OsString;

/// One variable: its name, its default and what it means.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The variable's name.
    pub name: &'static str,
    /// Its default; without one it must be set.
    pub default: Option<&'static str>,
    /// What it means and which values it takes.
    pub about: &'static str,
    /// Takes the secret out of a value that is shown.
    hide: Option<fn(&str) -> String>,
}

impl Setting {
    pub(super) fn new(name: &'static str, default: &'static str, about: &'static str) -> Self {
        Self { name, default: Some(default), about, hide: None }
    }

    pub(super) fn required(name: &'static str, about: &'static str) -> Self {
        Self { name, default: None, about, hide: None }
    }

    pub(super) fn hiding(self, hide: fn(&str) -> String) -> Self {
        Self { hide: Some(hide), ..self }
    }
}

/// What was found for one variable.
#[derive(Debug)]
pub struct Reading {
    /// The heading that it stands below.
    pub section: &'static str,
    /// The variable.
    pub setting: Setting,
    /// Its value, safe to show; none when it is required and not set.
    pub shown: Option<String>,
    /// Whether the environment set it.
    pub is_set: bool,
    /// What is wrong with it.
    pub mistake: Option<String>,
}

impl Reading {
    /// The mistake with the name of its variable.
    pub fn complaint(&self) -> Option<String> {
        self.mistake.as_ref().map(|mistake| format!("{}: {mistake}", self.setting.name))
    }
}

/// Reads variables through `lookup`.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<OsString>,
    section: &'static str,
    readings: Vec<Reading>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self { lookup, section: "", readings: Vec::new() }
    }

    /// The heading of the variables that are read from here on.
    pub(super) fn section(&mut self, name: &'static str) {
        self.section = name;
    }

    /// The value of a variable that has a default. The default stands in for a value that is
    /// wrong, so that the reading goes on and finds every mistake.
    pub(super) fn read<T>(
        &mut self,
        setting: Setting,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> T {
        let value = self.read_required(setting, &parse);
        value.unwrap_or_else(|| match parse(setting.default.unwrap_or_default()) {
            Ok(value) => value,
            Err(wrong) => panic!("the default of {} {wrong}", setting.name),
        })
    }

    /// The variable's value, or its default's. None when there is neither or it is wrong; the
    /// mistake is remembered. `parse` says what is wrong in words that follow the value.
    pub(super) fn read_required<T>(
        &mut self,
        setting: Setting,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let set = (self.lookup)(setting.name).filter(|value| !value.is_empty());
        let is_set = set.is_some();
        let (shown, value) = match set.map(OsString::into_string) {
            Some(Err(_)) => (None, Err("is not valid UTF-8".to_owned())),
            Some(Ok(text)) => self.parse(setting, &text, parse),
            None => match setting.default {
                Some(default) => self.parse(setting, default, parse),
                None => (None, Err("is required and not set".to_owned())),
            },
        };
        let (value, mistake) = match value {
            Ok(value) => (Some(value), None),
            Err(mistake) => (None, Some(mistake)),
        };
        self.readings.push(Reading { section: self.section, setting, shown, is_set, mistake });
        value
    }

    fn parse<T>(
        &self,
        setting: Setting,
        text: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> (Option<String>, Result<T, String>) {
        let shown = setting.hide.map_or_else(|| text.to_owned(), |hide| hide(text));
        let value = parse(text).map_err(|wrong| match setting.hide {
            Some(_) => wrong,
            None => format!("{text:?} {wrong}"),
        });
        (Some(shown), value)
    }

    /// Remembers that one variable contradicts another: `{value} {wrong} {other} ({its value})`.
    /// Nothing is said where one of them is wrong by itself.
    pub(super) fn contradiction(&mut self, name: &str, wrong: &str, other: &str) {
        let find = |name: &str| {
            let found = self.readings.iter().position(|reading| reading.setting.name == name)?;
            let reading = &self.readings[found];
            Some((found, reading.shown.clone()?)).filter(|_| reading.mistake.is_none())
        };
        if let (Some((found, value)), Some((_, other_value))) = (find(name), find(other)) {
            self.readings[found].mistake = Some(format!("{value} {wrong} {other} ({other_value})"));
        }
    }

    /// Remembers that two variables are given together or not at all.
    pub(super) fn together(&mut self, name: &str, other: &str) {
        let is_set = |name: &str| {
            let mut readings = self.readings.iter();
            readings.any(|reading| reading.setting.name == name && reading.is_set)
        };
        let (missing, given) = match (is_set(name), is_set(other)) {
            (true, false) => (other, name),
            (false, true) => (name, other),
            _ => return,
        };
        let missing = self.readings.iter_mut().find(|reading| reading.setting.name == missing);
        if let Some(reading) = missing.filter(|reading| reading.mistake.is_none()) {
            reading.mistake = Some(format!("is not set, and {given} is: they go together"));
        }
    }

    pub(super) fn finish(self) -> Vec<Reading> {
        self.readings
    }
}
