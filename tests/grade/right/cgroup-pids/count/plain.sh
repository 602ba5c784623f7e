mkdir $cgroup_small
forker --forks 3 --cgroup small &
