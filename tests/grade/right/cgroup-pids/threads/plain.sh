mkdir $cgroup_crew
busyloop --threads 4 --cpus 1 --cgroup crew &
