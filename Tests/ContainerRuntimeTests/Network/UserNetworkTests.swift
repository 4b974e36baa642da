import Protocols
import Testing

@testable import ContainerRuntime

/// Networks of user space: what asks for one, and what passt and the guest are told.
@Suite struct UserNetworkTests {
    private func plan(
        _ namespaces: String, _ annotations: String = "{}", byDefault: Bool = false
    ) throws -> SandboxPlan {
        var defaults = NetworkDefaults()
        defaults.isUser = byDefault
        return try makePlan(
            """
            {"ociVersion": "1.2.0", "root": {"path": "rootfs"},
             "process": {"args": ["sh"], "cwd": "/", "user": {"uid": 0, "gid": 0}},
             "annotations": \(annotations),
             "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}\(namespaces)]}}
            """, network: defaults)
    }

    private static let user = #"{"io.vmrun.network": "user"}"#

    @Test func withoutANamespaceItTakesAnAnnotationOrASetting() throws {
        #expect(
            refusal { try plan("") }.hasPrefix(
                "linux.namespaces: no network namespace, which means the host's network"))
        for plan in [try plan("", Self.user), try plan("", byDefault: true)] {
            #expect(plan.network.isUser)
            #expect(plan.placement.network == .new)
            // CLONE_NEWNET: the guest's container has a namespace as any other.
            #expect(plan.container.namespaces & 0x4000_0000 != 0)
        }
        #expect(try plan(#", {"type": "network"}"#, Self.user).network.isUser)
        #expect(try !plan(#", {"type": "network"}"#, byDefault: true).network.isUser)
    }

    @Test(arguments: [
        (#", {"type": "network", "path": "/n"}"#, user, "names a network namespace"),
        ("", #"{"io.vmrun.network": "host"}"#, #"io.vmrun.network"]: "host" is not "user""#),
        (
            #", {"type": "network"}"#, #"{"io.vmrun.publish": "80"}"#,
            #"io.vmrun.publish"]: needs io.vmrun.network=user"#
        ),
    ])
    func whatGoesAgainstItIsRefused(namespaces: String, annotations: String, words: String) {
        let text = refusal { try plan(namespaces, annotations) }
        #expect(text.contains(words), "\(text)")
    }

    @Test func portsArePublished() throws {
        let ports = "8080:80, 53/udp 127.0.0.1/90-99:0-9/tcp ::1/7"
        let network = try plan(
            "", #"{"io.vmrun.network": "user", "io.vmrun.publish": "\#(ports)"}"#
        ).network
        #expect(network.publishedTCP == ["8080:80", "127.0.0.1/90-99:0-9", "::1/7"])
        #expect(network.publishedUDP == ["53"])
    }

    @Test(arguments: ["-t", "all", "80;81", "~80", "/80", "80/sctp", "ä"])
    func whatIsNoPortIsRefused(port: String) {
        let text = refusal {
            try plan("", #"{"io.vmrun.network": "user", "io.vmrun.publish": "\#(port)"}"#)
        }
        #expect(text.contains("is not [ADDRESS/]PORT"), "\(text)")
    }

    @Test func guestAndServerHaveTheSameAddresses() {
        let four = UserAddresses(hasIPv6: false)
        #expect(
            four.options == [
                "--address", "10.0.2.15", "--gateway", "10.0.2.2", "--netmask", "24",
                "--dns-forward", "10.0.2.3", "--mtu", "65520",
            ])
        #expect(four.interface.isStream)
        #expect(four.interface.addresses.map(\.address) == [[10, 0, 2, 15]])
        #expect(four.interface.routes.map(\.gateway) == [[10, 0, 2, 2]])
        let both = UserAddresses(hasIPv6: true)
        #expect(
            both.options.prefix(8).dropFirst(4) == [
                "--address", "fd76:6d72:756e::15", "--gateway", "fe80::2",
            ])
        #expect(both.interface.addresses.map(\.prefixLength) == [24, 64])
        #expect(both.interface.routes.map(\.destination.count) == [4, 16])
        // Broadcast, our address, ARP; a request of 10.0.2.15 for 10.0.2.2.
        #expect(
            four.question == [
                0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x55, 10, 0, 2, 15, 8, 6, 0, 1, 8, 0, 6,
                4,
                0, 1, 0x52, 0x55, 10, 0, 2, 15, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2,
            ])
    }
}
