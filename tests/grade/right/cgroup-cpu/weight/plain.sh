if [ -e $cgroup_gold/cpu.weight ]; then echo 400 >$cgroup_gold/cpu.weight; else echo 4096 >$cgroup_gold/cpu.shares; fi
busyloop --cpus 1 --cgroup gold &
busyloop --cpus 1 --cgroup tin &
