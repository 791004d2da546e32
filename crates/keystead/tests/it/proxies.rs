//! The files in `packaging/`, read by the programs that use them: nginx and Caddy in front of the product, and systemd.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::product::{Product, pause};
use crate::upstream;

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // SIGTERM, so that nginx ends its workers.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// Finds a program that `cargo xtask setup` installs.
fn program(name: &str) -> PathBuf {
    let places = ["/usr/sbin", "/usr/bin", "/usr/local/bin"];
    let found = places.iter().map(|place| Path::new(place).join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{name} is missing; run cargo xtask setup"))
}

fn packaged(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging").join(name)).unwrap()
}

/// Replaces a part that the file must have.
fn replaced(text: &str, pairs: &[(&str, &str)]) -> String {
    pairs.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}: {text}");
        text.replace(from, to)
    })
}

/// Ports that are free now: a proxy needs them in its configuration.
fn ports() -> [String; 2] {
    let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    free.map(|listener| listener.local_addr().unwrap().port().to_string())
}

fn wait_for(port: &str) {
    for _ in 0..400 {
        if TcpStream::connect(format!("127.0.0.1:{port}")).is_ok() {
            return;
        }
        pause(Duration::from_millis(25));
    }
    panic!("nothing listens on {port}");
}

fn curl(arguments: &[&str]) -> Command {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--insecure", "--max-time", "30"]).args(arguments);
    command
}

