mkdir -p $cgroup_burner/a/b/c $cgroup_burner/x; sh -c 'echo $$ >$cgroup_burner/a/b/c/cgroup.procs; exec sleep 1000' &
setsid sh -c 'trap "" HUP TERM; echo $$ >$cgroup_burner/x/cgroup.procs; exec sleep 1000' &
