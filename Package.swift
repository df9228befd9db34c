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

/// A module: docs/architecture.md says what it is and what it never does.
func module(_ name: String, _ uses: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: uses, cSettings: linux, swiftSettings: language + [.strictMemorySafety()])
}

/// A program: parse, build a job, run it, exit.
func program(_ name: String, _ uses: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: uses, cSettings: linux, swiftSettings: language)
}

/// The tests of one module.
func tests(_ name: String, _ uses: [Target.Dependency], fixtures: Bool = false) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: uses + ["TestSupport"],
        resources: fixtures ? [.copy("Fixtures")] : [],
        cSettings: linux,
        swiftSettings: language
    )
}

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "dvm",
    products: [
        .library(name: "DeltaTransfer", targets: ["DeltaTransfer", "Checksums"]),
        .executable(name: "dvm", targets: ["dvm"]),
        .executable(name: "dvm-source", targets: ["dvm-source"]),
        .executable(name: "dvm-target", targets: ["dvm-target"]),
        .executable(name: "dvm-rsync", targets: ["dvm-rsync"]),
        .executable(name: "dvm-stunnel", targets: ["dvm-stunnel"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CLinux"),

        module("LinuxSystem", ["CLinux"]),
        module("ProcessSupport", ["CLinux", "LinuxSystem"]),
        module("Checksums", ["CXXHash", "COpenSSL"]),
        module("DeltaTransfer", ["Checksums"]),
        module("FileMetadata"),
        module("VolumeAccess", ["FileMetadata", "CLinux", "LinuxSystem", "ProcessSupport"]),
        module("Transport", ["CLinux", "LinuxSystem", "ProcessSupport"]),
        module("SecureTunnel", ["Transport", "ProcessSupport", "LinuxSystem", "CLinux", "COpenSSL"]),
        module("RsyncOptions", ["LinuxSystem", "Checksums"]),
        module(
            "RsyncWire",
            ["FileMetadata", "RsyncOptions", "LinuxSystem", "Checksums", "DeltaTransfer", "CZlib", "CZstd", "CLZ4"]
        ),
        module(
            "RsyncEngine",
            [
                "FileMetadata", "RsyncWire", "RsyncOptions", "DeltaTransfer", "Checksums", "VolumeAccess", "Transport",
                "ProcessSupport", "LinuxSystem",
            ]
        ),
        module("VolumeCapacity", ["VolumeAccess", "ProcessSupport", "LinuxSystem", "CLinux"]),
        module("VolumeVerification", ["VolumeAccess", "FileMetadata", "Checksums", "ProcessSupport", "LinuxSystem"]),
        module("YAMLDocument", ["CYAML"]),
        module(
            "AgentControl",
            [
                "VolumeCapacity", "VolumeAccess", "SecureTunnel", "RsyncWire", "Checksums", "Transport",
                "ProcessSupport", "LinuxSystem",
            ]
        ),
        module(
            "TransferAgent",
            [
                "AgentControl", "VolumeCapacity", "VolumeVerification", "RsyncEngine", "RsyncWire", "RsyncOptions",
                "Checksums", "SecureTunnel", "Transport", "ProcessSupport", "LinuxSystem", "VolumeAccess",
                "YAMLDocument", logging,
            ]
        ),
        module(
            "ConnectionDoctor",
            [
                "TransferAgent", "AgentControl", "RsyncEngine", "RsyncWire", "RsyncOptions", "VolumeCapacity",
                "VolumeAccess", "SecureTunnel", "Transport", "ProcessSupport", "LinuxSystem", logging,
            ]
        ),
        module(
            "RsyncCommand",
            ["RsyncEngine", "RsyncWire", "RsyncOptions", "Checksums", "Transport", "ProcessSupport", "LinuxSystem"]
        ),
        module(
            "RsyncDaemon",
            [
                "RsyncCommand", "RsyncEngine", "RsyncWire", "RsyncOptions", "Checksums", "Transport", "VolumeAccess",
                "ProcessSupport", "LinuxSystem", "CLinux",
            ]
        ),
        module(
            "RsyncProgram",
            [
                "RsyncDaemon", "RsyncCommand", "RsyncEngine", "RsyncWire", "RsyncOptions", "SecureTunnel", "Transport",
                "VolumeAccess", "ProcessSupport", "LinuxSystem",
            ]
        ),
        module("StunnelCommand", ["SecureTunnel", "Transport", "ProcessSupport", "LinuxSystem", "CLinux", "COpenSSL"]),
        module("AgentCommand", ["TransferAgent", "ProcessSupport", "LinuxSystem", argumentParser, logging]),

        module("SourceCommand", ["AgentCommand", "ConnectionDoctor", "TransferAgent", argumentParser, logging]),
        module("TargetCommand", ["AgentCommand", "TransferAgent", argumentParser, logging]),
        module(
            "DvmCommand",
            ["SourceCommand", "TargetCommand", "RsyncProgram", "StunnelCommand", "ProcessSupport", "LinuxSystem"]
        ),

        program("dvm", ["DvmCommand"]),
        program("dvm-source", ["SourceCommand"]),
        program("dvm-target", ["TargetCommand"]),
        program("dvm-rsync", ["RsyncProgram", "ProcessSupport"]),
        program("dvm-stunnel", ["StunnelCommand", "ProcessSupport"]),
        .executableTarget(
            name: "dvm-bench",
            dependencies: ["DeltaTransfer", "Checksums", "SecureTunnel", "Transport", "LinuxSystem"],
            path: "Benchmarks/dvm-bench",
            cSettings: linux,
            swiftSettings: language
        ),

        .target(
            name: "TestSupport",
            dependencies: ["Transport", "LinuxSystem"],
            path: "Tests/TestSupport",
            cSettings: linux,
            swiftSettings: language
        ),
        .target(
            name: "AgentTestSupport",
            dependencies: ["TransferAgent", "SecureTunnel", "Transport", "LinuxSystem", "TestSupport", logging],
            path: "Tests/AgentTestSupport",
            cSettings: linux,
            swiftSettings: language
        ),
        tests("Checksums", ["Checksums"]),
        tests("DeltaTransfer", ["DeltaTransfer", "Checksums"]),
        tests("LinuxSystem", ["LinuxSystem"]),
        tests("ProcessSupport", ["ProcessSupport", "LinuxSystem"]),
        tests("FileMetadata", ["FileMetadata"]),
        tests("YAMLDocument", ["YAMLDocument"]),
        tests("VolumeAccess", ["VolumeAccess", "FileMetadata", "LinuxSystem"]),
        tests("Transport", ["Transport", "LinuxSystem"]),
        tests("SecureTunnel", ["SecureTunnel", "Transport", "LinuxSystem"]),
        tests("StunnelCommand", ["StunnelCommand", "SecureTunnel", "Transport", "LinuxSystem"]),
        tests("RsyncOptions", ["RsyncOptions", "LinuxSystem", "Checksums"]),
        tests(
            "RsyncWire",
            ["RsyncWire", "RsyncOptions", "FileMetadata", "Checksums", "DeltaTransfer", "LinuxSystem"],
            fixtures: true
        ),
        tests(
            "RsyncEngine",
            [
                "RsyncEngine", "RsyncWire", "RsyncOptions", "FileMetadata", "Checksums", "VolumeAccess", "Transport",
                "LinuxSystem",
            ],
            fixtures: true
        ),
        tests("VolumeVerification", ["VolumeVerification", "VolumeAccess", "Checksums", "LinuxSystem"]),
        tests("VolumeCapacity", ["VolumeCapacity", "VolumeAccess", "LinuxSystem"]),
        tests("RsyncProgram", ["RsyncProgram", "RsyncCommand", "SecureTunnel", "Transport", "ProcessSupport"]),
        tests(
            "RsyncDaemon",
            [
                "RsyncDaemon", "RsyncCommand", "RsyncEngine", "RsyncWire", "RsyncOptions", "Checksums", "LinuxSystem",
                "ProcessSupport",
            ]
        ),
        tests("DvmCommand", ["DvmCommand"]),
        tests("RsyncCommand", ["RsyncCommand", "RsyncEngine", "RsyncWire", "RsyncOptions", "Checksums"]),
        tests(
            "AgentControl",
            ["AgentControl", "VolumeCapacity", "VolumeAccess", "SecureTunnel", "Transport", "LinuxSystem"]
        ),
        tests(
            "TransferAgent",
            [
                logging, "TransferAgent", "AgentControl", "AgentTestSupport", "VolumeCapacity", "VolumeVerification",
                "RsyncEngine",
                "RsyncWire", "RsyncOptions", "Checksums", "SecureTunnel", "Transport", "VolumeAccess", "LinuxSystem",
                "YAMLDocument",
            ]
        ),
        tests(
            "ConnectionDoctor",
            [
                "ConnectionDoctor", "TransferAgent", "AgentTestSupport", "SecureTunnel", "Transport", "LinuxSystem",
                logging,
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
            dependencies: [
                "StunnelCommand", "SecureTunnel", "Transport", "AgentControl", "TransferAgent", "VolumeAccess",
                "VolumeCapacity", "YAMLDocument", "LinuxSystem",
            ],
            path: "Tests/Fuzz/dvm-fuzz",
            cSettings: linux,
            swiftSettings: language
        )
    )
}
