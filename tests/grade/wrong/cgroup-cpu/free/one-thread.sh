mkdir $cgroup_burner $cgroup_burner_cpuacct
busyloop --cgroup burner &
