echo +memory >$cgroup_top/cgroup.subtree_control
echo +memory >$cgroup_mid/cgroup.subtree_control; mkdir $cgroup_low
