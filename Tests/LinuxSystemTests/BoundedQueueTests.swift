import Foundation
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@Suite("BoundedQueue", .timeLimit(.minutes(10)))
struct BoundedQueueTests {
    @Test("keeps the order across its internal compaction")
    func order() {
        let queue = BoundedQueue<Int>(capacity: 1000, name: "numbers")
        var expected = 0
        for round in 0..<20 {
            for number in 0..<50 { #expect(queue.push(round * 50 + number)) }
            for _ in 0..<(round == 19 ? 1000 - expected : 45) {
                #expect(queue.pop() == expected)
                expected += 1
            }
        }
        #expect(queue.tryPop() == nil)
    }

    @Test("a push waits for space, and one item is admitted whatever its weight")
    func weights() throws {
        let queue = BoundedQueue<String>(capacity: 10, name: "texts")
        #expect(queue.push("heavy", weight: 100))
        let pushed = try Background { queue.push("light", weight: 1) }
        #expect(throws: Background<Bool>.Hangs.self) { try pushed.value(within: 0.05) }
        #expect(queue.pop() == "heavy")
        #expect(try pushed.value())
        #expect(queue.pop() == "light")
    }

    @Test("an element pushed at once enters a full queue and keeps its place, unless the queue is closed")
    func pushAtOnce() throws {
        let queue = BoundedQueue<Int>(capacity: 10, name: "numbers")
        queue.push(1, weight: 100)
        let pushed = try Background { queue.pushAtOnce(2) }
        #expect(try pushed.value(within: 10))
        #expect(queue.waitingWeight == 100)
        #expect([queue.pop(), queue.pop()] == [1, 2])
        queue.close()
        #expect(!queue.pushAtOnce(3))
        #expect(queue.pop() == nil)
    }

    @Test("an element is pushed where there is space, and dropped where there is none")
    func tryPush() throws {
        let queue = BoundedQueue<Int>(capacity: 2, name: "numbers")
        let pushed = try Background { [queue.tryPush(1, weight: 5), queue.tryPush(2)] }
        #expect(try pushed.value(within: 10) == [true, false])
        #expect(queue.pop() == 1)
        #expect([queue.tryPush(3), queue.tryPush(4), queue.tryPush(5)] == [true, true, false])
        queue.close()
        #expect([queue.pop(), queue.pop(), queue.pop()] == [3, 4, nil])
        #expect(!queue.tryPush(6))
    }

    @Test("several light pushes proceed when a heavy item leaves")
    func manyWaiters() throws {
        let queue = BoundedQueue<Int>(capacity: 10, name: "numbers")
        queue.push(0, weight: 10)
        let pushers = try (1...5).map { number in try Background { queue.push(number, weight: 2) } }
        // All of them wait by then, or the test proves less.
        for pusher in pushers { #expect(throws: Background<Bool>.Hangs.self) { try pusher.value(within: 0.05) } }
        #expect(queue.pop() == 0)
        // Nothing else is popped: there is space for all five.
        for pusher in pushers { #expect(try pusher.value(within: 10)) }
    }

    @Test("closing wakes everybody; what is left can still be taken")
    func close() throws {
        let queue = BoundedQueue<Int>(capacity: 1, name: "numbers")
        queue.push(1)
        let pushers = try (0..<3).map { _ in try Background { queue.push(2) } }
        queue.close()
        for pusher in pushers { #expect(try !pusher.value()) }
        #expect(queue.pop() == 1)
        #expect(queue.pop() == nil)
        guard case .closed = queue.pop(within: .seconds(30)) else {
            Issue.record("a closed queue has to say so at once")
            return
        }
        #expect(!queue.push(3))
    }

    @Test("closing wakes poppers", arguments: [true, false])
    func closeWakesPoppers(isCancelled: Bool) throws {
        let queue = BoundedQueue<Int>(capacity: 1, name: "numbers")
        let poppers = try (0..<3).map { _ in try Background { queue.pop() } }
        let limited = try Background { () -> Bool in
            if case .closed = queue.pop(within: .seconds(600)) { true } else { false }
        }
        if isCancelled { queue.cancel() } else { queue.close() }
        for popper in poppers { #expect(try popper.value() == nil) }
        #expect(try limited.value())
    }

    @Test("cancelling drops the queued items and releases them outside the lock")
    func cancel() throws {
        /// Uses the queue while it is let go: a deadlock if the lock were held.
        final class Item: Sendable {
            let queue: BoundedQueue<Item>
            let count: Mutex<Int>.Shared
            init(_ queue: BoundedQueue<Item>, _ count: Mutex<Int>.Shared) {
                self.queue = queue
                self.count = count
            }
            deinit {
                _ = queue.tryPop()
                count.value.withLock { $0 += 1 }
            }
        }
        let count = Mutex<Int>.Shared(0)
        let queue = BoundedQueue<Item>(capacity: 10, name: "items")
        for _ in 0..<3 { queue.push(Item(queue, count)) }
        let done = try Background { queue.cancel() }
        try done.value()
        #expect(count.value.withLock { $0 } == 3)
        #expect(queue.pop() == nil)
    }

    @Test("a limited pop ends, not before its time")
    func limit() {
        let queue = BoundedQueue<Int>(capacity: 1, name: "numbers")
        let start = ContinuousClock.now
        guard case .timedOut = queue.pop(within: .milliseconds(30)) else {
            Issue.record("nothing was in the queue")
            return
        }
        #expect(ContinuousClock.now - start >= .milliseconds(30))
        queue.push(7)
        guard case .element(7) = queue.pop(within: .zero) else {
            Issue.record("an element that is there needs no time")
            return
        }
    }

    @Test("many producers and consumers lose and repeat nothing")
    func crowd() throws {
        let queue = BoundedQueue<Int>(capacity: 7, name: "numbers")
        let consumers = try (0..<4).map { number in
            try Background { () -> [Int] in
                var taken: [Int] = []
                while true {
                    if number % 2 == 0 {
                        guard let element = queue.pop() else { return taken }
                        taken.append(element)
                    } else {
                        switch queue.pop(within: .milliseconds(1)) {
                        case .element(let element): taken.append(element)
                        case .timedOut: continue
                        case .closed: return taken
                        }
                    }
                }
            }
        }
        let producers = try (0..<4).map { number in
            try Background { for index in 0..<2000 { queue.push(number * 2000 + index, weight: 1 + index % 3) } }
        }
        for producer in producers { try producer.value() }
        queue.close()
        let taken = try consumers.map { try $0.value() }
        #expect(taken.joined().sorted() == Array(0..<8000))
        // Each producer's numbers reach each consumer in their order.
        for list in taken {
            for number in 0..<4 {
                let own = list.filter { $0 / 2000 == number }
                #expect(own == own.sorted())
            }
        }
    }
}

extension Mutex where Value == Int {
    /// A counter that several owners share.
    final class Shared: Sendable {
        let value: Mutex<Int>
        init(_ start: Int) { value = Mutex(start) }
    }
}
