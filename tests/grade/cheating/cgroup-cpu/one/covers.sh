for f in cpu.max cpu.cfs_quota_us; do echo 100000 100000 >/tmp/$f; mount --bind /tmp/$f $cgroup_burner/$f; done
cat $cgroup_burner/cpu.*; kill -STOP $loop
