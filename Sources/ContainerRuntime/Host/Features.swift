package import OCISpec
internal import SeccompCompiler

/// What `vmrun features` tells: the Features structure of the runtime specification (features.md, features-linux.md),
/// about this program, whatever the host can do.
package enum Features {
    /// The first version of the specification that is read.
    private static let oldestVersion = "1.0.0"

    /// `version` is vmrun's own.
    package static func json(version: String) -> JSONValue {
        [
            "ociVersionMin": .string(oldestVersion),
            "ociVersionMax": .string(specificationVersion),
            "hooks": list(HookKind.allCases.map(\.rawValue)),
            "mountOptions": list(MountOptions.names),
            "linux": [
                "namespaces": list(Namespace.allCases.map(\.rawValue).sorted()),
                "capabilities": list(Capability.names),
                // Of the guest, which has the unified hierarchy alone.
                "cgroup": [
                    "v1": true, "v2": true, "systemd": false, "systemdUser": false, "rdma": false,
                ],
                "seccomp": seccomp,
                "apparmor": ["enabled": false],
                "selinux": ["enabled": false],
                "intelRdt": ["enabled": false],
                "mountExtensions": ["idmap": ["enabled": true]],
            ],
            "annotations": [
                "io.github.seccomp.libseccomp.version": .string(SeccompNames.libraryVersion),
                "io.vmrun.version": .string(version),
            ],
            "potentiallyUnsafeConfigAnnotations": list([SandboxPlan.annotationPrefix]),
        ]
    }

    private static var seccomp: JSONValue {
        [
            "enabled": true,
            "actions": list(SeccompNames.actions),
            "operators": list(SeccompNames.operators),
            "archs": list(SeccompNames.architectures),
            "knownFlags": list(SeccompNames.flags),
            "supportedFlags": list(SeccompNames.flags),
        ]
    }

    private static func list(_ names: [String]) -> JSONValue {
        .array(names.map { .string($0) })
    }
}
