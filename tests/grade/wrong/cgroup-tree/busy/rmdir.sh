rmdir $cgroup_den; rm -r $cgroup_den
