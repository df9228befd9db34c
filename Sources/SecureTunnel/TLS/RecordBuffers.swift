import COpenSSL
import Glibc

/// The bytes between OpenSSL and the transport: received records that wait for decryption, and records that wait to be
/// sent.
///
/// OpenSSL sees it as a BIO that never blocks, so that encrypting needs no socket and a socket needs no lock.
///
/// ## Invariant
/// `input` and both outputs are allocations of their capacity that live as long as this object;
/// `0 <= inputStart <= inputEnd <= inputCapacity` and `0 <= outputCount <= outputCapacity`.
///
/// ## Concurrency model
/// Everything is accessed with the engine's lock held, except for two regions of memory: the free space that
/// ``freeInput()`` lent to the one reading thread, and the buffer that ``takeOutput()`` lent to the one sending thread.
@safe final class RecordBuffers {
    /// Space for one read from a socket: large, because waking a thread costs more than copying the bytes.
    static let inputCapacity = 1 << 20
    /// Space for what one write encrypts (see `TLSEngine.largestPlaintext`) and the records that go with it.
    static let outputCapacity = 192 * 1024

    private let input = PageMemory(byteCount: inputCapacity)
    private var inputStart = 0
    private var inputEnd = 0
    private var output = PageMemory(byteCount: outputCapacity)
    private var lentOutput = PageMemory(byteCount: outputCapacity)
    /// How many bytes wait to be sent.
    private(set) var outputCount = 0
    /// Whether the transport has ended.
    private(set) var isInputEnded = false
    /// The first bytes the peer sent, at most 128, to identify a peer that does not speak TLS.
    private(set) var firstBytes: [UInt8] = []

    /// Lends the free space for reading from the transport; ``supply(_:)`` releases it.
    func freeInput() -> UnsafeMutableRawBufferPointer {
        if inputStart > 0 {
            unsafe memmove(input.start, input.start + inputStart, inputEnd - inputStart)
            inputEnd -= inputStart
            inputStart = 0
        }
        return unsafe UnsafeMutableRawBufferPointer(start: input.start + inputEnd, count: Self.inputCapacity - inputEnd)
    }

    /// Accounts for bytes that were read into the free space; 0 means the end of the transport.
    func supply(_ count: Int) {
        precondition(count >= 0 && count <= Self.inputCapacity - inputEnd)
        isInputEnded = count == 0
        if firstBytes.count < 128, count > 0 {
            let fresh = unsafe UnsafeRawBufferPointer(start: input.start + inputEnd, count: count)
            unsafe firstBytes.append(contentsOf: fresh.prefix(128 - firstBytes.count))
        }
        inputEnd += count
    }

    /// Lends everything that waits to be sent, until the next call.
    func takeOutput() -> UnsafeRawBufferPointer {
        swap(&output, &lentOutput)
        let count = outputCount
        outputCount = 0
        return unsafe UnsafeRawBufferPointer(start: lentOutput.start, count: count)
    }

    /// Releases unused memory; nothing may be lent.
    func trimInput() { input.giveBack(from: inputEnd) }

    /// Releases unused memory; nothing may be lent.
    func trimOutput() {
        output.giveBack(from: outputCount)
        lentOutput.giveBack(from: 0)
    }

    /// OpenSSL reads: as much as is available; nil when it must retry later.
    fileprivate func read(into target: UnsafeMutableRawPointer, atMost limit: Int) -> Int? {
        let count = min(limit, inputEnd - inputStart)
        guard count > 0 else { return isInputEnded ? 0 : nil }
        unsafe memcpy(target, input.start + inputStart, count)
        inputStart += count
        return count
    }

    /// OpenSSL writes: all or nothing.
    ///
    /// Only a peer that keeps provoking answers and never reads them can fill the space.
    fileprivate func write(_ source: UnsafeRawPointer, count: Int) -> Bool {
        guard count <= Self.outputCapacity - outputCount else { return false }
        unsafe memcpy(output.start + outputCount, source, count)
        outputCount += count
        return true
    }
}

extension RecordBuffers {
    /// The method table of our BIOs.
    ///
    /// Created once, never changed, never freed.
    nonisolated(unsafe) private static let method: OpaquePointer? = {
        let kind = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = unsafe BIO_meth_new(kind, "dvm records") else { return nil }
        unsafe BIO_meth_set_read(method, readRecords)
        unsafe BIO_meth_set_write(method, writeRecords)
        unsafe BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return unsafe method
    }()

    /// Makes a BIO over these buffers, which must outlive it.
    func makeBIO() -> OpaquePointer? {
        guard let method = unsafe Self.method, let bio = unsafe BIO_new(method) else { return nil }
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        unsafe BIO_set_init(bio, 1)
        return unsafe bio
    }
}

private func readRecords(_ bio: OpaquePointer?, _ target: UnsafeMutablePointer<CChar>?, _ limit: Int32) -> Int32 {
    guard let target = unsafe target, let data = unsafe BIO_get_data(bio), limit > 0 else { return -1 }
    unsafe BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
    let buffers = unsafe Unmanaged<RecordBuffers>.fromOpaque(data).takeUnretainedValue()
    guard let count = unsafe buffers.read(into: target, atMost: Int(limit)) else {
        unsafe BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
        return -1
    }
    return Int32(count)
}

private func writeRecords(_ bio: OpaquePointer?, _ source: UnsafePointer<CChar>?, _ count: Int32) -> Int32 {
    guard let source = unsafe source, let data = unsafe BIO_get_data(bio), count > 0 else { return -1 }
    let buffers = unsafe Unmanaged<RecordBuffers>.fromOpaque(data).takeUnretainedValue()
    return unsafe buffers.write(source, count: Int(count)) ? count : -1
}
