//! Puts everything together in order: secrets, store, sandbox, gateway, doors, listeners.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::middleware::from_fn;
use keystead_api::ApiState;
use keystead_dashboard::{DashboardState, Waiting};
use keystead_gateway::{
    Directory, DirectoryOptions, Durability, Gateway, GatewayOptions, Limits, Meter, MeterOptions, Rates, ReadOn,
};
use keystead_store::Store;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::config::{UsageDurability, Validated};
use crate::failure::Failure;
use crate::secrets;
use crate::serve::dispatch::{self, Dispatch};
use crate::serve::edge::Edge;
use crate::serve::host::Hosts;
use crate::serve::outcome::Outcomes;
use crate::serve::{health, listener, metrics};
use crate::wire;
use crate::wire::authenticate::ByGateway;
use crate::wire::catalogue::Models;
use crate::wire::follower::{self, Follower};
use crate::wire::keys::StoreKeys;
use crate::wire::node::Node;
use crate::wire::objects::StoreOwnership;
use crate::wire::pending::{self, StorePending};
use crate::wire::sandbox;
use crate::wire::sink::StoreUsage;

/// Where things were bound.
pub(crate) struct Addresses {
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: String,
    pub(crate) sandbox: Option<String>,
    pub(crate) metrics: Option<SocketAddr>,
}

/// Everything that runs.
pub(crate) struct Running {
    pub(crate) addresses: Addresses,
    meter: Arc<Meter>,
    follower: JoinHandle<()>,
    listening: JoinHandle<()>,
    leaving: Arc<Follower>,
    worker: JoinHandle<()>,
    busy: mpsc::Receiver<()>,
    /// Ends when the process does.
    _node: Node,
    _sandbox: Option<sandbox::Running>,
}

/// Starts everything; `stopped` turns true when connections should end.
pub(crate) async fn start(config: Validated, stopped: watch::Receiver<bool>) -> Result<Running, Failure> {
    let main = listener::bind(config.server.listen, "KEYSTEAD_SERVER__LISTEN").await?;
    let listen = main.local_addr()?;
    let secrets = secrets::open(&config.server.data_dir)?;
    let edge = Edge::open(&config.edge)?;
    let store = wire::open_store(&config).await?;
    let public_url = if config.public_url.is_empty() { format!("http://{listen}") } else { config.public_url.clone() };
    let sandbox = sandbox::start(&config).await?;
    let sandbox_url = sandbox.as_ref().map(|running| running.url.clone());

    let models_at = sandbox.as_ref().map(|running| running.models.as_str());
    let mut models = Models::new(&config, models_at);
    models.publish(&store).await?;
    let catalogue = Arc::new(ArcSwap::from_pointee(models.catalogue(&store).await?));
    let directory = Arc::new(Directory::new(
        Arc::new(StoreKeys::new(store.clone())),
        DirectoryOptions {
            capacity: config.directory.capacity,
            max_stale_seconds: config.directory.max_stale_seconds,
            ..DirectoryOptions::default()
        },
        wire::clock(),
    ));
    let meter = wire::progress("delivering usage of the last run", open_meter(&config, &store)).await?;
    let rates = Arc::new(Rates::new(wire::stopwatch()));
    let gateway = Arc::new(Gateway::new(GatewayOptions {
        directory: Arc::clone(&directory),
        rates: Arc::clone(&rates),
        meter: Arc::clone(&meter),
        catalogue: Arc::clone(&catalogue),
        tags: wire::tags(&secrets),
        pepper: wire::pepper(&secrets),
        clock: wire::clock(),
        ownership: Arc::new(StoreOwnership::new(store.clone())),
        pending: Arc::new(StorePending::new(store.clone())),
        rng: Box::new(wire::rng()),
        public_url: public_url.clone(),
        limits: limits(&config),
    }));
    let node = Node::claim(&config.server.data_dir, &store).await;
    let parts = follower::Parts {
        store: store.clone(),
        directory,
        rates,
        catalogue,
        models,
        node: node.name.clone(),
        max_stale_seconds: config.directory.max_stale_seconds,
    };
    let follower = Follower::begin(parts).await?;

    let outcomes = Outcomes::default();
    let mut registry = Registry::default();
    outcomes.register(&mut registry);
    gateway.metrics(&mut registry);
    follower.lag().register(&mut registry);

    if let Some(running) = &sandbox {
        running.announce_to(listen);
    }
    let mut services = wire::services::services(&config, sandbox.as_ref())?;
    wire::services::review(&mut services, &config, &store, &secrets, &public_url)?;
    let app = wire::app(store.clone(), &secrets, public_url.clone(), services, wire::settings(&config));
    let worker = tokio::spawn(wire::worker::work(app.clone(), stopped.clone()));
    tokio::spawn(pending::follow(Arc::clone(&gateway), stopped.clone()));
    let authenticate = Arc::new(ByGateway(Arc::clone(&gateway)));
    let pages = keystead_dashboard::router(DashboardState {
        app: app.clone(),
        public_url: public_url.clone(),
        sandbox_url: sandbox_url.clone(),
        form_targets: wire::services::form_targets(&config, sandbox.as_ref()),
        stopped: stopped.clone(),
        waiting: Waiting::default(),
    });
    let noter = app.clone();
    let administration = keystead_api::router(ApiState { app, authenticate });
    let dispatch = Arc::new(Dispatch {
        gateway,
        administration: administration.layer(from_fn(dispatch::remember_template)),
        pages: pages.merge(health::router(store, Arc::clone(&meter))).layer(from_fn(dispatch::remember_template)),
        hosts: Hosts::new(&public_url, listen),
        edge,
        follower: Arc::clone(&follower),
        outcomes,
        app: noter,
        noting: Arc::new(Semaphore::new(1)),
    });

    let (busy_sender, busy) = mpsc::channel(1);
    let metrics_bound = start_metrics(&config, registry, stopped.clone(), busy_sender.clone()).await?;
    let answer = move |request, peer| Arc::clone(&dispatch).answer(request, peer);
    tokio::spawn(listener::serve(main, answer, stopped, busy_sender));
    let leaving = Arc::clone(&follower);
    let listening = tokio::spawn(Arc::clone(&follower).listen());
    let follower = tokio::spawn(follower.follow());
    let addresses = Addresses { listen, public_url, sandbox: sandbox_url, metrics: metrics_bound };
    Ok(Running { addresses, meter, follower, listening, leaving, worker, busy, _node: node, _sandbox: sandbox })
}

