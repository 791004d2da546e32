//! Macros for transactions of use cases, which borrow from their surroundings.
//!
//! These are macros because the work is a future that borrows both the transaction and the use case's arguments. As an
//! `async` closure it could not be shown to be `Send` for every lifetime (rust-lang/rust#110338), so each use case
//! would have to clone what it uses.

/// Runs the work in a transaction that changes nothing: `read_tx!(self.store(), "name", |tx| { … })`. The name appears
/// in logs, and tests use it to interrupt a use case there.
macro_rules! read_tx {
    ($store:expr, $name:literal, |$tx:ident| $work:expr) => {
        $crate::transaction::boxed(async {
            let mut begun = $store.begin_read($name).await?;
            let $tx = &mut begun;
            let worked: Result<_, $crate::Error> = async { $work }.await;
            worked
        })
        .await
    };
}

/// Runs the work in a transaction and commits when it answers `Ok`. When it conflicts with another transaction it runs
/// again from the start, so it must contain only SQL; the compiler refuses to move values of the use case into it.
macro_rules! write_tx {
    ($store:expr, $name:literal, |$tx:ident| $work:expr) => {
        $crate::transaction::boxed(async {
            let mut attempts = $store.attempts($name);
            loop {
                let mut begun = attempts.begin().await?;
                let $tx = &mut begun;
                let worked: Result<_, $crate::Error> = async { $work }.await;
                if let std::ops::ControlFlow::Break(done) = attempts.end(begun, worked).await {
                    break done;
                }
            }
        })
        .await
    };
}

/// Hides the type of a transaction's future. Callers would otherwise contain the type of everything that the
/// transaction awaits, and the compiler would prove for each page that all of it is `Send`.
pub(crate) fn boxed<'a, T>(
    future: impl Future<Output = Result<T, crate::Error>> + Send + 'a,
) -> std::pin::Pin<Box<dyn Future<Output = Result<T, crate::Error>> + Send + 'a>> {
    Box::pin(future)
}
