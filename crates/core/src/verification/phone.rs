//! One phone verification, as a pure state machine: events are its inputs, the next state and the effects its outputs.
//! It never touches a key: old keys stay valid.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Lifetime of a code: ten minutes.
pub const CODE_LIFE: i64 = 600;
/// Checks of one code before it becomes invalid.
pub const CHECKS_PER_CODE: u8 = 5;
/// Maximum number of codes sent for one verification.
pub const MOST_SENDS: u8 = 5;
/// Waits before a code may be sent again; the last one repeats.
pub const RESEND_WAITS: [i64; 4] = [30, 60, 120, 300];
/// Waits after a code was locked by wrong checks; the last one repeats.
pub const LOCK_WAITS: [i64; 3] = [900, 3_600, 86_400];

/// The state of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneState {
    /// A code was sent.
    CodeSent,
    /// The service that sends codes does not answer; this does not count.
    ProviderDown,
    /// Too many wrong codes.
    Locked,
    /// The code expired.
    Expired,
    /// The person cancelled it, or wants another number.
    Abandoned,
    /// The number is proven.
    Verified,
}

impl PhoneState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::CodeSent, Self::ProviderDown, Self::Locked, Self::Expired, Self::Abandoned, Self::Verified];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CodeSent => "code_sent",
            Self::ProviderDown => "provider_down",
            Self::Locked => "locked",
            Self::Expired => "expired",
            Self::Abandoned => "abandoned",
            Self::Verified => "verified",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether it has ended; a new verification may begin (after a lock, when its wait is over).
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Expired | Self::Abandoned | Self::Verified)
    }
}

/// One verification, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneAttempt {
    /// The state.
    pub state: PhoneState,
    /// Wrong checks of the present code.
    pub checks: u8,
    /// Number of codes sent.
    pub sends: u8,
    /// When the present code was made.
    pub sent_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When a code may be sent again.
    pub resend_at: Timestamp,
    /// Until when everything is locked, after too many wrong codes.
    pub locked_until: Option<Timestamp>,
    /// How many earlier codes of this person in this organization were locked by wrong checks.
    pub lock_round: u8,
}

/// An event of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneEvent {
    /// The person requests the code again.
    Resend {
        /// Whether the service repeats the same code, so that its ten minutes do not restart.
        same_code: bool,
    },
    /// A code was checked and was right.
    RightCode,
    /// A code was checked and was wrong.
    WrongCode,
    /// The service reports that its code allows no more checks.
    Exhausted,
    /// The service does not answer.
    ProviderDown,
    /// The service does not answer, and another one sent its own code in the same request.
    SentByOtherService,
    /// The service reports that the message cannot be delivered.
    DeliveryFailed,
    /// Time passed.
    Tick,
    /// The person wants another number, or cancels.
    Abandon,
}

/// An effect that must follow an event, outside the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneEffect {
    /// Make a code if Keystead makes it, and send it.
    SendCode,
    /// Make the code unusable, here and at the service.
    RevokeCode,
    /// Bind the number to the organization, and continue what waited for it.
    BindNumber,
    /// Report that the code did not arrive, and offer another way if the operator has one; never use it silently.
    OfferOtherWay,
}

/// Why an event is not possible now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneRefusal {
    /// The wait before sending again is not over.
    TooSoon {
        /// When it is.
        at: Timestamp,
    },
    /// All codes of this verification were sent.
    NoSendsLeft,
    /// Locked until then.
    Locked {
        /// When the lock ends.
        at: Timestamp,
    },
    /// The code expired; begin again.
    Expired,
    /// It has already ended.
    Ended,
}

