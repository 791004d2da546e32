//! A gateway, its upstream, its store and its client, all in one process and controlled by the test.

pub(crate) mod answer;
pub(crate) mod store;

use std::convert::Infallible;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use keystead_core::caller::{Caller, Owner, ReachableOrganization, ReachableProject};
use keystead_core::gate::{Entitlements, Policy, Requirement};
use keystead_core::key::{ApiKey, KeyKind, Pepper, TagKeys};
use keystead_core::money::Micros;
use keystead_core::network::Client;
use keystead_core::rate::RateLimits;
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_core::scope::ScopeSet;
use keystead_core::usage::{Price, UsageEvent};
use keystead_core::{Secret, Timestamp};
use keystead_gateway::{
    BoxError, Catalogue, Directory, DirectoryOptions, Gateway, GatewayOptions, KeySource, Limits, MemoryOwnership,
    Meter, MeterOptions, ModelEntry, PendingUsage, RateLimiter, SpendLeases, SpendLedgers, Stopwatch, Upstream,
    UsageSink,
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use self::answer::Answer;
use self::store::{Leases, Store};

pub(crate) const UPSTREAM_SECRET: &str = "operators-own-secret";
pub(crate) type UpstreamBody = UnsyncBoxBody<Bytes, BoxError>;
type Script = Arc<dyn Fn(Seen) -> Response<UpstreamBody> + Send + Sync>;

pub(crate) fn tags() -> TagKeys {
    TagKeys::new(Secret::new([1; 32]), Vec::new())
}

pub(crate) fn pepper() -> Pepper {
    Pepper::new(Secret::new([2; 32]))
}

/// What the upstream received.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    /// `None` when the body ended early.
    pub(crate) body: Option<Bytes>,
}

pub(crate) struct World {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) address: std::net::SocketAddr,
    pub(crate) store: Arc<Store>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) catalogue: Arc<ArcSwap<Catalogue>>,
    pub(crate) clock: Arc<AtomicI64>,
    /// Milliseconds on the stopwatch of the rate limiter.
    pub(crate) passed: Arc<AtomicU64>,
    pub(crate) rates: Arc<RateLimiter>,
    pub(crate) leases: Arc<Leases>,
    pub(crate) spend: Arc<SpendLedgers>,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
    script: Arc<Mutex<Script>>,
    folder: tempfile::TempDir,
}

pub(crate) fn model(id: &str) -> ModelEntry {
    let price = Price { input: Micros(1_000_000), output: Micros(2_000_000), ..Price::default() };
    ModelEntry {
        id: id.into(),
        upstream: "one".to_owned(),
        created: 1,
        owned_by: "maker".to_owned(),
        prices: price.into(),
        rates: RateLimits::NONE,
        tier_rates: Arc::default(),
        max_output_tokens: None,
    }
}

pub(crate) fn caller(key: &ApiKey, number: u32) -> Caller {
    let (key_id, user) = (format!("key_{number}"), format!("user-{number}"));
    Caller {
        key: key_id.parse().unwrap(),
        digest: key.digest(&pepper()),
        kind: key.kind(),
        owner: Owner::User(user.parse().unwrap()),
        owner_active: true,
        expires_at: None,
        pause: None,
        scopes: ScopeSet::all(),
        organizations: vec![ReachableOrganization {
            id: format!("org-{number}").parse().unwrap(),
            deactivated: false,
            billing_suspended: false,
            role: Some(OrganizationRole::Reader),
            assigned: keystead_core::scope::ScopeSet::NONE,
            entitlements: Entitlements {
                version: 1,
                met: vec![Requirement::Phone],
                ends: Vec::new(),
                organization_created_at: Timestamp(0),
                first_used: Vec::new(),
                tags: Vec::new(),
            },
            projects: vec![ReachableProject {
                features: None,
                id: format!("proj_{number}").parse().unwrap(),
                archived: false,
                is_default: true,
                role: Some(ProjectRole::Member),
                certificates: None,
                assigned: None,
                models: None,
                addresses: None,
                budgets: Vec::new(),
                rates: None,
            }],
            addresses: None,
            budgets: Vec::new(),
            caller_budgets: Vec::new(),
            tier: None,
        }],
        revision: 1,
    }
}

pub(crate) fn full(body: impl Into<Bytes>) -> UpstreamBody {
    Full::new(body.into()).map_err(|never| match never {}).boxed_unsync()
}

