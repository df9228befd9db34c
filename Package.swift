// swift-tools-version: 6.3
import PackageDescription

let language: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

/// Lets the importer see `statx`, `copy_file_range`, `renameat2`, `O_TMPFILE`, `SEEK_HOLE`, `pthread_setname_np`.
///
/// Every Swift target has it: one without sees another `fd_set` in Glibc than in CLinux, and whether that breaks the build is chance.
let linux: [CSetting] = [.define("_GNU_SOURCE")]

/// A room of the house: see docs/architecture.md for what it is and what it never does.
func room(_ name: String, _ uses: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: uses, cSettings: linux, swiftSettings: language + [.strictMemorySafety()])
}

/// A program: parse, build a job, run it, exit.
func program(_ name: String, _ uses: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: uses, cSettings: linux, swiftSettings: language)
}

/// The tests of one room.
func tests(_ name: String, _ uses: [Target.Dependency], fixtures: Bool = false) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: uses + ["TestSupport"],
        resources: fixtures ? [.copy("Fixtures")] : [],
        cSettings: linux,
        swiftSettings: language
    )
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "dvm",
    products: [
        .library(name: "DeltaTransfer", targets: ["DeltaTransfer", "Checksums"]),
        .executable(name: "dvm-source", targets: ["dvm-source"]),
        .executable(name: "dvm-target", targets: ["dvm-target"]),
        .executable(name: "dvm-rsync", targets: ["dvm-rsync"]),
        .executable(name: "dvm-stunnel", targets: ["dvm-stunnel"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "CLinux"),

        room("LinuxSystem", ["CLinux"]),
        room("Checksums", ["CXXHash", "COpenSSL"]),
        room("DeltaTransfer", ["Checksums"]),
        room("VolumeAccess", ["CLinux", "LinuxSystem"]),
        room("Transport", ["CLinux", "LinuxSystem"]),
        room("SecureTunnel", ["Transport", "LinuxSystem", "CLinux", "COpenSSL"]),
        room("RsyncOptions", ["LinuxSystem", "Checksums"]),
        room("RsyncWire", ["RsyncOptions", "LinuxSystem", "Checksums", "DeltaTransfer", "CZlib", "CZstd", "CLZ4"]),
        room(
            "RsyncEngine",
            ["RsyncWire", "RsyncOptions", "DeltaTransfer", "Checksums", "VolumeAccess", "Transport", "LinuxSystem"]
        ),
        room("VolumeCapacity", ["VolumeAccess", "LinuxSystem", "CLinux"]),
        room(
            "TransferAgent",
            [
                "VolumeCapacity", "RsyncEngine", "RsyncWire", "RsyncOptions", "Checksums", "SecureTunnel", "Transport",
                "LinuxSystem", "VolumeAccess",
            ]
        ),
        room(
            "RsyncCommand",
            [
                "CLinux", "RsyncEngine", "RsyncWire", "RsyncOptions", "Checksums", "Transport", "LinuxSystem",
                "VolumeAccess",
            ]
        ),
        room("AgentCommand", ["TransferAgent", "LinuxSystem", argumentParser]),

        program("dvm-source", ["AgentCommand", "TransferAgent", argumentParser]),
        program("dvm-target", ["AgentCommand", "TransferAgent", argumentParser]),
        program("dvm-rsync", ["RsyncCommand", "LinuxSystem"]),
        program("dvm-stunnel", ["SecureTunnel", "Transport", "LinuxSystem"]),
        .executableTarget(
            name: "dvm-bench",
            dependencies: ["DeltaTransfer", "Checksums", "SecureTunnel", "Transport"],
            path: "Benchmarks/dvm-bench",
            cSettings: linux,
            swiftSettings: language
        ),

        .target(name: "TestSupport", path: "Tests/TestSupport", cSettings: linux, swiftSettings: language),
        tests("Checksums", ["Checksums"]),
        tests("DeltaTransfer", ["DeltaTransfer", "Checksums"]),
        tests("LinuxSystem", ["LinuxSystem"]),
        tests("VolumeAccess", ["VolumeAccess", "LinuxSystem"]),
        tests("Transport", ["Transport", "LinuxSystem"]),
        tests("SecureTunnel", ["SecureTunnel", "Transport", "LinuxSystem"]),
        tests("RsyncOptions", ["RsyncOptions", "LinuxSystem", "Checksums"]),
        tests("RsyncWire", ["RsyncWire", "RsyncOptions", "Checksums", "DeltaTransfer"], fixtures: true),
        tests(
            "RsyncEngine",
            ["RsyncEngine", "RsyncWire", "RsyncOptions", "Checksums", "VolumeAccess", "Transport", "LinuxSystem"],
            fixtures: true
        ),
        tests("VolumeCapacity", ["VolumeCapacity", "VolumeAccess", "LinuxSystem"]),
        tests("RsyncCommand", ["RsyncCommand", "RsyncEngine", "RsyncWire", "RsyncOptions", "Checksums"]),
        tests(
            "TransferAgent",
            [
                "TransferAgent", "VolumeCapacity", "RsyncEngine", "RsyncWire", "RsyncOptions", "Checksums",
                "SecureTunnel", "Transport", "VolumeAccess", "LinuxSystem",
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

// Only scripts/fuzz builds it: libFuzzer brings its `main`, and release builds with `@testable` need a flag of their own.
if Context.environment["DVM_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "dvm-fuzz",
            dependencies: ["SecureTunnel", "Transport", "TransferAgent", "VolumeAccess", "VolumeCapacity"],
            path: "Tests/Fuzz/dvm-fuzz",
            cSettings: linux,
            swiftSettings: language
        )
    )
}
