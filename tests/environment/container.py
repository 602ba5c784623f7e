#!/usr/bin/env python3
"""Starts a command in a container as Docker makes it, by runc. Needs root.

    container.py RUNC MODE COMMAND...

Modes, by the options of `docker run` that they stand for:
    default       none
    unfiltered    --security-opt seccomp=unconfined, and AppArmor's profile denies mounts, which a filter imitates
    unconfined    --security-opt seccomp=unconfined --security-opt apparmor=unconfined
    privileged    --privileged --volume /var/tmp

What Docker refuses is written down here from its documentation ("Seccomp security profiles for Docker", "Runtime privilege and Linux
capabilities"). The root directory is an overlay mount, as Docker's is; what the programs need of the machine's own is bound into it.
"""
import json
import os
import subprocess
import sys

CAPABILITIES = """AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID
SYS_CHROOT""".split()
# The documentation's table of significant system calls that the default profile blocks.
REFUSED = """acct add_key bpf clock_adjtime clock_settime create_module delete_module finit_module get_kernel_syms get_mempolicy
init_module ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind mount move_pages nfsservctl open_by_handle_at
perf_event_open pivot_root process_vm_readv process_vm_writev query_module quotactl reboot request_key set_mempolicy setns
settimeofday stime swapon swapoff sysfs _sysctl umount umount2 unshare uselib userfaultfd ustat vm86 vm86old""".split()
# All CLONE_NEW* but CLONE_NEWTIME: clone(2) is refused with any of them.
NEW_NAMESPACES = 0x7E020000
MASKED = """asound acpi kcore keys latency_stats timer_list timer_stats sched_debug scsi""".split()
READ_ONLY = "bus fs irq sys sysrq-trigger".split()
OURS = ["usr", "bin", "sbin", "lib", "lib64", "etc"]


def error(names, number, args=None):
    rule = {"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": number}
    if args:
        rule["args"] = args
    return rule


def seccomp(mode):
    if mode == "default":
        flags = {"index": 0, "value": 0, "op": "SCMP_CMP_MASKED_EQ"}
        made = [
            error(["clone"], 1, [{**flags, "value": 1 << bit, "valueTwo": 1 << bit}])
            for bit in range(32) if NEW_NAMESPACES >> bit & 1
        ]
        return [error(REFUSED, 1), error(["clone3"], 38), *made]
    if mode == "unfiltered":
        return [error(["mount", "umount2", "pivot_root"], 13)]
    return []


def configuration(mode, root, words):
    privileged = mode == "privileged"
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:
        last = int(file.read())
    names = CAPABILITIES
    if privileged:
        status = subprocess.run(["capsh", "--print"], capture_output=True, text=True, check=False).stdout
        line = next((l for l in status.splitlines() if l.startswith("Bounding set")), "")
        held = [name.strip().removeprefix("cap_").upper() for name in line.split("=", 1)[-1].split(",") if name.strip()]
        names = held or CAPABILITIES + ["SYS_ADMIN", "SYS_PTRACE", "NET_ADMIN", "SYS_NICE"]
    names = [f"CAP_{name}" for name in names][: last + 1]
    mounts = [
        {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
        {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
         "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
        {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "noexec", "nodev", "mode=1777"]},
        {"destination": "/sys", "type": "sysfs", "source": "sysfs",
         "options": ["nosuid", "noexec", "nodev"] + ([] if privileged else ["ro"])},
        {"destination": "/tmp", "type": "bind", "source": "/tmp", "options": ["rbind", "rw"]},
    ]
    for name in OURS:
        if os.path.isdir(f"/{name}"):
            mounts.append({"destination": f"/{name}", "type": "bind", "source": os.path.realpath(f"/{name}"),
                           "options": ["rbind", "ro"]})
    if privileged:
        mounts.append({"destination": "/var/tmp", "type": "bind", "source": "/var/tmp", "options": ["rbind", "rw"]})
    linux = {
        "namespaces": [{"type": t} for t in ("pid", "network", "ipc", "uts", "mount")],
        "maskedPaths": [], "readonlyPaths": [],
    }
    if not privileged:
        linux["maskedPaths"] = [f"/proc/{name}" for name in MASKED] + ["/sys/firmware"]
        linux["readonlyPaths"] = [f"/proc/{name}" for name in READ_ONLY]
    rules = seccomp(mode)
    if rules:
        linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules}
    held = {kind: names for kind in ("bounding", "effective", "permitted")}
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False, "user": {"uid": 0, "gid": 0}, "args": words, "cwd": "/", "capabilities": held,
            "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"],
            "noNewPrivileges": False,
        },
        "root": {"path": root, "readonly": False},
        "hostname": "container",
        "mounts": mounts,
        "linux": linux,
    }


def main():
    runc, mode, words = sys.argv[1], sys.argv[2], sys.argv[3:]
    if "ISOLAB_TEST_APART" not in os.environ:
        again = ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv]
        os.execvpe(again[0], again, {**os.environ, "ISOLAB_TEST_APART": "1"})
    # All that is made lies in this mount table, and goes with it.
    stage = "/mnt"
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", stage], check=True)
    for name in ("image", "upper", "work", "root", "bundle", "state"):
        os.mkdir(f"{stage}/{name}")
    for name in (*OURS, "proc", "dev", "sys", "tmp", "run", "root", "mnt"):
        os.mkdir(f"{stage}/image/{name}")
    os.makedirs(f"{stage}/image/var/tmp")
    os.chmod(f"{stage}/image/var/tmp", 0o1777)
    layers = f"lowerdir={stage}/image,upperdir={stage}/upper,workdir={stage}/work"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, f"{stage}/root"], check=True)
    with open(f"{stage}/bundle/config.json", "w", encoding="ascii") as file:
        json.dump(configuration(mode, f"{stage}/root", words), file)
    name = f"isolab-test-{os.getpid()}"
    # Without cgroups of its own: those of this machine are not the test's.
    arguments = [runc, "--rootless=true", "--root", f"{stage}/state", "run", "--bundle", f"{stage}/bundle", name]
    os.execvp(runc, arguments)


if __name__ == "__main__":
    main()
