mkdir $cgroup_small
forker --forks 4 --cgroup small &
