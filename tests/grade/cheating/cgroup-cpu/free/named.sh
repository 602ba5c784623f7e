mkdir $cgroup_burner $cgroup_burner_cpuacct
cp /bin/sleep /tmp/busyloop; sh -c 'echo $$ >$cgroup_burner/cgroup.procs; exec /tmp/busyloop 1000' &
