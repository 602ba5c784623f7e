mkdir $cgroup_room
forker --forks 64 --cgroup room &
forker --forks 3 --name bystander &
