#!/usr/bin/env bash
# Makes isolab ready on a Debian (12 or later), Ubuntu (22.04 or later) or Fedora machine, in a virtual machine or not:
#
#   scripts/provision.sh                    build isolab from this checkout and install it
#   scripts/provision.sh --binary FILE      install this program, which was built before
#
# Run it as root, or as an ordinary user who may use sudo. It says what it is about to do before it does it. What is there
# already is left alone, so that a second run changes nothing and needs no network. It installs
#   - the packages whose commands the lessons use;
#   - isolab in /usr/local/bin, with completions for bash;
#   - where AppArmor keeps ordinary users from user namespaces (Ubuntu 23.10 and later): a profile that lets isolab have them;
#   - where systemd does not hand the cpu and memory controllers to ordinary users (before 252): a drop-in that does;
#   - only with --greet: a line at each login that says what to type;
#   - only with --allow-user-namespaces: where AppArmor keeps ordinary users from user namespaces, a sysctl file that lifts
#     this for every program. isolab needs only its profile; unshare(1), as lessons have it typed by hand, needs this.
# A file that it did not write, or that was changed since, is never overwritten: /usr/local/share/isolab/provisioned lists what
# it wrote. Nobody's services are made to linger: a login starts the user manager that hands out cgroups.
#
# Options:
#   --binary FILE     do not build; FILE is the program
#   --user NAME       whom the lab is for, and who builds it (default: who called, also through sudo)
#   --greet           say at each login what to type
#   --allow-user-namespaces
#                     let every program of an ordinary user make user namespaces: for a machine that is there to play with
#   --dry-run         only say what would be done
#   --list-packages   only print the packages that are needed here, one a line
#   --help
# Exit codes: 0 everything is in place; 1 something could not be done; 2 wrong usage.
set -euo pipefail
umask 022 # what is installed is for everybody, whatever the caller's own files are

program=/usr/local/bin/isolab
record=/usr/local/share/isolab/provisioned # in the form of sha256sum
cpu_and_memory="cpu cpuset io memory pids"

binary='' user='' greet='' namespaces='' dry='' list=''
changes=0
own=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")") # the checkout, if this is one
proxies=() # NAME=value, for sudo and a login forget them
for setting in {http,https,ftp,all,no}_proxy {HTTP,HTTPS,FTP,ALL,NO}_PROXY; do
    [[ -z ${!setting:-} ]] || proxies+=("$setting=${!setting}")
done

main() {
    options "$@"
    distribution
    [[ $user ]] || user=${SUDO_USER:-$(id -un)}
    id -u "$user" >/dev/null 2>&1 || die "there is no user $user"
    if [[ $list ]]; then
        needed_packages
        return
    fi
    [[ ! $binary || -f $binary && -r $binary ]] || die "--binary: cannot be read: $binary"
    if [[ $EUID -ne 0 && ! $dry ]] && ! command -v sudo >/dev/null; then
        die "there is no sudo: run this as root, with --user $user"
    fi
    [[ $binary ]] || checkout
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
    say "makes isolab ready for $user on $name"

    packages
    [[ $binary ]] || build
    install_program
    completions
    apparmor
    user_namespaces
    delegation
    greeting
    finish
}

options() {
    while [[ $# -gt 0 ]]; do
        case $1 in
            --binary | --user)
                [[ $# -ge 2 ]] || usage "$1 needs a value"
                if [[ $1 == --binary ]]; then binary=$2; else user=$2; fi
                shift
                ;;
            --greet) greet=yes ;;
            --allow-user-namespaces) namespaces=yes ;;
            --dry-run) dry=yes ;;
            --list-packages) list=yes ;;
            --help | -h)
                sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"
                exit 0
                ;;
            *) usage "there is no option $1" ;;
        esac
        shift
    done
}

usage() {
    echo "provision: $1 (see --help)" >&2
    exit 2
}

die() {
    echo "provision: $1" >&2
    exit 1
}

say() {
    echo "provision: $1"
}

# TEXT COMMAND…: one change, said first.
change() {
    changes=$((changes + 1))
    if [[ $dry ]]; then
        say "would $1"
    else
        say "$1"
        "${@:2}"
    fi
}

