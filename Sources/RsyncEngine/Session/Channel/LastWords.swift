import LinuxSystem
import Transport

/// Limits the time that ending a failed session may take: a peer that neither reads nor closes cannot hold it up.
///
/// ## Concurrency model
/// A failing session interrupts it from any thread; the thread `dvm-last-words` closes the stream if the channel has
/// not been closed when the time is up.
final class LastWords: Interruptible {
    private let stream: any ByteStream
    private let limit: Duration
    private let isEnded = BoundedQueue<Never>(capacity: 1, name: "end of the session")

    init(stream: any ByteStream, limit: Duration) {
        self.stream = stream
        self.limit = limit
    }

    func interrupt() {
        let (stream, limit, isEnded) = (stream, limit, isEnded)
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-last-words") {
                if case .timedOut = isEnded.pop(within: limit) { stream.close() }
            }
        } catch {
            stream.close()
        }
    }

    /// Called when the channel is being closed.
    func end() { isEnded.close() }
}
