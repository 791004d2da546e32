//! One conversation with a mail client (RFC 5321), with the part of the protocol that clients need to send mail.

use std::io::{Error, ErrorKind, Result};
use std::sync::atomic::Ordering;
use std::time::Duration;

use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::{Channel, Message, Sandbox};

/// Maximum bytes of a mail; `SIZE` in the greeting says the same.
const LARGEST: usize = 1 << 20;
/// Maximum bytes of a line that are read at once.
const LONGEST_LINE: u64 = 4_096;
const MOST_RECIPIENTS: usize = 20;
/// How long a silent client is waited for (RFC 5321, 4.5.3.2.7).
const IDLE: Duration = Duration::from_secs(300);

/// An answer, and whether it is the last one.
enum Answer {
    Go(&'static str),
    End(&'static str),
    /// The mail itself follows.
    Data,
}

struct Session<'s> {
    sandbox: &'s Sandbox,
    lines: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
    begun: bool,
    recipients: Vec<String>,
}

/// Greets, reads and answers until the client or a fault ends it.
pub(super) async fn hold(sandbox: &Sandbox, stream: TcpStream) -> Result<()> {
    let (read, write) = stream.into_split();
    let lines = BufReader::new(read);
    let mut session = Session { sandbox, lines, write, begun: false, recipients: Vec::new() };
    if session.down() {
        return session.send("421 down on demand").await;
    }
    session.send("220 sandbox ESMTP").await?;
    loop {
        let Some(line) = session.command().await? else { return Ok(()) };
        let answer = if session.down() { Answer::End("421 down on demand") } else { session.answer(&line) };
        let reply = match answer {
            Answer::Go(words) => words,
            Answer::End(words) => return session.send(words).await,
            Answer::Data => {
                session.send("354 go ahead").await?;
                session.mail().await?
            }
        };
        session.send(reply).await?;
    }
}

impl Session<'_> {
    fn down(&self) -> bool {
        self.sandbox.inner.smtp_down.load(Ordering::SeqCst)
    }

    async fn send(&mut self, words: &str) -> Result<()> {
        self.write.write_all(format!("{words}\r\n").as_bytes()).await
    }

    /// Reads a line, or a piece of one that is too long; empty when the client is gone.
    async fn line(&mut self) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        let mut limited = (&mut self.lines).take(LONGEST_LINE);
        let reading = limited.read_until(b'\n', &mut line);
        tokio::time::timeout(IDLE, reading).await.map_err(|_| Error::from(ErrorKind::TimedOut))??;
        Ok(line)
    }

    /// Reads the next command; `None` when the client is gone or never ends the line.
    async fn command(&mut self) -> Result<Option<String>> {
        let line = self.line().await?;
        if line.is_empty() {
            return Ok(None);
        }
        if !line.ends_with(b"\n") {
            self.send("500 line too long").await?;
            return Ok(None);
        }
        Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()))
    }

    fn answer(&mut self, line: &str) -> Answer {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                self.forget();
                Answer::Go("250-sandbox\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 1048576")
            }
            "HELO" | "RSET" => {
                self.forget();
                Answer::Go("250 OK")
            }
            "NOOP" => Answer::Go("250 OK"),
            "MAIL" => Answer::Go(self.from(line)),
            "RCPT" => Answer::Go(self.recipient(line)),
            "DATA" if self.recipients.is_empty() => Answer::Go("503 no recipients"),
            "DATA" => Answer::Data,
            "QUIT" => Answer::End("221 bye"),
            _ => Answer::Go("502 not here"),
        }
    }

    fn forget(&mut self) {
        self.begun = false;
        self.recipients.clear();
    }

    fn from(&mut self, line: &str) -> &'static str {
        self.forget();
        let size =
            line.split_whitespace().find_map(|word| word.to_ascii_uppercase().strip_prefix("SIZE=")?.parse().ok());
        if size.is_some_and(|size: usize| size > LARGEST) {
            return "552 too large";
        }
        if !line.contains('<') {
            return "501 no sender";
        }
        self.begun = true;
        "250 OK"
    }

    fn recipient(&mut self, line: &str) -> &'static str {
        if !self.begun {
            return "503 no sender yet";
        }
        if self.recipients.len() >= MOST_RECIPIENTS {
            return "452 too many recipients";
        }
        let Some(address) = address(line) else { return "550 no such mailbox" };
        self.recipients.push(address);
        "250 OK"
    }

    /// Receives a mail, and keeps or refuses it.
    async fn mail(&mut self) -> Result<&'static str> {
        let raw = self.body().await?;
        let recipients = std::mem::take(&mut self.recipients);
        self.forget();
        let Some(raw) = raw else { return Ok("552 too large") };
        Ok(if keep(self.sandbox, &raw, &recipients) { "250 kept" } else { "554 no mail" })
    }

    /// Reads up to the single dot and removes doubled dots; `None` when the mail is too large.
    async fn body(&mut self) -> Result<Option<Vec<u8>>> {
        let mut raw = Vec::new();
        let (mut fits, mut fresh) = (true, true);
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Err(Error::from(ErrorKind::UnexpectedEof));
            }
            if fresh && matches!(line.as_slice(), b".\r\n" | b".\n") {
                return Ok(fits.then_some(raw));
            }
            let line_proper = if fresh { line.strip_prefix(b".").unwrap_or(&line) } else { &line };
            fits = fits && raw.len() + line_proper.len() <= LARGEST;
            if fits {
                raw.extend_from_slice(line_proper);
            }
            fresh = line.ends_with(b"\n");
        }
    }
}

/// Puts a mail into the inbox, once for each recipient; returns whether it was a mail.
fn keep(sandbox: &Sandbox, raw: &[u8], recipients: &[String]) -> bool {
    let Some(mail) = MessageParser::default().parse(raw) else { return false };
    let subject = mail.subject().map(str::to_owned);
    let text = mail.body_text(0).map(|text| text.replace("\r\n", "\n").trim_end().to_owned()).unwrap_or_default();
    // A mail without HTML would get one made of its text.
    let html = if mail.html_bodies().any(|part| part.is_text_html()) { mail.body_html(0) } else { None };
    for to in recipients {
        let message = Message::new(Channel::Email, to.clone(), subject.clone(), text.clone(), sandbox.now());
        sandbox.deliver(Message { html: html.as_ref().map(|html| html.clone().into_owned()), ..message });
    }
    true
}

/// Returns the address between the angle brackets.
fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    (address.contains('@') && address.len() <= 254).then(|| address.to_owned())
}
