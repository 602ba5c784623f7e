kill -9 $crowd
echo 4 >$cgroup_small/pids.max
