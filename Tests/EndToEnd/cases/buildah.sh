# buildah calls the runtime for what it runs while it builds.
# shellcheck shell=bash disable=SC2154,SC2016

test_buildah_runs_what_it_builds() {
    local container
    begin_engine --root "$state"
    buildah=(buildah --root "$engine/root" --runroot "$engine/run" --storage-driver vfs)
    run_options=(--isolation oci --runtime "$engine/bin/vmrun" --network none --cgroup-parent "/$engine_group")
    engine_root "$engine/root.tar"
    export TMPDIR=$engine
    container=$("${buildah[@]}" from scratch)
    "${buildah[@]}" add -q "$container" "$engine/root.tar" / >/dev/null
    ends 0 "${buildah[@]}" run "${run_options[@]:0:6}" --env COLOUR=blue --user 0:0 "$container" sh -c 'cat; echo $COLOUR >/made' <<<'from stdin'
    expect_equal "$out" 'from stdin'
    "${buildah[@]}" commit -q "$container" base >/dev/null
    printf 'FROM localhost/base\nRUN cat /made >/second && echo built\nRUN exit 3\n' >"$engine/Dockerfile"
    # Of a build that fails the last status is told.
    ends 3 "${buildah[@]}" bud "${run_options[@]}" -t second "$engine"
    expect_contains "$out" $'\nbuilt'
    expect_contains "$err" 'exit status 3'
    sed -i '$d' "$engine/Dockerfile"
    ends 0 "${buildah[@]}" bud "${run_options[@]}" -q --layers -t second "$engine"
    container=$("${buildah[@]}" from second)
    expect_equal "$(<"$("${buildah[@]}" mount "$container")/second")" blue
    "${buildah[@]}" rm -a >/dev/null
    "${buildah[@]}" rmi -a >/dev/null
    expect_engine_gone
}
skip_buildah_runs_what_it_builds() { engine_missing buildah; }
