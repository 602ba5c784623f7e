mkdir /tmp/saved; mount --rbind /sys/fs/cgroup /tmp/saved; mount -t tmpfs none /sys/fs/cgroup
mkdir -p $cgroup_burner; echo 20000 100000 >$cgroup_burner/cpu.max; echo 20000 >$cgroup_burner/cpu.cfs_quota_us
