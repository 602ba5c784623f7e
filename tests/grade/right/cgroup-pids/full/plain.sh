echo 10 >$cgroup_small/pids.max
forker --forks 30 --cgroup small &