fn limits(config: &Validated) -> Limits {
    let Limits { form_prefix, body_idle, connect, recheck, .. } = Limits::default();
    let (json_body, form_body) = (config.limits.json_body_bytes, config.limits.upload_body_bytes);
    let read_on = ReadOn {
        time: Duration::from_secs(config.limits.read_on_seconds),
        bytes: config.limits.read_on_bytes,
        at_once: config.limits.read_on_answers,
    };
    Limits { json_body, form_body, form_prefix, body_idle, connect, read_on, recheck }
}

async fn open_meter(config: &Validated, store: &Store) -> Result<Arc<Meter>, Failure> {
    let folder = config.server.data_dir.join("spool");
    let sink = Arc::new(StoreUsage::new(store.clone()));
    let usage = &config.usage;
    let options = MeterOptions {
        durability: match usage.durability {
            UsageDurability::Process => Durability::Process,
            UsageDurability::Disk => Durability::Disk,
        },
        unwritten_events: usage.unwritten_events,
        unwritten_time: Duration::from_secs(usage.unwritten_seconds),
        segment: usage.spool_file_bytes,
        ..MeterOptions::default()
    };
    let opened = Meter::open(&folder, sink, options, wire::stopwatch(), &mut wire::rng()).await;
    opened.map(Arc::new).map_err(|error| Failure::Other(format!("the usage spool {}: {error}", folder.display())))
}

/// The default address may be busy, because another Keystead runs on this machine; a chosen one may not.
async fn start_metrics(
    config: &Validated,
    registry: Registry,
    stopped: watch::Receiver<bool>,
    busy: mpsc::Sender<()>,
) -> Result<Option<SocketAddr>, Failure> {
    let Some(address) = config.metrics else {
        return Ok(None);
    };
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(error) if !config.metrics_chosen => {
            tracing::warn!(%address, error = %error, "metrics are off: their default address cannot be used");
            return Ok(None);
        }
        Err(_) => listener::bind(address, "KEYSTEAD_SERVER__METRICS_LISTEN").await?,
    };
    let bound = listener.local_addr()?;
    let registry = Arc::new(registry);
    let answer = move |request, _| metrics::answer(Arc::clone(&registry), request);
    tokio::spawn(listener::serve(listener, answer, stopped, busy));
    Ok(Some(bound))
}

impl Running {
    /// Waits for running requests within `grace`, then until what they used is safe.
    pub(crate) async fn finish(mut self, grace: Duration) {
        if timeout(grace, self.busy.recv()).await.is_err() {
            tracing::warn!("some requests did not finish in time and are cut");
        }
        if timeout(Duration::from_secs(5), self.meter.flush()).await.is_err() {
            tracing::warn!("usage waits in the spool for the next start");
        }
        if timeout(Duration::from_secs(5), self.worker).await.is_err() {
            tracing::warn!("a job did not finish in time; it is carried out again after the next start");
        }
        self.follower.abort();
        self.listening.abort();
        if timeout(Duration::from_secs(2), self.leaving.leave()).await.is_err() {
            tracing::warn!("the database does not answer; other nodes look for this one for an hour");
        }
    }
}
