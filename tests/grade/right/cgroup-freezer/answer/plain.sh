echo $door > $cgroup_cold/cgroup.procs
