echo 4 >/tmp/four; mount --bind /tmp/four $cgroup_small/pids.max
