mkdir $cgroup_small
memhog --take 32M --cgroup small &
