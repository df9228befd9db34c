/// How large a volume is and how full, as df(1) tells it.
package struct DiskUsage: Hashable, Sendable {
    /// The size of the file system.
    package let size: Quantity
    /// What is in use.
    package let used: Quantity
    /// Used of what ordinary users may use, rounded up.
    package let usagePercent: Int64

    /// States a usage.
    package init(size: Quantity, used: Quantity, usagePercent: Int64) {
        self.size = size
        self.used = used
        self.usagePercent = usagePercent
    }

    /// Whether the files' lengths add up to more than the space they take: there are holes, or the file system
    /// compresses.
    ///
    /// Today's controller then transfers with `--sparse` (MTC contract 7.2).
    ///
    /// - Parameter apparentBytes: The sum of all lengths, as `du --apparent-size` tells it.
    /// - Returns: Whether it is so.
    package func hasSparseFiles(apparentBytes: Int64) -> Bool {
        guard let usedBytes = try? used.wholeBytes() else { return false }
        return apparentBytes > usedBytes
    }
}

/// The unit that df(1) was asked to count in with `-B`.
package enum DiskUsageUnit: String, Sendable, CaseIterable {
    /// 10^6 bytes.
    case decimalMega = "MB"
    /// 10^9 bytes.
    case decimalGiga = "GB"
    /// 2^20 bytes.
    case binaryMega = "M"
    /// 2^30 bytes.
    case binaryGiga = "G"

    /// What Kubernetes calls it.
    var suffix: String {
        switch self {
        case .decimalMega: "M"
        case .decimalGiga: "G"
        case .binaryMega: "Mi"
        case .binaryGiga: "Gi"
        }
    }

    /// Reads a column of df's output, such as `1090MB`.
    ///
    /// - Parameter column: Digits and this unit.
    /// - Returns: The amount.
    /// - Throws: ``CapacityError/unusableOutput(_:)`` for another unit or no digits.
    package func quantity(_ column: String) throws(CapacityError) -> Quantity {
        guard column.hasSuffix(rawValue), let digits = decimalNumber(String(column.dropLast(rawValue.count))) else {
            throw .unusableOutput("\"\(column)\" is not a number of \(rawValue)")
        }
        return try Quantity(parsing: "\(digits)\(suffix)")
    }
}

/// A number of decimal digits alone, without a sign.
private func decimalNumber(_ text: String) -> Int64? {
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    return Int64(text)
}

extension DiskUsage {
    /// Reads the output of `df -BMB` (MTC contract 7.2).
    ///
    /// The first line that names the path counts and must have exactly six columns: file system, size, used, available,
    /// percentage, mount point. The controller lets a bad size pass when the percentage after it is good; here each
    /// column must be good.
    ///
    /// - Parameters:
    ///   - output: What df printed, with or without its heading.
    ///   - path: A part of the mount point; nil for the only volume that the output tells about.
    ///   - unit: What df was asked to count in.
    /// - Throws: ``CapacityError/unusableOutput(_:)``.
    package init(parsing output: String, path: String? = nil, unit: DiskUsageUnit = .decimalMega) throws(CapacityError)
    {
        let lines = output.split(whereSeparator: \.isNewline).map { line in
            line.split(whereSeparator: \.isWhitespace).map(String.init)
        }
        let told = lines.filter { columns in !columns.isEmpty && columns.first != "Filesystem" }
        let line: [String]
        if let path {
            guard let found = told.first(where: { $0.joined(separator: " ").contains(path) }) else {
                throw .unusableOutput("it has no line for \(path)")
            }
            line = found
        } else {
            guard told.count == 1 else {
                throw .unusableOutput("it has \(told.count) volumes, and no path selects one")
            }
            line = told[0]
        }
        guard line.count == 6 else { throw .unusableOutput("the line has \(line.count) columns instead of 6") }
        guard line[4].hasSuffix("%"), let percent = decimalNumber(String(line[4].dropLast())) else {
            throw .unusableOutput("\"\(line[4])\" is not a percentage")
        }
        self.init(size: try unit.quantity(line[1]), used: try unit.quantity(line[2]), usagePercent: percent)
    }
}
