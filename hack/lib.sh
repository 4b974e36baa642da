# shellcheck disable=SC2034
# Shared by the scripts beside it; to be sourced.
# shellcheck shell=bash
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
# What is expensive and does not belong to one work tree: kernels, images of the software host.
cache=${VMRUN_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/vmrun}
readonly cache

step() { printf '== %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Installs the Debian packages that are not there; without root it says which are missing.
need_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    ((EUID == 0)) || die "packages are missing, as root: apt-get install ${missing[*]}"
    step "installing ${missing[*]}"
    # An old list of packages names files that the archive has replaced.
    if [[ -z ${VMRUN_APT_UPDATED:-} ]]; then
        apt-get update -q >&2 || die 'apt-get update failed'
        export VMRUN_APT_UPDATED=1
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends --no-remove "${missing[@]}" >/dev/null ||
        die "cannot install ${missing[*]}"
}

# What a build of vmrun needs besides Swift.
readonly build_packages=(libc6-dev libprotobuf-c-dev libseccomp-dev cpio)
# The import check makes the layers of Package.swift binding.
readonly swift_flags=(--explicit-target-dependency-import-check error)
