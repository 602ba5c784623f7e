echo $latecomer >$cgroup_other/cgroup.procs