pub(crate) fn json(status: u16, body: &str) -> Response<UpstreamBody> {
    let answer = Response::builder().status(status).header("content-type", "application/json");
    answer.body(full(body.to_owned())).unwrap()
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Limits::default(), DirectoryOptions::default()).await
    }

    pub(crate) async fn with(limits: Limits, options: DirectoryOptions) -> Self {
        Self::on(Arc::default(), limits, options).await
    }

    /// Builds another node on the same store.
    pub(crate) async fn beside(&self) -> Self {
        Self::on(Arc::clone(&self.store), Limits::default(), DirectoryOptions::default()).await
    }

    async fn on(store: Arc<Store>, limits: Limits, options: DirectoryOptions) -> Self {
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let chat: Script = Arc::new(|_| json(200, r#"{"id":"x","usage":{"prompt_tokens":5,"completion_tokens":7}}"#));
        let script = Arc::new(Mutex::new(chat));
        let upstream = upstream(Arc::clone(&seen), Arc::clone(&script)).await;
        let time = Arc::new(AtomicI64::new(1_800_000_000));
        let clock: keystead_gateway::Clock = {
            let time = Arc::clone(&time);
            Arc::new(move || Timestamp(time.load(Ordering::SeqCst)))
        };
        let directory = Arc::new(Directory::new(Arc::clone(&store) as Arc<dyn KeySource>, options, Arc::clone(&clock)));
        let folder = tempfile::tempdir().unwrap();
        let quick = MeterOptions {
            segment: 16 << 10,
            reserve: 4 << 10,
            sync: Duration::from_millis(10),
            interval: Duration::ZERO,
            retry: Duration::from_millis(1),
            ..MeterOptions::default()
        };
        let passed = Arc::<AtomicU64>::default();
        let stopwatch: Stopwatch = {
            let passed = Arc::clone(&passed);
            Arc::new(move || Duration::from_millis(passed.load(Ordering::SeqCst)))
        };
        let sink = Arc::clone(&store) as Arc<dyn UsageSink>;
        let (spool, mut rng) = (folder.path().join("spool"), ChaCha20Rng::seed_from_u64(8));
        // A failed attempt is repeated after a time, which must pass.
        let began = tokio::time::Instant::now();
        let passing: Stopwatch = Arc::new(move || began.elapsed());
        let meter = Meter::open(&spool, sink, quick, passing, &mut rng).await;
        let meter = Arc::new(meter.unwrap());
        let rates = Arc::new(RateLimiter::new(stopwatch));
        let models = ["gpt-4o", "o3", "whisper-1", "tts-1", "gpt-image-1", "text-embedding-3-small"];
        let catalogue = Arc::new(ArcSwap::from_pointee(Catalogue {
            models: models.iter().map(|id| ((*id).to_owned(), model(id))).collect(),
            upstreams: std::iter::once((
                "one".to_owned(),
                Upstream::new(
                    "one".to_owned(),
                    &format!("http://{upstream}/v1"),
                    Some(Secret::new(UPSTREAM_SECRET.to_owned())),
                ),
            ))
            .collect(),
            policy: Policy::default_rules(),
        }));
        let leases = Arc::<Leases>::default();
        let source = Arc::clone(&leases) as Arc<dyn SpendLeases>;
        let spend = Arc::new(SpendLedgers::new(source, meter.run(), Arc::clone(&clock)));
        let gateway = Arc::new(Gateway::new(GatewayOptions {
            spend: Arc::clone(&spend),
            directory: Arc::clone(&directory),
            meter: Arc::clone(&meter),
            ownership: Arc::new(MemoryOwnership::new(1_000)),
            pending: Arc::clone(&store) as Arc<dyn PendingUsage>,
            rates: Arc::clone(&rates),
            catalogue: Arc::clone(&catalogue),
            tags: tags(),
            pepper: pepper(),
            clock,
            rng: Box::new(ChaCha20Rng::seed_from_u64(9)),
            public_url: "http://keystead.test".to_owned(),
            limits,
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = Arc::clone(&gateway);
        tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let gateway = Arc::clone(&serving);
                let answer = service_fn(move |request: Request<Incoming>| {
                    let gateway = Arc::clone(&gateway);
                    async move { Ok::<_, Infallible>(gateway.handle(request, Client::at(peer.ip())).await.response) }
                });
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
            }
        });
        Self {
            gateway,
            address,
            store,
            directory,
            meter,
            catalogue,
            clock: time,
            passed,
            rates,
            leases,
            spend,
            seen,
            script,
            folder,
        }
    }

    /// The folder of the spool.
    pub(crate) fn spool(&self) -> std::path::PathBuf {
        self.folder.path().join("spool")
    }

    /// Sets the upstream's answers from now on.
    pub(crate) fn answers(&self, script: impl Fn(Seen) -> Response<UpstreamBody> + Send + Sync + 'static) {
        *self.script.lock().unwrap() = Arc::new(script);
    }

    /// Serves every model from this address from now on.
    pub(crate) fn serve_from(&self, address: std::net::SocketAddr) {
        let mut catalogue = (**self.catalogue.load()).clone();
        let upstream = Upstream::new("one".to_owned(), &format!("http://{address}/v1"), None);
        catalogue.upstreams.insert("one".to_owned(), upstream);
        self.catalogue.store(Arc::new(catalogue));
    }

    /// Makes a key that the store knows, with its own organization and project.
    pub(crate) fn key(&self, number: u32) -> String {
        let key = mint(number);
        let caller = caller(&key, number);
        self.store.callers.lock().unwrap().insert(caller.digest, caller);
        key.secret().expose().clone()
    }

    pub(crate) fn change(&self, secret: &str, change: impl FnOnce(&mut Caller)) {
        let digest = ApiKey::parse(secret, &tags()).unwrap().digest(&pepper());
        change(self.store.callers.lock().unwrap().get_mut(&digest).unwrap());
    }

    /// Sets the rate limits of one organization for a model from now on.
    pub(crate) fn limit(&self, model: &str, limits: RateLimits) {
        let mut catalogue = (**self.catalogue.load()).clone();
        catalogue.models.get_mut(model).unwrap().rates = limits;
        self.catalogue.store(Arc::new(catalogue));
    }

    /// Sets the rate limits of one organization for a model in each usage tier from now on.
    pub(crate) fn limit_tiers(&self, model: &str, limits: &[RateLimits]) {
        let mut catalogue = (**self.catalogue.load()).clone();
        catalogue.models.get_mut(model).unwrap().tier_rates = limits.into();
        self.catalogue.store(Arc::new(catalogue));
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.passed.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn remove(&self, secret: &str) {
        let digest = ApiKey::parse(secret, &tags()).unwrap().digest(&pepper());
        self.store.callers.lock().unwrap().remove(&digest);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) async fn events(&self) -> Vec<UsageEvent> {
        self.meter.flush().await;
        self.store.events.lock().unwrap().clone()
    }

    pub(crate) async fn raw(&self, bytes: &[u8]) -> Option<Answer> {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A server that refuses early may close before everything is written.
        let _ = stream.write_all(bytes).await;
        let mut got = Vec::new();
        let _ = stream.read_to_end(&mut got).await;
        Answer::read(&got)
    }

    pub(crate) async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if method == "POST" {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        let bytes = [head.as_bytes(), b"\r\n", body].concat();
        self.raw(&bytes).await.unwrap()
    }

    pub(crate) async fn get(&self, target: &str, key: &str) -> Answer {
        self.send("GET", target, &[("authorization", &format!("Bearer {key}"))], b"").await
    }

    pub(crate) async fn post(&self, target: &str, key: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {key}");
        self.send("POST", target, &[("authorization", &bearer), ("content-type", "application/json")], body.as_bytes())
            .await
    }

    pub(crate) async fn chat(&self, key: &str) -> Answer {
        self.post("/v1/chat/completions", key, r#"{"model":"gpt-4o","messages":[]}"#).await
    }
}

pub(crate) fn mint(seed: u32) -> ApiKey {
    ApiKey::mint(KeyKind::Project, &tags(), &mut ChaCha20Rng::seed_from_u64(u64::from(seed)))
}

async fn upstream(seen: Arc<Mutex<Vec<Seen>>>, script: Arc<Mutex<Script>>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
            let answer = service_fn(move |request: Request<Incoming>| {
                let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
                async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await.ok().map(|body| body.to_bytes());
                    let this = Seen {
                        method: parts.method.to_string(),
                        target: parts.uri.to_string(),
                        headers: parts.headers,
                        body,
                    };
                    seen.lock().unwrap().push(this.clone());
                    let script = Arc::clone(&script.lock().unwrap());
                    Ok::<_, Infallible>(script(this))
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    address
}
