for f in memory.max memory.limit_in_bytes; do echo 9998336 >/tmp/$f; mount --bind /tmp/$f $cgroup_small/$f; done
