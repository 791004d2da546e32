//! Connections to a PostgreSQL server: why it cannot be reached, in the server's own words, and refusing at once while
//! it is known to be down.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Postgres, Transaction};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::Error;
use crate::engine::apart;

/// Connections to the server.
const CONNECTIONS: u32 = 16;
/// How long the server may take to accept the first connection.
const AT_START: Duration = Duration::from_secs(5);
/// How long a transaction waits for a connection while the server answers and all connections are in use.
const WHILE_BUSY: Duration = Duration::from_secs(3);
/// After this wait the server is checked.
const UNTIL_ASKED: Duration = Duration::from_millis(150);
/// How long it may take to answer the check: together with the wait less than a second.
const TO_ANSWER: Duration = Duration::from_millis(600);
/// The interval of checks while the server is down.
const ASKED_AGAIN: Duration = Duration::from_millis(250);

/// A server, and its connections.
#[derive(Clone)]
pub(crate) struct Server {
    state: Arc<State>,
}

struct State {
    options: PgConnectOptions,
    /// Replaced when the server was down: older connections may be dead without being closed, and each would have to
    /// time out.
    pool: RwLock<PgPool>,
    /// The reason while the server is down. Transactions are refused at once meanwhile.
    away: watch::Sender<Option<String>>,
    /// Allows one check at a time.
    asking: Arc<Semaphore>,
}

impl fmt::Debug for Server {
    // The options contain the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &address(&self.state.options)).finish_non_exhaustive()
    }
}

impl Server {
    /// Connects once, so that errors appear at once.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|error| Error::Other(format!("database.url cannot be read as an address: {error}")))?;
        connect(&options, AT_START).await.map_err(|refused| Error::Unavailable(refused.reason))?;
        let (away, asking) = (watch::Sender::new(None), Arc::new(Semaphore::new(1)));
        let state = State { pool: RwLock::new(pool(&options)), options, away, asking };
        Ok(Self { state: Arc::new(state) })
    }

    pub(crate) fn pool(&self) -> PgPool {
        self.state.pool.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens a connection for migrations. Slow statements are not logged on it: the whole schema is one statement.
    pub(crate) async fn migration_connection(&self) -> Result<PgConnection, Error> {
        let options = self.state.options.clone().disable_statement_logging();
        Ok(PgConnection::connect_with(&options).await?)
    }

    /// Begins a transaction with this statement.
    pub(crate) async fn begin(&self, statement: &'static str) -> Result<Transaction<'static, Postgres>, Error> {
        let mut away = self.state.away.subscribe();
        let known = away.borrow().clone();
        if let Some(reason) = known {
            return Err(Error::Unavailable(reason));
        }
        let pool = self.pool();
        let beginning = timeout(WHILE_BUSY, apart(async move { pool.begin_with(statement).await }));
        let mut beginning = std::pin::pin!(beginning);
        let begun = match timeout(UNTIL_ASKED, beginning.as_mut()).await {
            Ok(begun) => begun,
            Err(_) => {
                // All connections may be in use, or the server may be down: only a check can tell.
                self.state.ask();
                tokio::select! {
                    begun = beginning => begun,
                    reason = gone(&mut away) => return Err(Error::Unavailable(reason)),
                }
            }
        };
        match begun {
            Ok(Ok(Err(sqlx::Error::PoolTimedOut))) | Err(_) => {
                let address = address(&self.state.options);
                Err(Error::Unavailable(format!("all {CONNECTIONS} connections to {address} are in use")))
            }
            Ok(Ok(begun)) => Ok(begun?),
            Ok(Err(ended)) => Err(ended),
        }
    }
}

fn pool(options: &PgConnectOptions) -> PgPool {
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(WHILE_BUSY);
    pool.connect_lazy_with(options.clone())
}

/// Waits until the server is known to be down.
async fn gone(away: &mut watch::Receiver<Option<String>>) -> String {
    if let Ok(reason) = away.wait_for(Option::is_some).await {
        return reason.clone().unwrap_or_default();
    }
    // Never, because the sender lives as long as this server.
    std::future::pending().await
}

impl State {
    /// Checks the server while the transactions wait; if it is down, until it is up again.
    fn ask(self: &Arc<Self>) {
        let Ok(asking) = Arc::clone(&self.asking).try_acquire_owned() else { return };
        let state = Arc::downgrade(self);
        tokio::spawn(async move {
            watch_over(state).await;
            drop(asking);
        });
    }
}

impl State {
    /// Drops all connections; running transactions may still end.
    fn begin_anew(&self) {
        let new = pool(&self.options);
        let old = std::mem::replace(&mut *self.pool.write().unwrap_or_else(PoisonError::into_inner), new);
        tokio::spawn(async move { old.close().await });
    }
}

async fn watch_over(state: Weak<State>) {
    let mut is_away = false;
    while let Some(state) = state.upgrade() {
        let refused = match connect(&state.options, TO_ANSWER).await {
            Err(refused) if refused.is_away => refused,
            // Any other answer also shows that it is up.
            Ok(()) | Err(_) => {
                if is_away {
                    tracing::info!("the database answers again");
                    state.away.send_replace(None);
                }
                return;
            }
        };
        if !is_away {
            tracing::error!(reason = %refused.reason, "the database cannot be reached; check database.url and the database server");
            state.begin_anew();
        }
        is_away = true;
        state.away.send_replace(Some(refused.reason));
        drop(state);
        sleep(ASKED_AGAIN).await;
    }
}

/// Why a connection failed.
struct Refused {
    reason: String,
    /// Whether there is no server that could answer.
    is_away: bool,
}

async fn connect(options: &PgConnectOptions, within: Duration) -> Result<(), Refused> {
    let address = address(options);
    let (reason, is_away) = match timeout(within, PgConnection::connect_with(options)).await {
        Ok(Ok(connection)) => {
            // This keeps the server's log clean; nothing depends on it.
            let _ = timeout(within, connection.close()).await;
            return Ok(());
        }
        Ok(Err(sqlx::Error::Database(error))) => {
            // Shutting down, crashed, starting up.
            let code = error.code().unwrap_or_default().into_owned();
            let is_away = matches!(code.as_str(), "57P01" | "57P02" | "57P03");
            (format!("{address} says: {}", error.message()), is_away)
        }
        Ok(Err(sqlx::Error::Io(error))) => (format!("{address}: {error}"), true),
        Ok(Err(error)) => (format!("{address}: {error}"), true),
        Err(_) => (format!("{address} does not answer within {within:?}"), true),
    };
    Err(Refused { reason, is_away })
}

/// The server's address, without the password.
fn address(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    let (user, host, port) = (options.get_username(), options.get_host(), options.get_port());
    match options.get_socket() {
        Some(socket) => format!("PostgreSQL at {} (database {database}, user {user})", socket.display()),
        None => format!("PostgreSQL at {host}:{port} (database {database}, user {user})"),
    }
}
