# podman, with conmon, calls the runtime.
# shellcheck shell=bash disable=SC2154,SC2016

begin_podman() {
    begin_engine --root "$state"
    cat >"$engine/containers.conf" <<-END
		[containers]
		log_driver = "k8s-file"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime_supports_json = ["vmrun"]
		[network]
		network_config_dir = "$engine/networks"
	END
    export CONTAINERS_CONF=$engine/containers.conf
    podman=(podman --root "$engine/root" --runroot "$engine/run" --tmpdir "$engine/tmp" --storage-driver vfs
        --runtime "$engine/bin/vmrun")
    engine_root "$engine/root.tar"
    "${podman[@]}" import -q "$engine/root.tar" busybox >/dev/null
}

end_podman() {
    expect_equal "$("${podman[@]}" ps -aq)" '' 'containers'
    expect_engine_gone
}

# Most cases have no network.
run_options=(--network none --cgroup-parent "/$engine_group")

test_podman_runs_containers() {
    begin_podman
    mkdir "$engine/volume"
    echo 'of the host' >"$engine/volume/file"
    ends 7 "${podman[@]}" run -i --rm "${run_options[@]}" -e COLOUR=blue -w /tmp --user 1000:1001 --hostname box --read-only \
        --tmpfs /t:size=1m -v "$engine/volume:/v:ro" --cap-drop all --cap-add CHOWN --memory 96m --pids-limit 50 busybox sh -c '
            cat; echo $COLOUR; pwd; id -u; id -g; hostname; cat /v/file; grep CapBnd /proc/self/status | tr "\t" " "
            touch /x; touch /v/x; touch /t/x && echo fine; echo err >&2; exit 7' <<<'from stdin'
    expect_equal "$out" $'from stdin\nblue\n/tmp\n1000\n1001\nbox\nof the host\nCapBnd: 0000000000000001\nfine'
    expect_contains "$err" '/x: Read-only file system'
    expect_contains "$err" '/v/x: Read-only file system'
    expect_contains "$err" err

    # A volume that can be written to, and an init.
    ends 0 "${podman[@]}" run --rm --init "${run_options[@]}" -v "$engine/volume:/v" busybox sh -c 'cat /proc/1/comm; echo of the guest >/v/new'
    expect_equal "$out $(<"$engine/volume/new")" "$([[ $out == *catatonit* ]] && echo catatonit || echo podman-init) of the guest"
    on_terminal "${podman[@]}" run --rm -it "${run_options[@]}" busybox sh -c 'sleep 0.5; tty; stty size; exit 3'
    expect_equal "$status" 3 "$out"
    expect_contains "$out" $'/dev/pts/0\n31 97'

    ends 127 "${podman[@]}" run --rm "${run_options[@]}" busybox /no/such
    expect_contains "$err" 'no such file or directory'
    ends 126 "${podman[@]}" run --rm "${run_options[@]}" busybox /etc/passwd
    expect_contains "$err" 'permission denied'
    end_podman
}
skip_podman_runs_containers() { engine_missing podman conmon catatonit; }

test_podman_manages_a_container() {
    local name=life
    begin_podman
    mkdir -p "$engine/volume"
    "${podman[@]}" run -d --name "$name" "${run_options[@]}" -v "$engine/volume:/root" busybox sh -c '
        trap "echo got USR1" USR1; trap "echo got TERM; exit 9" TERM; echo begun; while :; do sleep 0.1; done' >/dev/null
    expect_equal "$("${podman[@]}" inspect "$name" --format '{{.State.Status}} {{.OCIRuntime}}')" "running $engine/bin/vmrun"
    ends 42 "${podman[@]}" exec -i -u 1000 -w /tmp -e COLOUR=red "$name" sh -c 'cat; echo $COLOUR; pwd; id -u; exit 42' <<<'from stdin'
    expect_equal "$out" $'from stdin\nred\n/tmp\n1000'
    on_terminal "${podman[@]}" exec -it "$name" sh -c 'sleep 0.5; tty; stty size; exit 3'
    expect_equal "$status" 3 "$out"
    expect_contains "$out" '31 97'
    ends 127 "${podman[@]}" exec "$name" /no/such

    expect_contains "$("${podman[@]}" top "$name")" PID
    expect_equal "$("${podman[@]}" stats --no-stream --format json "$name" | jq '.[0].pids | tonumber > 0')" true
    "${podman[@]}" pause "$name" >/dev/null
    expect_equal "$("${podman[@]}" inspect "$name" --format '{{.State.Status}}')" paused
    ends 255 "${podman[@]}" exec "$name" true
    "${podman[@]}" unpause "$name" >/dev/null
    echo 'of the host' >"$engine/in"
    "${podman[@]}" cp "$engine/in" "$name:/tmp/e2e-in"
    ends 0 "${podman[@]}" exec "$name" sh -c 'cat /tmp/e2e-in; echo of the guest >/tmp/e2e-out'
    expect_equal "$out" 'of the host'
    "${podman[@]}" cp "$name:/tmp/e2e-out" "$engine/out"
    expect_equal "$(<"$engine/out")" 'of the guest'
    "${podman[@]}" cp "$engine/in" "$name:/root/in-volume"
    expect_equal "$(<"$engine/volume/in-volume")" 'of the host'
    ends 0 "${podman[@]}" exec "$name" cat /root/in-volume
    expect_equal "$out" 'of the host'

    "${podman[@]}" kill -s USR1 "$name" >/dev/null
    wait_for 60 podman_logged "$name" 'got USR1'
    "${podman[@]}" stop -t 60 "$name" >/dev/null
    expect_equal "$("${podman[@]}" wait "$name")" 9
    expect_equal "$("${podman[@]}" logs "$name" | tail -n 1)" 'got TERM'
    "${podman[@]}" start "$name" >/dev/null
    "${podman[@]}" restart -t 60 "$name" >/dev/null
    expect_equal "$("${podman[@]}" inspect "$name" --format '{{.State.Status}}')" running
    "${podman[@]}" rm -f -t 0 "$name" >/dev/null
    end_podman
}
podman_logged() { "${podman[@]}" logs "$1" | grep -q "$2"; }
skip_podman_manages_a_container() { engine_missing podman conmon; }

