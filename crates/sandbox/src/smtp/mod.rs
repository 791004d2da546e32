//! A mail server that keeps what it gets in the inbox.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mail_parser::MessageParser;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::{Channel, Message, Sandbox};

const LARGEST: usize = 1 << 20;
const LONGEST_LINE: usize = 4_096;

/// What goes wrong on demand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Faults {
    /// Every session is answered 421.
    down: bool,
}

/// `POST /sandbox/smtp`.
pub(crate) async fn set(State(sandbox): State<Sandbox>, Json(faults): Json<Faults>) -> StatusCode {
    sandbox.inner.smtp_down.store(faults.down, Ordering::SeqCst);
    StatusCode::NO_CONTENT
}

impl Sandbox {
    /// Takes mail until `shutdown` is done.
    pub async fn serve_smtp(self, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                () = &mut shutdown => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else { continue };
            let sandbox = self.clone();
            tokio::spawn(async move {
                if let Err(error) = sandbox.mail_session(stream).await {
                    tracing::debug!(%error, "a mail session broke off");
                }
            });
        }
    }

    async fn mail_session(&self, stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read);
        if self.inner.smtp_down.load(Ordering::SeqCst) {
            return write.write_all(b"421 down on demand\r\n").await;
        }
        write.write_all(b"220 sandbox ESMTP\r\n").await?;
        let mut recipients: Vec<String> = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line).await? == 0 || line.len() > LONGEST_LINE {
                return Ok(());
            }
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            let verb = text.get(..4).unwrap_or_default().to_ascii_uppercase();
            let answer: &[u8] = match verb.as_str() {
                "EHLO" => b"250-sandbox\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 1048576\r\n",
                "HELO" | "NOOP" => b"250 OK\r\n",
                "MAIL" => {
                    recipients.clear();
                    b"250 OK\r\n"
                }
                "RCPT" => match address(&text) {
                    Some(address) if recipients.len() < 20 => {
                        recipients.push(address);
                        b"250 OK\r\n"
                    }
                    _ => b"550 no such mailbox\r\n",
                },
                "RSET" => {
                    recipients.clear();
                    b"250 OK\r\n"
                }
                "DATA" if recipients.is_empty() => b"503 no recipients\r\n",
                "DATA" => {
                    write.write_all(b"354 go ahead\r\n").await?;
                    match body(&mut lines).await? {
                        Some(raw) => {
                            self.keep_mail(&raw, &recipients);
                            recipients.clear();
                            b"250 kept\r\n"
                        }
                        None => b"552 too large\r\n",
                    }
                }
                "QUIT" => {
                    write.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                _ => b"502 not here\r\n",
            };
            write.write_all(answer).await?;
        }
    }

    fn keep_mail(&self, raw: &[u8], recipients: &[String]) {
        let Some(mail) = MessageParser::default().parse(raw) else { return };
        let subject = mail.subject().map(str::to_owned);
        let text = mail.body_text(0).map(|text| text.replace("\r\n", "\n").trim_end().to_owned()).unwrap_or_default();
        for to in recipients {
            self.deliver(Message::new(Channel::Email, to.clone(), subject.clone(), text.clone(), self.now()));
        }
    }
}

/// The address between the angle brackets.
fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    (address.contains('@') && address.len() <= 254).then(|| address.to_owned())
}

/// Everything up to the lone dot, dots undoubled; `None` when it is too much.
async fn body(lines: &mut BufReader<tokio::net::tcp::OwnedReadHalf>) -> std::io::Result<Option<Vec<u8>>> {
    let mut raw = Vec::new();
    let mut fits = true;
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        if matches!(line.as_slice(), b".\r\n" | b".\n") {
            return Ok(fits.then_some(raw));
        }
        fits = fits && raw.len() + line.len() <= LARGEST;
        if fits {
            raw.extend_from_slice(if line.starts_with(b"..") { &line[1..] } else { &line });
        }
    }
}
