mkdir $cgroup_room; echo 20 >$cgroup_room/pids.max
forker --forks 40 --cgroup room & forker --forks 3 &
