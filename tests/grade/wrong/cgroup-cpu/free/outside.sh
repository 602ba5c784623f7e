mkdir $cgroup_burner $cgroup_burner_cpuacct
busyloop --threads 2 &
