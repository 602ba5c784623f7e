readlink /proc/self/ns/pid
exec unshare --pid /bin/bash
