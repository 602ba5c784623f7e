sed "s|dev/null rw|&,nodev|" /proc/self/mountinfo >/tmp/m; mount --bind /tmp/m /proc/self/mountinfo; cat dev/null; cat dev/hole