# podman's default bridge, and a port that it publishes.
test_podman_network() {
    local name=web address options=(--cgroup-parent "/$engine_group" --ulimit nofile=1024:1024 --ulimit nproc=1000:1000)
    begin_podman
    begin_engine_space
    podman=(nsenter "--net=/run/netns/$engine_space" "${podman[@]}")
    "${podman[@]}" run -d --name "$name" "${options[@]}" -p 8088:8080 busybox sh -c '
        mkdir /w; echo of the guest >/w/file; exec httpd -f -p 8080 -h /w' >/dev/null
    address=$("${podman[@]}" inspect "$name" --format '{{.NetworkSettings.IPAddress}}')
    expect_served "http://$address:8080/file"
    expect_served "http://$("${podman[@]}" inspect "$name" --format '{{.NetworkSettings.Gateway}}'):8088/file"
    ends 0 "${podman[@]}" run --rm "${options[@]}" busybox wget -qO- "http://$address:8080/file"
    expect_equal "$out" 'of the guest'
    expect_equal "$("${podman[@]}" exec "$name" cat /sys/class/net/eth0/address)" \
        "$("${podman[@]}" inspect "$name" --format '{{.NetworkSettings.MacAddress}}')"
    "${podman[@]}" rm -f -t 0 "$name" >/dev/null
    expect_equal "$(in_engine_space ip -o link | grep -c veth)" 0 'interfaces'
    end_podman
}
skip_podman_network() {
    engine_missing podman conmon ip iptables
    [[ -x /usr/lib/cni/bridge || -x /usr/lib/podman/netavark ]] || echo 'the plugins for networks are missing'
}

# Containers of a pod, and one that shares another's network, are in the machine of the first.
test_podman_runs_pods() {
    begin_podman
    "${podman[@]}" pod create --name pod --network none --share net,ipc,uts --cgroup-parent "/$engine_group" >/dev/null
    "${podman[@]}" run -d --name web --pod pod busybox sh -c 'echo of the pod >/tmp/file; exec httpd -f -p 8080 -h /tmp' >/dev/null
    ends 0 "${podman[@]}" run --rm --pod pod busybox sh -c 'hostname; until wget -qO- http://127.0.0.1:8080/file; do sleep 0.1; done'
    expect_equal "$out" $'pod\nof the pod'
    expect_equal "$("${podman[@]}" exec web cat /tmp/file)" 'of the pod'
    expect_equal "$(machines | wc -l)" 1
    "${podman[@]}" pod stop -t 2 pod >/dev/null
    "${podman[@]}" pod rm pod >/dev/null
    # podman takes the pod's own group from the hierarchies of controllers alone.
    find /sys/fs/cgroup -depth -type d -path "*/$engine_group/*" -exec rmdir {} +

    "${podman[@]}" run -d --name first "${run_options[@]}" busybox sh -c 'echo of the first >/tmp/file; exec httpd -f -p 8080 -h /tmp' >/dev/null
    ends 0 "${podman[@]}" run --rm --network container:first --cgroup-parent "/$engine_group" busybox sh -c '
        until wget -qO- http://127.0.0.1:8080/file; do sleep 0.1; done'
    expect_equal "$out" 'of the first'
    "${podman[@]}" rm -f -t 0 first >/dev/null
    "${podman[@]}" rmi -af >/dev/null
    end_podman
}
skip_podman_runs_pods() { engine_missing podman conmon catatonit; }
