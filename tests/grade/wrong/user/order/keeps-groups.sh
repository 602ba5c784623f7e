echo "0 0 1" > /proc/self/gid_map
echo "0 0 1" > /proc/self/uid_map
