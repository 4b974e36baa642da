import Foundation
import Glibc
import Linux
import Netlink
import NetworkTestSpace
import Testing

/// Interfaces that the verbs carry over from real network namespaces to the fake sandbox.
@Suite(
    .enabled(if: canRun), .enabled(if: TestNamespace.isAvailable, "\(TestNamespace.unavailable)"),
    .enabled(if: TestNamespace.hasTaps, "there is no /dev/net/tun"), .timeLimit(.minutes(2)))
struct NetworkVerbTests {
    private func container(_ arguments: String..., in path: String) throws -> TestContainer {
        let container = try TestContainer(arguments)
        try edit(
            container.bundle, #"{"type": "network"}"#,
            #"{"type": "network", "path": "\#(path)"}"#)
        return container
    }

    private func edit(_ bundle: TestBundle, _ old: String, _ new: String) throws {
        let text = try String(contentsOfFile: bundle.bundle + "/config.json", encoding: .utf8)
        try bundle.write(text.replacing(old, with: new))
    }

    private func interfaces(_ container: TestContainer) -> [String]? {
        let list = container.bundle.state?["interfaces"] as? [[String: Any]]
        return list?.compactMap { $0["name"] as? String }
    }

    @Test func interfacesOfANamedNamespaceAreCarriedOver() throws {
        let network = try TestNetwork("first", "second")
        let container = try container("wait", in: network.path)
        try container.create()
        #expect(
            container.output == "interface first in slot 0\ninterface second in slot 1\n")
        #expect(interfaces(container) == ["first", "second"])
        #expect(try network.names() == ["first", "second", "vmrun0", "vmrun1"])
        #expect(try network.isRedirected("first") && network.isRedirected("second"))
        #expect(try container.call("start", "c") == .quiet)
        let statistics = try container.call("events", "--stats", "c").output
        #expect(statistics.contains(#""network_interfaces":[{"Name":"first","RxBytes":"#))
        #expect(statistics.contains(#"{"Name":"second","RxBytes":"#))
        #expect(try container.call("delete", "--force", "c") == .quiet)
        #expect(try network.names() == ["first", "second"])
        #expect(try !network.isRedirected("first") && !network.isRedirected("second"))
    }

