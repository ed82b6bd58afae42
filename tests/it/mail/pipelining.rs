//! Commands that leave before the answers to those before them (RFC 2920):
//! whatever is answered, no answer is taken for another mail's.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use postbell::domain::Reply;
use postbell::mail::smtp::{Pipelining, SmtpSettings};
use postbell::mail::{Lessons, SendError, Session, Transport as _};

use super::{NOW, parcel_to, settings, transport};
use crate::support::fault_smtp::{FaultSmtp, Judgement};

const MODES: [Pipelining; 3] = [Pipelining::Auto, Pipelining::Commands, Pipelining::Off];

fn readers(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("r{n}@example.com")).collect()
}

/// Hands mails over in order, each announcing the next, and gives each answer.
async fn send_all(
    session: &mut dyn Session,
    readers: &[String],
) -> HashMap<String, Result<Reply, SendError>> {
    let mut answers = HashMap::new();
    for (at, reader) in readers.iter().enumerate() {
        let next = readers.get(at + 1).map(|next| parcel_to(next));
        let sent = session.send(&parcel_to(reader), next.as_ref()).await;
        answers.insert(reader.clone(), sent);
    }
    answers
}

/// R6, R7
#[tokio::test]
async fn each_answer_reaches_its_own_mail_whatever_is_refused_and_however_much_is_written() {
    let faults: [&[(&str, &str)]; 11] = [
        &[],
        &[("rcpt550", "0.3")],
        &[("rcpt450", "0.3")],
        &[("rcpt550", "0.2"), ("rcpt354", "1")],
        &[("dot451", "0.3")],
        &[("dot554", "0.3")],
        &[("greylist", "0.4")],
        &[("data421", "0.2")],
        &[("confused", "0.2")],
        &[("limit", "3")],
        &[("closeafter", "4")],
    ];
    for mode in MODES {
        for faults in faults {
            let server = FaultSmtp::start(faults);
            let relay = transport(SmtpSettings { pipelining: mode, ..settings(server.port) });
            let mut session = relay.session();
            let answers = send_all(&mut *session, &readers(30)).await;
            let mut taken: Vec<_> =
                answers.iter().filter(|(_, sent)| sent.is_ok()).map(|(to, _)| to).collect();
            let mut got = server.recipients();
            taken.sort();
            got.sort();
            assert_eq!(got.iter().collect::<Vec<_>>(), taken, "{mode:?} {faults:?}");
            assert!(taken.len() >= 10, "{mode:?} {faults:?}: {answers:?}");
            for (reader, sent) in &answers {
                let Err(error) = sent else { continue };
                let text = &error.reply().text;
                let names = text.find('<').map(|at| &text[at + 1..text.find('>').unwrap()]);
                assert!(names.is_none_or(|name| name == reader), "{reader} was told {text}");
            }
        }
    }
}

/// R6
#[tokio::test]
async fn a_refused_sender_is_told_from_a_refused_reader() {
    for mode in MODES {
        let server = FaultSmtp::start(&[("mail550", "1"), ("only", "bad"), ("connections", "1")]);
        let mut session = transport(SmtpSettings { pipelining: mode, ..settings(server.port) }).session();
        let [first, mut bad, last] = ["a@example.com", "b@example.com", "c@example.com"].map(parcel_to);
        bad.sender = "bad@example.org".to_owned();
        session.send(&first, Some(&bad)).await.unwrap();
        let refused = session.send(&bad, Some(&last)).await;
        assert!(matches!(refused, Err(SendError::SenderRefused(r)) if r.code == Some(550)), "{mode:?}");
        session.send(&last, None).await.unwrap();
        assert_eq!(server.recipients(), ["a@example.com", "c@example.com"]);
    }
}

/// R3
#[tokio::test]
async fn a_connection_lost_at_the_dot_makes_us_careful_for_a_day() {
    let server = FaultSmtp::start(&[("cutafter", "1"), ("times", "1")]);
    let relay = transport(settings(server.port));
    let mut session = relay.session();
    let answers = send_all(&mut *session, &readers(6)).await;
    let Some(until) = relay.lessons().careful_until else { panic!("{:?}", relay.lessons()) };
    assert_eq!(until.since_ms(NOW), 86_400_000);
    assert_eq!(answers.values().filter(|sent| sent.is_err()).count(), 1, "only the one that was cut off");
    assert_eq!(server.judge(&readers(6), None), Judgement::default());

    // A process that starts later is told, and keeps to it.
    let later = transport(settings(server.port));
    later.recall(relay.lessons());
    assert_eq!(later.lessons().careful_until, Some(until));
}

