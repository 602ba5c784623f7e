echo $$ >$cgroup_roomy/cgroup.procs
