sh -c 'echo 0 >$cgroup_small/cgroup.procs; exec forker --forks 5' &
