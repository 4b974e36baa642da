# A whole distribution on the share.
# shellcheck shell=bash disable=SC2154,SC2016

# A bundle on a copy of Debian's root, on a file system that has all that containers do to one: an ext4 image.
debian_bundle() {
    local source=${VMRUN_DEBIAN_ROOT:?} disk=$work/debian.img
    if [[ ! -d $work/debian ]]; then
        truncate -s 1500M "$disk"
        mkfs.ext4 -q -F -O ^has_journal "$disk"
        mkdir -p "$work/debian"
        mount -o loop "$disk" "$work/debian"
        mkdir "$work/debian/rootfs"
        tar -C "$source" -cf - . | tar -C "$work/debian/rootfs" -xf -
    fi
    bundle ".root.path = \"$work/debian/rootfs\" | $1" "${@:2}"
}

test_debian_programs_run() {
    debian_bundle . true >/dev/null
    run_in "$(debian_bundle . bash -c 'echo $BASH_VERSION | cut -c1-1; perl -e "print 6*7, qq(\n)"; apt-get --version | head -c 3; echo; id -un')"
    umount "$work/debian"
    rm -rf "$work/debian" "$work/debian.img"
    expect_equal "$status" 0 "$err"
    expect_equal "$out" $'5\n42\napt\nroot'
}
slow_debian_programs_run() { :; }

# Makes a tree with links, devices, xattrs, odd names, sparse files and FILES plain files.
make_tree() {
    local tree=$1 files=$2 index
    mkdir -p "$tree"/{a/b/c,odd,many}
    for ((index = 0; index < files; index++)); do
        echo "file $index" >"$tree/many/$index"
    done
    chown -R 12:34 "$tree/many"
    echo data >"$tree/a/file"
    chmod 4755 "$tree/a/file"
    ln "$tree/a/file" "$tree/a/b/hard"
    ln -s ../nowhere "$tree/a/dangling"
    mknod "$tree/a/null" c 1 3
    mknod "$tree/a/whiteout" c 0 0
    mkfifo "$tree/a/fifo"
    echo x >"$tree/odd/"$'new\nline \xff\xfe'
    echo x >"$tree/odd/$(printf 'n%.0s' {1..255})"
    setfattr -n user.colour -v blue "$tree/a/file"
    truncate -s 16M "$tree/a/sparse"
    echo end >>"$tree/a/sparse"
    touch -d '2001-02-03 04:05:06.789 UTC' "$tree/a/file" "$tree/a/b"
    chmod 1777 "$tree/a/b/c"
}

# Content, owners, modes, times, devices, link counts and attributes, one line a file.
describe_tree() {
    (
        cd "$1" || exit
        # The size of a folder depends on the order in which its entries came.
        find . '(' -type d -printf '%P %y %m %U %G - %T@ %n\0' ')' -o -printf '%P %y %m %U %G %s %T@ %n %l\0' | LC_ALL=C sort -z | tr '\0\n' '\n?'
        find . -type f -size -1M -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
        # Special files have none, which getfattr calls an error.
        { getfattr -R -P -d -m - . 2>/dev/null || true; } | LC_ALL=C sort
        stat -c '%t:%T' a/null a/whiteout
        (($(du -k a/sparse | cut -f1) < 1024)) && echo sparse
    )
}

# tar packs on one side and unpacks on the other, both ways.
tar_both_ways() {
    local files=$1 share
    debian_bundle . true >/dev/null
    share=$work/debian/rootfs/srv
    make_tree "$share/in" "$files"
    describe_tree "$share/in" >"$work/wanted"
    # From the share to the share, all by the guest.
    run_in "$(debian_bundle '.process.capabilities = null | .root.readonly = false' bash -c 'set -e; cd /srv; mkdir out
        tar --xattrs --xattrs-include="*" --sparse -C in -cpf all.tar .
        tar --xattrs --xattrs-include="*" -C out -xpf all.tar')"
    describe_tree "$share/out" >"$work/got" || true
    umount "$work/debian"
    rm -rf "$work/debian" "$work/debian.img"
    expect_equal "$status" 0 "$err"
    diff "$work/wanted" "$work/got" >&2
}

test_tar_of_a_tree_in_and_out_of_the_share_changes_nothing() { tar_both_ways "${VMRUN_TREE_FILES:-5000}"; }
slow_tar_of_a_tree_in_and_out_of_the_share_changes_nothing() { :; }

# A suite that no one here wrote: each stressor checks what it does.
test_stressors_of_the_file_system_find_no_fault() {
    local path options=() name
    for name in chmod chown dentry dir dup fallocate fcntl flock hdd io lockf mknod mmap open \
        rename seek sendfile sync-file touch utime xattr; do
        options+=("--$name" 1 "--$name-ops" 10)
    done
    debian_bundle . true >/dev/null
    path=$(debian_bundle '.root.readonly = false | .process.capabilities = null' \
        stress-ng --temp-path /srv --verify --hdd-bytes 1m --fallocate-bytes 1m --mmap-bytes 1m \
        --sync-file-bytes 1m --timeout 100 --no-rand-seed "${options[@]}")
    run_in "$path"
    umount "$work/debian"
    rm -rf "$work/debian" "$work/debian.img"
    expect_equal "$status" 0 "$out$err"
    [[ $out$err != *fail:* ]] || fail "$out$err"
}
slow_stressors_of_the_file_system_find_no_fault() { :; }
