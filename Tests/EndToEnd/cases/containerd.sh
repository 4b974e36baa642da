# containerd's shim for runc calls the runtime.
# shellcheck shell=bash disable=SC2154,SC2016

# put FILE: into the image as a blob; prints its descriptor without a type.
put() {
    local digest
    digest=$(sha256sum <"$1" | cut -d' ' -f1)
    mkdir -p "$engine/image/blobs/sha256"
    cp "$1" "$engine/image/blobs/sha256/$digest"
    echo "{\"digest\": \"sha256:$digest\", \"size\": $(stat -c %s "$1")}"
}

# An image of one layer, in the layout of the OCI image specification, as a tar file.
make_image() {
    local prefix=application/vnd.oci.image layer configuration manifest
    engine_root "$engine/layer.tar"
    layer=$(put "$engine/layer.tar")
    jq -nc --argjson layer "$layer" '{architecture: "amd64", os: "linux", config: {Env: ["PATH=/bin"], Cmd: ["sh"]},
        rootfs: {type: "layers", diff_ids: [$layer.digest]}}' >"$engine/configuration.json"
    configuration=$(put "$engine/configuration.json")
    jq -nc --argjson layer "$layer" --argjson configuration "$configuration" --arg prefix "$prefix" '{schemaVersion: 2,
        mediaType: "\($prefix).manifest.v1+json", config: ($configuration + {mediaType: "\($prefix).config.v1+json"}),
        layers: [$layer + {mediaType: "\($prefix).layer.v1.tar"}]}' >"$engine/manifest.json"
    manifest=$(put "$engine/manifest.json")
    jq -nc --argjson manifest "$manifest" --arg prefix "$prefix" '{schemaVersion: 2, manifests: [$manifest + {
        mediaType: "\($prefix).manifest.v1+json", annotations: {"io.containerd.image.name": "localhost/busybox:latest"}}]}' \
        >"$engine/image/index.json"
    echo '{"imageLayoutVersion": "1.0.0"}' >"$engine/image/oci-layout"
    tar -C "$engine/image" -cf "$engine/image.tar" .
}

begin_containerd() {
    begin_engine
    cat >"$engine/config.toml" <<-END
		version = 2
		root = "$engine/root"
		state = "$engine/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
		[grpc]
		address = "$engine/containerd.sock"
		[ttrpc]
		address = "$engine/containerd.sock.ttrpc"
	END
    ctr=(ctr --address "$engine/containerd.sock" --namespace "$engine_group")
    # The snapshotter takes the root from containerd by a bind mount; overlays come with docker and podman.
    run_options=(--runtime io.containerd.runc.v2 --runc-binary "$engine/bin/vmrun" --snapshotter native --fifo-dir "$engine/fifo")
    begin_daemon "$engine/containerd.sock" containerd --config "$engine/config.toml"
    make_image
    "${ctr[@]}" image import --snapshotter native "$engine/image.tar" >/dev/null
}

end_containerd() {
    expect_equal "$("${ctr[@]}" task ls -q; "${ctr[@]}" container ls -q)" ''
    end_daemon
    # The shim tells the runtime this folder for its state.
    rmdir "/run/containerd/runc/$engine_group" || fail 'left in the state folder'
    expect_engine_gone
}

task_has() { [[ $("${ctr[@]}" task ls) =~ $1\ +[0-9]+\ +$2 ]]; }

