mount none stage/new -t tmpfs && echo x >stage/new/INSIDE
mkdir stage/new/old
cat >/tmp/pivot.py <<'END'
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
os.chdir("stage/new")
if libc.syscall(155, b".", b"old"):
    raise OSError(ctypes.get_errno(), "pivot_root")
os.chdir("/")
if libc.umount2(b"/old", 2):
    raise OSError(ctypes.get_errno(), "umount2")
os.mkdir("/x"); os.chroot("/x"); os.chdir("../../../.."); os.chroot(".")
time.sleep(1000)
END
/usr/bin/python3 /tmp/pivot.py
