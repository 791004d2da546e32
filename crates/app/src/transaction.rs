//! Transactions of use cases, written where they borrow from.
//!
//! These are macros because the work is a future that borrows both the transaction and the use case's arguments. As an
//! `async` closure it could not be shown to be `Send` for every lifetime (rust-lang/rust#110338), so each use case
//! would have to clone what it uses.

/// Runs the work in a transaction that changes nothing: `read_tx!(self.store(), "name", |tx| { … })`. The name is for
/// logs and for tests that stop a use case there.
macro_rules! read_tx {
    ($store:expr, $name:literal, |$tx:ident| $work:expr) => {
        async {
            let mut begun = $store.begin_read($name).await?;
            let $tx = &mut begun;
            let worked: Result<_, $crate::Error> = async { $work }.await;
            worked
        }
        .await
    };
}

/// Runs the work in a transaction and commits when it answers `Ok`. When it meets another transaction it is run again
/// from the start, so it must do nothing but SQL; the compiler refuses to move anything out of the use case into it.
macro_rules! write_tx {
    ($store:expr, $name:literal, |$tx:ident| $work:expr) => {
        async {
            let mut attempts = $store.attempts($name);
            loop {
                let mut begun = attempts.begin().await?;
                let $tx = &mut begun;
                let worked: Result<_, $crate::Error> = async { $work }.await;
                if let std::ops::ControlFlow::Break(done) = attempts.end(begun, worked).await {
                    break done;
                }
            }
        }
        .await
    };
}