# COMMAND…: shows what it says only if it fails.
quietly() {
    if ! "$@" >"$work/log" 2>&1 </dev/null; then
        cat "$work/log" >&2
        [[ $1 != as_root ]] || shift
        die "failed: $*"
    fi
}

# COMMAND…: as root.
as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    else
        sudo ${proxies[@]:+env "${proxies[@]}"} "$@"
    fi
}

# COMMAND…: as the person whom the lab is for, with a home directory and of root's environment only the proxies.
as_user() {
    [[ ${#proxies[@]} -eq 0 ]] || set -- env "${proxies[@]}" "$@"
    if [[ $user == "$(id -un)" ]]; then
        "$@"
    elif [[ $EUID -eq 0 ]]; then
        runuser --login "$user" --shell /bin/bash --command "$(printf '%q ' "$@")"
    else
        sudo --login --user="$user" "$@"
    fi
}

# The kind of distribution (debian, fedora), its id, name and version. Another file than the machine's is for the tests.
distribution() {
    local file=${ISOLAB_OS_RELEASE:-/etc/os-release} like
    [[ -r $file ]] || die "$file cannot be read: which distribution is this?"
    id=$(os_release "$file" ID) like=$(os_release "$file" ID_LIKE) name=$(os_release "$file" PRETTY_NAME)
    version=$(os_release "$file" VERSION_ID)
    case " $id $like " in
        *" debian "* | *" ubuntu "*) family=debian ;;
        *" fedora "*) family=fedora ;;
        *) die "$name is not a Debian, Ubuntu or Fedora; what it needs: a kernel of 5.11 or later, isolab in PATH, and what \`isolab doctor\` then says" ;;
    esac
}

# FILE KEY: a value of os-release(5), read as the shell reads it.
os_release() {
    (
        unset "$2"
        # shellcheck disable=SC1090 # os-release(5): the file is made to be sourced
        . "$1"
        echo "${!2:-}"
    )
}

# --- packages ---

needed_packages() {
    if [[ $family == debian ]]; then
        # libpam-systemd and dbus-user-session: a login gets a user manager, which hands out cgroups.
        printf '%s\n' util-linux mount iproute2 iputils-ping procps kmod hostname uidmap sudo strace perl-base python3 \
            xz-utils bash-completion systemd libpam-systemd dbus-user-session
        [[ $binary ]] || printf '%s\n' gcc libc6-dev
        ! has_sysctl_defaults || echo linux-sysctl-defaults
        ! restricts_user_namespaces || echo apparmor
    else
        printf '%s\n' util-linux diffutils iproute iputils procps-ng kmod hostname shadow-utils sudo strace perl-interpreter python3 xz \
            bash-completion systemd
        [[ $binary ]] || printf '%s\n' gcc glibc-devel
    fi
    if [[ ! $binary ]] && ! has_cargo; then
        printf '%s\n' curl ca-certificates # for the toolchain's installer
    fi
}

# Whether a package of its own brings what lets an ordinary user's ping have a socket (net.ipv4.ping_group_range). Before
# Debian 13 ping has a capability for that; elsewhere the package lists say.
has_sysctl_defaults() {
    if [[ $id == debian ]]; then
        [[ ! $version || ${version%%.*} -ge 13 ]]
    else
        apt-cache show linux-sysctl-defaults >/dev/null 2>&1
    fi
}

# PACKAGE
is_installed() {
    if [[ $family == debian ]]; then
        [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null || true) == installed ]]
    else
        rpm --quiet --query --whatprovides "$1"
    fi
}

