# shellcheck shell=sh
# What ./demo and ./test share: find Rust, a C linker, OpenBLAS and the Rust packages, and get what is missing.
# Sourced with $root set to the folder of the repository. Says what it does on stderr, nothing about what is already
# there. Whatever cannot be had ends in one sentence and exit code 2; the details lie in target/setup/*.log.

name=${0##*/}

say() { printf '%s\n' "$*" >&2; }

fail() {
    printf '%s: %s\n' "$name" "$*" >&2
    exit 2
}

unwritable() { fail "cannot write to $work: is the disk full, or does the folder belong to somebody else?"; }

have() { command -v "$1" >/dev/null 2>&1; }

in_ci() { [ -n "${CI:-}" ] && [ "$CI" != false ] && [ "$CI" != 0 ]; }

# ---- Rust ------------------------------------------------------------------------------------------------------------

find_rust() {
    if ! have cargo; then
        # A fresh rustup is on PATH only after the next login.
        for dir in "${CARGO_HOME:-${HOME:-}/.cargo}/bin" "${HOME:-}/.cargo/bin"; do
            if [ -x "$dir/cargo" ]; then PATH=$PATH:$dir && export PATH && break; fi
        done
    fi
    have cargo || fail "Rust is missing: install it from https://rustup.rs, open a new terminal and run ./$name again."
    if ! rustc_version=$(rustc -vV 2>&1) || ! cargo -V >/dev/null 2>&1; then
        fail "cargo is there but does not run ($(printf '%s\n' "$rustc_version" | head -n 1)): try 'rustup default stable'."
    fi
    host=$(printf '%s\n' "$rustc_version" | sed -n 's/^host: //p')
    found=$(printf '%s\n' "$rustc_version" | sed -n 's/^release: //p')
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    if older "$found" "$wanted"; then
        fail "Rust $found is too old, modewise needs $wanted or newer: run 'rustup update stable'" \
            "(Rust from a Linux distribution: install rustup from https://rustup.rs instead)."
    fi
}

# older 1.94.2 1.95: is the first version below the second? Compares major and minor.
older() {
    major=${1%%.*} rest=${1#*.} want_major=${2%%.*} want_rest=${2#*.}
    minor=${rest%%.*} want_minor=${want_rest%%.*}
    [ "$major" -lt "$want_major" ] || { [ "$major" -eq "$want_major" ] && [ "$minor" -lt "$want_minor" ]; }
}

# ---- the C linker and OpenBLAS ---------------------------------------------------------------------------------------

# A package with two programs: one that needs nothing but a linker and the C library, one that needs BLAS and LAPACK.
# Cargo builds them, so that linkers and flags set for cargo count here too.
write_probe() {
    rm -rf "$work/probe" && mkdir -p "$work/probe/src/bin" || return
    cat >"$work/probe/Cargo.toml" <<'TOML' || return
[package]
name = "probe"
version = "0.0.0"
edition = "2024"

[workspace]
TOML
    echo 'fn main() {}' >"$work/probe/src/bin/plain.rs" || return
    cat >"$work/probe/src/bin/blas.rs" <<'RUST'
#[link(name = "openblas")]
unsafe extern "C" {
    fn cblas_ddot();
    fn dgetrf_();
}
fn main() {
    std::hint::black_box([cblas_ddot as *const (), dgetrf_ as *const ()]);
}
RUST
}

# links plain|blas: does this program link? The words of the linker go to link.log.
links() {
    if [ "$1" = blas ]; then
        # Where openblas-src, the crate that links OpenBLAS, will look beside the linker's own folders.
        if have pkg-config && flags=$(pkg-config --libs-only-L openblas 2>/dev/null); then
            # shellcheck disable=SC2086 # one word a folder
            set -- "$1" $flags
        elif have brew && prefix=$(brew --prefix openblas 2>/dev/null); then
            set -- "$1" -L "$prefix/lib"
        fi
    fi
    bin=$1 && shift
    CARGO_TARGET_DIR="$work/probe/target" \
        cargo rustc --quiet --offline --manifest-path "$work/probe/Cargo.toml" --bin "$bin" -- "$@" \
        >"$work/link.log" 2>&1
}

# What the answer of the probe depends on; while it stays the same the probe is not repeated.
probe_key() {
    printf '%s\n' "$rustc_version" "${RUSTFLAGS:-} ${CARGO_BUILD_TARGET:-} ${LIBRARY_PATH:-}"
    linker=$(command -v cc) || linker=none
    printf '%s\n' "$linker"
    [ "$linker" = none ] || cc -print-file-name=libopenblas.so
}

find_libraries() {
    if [ -f "$work/links" ] && [ "$(probe_key)" = "$(cat "$work/links")" ]; then return; fi
    write_probe 2>/dev/null || unwritable
    if ! links plain; then
        get_libraries "a C linker" "OpenBLAS (BLAS and LAPACK)"
    elif ! links blas; then
        get_libraries "OpenBLAS (BLAS and LAPACK)"
    fi
    { probe_key >"$work/links"; } 2>/dev/null || unwritable
    rm -rf "$work/probe"
}

# get_libraries WHAT…: install, then look again.
get_libraries() {
    missing=$1
    [ $# -lt 2 ] || missing="$1 and perhaps $2"
    say "Missing: $missing."
    if [ "$(uname -s)" = Darwin ]; then
        fail "install them with 'xcode-select --install' and 'brew install openblas libomp', then run ./$name again."
    elif have apt-get && have dpkg; then
        apt_install gcc libc6-dev libopenblas-dev
    elif have dnf; then
        fail "install them with 'sudo dnf install gcc openblas-devel', then run ./$name again."
    elif have pacman; then
        fail "install them with 'sudo pacman -S --needed gcc openblas', then run ./$name again."
    elif have zypper; then
        fail "install them with 'sudo zypper install gcc openblas-devel', then run ./$name again."
    elif have apk; then
        fail "install them with 'sudo apk add gcc musl-dev openblas-dev', then run ./$name again."
    else
        fail "install a C compiler (cc) and OpenBLAS with LAPACK and its development files, then run ./$name again."
    fi
    links plain || fail "a C linker is installed, but not even an empty program links (the linker's words: $work/link.log)."
    links blas || fail "OpenBLAS is installed, but a program of one line does not link with it (the linker's words: $work/link.log)."
}

# ---- apt -------------------------------------------------------------------------------------------------------------

# apt_install PACKAGE…: those of them that are not there yet.
apt_install() {
    count=$#
    while [ "$count" -gt 0 ]; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] || set -- "$@" "$1"
        shift && count=$((count - 1))
    done
    [ $# -gt 0 ] || return 0

    sudo='' by_hand="apt-get update && apt-get install $*"
    if [ "$(id -u)" -ne 0 ]; then
        sudo=sudo
        if ! have sudo; then
            fail "$* must be installed, which needs root, and there is no sudo: as root run '$by_hand', then ./$name again."
        elif in_ci; then
            sudo='sudo -n'
            sudo -n true 2>/dev/null || fail "$* must be installed, but sudo asks for a password: as root run '$by_hand'."
        elif [ -t 0 ] && [ -t 2 ]; then
            printf 'Install %s with sudo apt-get? [y/N] ' "$*" >&2
            read -r answer || answer=''
            case $answer in
            [yY] | [yY][eE][sS]) ;;
            *) fail "nothing was installed. To do it yourself, run 'sudo apt-get install $*', then ./$name again." ;;
            esac
            sudo -v || fail "sudo did not let you in: as root run '$by_hand', then ./$name again."
        else
            fail "$* must be installed, and without a terminal there is nobody to ask:" \
                "run 'sudo apt-get update && sudo apt-get install $*', then ./$name again."
        fi
    fi

    say "Installing $* (apt-get, log in $work/apt.log) ..."
    if apt_knows "$@" && apt_get install "$@"; then return 0; fi
    case $(apt_reason) in
    '' | network) # no package lists, or old ones
        say "Refreshing the package lists (apt-get update) ..."
        : >"$work/apt.log"
        if apt_get update && apt_get install "$@"; then return 0; fi
        ;;
    esac
    case $(apt_reason) in
    permission) why="apt-get was not permitted: as root run '$by_hand'" ;;
    busy) why="another apt or dpkg is at work: wait until it has finished" ;;
    disk) why="the disk is full: make room" ;;
    dpkg) why="an earlier installation was cut off: run '${sudo:+sudo }dpkg --configure -a'" ;;
    broken) why="the packages installed here contradict each other: try '${sudo:+sudo }apt-get --fix-broken install'" ;;
    network) why="the packages could not be downloaded: look at the network, proxies and apt's sources" ;;
    unknown) why="apt's sources do not have these packages: add Debian's 'main' or Ubuntu's 'main universe'" ;;
    *) why="apt-get failed: see its log" ;;
    esac
    fail "$* could not be installed; $why, then run ./$name again (log: $work/apt.log)."
}

