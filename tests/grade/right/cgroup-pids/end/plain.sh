f=$cgroup_room/cgroup.kill; if [ -e $f ]; then echo 1 >$f; else kill -9 $(cat $cgroup_room/cgroup.procs); fi
