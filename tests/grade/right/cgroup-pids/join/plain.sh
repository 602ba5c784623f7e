forker --forks 5 --cgroup small &
