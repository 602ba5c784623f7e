echo "0 0 2" > /proc/self/uid_map
echo root > /proc/self/uid_map
echo "0 0 1" > /proc/self/uid_map
echo "7 0 1" > /proc/self/uid_map
