//! A small zone in memory that answers as the DNS would, for unit tests.

use std::collections::HashMap;
use std::net::IpAddr;

use async_trait::async_trait;

use crate::dns::{Answer, Dns, DnsFault, Exchanger};

#[derive(Default)]
pub(crate) struct Zone {
    texts: HashMap<String, Vec<Vec<u8>>>,
    exchangers: HashMap<String, Vec<Exchanger>>,
    addresses: HashMap<String, Vec<IpAddr>>,
    names: HashMap<IpAddr, Vec<String>>,
    is_silent: bool,
}

impl Zone {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// One that never answers.
    pub(crate) fn silent() -> Self {
        Self { is_silent: true, ..Self::default() }
    }

    pub(crate) fn txt(mut self, name: &str, text: &str) -> Self {
        self.texts.entry(name.into()).or_default().push(text.into());
        self
    }

    pub(crate) fn mx(mut self, name: &str, preference: u16, host: &str) -> Self {
        let exchanger = Exchanger { preference, host: host.into() };
        self.exchangers.entry(name.into()).or_default().push(exchanger);
        self
    }

    pub(crate) fn a(mut self, name: &str, ip: &str) -> Self {
        self.addresses.entry(name.into()).or_default().push(ip.parse().expect("an address"));
        self
    }

    pub(crate) fn ptr(mut self, ip: &str, name: &str) -> Self {
        self.names.entry(ip.parse().expect("an address")).or_default().push(name.into());
        self
    }

    fn answer<T: Clone>(&self, name: &str, own: Option<&Vec<T>>) -> Answer<T> {
        if self.is_silent {
            return Err(DnsFault::NoAnswer("it is silent".into()));
        }
        let is_there = self.texts.contains_key(name)
            || self.exchangers.contains_key(name)
            || self.addresses.contains_key(name);
        own.cloned().or(is_there.then(Vec::new)).ok_or(DnsFault::NoSuchName)
    }
}

#[async_trait]
impl Dns for Zone {
    async fn texts(&self, name: &str) -> Answer<Vec<u8>> {
        self.answer(name, self.texts.get(name))
    }

    async fn exchangers(&self, name: &str) -> Answer<Exchanger> {
        self.answer(name, self.exchangers.get(name))
    }

    async fn addresses(&self, name: &str) -> Answer<IpAddr> {
        self.answer(name, self.addresses.get(name))
    }

    async fn names(&self, address: IpAddr) -> Answer<String> {
        self.answer("", self.names.get(&address))
    }
}
