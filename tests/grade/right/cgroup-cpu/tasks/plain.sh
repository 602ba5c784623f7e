echo $stray >$cgroup_burner/tasks
