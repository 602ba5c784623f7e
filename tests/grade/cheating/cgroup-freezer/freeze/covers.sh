echo FROZEN >f; mount --bind f $cgroup_cold/freezer.state
