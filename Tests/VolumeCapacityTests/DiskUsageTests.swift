import Testing
import VolumeCapacity

@Suite("DiskUsage")
struct DiskUsageTests {
    static let output = """
        Filesystem     1MB-blocks   Used Available Use% Mounted on
        /dev/nvme1n1       1090MB  1022MB     52MB  96% /host_pods/7a/volumes/kubernetes.io~csi/pvc-1/mount
        /dev/nvme2n1       5000MB    10MB   4990MB   1% /host_pods/7a/volumes/kubernetes.io~csi/pvc-2/mount
        """

    @Test("reads the line of a volume")
    func line() throws {
        let usage = try DiskUsage(parsing: Self.output, path: "/pvc-1/")
        #expect(usage.size.description == "1090M")
        #expect(usage.used.description == "1022M")
        #expect(usage.usagePercent == 96)
    }

    @Test("reads the only line when no path is given")
    func onlyLine() throws {
        let output = Self.output.split(separator: "\n").prefix(2).joined(separator: "\n")
        #expect(try DiskUsage(parsing: output).usagePercent == 96)
    }

    @Test(
        "maps df's units to those of Kubernetes",
        arguments: [
            (DiskUsageUnit.decimalMega, "1090MB", "1090M"), (.decimalGiga, "1000GB", "1T"),
            (.binaryGiga, "1048576G", "1Pi"), (.binaryMega, "1024M", "1Gi"),
        ]
    )
    func units(unit: DiskUsageUnit, column: String, expected: String) throws {
        #expect(try unit.quantity(column).description == expected)
    }

    @Test(
        "refuses another unit",
        arguments: [(DiskUsageUnit.decimalMega, "1090M"), (.decimalGiga, "5MB"), (.binaryMega, "M")]
    )
    func wrongUnit(unit: DiskUsageUnit, column: String) {
        #expect(throws: CapacityError.self) { try unit.quantity(column) }
    }

    @Test(
        "refuses what is not a whole line",
        arguments: [
            "", "df: /nowhere: No such file or directory", "/dev/a 1MB 1MB 1MB 5% / more", "/dev/a 1MB 1MB 1MB 5 /",
            "/dev/a 1GB 1MB 1MB 5% /", "/dev/a 1MB 1MB 1MB 5%", "/dev/a -1MB 1MB 1MB 5% /",
        ]
    )
    func refused(output: String) {
        #expect(throws: CapacityError.self) { try DiskUsage(parsing: output) }
    }

    @Test("refuses several volumes, and a missing volume")
    func ambiguous() {
        #expect(throws: CapacityError.self) { try DiskUsage(parsing: Self.output) }
        #expect(throws: CapacityError.self) { try DiskUsage(parsing: Self.output, path: "/pvc-3/") }
    }

    @Test(
        "finds sparse files when lengths add up to more than is used",
        arguments: [(1_022_000_000, false), (1_022_000_001, true)]
    )
    func sparse(apparent: Int64, expected: Bool) throws {
        #expect(try DiskUsage(parsing: Self.output, path: "pvc-1").hasSparseFiles(apparentBytes: apparent) == expected)
    }
}
