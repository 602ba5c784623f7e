if test -e $cgroup_cold/freezer.state; then echo FROZEN >$cgroup_cold/freezer.state; else echo 1 >$cgroup_cold/cgroup.freeze; fi
