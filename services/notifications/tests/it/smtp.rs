//! A mail server small enough to read: it takes one letter a connection, and can be told to refuse.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A running mail server.
pub(crate) struct MailServer {
    pub(crate) url: String,
    letters: Arc<Mutex<Vec<Taken>>>,
    answer: Arc<Mutex<&'static str>>,
}

/// A letter as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) data: String,
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port 0");
        let url = format!("smtp://{}", listener.local_addr().expect("address"));
        let letters = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(Mutex::new("250 taken"));
        let (kept, said) = (Arc::clone(&letters), Arc::clone(&answer));
        #[expect(clippy::disallowed_methods, reason = "ends with the test")]
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, said) = (Arc::clone(&kept), Arc::clone(&said));
                tokio::spawn(async move { drop(talk(stream, &kept, &said).await) });
            }
        });
        Self {
            url,
            letters,
            answer,
        }
    }

    /// What is answered to a letter from now on.
    pub(crate) fn answer(&self, line: &'static str) {
        *self.answer.lock().expect("lock") = line;
    }

    pub(crate) fn letters(&self) -> Vec<Taken> {
        self.letters.lock().expect("lock").clone()
    }
}

async fn talk(
    stream: TcpStream,
    kept: &Mutex<Vec<Taken>>,
    said: &Mutex<&'static str>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test ESMTP\r\n").await?;
    let (mut from, mut to) = (String::new(), String::new());
    while let Some(line) = lines.next_line().await? {
        let word = line
            .split([' ', ':'])
            .next()
            .unwrap_or("")
            .to_ascii_uppercase();
        let reply: String = match word.as_str() {
            "EHLO" => "250-test\r\n250-8BITMIME\r\n250 SMTPUTF8".to_owned(),
            "MAIL" => {
                from.clone_from(&line);
                "250 ok".to_owned()
            }
            "RCPT" => {
                to.clone_from(&line);
                "250 ok".to_owned()
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut data = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    data.push_str(&line);
                    data.push('\n');
                }
                let answer = *said.lock().expect("lock");
                if answer.starts_with('2') {
                    kept.lock().expect("lock").push(Taken {
                        from: from.clone(),
                        to: to.clone(),
                        data,
                    });
                }
                answer.to_owned()
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 ok".to_owned(),
        };
        write.write_all(reply.as_bytes()).await?;
        write.write_all(b"\r\n").await?;
    }
    Ok(())
}
