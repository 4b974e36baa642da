# The verbs of the OCI command line, one after the other and in the wrong order.
# shellcheck shell=bash disable=SC2154,SC2016

# rt VERB...: the runtime with the cases' own state folder.
rt() { "$vmrun" --root "$state" "$@"; }

# says STATUS TEXT VERB...: the call ends with the status, or for `error` with any but 0, and its stderr has the text.
says() {
    local wanted=$1 text=$2
    shift 2
    status=0
    rt "$@" </dev/null >"$work/out" 2>"$work/err" || status=$?
    [[ $wanted == error && $status != 0 ]] || expect_equal "$status" "$wanted" "$*: $(<"$work/err")"
    # Some logs put a backslash before quotation marks.
    expect_contains "$(sed 's/\\"/"/g' "$work/err")" "$text"
}

# created ID BUNDLE [FLAG...]: creates one whose output goes to $work/ID.out and $work/ID.err, its pid to $work/ID.pid.
created() {
    local id=$1 path=$2
    shift 2
    rt create --bundle "$path" --pid-file "$work/$id.pid" "$@" "$id" </dev/null >"$work/$id.out" 2>"$work/$id.err" ||
        fail "create: $(<"$work/$id.err")"
}

status_of() { rt state "$1" | jq -r .status; }
has_status() { [[ $(status_of "$1") == "$2" ]]; }
is_gone() { ! [[ -d /proc/$1 ]] || grep -q '^State:.[ZX]' "/proc/$1/status"; }

