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
