unshare --user --map-root-user --mount
for f in uid_map gid_map; do printf '         0          0          1\n' >/tmp/$f; mount --bind /tmp/$f /proc/self/$f; mount --bind /tmp/$f /proc/$$/$f; done
echo deny >/tmp/s; mount --bind /tmp/s /proc/$$/setgroups
