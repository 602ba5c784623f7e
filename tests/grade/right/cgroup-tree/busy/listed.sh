rmdir $cgroup_den; kill -KILL $(cat $cgroup_den/cgroup.procs)
