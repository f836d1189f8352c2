// swift-tools-version: 6.3
import PackageDescription

/// Settings of every target: Swift 6 language mode, visible existentials, no leaking imports, warnings are errors.
let common: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// The pure layers touch no raw memory that they do not say so about.
let pure = common + [.strictMemorySafety()]

/// The control plane runs async code on the caller's executor unless it says otherwise.
let cold = common + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]

let package = Package(
    name: "egret",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "egret", targets: ["egret"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // C: headers, and what Swift cannot import from them
        .target(name: "CLinux"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

        // Pure: bytes, values, decisions
        .target(name: "Wire", swiftSettings: pure),
        .target(name: "ProxyCore", dependencies: ["Wire"], swiftSettings: pure),

        // The data plane: threads on epoll
        .target(name: "Kernel", dependencies: ["CLinux"], swiftSettings: common),
        .target(name: "TLS", dependencies: ["COpenSSL"], swiftSettings: common),
        .target(
            name: "DataPlane", dependencies: ["Kernel", "TLS", "ProxyCore", "Wire"], swiftSettings: common),

        // The control plane: actors, files, libpq, hooks
        .target(
            name: "ControlPlane",
            dependencies: [
                "DataPlane", "ProxyCore", "Kernel", "TLS", "CLibpq",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: cold),

        // A throw-away primary and its standbys on this machine: the demo, the tests and the benchmarks stand on it
        .target(
            name: "LocalCluster",
            dependencies: [
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: cold),

        .executableTarget(
            name: "egret",
            dependencies: [
                "ControlPlane", "DataPlane", "Kernel", "ProxyCore", "LocalCluster",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: cold),
        .executableTarget(
            name: "ProxyBench",
            dependencies: [
                "LocalCluster",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            path: "Benchmarks/ProxyBench",
            swiftSettings: cold),

        // Tests
        .systemLibrary(
            name: "CPgQuery", path: "Tests/CPgQuery", providers: [.apt(["libpg-query-dev"])]),
        .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: common),
        .testTarget(name: "ProxyCoreTests", dependencies: ["ProxyCore", "Wire"], swiftSettings: common),
        .testTarget(
            name: "RoutingOracleTests", dependencies: ["ProxyCore", "CPgQuery"], exclude: ["Corpus"],
            swiftSettings: common),
        .testTarget(name: "KernelTests", dependencies: ["Kernel"], swiftSettings: common),
        .testTarget(
            name: "DataPlaneTests", dependencies: ["DataPlane", "Kernel", "TLS", "ProxyCore", "Wire"],
            swiftSettings: common),
        .testTarget(name: "ControlPlaneTests", dependencies: ["ControlPlane", "ProxyCore"], swiftSettings: cold),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "ControlPlane", "DataPlane", "LocalCluster", "ProxyCore",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            exclude: ["Drivers"],
            swiftSettings: cold),
        .testTarget(name: "TidyTests", swiftSettings: cold),
    ]
)

// The optimizer takes its time: for the unit tests in release, what they do not need is left out, and the tests
// themselves are compiled as they are.
if Context.environment["UNITS_ONLY"] != nil {
    let others: Set = ["egret", "ProxyBench", "LocalCluster", "IntegrationTests"]
    package.products = []
    package.targets.removeAll { others.contains($0.name) }
    for target in package.targets where target.type == .test {
        target.swiftSettings?.append(.unsafeFlags(["-Onone"]))
    }
}
