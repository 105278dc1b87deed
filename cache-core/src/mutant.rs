//! Deliberate mistakes in the protocol, to show that the simulation notices them.
//!
//! They are compiled in with `--cfg mutants` only, which nothing but `cargo x soak simulation --mutants` and a step of
//! `cargo x test` uses. Without it [`is`] is `false` for the compiler, and nothing is left of them.

/// Makes the list, with a name for each.
macro_rules! mutants {
    ($($(#[$doc:meta])* $name:ident)+) => {
        /// A mistake that an implementation of the protocol could make.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(not(mutants), expect(unreachable_pub, reason = "public to the simulation, which is built with mutants"))]
        pub enum Mutant {
            $($(#[$doc])* $name,)+
        }

        #[cfg(mutants)]
        impl Mutant {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];
        }
    };
}

mutants! {
    /// The versions of what a value depends on are captured after its load.
    CaptureAfterLoad
    /// A value is stored without a look at whose the lease is.
    FillWithoutToken
    /// A version that is missing counts as the one that was expected.
    AbsentVersionIsValid
    /// What a read has brought is believed though a message has overtaken it.
    MirrorBelievesLateReplies
    /// The mirror is believed while nothing proves that messages come.
    MirrorUsedWithoutLink
    /// An invalidation touches its names before the fleet is told, and not once more after.
    TouchOnce
    /// An invalidation touches its names after the fleet was told, and not before.
    TouchLate
    /// All attempts to store a key send their value ahead under one name.
    SharedStagingName
    /// What was inherited is captured anew when the outer value is stored.
    DependenciesCapturedAnew
    /// The fence of a late tag is read once more before the tag is captured, not after.
    FenceReadBeforeTag
    /// Late tags are captured after the load, and nothing else is asked.
    FencesIgnored
    /// After a failover the versions that were set before are set again.
    ReminderRestoresVersions
    /// After a failover nobody says again what he has said before.
    NoReminder
    /// An invalidation that could not be sent is forgotten.
    UnsentIsForgotten
    /// The tier is read though the outbox says that it is not to be believed.
    OutboxNotAsked
    /// A load's value is for everybody who waits, whatever was touched since it began.
    HandedToLatecomers
    /// What was built from something doubtful is for everybody who waits.
    DoubtfulForLatecomers
    /// What was touched while it was read from the tier is handed out.
    TouchedWhileRead
    /// A value is kept though one of its names was touched since its load began.
    KeptThoughTouched
    /// An invalidation leaves the key's identity.
    IdentityStays
    /// An invalidation leaves the key's lease, and with it the right of a load that runs.
    LeaseStays
    /// A put leaves the key's identity.
    PutKeepsIdentity
    /// A put leaves what the process knows of the identity that it has changed.
    IdentityOfPutBelieved
    /// A put that was refused is left at that.
    RefusedPutIsIgnored
    /// Two puts of one process end in any order.
    PutsOvertake
    /// After a gap what was there before is still believed.
    GapNotTouched
    /// What is in a process stays there when nothing proves that messages come.
    WindowIgnored
    /// What is taken from the tier is as fresh as if it had just been loaded.
    PromotionRestartsLife
    /// What is asked about with each read is believed for as long as messages come.
    StrongBelievesMirror
}

#[cfg(mutants)]
thread_local! {
    static CURRENT: std::cell::Cell<Option<Mutant>> = const { std::cell::Cell::new(None) };
}

/// Whether this mistake is to be made.
#[cfg(mutants)]
pub(crate) fn is(mutant: Mutant) -> bool {
    CURRENT.get() == Some(mutant)
}

/// Whether this mistake is to be made: never.
#[cfg(not(mutants))]
#[inline(always)]
pub(crate) const fn is(_: Mutant) -> bool {
    false
}

/// From here on all caches make this mistake in what they do on this thread.
#[cfg(mutants)]
pub fn make(mutant: Option<Mutant>) {
    CURRENT.set(mutant);
}
