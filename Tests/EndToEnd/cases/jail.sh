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

# traced FOLDER COMMAND...: runs it under strace, which writes a file for each thread into the folder.
traced() {
    local folder=$work/traces/$1
    shift
    mkdir -p "$folder"
    strace -ff -qq -s 15 -o "$folder/trace" "$@"
}

# busy COMMAND...: the path of a bundle in the network namespace "one", with a volume /v and a program /file-calls that asks for all
# that a file server can do.
busy() {
    local path
    clang -static -O1 -Wall -Wextra -Werror -o "$work/file-calls" "$root/Tests/EndToEnd/guest/file-calls.c"
    rm -rf "$work/busy-volume"
    mkdir "$work/busy-volume"
    path=$(in_network one "$@")
    jq --arg work "$work" '.mounts += [
        {destination: "/v", type: "bind", source: "\($work)/busy-volume", options: ["bind"]},
        {destination: "/file-calls", type: "bind", source: "\($work)/file-calls", options: ["bind", "ro"]}]
        | .process.capabilities[] |= (. + ["CAP_CHOWN", "CAP_FOWNER", "CAP_MKNOD", "CAP_SETUID", "CAP_SETGID", "CAP_LINUX_IMMUTABLE"] | unique)' \
        "$path/config.json" >"$path/new"
    mv "$path/new" "$path/config.json"
    echo "$path"
}

# What makes use of the whole file server, the network, the control socket and exec.
test_every_call_of_the_lists_is_needed() {
    local id=e2e-$$-traced path tracer
    traced maker "$vmrun" --template-dir "$work/traced-templates" template create >"$work/out" 2>"$work/err" || fail "$(<"$work/err")"
    begin_network one
    path=$(busy sh -c 'until ping -c 1 -W 20 10.97.0.1 >/dev/null; do :; done; cd /v && /file-calls && exec sleep 1000')
    traced sandbox "$vmrun" --root "$state" --template-dir "$work/traced-templates" run --bundle "$path" "$id" \
        </dev/null >"$work/$id.out" 2>"$work/err" &
    tracer=$!
    wait_for 300 grep -q . "$work/$id.out"
    expect_equal "$(<"$work/$id.out")" ok "$(<"$work/err")"
    expect_equal "$(echo text | traced stand-in "$vmrun" --root "$state" exec "$id" cat)" text
    "$vmrun" --root "$state" state "$id" >/dev/null
    "$vmrun" --root "$state" kill "$id" KILL
    wait "$tracer" || true
    rm -rf "$work/traced-templates"
    "$vmrun" check --json | "$root/Tests/EndToEnd/host/jail-calls.py" --rare "$work"/traces/* >"$work/told" || fail "$(<"$work/told")"
    end_network
}
skip_every_call_of_the_lists_is_needed() {
    command -v strace >/dev/null || echo 'strace is missing'
    skip_network
}

# All at once, so that threads meet that otherwise do not: files, processes of exec, another container in the machine, an
# interface that comes and goes, a pause, new limits, statistics.
test_no_call_is_missing_under_load() {
    local id=e2e-$$-load space=e2e-$$-one path pid jobs=() job number
    begin_network one
    path=$(busy sh -c 'echo ready; cd /v; mkdir tree; while :; do
        for n in $(seq 20); do echo $n >tree/$n; done; cat tree/* | wc -l >count; cp -r tree copy; mv copy/1 tree; rm -r copy; sync; df . >/dev/null
        ping -c 1 10.97.0.1 >/dev/null; done')
    created "$id" "$path"
    pid=$(<"$work/$id.pid")
    rt start "$id"
    wait_for 60 grep -q ready "$work/$id.out"
    for number in 1 2 3; do
        rt exec "$id" sh -c "mkdir -p /v/$number && cd /v/$number && /file-calls && head -c 300000 /dev/zero" >"$work/exec-$number" &
        jobs+=($!)
    done
    rt run --bundle "$(in_pod "$pid" . sh -c 'ls -lR / >/dev/null 2>&1; echo done')" "$id-member" >"$work/member" 2>&1 &
    jobs+=($!)
    ip link add eth1 netns "$space" type veth peer name one-more netns "$outside"
    ip -n "$space" address add 10.98.0.2/24 dev eth1
    ip -n "$space" link set eth1 up
    rt pause "$id"
    rt resume "$id"
    rt update --memory $((200 << 20)) "$id"
    rt events --stats "$id" >/dev/null
    wait_for 60 rt exec "$id" test -e /sys/class/net/eth1
    ip -n "$space" link delete eth1
    for job in "${jobs[@]}"; do wait "$job" || fail "one of them has failed: $(cat "$work"/exec-* "$work/member" | tr -d '\000')"; done
    for number in 1 2 3; do expect_equal "$(stat -c %s "$work/exec-$number")" 300003; done
    expect_contains "$(<"$work/member")" done
    ! grep 'does not allow' "$state"/*/sandbox.log || fail 'a call is missing'
    rt delete --force "$id"
    end_network
}
skip_no_call_is_missing_under_load() { skip_network; }
