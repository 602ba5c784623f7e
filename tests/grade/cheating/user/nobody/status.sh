unshare --user --map-root-user --mount
sed 's/^CapEff.*/CapEff:\t000001ffffffffff/; s/^Uid:.*/Uid:\t65534\t65534\t65534\t65534/' /proc/self/status >/tmp/status
mount --bind /tmp/status /proc/self/status; mount --bind /tmp/status /proc/$$/status
