# docker, with a containerd of its own, calls the runtime.
# shellcheck shell=bash disable=SC2154,SC2016

# begin_docker FLAG...: the network of the daemon.
begin_docker() {
    local enter=()
    [[ ! -e /run/netns/$engine_space ]] || enter=(nsenter "--net=/run/netns/$engine_space")
    begin_engine
    docker=("$docker_client" --host "unix://$engine/docker.sock")
    echo '{}' >"$engine/daemon.json"
    begin_daemon "$engine/docker.sock" "${enter[@]}" dockerd --config-file "$engine/daemon.json" --data-root "$engine/root" \
        --exec-root "$engine/exec" --host "unix://$engine/docker.sock" --pidfile "$engine/docker.pid" --storage-driver vfs \
        "$@" --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
        --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$engine_group" \
        --add-runtime "vmrun=$engine/bin/vmrun" --default-runtime vmrun
    engine_root "$engine/root.tar"
    "${docker[@]}" import "$engine/root.tar" busybox >/dev/null
    run_options=(--network none)
}

end_docker() {
    expect_equal "$("${docker[@]}" ps -aq)" ''
    end_daemon
    # docker mounts its namespaces' folder on itself.
    grep -o "$engine/exec/netns[^ ]*" /proc/self/mountinfo | sort -ru | xargs -rn 1 umount || true
    expect_engine_gone
}

test_docker_runs_containers() {
    local name=life
    begin_docker --bridge none
    mkdir "$engine/volume"
    echo 'of the host' >"$engine/volume/file"
    ends 7 "${docker[@]}" run -i --rm "${run_options[@]}" -e COLOUR=blue -w /tmp --user 1000:1001 --hostname box --read-only --init \
        --tmpfs /t:size=1m -v "$engine/volume:/v:ro" --cap-drop all --memory 96m --pids-limit 50 busybox sh -c '
            cat; echo $COLOUR; pwd; id -u; hostname; cat /v/file; cat /proc/1/comm; touch /x; touch /t/x && echo fine; exit 7' \
        <<<'from stdin'
    expect_equal "$out" $'from stdin\nblue\n/tmp\n1000\nbox\nof the host\ndocker-init\nfine'
    expect_contains "$err" '/x: Read-only file system'
    on_terminal "${docker[@]}" run --rm -it "${run_options[@]}" busybox sh -c 'sleep 0.5; tty; stty size; exit 3'
    expect_equal "$status" 3 "$out"
    expect_contains "$out" $'/dev/pts/0\n31 97'
    ends 127 "${docker[@]}" run --rm "${run_options[@]}" busybox /no/such

    "${docker[@]}" run -d --name "$name" "${run_options[@]}" busybox sh -c '
        trap "echo got USR1" USR1; trap "echo got TERM; exit 9" TERM; echo begun; while :; do sleep 0.1; done' >/dev/null
    expect_equal "$("${docker[@]}" inspect "$name" --format '{{.State.Status}} {{.HostConfig.Runtime}}')" 'running vmrun'
    ends 42 "${docker[@]}" exec -i -u 1000 -w /tmp -e COLOUR=red "$name" sh -c 'cat; echo $COLOUR; pwd; id -u; exit 42' <<<'from stdin'
    expect_equal "$out" $'from stdin\nred\n/tmp\n1000'
    expect_contains "$("${docker[@]}" top "$name")" PID
    expect_equal "$("${docker[@]}" stats --no-stream --format '{{.PIDs}}' "$name" | grep -c '[1-9]')" 1
    "${docker[@]}" pause "$name" >/dev/null
    expect_equal "$("${docker[@]}" inspect "$name" --format '{{.State.Status}}')" paused
    "${docker[@]}" unpause "$name" >/dev/null
    echo 'of the host' >"$engine/in"
    "${docker[@]}" cp "$engine/in" "$name:/tmp/e2e-in" 2>/dev/null
    ends 0 "${docker[@]}" exec "$name" sh -c 'cat /tmp/e2e-in; echo of the guest >/tmp/e2e-out'
    expect_equal "$out" 'of the host'
    "${docker[@]}" cp "$name:/tmp/e2e-out" "$engine/out" 2>/dev/null
    expect_equal "$(<"$engine/out")" 'of the guest'
    "${docker[@]}" kill -s USR1 "$name" >/dev/null
    wait_for 60 docker_logged "$name" 'got USR1'
    "${docker[@]}" stop -t 60 "$name" >/dev/null
    expect_equal "$("${docker[@]}" inspect "$name" --format '{{.State.Status}} {{.State.ExitCode}}')" 'exited 9'
    expect_equal "$("${docker[@]}" logs "$name" | tail -n 1)" 'got TERM'
    "${docker[@]}" start "$name" >/dev/null
    "${docker[@]}" rm -f "$name" >/dev/null
    end_docker
}
docker_logged() { "${docker[@]}" logs "$1" | grep -q "$2"; }
skip_docker_runs_containers() { engine_missing dockerd containerd containerd-shim-runc-v2 "$docker_client"; }

# docker's bridge, whose interfaces a hook of docker's brings; and a port that its proxy publishes.
test_docker_network() {
    local name=web address options=(--ulimit nofile=1024:1024)
    begin_engine_space
    begin_docker --bip 10.96.0.1/24
    "${docker[@]}" run -d --name "$name" "${options[@]}" -p 8088:8080 busybox sh -c '
        mkdir /w; echo of the guest >/w/file; exec httpd -f -p 8080 -h /w' >/dev/null
    address=$("${docker[@]}" inspect "$name" --format '{{.NetworkSettings.IPAddress}}')
    expect_served "http://$address:8080/file"
    expect_served http://10.96.0.1:8088/file
    ends 0 "${docker[@]}" run --rm "${options[@]}" busybox wget -qO- "http://$address:8080/file"
    expect_equal "$out" 'of the guest'
    expect_equal "$("${docker[@]}" exec "$name" cat /sys/class/net/eth0/address)" \
        "$("${docker[@]}" inspect "$name" --format '{{.NetworkSettings.MacAddress}}')"
    "${docker[@]}" rm -f "$name" >/dev/null
    expect_equal "$(in_engine_space ip -o link | grep -c veth)" 0 'interfaces'
    end_docker
}
skip_docker_network() { engine_missing dockerd containerd containerd-shim-runc-v2 "$docker_client" docker-proxy ip; }
