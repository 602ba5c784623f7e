cd $cgroup_small
if [ -e memory.max ]; then echo 10000000 >memory.max; else echo 10000000 >memory.limit_in_bytes; fi
