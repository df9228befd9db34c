/// A queue in an array: taking the first element does not move all the others.
struct ArrayQueue<Element> {
    private var elements: [Element?] = []
    private var takenCount = 0

    var count: Int { elements.count - takenCount }
    var isEmpty: Bool { count == 0 }
    /// The element at a position, 0 for the first; nil beyond the last.
    subscript(position: Int) -> Element? { position < count ? elements[takenCount + position] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let first = elements[takenCount].take()
        takenCount += 1
        if takenCount >= 64, takenCount >= elements.count / 2 {
            elements.removeFirst(takenCount)
            takenCount = 0
        }
        return first
    }
}
