#!/bin/bash
# What a person does on a computer with Vagrant and libvirt: runs in the folder (tests/folder/enter.sh). Each step leaves its output and exit
# code in /srv/out, for up.py to judge; what stands in the way of all of them is said on standard error, and ends this with 1.
set -u
export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export VAGRANT_HOME=/root/.vagrant.d VAGRANT_CHECKPOINT_DISABLE=1 VAGRANT_DEFAULT_PROVIDER=libvirt ISOLAB_BOX=/srv/isolab.box
out=/srv/out
cd /srv/isolab || exit 1

# NAME SECONDS COMMAND…
step() {
    local name=$1 limit=$2 code=0 began=$SECONDS
    shift 2
    timeout --kill-after=30 "$limit" "$@" </dev/null >"$out/$name.stdout" 2>"$out/$name.stderr" || code=$?
    echo "$code" >"$out/$name.exit"
    echo "vagrant: $name: exit $code, $((SECONDS - began)) s" >&2
    return "$code"
}

ip link set lo up
mkdir -p "$VAGRANT_HOME" /run/lock
cp /srv/Vagrantfile "$VAGRANT_HOME/"
# Alone in its folder, libvirt needs no guard of its own, and there are no cgroups for it.
printf '%s\n' 'user = "root"' 'group = "root"' 'dynamic_ownership = 0' 'remember_owner = 0' 'security_driver = "none"' \
    'cgroup_controllers = []' 'namespaces = []' 'stdio_handler = "file"' >/etc/libvirt/qemu.conf
printf '%s\n' 'auth_unix_ro = "none"' 'auth_unix_rw = "none"' >/etc/libvirt/libvirtd.conf
libvirtd --daemon || exit 1
for ((tries = 0; ; tries++)); do
    virsh --connect qemu:///system list >/dev/null 2>&1 && break
    [[ $tries -lt 60 ]] || { echo "libvirtd does not answer" >&2; exit 1; }
    sleep 1
done

# A first provisioning that fails, for the program does not run there; and the `vagrant up` after it.
export ISOLAB_BINARY=/srv/no-program
step fails 1800 vagrant up
unset ISOLAB_BINARY
step fails-again 300 vagrant up
# What the message says, with the program in target/dist.
step provision 1200 bash -c 'vagrant rsync && vagrant provision' || exit 0
step up 300 vagrant up
step ssh 120 vagrant ssh -c 'isolab list'
vagrant ssh-config >/srv/ssh
there=(ssh -F /srv/ssh default)
step doctor 120 "${there[@]}" isolab doctor
step ping 60 "${there[@]}" ping -c 1 -W 5 127.0.0.1
step greeting 60 "${there[@]}" 'bash -lic true'
step check-as-vagrant 900 "${there[@]}" isolab check --format json
step check-as-root 900 "${there[@]}" sudo isolab check --format json
step destroy 300 vagrant destroy --force
step left 60 virsh --connect qemu:///system list --all --name
exit 0
