//! A body that another reader consumes within limits of size, time and memory. The first violated limit is kept for the
//! caller that answers, because the reader learns only that the body could not be read.

use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep_until};

use crate::request::body_memory::Share;
use crate::request::client_body::{BodyBounds, BodyFault, Pace};

/// The limit that a body violated, if any, and the memory reserved for what was read of it: keep this until the request
/// is answered.
#[derive(Debug)]
pub struct Watch {
    broken: OnceLock<BodyFault>,
    share: Mutex<Share>,
}

impl Watch {
    /// The first violated limit.
    #[must_use]
    pub fn broken(&self) -> Option<BodyFault> {
        self.broken.get().copied()
    }

    fn set_aside(&self, bytes: usize) -> Result<(), BodyFault> {
        self.share.lock().unwrap_or_else(PoisonError::into_inner).grow(bytes).map_err(BodyFault::NoRoom)
    }
}

/// The body.
#[derive(Debug)]
pub struct Bounded<B> {
    body: B,
    left: usize,
    pace: Pace,
    pause: Option<Pin<Box<Sleep>>>,
    setting_aside: SettingAside,
    watch: Arc<Watch>,
}

#[derive(Debug, Clone, Copy)]
enum SettingAside {
    /// Nothing has arrived yet.
    Nothing,
    /// All of the announced length is reserved.
    Announced,
    /// Each piece is reserved when it arrives.
    Each,
}

impl<B: Body<Data = Bytes> + Unpin> Bounded<B> {
    /// Applies these limits to a body; its reader collects it in the memory of `share`.
    pub fn new(body: B, bounds: BodyBounds, share: Share) -> (Self, Arc<Watch>) {
        let watch = Arc::new(Watch { broken: OnceLock::new(), share: Mutex::new(share) });
        let (left, pace, setting_aside) = (bounds.most, Pace::new(bounds), SettingAside::Nothing);
        (Self { body, left, pace, pause: None, setting_aside, watch: Arc::clone(&watch) }, watch)
    }

    fn fail(&self, fault: BodyFault) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        // The first one stays.
        let _ = self.watch.broken.set(fault);
        Poll::Ready(Some(Err(fault)))
    }

    fn take(&mut self, data: &Bytes, announced: Option<u64>) -> Result<(), BodyFault> {
        self.left = self.left.checked_sub(data.len()).ok_or(BodyFault::TooLarge)?;
        match self.setting_aside {
            SettingAside::Announced => Ok(()),
            SettingAside::Each => self.watch.set_aside(data.len()),
            // Usually the body arrives with its head, in one piece, so it costs nothing more.
            SettingAside::Nothing if self.body.is_end_stream() => Ok(()),
            SettingAside::Nothing => {
                let announced = announced.and_then(|length| usize::try_from(length).ok());
                self.setting_aside = if announced.is_some() { SettingAside::Announced } else { SettingAside::Each };
                self.watch.set_aside(announced.unwrap_or(data.len()))
            }
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Bounded<B> {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let this = &mut *self;
        if this.watch.broken().is_some() {
            return Poll::Ready(None);
        }
        let hint = this.body.size_hint();
        if hint.lower() > u64::try_from(this.left).unwrap_or(u64::MAX) {
            return this.fail(BodyFault::TooLarge);
        }
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) else {
            let pace = &mut this.pace;
            let pause = this.pause.get_or_insert_with(|| Box::pin(sleep_until(pace.deadline())));
            ready!(pause.as_mut().poll(context));
            return this.fail(BodyFault::TooSlow);
        };
        this.pause = None;
        match frame {
            None => Poll::Ready(None),
            Some(Err(_)) => this.fail(BodyFault::BrokenOff),
            Some(Ok(frame)) => match frame.data_ref().map(|data| this.take(data, hint.exact())) {
                Some(Err(fault)) => this.fail(fault),
                _ => Poll::Ready(Some(Ok(frame))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::{BodyExt, Full, StreamBody};

    use super::*;
    use crate::request::body_memory::{BodyMemory, BodyOwner, NoRoom};

    const BOUNDS: BodyBounds =
        BodyBounds { most: 100, pause: Duration::from_secs(30), whole: Duration::from_secs(300) };

    fn share(most: usize) -> (BodyMemory, Share) {
        let memory = BodyMemory::new(most);
        let share = memory.share(BodyOwner::at([192, 0, 2, 1].into()), most);
        (memory, share)
    }

    /// Chunks of these lengths, each after this many seconds.
    fn chunks(all: &'static [(u64, usize)]) -> impl Body<Data = Bytes, Error = BodyFault> + Unpin {
        let stream = futures_util::stream::unfold(all, |all| async move {
            let ((seconds, length), rest) = all.split_first()?;
            tokio::time::sleep(Duration::from_secs(*seconds)).await;
            Some((Ok(Frame::data(Bytes::from(vec![b'x'; *length]))), rest))
        });
        StreamBody::new(Box::pin(stream))
    }

    async fn read(body: impl Body<Data = Bytes> + Unpin, most: usize) -> Result<usize, BodyFault> {
        let (memory, share) = share(most);
        let (body, watch) = Bounded::new(body, BOUNDS, share);
        let read = body.collect().await.map(|body| body.to_bytes().len());
        assert_eq!(watch.broken(), read.err());
        drop(watch);
        assert_eq!(memory.in_use(), 0);
        read
    }

    #[tokio::test(start_paused = true)]
    async fn size_time_and_memory_are_bounded() {
        assert_eq!(read(chunks(&[(0, 50), (29, 50)]), 100).await, Ok(100));
        assert_eq!(read(chunks(&[(0, 50), (0, 51)]), 200).await, Err(BodyFault::TooLarge));
        assert_eq!(read(chunks(&[(0, 50), (31, 1)]), 100).await, Err(BodyFault::TooSlow));
        assert_eq!(read(chunks(&[(29, 1); 20]), 100).await, Err(BodyFault::TooSlow), "all of it took too long");
        assert_eq!(read(chunks(&[(1, 5); 20]), 99).await, Err(BodyFault::NoRoom(NoRoom::Owner)));
        assert_eq!(read(Full::new(Bytes::from(vec![0; 100])), 0).await, Ok(100), "it came in one piece");
        assert_eq!(read(Full::new(Bytes::from(vec![0; 101])), 0).await, Err(BodyFault::TooLarge), "before it is read");
    }

    #[tokio::test]
    async fn memory_is_held_until_the_answer() {
        let (memory, share) = share(100);
        let (body, watch) = Bounded::new(chunks(&[(0, 5), (0, 7)]), BOUNDS, share);
        let whole = body.collect().await.unwrap().to_bytes();
        assert_eq!((whole.len(), memory.in_use()), (12, 12));
        drop(watch);
        assert_eq!(memory.in_use(), 0);
    }
}
