//! The program as an office starts it: the real binary on a folder of its own.
use nightfair::domain::role::Role;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::{Duration, Instant},
};

const GOOD: &str = "tulip bridge over rain";

pub fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightfair"));
    command
        .env("NIGHTFAIR_DATA", data)
        .env("NIGHTFAIR_LOG", "warn");
    command
}

pub fn run(data: &Path, arguments: &[&str]) -> Output {
    program(data).args(arguments).output().unwrap()
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A serving program; stopped when the test is over.
pub struct Serving {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// What it printed before it served.
    printed: Vec<String>,
    pub host: String,
}

impl Serving {
    pub fn start(data: &Path) -> Self {
        Self::spawn(program(data).args(["serve", "--listen", "127.0.0.1:0"]))
    }

    /// A program that serves, however it was told to.
    pub fn spawn(program: &mut Command) -> Self {
        let mut child = program.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        // From here on it is stopped, whatever happens.
        let mut serving = Self {
            child,
            lines,
            printed: Vec::new(),
            host: String::new(),
        };
        while serving.host.is_empty() {
            let mut line = String::new();
            let read = serving.lines.read_line(&mut line).unwrap();
            assert_ne!(read, 0, "{:?}", serving.printed);
            if let Some(url) = line.trim().strip_prefix("Nightfair serves http://") {
                url.clone_into(&mut serving.host);
            } else {
                serving.printed.push(line.trim().to_owned());
            }
        }
        serving
    }

    /// One request; status and the whole answer.
    pub fn ask(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        let host = &self.host;
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        ))
    }

    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let body = form.join("&");
        let (host, length) = (&self.host, body.len());
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    }

    /// Asks it to stop as an init system does; its exit code.
    pub fn stop(mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("does not stop");
    }
}

impl Serving {
    /// Of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut does, without a word.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        let mut rest = String::new();
        drop(self.lines.read_to_string(&mut rest));
    }
}

#[test]
fn an_empty_folder_is_set_up_through_the_printed_link() {
    let dir = tempfile::tempdir().unwrap();
    let serving = Serving::start(dir.path());
    let link = serving.printed.iter().find(|line| line.contains("/setup/"));
    let link = link.unwrap().split(' ').next_back().unwrap();
    let path = link.split(&serving.host).nth(1).unwrap().to_owned();
    assert_eq!(serving.get("/healthz").0, 200);
    assert_eq!(serving.get("/readyz").0, 200);
    for login in ["admin", "root", "office_admin"] {
        let form = [("login", login), ("password", login)];
        assert_eq!(serving.post("/sign-in", &form).0, 422);
    }
    assert_eq!(serving.get(&path).0, 200);
    let form = [
        ("office_name", "星光街道办事处"),
        ("prefix", "XG"),
        ("name", "王芳"),
        ("login", "wangfang"),
        ("new", GOOD),
        ("again", GOOD),
    ];
    assert_eq!(serving.post(&path, &form).0, 303);
    assert_eq!(serving.post(&path, &form).0, 410);
    let (_, page) = serving.get("/sign-in");
    assert!(page.contains("星光街道办事处"));
    assert_eq!(serving.stop(), 0);

    let again = Serving::start(dir.path());
    assert!(again.printed.iter().all(|line| !line.contains("/setup/")));
    let (_, page) = again.get("/sign-in");
    assert!(page.contains("星光街道办事处"));
    let form = [("login", "wangfang"), ("password", GOOD)];
    assert_eq!(again.post("/sign-in", &form).0, 303);
    assert_eq!(again.stop(), 0);
}

#[test]
fn a_second_program_on_the_same_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = Serving::start(dir.path());
    let second = run(dir.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(err(&second).contains("another nightfair already serves"));
    assert_eq!(err(&second).lines().count(), 1);
    let beside = run(dir.path(), &["user", "list"]);
    assert_eq!(beside.status.code(), Some(0), "{}", err(&beside));
    let port = run(dir.path(), &["serve", "--listen", &first.host]);
    assert_eq!(port.status.code(), Some(1));
    assert!(err(&port).contains("--listen"), "{}", err(&port));
    drop(first);
    assert_eq!(Serving::start(dir.path()).stop(), 0);
}

