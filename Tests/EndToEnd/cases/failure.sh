# What goes wrong: each ends with one line that says so, a status, and nothing left.
# shellcheck shell=bash disable=SC2154,SC2016

# refused TEXT [STATUS]: the last run has said so in one line.
refused() {
    expect_equal "$status" "${2:-1}" "$err"
    expect_contains "$err" "$1"
    expect_equal "$(wc -l <"$work/err")" 1 "$err"
}

test_bad_configurations_are_refused() {
    local path
    path=$(mktemp -d "$work/bundle.XXXXXX")
    run_in "$path"
    refused 'config.json'
    printf '{\n  "ociVersion": "1.0.2",\n  "process": }\n' >"$path/config.json"
    run_in "$path"
    refused 'line 3'
    run_in "$(bundle '.process.args = ["sh", 5]' sh)"
    refused 'process.args[1]'
    run_in "$(bundle '.root.path = "/nonexistent/rootfs"' sh)"
    refused '/nonexistent/rootfs'
    run_in "$(bundle '.process.args = []' sh)"
    refused 'args'
}

test_illegal_ids_are_refused() {
    local path id
    path=$(bundle . true)
    for id in '' . .. a/b 'a b'; do
        status=0
        "$vmrun" --root "$state" run --bundle "$path" "$id" 2>"$work/err" >"$work/out" || status=$?
        expect_equal "$status" 1 "id '$id'"
        [[ -s $work/err ]] || fail "no message for id '$id'"
    done
}

test_a_missing_kernel_is_named() {
    run_in "$(bundle . true)"
    VMRUN_KERNEL=/nonexistent/vmlinux run_in "$(bundle . true)"
    refused '/nonexistent/vmlinux'
}
slow_a_missing_kernel_is_named() { :; }

test_a_kernel_that_panics_is_told_with_its_last_words() {
    run_in "$(bundle ".vm.kernel = {path: \"$root/build/share/vmrun/vmlinux\", parameters: [\"rdinit=/nonexistent\"]}" true)"
    [[ $status -ne 0 ]] || fail 'the status is 0'
    expect_contains "$err" 'Kernel panic'
}

test_an_id_that_is_taken_is_refused() {
    local path pid
    path=$(bundle . sh -c 'echo ready; cat')
    mkfifo "$work/hold"
    "$vmrun" --root "$state" run --bundle "$path" "e2e-$$-taken" <"$work/hold" >"$work/first" &
    pid=$!
    exec 9>"$work/hold"
    wait_for 300 grep -q ready "$work/first"
    status=0
    "$vmrun" --root "$state" run --bundle "$path" "e2e-$$-taken" >"$work/out" 2>"$work/err" || status=$?
    exec 9>&-
    rm -f "$work/hold"
    wait "$pid"
    expect_equal "$status" 1
    expect_contains "$(<"$work/err")" exist
}

# Starts a container that waits, and kills -9 the process that VICTIM prints, given the pid of vmrun.
kill_while_running() {
    local victim=$1 path pid
    path=$(bundle . sh -c 'echo ready; sleep 1000')
    "$vmrun" --root "$state" run --bundle "$path" "e2e-$$-kill" </dev/null >"$work/out" 2>"$work/err" &
    pid=$!
    wait_for 300 grep -q ready "$work/out"
    kill -9 "$("$victim" "$pid")"
    status=0
    wait "$pid" || status=$?
    err=$(<"$work/err")
}

vmrun_itself() { echo "$1"; }
sandbox_of() { machines; }

test_a_killed_sandbox_ends_the_container() {
    kill_while_running sandbox_of
    expect_equal "$status" 137 "$err"
    [[ -n $err ]] || fail 'nothing was said'
}

test_a_killed_vmrun_leaves_nothing() {
    kill_while_running vmrun_itself
    wait_for 20 expect_nothing_left
}
slow_a_killed_vmrun_leaves_nothing() { :; }
