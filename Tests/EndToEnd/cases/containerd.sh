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