    @Test func interfacesThatCameAfterCreationAreCarriedOverAtStart() throws {
        let network = try TestNetwork("first")
        let container = try container("wait", in: network.path)
        try container.create()
        try network.add("second")
        #expect(try container.call("start", "c") == .quiet)
        #expect(
            container.output
                == "interface first in slot 0\ninterface second in slot 1\nstarted\n")
        #expect(interfaces(container) == ["first", "second"])
    }

    /// docker puts an interface into the namespace of the container's process.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/ip"), "needs ip(8)"))
    func interfacesOfAHookAreCarriedOver() throws {
        let container = try TestContainer(["wait"])
        let script = """
            pid=$(grep -o '"pid": *[0-9]*' | tr -dc 0-9); \
            nsenter --net=/proc/$pid/ns/net /usr/sbin/ip link add one type veth peer name other
            """.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        try edit(
            container.bundle, #""root": "#,
            #""hooks": {"prestart": [{"path": "/bin/sh", "args": ["sh", "-c", "\#(script)"],"#
                + #" "env": ["PATH=/usr/bin:/bin"]}]}, "root": "#)
        try container.create()
        let lines = container.output.split(separator: "\n").map(String.init)
        // The kernel decides on the order of the ends.
        #expect(lines.count == 2)
        #expect(lines.contains { $0.hasPrefix("interface one in slot ") })
        #expect(lines.contains { $0.hasPrefix("interface other in slot ") })
    }

    @Test func whatChangesWhileTheContainerRunsIsFollowed() throws {
        let network = try TestNetwork("first", "second")
        let container = try container("wait", "changes", in: network.path)
        try container.create()
        #expect(try container.call("start", "c") == .quiet)
        try network.change("first") {
            $0.mtu = 1400; $0.isUp = true
        }
        #expect(
            eventually { container.output.contains("interface first in slot 0: mtu 1400, up\n") })
        #expect(try network.link("vmrun0").mtu == 1400)
        // Another one of the same name.
        try network.remove("first")
        try network.add("first")
        let again = "no interface in slot 0\ninterface first in slot 0\n"
        #expect(eventually { container.output.hasSuffix(again) })
        try network.remove("first")
        #expect(eventually { container.output.hasSuffix("no interface in slot 0\n") })
        #expect(eventually { interfaces(container) == ["second"] })
        #expect(try network.names() == ["second", "vmrun1"])
        // The card is free for another.
        try network.add("third")
        #expect(eventually { container.output.hasSuffix("interface third in slot 0\n") })
        #expect(eventually { interfaces(container) == ["third", "second"] })
        // What cannot be done is told.
        try network.add("fourth")
        let log = container.bundle.root + "/c" + "/sandbox.log"
        #expect(
            eventually {
                (try? String(contentsOfFile: log, encoding: .utf8))?
                    .contains("interfaces third, second, fourth: the machine has 2") == true
            })
        #expect(try container.call("delete", "--force", "c") == .quiet)
        #expect(try network.names() == ["fourth", "second", "third"])
        #expect(try !network.isRedirected("second") && !network.isRedirected("third"))
    }

    @Test func theWatcherEndsWithTheSandbox() throws {
        let network = try TestNetwork("first")
        let container = try container("wait", in: network.path)
        try container.create()
        let watcher = try #require(container.bundle.state?["networkPid"] as? Int)
        #expect(kill(pid_t(watcher), 0) == 0)
        kill(try #require(container.pid), SIGKILL)
        #expect(eventually { kill(pid_t(watcher), 0) != 0 || isZombie(watcher) })
    }

    /// kill -9 of all: the next container has the interface.
    @Test func anInterfaceThatWasHalfAttachedIsFreedAgain() throws {
        let network = try TestNetwork("first")
        let container = try container("wait", in: network.path)
        try container.create()
        try #require(container.call("start", "c") == .quiet)
        kill(pid_t(try #require(container.bundle.state?["networkPid"] as? Int)), SIGKILL)
        let path = container.bundle.root + "/c" + "/state.json"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let half = text.replacing(try Regex(#""tap":[0-9]+"#), with: #""tap":0"#)
        try #require(half != text)
        try half.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try container.call("refresh-network", "c") == .quiet)
        #expect(container.output.hasSuffix("no interface in slot 0\ninterface first in slot 0\n"))
        #expect(try network.isRedirected("first"))
    }

    @Test func aNamespaceThatIsGoneIsNoErrorToDelete() throws {
        var network: TestNetwork? = try TestNetwork("first")
        let container = try container("wait", in: try #require(network).path)
        try container.create()
        network = nil
        #expect(try container.call("delete", "--force", "c") == .quiet)
        #expect(container.bundle.containers == [])
    }

    @Test func whatTheGuestRefusesLeavesNothing() throws {
        let network = try TestNetwork("first")
        let container = try container("refuse", "not today", in: network.path)
        let outcome = try container.call("create", "--bundle", container.bundle.bundle, "c")
        #expect(outcome == .fails("create", "not today"))
        #expect(try network.names() == ["first"])
        #expect(try !network.isRedirected("first"))
        #expect(container.bundle.containers == [])
    }

    @Test func aCreateThatIsKilledLeavesNothing() throws {
        let network = try TestNetwork("first", "second")
        let container = try container("deaf", in: network.path)
        let call = try Invocation(container.bundle, ["create"])
        #expect(eventually { call.outputText == "interface first in slot 0\n" })
        #expect(try network.isRedirected("first"))
        call.child.signal(SIGKILL)
        #expect(try call.status() == 137)
        #expect(eventually { container.bundle.containers == [] })
        #expect(try network.names() == ["first", "second"])
        #expect(try !network.isRedirected("first"))
    }

    @Test func aNamespaceWithManyInterfacesHasAMachineWithManyCards() throws {
        let network = try TestNetwork("a", "b", "c")
        let container = try container("wait", in: network.path)
        try container.create()
        #expect(interfaces(container) == ["a", "b", "c"])
        #expect(container.bundle.state?["networkCards"] as? Int == 8)
        try network.add("d")
        #expect(try container.call("start", "c") == .quiet)
        #expect(container.output.contains("interface d in slot 3\n"))
    }

    @Test func anAnnotationSaysHowManyCardsThereAre() throws {
        let network = try TestNetwork("a", "b", "c")
        let container = try container("wait", in: network.path)
        try edit(
            container.bundle, #""linux": {"#,
            #""annotations": {"io.vmrun.network.cards": "2"}, "linux": {"#)
        let outcome = try container.call("create", "--bundle", container.bundle.bundle, "c")
        #expect(outcome.errors.contains("interfaces a, b, c: the machine has 2 network cards"))
        #expect(try network.names() == ["a", "b", "c"])
        #expect(container.bundle.containers == [])
    }

    @Test func moreInterfacesThanCardsLeaveNothing() throws {
        let network = try TestNetwork("a", "b", "c", "d", "e", "f", "g", "h", "i")
        let container = try container("wait", in: network.path)
        let outcome = try container.call("create", "--bundle", container.bundle.bundle, "c")
        #expect(outcome.status == 1)
        #expect(
            outcome.errors.contains(
                "interfaces a, b, c, d, e, f, g, h, i: the machine has 8 network cards"))
        #expect(try network.names().count == 9)
        #expect(try !network.isRedirected("a"))
        #expect(container.bundle.containers == [])
    }

    @Test func aContainerDoesNotTakeTheInterfacesOfAnother() throws {
        let network = try TestNetwork("first")
        let one = try container("wait", in: network.path)
        try one.create()
        let two = try container("wait", in: network.path)
        let outcome = try two.call("create", "--bundle", two.bundle.bundle, "c")
        #expect(outcome.errors.contains("another container has its interfaces (vmrun0)"))
        #expect(try network.isRedirected("first"))
        // It is free after that container's end, by whatever it has come.
        kill(try #require(one.pid), SIGKILL)
        #expect(eventually { (try? network.names()) == ["first"] })
        try two.create()
        #expect(two.output == "interface first in slot 0\n")
    }
}
