if test -e $cgroup_cold/freezer.state; then echo THAWED >$cgroup_cold/freezer.state; else echo 0 >$cgroup_cold/cgroup.freeze; fi
