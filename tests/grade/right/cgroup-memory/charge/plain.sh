mkdir $cgroup_small
memhog --take 8M --cgroup small &
