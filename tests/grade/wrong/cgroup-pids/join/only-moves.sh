sleep 1000 & echo $! >$cgroup_small/cgroup.procs
