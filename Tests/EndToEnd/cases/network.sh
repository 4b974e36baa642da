# Interfaces of the container's network namespace. All is in namespaces of the case itself: $outside has a bridge and the other
# ends of the containers' interfaces.
# shellcheck shell=bash disable=SC2154,SC2016
outside=e2e-$$-outside
network_peer=$root/Tests/EndToEnd/host/network-peer.py
# What goes through in each direction, and over how many connections at once. A guest's kernel that is interpreted takes
# about 100 KiB in a second.
network_kib=${VMRUN_NETWORK_KIB:-96}
network_connections=${VMRUN_NETWORK_CONNECTIONS:-4}
# What goes through in each direction over 64 connections at once.
network_load_kib=${VMRUN_NETWORK_LOAD_KIB:-$network_kib}
network_load_cpus=${VMRUN_NETWORK_LOAD_CPUS:-2}

skip_network() {
    ((EUID == 0)) || echo 'needs root'
    local command
    for command in ip tc python3; do command -v "$command" >/dev/null || echo "$command is missing"; done
    [[ -c /dev/net/tun ]] || echo 'there is no /dev/net/tun'
    ! command -v ip >/dev/null || ip netns add "$outside-try" && ip netns delete "$outside-try" || echo 'no network namespaces'
}

# begin_network NAME...: namespaces e2e-PID-NAME with an eth0 on the bridge: 10.97.0.2, fd97::2 and so on.
begin_network() {
    local name number=1
    trap end_network EXIT
    ip netns add "$outside"
    ip -n "$outside" link set lo up
    ip -n "$outside" link add bridge type bridge
    give_addresses "$outside" bridge 97 1
    for name in "$@"; do
        number=$((number + 1))
        ip netns add "e2e-$$-$name"
        ip link add eth0 address "02:97:00:00:00:0$number" netns "e2e-$$-$name" type veth peer name "$name" netns "$outside"
        ip -n "$outside" link set "$name" master bridge up
        give_addresses "e2e-$$-$name" eth0 97 "$number"
        ip -n "e2e-$$-$name" route add default via 10.97.0.1
        ip -n "e2e-$$-$name" route add default via fd97::1
    done
}

# give_addresses NAMESPACE LINK NETWORK NUMBER
give_addresses() {
    ip -n "$1" address add "10.$3.0.$4/24" broadcast + dev "$2"
    ip -n "$1" address add "fd$3::$4/64" dev "$2" nodad
    ip -n "$1" link set "$2" up
}

# One more interface, with large packets: eth1 of the namespace with the name.
add_wide_interface() {
    ip link add eth1 mtu 9000 netns "e2e-$$-$1" type veth peer name "$1-wide" mtu 9000 netns "$outside"
    give_addresses "$outside" "$1-wide" 99 1
    give_addresses "e2e-$$-$1" eth1 99 2
    ip -n "e2e-$$-$1" route add 10.100.0.0/16 via 10.99.0.1 src 10.99.0.2 metric 50
}

end_network() {
    local name
    [[ -z ${peer:-} ]] || kill "$peer" 2>/dev/null || true
    [[ -z ${servers:-} ]] || kill "$servers" 2>/dev/null || true
    peer='' servers=''
    for name in $(ip netns list | awk -v own="e2e-$$-" 'index($1, own) == 1 {print $1}'); do ip netns delete "$name"; done
}

begin_peer() {
    ip netns exec "$outside" python3 "$network_peer" serve >"$work/peer" 2>&1 &
    peer=$!
    wait_for 20 grep -q ready "$work/peer"
}

# in_network NAME COMMAND...: prints the path of a bundle that runs it in the namespace. Pings are allowed.
in_network() {
    local name=$1
    shift
    bundle '.linux.namespaces |= map(if .type == "network" then .path = "/run/netns/e2e-'$$-"$name"'" else . end)
        | .process.capabilities[] |= (. + ["CAP_NET_RAW"] | unique)' "$@"
}

# build_guest_program NAME: $work/NAME, which is linked statically.
build_guest_program() {
    clang -static -O1 -Wall -Wextra -Werror -o "$work/$1" "$root/Tests/EndToEnd/guest/$1.c"
}
skip_guest_program() {
    skip_network
    command -v clang >/dev/null || echo 'clang is missing'
}

