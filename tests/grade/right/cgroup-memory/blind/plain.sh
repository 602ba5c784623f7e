echo $insider >$cgroup_roomy/cgroup.procs
