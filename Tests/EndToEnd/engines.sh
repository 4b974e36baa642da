# What the cases of the container engines share; to be sourced after lib.sh.
# shellcheck shell=bash disable=SC2034,SC2154
# Every file, socket and mount of an engine is below this folder, and so every process of it has the folder's name in its
# arguments.
engine=$work/engine
# The namespace, or the parent of the cgroups, of a case.
engine_group=e2e-engine-$$
# Debian's docker: there may be others in the path.
docker_client=/usr/bin/docker

# The network that an engine with interfaces has for itself: its bridges, rules and containers' other ends are there.
engine_space=e2e-engine-$$

# Prints why a case of an engine cannot be: engine_missing COMMAND...
engine_missing() {
    local command
    if [[ -n ${VMRUN_WITHOUT_ENGINES:-} ]]; then echo 'without engines'; return; fi
    ((EUID == 0)) || echo 'needs root'
    for command in "$@"; do
        PATH=$PATH:/usr/sbin command -v "$command" >/dev/null || echo "$command is missing"
    done
}

# begin_engine [FLAG...]: an empty folder, and in it the runtime as engines call it: $engine/bin/vmrun, which adds the flags.
# Engines give their own environment to a runtime, or none.
begin_engine() {
    trap end_engine EXIT
    mkdir -p "$engine/bin"
    {
        printf '#!/bin/sh\nexport VMRUN_TEMPLATES=%q PATH=%q\nexec %q' "$VMRUN_TEMPLATES" "$PATH:/usr/sbin" "$vmrun"
        (($# == 0)) || printf ' %q' "$@"
        printf ' "$@"\n'
    } >"$engine/bin/vmrun"
    chmod 755 "$engine/bin/vmrun"
    export PATH=$PATH:/usr/sbin
}

# in_engine_space COMMAND...: once begin_engine_space was called.
in_engine_space() { nsenter "--net=/run/netns/$engine_space" "$@"; }
begin_engine_space() {
    trap end_engine EXIT
    ip netns add "$engine_space"
    ip -n "$engine_space" link set lo up
}

# expect_served URL: a container's server answers with what it has.
expect_served() {
    wait_for 60 in_engine_space busybox wget -qO "$work/got" "$1"
    expect_equal "$(<"$work/got")" 'of the guest'
}

engine_processes() { pgrep -f -- "$engine/" "$@"; }
no_engine_process() { ! engine_processes; }

# The engine leaves the parent of its cgroups.
remove_cgroups() {
    # podman makes folders for controllers that are not mounted, too, and files in them.
    [[ $(stat -fc %T /sys/fs/cgroup) != tmpfs ]] || find /sys/fs/cgroup -xdev -depth -path "*/$engine_group*" -delete
    find /sys/fs/cgroup -depth -type d -path "*/$engine_group*" -exec rmdir {} +
}

# After a failure: whatever is left is ended.
end_engine() {
    local left
    ip netns delete "$engine_space" 2>/dev/null
    [[ -d $engine ]] || return 0
    mapfile -t left < <(engine_processes)
    ((${#left[@]} == 0)) || kill -9 "${left[@]}" 2>/dev/null
    wait_for 10 no_engine_process
    grep -o "$engine/[^ ]*" /proc/self/mountinfo | sort -ru | xargs -rn 1 umount -l 2>/dev/null
    remove_cgroups 2>/dev/null
    rm -rf -- "$engine"
}

# After all went well: nothing is left of it by itself.
expect_engine_gone() {
    wait_for 30 no_engine_process || fail "left running: $(engine_processes -a)"
    local left
    left=$(grep "$engine" /proc/self/mountinfo || true)
    [[ -z $left ]] || fail "left mounted: $left"
    left=$(find /sys/fs/cgroup -type d -path "*/$engine_group/*" ! -name conmon 2>/dev/null)
    [[ -z $left ]] || fail "left of the cgroups: $left"
    remove_cgroups
    [[ ! -e /run/netns/$engine_space ]] || ip netns delete "$engine_space"
    rm -rf -- "$engine"
    trap - EXIT
}

# begin_daemon SOCKET COMMAND...: sets $daemon to its pid when the socket is there.
begin_daemon() {
    local socket=$1
    shift
    "$@" </dev/null >"$engine/log" 2>&1 &
    daemon=$!
    wait_for 60 test -S "$socket" || fail "$(tail -n 5 "$engine/log")"
}

end_daemon() {
    kill "$daemon"
    # Some end with their signal's status.
    wait "$daemon" || true
}

# The root of the image that all engines get: engine_root FILE
engine_root() { tar --sort=name -C "$busybox_bundle/rootfs" -cf "$1" .; }

# on_terminal COMMAND...: runs it on a terminal of 31 lines and 97 columns. Sets $out and $status.
on_terminal() {
    status=0
    printf -v out ' %q' "$@"
    script -qec "stty rows 31 cols 97;$out" /dev/null </dev/null >"$work/terminal" || status=$?
    out=$(without_controls <"$work/terminal")
}

# ends STATUS COMMAND...: the command ends with the status; sets $out to its stdout and $err to its stderr.
ends() {
    local wanted=$1
    shift
    status=0
    "$@" >"$work/out" 2>"$work/err" || status=$?
    out=$(<"$work/out")
    err=$(<"$work/err")
    expect_equal "$status" "$wanted" "$*: $out$err"
}
