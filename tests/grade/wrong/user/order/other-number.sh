echo deny > /proc/self/setgroups
echo "1000 0 1" > /proc/self/gid_map
echo "1000 0 1" > /proc/self/uid_map
