forker --forks 9 --cgroup small &
