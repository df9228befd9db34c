import LinuxSystem
import Testing

@testable import RsyncWire

@Suite("InputWindow")
struct InputWindowTests {
    private static func window(_ bytes: [UInt8], at start: Int = 0) -> InputWindow {
        let memory = ByteMemory(count: start + bytes.count + 8)
        memory.all.clear()
        memory.store(bytes.span.rawBytes, at: start)
        return InputWindow(memory[start..<start + bytes.count])
    }

    @Test("takes bytes, words and slices in their order, and nothing behind the window")
    func order() {
        var window = Self.window([1, 2, 3, 4, 5, 6, 7, 8, 9], at: 3)
        #expect(window.isEmpty && window.countBehind == 9 && window.countLeft == 9)
        window.open(7)
        #expect(window.count == 7 && window.countBehind == 2)
        #expect(window.byte() == 1)
        #expect(window.word() == 0x0504_0302)
        // Two bytes are left in the window, though there are four in the buffer.
        #expect(window.word() == nil && window.count == 2)
        #expect(Array(copying: window.take(2).span) == [6, 7])
        #expect(window.isEmpty && window.countLeft == 2)
        window.open(2)
        #expect(Array(copying: window.take(2).span) == [8, 9] && window.countLeft == 0)
    }

    @Test("opening drops what was left")
    func drops() {
        var window = Self.window([1, 2, 3, 4])
        window.open(2)
        window.open(1)
        #expect(window.byte() == 3 && window.countLeft == 1)
    }

    @Test("closing makes what was in the window lie behind it")
    func closing() {
        var window = Self.window([1, 2, 3, 4])
        window.open(3)
        #expect(window.byte() == 1)
        window.close()
        #expect(window.isEmpty && window.countBehind == 2)
        window.open(2)
        #expect(Array(copying: window.take(2).span) == [2, 3])
    }

    @Test("a slice stays as it is when the window moves on")
    func sliceStays() {
        var window = Self.window([1, 2, 3])
        window.open(3)
        let slice = window.take(2)
        window = InputWindow()
        #expect(Array(copying: slice.span) == [1, 2])
    }

    @Test("taking more than there is ends the process")
    func traps() async {
        await #expect(processExitsWith: .failure) {
            var window = InputWindow()
            _ = window.byte()
        }
        await #expect(processExitsWith: .failure) {
            var window = InputWindow(ByteMemory(count: 3).all)
            window.open(2)
            _ = window.take(3)
        }
        await #expect(processExitsWith: .failure) {
            var window = InputWindow(ByteMemory(count: 3).all)
            window.open(4)
        }
    }
}