# Lines and no ends of files: where stdin ends before the container runs, ctr does not pass that on.
test_containerd_runs_containers() {
    local image=localhost/busybox:latest
    begin_containerd
    mkdir "$engine/volume"
    echo 'of the host' >"$engine/volume/file"
    ends 7 "${ctr[@]}" run "${run_options[@]}" --rm --read-only --env COLOUR=blue --cwd /tmp \
        --memory-limit $((96 << 20)) --cap-drop CAP_CHOWN --mount "type=bind,src=$engine/volume,dst=/v,options=rbind:ro" \
        --seccomp "$image" plain sh -c 'read -r line; echo "$line"; echo $COLOUR; pwd; cat /v/file; grep Seccomp: /proc/self/status | tr "\t" " "
            touch /x; exit 7' <<<'from stdin'
    expect_equal "$out" $'from stdin\nblue\n/tmp\nof the host\nSeccomp: 2'
    expect_contains "$err" 'Read-only file system'
    on_terminal "${ctr[@]}" run "${run_options[@]}" --rm -t "$image" terminal sh -c 'sleep 0.5; tty; stty size; exit 3'
    expect_equal "$status" 3 "$out"
    expect_contains "$out" $'/dev/pts/0\n31 97'
    ends 1 "${ctr[@]}" run "${run_options[@]}" --rm "$image" missing /no/such
    expect_contains "$err" 'stat /no/such: no such file or directory'

    "${ctr[@]}" run "${run_options[@]}" -d "$image" life sh -c 'trap "exit 9" TERM; while :; do sleep 0.1; done'
    task_has life RUNNING
    expect_contains "$("${ctr[@]}" task ps life)" "$("${ctr[@]}" task ls | awk '$1 == "life" {print $2}')"
    ends 5 "${ctr[@]}" task exec --fifo-dir "$engine/fifo" --exec-id first --cwd /tmp --user 65534 life sh -c 'read -r line; echo "$line"; pwd; id -u; exit 5' <<<'from stdin'
    expect_equal "$out" $'from stdin\n/tmp\n65534'
    # One that is killed by containerd through its process of the host.
    "${ctr[@]}" task exec --fifo-dir "$engine/fifo" --exec-id second -d life sleep 1000
    "${ctr[@]}" task kill --exec-id second -s SIGKILL life
    "${ctr[@]}" task pause life
    task_has life PAUSED
    "${ctr[@]}" task resume life
    task_has life RUNNING
    expect_equal "$("${ctr[@]}" task metrics --format json life | jq '.memory.usage.usage > 0 and .cpu.usage.total > 0')" true
    "${ctr[@]}" task kill -s SIGTERM life
    wait_for 60 task_has life STOPPED
    ends 0 "${ctr[@]}" task rm life
    expect_contains "$err" 'exit code 9'
    "${ctr[@]}" container rm life
    end_containerd
}
skip_containerd_runs_containers() { engine_missing containerd ctr containerd-shim-runc-v2; }

# What Debian's CNI plugins make of a network, between create and start: a bridge, addresses, a route out and a published port.
test_containerd_has_cni_networks() {
    local image=localhost/busybox:latest task
    begin_engine_space
    in_engine_space ip link add lower type veth peer name wire
    in_engine_space ip address add 10.95.0.1/24 dev lower
    in_engine_space ip link set lower up
    in_engine_space ip link set wire up
    begin_containerd
    mkdir "$engine/networks"
    jq -n --arg data "$engine/addresses" '{cniVersion: "0.4.0", name: "e2e", plugins: [
        {type: "bridge", bridge: "cni0", isGateway: true, ipMasq: true, ipam: {type: "host-local", dataDir: $data,
            ranges: [[{subnet: "10.96.0.0/24"}]], routes: [{dst: "0.0.0.0/0"}]}},
        {type: "portmap", runtimeConfig: {portMappings: [{hostPort: 18080, containerPort: 8080, protocol: "tcp"}]}}]}' \
        >"$engine/networks/e2e.conflist"
    in_cni_space "${ctr[@]}" run "${run_options[@]}" --cni --rm "$image" served sh -c '
        mkdir /w; echo of the guest >/w/file; ip -o -4 address; ip route
        ping -qc 1 -W 20 10.95.0.1; exec httpd -f -p 8080 -h /w' </dev/null >"$work/served" 2>&1 &
    task=$!
    expect_served http://10.96.0.2:8080/file
    expect_served http://10.95.0.1:18080/file
    expect_contains "$(<"$work/served")" 'inet 10.96.0.2/24'
    expect_contains "$(<"$work/served")" 'inet 127.0.0.1/8'
    expect_contains "$(<"$work/served")" 'default via 10.96.0.1 dev eth0'
    expect_contains "$(<"$work/served")" ' 0% packet loss'
    "${ctr[@]}" task kill -s SIGKILL served
    wait "$task" || expect_equal $? 137 "$(<"$work/served")"
    expect_equal "$(in_engine_space ip -o link | grep -c veth)" 0 'interfaces'
    expect_equal "$(ls "$engine/addresses/e2e" | grep -c '^10')" 0 'addresses'
    end_containerd
}
skip_containerd_has_cni_networks() {
    engine_missing containerd ctr containerd-shim-runc-v2 ip iptables
    [[ -x /usr/lib/cni/bridge && -d /etc/cni/net.d ]] || echo 'containernetworking-plugins is missing'
}
# The client calls the plugins. They find the configuration where the package has its folder, and keep there what they did.
in_cni_space() {
    # shellcheck disable=SC2016
    in_engine_space unshare --mount sh -c 'mount --bind "$0" /etc/cni/net.d && mount -t tmpfs none /var/lib && exec "$@"' \
        "$engine/networks" "$@"
}
