mkdir $cgroup_small
head -c 8M /dev/zero >/dev/shm/eight; sh -c 'echo $$ >$cgroup_small/cgroup.procs; exec sleep 1000' &
