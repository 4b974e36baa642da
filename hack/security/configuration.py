"""The configuration of the containers that are attacked: docker's, as an engine gives it by default and with --privileged."""
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_DOCKER = ROOT / "Tests/Fixtures/OCI/config-docker-plain.json"
# The profile that docker 20.10 passes to a runtime by default, in the form of linux.seccomp.
_SECCOMP = Path(__file__).resolve().parent / "seccomp.json"
PROFILES = ("default", "privileged")


def bounding_set(status: str) -> list[str]:
    """The capabilities of the caller, by their names, from /proc/self/status; a runtime cannot give more. Pure."""
    mask = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapBnd:"))
    return [name for bit, name in enumerate(CAPABILITIES) if mask >> bit & 1]


def make(profile: str, grant: "dict", rootfs: Path, mounts: list[dict], words: list[str], environment: dict[str, str]) -> dict:
    """config.json of a container. `grant` is what a scenario presupposes: capabilities, namespaces that it leaves out."""
    result = json.loads(_DOCKER.read_text())
    result["ociVersion"] = "1.0.2"
    result["linux"]["seccomp"] = json.loads(_SECCOMP.read_text())
    result.pop("hooks", None)
    process, linux = result["process"], result["linux"]
    process.update(args=words, cwd=grant.get("folder", "/"), terminal=False, user={"uid": 0, "gid": 0},
                   env=["PATH=/bin", *(f"{name}={value}" for name, value in environment.items())])
    for field in ("apparmorProfile", "rlimits", "oomScoreAdj", "consoleSize"):
        process.pop(field, None)
    for field in ("cgroupsPath", "sysctl"):
        linux.pop(field, None)
    linux["resources"] = {"devices": linux["resources"]["devices"]}
    result["root"] = {"path": str(rootfs), "readonly": False}
    result["mounts"] = [mount for mount in result["mounts"] if mount["type"] != "bind"] + mounts
    given = process["capabilities"]["bounding"] + list(grant.get("capabilities", ()))
    allowed = bounding_set(Path("/proc/self/status").read_text())
    if profile == "privileged":
        given = allowed
        _privilege(result)
    else:
        # As engines do: a capability takes the calls along that need it.
        calls = [call for name in grant.get("capabilities", ()) for call in _CALLS.get(name, [])]
        linux["seccomp"]["syscalls"].append({"names": calls or ["read"], "action": "SCMP_ACT_ALLOW"})
    process["capabilities"] = {kind: [name for name in given if name in allowed]
                               for kind in ("bounding", "effective", "permitted")}
    left_out = set(grant.get("without_namespaces", ()))
    linux["namespaces"] = [namespace for namespace in linux["namespaces"] if namespace["type"] not in left_out]
    return result


def _privilege(result: dict) -> None:
    linux = result["linux"]
    for field in ("seccomp", "maskedPaths", "readonlyPaths"):
        linux.pop(field, None)
    linux["resources"] = {"devices": [{"allow": True, "access": "rwm"}]}
    for mount in result["mounts"]:
        if mount["type"] in ("proc", "sysfs", "cgroup"):
            mount["options"] = [option for option in mount["options"] if option != "ro"]


# What docker's profile allows besides with these capabilities.
_CALLS = {
    "CAP_SYS_ADMIN": ["bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "lookup_dcookie",
                      "mount", "mount_setattr", "move_mount", "open_tree", "perf_event_open", "quotactl", "setdomainname",
                      "sethostname", "setns", "syslog", "umount", "umount2", "unshare"],
    "CAP_SYS_MODULE": ["delete_module", "init_module", "finit_module"],
    "CAP_SYS_PTRACE": ["kcmp", "pidfd_getfd", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace"],
    "CAP_DAC_READ_SEARCH": ["open_by_handle_at"],
}

# linux/capability.h, in the order of their bits.
CAPABILITIES = ["CAP_" + name for name in (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
    "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN "
    "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE "
    "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE").split()]
