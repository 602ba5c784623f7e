echo $$ >$cgroup_house/cgroup.procs
