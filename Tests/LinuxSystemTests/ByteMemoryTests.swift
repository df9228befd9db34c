import LinuxSystem
import Testing

@Suite("ByteMemory")
struct ByteMemoryTests {
    private static func filled(_ bytes: [UInt8]) -> ByteMemory {
        let memory = ByteMemory(count: bytes.count)
        memory.store(bytes.span.rawBytes, at: 0)
        return memory
    }

    private static func bytes(_ slice: MemorySlice) -> [UInt8] { Array(copying: slice.span) }

    @Test("stores integers little-endian at any offset, up to the last byte")
    func integers() {
        let memory = Self.filled([UInt8](repeating: 9, count: 7))
        memory.store(UInt32(0x0403_0201), at: 3)
        memory.store(UInt16(0xbbaa), at: 1)
        #expect(Self.bytes(memory.all) == [9, 0xaa, 0xbb, 1, 2, 3, 4])
    }

    @Test("stores bytes up to the last one")
    func stores() {
        let memory = Self.filled([0, 0, 0, 0])
        memory.store([7, 8].span.rawBytes, at: 2)
        memory.store([UInt8]().span.rawBytes, at: 4)
        #expect(Self.bytes(memory.all) == [0, 0, 7, 8])
    }

    @Test("moves ranges to the front that overlap it", arguments: [(0, 6), (1, 6), (2, 5), (5, 6), (3, 3), (6, 6)])
    func movesToFront(from start: Int, to end: Int) {
        let content: [UInt8] = [1, 2, 3, 4, 5, 6]
        let memory = Self.filled(content)
        memory.moveToFront(start..<end)
        #expect(Self.bytes(memory[0..<end - start]) == Array(content[start..<end]))
        #expect(Self.bytes(memory[end - start..<6]) == Array(content[(end - start)...]))
    }

    @Test("a slice of a slice counts from the slice's start")
    func slices() {
        let slice = Self.filled([0, 1, 2, 3, 4, 5, 6, 7])[2..<7]
        #expect(slice.count == 5 && Self.bytes(slice) == [2, 3, 4, 5, 6])
        #expect(Self.bytes(slice[1..<3]) == [3, 4])
        #expect(Self.bytes(slice.prefix(2)) == [2, 3] && Self.bytes(slice.dropFirst(3)) == [5, 6])
        #expect(slice.dropFirst(5).isEmpty && MemorySlice.empty.isEmpty)
        #expect(Self.bytes(MemorySlice.empty).isEmpty && Self.bytes(MemorySlice(copying: [UInt8]().span)).isEmpty)
    }

    @Test("writing through a slice changes only its part")
    func writes() {
        let memory = Self.filled([1, 1, 1, 1, 1, 1])
        memory[1..<3].copy([5, 6].span)
        memory[3..<5].clear()
        #expect(Self.bytes(memory.all) == [1, 5, 6, 0, 0, 1])
        memory[4..<6].withMutableSpan { span in
            #expect(span.count == 2)
            span[1] = 9
        }
        #expect(Self.bytes(memory.all) == [1, 5, 6, 0, 0, 9])
    }

    @Test("a slice keeps its memory, which is freed with the last one")
    func ownership() {
        weak var memory: ByteMemory?
        var slice = MemorySlice.empty
        do {
            let made = Self.filled([1, 2, 3])
            memory = made
            slice = made[1..<3]
        }
        #expect(memory != nil && Self.bytes(slice) == [2, 3])
        slice = .empty
        #expect(memory == nil)
    }

    @Test("an access outside of the memory, or of the slice, ends the process")
    func traps() async {
        await #expect(processExitsWith: .failure) { ByteMemory(count: 4).store(UInt32(1), at: 1) }
        await #expect(processExitsWith: .failure) { ByteMemory(count: 4).store(UInt8(1), at: -1) }
        await #expect(processExitsWith: .failure) { ByteMemory(count: 4).store([1, 2].span.rawBytes, at: 3) }
        await #expect(processExitsWith: .failure) { ByteMemory(count: 4).moveToFront(2..<5) }
        await #expect(processExitsWith: .failure) { _ = ByteMemory(count: 4)[1..<5] }
        await #expect(processExitsWith: .failure) { _ = ByteMemory(count: 9)[2..<4][0..<3] }
        await #expect(processExitsWith: .failure) { _ = ByteMemory(count: 9)[2..<4].dropFirst(3) }
        await #expect(processExitsWith: .failure) { ByteMemory(count: 9)[2..<4].copy([1, 2, 3].span) }
    }

    @Test("bytes are the same as raw bytes, octets and in an array")
    func views() {
        let bytes: [UInt8] = [3, 1, 4, 1, 5]
        #expect(Array(copying: bytes.span.rawBytes.octets) == bytes)
        var array: [UInt8] = [9]
        array.append(copying: bytes.span.extracting(1..<3))
        #expect(array == [9, 1, 4])
    }
}
