# The machine's shape.
# shellcheck shell=bash disable=SC2154,SC2016

test_machines_have_the_memory_that_was_asked_for() {
    local size total
    for size in 64 256 3072 4096 8192; do
        run_in "$(bundle ".annotations = {\"io.vmrun.memory\": \"${size}Mi\"}" awk '/MemTotal/ {print int($2 / 1024)}' /proc/meminfo)"
        expect_equal "$status" 0 "$size MiB: $err"
        total=$out
        # Kernel, its tables and the guest image take their part.
        ((total <= size && total > size * 9 / 10 - 32)) || fail "$size MiB: the guest has $total"
    done
}
slow_machines_have_the_memory_that_was_asked_for() { :; }

test_machines_have_the_processors_that_were_asked_for() {
    local count
    for count in 2 4; do
        run_in "$(bundle ".annotations = {\"io.vmrun.cpus\": \"$count\"}" nproc)"
        expect_equal "$out" "$count" "$err"
    done
}
slow_machines_have_the_processors_that_were_asked_for() { :; }

# Processes that have the same registers would mix them up where a KVM in software saves them wrong.
test_processes_keep_their_registers() {
    local path=$work/fpu
    mkdir -p "$path"
    cp -a "$busybox_bundle/rootfs" "$path/"
    clang -static -O1 -mavx -Wall -Wextra -Werror -o "$path/rootfs/bin/fpu-soak" "$here/guest/fpu-soak.c"
    run_in "$(bundle ".root.path = \"$path/rootfs\"" fpu-soak 3 "${VMRUN_SOAK_ROUNDS:-100}")"
    rm -rf "$path"
    expect_equal "$status" 0 "$out$err"
    expect_equal "$out" ok
}

test_guests_keep_pages_in_reserve_for_a_start() {
    run_in "$(bundle . cat /proc/sys/vm/stat_interval)"
    expect_equal "$out" 10 "$err"
}
