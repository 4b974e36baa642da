"""The table of surfaces: one column per runtime and profile. Pure."""
import statistics


def table(surfaces: list[dict]) -> list[str]:
    lines = ["| | " + " | ".join(f"{one['subject']} {one['profile']}" for one in surfaces) + " |",
             "|---|" + "---|" * len(surfaces)]
    for title, tell in _ROWS:
        lines.append(f"| {title} | " + " | ".join(one["failure"] and "?" or tell(one) for one in surfaces) + " |")
    lines += ["", *(f"- {one['subject']} {one['profile']} could not be measured: {one['failure']}"
                    for one in surfaces if one["failure"])]
    missing = {one["functions_missing"] for one in surfaces if one["functions_missing"]}
    lines += [f"- kernel functions: {reason}" for reason in sorted(missing)]
    missing = {one["tracepoints_missing"] for one in surfaces if one["tracepoints_missing"]}
    return lines + [f"- tracepoints: {reason}" for reason in sorted(missing)] + ["", *_threads(surfaces)]


def _threads(surfaces: list[dict]) -> list[str]:
    lines = ["| thread | host system calls allowed | ioctl requests | capabilities | no_new_privs |", "|---|---|---|---|---|"]
    for one in surfaces:
        for thread in one["threads"]:
            lines.append(f"| {one['subject']} {one['profile']}: {thread['name']} | {thread['allowed']} | {_ioctls(thread)} | "
                         f"{len(thread['capabilities'])} | {_yes(thread['no_new_privileges'])} |")
    return lines


def _ioctls(thread: dict) -> str:
    if thread["filters"] and "ioctl" not in thread["calls"]:
        return "none"
    return "all" if thread["ioctls"] is None else str(thread["ioctls"])


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _all_ioctls(one: dict) -> str:
    told = [_ioctls(thread) for thread in one["threads"]]
    if "all" in told:
        return "all"
    return str(max((int(word) for word in told if word.isdigit()), default=0))


def _capabilities(one: dict) -> str:
    return str(len({name for thread in one["threads"] for name in thread["capabilities"]}))


def _descriptors(one: dict) -> str:
    return f"{sum(one['descriptors'].values())}: " + ", ".join(f"{count} {kind}" for kind, count in one["descriptors"].items())


def functions(one: dict) -> str:
    return "not measured" if one["functions"] is None else str(one["functions"])


def tracepoints(one: dict) -> str:
    return "not measured" if one["tracepoints"] is None else str(one["tracepoints"])


def _start(one: dict) -> str:
    return f"{statistics.median(one['start_seconds']):.2f}" if one["start_seconds"] else "?"


_ROWS = [
    ("the process that faces the workload", lambda one: one["process"]),
    ("its threads", lambda one: str(len(one["threads"]))),
    ("**host system calls allowed**", lambda one: str(one["calls_allowed"])),
    ("requests of ioctl allowed", _all_ioctls),
    ("**host system calls used** by the workload", lambda one: str(len(one["calls_used"]))),
    ("functions of the host's kernel reached", functions),
    ("tracepoints of the host's kernel passed", tracepoints),
    ("capabilities on the host", _capabilities),
    ("no_new_privs", lambda one: _yes(all(thread["no_new_privileges"] for thread in one["threads"]))),
    ("open descriptors", _descriptors),
    ("mounts that it sees", lambda one: str(len(one["writable_mounts"])) + f" writable of {one['mounts']}"),
    ("processes that it sees", lambda one: str(one["processes"]) if one["processes"] is not None else "no proc"),
    ("writable files of the host's /proc", lambda one: str(one["proc_files"])),
    ("writable files of the host's /sys", lambda one: str(one["sys_files"])),
    ("device nodes of the host's kernel", lambda one: str(len(one["devices"]))),
    ("namespaces of its own", lambda one: ", ".join(one["namespaces"])),
    ("memory (PSS), MiB", lambda one: f"{one['memory'] / 2**20:.1f}"),
    ("start of `true`, seconds, median", _start),
]
