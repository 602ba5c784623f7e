busyloop --cpus 1 --cgroup gold & busyloop --cpus 1 --cgroup tin &
