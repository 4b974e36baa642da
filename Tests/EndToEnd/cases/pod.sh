# Containers that join namespaces of others by their paths, as engines do for pods: they are in the same machine.
# shellcheck shell=bash disable=SC2154,SC2016

own_tmp='.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]'

# in_pod PID JQ-EXPRESSION COMMAND...: a bundle like any other, with all that a pod shares of the container of that pid.
in_pod() {
    local pid=$1 change=$2
    shift 2
    bundle '.linux.namespaces |= map(if .type == "mount" then . else
        .path = "/proc/'"$pid"'/ns/" + ({network: "net"}[.type] // .type) end) | del(.hostname) | '"$own_tmp | $change" "$@"
}

skip_pod() { ((EUID == 0)) || echo 'needs root: the sandbox has no namespaces of its own'; }

# begin_pod: the container $pod, which serves its /tmp and whose pid is $pid.
begin_pod() {
    pod=e2e-$$-pod
    created "$pod" "$(bundle '.hostname = "thepod" | '"$own_tmp" sh -c 'echo of the pod >/tmp/file; exec httpd -f -p 8080 -h /tmp')"
    pid=$(<"$work/$pod.pid")
    rt start "$pod"
}

test_containers_of_a_pod_share_a_machine() {
    local pod pid one=e2e-$$-one spaces
    begin_pod
    mkdir "$work/volume"
    echo 'of the host' >"$work/volume/file"
    spaces='for kind in net ipc uts pid; do readlink /proc/1/ns/$kind; done; readlink /proc/1/ns/mnt | wc -l'
    rt exec "$pod" sh -c "$spaces" >"$work/spaces"
    # A root, a volume and an exit status of its own.
    run_in "$(in_pod "$pid" '.mounts += [{destination: "/v", type: "bind", source: "'"$work/volume"'", options: ["bind"]}]' \
        sh -c "hostname; $spaces; ls /tmp; until wget -qO- http://127.0.0.1:8080/file; do sleep 0.1; done; cat /v/file
            echo of the guest >/v/new; exit 7")"
    expect_equal "$status" 7 "$err"
    expect_equal "$out" "thepod"$'\n'"$(<"$work/spaces")"$'\nof the pod\nof the host'
    expect_equal "$(<"$work/volume/new")" 'of the guest'

    # Every verb reaches it, and it alone.
    created "$one" "$(in_pod "$pid" . sh -c 'trap "exit 9" TERM; echo begun; while :; do sleep 0.1; done')"
    expect_equal "$(rt state "$one" | jq -r .status)" created
    rt start "$one"
    wait_for 60 grep -q begun "$work/$one.out"
    expect_equal "$(rt exec "$one" sh -c 'cat /tmp/file 2>/dev/null; echo $$ >/tmp/one; ls /tmp')" one
    expect_equal "$(rt ps --format json "$one" | jq length)" 1
    rt pause "$one"
    expect_equal "$(rt state "$one" | jq -r .status) $(rt state "$pod" | jq -r .status)" 'paused running'
    rt resume "$one"
    expect_equal "$(rt events --stats "$one" | jq '.data.pids.current > 0')" true
    rt kill "$one" TERM
    wait_for 60 has_status "$one" stopped
    rt delete "$one"
    # The same id again, and an end by force.
    created "$one" "$(in_pod "$pid" . sleep 1000)"
    rt start "$one"
    rt delete --force "$one"
    expect_equal "$(rt exec "$pod" sh -c 'cat /tmp/file; ps | grep -c "[s]leep 1000"' || true)" $'of the pod\n0'
    rt delete --force "$pod"
}
skip_containers_of_a_pod_share_a_machine() { skip_pod; }

test_a_pod_that_is_killed_takes_its_containers_along() {
    local pod pid one=e2e-$$-one other=e2e-$$-other running
    begin_pod
    created "$one" "$(in_pod "$pid" . sleep 1000)"
    rt start "$one"
    # What stands for a container on the host takes it along, and nothing else.
    kill -9 "$(<"$work/$one.pid")"
    rt delete --force "$one"
    expect_equal "$(rt state "$pod" | jq -r .status)" running
    "$vmrun" --root "$state" run --bundle "$(in_pod "$pid" . sh -c 'echo begun; exec sleep 1000')" "$other" </dev/null >"$work/$other.out" 2>&1 &
    running=$!
    wait_for 60 grep -q begun "$work/$other.out"
    kill -9 "$pid"
    status=0
    wait "$running" || status=$?
    # 137, or 255 where the machine had no time to tell.
    [[ $status == 137 || $status == 255 ]] || fail "ended with $status"
    rt delete "$pod"
}
skip_a_pod_that_is_killed_takes_its_containers_along() { skip_pod; }

# Namespaces of others than vmrun's containers are refused, whole or in part.
test_namespaces_of_others_are_refused() {
    local pod pid other
    unshare --ipc --uts sleep 1000 &
    other=$!
    trap 'kill "$other"' EXIT
    wait_for 20 is_apart "$other"
    run_in "$(bundle '.linux.namespaces |= map(if .type == "ipc" then .path = "/proc/'"$other"'/ns/ipc" else . end)' true)"
    expect_equal "$status" 1
    expect_contains "$err" "linux.namespaces[2].path: /proc/$other/ns/ipc is not a namespace of a running container of vmrun"
    begin_pod
    run_in "$(in_pod "$pid" '.linux.namespaces |= map(if .type == "uts" then .path = "/proc/'"$other"'/ns/uts" else . end)' true)"
    expect_equal "$status" 1
    expect_contains "$err" "/proc/$other/ns/uts is not a namespace"
    rt delete --force "$pod"
    kill "$other"
    trap - EXIT
}
skip_namespaces_of_others_are_refused() { skip_pod; }
is_apart() { [[ $(readlink "/proc/$1/ns/ipc") != "$(readlink /proc/self/ns/ipc)" && $(<"/proc/$1/comm") == sleep ]]; }
