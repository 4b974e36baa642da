import OCISpec
import Testing

/// Every wrong document is refused with the path of the field that is wrong.
@Suite struct BadConfigurationTests {
    @Test(arguments: [
        (
            #""process":{"cwd":"/","args":["x",3]}"#,
            #"process.args[1]: expected a string, found a number"#
        ),
        (
            #""process":{"cwd":"/","args":"x"}"#,
            #"process.args: expected a list, found a string"#
        ),
        (
            #""process":[]"#,
            #"process: expected an object, found a list"#
        ),
        (
            #""process":{"args":["x"]}"#,
            #"process.cwd: required, but missing"#
        ),
        (
            #""process":{"cwd":null,"args":["x"]}"#,
            #"process.cwd: expected a string, found null"#
        ),
        (
            #""process":{"cwd":"x","args":["x"]}"#,
            #"process.cwd: Cwd must be an absolute path"#
        ),
        (
            #""process":{"cwd":"/"}"#,
            #"process.args: args must not be empty"#
        ),
        (
            #""process":{"cwd":"/","args":[]}"#,
            #"process.args: args must not be empty"#
        ),
        (
            #""process":{"cwd":"/","args":[""]}"#,
            #"process.args[0]: must not be empty"#
        ),
        (
            #""process":{"cwd":"/","args":["a\u0000b"]}"#,
            #"process.args[0]: contains a zero byte"#
        ),
        (
            #""hostname":"h""#,
            #"process: required, but missing"#
        ),
        (
            #""process":{"cwd":"/","args":["x"],"terminal":"yes"}"#,
            #"process.terminal: expected a boolean, found a string"#
        ),
        (
            #""process":{"cwd":"/","args":["x"],"user":{"uid":-1}}"#,
            #"process.user.uid: -1 is not between 0 and 4294967295"#
        ),
        (
            #""process":{"cwd":"/","args":["x"],"user":{"uid":1.5}}"#,
            #"process.user.uid: expected an integer, found 1.5"#
        ),
        (
            #""process":{"cwd":"/","args":["x"],"user":{"umask":512}}"#,
            #"process.user.umask: 512 is above 511 (0777)"#
        ),
        (
            #""process":{"cwd":"/","args":["x"],"user":{"additionalGids":[0,true]}}"#,
            #"process.user.additionalGids[1]: expected a number, found a boolean"#
        ),
        (
            #""process":{"cwd":"/","args":["x"],"rlimits":[{"type":"RLIMIT_X","soft":1,"hard":1}]}"#,
            #"process.rlimits[0].type: wrong rlimit value: RLIMIT_X"#
        ),
        (
            #""process":{"cwd":"/","args":["x"],"rlimits":[{"type":"RLIMIT_CPU","soft":2,"hard":1}]}"#,
            #"process.rlimits[0].soft: 2 is above hard, 1"#
        ),
        (
            #""process":{"cwd":"/","args":["x"],"rlimits":[{"type":"RLIMIT_CPU","soft":1,"hard":1},{"type":"RLIMIT_CPU","soft":1,"hard":1}]}"#,
            #"process.rlimits[1].type: RLIMIT_CPU is there twice"#
        ),
        (
            #""process":{"cwd":"/","args":["x"],"rlimits":[{"type":"RLIMIT_CPU","soft":1}]}"#,
            #"process.rlimits[0].hard: required, but missing"#
        ),
        (
            #""process":{"cwd":"/","args":["x"],"env":["=x"]}"#,
            #"process.env[0]: has no name"#
        ),
        (
            #""process":{"cwd":"/","args":["x"],"oomScoreAdj":1001}"#,
            #"process.oomScoreAdj: 1001 is not between -1000 and 1000"#
        ),
        (
            #""process":{"cwd":"/","args":["x"],"oomScoreAdj":99999999999}"#,
            #"process.oomScoreAdj: 99999999999 is not between -2147483648 and 2147483647"#
        ),
        (
            #""process":{"cwd":"/","args":["x"],"consoleSize":{"height":70000,"width":80}}"#,
            #"process.consoleSize: is above 65535"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"mounts":[{"source":"x"}]"#,
            #"mounts[0].destination: required, but missing"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"mounts":[{"destination":""}]"#,
            #"mounts[0].destination: must not be empty"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"mounts":[{"destination":"/a","options":"ro"}]"#,
            #"mounts[0].options: expected a list, found a string"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"hostname":"h""#,
            #"hostname: unable to set hostname without a private UTS namespace"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"domainname":"h""#,
            #"domainname: unable to set domainname without a private UTS namespace"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"hooks":{"prestart":[{"path":"x"}]}"#,
            #"hooks.prestart[0].path: must be an absolute path"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"hooks":{"poststop":[{"path":"/x","timeout":0}]}"#,
            #"hooks.poststop[0].timeout: must be greater than zero"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"annotations":{"a.b":1}"#,
            #"annotations["a.b"]: expected a string, found a number"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"namespaces":[{"type":"foo"}]}"#,
            #"linux.namespaces[0].type: namespace "foo" does not exist"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"namespaces":[{"type":"pid"},{"type":"pid"}]}"#,
            #"linux.namespaces[1]: duplicated ns "pid""#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"namespaces":[{"type":"pid","path":"x"}]}"#,
            #"linux.namespaces[0].path: must be an absolute path"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"namespaces":[{}]}"#,
            #"linux.namespaces[0].type: required, but missing"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"namespaces":[{"type":"user"}]}"#,
            #"linux.uidMappings: user namespaces enabled, but no uid mappings found"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"uidMappings":[{"containerID":0,"hostID":0,"size":1}]}"#,
            #"linux.uidMappings: user namespace mappings specified, but user namespace isn't enabled in the config"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"namespaces":[{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":0,"size":0}]}"#,
            #"linux.uidMappings[0].size: 0 does not fit"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"timeOffsets":{"monotonic":{"secs":1}}}"#,
            #"linux.timeOffsets: time namespace offsets specified, but time namespace isn't enabled in the config"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"devices":[{"path":"x","type":"c"}]}"#,
            #"linux.devices[0].path: must be an absolute path"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"devices":[{"path":"/x","type":"q"}]}"#,
            #"linux.devices[0].type: "q" is not one of c, b, u and p"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"devices":[{"path":"/x","type":"c","major":1}]}"#,
            #"linux.devices[0].minor: required, but missing"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"devices":[{"path":"/x","type":"c","major":-1,"minor":1}]}"#,
            #"linux.devices[0].major: -1 is no device number"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"resources":{"devices":[{"access":"rwm"}]}}"#,
            #"linux.resources.devices[0].allow: required, but missing"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"resources":{"devices":[{"allow":true,"access":"x"}]}}"#,
            #"linux.resources.devices[0].access: "x" has none of the letters r, w and m"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"resources":{"memory":{"limit":"1G"}}}"#,
            #"linux.resources.memory.limit: expected a number, found a string"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"sysctl":{"net..x":"1"}}"#,
            #"linux.sysctl["net..x"]: is not a name"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"maskedPaths":["/a","b"]}"#,
            #"linux.maskedPaths[1]: must be an absolute path"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"readonlyPaths":["b"]}"#,
            #"linux.readonlyPaths[0]: must be an absolute path"#
        ),
        (
            #""process":{"cwd":"/","args":["x"]},"linux":{"seccomp":{"syscalls":[]}}"#,
            #"linux.seccomp.defaultAction: required, but missing"#
        ),
    ])
    func namesTheField(members: String, message: String) {
        let text = #"{"ociVersion":"1.2.0","root":{"path":"rootfs"},"# + members + "}"
        #expect(refusal(text) == message)
    }

    @Test(arguments: [
        (#"{"root":{"path":"r"}}"#, "ociVersion: required, but missing"),
        (#"{"ociVersion":1}"#, "ociVersion: expected a string, found a number"),
        (#"{"ociVersion":"2.0.0"}"#, #"ociVersion: version "2.0.0" is not one of 1.x"#),
        (#"{"ociVersion":"1.0"}"#, "root: required, but missing"),
        (#"{"ociVersion":"1.0","root":{}}"#, "root.path: required, but missing"),
        (#"{"ociVersion":"1.0","root":{"path":""}}"#, "root.path: must not be empty"),
        (
            #"{"ociVersion":"1.0","root":{"path":"r","readonly":1}}"#,
            "root.readonly: expected a boolean, found a number"
        ),
        ("[]", "expected an object, found a list"),
        ("3", "expected an object, found a number"),
        ("{", "line 1, column 2: expected a name or '}', found the end of the document"),
    ])
    func namesTheFieldOfTheRoot(text: String, message: String) {
        #expect(refusal(text) == message)
    }

    private func refusal(_ text: String) -> String {
        do {
            _ = try Configuration.read(Array(text.utf8))
            return "accepted"
        } catch {
            return error.description
        }
    }
}
