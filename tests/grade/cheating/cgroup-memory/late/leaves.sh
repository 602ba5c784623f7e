mkdir -p $cgroup_small/a/b; setsid sh -c 'echo $$ >$cgroup_small/a/b/cgroup.procs; exec sleep 1000' &
ipcmk -M 100000; ipcmk -Q; head -c 1000 /dev/zero >/dev/shm/left
