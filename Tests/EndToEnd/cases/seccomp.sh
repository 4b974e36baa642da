# Filters of system calls, which the guest's kernel applies.
# shellcheck shell=bash disable=SC2154,SC2016

test_a_seccomp_profile_applies_in_the_guest() {
    run_in "$(bundle '.root.readonly = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
        architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        syscalls: [{names: ["mkdir", "mkdirat", "not_a_call"], action: "SCMP_ACT_ERRNO", errnoRet: 28},
          {names: ["kill"], action: "SCMP_ACT_ERRNO", args: [{index: 1, value: 10, op: "SCMP_CMP_EQ"}]}]}' \
        sh -c 'mkdir /tmp/x 2>&1; kill -10 $$ 2>&1; kill -0 $$ && echo sent; grep "^Seccomp:" /proc/self/status | tr "\t" " "')"
    expect_equal "$err" ''
    expect_equal "$out" "mkdir: can't create directory '/tmp/x': No space left on device
sh: can't kill pid 1: Operation not permitted
sent
Seccomp: 2"
}

test_a_seccomp_notification_is_refused() {
    run_in "$(bundle '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]}' true)"
    expect_equal "$status" 1
    expect_contains "$err" 'linux.seccomp.syscalls[0].action: SCMP_ACT_NOTIFY is not supported'
}
