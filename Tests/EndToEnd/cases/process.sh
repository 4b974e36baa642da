# The container's process: output, status, what the configuration gives it.
# shellcheck shell=bash disable=SC2154,SC2016

test_default_configuration_runs_under_a_kernel_of_its_own() {
    run_in "$(bundle . sh -c 'echo out; echo err >&2; uname -r; cat /proc/1/comm; hostname; pwd; id -u; echo $TERM; exit 7')"
    expect_equal "$status" 7
    expect_equal "$err" err
    expect_equal "$(sed -n 1p <<<"$out")" out
    [[ $(sed -n 2p <<<"$out") != "$(uname -r)" ]] || fail "the kernel is the host's"
    expect_equal "$(sed -n '3,$p' <<<"$out" | tr '\n' ' ')" 'sh runc / 0 xterm '
}

test_process_fields_are_applied() {
    run_in "$(bundle '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 6], umask: 63}
        | .process.cwd = "/tmp" | .process.env += ["FOO=bar baz"] | .hostname = "box" | .root.readonly = true
        | .process.capabilities = {bounding: ["CAP_KILL", "CAP_CHOWN"]}' \
        sh -c 'id; umask; pwd; echo "$FOO"; hostname; ulimit -n; touch /x 2>&1; grep -E "^(Cap(Bnd|Eff)|NoNewPrivs)" /proc/self/status | tr "\t" " "')"
    expect_equal "$status" 0
    expect_equal "$out" "uid=1000 gid=1001 groups=5,6
0077
/tmp
bar baz
box
1024
touch: /x: Read-only file system
CapEff: 0000000000000000
CapBnd: 0000000000000021
NoNewPrivs: 1"
}

test_a_signal_of_its_own_ends_the_process_with_128_and_its_number() {
    run_in "$(bundle . sh -c '(sleep 1; kill -9 1) & trap "exit 3" TERM; kill -TERM $$; wait')"
    expect_equal "$status" 3
    run_in "$(bundle . sh -c 'sh -c "kill -KILL \$\$"; echo $?; exec sh -c "exit 255"')"
    expect_equal "$out" 137
    expect_equal "$status" 255
}
slow_a_signal_of_its_own_ends_the_process_with_128_and_its_number() { :; }

test_signals_to_vmrun_reach_the_process() {
    local path id=e2e-$$-signal pid
    path=$(bundle . sh -c 'trap "echo got TERM; exit 42" TERM; echo ready; while :; do sleep 0.1; done')
    "$vmrun" --root "$state" run --bundle "$path" "$id" >"$work/out" 2>"$work/err" &
    pid=$!
    wait_for 300 grep -q ready "$work/out"
    kill -TERM "$pid"
    status=0
    wait "$pid" || status=$?
    expect_equal "$status" 42
    expect_contains "$(<"$work/out")" 'got TERM'
}

test_programs_that_cannot_be_executed_are_named() {
    run_in "$(bundle . nosuchprogram)"
    expect_equal "$status" 1 "$err"
    expect_contains "$err" 'exec: "nosuchprogram": executable file not found in $PATH'
    run_in "$(bundle . /etc/passwd)"
    expect_equal "$status" 1 "$err"
    expect_contains "$err" 'exec: "/etc/passwd": permission denied'
}
slow_programs_that_cannot_be_executed_are_named() { :; }

# Bytes through stdin and stdout: stream MIB.
stream() {
    local path
    path=$(bundle . cat)
    head -c "$(($1 << 20))" /dev/urandom >"$work/bytes"
    "$vmrun" --root "$state" run --bundle "$path" "e2e-$$-cat" <"$work/bytes" >"$work/copy"
    cmp "$work/bytes" "$work/copy"
    rm -f "$work/bytes" "$work/copy"
}

test_stdin_reaches_stdout_unchanged() { stream "${VMRUN_STREAM_MIB:-20}"; }

test_four_containers_run_at_once() {
    local path number pids=()
    for number in 1 2 3 4; do
        path=$(bundle . sh -c "cat | sed 's/^/container $number: /'")
        echo "hello $number" | "$vmrun" --root "$state" run --bundle "$path" "e2e-$$-many$number" >"$work/out$number" &
        pids+=($!)
    done
    wait "${pids[@]}"
    for number in 1 2 3 4; do
        expect_equal "$(<"$work/out$number")" "container $number: hello $number"
    done
}

test_a_terminal_is_the_containers_own() {
    local path
    path=$(bundle '.process.terminal = true' sh -c 'tty; stty size; test -t 0 && test -t 1 && echo both; exit 5')
    status=0
    script -qec "stty rows 31 cols 97; '$vmrun' --root '$state' run --bundle '$path' e2e-$$-tty" /dev/null \
        </dev/null >"$work/out" || status=$?
    out=$(without_controls <"$work/out")
    expect_equal "$status" 5 "$out"
    expect_contains "$out" /dev/pts/0
    expect_contains "$out" '31 97'
    expect_contains "$out" both
}
slow_a_terminal_is_the_containers_own() { :; }

test_a_bind_mount_that_is_not_recursive_leaves_out_what_is_mounted_below() {
    local volume=$work/volume
    mkdir -p "$volume/below"
    echo hidden >"$volume/below/name"
    mount -t tmpfs below "$volume/below"
    echo mounted >"$volume/below/name"
    run_in "$(bundle ".mounts += [{destination: \"/v\", type: \"bind\", source: \"$volume\", options: [\"bind\"]},
        {destination: \"/r\", type: \"bind\", source: \"$volume\", options: [\"rbind\"]}]" \
        sh -c 'cat /v/below/name /r/below/name; echo new >/v/below/name')"
    umount "$volume/below"
    expect_equal "$status" 0 "$err"
    expect_equal "$out" $'hidden\nmounted'
    expect_equal "$(<"$volume/below/name")" new
    rm -r "$volume"
}
