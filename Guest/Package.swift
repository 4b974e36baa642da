// swift-tools-version: 6.2
import PackageDescription

// Links the guest's only program statically. Its logic is the target AgentCore of the root package, where
// `swift test` covers it.
let package = Package(
    name: "vmrun-guest",
    dependencies: [.package(name: "vmrun", path: "..")],
    targets: [
        .executableTarget(
            name: "vmrun-agent",
            dependencies: [.product(name: "AgentCore", package: "vmrun")],
            linkerSettings: [.unsafeFlags(["-static-executable", "-Xlinker", "-s"])])
    ],
    swiftLanguageModes: [.v6]
)
