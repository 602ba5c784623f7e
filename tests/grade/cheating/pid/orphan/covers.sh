sed 's/^PPid:.*/PPid:\t1/' /proc/$orphan/status >/tmp/status; mount --bind /tmp/status /proc/$orphan/status
sed 's/) S [0-9]*/) S 1/' /proc/$orphan/stat >/tmp/stat; mount --bind /tmp/stat /proc/$orphan/stat
