# Machines that are copies of a template.
# shellcheck shell=bash disable=SC2154,SC2016

# A folder for templates of the case's own.
own_templates() {
    export VMRUN_TEMPLATES=$work/templates-$1
    rm -rf -- "$VMRUN_TEMPLATES"
}

templates() { "$vmrun" template list --quiet; }

test_copies_have_random_numbers_and_ids_of_their_own() {
    local path first second name
    path=$(bundle . sh -c 'for f in uuid boot_id; do cat /proc/sys/kernel/random/$f; done; head -c 16 /dev/urandom | od -An -tx1
        for i in 1 2 3; do cat /proc/sys/kernel/random/uuid; done')
    run_in "$path"
    expect_equal "$status" 0 "$err"
    first=$out
    run_in "$path"
    second=$out
    expect_equal "$(wc -l <<<"$first")" 6
    # No line of one is a line of the other.
    expect_equal "$(sort <<<"$first"$'\n'"$second" | uniq -d)" ''
    name=$(templates | wc -l)
    ((name >= 1)) || fail 'there is no template: these were no copies'
}

test_a_copy_has_the_time_of_its_host() {
    local path before after
    path=$(bundle . sh -c 'date +%s; cut -d. -f1 /proc/uptime; sleep 1; cut -d. -f1 /proc/uptime')
    run_in "$path"
    # Some time passes after the template was made.
    sleep 3
    before=$(date +%s)
    run_in "$path"
    after=$(date +%s)
    local -a line
    mapfile -t line <<<"$out"
    ((line[0] >= before - 1 && line[0] <= after + 1)) || fail "the guest says ${line[0]}, the host $before to $after"
    # The monotonic clock goes on at its pace.
    ((line[2] - line[1] >= 1 && line[2] - line[1] <= 3)) || fail "one second took from ${line[1]} to ${line[2]}"
}
slow_a_copy_has_the_time_of_its_host() { :; }

test_twenty_copies_run_at_once() {
    local path number pids=()
    run_in "$(bundle . true)"
    for number in $(seq 20); do
        path=$(bundle . sh -c "cat | sed 's/^/container $number: /'")
        echo "hello $number" | "$vmrun" --root "$state" run --bundle "$path" "e2e-$$-many$number" >"$work/out$number" &
        pids+=($!)
    done
    wait "${pids[@]}"
    for number in $(seq 20); do
        expect_equal "$(<"$work/out$number")" "container $number: hello $number"
    done
}
slow_twenty_copies_run_at_once() { :; }

test_ten_first_starts_make_one_template() {
    local number path pids=()
    own_templates race
    path=$(bundle . true)
    : >"$work/err"
    for number in $(seq 10); do
        "$vmrun" --root "$state" run --bundle "$path" "e2e-$$-race$number" 2>>"$work/err" &
        pids+=($!)
    done
    for number in "${pids[@]}"; do wait "$number"; done
    expect_equal "$(templates | wc -l)" 1
    expect_equal "$(<"$work/err")" ''
}
slow_ten_first_starts_make_one_template() { :; }

# What is done to a template, and what is said of it then.
damaged() {
    local what=$1 text=$2 name
    "${@:3}" "$VMRUN_TEMPLATES/$(templates)"
    run_in "$(bundle . echo fine)"
    expect_equal "$status" 0 "$what: $err"
    expect_equal "$out" fine
    expect_contains "$err" "$text"
    # It was replaced.
    run_in "$(bundle . echo fine)"
    expect_equal "$err" '' "after $what"
}

test_damaged_templates_are_replaced() {
    own_templates damaged
    run_in "$(bundle . true)"
    damaged 'a short state' 'cut off' truncate_state
    damaged 'a flipped bit' 'damaged' flip_state
    damaged 'another file' 'no template' foreign_state
    damaged 'changed memory' 'memory' touch_memory
    damaged 'short memory' 'memory' truncate_memory
}
truncate_state() { truncate -s -100 "$1/state"; }
flip_state() { printf '\x55' | dd of="$1/state" bs=1 seek=5000 conv=notrunc status=none; }
foreign_state() { head -c 9000 /dev/urandom >"$1/state"; }
touch_memory() { printf x | dd of="$1/memory" bs=1 seek=20000000 conv=notrunc status=none; }
truncate_memory() { truncate -s 1M "$1/memory"; }
slow_damaged_templates_are_replaced() { :; }

test_killed_makers_leave_no_template() {
    local delay path pid
    own_templates killed
    path=$(bundle . true)
    for delay in 0.1 0.5 1 2 3 4 5 6; do
        "$vmrun" --root "$state" run --bundle "$path" "e2e-$$-killed" 2>/dev/null &
        pid=$!
        sleep "$delay"
        [[ -z $(templates) ]] || { wait "$pid"; break; }
        kill -9 "$pid" 2>/dev/null
        wait "$pid" || true
        wait_for 20 no_sandboxes
        # One that was complete at that moment may stay; all else is gone with the next start.
        "$vmrun" template prune >/dev/null
        [[ -z $(compgen -G "$VMRUN_TEMPLATES/*.new") ]] || fail "left after $delay s: $(ls "$VMRUN_TEMPLATES")"
    done
    run_in "$path"
    expect_equal "$status" 0 "$err"
    expect_equal "$(templates | wc -l)" 1
}
no_sandboxes() { ! sandboxes; }
slow_killed_makers_leave_no_template() { :; }

test_a_folder_for_templates_that_is_full_is_done_without() {
    mkdir -p "$work/full"
    mount -t tmpfs -o size=8M,mode=700 full "$work/full"
    VMRUN_TEMPLATES=$work/full run_in "$(bundle . echo fine)"
    local left
    left=$(ls -A "$work/full")
    umount "$work/full"
    expect_equal "$out" fine "$err"
    expect_contains "$err" 'no space left on device'
    expect_equal "$left" ''
}
slow_a_folder_for_templates_that_is_full_is_done_without() { :; }

test_templates_are_listed_made_and_removed() {
    local name
    own_templates verbs
    name=$("$vmrun" template create --memory 128M --cpus 1)
    expect_equal "$(templates)" "$name"
    expect_contains "$("$vmrun" template list)" '128 MiB'
    expect_equal "$("$vmrun" template list --format json | jq -r '.[0].memory')" $((128 << 20))
    run_in "$(bundle '.annotations = {"io.vmrun.memory": "128Mi"}' true)"
    expect_equal "$(templates)" "$name"
    expect_equal "$("$vmrun" template prune)" ''
    # Of a kernel that is not the same file any more nothing is started.
    cp "$root/build/share/vmrun/vmlinux" "$work/vmlinux"
    "$vmrun" --kernel "$work/vmlinux" template create --memory 128M >/dev/null
    touch "$work/vmlinux"
    expect_equal "$("$vmrun" template prune | wc -l)" 1
    "$vmrun" template remove "$name"
    expect_equal "$(templates)" ''
    status=0
    "$vmrun" template remove nothing 2>"$work/err" || status=$?
    expect_equal "$status" 1
    expect_contains "$(<"$work/err")" nothing
}
slow_templates_are_listed_made_and_removed() { :; }

# Memory of the sandbox of the only container, in MiB.
resident() { awk '/^Rss/ {print int($2 / 1024)}' "/proc/$(machines)/smaps_rollup"; }
resident_below() { (($(resident) < $1)); }

test_memory_that_is_free_again_goes_back_to_the_host() {
    local path pid full
    path=$(bundle . sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M count=60 2>/dev/null; echo full; read x; rm /dev/shm/x; echo free; read x; exit 0')
    mkfifo "$work/hold"
    "$vmrun" --root "$state" run --bundle "$path" "e2e-$$-memory" <"$work/hold" >"$work/out" &
    pid=$!
    exec 9>"$work/hold"
    wait_for 300 grep -q full "$work/out"
    full=$(resident)
    ((full > 60)) || fail "60 MiB were written, and only $full are there"
    echo >&9
    wait_for 300 grep -q free "$work/out"
    # Whole blocks of 2 MiB go back; parts of some stay in use.
    wait_for 60 resident_below $((full - 30)) || fail "of $full MiB, $(resident) are still there"
    exec 9>&-
    rm -f "$work/hold"
    wait "$pid"
}
slow_memory_that_is_free_again_goes_back_to_the_host() { :; }
