busyloop --threads 3 --cpus 1 --cgroup gold &
busyloop --threads 1 --cpus 1 --cgroup tin &