/// The result of an event: the next state, the effects, and the audit event.
pub type PhoneStep = (PhoneAttempt, Vec<PhoneEffect>, &'static str);

const fn resend_wait(sends: u8) -> i64 {
    let at = if sends == 0 { 0 } else { sends as usize - 1 };
    RESEND_WAITS[if at < RESEND_WAITS.len() { at } else { RESEND_WAITS.len() - 1 }]
}

const fn lock_wait(round: u8) -> i64 {
    LOCK_WAITS[if (round as usize) < LOCK_WAITS.len() { round as usize } else { LOCK_WAITS.len() - 1 }]
}

impl PhoneAttempt {
    /// Begins a verification for an accepted number; `lock_round` counts earlier codes that were locked by wrong
    /// checks.
    #[must_use]
    pub fn begin(now: Timestamp, lock_round: u8) -> PhoneStep {
        let begun = Self {
            state: PhoneState::CodeSent,
            checks: 0,
            sends: 1,
            sent_at: now,
            expires_at: now.plus(CODE_LIFE),
            resend_at: now.plus(resend_wait(1)),
            locked_until: None,
            lock_round,
        };
        (begun, vec![PhoneEffect::SendCode], "phone.code_sent")
    }

    /// How many checks the present code still allows.
    #[must_use]
    pub const fn checks_left(&self) -> u8 {
        CHECKS_PER_CODE.saturating_sub(self.checks)
    }

    /// Applies an event.
    ///
    /// # Errors
    /// When the state does not allow it; nothing changes then.
    pub fn step(self, event: PhoneEvent, now: Timestamp) -> Result<PhoneStep, PhoneRefusal> {
        if self.state.is_final() {
            return Err(PhoneRefusal::Ended);
        }
        match (self.state, event) {
            (PhoneState::Locked, PhoneEvent::Tick) if self.locked_until.is_none_or(|at| now >= at) => {
                Ok((Self { state: PhoneState::Expired, ..self }, Vec::new(), "phone.lock_ended"))
            }
            (PhoneState::Locked, _) => Err(PhoneRefusal::Locked { at: self.locked_until.unwrap_or(now) }),
            (_, PhoneEvent::Abandon) => {
                let next = Self { state: PhoneState::Abandoned, ..self };
                Ok((next, vec![PhoneEffect::RevokeCode], "phone.number_changed"))
            }
            (PhoneState::ProviderDown, PhoneEvent::Resend { .. }) => Ok(self.send_again(now, false)),
            (_, PhoneEvent::Tick) if now >= self.expires_at => Ok(self.expire()),
            (_, _) if now >= self.expires_at && !matches!(event, PhoneEvent::Resend { .. }) => {
                Err(PhoneRefusal::Expired)
            }
            (_, PhoneEvent::Resend { same_code }) => self.resend(now, same_code),
            (PhoneState::CodeSent, PhoneEvent::RightCode) => {
                let next = Self { state: PhoneState::Verified, ..self };
                Ok((next, vec![PhoneEffect::RevokeCode, PhoneEffect::BindNumber], "phone.verified"))
            }
            (PhoneState::CodeSent, PhoneEvent::WrongCode) => Ok(self.wrong(now)),
            (PhoneState::CodeSent, PhoneEvent::Exhausted) => Ok(self.lock(now)),
            (PhoneState::CodeSent, PhoneEvent::ProviderDown) => {
                let next = Self { state: PhoneState::ProviderDown, ..self };
                Ok((next, Vec::new(), "phone.provider_down"))
            }
            (PhoneState::CodeSent, PhoneEvent::SentByOtherService) => {
                // It is another code, so it gets ten minutes and its own checks; it does not count as a further send,
                // and the wait stays.
                let next = Self { sent_at: now, expires_at: now.plus(CODE_LIFE), checks: 0, ..self };
                Ok((next, Vec::new(), "phone.provider_down"))
            }
            (PhoneState::CodeSent, PhoneEvent::DeliveryFailed) => {
                Ok((self, vec![PhoneEffect::OfferOtherWay], "phone.delivery_failed"))
            }
            (_, PhoneEvent::Tick | PhoneEvent::ProviderDown | PhoneEvent::DeliveryFailed) => {
                Ok((self, Vec::new(), "phone.unchanged"))
            }
            (
                _,
                PhoneEvent::RightCode | PhoneEvent::WrongCode | PhoneEvent::Exhausted | PhoneEvent::SentByOtherService,
            ) => Err(PhoneRefusal::Expired),
        }
    }

    fn resend(self, now: Timestamp, same_code: bool) -> Result<PhoneStep, PhoneRefusal> {
        if self.sends >= MOST_SENDS {
            return Err(PhoneRefusal::NoSendsLeft);
        }
        if now < self.resend_at {
            return Err(PhoneRefusal::TooSoon { at: self.resend_at });
        }
        // An expired code cannot be repeated, even by a service that repeats codes.
        let same_code = same_code && now < self.expires_at;
        Ok(self.send_again(now, same_code))
    }

    /// Counts a send. A new code gets a new ten minutes and new checks; the same code keeps both.
    fn send_again(self, now: Timestamp, same_code: bool) -> PhoneStep {
        let was_down = self.state == PhoneState::ProviderDown;
        // A code that the service never sent does not count.
        let sends = if was_down { self.sends } else { self.sends + 1 };
        let mut next = Self { state: PhoneState::CodeSent, sends, resend_at: now.plus(resend_wait(sends)), ..self };
        if !same_code {
            next.sent_at = now;
            next.expires_at = now.plus(CODE_LIFE);
            next.checks = 0;
        }
        (next, vec![PhoneEffect::SendCode], "phone.code_resent")
    }

    fn wrong(self, now: Timestamp) -> PhoneStep {
        let checks = self.checks.saturating_add(1);
        if checks >= CHECKS_PER_CODE {
            return Self { checks, ..self }.lock(now);
        }
        (Self { checks, ..self }, Vec::new(), "phone.code_wrong")
    }

    fn lock(self, now: Timestamp) -> PhoneStep {
        let until = now.plus(lock_wait(self.lock_round));
        let next = Self { state: PhoneState::Locked, locked_until: Some(until), ..self };
        (next, vec![PhoneEffect::RevokeCode], "phone.locked")
    }

    fn expire(self) -> PhoneStep {
        (Self { state: PhoneState::Expired, ..self }, vec![PhoneEffect::RevokeCode], "phone.code_expired")
    }
}

#[cfg(test)]
mod tests;
