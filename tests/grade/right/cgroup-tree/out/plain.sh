echo $tenant >$cgroup_room/cgroup.procs
