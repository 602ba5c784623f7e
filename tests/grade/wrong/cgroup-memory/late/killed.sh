echo $latecomer >$cgroup_small/cgroup.procs; kill -9 $latecomer
