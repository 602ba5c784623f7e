printf %d $latecomer >$cgroup_small/cgroup.procs; grep VmRSS /proc/$latecomer/status
