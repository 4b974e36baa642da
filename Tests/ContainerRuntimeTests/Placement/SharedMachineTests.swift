import OCISpec
import Testing

@testable import ContainerRuntime

@Suite struct SharedMachineTests {
    typealias Joined = PlacementPlan.JoinedNamespace

    /// Files by their paths; 1 is what the caller has.
    private static let files = [
        "/proc/self/ns/net": 1, "/proc/self/ns/ipc": 1, "/proc/self/ns/uts": 1,
        "/proc/7/ns/net": 70, "/proc/7/ns/ipc": 71, "/proc/7/ns/uts": 72, "/proc/7/ns/pid": 73,
        // One in the machine of the first, with a network of its own.
        "/proc/8/ns/net": 80, "/proc/8/ns/ipc": 71, "/run/netns/seven": 70, "/run/netns/free": 5,
        "/run/netns/host": 1,
    ]

    private func find(_ paths: [(Namespace, String)]) throws -> SharedMachine? {
        let joined = paths.enumerated().map {
            Joined(
                kind: $0.element.0, path: $0.element.1,
                field: "linux.namespaces[\($0.offset)].path")
        }
        let candidates = [
            SharedMachine.Candidate(id: try ContainerID("seven"), pid: 7, machineOwner: "seven"),
            SharedMachine.Candidate(id: try ContainerID("eight"), pid: 8, machineOwner: "seven"),
        ]
        return try SharedMachine.find(joined, among: candidates) { Self.files[$0] }
    }

    private func refusal(_ paths: [(Namespace, String)]) -> String? {
        do { return try find(paths).map { "\($0)" } } catch { return "\(error)" }
    }

    @Test func theContainerWhoseProcessHasTheNamespacesIsFound() throws {
        let found = try #require(
            try find([(.network, "/run/netns/seven"), (.ipc, "/proc/7/ns/ipc")]))
        #expect(found.neighbour.text == "seven")
        #expect(found.owner == "seven")
        // CLONE_NEWNET and CLONE_NEWIPC (linux/sched.h).
        #expect(found.namespaces == 0x4800_0000)
    }

    @Test func aContainerInTheMachineOfAnotherHasNeighboursOfItsOwn() throws {
        let found = try #require(try find([(.network, "/proc/8/ns/net")]))
        #expect(found.neighbour.text == "eight")
        #expect(found.owner == "seven")
    }

    @Test(arguments: ["/run/netns/free", "/run/netns/host"])
    func aNetworkOfNobodyIsOneLikeAnyOther(path: String) throws {
        #expect(try find([(.network, path)]) == nil)
    }

    @Test func whatIsNobodysIsRefused() {
        #expect(
            refusal([(.ipc, "/proc/self/ns/ipc")])
                == "linux.namespaces[0].path: /proc/self/ns/ipc is not a namespace of a running container of vmrun"
        )
        #expect(
            refusal([(.ipc, "/proc/7/ns/ipc"), (.network, "/run/netns/free")])
                == "linux.namespaces[1].path: /run/netns/free is not a namespace of a running container of vmrun which has the others"
        )
        #expect(
            refusal([(.uts, "/proc/9/ns/uts")])
                == "linux.namespaces[0].path: open /proc/9/ns/uts: no such file or directory")
    }
}
