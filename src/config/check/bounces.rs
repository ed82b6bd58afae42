//! `bounces.*`: the ways on which mails come back.

use std::net::SocketAddr;
use std::time::Duration;

use super::super::imap_url;
use super::super::raw::RawBounces;
use super::smtp::roots;
use super::{Checker, secret_of, small};
use crate::config::BouncesConfig;
use crate::inbound::imap::ImapSettings;
use crate::inbound::lmtp::LmtpListen;

pub(super) fn bounces(checker: &mut Checker<'_>, raw: &RawBounces, has_address: bool) -> BouncesConfig {
    BouncesConfig { imap: imap(checker, raw), lmtp: lmtp(checker, raw.lmtp_listen.trim(), has_address) }
}

fn imap(checker: &mut Checker<'_>, raw: &RawBounces) -> Option<ImapSettings> {
    let ca_pem = roots(checker, "bounces.imap_ca_file", &raw.imap_ca_file);
    let done_folder = checker.keep("bounces.imap_done_folder", imap_url::folder(&raw.imap_done_folder));
    let key = "bounces.imap_url";
    let text = secret_of(checker, key, &raw.imap_url, &raw.imap_url_file)?;
    let key = if text == raw.imap_url { key } else { "bounces.imap_url_file" };
    if !cfg!(feature = "imap") {
        checker.fault(
            key,
            "this postbell was built without IMAP; take the line away, or build with `--features imap`",
        );
        return None;
    }
    let url = checker.keep(key, imap_url::parse(&text))?;
    let done_folder = done_folder?;
    if done_folder.eq_ignore_ascii_case(&url.mailbox) {
        checker.fault("bounces.imap_done_folder", "write another folder than the one that is read");
        return None;
    }
    Some(ImapSettings {
        host: url.host,
        port: url.port,
        tls: url.tls,
        user: url.user,
        password: url.password,
        ca_pem,
        mailbox: url.mailbox,
        done_folder,
        every: Duration::from_secs(small(raw.imap_every_seconds).into()),
    })
}

fn lmtp(checker: &mut Checker<'_>, text: &str, has_address: bool) -> Option<LmtpListen> {
    const KEY: &str = "bounces.lmtp_listen";
    let listen = match text.strip_prefix("unix:") {
        _ if text.is_empty() => return None,
        Some(path) if path.starts_with('/') => Ok(LmtpListen::Unix(path.into())),
        Some(_) => Err("write the whole path of the socket, like unix:/run/postbell/lmtp.sock"),
        None => match text.replace("localhost:", "127.0.0.1:").parse::<SocketAddr>() {
            Ok(address) if address.port() == 25 => {
                Err("port 25 is for SMTP, and this speaks LMTP; write another, like 127.0.0.1:2424")
            }
            Ok(address) => Ok(LmtpListen::Tcp(address)),
            Err(_) => {
                Err("write an address and a port, like 127.0.0.1:2424, or unix:/run/postbell/lmtp.sock")
            }
        },
    };
    if !has_address {
        checker.fault(
            "mail.bounce_address",
            "is needed once bounces.lmtp_listen is set: mails are taken for it and no other address",
        );
    }
    checker.keep(KEY, listen.map_err(str::to_owned))
}
