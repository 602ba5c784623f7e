ip link set dev to-right nomaster
bridge link