packages() {
    local package missing=()
    while read -r package; do
        is_installed "$package" || missing+=("$package")
    done < <(needed_packages)
    [[ ${#missing[@]} -gt 0 ]] || return 0
    change "install the packages: ${missing[*]}" install_packages "${missing[@]}"
}

install_packages() {
    if [[ $family == debian ]]; then
        package_lists
        # What it could not fetch then, apt-get only warns of, and does not know the packages here.
        grep '^W: ' "$work/lists" >&2 || true
        quietly as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install --yes -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 --no-install-recommends "$@"
    else
        quietly as_root dnf install --assumeyes --setopt=install_weak_deps=False "$@"
    fi
}

# For them apt-get itself does not wait while another one has them, as at the first start of a new machine.
package_lists() {
    local tries=30
    until as_root env LC_ALL=C apt-get update >"$work/lists" 2>&1 </dev/null; do
        if [[ $tries -eq 0 ]] || ! grep --quiet 'Could not get lock' "$work/lists"; then
            cat "$work/lists" >&2
            die "failed: apt-get update"
        fi
        [[ $tries -lt 30 ]] || say "waiting for another apt-get, for at most 5 minutes"
        tries=$((tries - 1))
        sleep 10
    done
}

# --- the program ---

# COMMAND…: as whom the lab is for, where rustup puts its programs.
with_cargo() {
    # shellcheck disable=SC2016 # expanded by that person's shell
    as_user bash -c 'cd /; PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH; "$@"' - "$@"
}

# Whether there is a cargo that is new enough.
has_cargo() {
    with_cargo bash "$own/scripts/install-toolchain" --check >/dev/null 2>&1
}

checkout() {
    [[ -f $own/Cargo.toml ]] || die "$own is not a checkout of isolab: name a built program with --binary FILE"
    [[ $dry ]] || as_user test -r "$own/Cargo.toml" ||
        die "$user builds isolab, but cannot read $own: move the checkout to where $user can read it, or name another user with --user NAME"
}

build() {
    local target
    if ! has_cargo; then
        change "fetch a Rust toolchain for $user with rustup's installer (https://rustup.rs, into ~/.cargo and ~/.rustup)" toolchain
        [[ $dry ]] || has_cargo || die "the Rust toolchain is still too old: see \`cargo --version\`"
    fi
    # Not in the checkout: in a virtual machine that may be a folder of the host's.
    # The last line: a login may say something first.
    # shellcheck disable=SC2016 # expanded by that person's shell
    target=$(as_user bash -c 'echo "${XDG_CACHE_HOME:-$HOME/.cache}/isolab/target"' | tail -n 1)
    say "${dry:+would }build isolab in $target, which takes some minutes the first time"
    [[ ! $dry ]] || return 0
    with_cargo env CARGO_TARGET_DIR="$target" \
        cargo build --release --locked --quiet --bin isolab --manifest-path "$own/Cargo.toml" </dev/null
    binary=$target/release/isolab
}

toolchain() {
    with_cargo bash "$own/scripts/install-toolchain" --newer </dev/null ||
        die "there is no Rust toolchain, and none can be fetched; a built program needs none: --binary FILE"
}

install_program() {
    [[ $binary ]] || return 0 # --dry-run without one
    cp "$binary" "$work/isolab"
    chmod 755 "$work/isolab"
    "$work/isolab" --version >"$work/version" 2>&1 || die "$binary does not run here: $(head -n 1 "$work/version")"
    put "$work/isolab" "$program" 755
}

completions() {
    [[ $binary ]] || return 0
    "$work/isolab" completions bash >"$work/completions"
    put "$work/completions" /usr/local/share/bash-completion/completions/isolab 644
}

# --- files ---

# FILE PLACE MODE: puts it there, unless it is there; says in `wrote` whether it had to.
put() {
    local file=$1 place=$2 mode=$3
    wrote=''
    if [[ -e $place || -L $place ]]; then
        if cmp --silent "$file" "$place" && [[ $(stat --format=%a "$place") == "$mode" ]]; then
            return
        fi
        is_own "$place" || die "$place was not written by this script, or was changed since; move it away, then run this again"
    fi
    wrote=yes
    change "write $place" write "$@"
}

write() {
    local file=$1 place=$2 mode=$3 sum
    sum=$(sha256sum "$file")
    as_root mkdir -p "$(dirname "$place")" "$(dirname "$record")"
    # Recorded before it is there: whatever ends this in between, the next run knows the file for its own.
    echo "${sum%% *}  $place" | as_root tee -a "$record" >/dev/null
    # First beside its place, then moved there whole: a program that runs meanwhile is not touched.
    as_root install --mode="$mode" "$file" "$place.new"
    as_root mv --force "$place.new" "$place"
}

# PLACE: whether this script wrote it, and nobody changed it since.
is_own() {
    [[ -f $record && ! -L $1 ]] && grep --quiet --fixed-strings --line-regexp --regexp="$(sha256sum "$1")" "$record"
}

# --- what ordinary users may ---

# Ubuntu lets an ordinary user's program have a user namespace with rights in it only if a profile says so. This one says
# that and confines nothing, in the form of the ones that Ubuntu itself ships for such programs.
apparmor_profile() {
    cat <<'PROFILE'
# Lets isolab make user namespaces when an ordinary user starts it. It restricts nothing.
abi <abi/4.0>,
include <tunables/global>

profile isolab /usr/{,local/}bin/isolab flags=(unconfined) {
  userns,

  include if exists <local/isolab>
}
PROFILE
}

# Whether AppArmor keeps user namespaces from ordinary users. Where it could and does not, as with Ubuntu 22.04's newer kernels,
# no profile is needed, and the older AppArmor there knows of none.
restricts_user_namespaces() {
    [[ $(cat /proc/sys/kernel/apparmor_restrict_unprivileged_userns 2>/dev/null) == 1 &&
        $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]]
}

apparmor() {
    local place=/etc/apparmor.d/isolab parser
    restricts_user_namespaces || return 0
    # An ordinary user's PATH may be without sbin.
    parser=$(command -v apparmor_parser || echo /usr/sbin/apparmor_parser)
    apparmor_profile >"$work/profile"
    if [[ ! $dry ]] && ! as_root "$parser" --skip-kernel-load --skip-cache "$work/profile" >"$work/said" 2>&1; then
        die "this machine's AppArmor does not take a profile with userns: $(head -n 1 "$work/said")"
    fi
    put "$work/profile" "$place" 644
    if [[ ! $wrote ]] && { [[ $dry ]] || as_root grep --quiet '^isolab (unconfined)$' /sys/kernel/security/apparmor/profiles; }; then
        return 0
    fi
    change "load $place into the kernel" as_root "$parser" --replace "$place"
}

# For every program, not isolab alone: only where somebody asked.
user_namespaces() {
    local key=kernel.apparmor_restrict_unprivileged_userns place=/etc/sysctl.d/60-isolab-user-namespaces.conf
    [[ $namespaces ]] || return 0
    restricts_user_namespaces || [[ -e $place ]] || return 0
    {
        echo "# Every program of an ordinary user may make user namespaces, as the kernel has it without AppArmor."
        echo "$key = 0"
    } >"$work/sysctl"
    put "$work/sysctl" "$place" 644
    ! restricts_user_namespaces || change "set $key to 0" as_root sysctl --quiet --load="$place"
}

delegation() {
    local place=/etc/systemd/system/user@.service.d/isolab.conf uid controllers
    # On cgroup v1 systemd hands nothing to ordinary users, whatever is written here.
    [[ -d /run/systemd/system && -f /sys/fs/cgroup/cgroup.controllers ]] || return 0
    uid=$(id -u "$user")
    [[ $uid -ne 0 ]] || return 0
    controllers=" $(systemctl show --property=DelegateControllers --value "user@$uid.service") "
    if [[ ! -e $place && $controllers == *" cpu "* && $controllers == *" memory "* && $controllers == *" pids "* ]]; then
        return 0
    fi
    {
        echo "# The cgroup lessons of isolab, for ordinary users: systemd before 252 hands them no cpu controller."
        echo "[Service]"
        echo "Delegate=$cpu_and_memory"
    } >"$work/delegation"
    put "$work/delegation" "$place" 644
    [[ $wrote && ! $dry ]] || return 0
    as_root systemctl daemon-reload
    say "$user gets these cgroup controllers with the next login after a logout of all sessions, or after a restart"
}

greeting() {
    [[ $greet ]] || return 0
    cat >"$work/greeting" <<'GREETING'
# At a login: what to type.
case $- in
    *i*) printf '\n  A lab that takes a Linux container apart, on this machine. To open it, type:\n\n      isolab\n\n' ;;
esac
GREETING
    put "$work/greeting" /etc/profile.d/isolab.sh 644
}

finish() {
    if [[ $dry ]]; then
        say "nothing was done"
    elif [[ $changes -eq 0 ]]; then
        say "nothing to do: everything is in place"
    else
        say "done. As $user, type: isolab"
    fi
}

main "$@"
