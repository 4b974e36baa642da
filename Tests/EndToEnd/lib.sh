# What the cases share; to be sourced. A case is a function `test_NAME`; it fails where a command of it fails.
# shellcheck shell=bash disable=SC2034
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
vmrun=${VMRUN:-$root/build/bin/vmrun}
work=${VMRUN_TEST_WORK:-$(mktemp -d)}
# All cases share the templates: the first one makes them.
export VMRUN_TEMPLATES=$work/templates
state=$work/state
busybox_bundle=$work/busybox
counter=0

fail() { echo "    $*" >&2; return 1; }

expect_equal() { [[ $1 == "$2" ]] || fail "expected '$2', got '$1'${3:+ ($3)}"; }

expect_contains() { [[ $1 == *"$2"* ]] || fail "expected something with '$2', got '$1'"; }

# A fresh bundle that shares the busybox root: bundle JQ-EXPRESSION [ARGUMENT...] sets process.args and applies the
# expression to the configuration. Prints its path.
bundle() {
    local change=$1 path
    shift
    path=$(mktemp -d "$work/bundle.XXXXXX")
    jq ".process.args = \$ARGS.positional | .process.terminal = false | .root.path = \"$busybox_bundle/rootfs\" | $change" \
        --args -- "$@" <"$busybox_bundle/config.json" >"$path/config.json"
    echo "$path"
}

# run_in BUNDLE [FLAG...]: runs a container with an id of its own. stdout and stderr go to $work/out and $work/err, the
# status to $status.
run_in() {
    local bundle=$1
    shift
    counter=$((counter + 1))
    status=0
    "$vmrun" --root "$state" run --bundle "$bundle" "$@" "e2e-$$-$counter" >"$work/out" 2>"$work/err" || status=$?
    out=$(<"$work/out")
    err=$(<"$work/err")
}

sandboxes() { pgrep -f "^$root/build/share/vmrun/vmrun-sandbox" "$@"; }

# Those of them that have a machine.
machines() { pgrep -f "^$root/build/share/vmrun/vmrun-sandbox [0-9]+\$"; }

# Ends what a case that failed has left running.
end_sandboxes() {
    local left
    mapfile -t left < <(sandboxes)
    ((${#left[@]} == 0)) || kill -9 "${left[@]}" 2>/dev/null
}

# Nothing of a container is left: no process, no state, no cgroup, no mount.
expect_nothing_left() {
    local left
    left=$(ls -A "$state" 2>/dev/null || true)
    [[ -z $left ]] || fail "left in the state directory: $left" || return 1
    left=$(sandboxes -a || true)
    [[ -z $left ]] || fail "left running: $left" || return 1
    left=$(compgen -G "$VMRUN_TEMPLATES/*.new" || true)
    [[ -z $left ]] || fail "left among the templates: $left" || return 1
    left=$(find /sys/fs/cgroup -type d -name "e2e-$$-*" 2>/dev/null || true)
    [[ -z $left ]] || fail "left of the cgroups: $left" || return 1
    left=$(grep "$work" /proc/self/mountinfo || true)
    [[ -z $left ]] || fail "left mounted: $left"
}

# What script(1) has read from a terminal, without carriage returns, and without the NUL that it types at the end of its own
# input, which a terminal that is not raw shows as ^@.
without_controls() { tr -d '\r\000' | sed 's/\^@//g'; }

# Waits until a command succeeds: wait_for SECONDS COMMAND...
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || fail "not within its time: $*" || return 1
        sleep 0.1
    done
}
