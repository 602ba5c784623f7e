hostname wren && cat /proc/sys/kernel/hostname