fn answer(arguments: &[&str]) -> String {
    let output = curl(arguments).output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Starts the product behind a proxy, which `start` begins with the product's address and the two ports.
fn behind(start: impl Fn(&Path, &str, [&str; 2]) -> Running) {
    let (base_url, go_on) = upstream::held();
    let [tls, plain] = ports();
    let public_url = format!("https://localhost:{tls}");
    let product = Product::start(&[
        ("KEYSTEAD_ENVIRONMENT", "production"),
        ("KEYSTEAD_SERVER__PUBLIC_URL", &public_url),
        ("KEYSTEAD_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
        ("KEYSTEAD_NETWORK__CLIENT_CERTIFICATE_HEADER", "X-Client-Cert"),
        ("KEYSTEAD_UPSTREAM__0__NAME", "main"),
        ("KEYSTEAD_UPSTREAM__0__BASE_URL", &base_url),
        ("KEYSTEAD_UPSTREAM__0__MODELS", "gpt-4o"),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let _proxy = start(folder.path(), &product.listen, [&tls, &plain]);
    wait_for(&tls);
    wait_for(&plain);
    let made = product.bootstrap();
    let (admin, project) = (made["admin_key"].as_str().unwrap(), made["project_id"].as_str().unwrap());

    // What a client claims about its address is not believed; what the proxy saw is.
    let bearer = format!("Authorization: Bearer {admin}");
    let accounts = format!("{public_url}/v1/organization/projects/{project}/service_accounts");
    let kind = "Content-Type: application/json";
    let claim = ["--interface", "127.0.0.2", "-H", "X-Forwarded-For: 203.0.113.9", "-H", &bearer, "-H", kind];
    let created = answer(&[&claim[..], &["-d", "{\"name\":\"bot\"}", &accounts]].concat());
    let created: serde_json::Value = serde_json::from_str(&created).unwrap_or_else(|_| panic!("{created}"));
    let log = product.call("GET", "/v1/organization/audit_logs", admin, None).json();
    assert_eq!(log["data"][0]["actor"]["api_key"]["ip_address"], "127.0.0.2", "{log}");

    // The first event of a stream arrives while the model server waits with the second.
    let key = format!("Authorization: Bearer {}", created["api_key"]["value"].as_str().unwrap());
    let body = json!({ "model": "gpt-4o", "stream": true, "messages": [{ "role": "user", "content": "Hello" }] });
    let chat = format!("{public_url}/v1/chat/completions");
    let mut stream = curl(&["--no-buffer", "-H", &key, "-H", kind, "-d", &body.to_string(), &chat]);
    let mut child = stream.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("first")), "the stream is not buffered");
    go_on.send(()).unwrap();
    assert!(lines.any(|line| line.contains("second")));
    assert!(child.wait().unwrap().success());

    // A page opens under the public address, and a large body reaches Keystead.
    let page = answer(&["--fail", &format!("{public_url}/sign-in")]);
    assert!(page.contains("<form"), "{page}");
    let large = folder.path().join("large.json");
    let body = json!({ "model": "none", "messages": [{ "role": "user", "content": "x".repeat(2 << 20) }] });
    std::fs::write(&large, body.to_string()).unwrap();
    let read = answer(&["-H", &key, "-H", kind, "--data-binary", &format!("@{}", large.display()), &chat]);
    assert!(read.contains("The model `none` does not exist"), "{read}");

    certificates_of_clients(&product, &public_url, (admin, project), (&key, folder.path()));

    // A page is redirected to TLS, a key is not.
    let over_http = answer(&["-H", &key, &format!("http://localhost:{plain}/v1/models")]);
    assert!(over_http.contains("https_required"), "{over_http}");
    let exchange = answer(&["-d", "grant_type=x", &format!("http://localhost:{plain}/oauth/token")]);
    assert!(exchange.contains("\"https_required\""), "{exchange}");
    let exchange = answer(&["-d", "grant_type=x", &format!("{public_url}/oauth/token")]);
    assert!(exchange.contains("unsupported_grant_type"), "{exchange}");
    let page = answer(&["--head", &format!("http://localhost:{plain}/sign-in")]).to_lowercase();
    assert!(page.contains("301") && page.contains("location: https://localhost"), "{page}");
}

/// Runs OpenSSL in a folder.
fn openssl(folder: &Path, arguments: &[&str]) {
    let made = Command::new(program("openssl")).args(arguments).current_dir(folder).output().unwrap();
    assert!(made.status.success(), "{made:?}");
}

/// The proxy reports the certificate of a client that holds its key, and no other.
fn certificates_of_clients(
    product: &Product,
    public_url: &str,
    (admin, project): (&str, &str),
    (key, folder): (&str, &Path),
) {
    std::fs::write(folder.join("client.cnf"), "basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n").unwrap();
    for name in ["ours", "theirs"] {
        let (authority, authority_key) = (format!("{name}.pem"), format!("{name}.key"));
        let (client, client_key, request) =
            (format!("{name}-client.pem"), format!("{name}-client.key"), format!("{name}.csr"));
        let new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        let own =
            ["req", "-x509", "-days", "2", "-subj", "/CN=authority", "-keyout", &authority_key, "-out", &authority];
        openssl(folder, &[&own[..], &new].concat());
        let asked = ["req", "-new", "-subj", "/CN=client", "-keyout", &client_key, "-out", &request];
        openssl(folder, &[&asked[..], &new].concat());
        let by = ["-CA", &authority, "-CAkey", &authority_key, "-CAcreateserial", "-extfile", "client.cnf"];
        openssl(folder, &[&["x509", "-req", "-days", "2", "-in", &request, "-out", &client], &by[..]].concat());
    }
    let pem = std::fs::read_to_string(folder.join("ours.pem")).unwrap();
    let made =
        product.call("POST", "/v1/organization/certificates", admin, Some(&json!({ "certificate": pem }))).json();
    let ids = json!({ "certificate_ids": [made["id"]] });
    let path = |verb: &str| format!("/v1/organization/projects/{project}/certificates/{verb}");
    assert_eq!(product.call("POST", &path("activate"), admin, Some(&ids)).status, 200);
    let models = format!("{public_url}/v1/models");
    let ours = std::fs::read_to_string(folder.join("ours-client.pem")).unwrap();
    let forged = crate::certificates::header(&ours);
    let call = |more: &[&str]| answer(&[&["-H", key, "-H", &forged][..], more, &[&models]].concat());
    let at = |name: &str| folder.join(name).display().to_string();
    let (own, own_key) = (at("ours-client.pem"), at("ours-client.key"));
    let (other, other_key) = (at("theirs-client.pem"), at("theirs-client.key"));
    let refused = call(&[]);
    assert!(refused.contains("certificate_required"), "a header of the client's own is not passed on: {refused}");
    let served = call(&["--cert", &own, "--key", &own_key]);
    assert!(served.contains("gpt-4o"), "{served}");
    let refused = call(&["--cert", &other, "--key", &other_key]);
    assert!(refused.contains("certificate_not_accepted"), "{refused}");
    assert_eq!(product.call("POST", &path("deactivate"), admin, Some(&ids)).status, 200);
    assert!(call(&[]).contains("gpt-4o"));
}

#[test]
fn nginx_passes_streams_and_addresses() {
    behind(|folder, listen, [tls, plain]| {
        let at = |name: &str| folder.join(name).display().to_string();
        let (certificate, key) = (at("certificate.pem"), at("key.pem"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
            .args(["-subj", "/CN=localhost", "-keyout", &key, "-out", &certificate])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let site = replaced(
            &packaged("nginx.conf"),
            &[
                ("# ssl_verify_client", "ssl_verify_client"),
                ("keys.example.com.pem", "certificate.pem"),
                ("keys.example.com.key", "key.pem"),
                ("/etc/ssl/certs/", &at("")),
                ("/etc/ssl/private/", &at("")),
                ("keys.example.com", "localhost"),
                ("listen 443", &format!("listen 127.0.0.1:{tls}")),
                ("listen [::]:443", "#"),
                ("listen 80", &format!("listen 127.0.0.1:{plain}")),
                ("listen [::]:80", "#"),
                ("127.0.0.1:8080", listen),
            ],
        );
        let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|name| format!("{name}_temp_path {};\n", at(name)))
            .collect();
        let whole = format!(
            "daemon off; pid {}; error_log stderr; events {{}}\nhttp {{\naccess_log off;\n{paths}{site}}}\n",
            at("pid")
        );
        let file = at("nginx.conf");
        std::fs::write(&file, whole).unwrap();
        let nginx = program("nginx");
        let checked = Command::new(&nginx).args(["-t", "-c", &file]).output().unwrap();
        assert!(checked.status.success(), "{checked:?}");
        Running(Command::new(nginx).args(["-c", &file]).stderr(Stdio::null()).spawn().unwrap())
    });
}

#[test]
fn caddy_passes_streams_and_addresses() {
    behind(|folder, listen, [tls, plain]| {
        let options = "{\nadmin off\nskip_install_trust\nauto_https disable_redirects\n}\n";
        let site = replaced(
            &packaged("Caddyfile"),
            &[
                ("\nkeys.example.com {", &format!("\nhttps://localhost:{tls} {{\n")),
                ("# tls {", "tls {\nissuer internal\n"),
                ("# \tclient_auth {", "client_auth {"),
                ("# \t\tmode request", "mode request"),
                ("# \t}\n", "}\n"),
                ("# }\n", "}\n"),
                ("http://keys.example.com {", &format!("http://localhost:{plain} {{")),
                ("127.0.0.1:8080", listen),
            ],
        );
        let file = folder.join("Caddyfile");
        std::fs::write(&file, format!("{options}{site}")).unwrap();
        let caddy = program("caddy");
        let run = |verb: &str| {
            let mut command = Command::new(&caddy);
            command.args([verb, "--adapter", "caddyfile", "--config"]).arg(&file);
            command.env("HOME", folder).env("XDG_DATA_HOME", folder).env("XDG_CONFIG_HOME", folder);
            command
        };
        let checked = run("validate").output().unwrap();
        assert!(checked.status.success(), "{checked:?}");
        Running(run("run").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    });
}

#[test]
fn systemd_reads_the_units() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["keystead.service", "keystead-backup.service", "keystead-backup.timer"] {
        // The program is installed by hand, so another one is in its place here.
        let unit = packaged(name).replace("/usr/local/bin/keystead", env!("CARGO_BIN_EXE_keystead"));
        let file = folder.path().join(name);
        std::fs::write(&file, unit).unwrap();
    }
    let files =
        ["keystead.service", "keystead-backup.service", "keystead-backup.timer"].map(|name| folder.path().join(name));
    let read = Command::new(program("systemd-analyze")).arg("verify").args(files).output().unwrap();
    assert!(read.status.success() && read.stderr.is_empty(), "{}", String::from_utf8_lossy(&read.stderr));
    let service = folder.path().join("keystead.service");
    let exposure = Command::new(program("systemd-analyze"))
        .args(["security", "--offline=true", "--threshold=20"])
        .arg(service)
        .output()
        .unwrap();
    assert!(exposure.status.success(), "{}", String::from_utf8_lossy(&exposure.stdout));
}
