echo $member >$cgroup_roof/cgroup.procs
other# echo $other >$cgroup_room/cgroup.procs
