echo 10 >$cgroup_small/pids.max
forker --forks 9 --cgroup small &
