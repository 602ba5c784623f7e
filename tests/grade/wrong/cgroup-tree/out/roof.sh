echo $tenant >$cgroup_roof/cgroup.procs
