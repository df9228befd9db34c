import LinuxSystem

/// The bytes between OpenSSL and the transport: received records that wait for decryption, and records that wait to be
/// sent.
///
/// OpenSSL sees it as a BIO that never blocks, so that encrypting needs no socket and a socket needs no lock.
///
/// ## Invariant
/// `0 <= inputStart <= inputEnd <= inputCapacity` and `0 <= outputCount <= outputCapacity`.
///
/// ## Concurrency model
/// Everything is accessed with the engine's lock held, except for two regions of memory: the free space that
/// ``freeInput()`` passed to the one reading thread, and the buffer that ``takeOutput()`` passed to the one sending
/// thread.
final class RecordBuffers {
    /// Space for one read from a socket: large, because waking a thread costs more than copying the bytes.
    static let inputCapacity = 1 << 20
    /// Space for what one write encrypts (see `TLSEngine.largestPlaintext`) and the records that go with it.
    static let outputCapacity = 192 * 1024

    private let input = PageMemory(byteCount: inputCapacity)
    private var inputStart = 0
    private var inputEnd = 0
    private var output = PageMemory(byteCount: outputCapacity)
    private var lentOutput = PageMemory(byteCount: outputCapacity)
    /// The number of bytes that wait to be sent.
    private(set) var outputCount = 0
    /// Whether the transport has ended.
    private(set) var isInputEnded = false
    /// The first bytes the peer sent, at most 128, to identify a peer that does not speak TLS.
    private(set) var firstBytes: [UInt8] = []

    /// Returns the free space for reading from the transport; ``supply(_:)`` ends its use.
    func freeInput() -> MemorySlice {
        if inputStart > 0 {
            input.memory.moveToFront(inputStart..<inputEnd)
            inputEnd -= inputStart
            inputStart = 0
        }
        return input.memory[inputEnd..<Self.inputCapacity]
    }

    /// Accounts for bytes that were read into the free space; 0 means the end of the transport.
    func supply(_ count: Int) {
        precondition(count >= 0 && count <= Self.inputCapacity - inputEnd)
        isInputEnded = count == 0
        if firstBytes.count < 128, count > 0 {
            let fresh = input.memory[inputEnd..<inputEnd + min(count, 128 - firstBytes.count)]
            firstBytes.append(copying: fresh.span)
        }
        inputEnd += count
    }

    /// Returns everything that waits to be sent, valid until the next call.
    func takeOutput() -> MemorySlice {
        swap(&output, &lentOutput)
        let count = outputCount
        outputCount = 0
        return lentOutput.memory[0..<count]
    }

    /// Releases unused memory; none of it may be in use by a thread.
    func trimInput() { input.giveBack(from: inputEnd) }

    /// Releases unused memory; none of it may be in use by a thread.
    func trimOutput() {
        output.giveBack(from: outputCount)
        lentOutput.giveBack(from: 0)
    }

    /// OpenSSL's read: as much as is available, nothing at the end; nil if it must retry later.
    func read(atMost limit: Int) -> MemorySlice? {
        let count = min(limit, inputEnd - inputStart)
        guard count > 0 else { return isInputEnded ? .empty : nil }
        defer { inputStart += count }
        return input.memory[inputStart..<inputStart + count]
    }

    /// OpenSSL's write: all or nothing.
    ///
    /// Only a peer that keeps provoking answers and never reads them can fill the space.
    func write(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount <= Self.outputCapacity - outputCount else { return false }
        output.memory.store(bytes, at: outputCount)
        outputCount += bytes.byteCount
        return true
    }
}
