# Guests whose kernel is the attacker's and that never end by themselves: the host is not harmed, other containers run beside
# them, and they end when they are told to.
# shellcheck shell=bash disable=SC2154

# The program that attacks from ring 0, which hack/secbench has, too.
hostile_kernel() {
    /usr/bin/python3 -B -c 'import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); from security import lost_guest
print(lost_guest.build(Path(sys.argv[2])))' "$root/hack" "$work"
}

# The most memory that a process has had, in MiB.
peak_of() { echo $(($(field VmHWM "/proc/$1/status") >> 10)); }

# withstands ATTACK: with a machine of 64 MiB.
withstands() {
    local id=e2e-$$-$1 path pid sandbox begun size peak
    path=$(bundle ".annotations[\"io.vmrun.memory\"] = \"64Mi\" | .vm.kernel = {path: \"$(hostile_kernel)\", parameters: [\"attack=$1\", \"megabytes=64\"]}" true)
    "$vmrun" --root "$state" --debug --log "$work/log-$1" --no-template run --bundle "$path" "$id" </dev/null >"$work/out" 2>"$work/err" &
    pid=$!
    wait_for 60 grep -q 'guest: at it' "$state/$id/sandbox.log"
    sandbox=$(machines)
    # Somebody else's container is made and ends beside it.
    run_in "$(bundle . echo 'of another')"
    expect_equal "$status $out" '0 of another' "$err"
    kill -0 "$pid" || fail "it has ended: $(<"$work/err")"
    size=$(stat -c %s "$state/$id/sandbox.log")
    ((size < 128 << 10)) || fail "its log has $size bytes"
    peak=$(peak_of "$sandbox")
    ((peak < 64 + 32)) || fail "it has had $peak MiB"
    begun=$SECONDS
    kill -TERM "$pid"
    status=0
    wait "$pid" || status=$?
    ((status != 0)) || fail 'the status is 0'
    ((SECONDS - begun < 10)) || fail 'it did not end in time'
    wait_for 20 expect_nothing_left
}

# Its end is told, whichever thread sees it first.
test_a_guest_that_ends_its_machine_is_told() {
    local path
    path=$(bundle ".vm.kernel = {path: \"$(hostile_kernel)\", parameters: [\"attack=fault\"]}" true)
    for _ in 1 2 3; do
        status=0
        "$vmrun" --root "$state" --no-template run --bundle "$path" "e2e-$$-fault" </dev/null >"$work/out" 2>"$work/err" || status=$?
        expect_equal "$status" 1 "$(<"$work/err")"
        expect_contains "$(<"$work/err")" 'triple fault'
    done
}

test_a_guest_that_never_yields_is_ended() { withstands spin; }
test_a_guest_that_uses_all_its_memory_takes_no_more() { withstands hog; }
test_a_guest_that_never_stops_ringing_harms_nobody() { withstands storm; }
test_a_guest_that_makes_errors_again_and_again_does_not_fill_the_disk() { withstands errors; }

# What is asked of it is not answered.
test_a_guest_that_stops_answering_can_be_deleted() {
    local id=e2e-$$-silent begun
    "$vmrun" --root "$state" run --detach --bundle "$(bundle . sleep 1000)" "$id" </dev/null >/dev/null 2>"$work/err" || fail "$(<"$work/err")"
    kill -STOP "$(machines)"
    begun=$SECONDS
    "$vmrun" --root "$state" delete --force "$id"
    ((SECONDS - begun < 45)) || fail 'it was waited for'
}
