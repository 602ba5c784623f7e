#!/usr/bin/env python3
"""Starts a command under a seccomp filter that answers some system calls with an error.

    filter.py ERRNO CALL... -- COMMAND...

ERRNO is a name, such as EPERM, or KILL for SIGSYS. The calls' numbers are x86-64's and aarch64's.
"""
import ctypes
import errno
import os
import platform
import struct
import sys

NUMBERS = {
    "x86_64": {
        "unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155, "ptrace": 101,
        "sethostname": 170, "chroot": 161, "mount_setattr": 442,
    },
    "aarch64": {
        "unshare": 97, "setns": 268, "mount": 40, "umount2": 39, "pivot_root": 41, "ptrace": 117,
        "sethostname": 161, "chroot": 51, "mount_setattr": 442,
    },
}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000


def main():
    split = sys.argv.index("--")
    answer, calls, command = sys.argv[1], sys.argv[2:split], sys.argv[split + 1:]
    numbers = NUMBERS[platform.machine()]
    refuse = KILL if answer == "KILL" else ERROR | getattr(errno, answer)
    program = [(LOAD, 0, 0, 0)]  # the call's number
    for call in calls:
        program += [(EQUAL, 0, 1, numbers[call]), (RETURN, 0, 0, refuse)]
    program.append((RETURN, 0, 0, ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for option, argument in ((PR_SET_NO_NEW_PRIVS, 1), (PR_SET_SECCOMP, MODE_FILTER)):
        place = ctypes.addressof(head) if option == PR_SET_SECCOMP else 0
        if libc.prctl(option, argument, ctypes.c_void_p(place), 0, 0) != 0:
            sys.exit(f"prctl {option}: {os.strerror(ctypes.get_errno())}")
    os.execvp(command[0], command)


main()
