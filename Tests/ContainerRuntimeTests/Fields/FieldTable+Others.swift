extension FieldTable {
    static let others: [FieldRow] = [
        .other(
            .explained("only 1.x is accepted"),
            ["ociVersion"]),
        .other(
            .explained("the bundle's root is share `rootfs`"),
            ["root.path"]),
        .other(
            .explained("in every bundle of these tests"),
            ["process.args[]", "process.cwd", "linux.namespaces[].type"]),
        .root(
            .warned("windows"),
            ["windows"],
            #""windows": {}"#),
        .root(
            .warned("solaris"),
            ["solaris"],
            #""solaris": {}"#),
        .root(
            .warned("zos"),
            ["zos"],
            #""zos": {}"#),
        .root(
            .warned("freebsd"),
            ["freebsd"],
            #""freebsd": {}"#),
        .other(
            .explained("in the test of the default configuration"),
            ["root.readonly"]),
        .root(
            .carriedOut,
            [
                "mounts[].destination", "mounts[].type", "mounts[].source",
                "mounts[].options[]",
            ],
            #""mounts": [{"destination": "/t", "type": "tmpfs", "source": "tmpfs", "options": ["ro"]}]"#
        ),
        .root(
            .carriedOut,
            [
                "mounts[].uidMappings[].containerID", "mounts[].uidMappings[].hostID",
                "mounts[].uidMappings[].size", "mounts[].gidMappings[].containerID",
                "mounts[].gidMappings[].hostID", "mounts[].gidMappings[].size",
            ],
            #""mounts": [{"destination": "/t", "type": "bind", "source": "/", "uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}], "gidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]}]"#
        ),
        .root(
            .carriedOut,
            ["hostname"],
            #""hostname": "h""#),
        .root(
            .carriedOut,
            ["domainname"],
            #""domainname": "d""#),
        .root(
            .explained("only names below io.vmrun. mean something"),
            ["annotations.*"],
            #""annotations": {"a": "b"}"#),
        .other(
            .explained("runs on the host, `ContainerHooks`"),
            [
                "hooks.prestart[].path", "hooks.prestart[].args[]", "hooks.prestart[].env[]",
                "hooks.prestart[].timeout",
            ]),
        .other(
            .explained("runs on the host, `ContainerHooks`"),
            [
                "hooks.createRuntime[].path", "hooks.createRuntime[].args[]",
                "hooks.createRuntime[].env[]", "hooks.createRuntime[].timeout",
            ]),
        .other(
            .explained("runs on the host, `ContainerHooks`"),
            [
                "hooks.createContainer[].path", "hooks.createContainer[].args[]",
                "hooks.createContainer[].env[]", "hooks.createContainer[].timeout",
            ]),
        .root(
            .carriedOut,
            [
                "hooks.startContainer[].path", "hooks.startContainer[].args[]",
                "hooks.startContainer[].env[]", "hooks.startContainer[].timeout",
            ],
            #""hooks": {"startContainer": [{"path": "/h", "args": ["h"], "env": ["A=b"], "timeout": 1}]}"#
        ),
        .other(
            .explained("runs on the host, `ContainerHooks`"),
            [
                "hooks.poststart[].path", "hooks.poststart[].args[]",
                "hooks.poststart[].env[]", "hooks.poststart[].timeout",
            ]),
        .other(
            .explained("runs on the host, `ContainerHooks`"),
            [
                "hooks.poststop[].path", "hooks.poststop[].args[]", "hooks.poststop[].env[]",
                "hooks.poststop[].timeout",
            ]),
        .root(
            .refused("vm.hypervisor"),
            ["vm.hypervisor.path", "vm.hypervisor.parameters[]"],
            #""vm": {"hypervisor": {"path": "/h"}}"#),
        .root(
            .carriedOut,
            ["vm.kernel.path", "vm.kernel.parameters[]", "vm.kernel.initrd"],
            #""vm": {"kernel": {"path": "/k", "parameters": ["q"], "initrd": "/i"}}"#),
        .root(
            .refused("vm.image"),
            ["vm.image.path", "vm.image.format"],
            #""vm": {"image": {"path": "/i", "format": "raw"}}"#),
        .root(
            .carriedOut,
            ["vm.hwConfig.vcpus"],
            #""vm": {"hwConfig": {"vcpus": 2}}"#),
        .root(
            .carriedOut,
            ["vm.hwConfig.memory"],
            #""vm": {"hwConfig": {"memory": 134217728}}"#),
        .root(
            .refused("vm.hwConfig.deviceTree"),
            ["vm.hwConfig.deviceTree"],
            #""vm": {"hwConfig": {"deviceTree": "/d"}}"#),
        .root(
            .refused("vm.hwConfig.dtdevs"),
            ["vm.hwConfig.dtdevs[]"],
            #""vm": {"hwConfig": {"dtdevs": ["x"]}}"#),
        .root(
            .refused("vm.hwConfig.iomems"),
            [
                "vm.hwConfig.iomems[].firstGFN", "vm.hwConfig.iomems[].firstMFN",
                "vm.hwConfig.iomems[].nrMFNs",
            ],
            #""vm": {"hwConfig": {"iomems": [{"firstGFN": 1, "firstMFN": 1, "nrMFNs": 1}]}}"#),
        .root(
            .refused("vm.hwConfig.irqs"),
            ["vm.hwConfig.irqs[]"],
            #""vm": {"hwConfig": {"irqs": [1]}}"#),
    ]
}
