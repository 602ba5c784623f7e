busyloop --threads 3 --cpus 1 --cgroup gold &
