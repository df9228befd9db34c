# Shared by the shell scripts of scripts/: the repository's path, the packages it needs, and how steps are printed.
# Source it: . "$(dirname "$(readlink -f "$0")")/support/lib.sh"

set -euo pipefail

repository=$(readlink -f "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../..")
libraries=(pkg-config libssl-dev zlib1g-dev libzstd-dev liblz4-dev libxxhash-dev libyaml-dev)
peers=(python3 rsync rdiff stunnel4 tinyproxy squid openssl attr acl util-linux diffutils e2fsprogs xfsprogs btrfs-progs
    exfat-fuse exfatprogs groff-base)
containers=(podman runc catatonit netavark aardvark-dns iptables mmdebstrap)
programs=(dvm-rsync dvm-source dvm-target dvm-stunnel dvm)

# Prints a heading with the seconds since the script began.
step() {
    printf '\n==> %s (at %d s)\n' "$*" "$SECONDS"
}

# Ends the script with an error as its last line.
fail() {
    printf '%s: FAILED: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# Prints the given Debian packages that are not installed, and rsync when it is older than protocol 32.
missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
    done
    case " $* " in
        *" rsync "*) [[ "$(rsync --version 2>&1)" == *"protocol version 32"* ]] || echo rsync ;;
    esac
}

# Installs the given packages that are missing. Uses no network when none is.
install_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@" | sort -u)
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing: ${missing[*]}"
    [ "$(id -u)" -eq 0 ] || fail "these packages are missing and need root: ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Unpacks the oldest rsync that Debian's archive lists beside the newest one, for tests against two releases.
get_older_rsync() {
    local version directory="$repository/.build/older-rsync"
    [ ! -x "$directory/usr/bin/rsync" ] || return 0
    version=$(apt-cache madison rsync | awk -F' *[|] *' '{ print $2 }' | sort -Vu | head -1)
    [ -n "$version" ] || fail "apt-cache lists no rsync: run apt-get update"
    mkdir -p "$directory"
    (cd "$directory" && apt-get download -qq "rsync=$version" && dpkg -x rsync_*.deb . && rm -f rsync_*.deb) ||
        fail "rsync $version could not be downloaded and unpacked in $directory"
}

# Builds the programs as they are shipped.
build_release() {
    local program
    command -v swift >/dev/null || fail "swift is not installed (6.3 or later, from swift.org)"
    for program in "${programs[@]}"; do
        swift build --package-path "$repository" -c release --product "$program"
    done
}
