outer# mount -t tmpfs -o size=1M none stage/private/o
outer# mount -t tmpfs -o size=1M none stage/shared/o; mount -t tmpfs none stage/slave/o
twin# mount -t tmpfs none stage/slave/i
twin# mount -t tmpfs none stage/private/i
twin# mount -t tmpfs none stage/shared/i
twin# grep stage /proc/self/mountinfo