#[test]
fn accounts_and_tokens_from_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let add = [
        "user",
        "add",
        "--login",
        "LiMing",
        "--name",
        "李明",
        "--role",
        "gate_steward",
    ];
    let added = run(dir.path(), &add);
    assert_eq!(added.status.code(), Some(0), "{}", err(&added));
    let printed = out(&added);
    let password = printed
        .lines()
        .find_map(|line| line.strip_prefix("One-time password: "));
    assert!(password.unwrap().len() >= 16);
    let twice = run(dir.path(), &add);
    assert_eq!(
        (twice.status.code(), err(&twice).lines().count()),
        (Some(1), 1)
    );

    let mut stdin = program(dir.path())
        .args(["user", "add", "--login", "wangfang", "--name", "王芳"])
        .args(["--role", "office_admin", "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(stdin.stdin.take().unwrap(), "{GOOD}").unwrap();
    let added = stdin.wait_with_output().unwrap();
    assert!(added.status.success() && !out(&added).contains("password"));

    let list = out(&run(dir.path(), &["user", "list"]));
    assert!(list.contains("liming") && list.contains("王芳") && list.contains("active"));
    let token = run(
        dir.path(),
        &["token", "add", "--login", "wangfang", "--label", "大屏"],
    );
    let token = out(&token).trim().to_owned();
    assert_eq!(token.len(), 43);

    let serving = Serving::start(dir.path());
    assert!(
        serving.printed.is_empty(),
        "no set-up link: {:?}",
        serving.printed
    );
    let form = [("login", "wangfang"), ("password", GOOD)];
    assert_eq!(serving.post("/sign-in", &form).0, 303);
    let ask = |token: &str| {
        let host = &serving.host;
        let request = format!(
            "GET /office HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n\
             Authorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        serving.ask(&request).0
    };
    assert_eq!((ask(&token), ask("wrong")), (200, 401));
    let reset = run(
        dir.path(),
        &["user", "reset-password", "--login", "wangfang"],
    );
    assert!(
        out(&reset).contains("One-time password: "),
        "{}",
        err(&reset)
    );
    assert_eq!(ask(&token), 401);
    assert_eq!(serving.post("/sign-in", &form).0, 422);
    let last = run(dir.path(), &["user", "disable", "--login", "wangfang"]);
    assert_eq!(last.status.code(), Some(1));
    assert!(err(&last).contains("last administrator"), "{}", err(&last));
    let off = run(dir.path(), &["user", "disable", "--login", "liming"]);
    assert_eq!(off.status.code(), Some(0));
    assert!(out(&run(dir.path(), &["user", "list"])).contains("disabled"));
}

#[test]
fn a_wrong_setting_is_named_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, named) in [
        (
            vec!["serve", "--listen", "nowhere"],
            "--listen (NIGHTFAIR_LISTEN)",
        ),
        (
            vec!["serve", "--database-url", "mysql://x"],
            "--database-url",
        ),
        (
            vec!["serve", "--public-url", "fair.example"],
            "--public-url",
        ),
        (
            vec!["serve", "--public-url", "https://fair.example/x"],
            "--public-url",
        ),
        (vec!["serve", "--log", "=,=x="], "--log"),
        (
            vec![
                "user", "add", "--login", "x", "--name", "x", "--role", "king",
            ],
            "--role",
        ),
    ] {
        let output = run(dir.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = err(&output);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(named), "{said}");
    }
    let variable = program(dir.path())
        .env("NIGHTFAIR_LISTEN", "here")
        .arg("serve")
        .output()
        .unwrap();
    assert_eq!(variable.status.code(), Some(2));
    assert!(err(&variable).contains("NIGHTFAIR_LISTEN"));
    for (arguments, named) in [
        (
            vec!["serve", "--listen", "127.0.0.1:0", "--data", "/dev/null/x"],
            "--data",
        ),
        (
            vec![
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--database-url",
                "sqlite:/nowhere/x.db",
            ],
            "--database-url",
        ),
        (vec!["user", "disable", "--login", "nobody"], "--login"),
    ] {
        let output = run(dir.path(), &arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = err(&output);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(named), "{said}");
    }
}

#[test]
fn wrong_use_ends_with_two_and_help_with_zero() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(dir.path(), &["dance"]).status.code(), Some(2));
    assert_eq!(run(dir.path(), &[]).status.code(), Some(2));
    let alone = run(dir.path(), &["serve", "--tls-cert", "x.pem"]);
    assert_eq!(alone.status.code(), Some(2));
    let help = run(dir.path(), &["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(out(&help).contains("NIGHTFAIR_DATA") && out(&help).contains("Exit codes"));
    assert!(out(&run(dir.path(), &["user", "add", "--help"])).contains("--password-stdin"));
    let roles = run(
        dir.path(),
        &["user", "add", "--login", "x", "--name", "x", "--role", "x"],
    );
    for role in Role::STAFF {
        assert!(err(&roles).contains(&role.code()));
    }
    let migrated = run(dir.path(), &["migrate"]);
    assert!(out(&migrated).contains("steps taken"), "{}", err(&migrated));
    assert!(out(&run(dir.path(), &["migrate", "--status"])).starts_with("0 steps"));
    assert!(out(&run(dir.path(), &["openapi"])).contains("\"openapi\""));
}

#[tokio::test]
async fn a_changed_byte_of_the_ledger_is_found_from_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(dir.path(), &["migrate"]).status.code(), Some(0));
    assert_eq!(run(dir.path(), &["user", "list"]).status.code(), Some(0));
    let empty = run(dir.path(), &["verify-ledger"]);
    assert_eq!(empty.status.code(), Some(0), "{}", err(&empty));
    assert!(out(&empty).contains("0 cases"));
    let number = crate::ledger::a_case_in(dir.path()).await;
    let whole = run(dir.path(), &["verify-ledger"]);
    assert_eq!(whole.status.code(), Some(0), "{}", err(&whole));
    assert!(
        out(&whole).contains("1 cases with 2 events"),
        "{}",
        out(&whole)
    );
    // One byte of the payload, changed in the file itself behind the back of every trigger.
    let file = dir.path().join("nightfair.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes
        .windows(8)
        .position(|window| window == b"lighting")
        .unwrap();
    while let Some(found) = bytes[at..].windows(8).position(|w| w == b"lighting") {
        bytes[at + found + 7] = b'h';
    }
    std::fs::write(&file, bytes).unwrap();
    let broken = run(dir.path(), &["verify-ledger"]);
    assert_eq!(broken.status.code(), Some(1));
    let said = err(&broken);
    assert!(
        said.contains(&number) && said.lines().count() == 1,
        "{said}"
    );
    let nowhere = run(&dir.path().join("none"), &["verify-ledger"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(err(&nowhere).contains("--data"));
}
