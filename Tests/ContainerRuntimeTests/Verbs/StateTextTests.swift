import Foundation
import Glibc
import Testing

@testable import ContainerRuntime

/// What `state`, `list` and `ps` print, to the letter.
@Suite(.enabled(if: canRun)) struct StateTextTests {
    private let container: TestContainer

    init() throws {
        container = try .created("wait")
    }

    private func state(_ status: String, pid: pid_t, annotations: String = "") throws -> String {
        let created = try #require(container.bundle.state?["created"] as? String)
        let bundle = container.bundle.bundle
        return """
            {
              "ociVersion": "1.2.0",
              "id": "c",
              "pid": \(pid),
              "status": "\(status)",
              "bundle": "\(bundle)",
              "rootfs": "\(bundle)/rootfs",
              "created": "\(created)",\(annotations)
              "owner": ""
            }

            """
    }

    @Test func printsTheState() throws {
        let pid = try #require(container.pid)
        #expect(try container.call("state", "c") == .says(state("created", pid: pid)))
        #expect(try container.call("start", "c") == .quiet)
        #expect(try container.call("state", "c") == .says(state("running", pid: pid)))
        #expect(try container.call("pause", "c") == .quiet)
        #expect(try container.call("state", "c") == .says(state("paused", pid: pid)))
        #expect(try container.call("kill", "c", "9") == .quiet)
        #expect(eventually { !container.isAlive })
        #expect(try container.call("state", "c") == .says(state("stopped", pid: 0)))
    }

    @Test func printsAnnotations() throws {
        #expect(try container.call("delete", "c") == .quiet)
        let file = container.bundle.bundle + "/config.json"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try container.bundle.write(
            "{\"annotations\": {\"b\": \"2\", \"a\": \"\\u001b\"}, " + text.dropFirst())
        try container.create()
        let annotations = """

              "annotations": {
                "a": "\\u001b",
                "b": "2"
              },
            """
        let pid = try #require(container.pid)
        let expected = try state("created", pid: pid, annotations: annotations)
        #expect(try container.call("state", "c") == .says(expected))
    }

    private var owner: String {
        // SAFETY: the entry of the C library is copied at once.
        getuid() == 0 ? "root" : unsafe String(cString: getpwuid(getuid()).pointee.pw_name)
    }

    @Test func listsAsATable() throws {
        let pid = try #require(container.pid)
        let created = try #require(container.bundle.state?["created"] as? String)
        let path = container.bundle.bundle
        let gap = String(repeating: " ", count: path.count - 3)
        let pidText = String(pid).padding(toLength: 12, withPad: " ", startingAt: 0)
        // The widths of runc's tabwriter: 12 at the least, and 3 spaces between columns.
        let expected = """
            ID          PID         STATUS      BUNDLE\(gap)CREATED                          OWNER
            c           \(pidText)created     \(path)   \(created)   \(owner)

            """
        #expect(try container.call("list") == .says(expected))
        #expect(try container.call("list", "--format", "table") == .says(expected))
        kill(pid, SIGKILL)
        #expect(eventually { !container.isAlive })
        let stopped = expected.replacing("\(pidText)created", with: "0           stopped")
        #expect(try container.call("list") == .says(stopped))
    }

    @Test func listsAsNamesAndAsJSON() throws {
        let other = try Invocation(container.bundle, ["create"], id: "b+1")
        #expect(try other.status() == 0)
        #expect(try container.call("list", "-q") == .says("b+1\nc\n"))
        #expect(try container.call("delete", "--force", "b+1") == .quiet)
        let pid = try #require(container.pid)
        let created = try #require(container.bundle.state?["created"] as? String)
        let path = container.bundle.bundle
        let expected =
            #"[{"ociVersion":"1.2.0","id":"c","pid":\#(pid),"status":"created","bundle":"\#(path)","#
            + #""rootfs":"\#(path)/rootfs","created":"\#(created)","owner":"\#(owner)"}]"# + "\n"
        #expect(try container.call("list", "-f", "json") == .says(expected))
    }

    @Test func listsNothing() throws {
        #expect(try container.call("delete", "c") == .quiet)
        let header = "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n"
        #expect(try container.call("list") == .says(header))
        #expect(try container.call("list", "-q") == .quiet)
        // runc says null; an empty array is as good for all who read it.
        #expect(try container.call("list", "-f", "json") == .says("[]\n"))
    }

    /// Nobody has made the default one yet, perhaps; one that is named is a mistake.
    @Test func aStateFolderThatIsNamedMustExist() throws {
        let text = "open /nonexistent: no such file or directory"
        #expect(
            try container.call("--root", "/nonexistent", "list") == .fails("list", text))
        #expect(try ContainerList(root: "/nonexistent", mustExist: false).text(.quiet) == "")
    }

    @Test func leavesOutWhatIsNoContainer() throws {
        for name in ["new@1", "half", "bad name"] {
            try FileManager.default.createDirectory(
                atPath: container.bundle.root + "/" + name, withIntermediateDirectories: true)
        }
        #expect(try container.call("list", "-q") == .says("c\n"))
    }

    @Test func refusesFormats() throws {
        let text = "invalid format option"
        #expect(try container.call("list", "-f", "xml") == .fails("list", text))
        #expect(try container.call("ps", "-f", "xml", "c") == .fails("ps", text))
    }

    @Test func showsTheGuestsProcesses() throws {
        let outcome = try container.call(
            "ps", "c", "-o", "pid,ppid,user,uid,c,tty,time,etime,stat,vsz,rss", "-o", "comm,args")
        #expect(
            outcome
                == .says(
                    """
                        PID    PPID UID   UID  C TTY       TIME  ELAPSED STAT  VSZ  RSS COMMAND CMD
                          3       7 1000 1000  0 ?     00:00:00 00:00:00 ?       0    0 x       [x]
                          7       1 root    0 49 pts/0 00:01:01 00:02:03 S    4096 2048 sh      sh -c a?[31mb

                    """))
    }

    @Test(arguments: [[], ["-ef"], ["-e", "-f"], ["aux"]])
    func showsRuncsColumns(options: [String]) throws {
        let outcome = try container.call(["ps", "c"] + options)
        let lines = outcome.output.split(separator: "\n")
        try #require(lines.count == 3)
        #expect(lines[0] == "UID      PID    PPID  C STIME TTY       TIME CMD")
        let shell = /root       7       1 49 \d\d:\d\d pts\/0 00:01:01 sh -c a\?\[31mb/
        #expect(lines[2].wholeMatch(of: shell) != nil, "\(lines[2])")
    }

    @Test(arguments: [["-e", "-x"], ["ax"]])
    func showsTheColumnsOfBSD(options: [String]) throws {
        let outcome = try container.call(["ps", "c"] + options)
        let lines = outcome.output.split(separator: "\n")
        try #require(lines.count == 3)
        #expect(lines[0] == "    PID TTY   STAT     TIME COMMAND")
        #expect(lines[2] == "      7 pts/0 S    00:01:01 sh -c a?[31mb")
    }

    @Test func showsNoneOfOneThatHasEnded() throws {
        let stopped = try TestContainer.stopped()
        #expect(
            try stopped.call("ps", "c") == .says("UID     PID    PPID C STIME TTY TIME CMD\n"))
    }

    @Test func refusesColumns() throws {
        let unknown = Outcome.fails("ps", "ps: unknown column \"bogus\"")
        #expect(try container.call("ps", "c", "-o", "pid,bogus") == unknown)
        let option = Outcome.fails("ps", "ps: unknown option \"-z\"")
        #expect(try container.call("ps", "c", "-z") == option)
    }

    @Test func showsTheHostsPIDs() throws {
        let pid = try #require(container.pid)
        #expect(try container.call("ps", "--format", "json", "c") == .says("[\(pid)]\n"))
        kill(pid, SIGKILL)
        #expect(eventually { !container.isAlive })
        #expect(try container.call("ps", "--format", "json", "c") == .says("[]\n"))
    }
}
