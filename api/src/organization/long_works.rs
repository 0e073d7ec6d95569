//! Places for long work, such as a scan of all users: some in the whole server, and fewer for one organization, so that none
//! keeps the others waiting for as long as it likes to ask.

use std::sync::{Arc, LazyLock};
use std::thread;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::error::ApiError;
use crate::limits::{LONG_WORKS_MAX, LONG_WORKS_WAITING_MAX};

/// All places of the server.
static PLACES: LazyLock<Places> = LazyLock::new(|| Places::of(cores()));

/// The places of a server.
#[derive(Debug)]
pub(crate) struct Places {
    all: Semaphore,
    of_organization: usize,
}

/// The long work of one organization.
#[derive(Debug)]
pub(crate) struct LongWorks {
    of_server: &'static Places,
    places: Arc<Semaphore>,
    waiting: Semaphore,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _of_organization: OwnedSemaphorePermit,
    _of_server: SemaphorePermit<'static>,
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

impl Places {
    /// Places for this many cores. Long work leaves one of them to the writers and the short requests, whose many small steps
    /// would each wait for it otherwise; and an organization leaves half of the places to the others, so there are two at
    /// least.
    pub(crate) fn of(cores: usize) -> Self {
        let places = cores.saturating_sub(1).clamp(2, LONG_WORKS_MAX);
        Self {
            all: Semaphore::new(places),
            of_organization: places.div_ceil(2),
        }
    }
}

impl LongWorks {
    /// The long work of an organization of this server.
    pub(crate) fn new() -> Self {
        Self::among(&PLACES)
    }

    /// The long work of an organization that shares these places with others.
    pub(crate) fn among(of_server: &'static Places) -> Self {
        Self {
            of_server,
            places: Arc::new(Semaphore::new(of_server.of_organization)),
            waiting: Semaphore::new(LONG_WORKS_WAITING_MAX),
        }
    }

    /// Waits for a place. Who comes first gets one first, and of each organization only a few wait for the places of the server.
    ///
    /// # Errors
    /// When too many of this organization wait already: better told at once than after all the time that a request has.
    pub(crate) async fn place(&self) -> Result<Place, ApiError> {
        let _waiting = self.waiting.try_acquire().map_err(|_| ApiError::Busy)?;
        let of_organization = Arc::clone(&self.places).acquire_owned().await;
        let of_server = self.of_server.all.acquire().await;
        Ok(Place {
            _of_organization: of_organization.map_err(|_| ApiError::Internal)?,
            _of_server: of_server.map_err(|_| ApiError::Internal)?,
        })
    }
}
