echo $latecomer >$cgroup_small/cgroup.procs
