mkdir $cgroup_crew
busyloop --threads 4 --cpus 1 & sleep 0.3; echo $! >$cgroup_crew/cgroup.procs
