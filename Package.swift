// swift-tools-version: 6.2
import PackageDescription

// One target per layer: an import that is not listed here does not compile
// (`--explicit-target-dependency-import-check error`). The diagram is in CONTRIBUTING.md.

let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
let cSettings: [CSetting] = [
    .unsafeFlags(["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"])
]

/// Without shared libraries: nothing to look up and to relocate at each start, and less memory of its own.
let staticExecutable: [LinkerSetting] = [
    .unsafeFlags(["-static-executable", "-Xlinker", "-s"], .when(configuration: .release))
]

func layer(
    _ name: String, _ dependencies: [Target.Dependency], path: String? = nil, exclude: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path, exclude: exclude,
        swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "vmrun",
    products: [
        .executable(name: "vmrun", targets: ["vmrun"]),
        .executable(name: "vmrun-sandbox", targets: ["vmrun-sandbox"]),
        .library(name: "AgentCore", targets: ["AgentCore"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .target(name: "CLinux", cSettings: cSettings),
        layer("Linux", ["CLinux"]),

        // Messages between CLI, sandbox and agent.
        .target(
            name: "CProtocols", cSettings: [.unsafeFlags(["-Wno-everything"])],
            linkerSettings: [.linkedLibrary(":libprotobuf-c.a")]),
        layer("Protocols", ["CProtocols"]),

        // The VMM, from the bottom up.
        layer("GuestMemory", ["CLinux", "Linux"]),
        layer("KVM", ["CLinux", "Linux", "GuestMemory"]),
        layer("Boot", ["GuestMemory"]),
        layer("Virtio", ["GuestMemory"]),
        layer("FileServer", ["CLinux", "Linux"], exclude: ["README.md"]),
        layer("Devices", ["Virtio", "GuestMemory", "FileServer", "Linux"]),
        layer(
            "VMM",
            ["Devices", "Virtio", "Boot", "KVM", "GuestMemory", "FileServer", "Protocols", "Linux"]),
        .executableTarget(
            name: "vmrun-sandbox", dependencies: ["VMM", "Protocols", "Linux"],
            swiftSettings: settings, linkerSettings: staticExecutable),

        // Network interfaces, on the host and in the guest.
        layer("Netlink", ["CLinux", "Linux"]),

        // The host side.
        layer("OCISpec", []),
        .target(
            name: "CSeccomp", cSettings: cSettings,
            linkerSettings: [.linkedLibrary(":libseccomp.a")]),
        layer("SeccompCompiler", ["CSeccomp", "OCISpec", "CLinux", "Linux"]),
        layer(
            "ContainerRuntime",
            ["OCISpec", "SeccompCompiler", "Protocols", "Netlink", "KVM", "Linux"]),
        .executableTarget(
            name: "vmrun",
            dependencies: [
                "ContainerRuntime", "OCISpec", "Linux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings, linkerSettings: staticExecutable),

        // The guest side; Guest/Package.swift links it statically.
        .target(name: "CAgent", path: "Guest/Sources/CAgent", cSettings: cSettings),
        layer(
            "AgentCore", ["CAgent", "Protocols", "Netlink", "Linux"],
            path: "Guest/Sources/AgentCore"),

        // Tests of these targets need neither root nor /dev/kvm nor a network.
        tests("LinuxTests", ["Linux", "CLinux"]),
        tests("NetlinkTests", ["Netlink", "Linux"]),
        // Makes interfaces in network namespaces of its own, cards of guests among them. Needs root.
        tests(
            "NetlinkNativeTests",
            [
                "Netlink", "NetworkTestSpace", "Devices", "Virtio", "VirtioTestDriver",
                "GuestMemory", "Linux", "CLinux",
            ]),
        layer(
            "NetworkTestSpace", ["Netlink", "Linux", "CLinux"], path: "Tests/NetworkTestSpace"),
        tests("ProtocolsTests", ["Protocols"]),
        tests("GuestMemoryTests", ["GuestMemory", "Linux"]),
        tests("KVMTests", ["KVM", "GuestMemory"]),
        // Runs guest code where there is a KVM.
        tests("MachineTests", ["KVM", "GuestMemory", "Linux", "CLinux"]),
        tests("BootTests", ["Boot", "GuestMemory"]),
        // Writes virtqueues and registers as a guest's driver would.
        layer(
            "VirtioTestDriver", ["Virtio", "GuestMemory", "Linux"], path: "Tests/VirtioTestDriver"),
        tests("VirtioTests", ["Virtio", "VirtioTestDriver", "GuestMemory"]),
        tests("FileServerTests", ["FileServer", "Linux"]),
        // Mounts a folder through /dev/fuse, for the file system suites in hack/fs-suites.
        .executableTarget(
            name: "vmrun-fuse-test", dependencies: ["FileServer", "Linux", "CLinux"],
            path: "Tests/vmrun-fuse-test", swiftSettings: settings),
        tests(
            "DevicesTests",
            ["Devices", "Virtio", "VirtioTestDriver", "GuestMemory", "FileServer", "Linux"]),
        tests(
            "VMMTests",
            ["VMM", "Boot", "Devices", "Virtio", "KVM", "GuestMemory", "Protocols", "Linux"]),
        tests("OCISpecTests", ["OCISpec"]),
        tests("SeccompCompilerTests", ["SeccompCompiler", "OCISpec"]),
        tests(
            "ContainerRuntimeTests",
            [
                "ContainerRuntime", "KVM", "OCISpec", "Protocols", "Netlink", "NetworkTestSpace",
                "Linux", "vmrun", "FakeSandbox",
            ]),
        .executableTarget(
            name: "FakeSandbox",
            dependencies: ["ContainerRuntime", "VMM", "Protocols", "Linux", "CLinux"],
            path: "Tests/FakeSandbox", swiftSettings: settings),
        tests("AgentCoreTests", ["AgentCore", "CAgent", "Protocols", "Netlink", "Linux"]),
        // Builds containers on the host, through the agent as PID 1 of fresh namespaces. Needs root.
        tests(
            "AgentNativeTests",
            [
                "AgentCore", "Protocols", "Netlink", "NetworkTestSpace", "Linux", "AgentHost",
            ]),
        .executableTarget(
            name: "AgentHost", dependencies: ["AgentCore"], path: "Tests/AgentHost",
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
