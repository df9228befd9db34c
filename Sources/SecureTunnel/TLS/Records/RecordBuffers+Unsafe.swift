import COpenSSL
import LinuxSystem

// The record buffers as an OpenSSL BIO.
//
// Invariant: the buffers outlive the BIO, which keeps an unowned reference to them; OpenSSL's memory is read and written
// only during its call, within the length that it gives.

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

    /// Creates a BIO over these buffers, which must outlive it.
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
    guard let slice = buffers.read(atMost: Int(limit)) else {
        unsafe BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
        return -1
    }
    let space = unsafe UnsafeMutableRawBufferPointer(start: target, count: Int(limit))
    unsafe slice.withUnsafeMutableBytes { unsafe space.copyMemory(from: UnsafeRawBufferPointer($0)) }
    return Int32(slice.count)
}

private func writeRecords(_ bio: OpaquePointer?, _ source: UnsafePointer<CChar>?, _ count: Int32) -> Int32 {
    guard let source = unsafe source, let data = unsafe BIO_get_data(bio), count > 0 else { return -1 }
    let buffers = unsafe Unmanaged<RecordBuffers>.fromOpaque(data).takeUnretainedValue()
    let bytes = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: source, count: Int(count)))
    return buffers.write(bytes) ? count : -1
}
