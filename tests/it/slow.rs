//! Clients whose network is slow or gone, on the real program and its real limits: whoever still
//! sends is waited for, whoever fell silent is let go, and each is told in words that fit.
use crate::wire::{Office, SLUG, Told};
use std::{
    process::Command,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

/// What came of a connection: everything that was answered, and when it was closed.
struct End {
    answer: String,
    after: Duration,
}

impl End {
    #[track_caller]
    fn is(&self, begins: &str, from: u64, to: u64) {
        assert!(self.answer.starts_with(begins), "{}", self.answer);
        let span = Duration::from_secs(from)..Duration::from_secs(to);
        assert!(span.contains(&self.after), "{begins:?}: {:?}", self.after);
    }
}

/// Sends `first`, then `piece` every `pause` while the other side listens.
async fn send(host: &str, first: String, piece: &[u8], pieces: usize, pause: Duration) -> End {
    let mut stream = TcpStream::connect(host).await.unwrap();
    let begun = Instant::now();
    stream.write_all(first.as_bytes()).await.unwrap();
    let (mut read, mut write) = stream.split();
    let mut answer = Vec::new();
    let sending = async {
        for _ in 0..pieces {
            sleep(pause).await;
            if write.write_all(piece).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = sending => {}
        done = timeout(Duration::from_mins(1), read.read_to_end(&mut answer)) => {
            // A connection that is reset is closed as well.
            drop(done.unwrap());
        }
    }
    End {
        answer: String::from_utf8_lossy(&answer).into_owned(),
        after: begun.elapsed(),
    }
}

fn head(host: &str, path: &str, kind: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// A connection that was used stays open for the next page longer than one that never was.
async fn comes_back(host: &str) {
    let mut stream = TcpStream::connect(host).await.unwrap();
    let ask = format!("GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n");
    for pause in [25, 0] {
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut answer = [0; 4096];
        let count = stream.read(&mut answer).await.unwrap();
        assert!(answer[..count].starts_with(b"HTTP/1.1 200"));
        sleep(Duration::from_secs(pause)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_is_waited_for_and_whoever_fell_silent_is_let_go() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::anywhere(dir.path()).await;
    let host = &office.serving.host;
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    let files = "multipart/form-data; boundary=cut";

    // A picture of 90 kB over a line that carries 4 kB a second.
    let mut picture = std::io::Cursor::new(Vec::new());
    let noise = image::RgbImage::from_fn(200, 150, |x, y| {
        let shade = (x * 7919 + y * 104_729).wrapping_mul(2_654_435_761);
        let [_, red, green, blue] = shade.to_le_bytes();
        image::Rgb([red, green, blue])
    });
    let png = image::ImageFormat::Png;
    noise.write_to(&mut picture, png).unwrap();
    let mut upload =
        b"--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p.png\"\r\n\r\n"
            .to_vec();
    upload.extend(picture.into_inner());
    upload.extend(b"\r\n--cut--\r\n");
    let whole = head(host, "/api/v1/requests/files", files, upload.len());
    let slow = async {
        let mut stream = TcpStream::connect(host).await.unwrap();
        let begun = Instant::now();
        stream.write_all(whole.as_bytes()).await.unwrap();
        for piece in upload.chunks(upload.len().div_ceil(24)) {
            sleep(Duration::from_secs(1)).await;
            stream.write_all(piece).await.unwrap();
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        (answer, begun.elapsed())
    };

    let never = Duration::from_mins(1);
    let second = Duration::from_secs(1);
    let (silent, half_head, dripping_head, stalled_form, dripping_json, stalled_files, slow, ()) = tokio::join!(
        send(host, String::new(), b"", 0, never),
        send(host, "GET / HTTP/1.1\r\nHo".into(), b"", 0, never),
        send(
            host,
            "GET / HTTP/1.1\r\n".into(),
            b"X-More: 1\r\n",
            60,
            second
        ),
        send(
            host,
            head(host, "/sign-in", form, 900) + "login=",
            b"",
            0,
            never
        ),
        send(
            host,
            head(host, "/api/v1/requests", json, 9000) + "{\"text\":\"",
            b"a",
            60,
            second
        ),
        send(
            host,
            head(host, "/report", files, 90_000) + "--cut\r\n",
            b"",
            0,
            never
        ),
        slow,
        comes_back(host),
    );
    for gone in [silent, half_head, dripping_head] {
        gone.is("", 14, 18);
    }
    stalled_form.is("HTTP/1.1 408", 29, 34);
    dripping_json.is("HTTP/1.1 408", 29, 34);
    assert!(
        dripping_json.answer.contains("\"code\":\"too_slow\""),
        "{}",
        dripping_json.answer
    );
    stalled_files.is("HTTP/1.1 408", 29, 34);
    let (answer, took) = slow;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(
        took > Duration::from_secs(21),
        "faster than meant: {took:?}"
    );

    // Whoever is in the middle of something does not keep the program from stopping.
    office.open_fair(SLUG, 100, "A 1-4").await;
    let host = office.serving.host.clone();
    let mut stuck = Vec::new();
    for first in [
        String::new(),
        "GET / HTTP/1.1\r\nHo".to_owned(),
        head(&host, "/sign-in", form, 900) + "login=",
        format!("GET /f/{SLUG}/live HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ] {
        let mut stream = TcpStream::connect(&host).await.unwrap();
        stream.write_all(first.as_bytes()).await.unwrap();
        stuck.push(stream);
    }
    sleep(Duration::from_millis(500)).await;
    let Office { serving, .. } = office;
    let code = tokio::task::spawn_blocking(|| serving.stop()).await;
    assert_eq!(code.unwrap(), 0);
    drop(stuck);
}

/// What a wrong reading of a request could lead to another one is refused or ends its connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_one_meaning_or_none() {
    const ASK: &str = "GET /livez HTTP/1.1\r\n";
    const SEND: &str =
        "POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let dir = tempfile::tempdir().unwrap();
    let office = Office::anywhere(dir.path()).await;
    let host = &office.serving.host;
    let behind = format!("{ASK}Host: {host}\r\n\r\n");
    for (request, expected) in [
        ("GET /livez HTTP/1.0\r\n\r\n".to_owned(), 200),
        (format!("{ASK}Host: a:80\r\nConnection: close\r\n\r\n"), 200),
        (format!("{ASK}Connection: close\r\n\r\n"), 400),
        (
            format!("{ASK}Host: a\r\nHost: b\r\nConnection: close\r\n\r\n"),
            400,
        ),
        (
            format!("{ASK}Host: a b/c\r\nConnection: close\r\n\r\n"),
            400,
        ),
        (format!("{ASK}Host: u@a\r\nConnection: close\r\n\r\n"), 400),
        (format!("{ASK}Host : a\r\n\r\n"), 400),
        (
            format!("{SEND}Content-Length: 4\r\nContent-Length: 5\r\n\r\n{behind}"),
            400,
        ),
        (format!("{SEND}Content-Length: -1\r\n\r\n{behind}"), 400),
        (
            format!("{SEND}Transfer-Encoding: chunked, x\r\n\r\n{behind}"),
            400,
        ),
        // Announced and never sent: refused before anything is waited for.
        (format!("{SEND}Content-Length: 99999999999\r\n\r\nabc"), 413),
        // Its chunks count (RFC 9112 §6.3), and nothing that comes after them is read.
        (
            format!(
                "{SEND}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{behind}"
            ),
            422,
        ),
        (
            format!(
                "{SEND}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n{behind}"
            ),
            422,
        ),
    ] {
        let end = send(host, request.clone(), b"", 0, Duration::ZERO).await;
        end.is(
            &format!(
                "HTTP/1.{} {expected}",
                u8::from(!request.contains("HTTP/1.0"))
            ),
            0,
            5,
        );
        let answers = end.answer.matches("HTTP/1.").count();
        assert_eq!(answers, 1, "{request}: {}", end.answer);
    }
}

/// A shell that starts the program allows it fewer open files than a full square has connections.
#[tokio::test]
async fn more_connections_than_a_shell_allows_shut_nobody_out() {
    let dir = tempfile::tempdir().unwrap();
    let told = Told {
        data: dir.path().to_owned(),
        database: None,
        direct: None,
    };
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"ulimit -Sn 200; exec "$@""#, "sh"]);
    let serving = told.serve_under(shell);
    let mut open = Vec::new();
    for _ in 0..300 {
        open.push(TcpStream::connect(&serving.host).await.unwrap());
    }
    let ask = format!(
        "GET /livez HTTP/1.1\r\nHost: {0}\r\nConnection: close\r\n\r\n",
        serving.host
    );
    let end = send(&serving.host, ask, b"", 0, Duration::ZERO).await;
    end.is("HTTP/1.1 200", 0, 5);
}
