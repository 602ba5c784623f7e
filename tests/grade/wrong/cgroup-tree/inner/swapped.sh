echo $member >$cgroup_room/cgroup.procs
other# echo $other >$cgroup_roof/cgroup.procs