# change_bundle BUNDLE JQ-EXPRESSION [JQ-FLAG...]
change_bundle() {
    local path=$1 change=$2
    shift 2
    jq "$@" "$change" "$path/config.json" >"$path/new"
    mv "$path/new" "$path/config.json"
}

# The parts of routes that iproute2 and busybox both print; not those of taps and, which busybox adds, of multicast.
routes() {
    awk '!/vmrun|^multicast/ {line = $1; for (i = 2; i < NF; i++) if ($i ~ /^(via|dev|src|metric)$/) line = line " " $i " " $(i + 1)
        print line}' | sort
}
addresses() { awk '$2 ~ /^eth/ && $3 ~ /^inet/ {print $2, $4}' | sort; }

test_network_is_that_of_the_namespace() {
    local space=e2e-$$-one
    begin_network one
    add_wide_interface one
    run_in "$(in_network one sh -c '
        for name in eth0 eth1; do echo "$name $(cat /sys/class/net/$name/address /sys/class/net/$name/mtu | tr "\n" " ")"; done
        ls /sys/class/net; echo =; ip -o address; echo =; ip route; ip -6 route')"
    expect_equal "$status" 0 "$err"
    local link addresses routes
    link=$(ip -j -n "$space" link | jq -r '.[] | select(.ifname | startswith("eth")) | "\(.ifname) \(.address) \(.mtu) "' | sort)
    expect_equal "${out%%=*}" "$link"$'\neth0\neth1\nlo\n'
    addresses=${out#*=}
    expect_equal "$(addresses <<<"${addresses%%=*}")" "$(ip -n "$space" -o address | addresses)"
    routes=$( (ip -n "$space" route; ip -n "$space" -6 route) | routes)
    expect_equal "$(routes <<<"${out##*=}" | grep .)" "$routes"
    # The addresses are where the container can be reached from: they stay when it is gone, with nothing of it.
    expect_equal "$(ip -n "$space" -o link | grep -c vmrun)" 0 'taps'
    expect_equal "$(tc -n "$space" qdisc show | grep -c ingress)" 0 'queueing disciplines'
    end_network
}
skip_network_is_that_of_the_namespace() { skip_network; }

# Some engines bring the interfaces between create and start (ctr with CNI, for one).
test_network_may_come_after_creation() {
    local id=e2e-$$-late pid
    begin_network
    created "$id" "$(bundle . sh -c 'cat /sys/class/net/eth0/address; ip -o address show dev eth0; exec sleep 1000')"
    pid=$(<"$work/$id.pid")
    ip link add eth0 address 02:97:00:00:00:09 netns "$pid" type veth peer name late netns "$outside"
    ip -n "$outside" link set late master bridge up
    nsenter "--net=/proc/$pid/ns/net" ip address add 10.97.0.9/24 dev eth0
    nsenter "--net=/proc/$pid/ns/net" ip link set eth0 up
    rt start "$id"
    wait_for 60 grep -q 'inet 10.97.0.9/24' "$work/$id.out"
    expect_equal "$(head -n 1 "$work/$id.out")" 02:97:00:00:00:09
    ip netns exec "$outside" busybox ping -c 1 -W 20 10.97.0.9 >/dev/null || fail 'no answer'
    rt delete --force "$id"
    end_network
}
skip_network_may_come_after_creation() { skip_network; }

# Interfaces come, change and go while the container runs.
test_network_may_change_while_the_container_runs() {
    local id=e2e-$$-change space=e2e-$$-one watcher pid
    begin_network one
    created "$id" "$(in_network one sh -c 'exec sleep 1000')"
    rt start "$id"
    ip link add eth1 address 02:97:00:00:00:0a netns "$space" type veth peer name late netns "$outside"
    give_addresses "$outside" late 98 1
    give_addresses "$space" eth1 98 2
    ip -n "$space" route add 10.101.0.0/16 via 10.98.0.1
    wait_for 120 guest_has "$id" eth1 'inet 10.98.0.2/24' 'inet6 fd98::2/64' 02:97:00:00:00:0a
    wait_for 120 guest_routes "$id" '10.101.0.0/16 via 10.98.0.1'
    ip netns exec "$outside" busybox ping -c 1 -W 20 10.98.0.2 >/dev/null || fail 'no answer'
    ip -n "$space" address add 10.96.0.2/24 dev eth1
    ip -n "$space" address delete 10.98.0.2/24 dev eth1
    ip -n "$space" link set eth1 mtu 1300
    wait_for 120 guest_has "$id" eth1 'inet 10.96.0.2/24' 'mtu 1300'
    ! guest_has "$id" eth1 'inet 10.98.0.2/24' || fail 'the address stays'
    ip -n "$space" link delete eth1
    wait_for 120 guest_lacks "$id" eth1
    rt exec "$id" ping -c 1 -W 20 10.97.0.1 >/dev/null || fail 'the other interface does not work any more'
    watcher=$(jq .networkPid "$state/$id/state.json")
    kill -0 "$watcher"
    pid=$(<"$work/$id.pid")
    kill -9 "$pid"
    wait_for 20 is_gone "$watcher"
    wait_for 20 no_tap "$space"
    rt delete "$id"
    expect_equal "$(tc -n "$space" qdisc show | grep -c ingress)" 0 'queueing disciplines'
    end_network
}
skip_network_may_change_while_the_container_runs() { skip_network; }

# guest_has CONTAINER INTERFACE TEXT...: what its guest says of an interface.
guest_has() {
    local text piece
    text=$(rt exec "$1" ip address show dev "$2") || return
    shift 2
    for piece in "$@"; do [[ $text == *"$piece"* ]] || return; done
}
guest_routes() { rt exec "$1" ip route | grep -qF "$2"; }
guest_lacks() { ! rt exec "$1" ls "/sys/class/net/$2"; }

# From the container: names, datagrams, streams of both families, and large packets. To it: the same.
test_network_passes_everything_on() {
    local one=e2e-$$-one two=e2e-$$-two bytes=$((network_kib << 10)) pid
    begin_network one two
    add_wide_interface one
    begin_peer
    build_guest_program udp-echo
    echo 'nameserver 10.97.0.1' >"$work/resolv.conf"
    start_server
    "$vmrun" --root "$state" events --stats "$one" >"$work/stats"
    expect_equal "$(jq -c '.data.network_interfaces | [.[].Name]' "$work/stats")" '["eth0","eth1"]'
    expect_equal "$(jq ".data.network_interfaces[0] | .RxBytes > $bytes and .TxBytes > $bytes and .RxErrors == 0" "$work/stats")" true
    expect_reachable

    # Another container, over the bridge.
    run_in "$(in_network two sh -c '
        for address in 10.97.0.2 "[fd97::2]"; do wget -qO- "http://$address:8080/file" | sha256sum; done')"
    expect_equal "$status" 0 "$err"
    expect_equal "$(sort -u <<<"$out")" "$(sha256sum <"$work/pattern")"
    expect_equal "$(tc -n "$two" qdisc show | grep -c ingress)" 0 'queueing disciplines'

    pid=$("$vmrun" --root "$state" state "$one" | jq .pid)
    kill -9 "$pid"
    wait_for 20 no_tap "$one"
    "$vmrun" --root "$state" delete "$one"
    expect_equal "$(tc -n "$one" qdisc show | grep -c ingress)" 0 'queueing disciplines'
    end_network
}
skip_network_passes_everything_on() { skip_guest_program; }

# 64 connections at once in each direction, begun by either end, in a machine whose card has a queue pair for each processor: each
# byte is known to both ends.
test_network_carries_many_streams() {
    local queue id=e2e-$$-load path bytes=$((network_load_kib << 10 >> 6)) direction
    begin_network one
    build_guest_program tcp-load
    ip netns exec "$outside" "$work/tcp-load" serve 7002 >"$work/outside.out" &
    servers=$!
    path=$(in_network one sh -c '
        set -e
        ls /sys/class/net/eth0/queues
        /tcp-load receive 10.97.0.1 7002 64 "$0"
        /tcp-load send fd97::1 7002 64 "$0"
        exec /tcp-load serve 7002' "$bytes")
    change_bundle "$path" '.annotations = {"io.vmrun.cpus": $cpus}
        | .mounts += [{destination: "/tcp-load", type: "bind", source: $program, options: ["bind", "ro"]}]' --arg program "$work/tcp-load" --arg cpus "$network_load_cpus"
    rt run --detach --bundle "$path" "$id" </dev/null >"$work/load.out" 2>"$work/load.err" || fail "$(<"$work/load.err")"
    wait_for "$network_load_seconds" ends_with ready "$work/load.out" || fail "$(cat "$work/load.out" "$work/load.err")"
    expect_equal "$(grep x- "$work/load.out")" "$(for queue in rx tx; do seq -f "$queue-%g" 0 $((network_load_cpus - 1)); done)"
    for direction in receive send; do
        ip netns exec "$outside" timeout "$network_load_seconds" "$work/tcp-load" "$direction" 10.97.0.2 7002 64 "$bytes" >>"$work/load.out"
    done
    expect_equal "$(grep -c "^$((bytes << 6)) " "$work/load.out")" 4 "$(<"$work/load.out")"
    echo "    $network_load_kib KiB to, from, from and to the container in milliseconds: $(awk 'NF == 2 {print $2}' "$work/load.out" | paste -sd ' ')"
    rt delete --force "$id"
    end_network
}
slow_network_carries_many_streams() { :; }
skip_network_carries_many_streams() { skip_guest_program; }
network_load_seconds=$((120 + network_load_kib / 256))
ends_with() { [[ $(tail -n 1 "$2") == "$1" ]]; }

# Interfaces that were there before the container are counted, others are announced.
test_network_may_have_many_interfaces() {
    local id=e2e-$$-many space=e2e-$$-one number
    begin_network one
    add_wide_interface one
    ip link add eth2 netns "$space" type veth peer name third netns "$outside"
    give_addresses "$outside" third 98 1
    give_addresses "$space" eth2 98 2
    created "$id" "$(in_network one sh -c 'exec sleep 1000')"
    rt start "$id"
    for number in 97 98 99; do
        rt exec "$id" ping -qc 1 -W 20 "10.$number.0.1" >/dev/null || fail "no answer of 10.$number.0.1"
    done
    rt delete --force "$id"
    expect_equal "$(tc -n "$space" qdisc show | grep -c ingress)" 0 'queueing disciplines'
    end_network
}
slow_network_may_have_many_interfaces() { :; }
skip_network_may_have_many_interfaces() { skip_network; }

no_tap() { ! ip -n "$1" -o link | grep -q vmrun; }

# A container that has tried everything from its side, and serves.
start_server() {
    local path
    path=$(in_network one sh -c '
        set -e
        ping -qc 2 10.97.0.1; ping -qc 2 fd97::1
        ping -qc 1 -s 8972 10.99.0.1; ping -qc 1 -s 8952 fd99::1
        nslookup some.test
        cd /tmp
        for address in 10.97.0.1 fd97::1; do
            echo "source $0" | nc $address 7000 >file
            sum=$(sha256sum <file)
            { echo "sink $0"; cat file; } | nc $address 7000 >sum
            echo "sums $sum $(cat sum)"
        done
        for number in $(seq $1); do echo "source $2" | nc 10.99.0.1 7000 | sha256sum >sum$number & jobs="$jobs $!"; done
        wait $jobs
        cat sum[0-9]* | sort | uniq -c
        /udp-echo & httpd -f -p 8080 & echo ready
        wait' "$bytes" "$network_connections" $((bytes / network_connections)))
    jq --arg work "$work" '.mounts += [
        {destination: "/etc/resolv.conf", type: "bind", source: "\($work)/resolv.conf", options: ["bind", "ro"]},
        {destination: "/udp-echo", type: "bind", source: "\($work)/udp-echo", options: ["bind", "ro"]},
        {destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["size=80%"]}]' "$path/config.json" >"$path/new"
    mv "$path/new" "$path/config.json"
    "$vmrun" --root "$state" run --detach --bundle "$path" "$one" </dev/null >"$work/server.out" 2>"$work/server.err" || fail "$(<"$work/server.err")"
    wait_for 300 grep -q '^ready' "$work/server.out" || fail "$(cat "$work/server.out" "$work/server.err")"
    python3 "$network_peer" pattern "$bytes" >"$work/pattern"
    local sum
    sum=$(sha256sum <"$work/pattern" | cut -d' ' -f1)
    expect_equal "$(grep -c "^sums $sum *- $sum\$" "$work/server.out")" 2 "$(<"$work/server.out")"
    sum=$(python3 "$network_peer" pattern $((bytes / network_connections)) | sha256sum)
    expect_equal "$(tail -n 2 "$work/server.out" | tr -s ' ')" " $network_connections ${sum/  / }"$'\nready'
    expect_equal "$(grep -c ' 0% packet loss' "$work/server.out")" 4 "$(<"$work/server.out")"
    expect_equal "$(grep -cE '^Address: (10.97.0.1|fd97::1)$' "$work/server.out")" 2 "$(<"$work/server.out")"
}

# To the container, from outside.
expect_reachable() {
    local address
    # The servers begin after their shell.
    wait_for 60 ip netns exec "$outside" python3 "$network_peer" echo 10.97.0.2 7001 1
    wait_for 60 ip netns exec "$outside" busybox wget -qO /dev/null http://10.97.0.2:8080/file
    for address in 10.97.0.2 fd97::2; do
        ip netns exec "$outside" python3 "$network_peer" echo "$address" 7001 1 1400 4000
    done
    ip netns exec "$outside" python3 "$network_peer" echo 10.99.0.2 7001 8972
    for address in 10.97.0.2 '[fd97::2]' 10.99.0.2; do
        ip netns exec "$outside" busybox wget -qO "$work/got" "http://$address:8080/file"
        cmp "$work/got" "$work/pattern"
    done
}

# What would be on the host's network is on one of user space: names, streams out of it, and published ports into it. Here the
# host is a namespace. (No nc: some versions of passt never tell the end of a stream whose other direction has ended.)
test_network_of_user_space_goes_out_and_in() {
    local id=e2e-$$-user path passt sum
    begin_network host
    begin_peer
    mkdir "$work/www"
    python3 "$network_peer" pattern $((network_kib << 10)) >"$work/www/file"
    sum=$(sha256sum <"$work/www/file")
    ip netns exec "$outside" busybox httpd -f -p 7080 -h "$work/www" &
    servers=$!
    echo 'nameserver 10.97.0.1' >"$work/resolv.conf"
    path=$(bundle '.linux.namespaces |= map(select(.type != "network"))
        | .mounts += [{destination: "/etc/resolv.conf", type: "bind", source: "'"$work"'/resolv.conf", options: ["bind", "ro"]},
            {destination: "/tmp", type: "tmpfs", source: "tmpfs"}]' sh -c '
        set -e
        ip -o address show dev eth0
        cd /tmp
        wget -qO file http://some.test:7080/file; sha256sum <file
        wget -qO- "http://[fd97::1]:7080/file" | sha256sum
        httpd -f -p 8080 & echo ready
        wait')
    expect_equal "$(in_host run --bundle "$path" "$id" 2>&1 | grep -c 'linux.namespaces: no network namespace.*io.vmrun.network=user')" 1
    jq '.annotations = {"io.vmrun.network": "user", "io.vmrun.publish": "18080:8080"}' "$path/config.json" >"$path/new"
    mv "$path/new" "$path/config.json"
    in_host run --detach --bundle "$path" "$id" </dev/null >"$work/user.out" 2>"$work/user.err" || fail "$(<"$work/user.err")"
    wait_for 240 grep -q '^ready' "$work/user.out" || fail "$(cat "$work/user.out" "$work/user.err")"
    expect_equal "$(grep -cF "$sum" "$work/user.out")" 2 "$(<"$work/user.out")"
    expect_contains "$(<"$work/user.out")" 'inet 10.0.2.15/24'
    wait_for 60 ip netns exec "$outside" busybox wget -qO "$work/got" http://10.97.0.2:18080/file
    cmp "$work/got" "$work/www/file"
    passt=$(jq .networkPid "$state/$id/state.json")
    expect_contains "$(tr '\0' ' ' <"/proc/$passt/cmdline")" passt
    # Without it the container has no network, and lives.
    kill -9 "$passt"
    wait_for 60 has_no_carrier "$id"
    expect_contains "$(<"$state/$id/sandbox.log")" 'network device: the other end is gone'
    expect_equal "$("$vmrun" --root "$state" state "$id" | jq -r .status)" running
    rt delete --force "$id"
    is_gone "$passt" || fail 'passt is left'
    end_network
}
skip_network_of_user_space_goes_out_and_in() {
    skip_network
    command -v passt >/dev/null || echo 'passt is missing'
}
has_no_carrier() { [[ $(rt exec "$1" cat /sys/class/net/eth0/carrier) == 0 ]]; }
in_host() { nsenter "--net=/run/netns/e2e-$$-host" "$vmrun" --root "$state" "$@"; }

# What the annotations allow passes, and no more; a kernel parameter of an interface is set when the guest has it.
test_network_has_limits_and_parameters() {
    local path kib=$((network_kib > 512 ? 512 : network_kib))
    begin_network one
    begin_peer
    path=$(in_network one sh -c '
        cat /proc/sys/net/ipv4/conf/eth0/rp_filter
        read begun rest </proc/uptime
        echo "source $0" | nc 10.97.0.1 7000 | sha256sum
        read ended rest </proc/uptime
        echo $((${ended%.*} - ${begun%.*}))' $((kib << 10)))
    # 64 KiB are saved up: the rest takes four seconds.
    jq --arg rate "$(((kib - 64) << 8))" '.annotations = {"io.vmrun.network.receive": $rate}
        | .linux.sysctl = {"net.ipv4.conf.eth0.rp_filter": "2"}' "$path/config.json" >"$path/new"
    mv "$path/new" "$path/config.json"
    run_in "$path"
    expect_equal "$status" 0 "$err"
    expect_equal "${out%$'\n'*}" "2"$'\n'"$(python3 "$network_peer" pattern $((kib << 10)) | sha256sum)"
    ((${out##*$'\n'} >= 3)) || fail "only ${out##*$'\n'} s"
    end_network
}
skip_network_has_limits_and_parameters() { skip_network; }

# Interfaces of other kinds than veth, as far as this kernel makes them: on one end of a pair whose other end answers.
test_network_has_interfaces_of_other_kinds() {
    local space=e2e-$$-one kind
    begin_network
    ip netns add "$space"
    for kind in "${other_kinds[@]}"; do
        has_kind "$kind" || continue
        ip -n "$outside" link add lower type veth peer name wire
        ip -n "$outside" link set lower up
        give_addresses "$outside" wire 95 1
        make_kind "$kind" "$outside" eth0
        ip -n "$outside" link set eth0 netns "$space"
        give_addresses "$space" eth0 95 2
        run_in "$(in_network one sh -c 'cat /sys/class/net/eth0/address; [ "$0" = dummy ] || ping -qc 2 -W 20 10.95.0.1' "$kind")"
        expect_equal "$status" 0 "$kind: $out $err"
        expect_contains "$out" "$(ip -j -n "$space" link show eth0 | jq -r '.[0].address')"
        ip -n "$space" link delete eth0
        ip -n "$outside" link delete lower
    done
    end_network
}
skip_network_has_interfaces_of_other_kinds() {
    skip_network
    local kind
    for kind in "${other_kinds[@]}"; do ! has_kind "$kind" || return 0; done
    echo "no interfaces of the kinds ${other_kinds[*]}"
}
other_kinds=(macvlan ipvlan vlan dummy)

# make_kind KIND NAMESPACE NAME: an interface on `lower`, whose other end is `wire`.
make_kind() {
    case $1 in
        dummy) ip -n "$2" link add "$3" type dummy ;;
        vlan)
            ip -n "$2" link add link lower name "$3" type vlan id 5
            ip -n "$2" address flush dev wire
            ip -n "$2" link add link wire name wire.5 type vlan id 5
            give_addresses "$2" wire.5 95 1
            ;;
        macvlan) ip -n "$2" link add link lower name "$3" type macvlan mode bridge ;;
        ipvlan) ip -n "$2" link add link lower name "$3" type ipvlan mode l2 ;;
    esac
}

has_kind() {
    local space=e2e-$$-kind found=0
    ip netns add "$space"
    ip -n "$space" link add lower type veth peer name wire
    make_kind "$1" "$space" try >/dev/null 2>&1 || found=1
    ip netns delete "$space"
    return "$found"
}
