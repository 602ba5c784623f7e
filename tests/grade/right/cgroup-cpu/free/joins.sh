for d in $cgroup_burner $cgroup_burner_cpuacct; do [ -d $d ] || mkdir $d; done
sh -c 'for d in $cgroup_burner $cgroup_burner_cpuacct; do echo $$ >$d/cgroup.procs; done; exec busyloop --threads 2' &