# Does apt have a version of every package to offer?
apt_knows() {
    : >"$work/apt.log"
    for package in "$@"; do
        LC_ALL=C apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [^(]' || return 1
    done
}

apt_get() {
    verb=$1 && shift
    [ "$verb" = update ] || set -- --yes --no-install-recommends "$@"
    # shellcheck disable=SC2086,SC2024 # $sudo is up to two words; the log is ours, not root's
    $sudo env LC_ALL=C DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=60 -o Acquire::Retries=2 "$verb" "$@" >"$work/apt-$verb.log" 2>&1 </dev/null
    status=$?
    cat "$work/apt-$verb.log" >>"$work/apt.log"
    rm -f "$work/apt-$verb.log"
    return $status
}

# Why apt-get failed, as one word read from its log; nothing if there is nothing to read.
apt_reason() {
    [ -s "$work/apt.log" ] || return 0
    while read -r word pattern; do
        if grep -Eqi "$pattern" "$work/apt.log"; then echo "$word" && return 0; fi
    done <<'END'
disk No space left|don't have enough free space
busy Could not get lock|Unable to acquire .* lock.*another process
permission Permission denied|are you root|not allowed to execute
dpkg dpkg was interrupted
network Failed to fetch|Temporary failure resolving|Could not (resolve|connect)|Unable to connect|Connection (failed|timed out)
broken unmet dependencies|fix-broken|held broken packages
unknown Unable to locate package|no installation candidate
END
    echo other
}

# ---- the Rust packages -----------------------------------------------------------------------------------------------

find_packages() {
    # shellcheck disable=SC2086 # $locked is one word or none
    if cargo fetch --offline $locked --target "$host" >"$work/fetch.log" 2>&1; then return; fi
    # A bare Debian has no certificates, and cargo believes no server without.
    if have apt-get && have dpkg && [ -z "${SSL_CERT_FILE:-}${SSL_CERT_DIR:-}${CARGO_HTTP_CAINFO:-}" ] &&
        [ ! -e /etc/ssl/certs/ca-certificates.crt ]; then
        say "Missing: the certificates to download Rust packages with."
        apt_install ca-certificates
    fi
    say "Downloading the Rust packages (cargo fetch) ..."
    # shellcheck disable=SC2086
    cargo fetch $locked --target "$host" >"$work/fetch.log" 2>&1 </dev/null && return
    why=$(sed -n 's/^ *\(.*[^ ]\) *$/\1/p' "$work/fetch.log" | tail -n 1) # the innermost cause comes last
    if grep -q -e 'Cargo.lock needs to be updated' -e 'cannot update the lock file' "$work/fetch.log"; then
        fail "Cargo.lock does not fit Cargo.toml: run 'cargo update --workspace' and commit it."
    elif grep -Eq 'No space left' "$work/fetch.log"; then
        fail "the disk is full: make room, then run ./$name again."
    fi
    fail "the Rust packages could not be downloaded (${why:-no reason given}):" \
        "look at the network and cargo's settings, then run ./$name again (log: $work/fetch.log)."
}

# ---- all of it -------------------------------------------------------------------------------------------------------

cd "${root:?}" || fail "cannot enter $root."
work=${CARGO_TARGET_DIR:-$root/target}/setup
case $work in /*) ;; *) work=$root/$work ;; esac
(mkdir -p "$work" && echo >"$work/write" && rm "$work/write") 2>/dev/null || unwritable
locked=''
if in_ci; then locked=--locked; fi
find_rust
find_libraries
find_packages
