import CLinux
import Glibc
package import LinuxSystem
import Synchronization

/// A switch that one thread throws to end the waits of others, permanently.
///
/// ## Concurrency model
/// `raised` goes from false to true once; the eventfd becomes readable with it and is never read, so every poll(2) that
/// includes it returns at once from then on.
package final class StopSignal: Sendable {
    private let event: Descriptor
    private let raised = Atomic<Bool>(false)

    /// Makes a switch that is not thrown.
    ///
    /// - Throws: `SystemError` of eventfd(2).
    package init() throws(SystemError) {
        event = Descriptor(
            owning: try systemCall("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) }
        )
    }

    /// Throws the switch, from any thread or a signal handler; a second call does nothing.
    package func raise() {
        guard !raised.exchange(true, ordering: .acquiringAndReleasing) else { return }
        _ = eventfd_write(event.rawValue, 1)
    }

    /// Whether the switch was thrown.
    package var isRaised: Bool { raised.load(ordering: .acquiring) }

    /// What poll(2) waits on, valid as long as this object lives.
    var eventDescriptor: Int32 { event.rawValue }
}
