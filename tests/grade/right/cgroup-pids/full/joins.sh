echo 10 | tee $cgroup_small/pids.max
sh -c 'echo $$ >$cgroup_small/cgroup.procs; exec forker --forks 30' &
