//! A real web server on loopback, with TLS and a certificate that no authority vouches for.

use super::*;
use crate::{
    error::FetchError,
    model::HttpHeader,
    services::sources::web::account,
    transport::{
        ConnectDelegate, http,
        local_site::{tls_site, try_accept, try_read_request},
        ws::Headers,
    },
};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use tokio::{io::AsyncWriteExt, net::TcpListener, task::JoinHandle};

/// What the server answers, and what it was asked.
#[derive(Default)]
struct Served {
    answer: Vec<u8>,
    /// A line of the request without which it is 401.
    wanted: Option<&'static str>,
    requests: Vec<String>,
}

struct Site {
    origin: String,
    served: Arc<Mutex<Served>>,
    serving: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Site {
    /// One that has this answer for everyone.
    async fn start(answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("https://{}", listener.local_addr().unwrap());
        let served = Arc::new(Mutex::new(Served { answer: answer.into(), ..Served::default() }));
        let shared = Arc::clone(&served);
        let serving = tokio::spawn(async move {
            let context = tls_site();
            loop {
                let Some(mut stream) = try_accept(&listener, &context).await else { continue };
                let Some(request) = try_read_request(&mut stream).await else { continue };
                let answer = {
                    let mut served = shared.lock();
                    let is_let_in = served.wanted.is_none_or(|wanted| request.lines().any(|line| line == wanted));
                    served.requests.push(request);
                    if is_let_in { served.answer.clone() } else { status("401 Unauthorized").into_bytes() }
                };
                // A client that has seen enough hangs up.
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { origin, served, serving }
    }

    fn answers(&self, answer: impl Into<Vec<u8>>) {
        self.served.lock().answer = answer.into();
    }

    fn last(&self) -> String {
        self.served.lock().requests.last().cloned().unwrap_or_default()
    }

    fn count(&self) -> usize {
        self.served.lock().requests.len()
    }
}

fn ok(fields: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn status(line: &str) -> String {
    format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n")
}

fn error(view: &HostSourceView) -> Option<&FetchError> {
    match &view.found.problem {
        Some(SourceProblem::Failed { error: Error::Fetch(error) }) => Some(error),
        _ => None,
    }
}

impl Fixture {
    /// Adds the list of a site whose certificate is accepted then.
    async fn follow(&self, url: &str, login: Option<HttpAuthChange>) -> SourceId {
        self.sources.add_url("", url, false, login).await.unwrap();
        self.until("the certificate", |now| now.one().found.certificate.is_some()).await;
        let view = self.one();
        let fingerprint = match error(&view) {
            Some(FetchError::Untrusted { fingerprint, .. }) => fingerprint.clone(),
            other => panic!("{other:?}"),
        };
        self.sources.trust(view.id, &fingerprint).await.unwrap();
        self.until("an answer", |now| !now.one().found.reading && now.one().found.certificate.is_none()).await;
        view.id
    }

    /// Reads it once more.
    async fn again(&self, id: SourceId) -> HostSourceView {
        self.sources.refresh(id);
        self.until("another reading", |now| !now.one().found.reading).await;
        self.one()
    }
}

fn headers(headers: &[(&str, &str)]) -> Option<HttpAuthChange> {
    let header = |(name, value): &(&str, &str)| HttpHeader { name: (*name).into(), value: (*value).to_owned().into() };
    let headers = headers.iter().map(header).collect();
    Some(HttpAuthChange::Set { username: String::new(), password: String::new().into(), headers })
}

fn login(password: &str) -> Option<HttpAuthChange> {
    let password = password.to_owned().into();
    Some(HttpAuthChange::Set { username: "ann".into(), password, headers: vec![] })
}

#[tokio::test]
async fn a_list_is_followed_once_its_certificate_is_accepted_and_not_sent_again_while_it_is_the_same() {
    let fixture = start();
    let site = Site::start(ok("ETag: \"1\"\r\n", text("a b").as_bytes())).await;
    let id = fixture.follow(&format!("{}/lab.json?key=x", site.origin), None).await;
    assert_eq!(fixture.names(), "a b");
    let view = fixture.one();
    assert_eq!((view.name.as_str(), view.kind), ("lab", SourceKind::Web));
    assert_eq!(view.origin, format!("{}/lab.json", site.origin), "the query may be a secret");
    assert_eq!(site.count(), 1, "nothing was asked before the certificate was accepted");
    assert!(site.last().starts_with("GET /lab.json?key=x HTTP/1.1\r\n"), "{}", site.last());
    site.answers("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n");
    let view = fixture.again(id).await;
    assert_eq!(view.found, Found::default());
    assert!(site.last().contains("if-none-match: \"1\"\r\n"), "{}", site.last());
    let body = text("b c");
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    site.answers(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}"));
    fixture.again(id).await;
    assert_eq!(fixture.names(), "b c");
    fixture.again(id).await;
    assert!(!site.last().contains("if-none-match"), "it has no name any more");
}

#[tokio::test]
async fn every_failure_is_told_apart_and_keeps_the_last_good_list() {
    let fixture = start();
    let site = Site::start(ok("", text("a").as_bytes())).await;
    let id = fixture.follow(&format!("{}/lab.json", site.origin), None).await;
    let address = || format!("{}/lab.json", site.origin);
    for (answer, expected) in [
        (status("401 Unauthorized"), FetchError::LoginWanted { address: address() }),
        (status("403 Forbidden"), FetchError::Forbidden { address: address() }),
        (status("404 Not Found"), FetchError::NotFound { address: address() }),
        (status("410 Gone"), FetchError::Gone { address: address() }),
        (status("429 Too Many Requests"), FetchError::TooOften { address: address() }),
        (status("503 Busy"), FetchError::ServerFailed { address: address(), status: 503 }),
        (status("206 Partial Content"), FetchError::Status { address: address(), status: 206 }),
        (status("304 Not Modified"), FetchError::Status { address: address(), status: 304 }),
        (
            status("302 Found\r\nLocation: https://ann:pw@evil.example/x?token=1"),
            FetchError::Moved { address: address(), to: "https://evil.example/x".into() },
        ),
        (
            status(&format!("302 Found\r\nLocation: http{}/lab.json", &site.origin[5..])),
            FetchError::Moved { address: address(), to: format!("http{}/lab.json", &site.origin[5..]) },
        ),
        (status("302 Found\r\nLocation: /lab.json"), FetchError::Moved { address: address(), to: address() }),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n".to_owned(), FetchError::TooLarge { address: address() }),
    ] {
        site.answers(answer.clone());
        let view = fixture.again(id).await;
        assert_eq!(error(&view), Some(&expected), "{answer}");
        assert_eq!(fixture.names(), "a");
    }
    for (answer, is_http) in
        [("SSH-2.0-OpenSSH_9.2\r\n", false), ("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", true)]
    {
        site.answers(answer);
        let view = fixture.again(id).await;
        match error(&view) {
            Some(FetchError::NotHttp { .. }) if !is_http => {}
            Some(FetchError::Broken { .. }) if is_http => {}
            other => panic!("{answer}: {other:?}"),
        }
    }
    site.answers(ok("", b"<html>Please log in</html>"));
    assert!(matches!(fixture.again(id).await.found.problem, Some(SourceProblem::List { .. })));
    assert_eq!(fixture.names(), "a");
    site.answers(ok("", br#"{"version": 1, "hosts": []}"#));
    assert_eq!(fixture.again(id).await.found.problem, None);
    assert_eq!(fixture.names(), "", "a list may say that there is none");
}

#[tokio::test]
async fn what_is_compressed_is_bounded_by_what_comes_of_it() {
    let fixture = start();
    let gzip = |bytes: &[u8]| {
        let mut writer = GzEncoder::new(Vec::new(), Compression::best());
        writer.write_all(bytes).unwrap();
        ok("Content-Encoding: gzip\r\n", &writer.finish().unwrap())
    };
    let site = Site::start(gzip(text("a").as_bytes())).await;
    let id = fixture.follow(&format!("{}/", site.origin), None).await;
    assert_eq!(fixture.names(), "a");
    site.answers(gzip(&vec![b' '; 50 << 20]));
    assert!(matches!(error(&fixture.again(id).await), Some(FetchError::TooLarge { .. })));
    site.answers(ok("Content-Encoding: gzip\r\n", b"no gzip"));
    assert!(matches!(error(&fixture.again(id).await), Some(FetchError::Broken { .. })));
}

#[tokio::test]
async fn a_login_goes_to_its_own_list_only_and_never_readably() {
    let fixture = start();
    let site = Site::start(ok("", text("a").as_bytes())).await;
    let url = format!("{}/lab.json", site.origin);
    let id = fixture.follow(&url, login("sesame")).await;
    assert!(site.last().contains("authorization: Basic YW5uOnNlc2FtZQ==\r\n"), "{}", site.last());
    let kept = fs::read_to_string(fixture.at("sources.json")).unwrap();
    assert!(!kept.contains("sesame") && !kept.contains("ann"), "{kept}");
    site.answers(status("401 Unauthorized"));
    assert_eq!(error(&fixture.again(id).await), Some(&FetchError::LoginRefused { address: url.clone() }));
    // Another program leads the source elsewhere.
    let asked = site.count();
    let elsewhere = Origin::url(&format!("{}/other.json", site.origin), false, true).unwrap();
    fixture.sources.change(id, |source| source.origin = elsewhere).await.unwrap();
    let view = fixture.again(id).await;
    assert_eq!(error(&view), Some(&FetchError::LoginElsewhere { recipient: url }));
    assert_eq!(site.count(), asked);
    fixture.sources.edit(id, "", 15, Some(HttpAuthChange::Forget)).await.unwrap();
    fixture.until("another sentence", |now| matches!(error(&now.one()), Some(FetchError::LoginWanted { .. }))).await;
    assert!(!site.last().contains("authorization"));
    fixture.sources.edit(id, "", 15, login("again")).await.unwrap();
    fixture.until("the login", |_| site.last().contains("authorization")).await;
    fixture.sources.remove(id).await.unwrap();
    assert!(fixture.keyring.get(account(id)).await.unwrap().is_none());
    for (url, readable, login, expected) in [
        ("http://127.0.0.1/x", false, None, UrlProblem::ClearText),
        ("http://127.0.0.1/x", true, login("x"), UrlProblem::ReadableLogin),
        ("lists.example", false, None, UrlProblem::Scheme),
    ] {
        let refused = fixture.sources.add_url("", url, readable, login).await;
        let fields = vec![FieldProblem::Url(expected)];
        assert_eq!(refused, Err(FormError::Fields { fields }.into()), "{url}");
    }
    assert!(fixture.sources.view().is_empty());
}

#[tokio::test]
async fn a_list_behind_a_token_is_read_with_its_headers_which_stay_on_that_server() {
    let fixture = start();
    let site = Site::start(ok("", text("a").as_bytes())).await;
    site.served.lock().wanted = Some("private-token: glpat-sesame");
    let url = format!("{}/lab.json", site.origin);
    let id = fixture.follow(&url, headers(&[("X-Other", "sesame")])).await;
    assert_eq!(error(&fixture.one()), Some(&FetchError::LoginRefused { address: url.clone() }));
    let token = [("PRIVATE-TOKEN", "glpat-sesame"), ("Accept", "text/csv"), ("Accept-Encoding", "br")];
    let cookies = [("Cookie", "id=sesame"), ("Cookie", "of=7")];
    fixture.sources.edit(id, "", 15, headers(&[&token[..], &cookies].concat())).await.unwrap();
    fixture.until("the list", |now| now.names() == "a" && !now.one().found.reading).await;
    let request = site.last();
    let values = |name: &str| request.lines().filter_map(|line| line.strip_prefix(name)).collect::<Vec<_>>();
    assert_eq!((values("accept: "), values("accept-encoding: ")), (vec!["text/csv"], vec!["gzip"]));
    assert_eq!(values("cookie: "), ["id=sesame", "of=7"]);
    let kept = fs::read_to_string(fixture.at("sources.json")).unwrap();
    assert!(!kept.contains("sesame") && !format!("{:?}", fixture.one()).contains("sesame"), "{kept}");
    // Another name for the list leaves them as they are.
    fixture.sources.edit(id, "Lab", 15, None).await.unwrap();
    assert_eq!(fixture.again(id).await.found, Found::default());
    // On the same server they go along, to another one they do not: it is not even asked.
    site.answers(status("302 Found\r\nLocation: /lab.json"));
    let asked = site.count();
    assert!(matches!(error(&fixture.again(id).await), Some(FetchError::Moved { .. })));
    assert_eq!(site.count(), asked + 6);
    assert!(site.served.lock().requests[asked..].iter().all(|request| request.contains("glpat-sesame")));
    let elsewhere = Site::start(ok("", text("b").as_bytes())).await;
    site.answers(status(&format!("302 Found\r\nLocation: {}/lab.json", elsewhere.origin)));
    let to = format!("{}/lab.json", elsewhere.origin);
    assert_eq!(error(&fixture.again(id).await), Some(&FetchError::Moved { address: url.clone(), to }));
    assert_eq!(elsewhere.count(), 0);
    fixture.sources.edit(id, "", 15, Some(HttpAuthChange::Forget)).await.unwrap();
    fixture.until("another sentence", |now| matches!(error(&now.one()), Some(FetchError::LoginWanted { .. }))).await;
    assert!(!site.last().contains("sesame"));
    assert!(fixture.keyring.get(account(id)).await.unwrap().is_none());
}

#[tokio::test]
async fn headers_never_go_readably() {
    let fixture = start();
    let refused = fixture.sources.add_url("", "http://127.0.0.1/x", true, headers(&[("Cookie", "id=7")])).await;
    let fields = vec![FieldProblem::Url(UrlProblem::ReadableLogin)];
    assert_eq!(refused, Err(FormError::Fields { fields }.into()));
    let refused = fixture.sources.add_url("", "https://127.0.0.1/x", false, headers(&[("Bearer sesame", "")])).await;
    let Err(error) = refused else { panic!("a token is no header's name") };
    assert!(!format!("{error:?} {error}").contains("sesame"), "{error:?}");
    // Nor where something above lets one through.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let Origin::Url(url) = Origin::url(&url, true, false).unwrap() else { panic!("a web address") };
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = try_read_request(&mut stream).await.unwrap();
        stream.write_all(&ok("", b"x")).await.unwrap();
        request
    });
    let cookie = Headers { basic: None, extra: vec![(hyper::header::COOKIE, "id=7".to_owned().into())] };
    http::get(&url, &cookie, &http::Validators::default(), 9, &mut Authorities).await.unwrap();
    assert!(!serving.await.unwrap().contains("id=7"));
}

/// Accepts what the authorities vouch for.
struct Authorities;

impl ConnectDelegate for Authorities {}

#[tokio::test]
async fn another_certificate_than_the_accepted_one_is_told_and_asked_nothing() {
    let fixture = start();
    let site = Site::start(ok("", text("a").as_bytes())).await;
    let id = fixture.follow(&format!("{}/lab.json", site.origin), None).await;
    let address = site.origin.strip_prefix("https://").unwrap().to_owned();
    site.serving.abort();
    let listener = loop {
        if let Ok(listener) = TcpListener::bind(&address).await {
            break listener;
        }
        tokio::task::yield_now().await;
    };
    let context = tls_site();
    let other = tokio::spawn(async move {
        let mut stream = try_accept(&listener, &context).await?;
        try_read_request(&mut stream).await
    });
    let view = fixture.again(id).await;
    assert!(matches!(error(&view), Some(FetchError::TrustChanged { .. })), "{view:?}");
    assert_eq!(other.await.unwrap(), None, "not even a request");
    // What the page names has to be what was shown.
    fixture.sources.trust(id, "00:11").await.unwrap();
    assert!(fixture.one().found.certificate.is_some());
}

#[tokio::test]
async fn a_hostile_list_does_no_more_than_name_machines() {
    let fixture = start();
    let hosts = json!({ "version": 1, "hosts": [
        { "name": "pay\u{202e}lap", "address": "a", "notes": "x\u{2066}y", "tags": ["t\u{200f}"] },
        { "name": "socket", "address": "/run/user/1000/vnc.sock" },
        { "name": "demo", "address": "demo:" },
        { "name": "option", "address": "b", "ssh_jump": "-oProxyCommand=touch" },
        { "name": "run", "address": "c", "console_command": "touch x", "password_command": "touch y" },
    ] });
    let site = Site::start(ok("", hosts.to_string().as_bytes())).await;
    let id = fixture.follow(&format!("{}/lab.json", site.origin), None).await;
    let all = fixture.list.get().all().to_vec();
    let wrong = |text: &str| text.chars().any(rfb::is_invisible);
    for host in &all {
        let texts = [host.name.as_str(), host.notes.as_str()].into_iter().chain(host.tags.iter().map(String::as_str));
        assert!(!texts.into_iter().any(wrong), "{host:?}");
        assert!(host.console_command.is_none() && host.password_command.is_none(), "{host:?}");
    }
    assert_eq!(all.iter().map(|host| host.address.to_string()).collect::<Vec<_>>(), ["a", "c"]);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let many: Vec<String> = (0..10_001).map(|number| format!("m{number}=box{number}:1")).collect();
    for body in [deep, text(&many.join(" "))] {
        site.answers(ok("", body.as_bytes()));
        assert!(matches!(fixture.again(id).await.found.problem, Some(SourceProblem::List { .. })));
        assert_eq!(fixture.list.get().all().len(), 2);
    }
}

#[tokio::test]
async fn ten_thousand_machines_come_from_a_web_server() {
    let fixture = start();
    let many: Vec<String> = (0..10_000).map(|number| format!("m{number}=box{number}:1")).collect();
    let body = text(&many.join(" "));
    let site = Site::start(ok("ETag: \"1\"\r\n", body.as_bytes())).await;
    let begun = std::time::Instant::now();
    let id = fixture.follow(&format!("{}/all.json", site.origin), None).await;
    let first = begun.elapsed();
    assert_eq!(fixture.one().machines, 10_000);
    site.answers("HTTP/1.1 304 Not Modified\r\n\r\n");
    let begun = std::time::Instant::now();
    fixture.again(id).await;
    println!("10,000 machines of {} bytes: first {first:?}, again {:?}", body.len(), begun.elapsed());
}
