mkdir $cgroup_small; mount -t tmpfs t $cgroup_small; echo 4 >$cgroup_small/pids.current; echo max >$cgroup_small/pids.max
