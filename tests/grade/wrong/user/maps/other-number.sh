echo "7 0 1" > /proc/self/uid_map
