echo $stray >$cgroup_burner/cgroup.procs
