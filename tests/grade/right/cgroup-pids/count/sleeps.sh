mkdir "$cgroup_small"
sh -c 'echo $$ >$cgroup_small/cgroup.procs; sleep 1000 & sleep 1000 & sleep 1000 & wait' &
