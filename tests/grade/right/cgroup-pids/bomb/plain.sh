mkdir $cgroup_room
echo 20 >$cgroup_room/pids.max
forker --forks 64 --every 30ms --cgroup room --name bomb &
forker --forks 3 --name bystander &
