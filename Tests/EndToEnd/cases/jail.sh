# What confines the processes of vmrun-sandbox, as the host sees it.
# shellcheck shell=bash disable=SC2154

# field NAME FILE: of a /proc/PID/status.
field() { awk -v name="$1:" '$1 == name {print $2}' "$2"; }

# A container that waits: begin_waiting NAME [JQ-EXPRESSION].
begin_waiting() {
    waiting=$1-$$
    waiting_bundle=$(bundle "${2:-.}" sh -c 'sleep 1000')
    "$vmrun" --root "$state" run --detach --bundle "$waiting_bundle" "$waiting" </dev/null >/dev/null 2>&1
    waiting_pid=$("$vmrun" --root "$state" state "$waiting" | jq .pid)
}

end_waiting() { "$vmrun" --root "$state" delete --force "$waiting"; }

test_the_sandbox_keeps_nothing_that_it_does_not_need() {
    begin_waiting jailed
    local status names=()
    for status in /proc/"$waiting_pid"/task/*/status; do
        # The kernel's own, which KVM makes, has no file and runs no program.
        [[ $(field Name "$status") != kvm-* ]] || continue
        names+=("$(field Name "$status")")
        expect_equal "$(field Seccomp "$status")" 2 "seccomp of ${names[-1]}"
        expect_equal "$(field NoNewPrivs "$status")" 1 "new privileges of ${names[-1]}"
        expect_equal "$(field CapBnd "$status")" 0000000000000000 "bounding set of ${names[-1]}"
        case ${names[-1]} in
        # CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SETGID, SETUID, MKNOD, SETFCAP
        fs*) expect_equal "$(field CapEff "$status")" 00000000880000db "capabilities of ${names[-1]}" ;;
        *)
            expect_equal "$(field CapEff "$status")" 0000000000000000 "capabilities of ${names[-1]}"
            expect_equal "$(field CapPrm "$status")" 0000000000000000 "permitted ones of ${names[-1]}"
            ;;
        esac
    done
    expect_equal "$(printf '%s\n' "${names[@]}" | sort | xargs)" 'fs0 fs1 net0 net1 vcpu0 vmrun-sandbox'
    expect_equal "$(cat "/proc/$waiting_pid/mountinfo")" '' 'mounts that it sees'
    expect_equal "$(cat "/proc/$waiting_pid/environ")" '' 'environment'
    local kind
    for kind in mnt pid ipc uts net; do
        [[ $(readlink "/proc/$waiting_pid/ns/$kind") != "$(readlink "/proc/self/ns/$kind")" ]] || fail "$kind is the host's"
    done
    expect_contains "$(grep 'core file' "/proc/$waiting_pid/limits")" ' 0  '
    # Of the host's mounts it has nothing open but devices and its log.
    local file mount
    for file in /proc/"$waiting_pid"/fd/*; do
        mount=$(awk '$1 == "mnt_id:" {print $2}' "/proc/$waiting_pid/fdinfo/${file##*/}")
        case $(readlink "$file") in
        anon_inode:* | socket:* | pipe:* | /dev/kvm | /dev/null | /dev/urandom | */sandbox.log) ;;
        *) ! grep -q "^$mount " /proc/self/mountinfo || fail "open: $(readlink "$file")" ;;
        esac
    done
    end_waiting
}

test_layers_can_be_left_off_one_by_one() {
    expect_contains "$("$vmrun" check)" 'jail     '
    expect_equal "$("$vmrun" check --json | jq .jail.seccomp.active)" true
    expect_equal "$(VMRUN_WITHOUT=seccomp,limits "$vmrun" check --json | jq -c '[.jail.seccomp.active, .jail.limits.active, .jail.capabilities.active]')" \
        '[false,false,true]'
    VMRUN_WITHOUT=nothing run_in "$(bundle . true)"
    expect_equal "$status" 1
    expect_contains "$err" 'VMRUN_WITHOUT: there is no layer nothing'
    export VMRUN_WITHOUT=seccomp
    begin_waiting open
    unset VMRUN_WITHOUT
    expect_equal "$(field Seccomp "/proc/$waiting_pid/status")" 0
    expect_equal "$(field NoNewPrivs "/proc/$waiting_pid/status")" 1
    end_waiting
}