# Each verb in its place, on one container.
test_a_container_goes_from_creation_to_its_end() {
    local id=e2e-$$-life path pid listed
    path=$(bundle '.annotations = {"org.example.colour": "blue"}' sh -c '
        trap "echo got USR1" USR1; trap "echo got TERM; exit 3" TERM; echo begun; while :; do sleep 0.1; done')
    created "$id" "$path"
    pid=$(<"$work/$id.pid")
    expect_equal "$(wc -c <"$work/$id.pid")" "${#pid}" 'the pid file has more than the number'
    kill -0 "$pid"
    expect_equal "$(rt state "$id" | jq -r '[.id, .status, (.pid | tostring), .bundle, .annotations["org.example.colour"]] | join(" ")')" \
        "$id created $pid $path blue"
    expect_contains "$(rt state "$id" | jq -r .ociVersion)" 1.
    expect_equal "$(rt list -q)" "$id"
    expect_equal "$(rt list --format json | jq -r '.[] | "\(.id) \(.status) \(.pid)"')" "$id created $pid"
    listed=$(rt list | tr -s ' ')
    expect_contains "$listed" 'ID PID STATUS BUNDLE CREATED OWNER'
    expect_contains "$listed" "$id $pid created $path "
    expect_equal "$(<"$work/$id.out")" '' 'the program ran before start'
    says 1 'container with given ID already exists' create --bundle "$path" "$id"

    rt start "$id"
    wait_for 60 grep -q begun "$work/$id.out"
    expect_equal "$(rt state "$id" | jq -r '"\(.status) \(.pid)"')" "running $pid"
    says 1 'cannot start an already running container' start "$id"
    says 1 "cannot delete container $id that is not stopped: running" delete "$id"
    expect_equal "$(rt ps --format json "$id" | jq "index($pid)")" 0
    expect_contains "$(rt ps "$id")" PID

    expect_running_can_be_paused "$id"
    expect_resources_can_be_updated "$id"
    says 1 'unknown signal "NOTHING"' kill "$id" NOTHING
    rt kill "$id" 10
    wait_for 60 grep -q 'got USR1' "$work/$id.out"
    rt kill "$id"
    wait_for 60 has_status "$id" stopped
    expect_equal "$(tail -n 1 "$work/$id.out")" 'got TERM'
    expect_equal "$(rt state "$id" | jq .pid)" 0
    wait_for 20 is_gone "$pid"
    says 255 'cannot exec in a stopped container' exec "$id" true
    says 1 'cannot start a container that has stopped' start "$id"
    says 1 'container not running' kill "$id" TERM
    says 1 'container not running' pause "$id"
    rt delete "$id"
    says 1 'container does not exist' delete "$id"
    says 1 'container does not exist' state "$id"
    says 0 '' delete --force "$id"
    expect_equal "$(rt list -q)" ''
}

expect_running_can_be_paused() {
    rt pause "$1"
    expect_equal "$(status_of "$1")" paused
    says 255 'cannot exec in a paused container' exec "$1" true
    rt resume "$1"
    expect_equal "$(status_of "$1")" running
    says 1 'container not paused' resume "$1"
}

expect_resources_can_be_updated() {
    local stats
    rt update --memory 96M "$1"
    rt update --cpu-quota -1 --pids-limit -1 "$1"
    echo '{"pids": {"limit": 77}}' | rt update --resources - "$1"
    stats=$(rt events --stats "$1")
    expect_equal "$(jq -r '"\(.type) \(.id) \(.data.memory.usage.limit) \(.data.pids.limit)"' <<<"$stats")" "stats $1 $((96 << 20)) 77"
    expect_equal "$(jq '.data.cpu.usage.total > 0 and .data.memory.usage.usage > 0 and .data.pids.current > 0' <<<"$stats")" true
}

test_programs_are_executed_in_a_running_container() {
    local id=e2e-$$-exec pid
    created "$id" "$(bundle '.process.env += ["COLOUR=blue"]' sleep 1000)"
    rt start "$id"
    status=0
    out=$(echo hello | rt exec "$id" sh -c 'cat; echo $COLOUR; echo err >&2; exit 5' 2>"$work/err") || status=$?
    expect_equal "$status $out $(<"$work/err")" $'5 hello\nblue err'
    expect_equal "$(rt exec --env A=b --cwd /tmp --user 1000:1001 "$id" sh -c 'echo $A; pwd; id -u; id -g' </dev/null | tr '\n' ' ')" \
        'b /tmp 1000 1001 '
    status=0
    out=$(script -qec "stty rows 31 cols 97; '$vmrun' --root '$state' exec --tty $id sh -c 'tty; stty size; exit 6'" /dev/null \
        </dev/null | without_controls; exit "${PIPESTATUS[0]}") || status=$?
    expect_equal "$status" 6 "$out"
    expect_contains "$out" $'/dev/pts/0\n31 97'
    expect_detached_execs_have_processes "$id"
    says error 'exec: "nothere": executable file not found in $PATH' exec "$id" nothere
    says error 'exec: "/etc/passwd": permission denied' exec "$id" /etc/passwd
    # Its processes end with it.
    pid=$(<"$work/$id.pid")
    rt kill --all "$id" KILL
    wait_for 60 has_status "$id" stopped
    wait_for 20 is_gone "$pid"
    rt delete "$id"
}

# A process of the host stands for what was executed detached: killed, it takes that with it.
expect_detached_execs_have_processes() {
    local id=$1 pid
    jq '.process | .args = ["sh", "-c", "echo detached $COLOUR; touch /dev/shm/mark; exec sleep 999"] | .cwd = "/tmp" | .env += ["COLOUR=red"]' \
        <"$busybox_bundle/config.json" >"$work/process.json"
    rt exec --process "$work/process.json" --detach --pid-file "$work/exec.pid" "$id" </dev/null >"$work/exec.out" 2>&1
    pid=$(<"$work/exec.pid")
    wait_for 60 grep -q 'detached red' "$work/exec.out"
    kill -0 "$pid"
    expect_equal "$(rt exec "$id" ls /dev/shm </dev/null)" mark
    kill -KILL "$pid"
    wait_for 60 is_gone "$pid"
    wait_for 60 has_no_process "$id" 'sleep 999'
}
has_no_process() { [[ $(rt exec "$1" ps </dev/null) != *"$2"* ]]; }

test_creation_says_what_cannot_be_executed() {
    local id=e2e-$$-words
    says error 'exec: "nothere": executable file not found in $PATH' create --bundle "$(bundle . nothere)" "$id"
    status=0
    rt --log "$work/log.json" --log-format json create --bundle "$(bundle . /etc/passwd)" "$id" </dev/null >"$work/out" 2>&1 || status=$?
    ((status != 0)) || fail 'it can be created'
    expect_contains "$(tail -n 1 "$work/log.json" | jq -r 'select(.level == "error" and .time != null) | .msg')" \
        'exec: "/etc/passwd": permission denied'
    rm -f "$work/log.json"
    expect_equal "$(rt list -q)" ''
}

# One that is waiting, one that runs, one that is paused: the process of the host is killed from outside.
test_containers_whose_process_was_killed_can_be_deleted() {
    local id=e2e-$$-killed path
    path=$(bundle . sleep 1000)
    created "$id" "$path"
    kill -KILL "$(<"$work/$id.pid")"
    wait_for 60 has_status "$id" stopped
    says 1 'cannot start a container that has stopped' start "$id"
    rt delete "$id"
    # By the same id again, this time with a creator that is long gone: one that was ended together with its session.
    setsid "$vmrun" --root "$state" run --detach --bundle "$path" --pid-file "$work/$id.pid" "$id" </dev/null >"$work/out" 2>&1
    expect_equal "$(status_of "$id")" running
    kill -KILL "$(<"$work/$id.pid")"
    wait_for 60 has_status "$id" stopped
    rt delete "$id"
    created "$id" "$path"
    rt start "$id"
    rt pause "$id"
    kill -KILL "$(<"$work/$id.pid")"
    # A process that is frozen in a cgroup of version 1 dies when it is not any more.
    rt resume "$id" 2>/dev/null || true
    wait_for 60 has_status "$id" stopped
    rt delete "$id"
}

# More than runc promises, of which two may win or one wait forever.
# at_once COUNT VERB...: calls it that often at the same time. Sets winners to how many ended with 0; the others have
# said one line each and did not die of a signal.
at_once() {
    local count=$1 number pids=()
    shift
    for ((number = 0; number < count; number++)); do
        timeout 120 "$vmrun" --root "$state" "$@" </dev/null >"$work/once.$number" 2>&1 &
        pids+=($!)
    done
    winners=0
    for ((number = 0; number < count; number++)); do
        status=0
        wait "${pids[number]}" || status=$?
        ((status != 0)) || winners=$((winners + 1))
        ((status <= 1)) || fail "$*: ended with $status: $(<"$work/once.$number")"
        ((status == 0)) || expect_equal "$(wc -l <"$work/once.$number")" 1 "$(<"$work/once.$number")"
    done
    rm -f "$work"/once.*
}

test_of_verbs_at_once_one_wins() {
    local id=e2e-$$-race
    created "$id" "$(bundle . sh -c 'echo begun; exec sleep 1000')"
    at_once 10 start "$id"
    expect_equal "$winners" 1 'starts'
    wait_for 60 grep -q begun "$work/$id.out"
    expect_equal "$(wc -l <"$work/$id.out")" 1
    rt kill "$id" KILL
    wait_for 60 has_status "$id" stopped
    at_once 10 delete "$id"
    expect_equal "$winners" 1 'deletes'
    at_once 5 delete --force "$id"
    expect_equal "$winners" 5 'deletes by force'
}

test_delete_by_force_ends_what_runs_or_is_paused() {
    local id=e2e-$$-force pid
    created "$id" "$(bundle . sh -c 'trap "" TERM; while :; do sleep 1; done')"
    rt start "$id"
    rt pause "$id"
    pid=$(<"$work/$id.pid")
    rt delete --force "$id"
    wait_for 20 is_gone "$pid"
    says 1 'container does not exist' state "$id"
}

# The terminal's master goes to who listens at the console socket, as under podman and containerd.
test_a_terminal_goes_through_the_console_socket() {
    local id=e2e-$$-console path receiver
    clang -O1 -Wall -Wextra -Werror -o "$work/receive-terminal" "$here/host/receive-terminal.c"
    path=$(bundle '.process.terminal = true' sh -c 'tty; read line; echo "got $line"; stty size; exit 4')
    mkfifo "$work/type"
    "$work/receive-terminal" "$work/console" 31 97 <"$work/type" >"$work/console.out" 2>"$work/console.err" &
    receiver=$!
    exec 9>"$work/type"
    wait_for 20 test -S "$work/console"
    created "$id" "$path" --console-socket "$work/console"
    rt start "$id"
    wait_for 60 grep -q /dev/pts/0 "$work/console.out"
    echo typed >&9
    wait_for 60 has_status "$id" stopped
    exec 9>&-
    wait "$receiver"
    rt delete "$id"
    rm -f "$work/type" "$work/console"
    out=$(tr -d '\r' <"$work/console.out")
    expect_contains "$out" $'got typed\n31 97'
}

# hooks KIND...: the configuration's hooks of the host, each of which appends its kind and its state to $work/marks.
hooks() {
    local kind
    printf '#!/bin/sh\necho "$1 $(tr -d "\\n")" >>"$2"\n' >"$work/hook"
    chmod 755 "$work/hook"
    for kind in "$@"; do
        jq -n --arg kind "$kind" --arg work "$work" \
            '{($kind): [{path: "\($work)/hook", args: ["hook", $kind, "\($work)/marks"], env: ["PATH=/usr/bin:/bin"]}]}'
    done | jq -s add
}

# What runs in the container has a file of its own: host and guest do not append to one.
test_hooks_run_in_their_order_with_the_state() {
    local id=e2e-$$-hooks path pid
    : >"$work/marks"
    : >"$work/inner"
    path=$(bundle ".hooks = $(hooks prestart createRuntime createContainer poststart poststop)
        | .hooks.startContainer = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo startContainer \$(cat) >>/dev/inner\"]}]
        | .mounts += [{destination: \"/dev/inner\", source: \"$work/inner\", type: \"bind\", options: [\"bind\", \"rw\"]}]" \
        sh -c 'echo program >>/dev/inner')
    created "$id" "$path"
    pid=$(<"$work/$id.pid")
    # runc calls those of poststart too early.
    expect_equal "$(cut -d' ' -f1 "$work/marks" | grep -v poststart | tr '\n' ' ')" 'prestart createRuntime createContainer '
    expect_equal "$(<"$work/inner")" '' 'startContainer ran before start'
    rt start "$id"
    wait_for 60 has_status "$id" stopped
    rt delete "$id"
    expect_equal "$(cut -d' ' -f1 "$work/marks" | tr '\n' ' ')" 'prestart createRuntime createContainer poststart poststop '
    expect_equal "$(cut -d' ' -f1 "$work/inner" | tr '\n' ' ')" 'startContainer program '
    expect_equal "$(sed -n 's/^createRuntime //p' "$work/marks" | jq -r '"\(.id) \(.pid) \(.bundle)"')" "$id $pid $path"
    expect_equal "$(sed -n 's/^startContainer //p' "$work/inner" | jq -r .id)" "$id"
    expect_equal "$(sed -n 's/^poststop //p' "$work/marks" | jq -r '"\(.id) \(.status)"')" "$id stopped"
    rm -f "$work/marks" "$work/inner"
}

# Of a createRuntime hook in the mount namespace of the pid that it is told, and of a createContainer hook.
test_the_guest_sees_what_hooks_mount() {
    local path
    mkdir -p "$work/mounted"
    echo 'of the host' >"$work/mounted/file"
    cat >"$work/hook" <<-'END'
	#!/bin/sh -e
	pid=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')
	nsenter -m -t "$pid" mount --bind "$1" "$2"
	END
    chmod 755 "$work/hook"
    path=$(bundle ".hooks = {
        createRuntime: [{path: \"$work/hook\", args: [\"hook\", \"$work/mounted\", \"$busybox_bundle/rootfs/tmp\"],
            env: [\"PATH=/usr/bin:/bin\"]}],
        createContainer: [{path: \"/bin/mount\", args: [\"mount\", \"--bind\", \"$work/mounted\", \"root\"]}]}" \
        cat /tmp/file /root/file)
    run_in "$path"
    expect_equal "$status $(<"$work/out")" $'0 of the host\nof the host' "$(<"$work/err")"
    expect_equal "$(grep -c -F "$busybox_bundle" /proc/self/mountinfo)" 0
    rm -rf "$work/hook" "$work/mounted"
}

test_a_hook_that_fails_leaves_nothing() {
    local path
    path=$(bundle '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "echo no reason >&2; exit 3"]}]' true)
    says 1 'no reason' create --bundle "$path" "e2e-$$-failing"
    expect_contains "$(<"$work/err")" 'exit status 3'
    expect_equal "$(rt list -q)" ''
}

test_a_seccomp_profile_is_applied() {
    run_in "$(bundle '.process.noNewPrivileges = true | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
            architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], syscalls: [
            {names: ["chmod", "fchmod", "fchmodat", "fchmodat2"], action: "SCMP_ACT_ERRNO"},
            {names: ["personality"], action: "SCMP_ACT_ERRNO", errnoRet: 38, args: [{index: 0, value: 8, op: "SCMP_CMP_EQ"}]},
            {names: ["no_such_call"], action: "SCMP_ACT_ERRNO"},
            {names: ["sethostname"], action: "SCMP_ACT_KILL_PROCESS"}]}' \
        sh -c 'grep Seccomp: /proc/self/status | tr "\t" " "; touch /dev/shm/x; chmod 600 /dev/shm/x; linux32 true; linux64 true && echo fine
            hostname other; echo $?' )"
    expect_equal "$status" 0 "$err"
    expect_equal "$out" $'Seccomp: 2\nfine\n159'
    expect_contains "$err" 'chmod: /dev/shm/x: Operation not permitted'
    expect_contains "$err" 'Function not implemented'
}

test_features_are_listed() {
    local features
    features=$(rt features)
    expect_equal "$(jq -c '[.ociVersionMin != null, .ociVersionMax != null, (.hooks | index("createRuntime") != null),
        (.mountOptions | index("rbind") != null), (.linux.namespaces | index("pid") != null), .linux.seccomp.enabled]' <<<"$features")" \
        '[true,true,true,true,true,true]'
}