/// R7
#[tokio::test]
async fn a_limit_of_mails_on_a_connection_is_learned() {
    let server = FaultSmtp::start(&[("limit", "4")]);
    let relay = transport(settings(server.port));
    let mut session = relay.session();
    let all = readers(20);
    let answers = send_all(&mut *session, &all).await;
    assert!(answers.values().all(Result::is_ok), "{answers:?}");
    assert_eq!(relay.lessons().most_mails, Some(4));
    assert_eq!(server.judge(&all, None), Judgement::default());
    assert_eq!(server.connections(), 5, "each takes four, and none is refused twice");

    let server = FaultSmtp::start(&[]);
    let told = transport(settings(server.port));
    told.recall(Lessons { most_mails: Some(5), ..Lessons::default() });
    let answers = send_all(&mut *told.session(), &all).await;
    assert!(answers.values().all(Result::is_ok));
    assert_eq!(server.connections(), 4);
}

/// D6
#[tokio::test]
async fn a_mail_that_was_announced_and_is_held_back_is_not_sent() {
    let server = FaultSmtp::start(&[]);
    let mut session = transport(settings(server.port)).session();
    let [first, held_back, last] = ["a@example.com", "b@example.com", "c@example.com"].map(parcel_to);
    session.send(&first, Some(&held_back)).await.unwrap();
    session.send(&last, None).await.unwrap();
    session.send(&first, Some(&held_back)).await.unwrap();
    session.close().await;
    assert_eq!(server.recipients(), ["a@example.com", "c@example.com", "a@example.com"]);
}

/// What one write of the client's holds, by a server that answers `offers` to
/// EHLO and everything else as if all were well.
fn writes(listener: TcpListener, offers: &'static str, mails: usize, told: mpsc::Sender<String>) {
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        stream.write_all(b"220 test\r\n").unwrap();
        for _ in 0..2 {
            reader.read_line(&mut String::new()).unwrap();
            stream.write_all(format!("250-test\r\n250 {offers}\r\n").as_bytes()).unwrap();
        }
        let (mut open, mut is_text, mut taken) = (String::new(), false, 0);
        while taken < mails {
            let write = one_write(&mut stream);
            let commands: String =
                write.lines().map(|line| format!("{} ", &line[..line.len().min(4)])).collect();
            told.send(if write.contains("Subject:") {
                "text".to_owned() + &behind(&write)
            } else {
                commands
            })
            .unwrap();
            open.push_str(&write);
            while let Some(end) = open.find("\r\n") {
                let line: String = open.drain(..end + 2).collect();
                let answer = match (is_text, line.trim_end()) {
                    (true, ".") => {
                        is_text = false;
                        taken += 1;
                        "250 2.0.0 ok\r\n"
                    }
                    (true, _) => continue,
                    (false, "DATA") => {
                        is_text = true;
                        "354 go\r\n"
                    }
                    _ => "250 ok\r\n",
                };
                stream.write_all(answer.as_bytes()).unwrap();
            }
        }
    });
}

/// Whatever comes at once: loopback hands a write over whole.
fn one_write(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 256 * 1024];
    let count = stream.read(&mut bytes).unwrap();
    String::from_utf8(bytes[..count].to_vec()).unwrap()
}

/// The commands behind the dot.
fn behind(write: &str) -> String {
    let rest = write.split_once("\r\n.\r\n").expect("text and dot leave together").1;
    rest.lines().map(|line| format!(" {}", &line[..4])).collect()
}

#[tokio::test]
async fn a_mail_costs_one_write_where_the_relay_offers_it_two_by_choice_and_four_without() {
    let all_in_one = ["MAIL RCPT DATA ", "text MAIL RCPT DATA", "text MAIL RCPT DATA", "text"];
    let two = ["MAIL RCPT DATA ", "text", "MAIL RCPT DATA ", "text", "MAIL RCPT DATA ", "text"];
    let one = ["MAIL ", "RCPT ", "DATA ", "text"];
    let four = [one, one, one].concat();
    let table: [(Pipelining, &str, &[&str]); 4] = [
        (Pipelining::Auto, "PIPELINING", &all_in_one),
        (Pipelining::Commands, "PIPELINING", &two),
        (Pipelining::Off, "PIPELINING", &four),
        (Pipelining::Auto, "8BITMIME", &four),
    ];
    for (mode, offers, expected) in table {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (told, writes_of) = mpsc::channel();
        writes(listener, offers, 3, told);
        let mut session = transport(SmtpSettings { pipelining: mode, ..settings(port) }).session();
        let answers = send_all(&mut *session, &readers(3)).await;
        assert!(answers.values().all(Result::is_ok), "{mode:?}: {answers:?}");
        assert_eq!(writes_of.iter().take(expected.len()).collect::<Vec<_>>(), expected, "{mode:?} {offers}");
    }
}
