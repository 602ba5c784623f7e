cd $cgroup_house; cat cgroup.procs
