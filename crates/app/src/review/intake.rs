//! Reading pictures beside the server's other work, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use keystead_core::secret::Secret;
use keystead_documents::image::{ImageRefusal, MAX_BYTES, Picture, PictureKind, QUEUE_LIMIT, intake};
use tokio::sync::Semaphore;

/// Reads pictures beside the server's other work: a few at a time, each for a limited time.
#[derive(Debug, Clone)]
pub struct Intake {
    turns: Arc<Semaphore>,
    time_limit: Duration,
}

impl Intake {
    /// Reads `at_once` pictures at a time, where each may need half a gigabyte for a moment; gives up on one after
    /// `time_limit`, which is [`TIME_LIMIT`] in optimised builds.
    #[must_use]
    pub fn new(at_once: usize, time_limit: Duration) -> Self {
        Self { turns: Arc::new(Semaphore::new(at_once.max(1))), time_limit }
    }

    /// Runs [`intake`] on a thread that may block.
    ///
    /// # Errors
    /// Those of [`intake`]; also when no permit becomes free within [`QUEUE_LIMIT`] or reading takes too long.
    pub async fn take(&self, bytes: Vec<u8>, kind: PictureKind) -> Result<Picture, ImageRefusal> {
        if bytes.len() > MAX_BYTES {
            return Err(ImageRefusal::FileTooLarge);
        }
        let bytes = Secret::new(bytes);
        self.bounded(self.time_limit, move || intake(bytes.expose(), kind)).await?
    }

    /// Runs other work on a picture with the same limits.
    pub(super) async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, crate::Error> {
        let done = self.bounded(self.time_limit, work).await;
        done.map_err(|_| crate::Error::Unavailable)
    }

    /// Runs one piece of work with the limits. Work that is given up on keeps its permit until it really ends, so that
    /// slow pictures cannot pile up in the background.
    pub(super) async fn bounded<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ImageRefusal> {
        let turn = tokio::time::timeout(QUEUE_LIMIT, Arc::clone(&self.turns).acquire_owned());
        let turn = turn.await.map_err(|_| ImageRefusal::Busy)?.map_err(|_| ImageRefusal::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        let done = tokio::time::timeout(limit, done).await.map_err(|_| ImageRefusal::TooSlow)?;
        done.map_err(|_| ImageRefusal::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use keystead_documents::image::TIME_LIMIT;
    use keystead_testkit::pictures::jpeg;

    use super::*;

    #[tokio::test]
    async fn work_is_bounded_and_done_in_order() {
        let intake = Intake::new(1, TIME_LIMIT);
        assert_eq!(intake.bounded(TIME_LIMIT, || 7).await, Ok(7));
        let (finish, wait) = mpsc::channel::<()>();
        let slow = intake.bounded(Duration::ZERO, move || wait.recv().is_ok()).await;
        assert_eq!(slow, Err(ImageRefusal::TooSlow));
        assert_eq!(intake.turns.available_permits(), 0, "given up on, but still working");
        drop(finish);
        let picture = intake.take(jpeg(1200, 600, 1).unwrap(), PictureKind::Selfie).await.unwrap();
        assert_eq!(picture.kind, PictureKind::Selfie);
        assert_eq!(
            intake.take(vec![0; MAX_BYTES + 1], PictureKind::Selfie).await.err(),
            Some(ImageRefusal::FileTooLarge)
        );
    }
}
