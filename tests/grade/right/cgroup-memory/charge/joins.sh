[ -d $cgroup_small ] || mkdir "$cgroup_small"
sh -c 'echo $$ >$cgroup_small/cgroup.procs; exec memhog --take 8M' &
